"""The queue of a review: which regions come, in which order, and what the store says became of each."""

import pytest
from grids import LABELS

from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import Box, Point, TimeFrequency
from imagine_widgets import Store
from imagine_widgets.classes import Classes
from imagine_widgets.review.orders import UNCERTAIN, wanted
from imagine_widgets.review.queue import Queue, guesses
from imagine_widgets.store import Drop, Put

SAMPLES = [Sample(name, f"{name}.png", 400, 400) for name in "abcd"]


def region(id_, label="Actino", shape=None, **scores):
    return Region(label, scores.get(label), shape, id_, scores=scores)


MODEL = [
    Prediction("a", (region("far", shape=Box(300, 10, 9, 9), Actino=0.9, Tripos=0.1),
                     region("near", shape=Box(10, 12, 9, 9), Actino=0.5, Tripos=0.4),
                     region("low", "Tripos", Point(20, 300), Tripos=0.8, Actino=0.1)), "m", "0"),
    Prediction("b", (region("song", shape=TimeFrequency(0, 1)),
                     region("whole", "debris", debris=0.7, Tripos=0.3)), "m", "0"),
    Prediction("elsewhere", (region("x"),), "m", "0"),
]  # fmt: skip


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "labels")


def queue(store, order=UNCERTAIN, only=()):
    classes = Classes(LABELS)
    return Queue(SAMPLES, MODEL, store, classes, order, wanted(only, classes))


def ids(line):
    return [one.region.id for one in line.items]


def test_the_least_sure_comes_first_and_what_lies_in_time_or_elsewhere_does_not_come(store):
    assert ids(queue(store)) == ["near", "whole", "low", "far"]


def test_by_picture_goes_along_as_one_reads(store):
    assert ids(queue(store, "by picture")) == ["near", "far", "low", "whole"]


def test_by_class_the_least_sure_of_each_come_first(store):
    assert ids(queue(store, "by class")) == ["near", "far", "low", "whole"]


def test_a_function_may_order(store):
    assert ids(queue(store, lambda sample, one: -len(one.id))) == ["whole", "near", "far", "low"]


def test_ids_of_samples_come_first_and_all_others_after_them_the_least_sure_first(store):
    assert ids(queue(store, iter(["b", "nowhere"]))) == ["whole", "near", "low", "far"]
    assert ids(queue(store, ["a"])) == ["near", "low", "far", "whole"]
    assert ids(queue(store, [])) == ids(queue(store))


def test_only_a_label_or_a_state_or_both(store):
    store.write([Put("a", Region("Actino", shape=Box(1, 1, 2, 2), id="near", state="uncertain"), "bob")])
    assert ids(queue(store, only="Actino")) == ["near", "far"]
    assert ids(queue(store, only="uncertain")) == ["near"]
    assert ids(queue(store, only=["Actino", "predicted"])) == ["far"]
    with pytest.raises(ValueError, match=r"'Tripo' is no label and no state of a region\. Did you mean 'Tripos'"):
        queue(store, only="Tripo")


def test_what_anybody_decided_is_decided_and_undone_is_open_again(store):
    line = queue(store)
    steps = [store.write([Put("a", Region("Tripos", shape=Box(1, 1, 2, 2), id="near", state="corrected"), "bob")])]
    steps.append(store.write([Drop("a", "far", "ada")]))
    steps.append(store.write([Put("b", Region("Tripos"), "ada", "label studio")]))
    assert line.refresh(range(4)) == [(0, 2), (3, 3), (1, 2)]
    assert line.refresh(range(4)) == []
    assert queue(store).codes == line.codes
    assert queue(store).first_open() == 2
    for step in reversed(steps):
        store.undo(step.id, author=step.author)
    assert sorted(line.refresh(range(4))) == [(0, 0), (1, 0), (3, 0)]


def test_one_label_of_several_of_the_whole_picture_does_not_decide_on_the_others(store):
    both = Prediction("c", (region("w1", "Tripos"), region("w2", "debris")), "m", "0")
    classes = Classes(LABELS)
    line = Queue(SAMPLES, [both], store, classes, UNCERTAIN, wanted((), classes))
    store.write([Put("c", Region("Tripos", id="w1", state="accepted"), "ada", "review")])
    assert line.refresh([2]) == [(0, 1)]
    store.write([Put("c", Region("Tripos", id="w1", state="accepted"), "ada", "review grid")])
    assert line.counts() == {"accepted": 1, "": 1}


def test_regions_that_a_model_left_in_the_store_come_too_and_stay_when_they_are_decided(store):
    said = Region("debris", 0.1, Point(5, 5), id="kept", state="predicted")
    store.write([Put("d", said, "model", "pipeline"), Put("d", Region("debris", shape=Point(9, 9)), "ada")])
    assert ids(queue(store, "by picture"))[-1] == "kept"
    store.write([Put("d", Region("debris", 0.1, Point(5, 5), id="kept", state="rejected"), "ada", "review")])
    again = queue(store, "by picture")
    assert (ids(again)[-1], again.codes[-1]) == ("kept", 3)


def test_a_second_look_is_over_when_something_was_said_anew_even_the_same(store):
    def say(state):
        return store.write([Put("a", Region("Actino", shape=Box(1, 1, 2, 2), id="far", state=state), "ada", "review")])

    say("accepted")
    line = queue(store, only="accepted")
    assert (ids(line), line.codes) == (["far"], b"\0")
    again = say("accepted")
    assert line.refresh([0]) == [(0, 1)]
    store.undo(again.id, author="ada")
    assert line.refresh([0]) == [(0, 0)]


def test_the_browser_is_told_where_a_region_is_and_the_models_three_best_guesses(store):
    line = queue(store)
    near, whole = line.told(0, 2)
    assert near == {"row": 0, "id": "near", "label": 0, "bounds": [10, 12, 9, 9], "guesses": [0, 1]}
    assert (whole["bounds"], whole["guesses"]) == (None, [2, 1])
    assert guesses(Region("d", scores={"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1})) == ["d", "a", "b"]


def test_a_hundred_thousand_regions_of_which_some_are_decided(store):
    samples = [Sample(f"s{i}", f"s{i}.png", 50, 50) for i in range(10_000)]
    regions = {
        one.id: tuple(region(f"{one.id}-{k}", shape=Box(k, k, 9, 9), Actino=0.5 + k / 30) for k in range(10))
        for one in samples
    }
    some = [Put(name, several[0], "ada", "review") for name, several in regions.items()]
    store.write(
        [
            Put(one.sample_id, Region("Actino", shape=one.region.shape, id=one.id, state="accepted"), "ada")
            for one in some
        ]
    )
    classes = Classes(LABELS)
    model = [Prediction(name, several, "m", "0") for name, several in regions.items()]
    line = Queue(samples, model, store, classes, UNCERTAIN, wanted((), classes))
    assert line.counts() == {"": 90_000, "accepted": 10_000}
    assert line.first_open() == 10_000
    assert len(line.told(99_900, 100_400)) == 100
