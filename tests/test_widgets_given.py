"""What a person may give a widget by mistake: one sentence tells what was meant, and nothing is made."""

import re

import pytest
from grids import LABELS, prediction, sample
from recordings import sound

from imagine_kernels.records import Region
from imagine_widgets import Grid, Labeler, Review, Sound, Store

GRIDS = {
    "Grid": lambda samples, labels, said, **more: Grid(samples, said, labels, **more),
    "Labeler": Labeler,
    "Review": Review,
}
SAMPLES, SAID = [sample("a"), sample("b")], [prediction("a", "Actino", 0.9)]
WRONG = [
    ({"samples": "a.png"}, r"shows a list of samples, not text \('a\.png'\): pass open_samples"),
    ({"samples": ["a.png"]}, r"shows a list of samples, and text \('a\.png'\) is among them"),
    ({"samples": SAMPLES[0]}, "shows a list of samples, not a Sample"),
    ({"samples": None}, "shows a list of samples, not None"),
    ({"samples": SAMPLES * 2}, "The sample a was given twice"),
]
WRONG_EVERYWHERE = [
    ({"labels": []}, "Labels are needed, at least one"),
    ({"labels": ["copepod"]}, r"Labels are a list .* text \('copepod'\) is among them"),
    ({"labels": None}, "Labels are a list .* not None"),
    ({"labels": [LABELS[0], *LABELS]}, "The label 'Actino' was given 2 times"),
    ({"said": [Region("Actino")]}, "Predictions are a list .* a Region is among them"),
    ({"said": LABELS}, "Predictions are a list .* a Label is among them"),
    ({"said": None}, "Predictions are a list .* not None"),
    ({"store": "my.labels"}, r"store is a Store, .* write store=Store\('my\.labels'\)"),
    ({"author": 3}, r"author is the name .* not a number \(3\)"),
    ({"autor": "ada"}, "has no option 'autor'. Did you mean 'author'"),
]


def refused(make, how, words):
    with pytest.raises((TypeError, ValueError), match=words) as told:
        make(**how)
    assert str(told.value).endswith((".", "?"))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", GRIDS)
def test_what_is_none_of_what_a_widget_shows_is_refused_in_one_sentence(name, tmp_path):
    def make(samples=SAMPLES, labels=LABELS, said=SAID, **more):
        return GRIDS[name](samples, labels, said, **{"store": Store(tmp_path / "labels"), "author": "ada", **more})

    for how, words in [*WRONG, *WRONG_EVERYWHERE]:
        refused(make, how, words)
    shown = make(samples=iter(SAMPLES), said=iter(SAID), labels=iter(LABELS))
    assert re.search("of 2 samples|of 1 looked at", repr(shown)), "what can be gone through once only is as good"
    shown.close()


def test_a_recording_without_labels_or_with_other_things_is_refused_in_one_sentence(tmp_path):
    sound(tmp_path / "sound.wav")

    def make(labels=LABELS, said=(), **more):
        return Sound(tmp_path / "sound.wav", labels, said, **{"store": Store(tmp_path / "labels"), **more})

    for how, words in WRONG_EVERYWHERE:
        refused(make, how, words)


@pytest.mark.parametrize(
    ("maker", "how", "words"),
    [
        (Grid, {"page": "12"}, "A page holds 1 to 500 pictures, not '12'"),
        (Grid, {"thumbnail": "small"}, "thumbnail is a function"),
        (Grid, {"order": "a"}, r"order is a list of ids of samples, not text \('a'\)"),
        (Grid, {"order": SAMPLES}, "order is a list of ids of samples, and a Sample is among them"),
        (Review, {"order": 3}, r"order is a list of ids of samples, not a number \(3\)"),
        (Review, {"only": 3}, "only is a label, a state, or a list of them, not 3"),
    ],
)
def test_an_option_of_another_kind_is_refused_in_one_sentence(maker, how, words):
    given = [SAMPLES, SAID, LABELS] if maker is Grid else [SAMPLES, LABELS, SAID]
    refused(lambda **options: maker(*given, **options), how, words)
