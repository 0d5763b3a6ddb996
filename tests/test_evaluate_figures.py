"""Figures of predictions beside labels: checked against scikit-learn and against cases worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

from imagine_kernels.evaluate import calibration, evaluate
from imagine_kernels.records import Annotation, Prediction, Region

NAMES = ("a", "b", "c")


def predictions(labels, score=0.9):
    return [Prediction(str(i), (Region(label, score),), "m", "w") for i, label in enumerate(labels)]


def annotations(labels):
    return [Annotation(str(i), (Region(label),), "ana") for i, label in enumerate(labels)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), min_size=1, max_size=40))
def test_figures_are_those_of_scikit_learn(pairs):
    truth, called = [t for t, _ in pairs], [c for _, c in pairs]
    found = evaluate(predictions(called), annotations(truth), NAMES)
    present = sorted(set(truth))
    assert found.accuracy.value == pytest.approx(accuracy_score(truth, called))
    expected = f1_score(truth, called, labels=present, average="macro", zero_division=0)
    assert found.macro_f1.value == pytest.approx(expected)
    assert np.array_equal(found.confusion, confusion_matrix(truth, called, labels=list(NAMES)))
    recalls = recall_score(truth, called, labels=present, average=None, zero_division=0)
    assert [found.recall[name].value for name in present] == pytest.approx(list(recalls))
    for interval in (found.accuracy, found.macro_f1, *found.recall.values()):
        assert 0.0 <= interval.low <= interval.value + 1e-9
        assert interval.value - 1e-9 <= interval.high <= 1.0


def test_interval_covers_the_true_share_about_95_times_in_100():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        right = rng.random(60) < 0.8
        called = ["a" if r else "b" for r in right]
        interval = evaluate(predictions(called), annotations(["a"] * 60), NAMES).accuracy
        inside += interval.low <= 0.8 <= interval.high
    assert 176 <= inside <= 199


def test_all_right_of_seven_is_not_certain():
    found = evaluate(predictions(["a"] * 7), annotations(["a"] * 7), NAMES).recall["a"]
    assert found.value == 1.0
    assert found.high == pytest.approx(1.0)
    assert found.low == pytest.approx(0.6457, abs=1e-4)  # Newcombe 1998, method 3


def test_calibration_error_of_scores_that_are_too_sure():
    scores, right = np.array([0.9, 0.9, 0.9, 0.9]), np.array([True, True, False, False])
    assert calibration(scores, right) == pytest.approx(0.4)
    assert calibration(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(0.0)


def test_score_of_zero_is_a_score_and_none_is_not():
    sure = evaluate(predictions(["a"], 0.0), annotations(["a"]), NAMES)
    assert sure.calibration_error == pytest.approx(1.0)
    assert math.isnan(evaluate(predictions(["a"], None), annotations(["a"]), NAMES).calibration_error)


def test_latest_annotation_counts():
    early = Annotation("0", (Region("a"),), "ana", at="2026-01-01T00:00:00+00:00")
    late = Annotation("0", (Region("b"),), "ben", at="2026-01-02T00:00:00+00:00")
    assert evaluate(predictions(["b"]), [late, early], NAMES).accuracy.value == 1.0


def test_label_the_model_does_not_know_counts_against_it():
    found = evaluate(predictions(["a", "a"]), annotations(["a", "new"]), NAMES)
    assert found.labels == ("a", "b", "c", "new")
    assert found.recall["new"].value == 0.0
    assert found.macro_f1.value == pytest.approx((2 / 3 + 0) / 2)


def test_samples_without_a_prediction_are_told_and_in_no_figure():
    found = evaluate(predictions(["a"]), annotations(["a", "b", "b"]), NAMES)
    assert (found.count, found.unmatched) == (1, 2)


def test_nothing_to_compare_is_a_sentence():
    with pytest.raises(ValueError, match="label some"):
        evaluate(predictions(["a"]), [], NAMES)
