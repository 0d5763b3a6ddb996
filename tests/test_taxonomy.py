"""What a model says when it is unsure: the class, a taxon above it, or none of these; and what that is worth."""

from dataclasses import replace

import numpy as np
import pytest

from imagine_kernels import use_case
from imagine_kernels.tasks import calibration, classification, facts, taxonomy
from imagine_kernels.tasks.course import Course, Examined
from imagine_kernels.tasks.lesson import Lesson
from imagine_kernels.tasks.training import Plan
from imagine_kernels.use_case import NONE, Label

LABELS = (
    Label("Calanus", "Calanus", 104152, "genus", "1", parents=("Calanoida", "Copepoda")),
    Label("Acartia", "Acartia", 104108, "genus", "2", parents=("Calanoida", "Copepoda")),
    Label("Oithona", "Oithona", 106485, "genus", "3", parents=("Cyclopoida", "Copepoda")),
    Label("Sagitta", "Sagitta", 105410, "genus", "4", parents=("Chaetognatha",)),
)
TAXA = (Label("Copepoda", "Copepods", 1080, "class"), Label("Calanoida", "Calanoids", 1100, "order"))


def model(**changes):
    known = use_case.get("phytoplankton").model()
    plain = {
        "labels": LABELS,
        "taxa": TAXA,
        "confusion": (),
        "reject_below": None,
        "back_off": None,
        "temperature": 1.0,
    }
    return replace(known, **{**plain, **changes})


def said(scores, **changes):
    one = model(**changes)
    places, sure = taxonomy.answer(one, np.array([scores]))
    return one.names[places[0]], pytest.approx(float(sure[0]), abs=1e-6)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.9, 0.05, 0.03, 0.02], ("Calanus", 0.9)),
        ([0.5, 0.4, 0.05, 0.05], ("Calanoida", 0.9)),
        ([0.4, 0.2, 0.3, 0.1], ("Copepoda", 0.9)),
        ([0.3, 0.2, 0.2, 0.3], (NONE, 0.7)),
        ([0.1, 0.1, 0.0, 0.8], ("Sagitta", 0.8)),  # as sure as Chaetognatha, whose only class it is, and nearer
    ],
)
def test_the_nearest_taxon_that_is_sure_enough_is_said(scores, expected):
    assert said(scores, back_off=0.8) == expected


def test_without_back_off_the_best_class_is_said_or_none_of_these():
    assert said([0.5, 0.4, 0.05, 0.05]) == ("Calanus", 0.5)
    assert said([0.5, 0.4, 0.05, 0.05], reject_below=0.6) == (NONE, 0.5)
    assert said([0.7, 0.2, 0.05, 0.05], reject_below=0.6) == ("Calanus", 0.7)


def test_a_low_threshold_never_prefers_a_taxon_to_a_class_nor_the_less_sure_of_two():
    assert said([0.3, 0.25, 0.05, 0.4], back_off=0.25) == ("Sagitta", 0.4)
    assert said([0.1, 0.2, 0.3, 0.4], back_off=0.35) == ("Sagitta", 0.4)


def test_everything_it_may_say_has_a_title_and_what_is_known_of_it():
    one = model(back_off=0.8)
    assert one.names == ("Calanus", "Acartia", "Oithona", "Sagitta", "Calanoida", "Copepoda", "Cyclopoida",
                         "Chaetognatha", NONE)  # fmt: skip
    told = {label.name: label for label in one.answers}
    assert (told["Copepoda"].title, told["Copepoda"].aphia_id) == ("Copepods", 1080)
    assert told["Cyclopoida"].title == "Cyclopoida"
    assert not told[NONE].counted
    assert model().names == model().label_names
    case = replace(use_case.get("phytoplankton"), models=(one,))
    assert [label.name for label in case.labels()] == list(one.names[:-1])
    assert case.titles()["Calanoida"] == "Calanoids"


def world(count, seed, heat=1.0):
    """Calibrated scores of pictures whose genus is hard and whose order is easy, as where species look alike."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 4, count)
    logits = rng.normal(0, 1, (count, 4))
    near = np.array([[2, 1.6, 0.8, -3], [1.6, 2, 0.8, -3], [0.8, 0.8, 2, -3], [-3, -3, -3, 3]])
    logits = (logits + 1.2 * near[targets]) * heat
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return calibration.calibrated(scores, calibration.temperature(scores, targets)), targets


def test_threshold_keeps_wrong_answers_as_rare_on_fresh_pictures_as_was_asked_for():
    scores, targets = world(1500, 0)
    asked = model(back_off=0.5)
    strict = replace(asked, back_off=taxonomy.least(asked, scores, targets, 0.1))
    fresh, truth = world(4000, 1)
    called, _ = taxonomy.answer(strict, fresh)
    answered = called < len(strict.names) - 1
    assert answered.mean() > 0.5
    assert (~taxonomy.right(strict, called, truth))[answered].mean() < 0.12


def test_falling_back_is_right_more_often_than_the_forced_class_and_says_how_much():
    """As arXiv:2512.06613 scores a hierarchy: how often what is said is right, and how near the forced errors are."""
    scores, targets = world(1500, 0)
    asked = model(back_off=0.5)
    strict = replace(asked, back_off=taxonomy.least(asked, scores, targets, 0.1))
    gain = taxonomy.gain(strict, *world(4000, 1))
    print(f"\nforced {gain.forced:.1%} right; falling back {gain.backed_off:.1%}, {gain.of_answered:.1%} of answers")
    print(f"of the forced errors {gain.near:.1%} get the right taxon; {gain.at_class:.1%} are named to the class")
    assert gain.of_answered > gain.forced + 0.1
    assert gain.backed_off > gain.forced
    assert gain.near > 0.5
    with pytest.raises(ValueError, match="none"):
        taxonomy.gain(strict, scores[:0], targets[:0])


def test_a_promise_that_no_threshold_keeps_is_refused():
    scores, targets = world(30, 0)
    flat = (model(back_off=0.5), np.full((30, 4), 0.25), targets)
    with pytest.raises(ValueError, match=r"under 1%: allow more, or hold more than 30 out"):
        taxonomy.least(*flat, 0.01)
    with pytest.raises(ValueError, match="between 0 and 1"):
        taxonomy.least(model(back_off=0.5), scores, targets, 1.0)


def test_confusion_has_a_row_for_each_class_and_a_column_for_all_that_is_said():
    scores, targets = world(400, 3)
    one = model(back_off=0.8)
    table = np.array(taxonomy.confusion(one, scores, targets))
    assert table.shape == (4, len(one.names))
    assert table.sum(1).tolist() == np.bincount(targets, minlength=4).tolist()
    called, _ = taxonomy.answer(one, scores)
    assert table.sum(0).tolist() == np.bincount(called, minlength=len(one.names)).tolist()


def test_facts_keep_taxa_thresholds_and_confusion(tmp_path):
    scores, targets = world(400, 3)
    one = model(back_off=0.8)
    one = replace(one, confusion=taxonomy.confusion(one, scores, targets))
    facts.write(one, tmp_path / "m.json")
    assert facts.read(tmp_path / "m.json") == one


@pytest.mark.parametrize(
    "changes", [{"confusion": ((1, 2),)}, {"confusion": ((1, 2, 3, -1),) * 4}, {"back_off": 0.0}, {"reject_below": 1.2}]
)
def test_facts_that_cannot_be_are_refused(changes):
    with pytest.raises(ValueError, match=r"confusion matrix|must lie between 0 and 1"):
        facts.check(model(**changes))


def test_the_classifier_says_it_in_regions_with_the_scores_of_all_classes():
    import torch

    class Fixed(torch.nn.Module):
        def forward(self, _pictures):
            return torch.log(torch.tensor([[0.5, 0.4, 0.05, 0.05], [0.25, 0.25, 0.25, 0.25]]))

    one = model(back_off=0.8)
    classifier = classification.Classifier(one, "", Fixed(), torch.device("cpu"))
    square = np.full((one.profile.size, one.profile.size, 1), 170, np.uint8)
    (first,), (second,) = classifier.regions([square, square])
    assert (first.label, first.score) == ("Calanoida", pytest.approx(0.9))
    assert set(first.scores) == set(one.label_names)
    assert (second.label, second.score) == (NONE, pytest.approx(0.75))


def course(scores, targets):
    """A course whose model was examined with `scores`; what else it holds is not asked here."""
    nothing = Lesson((), np.zeros((0, 1, 1, 1), np.uint8), tuple(LABELS[t].name for t in targets), (), "")
    found = Course(model(back_off=0.9), None, nothing, Plan(1), 0)
    return found, [Examined(np.ones(len(targets), bool), scores.astype(np.float32))]


def test_a_training_keeps_thresholds_unless_others_are_asked_for_and_always_what_is_confused():
    scores, targets = world(800, 3, heat=2.0)
    taught, examined = course(scores, targets)
    taught.calibrate(examined, None)
    assert taught.model.back_off == 0.9
    assert taught.gain == taxonomy.gain(taught.model, taught.calibrated(examined[0]), targets)
    assert np.array(taught.model.confusion).shape == (4, len(taught.model.names))
    taught.calibrate(examined, 0.1)
    assert (taught.model.back_off, taught.model.reject_below is None) == (None, False)
    assert np.array(taught.model.confusion).shape == (4, 5)
    taught.calibrate(examined, None, 0.1)
    assert taught.model.reject_below is None
    assert 0 < taught.model.back_off < 1
    taught.calibrate([], None)
    assert taught.model.confusion == ()
