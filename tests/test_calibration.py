"""Scores that mean what they say: temperature and threshold on scores whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_kernels.evaluate import calibration as gap
from imagine_kernels.tasks import calibration


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def world(count, heat, seed=0, classes=5):
    """Scores of a model that is `heat` times too sure, and the true classes."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, classes))
    truth = softmax(logits)
    targets = (truth.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    return softmax(logits * heat), targets


@pytest.mark.parametrize("heat", [0.5, 1.0, 3.0])
def test_temperature_undoes_what_made_the_scores_too_sure_or_too_modest(heat):
    scores, targets = world(4000, heat)
    found = calibration.temperature(scores, targets)
    assert found == pytest.approx(heat, rel=0.08)
    fresh, truth = world(4000, heat, seed=1)
    better = calibration.calibrated(fresh, found)
    right = better.argmax(axis=1) == truth
    assert gap(better.max(axis=1), right) < 0.03
    if heat != 1:
        assert gap(better.max(axis=1), right) < gap(fresh.max(axis=1), right)
    assert np.array_equal(better.argmax(axis=1), fresh.argmax(axis=1))
    assert better.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_few_pictures_move_the_temperature_little():
    scores = np.array([[0.6, 0.4], [0.7, 0.3]])
    assert 0.5 < calibration.temperature(scores, np.array([0, 0])) < 1
    assert 1 < calibration.temperature(scores, np.array([1, 1])) < 2
    with pytest.raises(ValueError, match="held out"):
        calibration.temperature(scores[:0], np.array([], int))


def test_scores_of_zero_and_one_stay_finite():
    scores = np.array([[1.0, 0.0], [0.0, 1.0]])
    heat = calibration.temperature(scores, np.array([0, 0]))
    assert np.isfinite(calibration.calibrated(scores, heat)).all()


@pytest.mark.parametrize("error", [0.05, 0.1, 0.2])
def test_threshold_keeps_its_promise_on_fresh_pictures(error):
    scores, targets = world(3000, 1.0)
    least = calibration.threshold(scores.max(axis=1), scores.argmax(axis=1) == targets, error)
    fresh, truth = world(3000, 1.0, seed=2)
    kept = fresh.max(axis=1) >= least
    assert 0.1 < kept.mean() < 1
    assert (fresh.argmax(axis=1) != truth)[kept].mean() == pytest.approx(error, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=20, max_size=60))
def test_threshold_never_allows_more_errors_than_asked_for(answers):
    best = np.array([score / 10 for score, _ in answers])
    right = np.array([good for _, good in answers])
    try:
        least = calibration.threshold(best, right, 0.25)
    except ValueError:
        return
    kept = best >= least
    assert (~right)[kept].mean() < 0.25
    assert kept.any()


def test_promises_that_cannot_be_kept_are_refused():
    best, right = np.linspace(0.2, 0.9, 10), np.zeros(10, bool)
    with pytest.raises(ValueError, match="under 5%"):
        calibration.threshold(best, right, 0.05)
    with pytest.raises(ValueError, match="more than 10"):
        calibration.threshold(best, ~right, 0.05)  # ten right of ten prove no 5 %
    for share in (0, 1, -0.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            calibration.threshold(best, right, share)


def test_separation_tells_strange_from_known():
    rng = np.random.default_rng(0)
    same = rng.random(500)
    assert calibration.separation(same + 2, same) == 1
    assert calibration.separation(rng.random(500), same) == pytest.approx(0.5, abs=0.05)
    assert calibration.separation(np.ones(4), np.ones(4)) == 0.5
