"""What people said, taken for true: the last word, and nothing that they refused or doubt."""

from imagine_kernels import measure, truth
from imagine_kernels.records import Annotation, Box, Prediction, Region


def said(*states, sample="a", at="2026-01-01T00:00:00+00:00", shape=None):
    return Annotation(
        sample, tuple(Region(f"{state or 'drawn'}", state=state, shape=shape) for state in states), "pat", at
    )


def labels(regions):
    return [region.label for region in regions]


def test_what_was_drawn_accepted_or_corrected_is_true_and_nothing_else():
    (told,) = truth.settled([said("", "predicted", "accepted", "rejected", "corrected", "uncertain")])
    assert labels(told.regions) == ["drawn", "accepted", "corrected"]


def test_where_all_was_rejected_nothing_is_there_and_where_something_is_open_nobody_knows():
    assert truth.latest([said("rejected", shape=Box(0, 0, 1, 1))]) == {"a": ()}
    assert truth.latest([said("rejected", "uncertain")]) == {}
    assert truth.latest([said("predicted", sample="b"), said()]) == {"a": ()}


def test_a_doubt_does_not_outdo_an_earlier_word():
    earlier, later = said("accepted"), said("uncertain", at="2026-02-01T00:00:00+00:00")
    assert truth.named([later, earlier]) == {"a": "accepted"}
    assert truth.named([said("rejected")]) == {}


def test_counts_take_the_models_word_for_what_a_person_doubts_and_nobodys_for_what_she_rejects():
    guesses = [Prediction(name, (Region("copepod", 0.9),), "net", "") for name in "abc"]
    people = [said("uncertain"), said("rejected", sample="b"), said("corrected", sample="c")]
    assert measure.best_labels(guesses, people) == {"a": "copepod", "c": "corrected"}
    assert measure.by_people(people) == {"c"}
