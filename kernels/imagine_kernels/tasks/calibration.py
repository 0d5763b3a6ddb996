"""Scores that mean what they say, and when to say nothing: temperature and threshold, found on pictures held out."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

Floats = npt.NDArray[np.floating]

_COLDEST, _HOTTEST = 0.05, 20.0
_USUAL = 0.5
"""How far the logarithm of a temperature is from 0, before pictures have been seen."""
_SMALLEST = 1e-12
"""A score of 0 is taken for this: its logarithm must be finite."""


def temperature(scores: Floats, targets: npt.NDArray[np.integer]) -> float:
    """The number that log-scores (N, classes) must be divided by so that sureness and being right agree.

    Minimises the negative log-likelihood of `targets` (N,): Guo et al. 2017, arXiv:1706.04599; a handful of pictures
    moves it little from 1. Above 1 the model was too sure, below 1 too modest; the order of the classes stays. Raises
    ValueError with a sentence without pictures.
    """
    if len(targets) == 0:
        raise ValueError("A temperature needs pictures that were held out: there are none.")
    logits = np.log(np.maximum(scores, _SMALLEST)).astype(float)
    rows = np.arange(len(targets))

    def loss(log_temperature: float) -> float:
        likelihood = log_softmax(logits / np.exp(log_temperature), axis=1)[rows, targets].sum()
        return float(0.5 * (log_temperature / _USUAL) ** 2 - likelihood)

    found = minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded")
    return round(float(np.exp(found.x)), 4)


def calibrated(scores: Floats, temperature: float) -> npt.NDArray[np.float32]:
    """The scores (N, classes) after the temperature; each row adds up to 1."""
    logits = np.log(np.maximum(scores, _SMALLEST)).astype(float) / temperature
    found: npt.NDArray[np.float32] = np.exp(log_softmax(logits, axis=1)).astype(np.float32)
    return found


def threshold(best: Floats, right: npt.NDArray[np.bool_], error: float) -> float:
    """The score below which an answer is worth less than none: of the rest, a share of `error` at most is wrong.

    `best` (N,) are the calibrated scores of the answers, `right` whether each was right. Errors are counted as one more
    than were seen, so that a handful of lucky pictures proves nothing. Raises ValueError with a sentence where no
    threshold keeps the promise.
    """
    if not 0 < error < 1:
        raise ValueError(f"The share of wrong answers to allow must lie between 0 and 1, not {error}.")
    order = np.argsort(-best, kind="stable")
    wrong = np.cumsum(~right[order])
    kept = np.arange(1, len(order) + 1)
    last_of_its_score = np.append(np.diff(best[order]) < 0, True)
    good = np.flatnonzero(((wrong + 1) / (kept + 1) <= error) & last_of_its_score)
    if len(good) == 0:
        raise ValueError(
            f"No threshold keeps wrong answers under {error:.0%}: allow more, or hold more than {len(best)} out."
        )
    return float(best[order[good[-1]]])


def separation(known: Floats, strange: Floats) -> float:
    """How well the scores part what the model knows from what it cannot know: the area under the ROC curve, 0.5 to 1.

    `known` are the scores of pictures of the model's classes, `strange` those of a class it was never shown (Hanley and
    McNeil 1982, doi:10.1148/radiology.143.1.7063747).
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([known, strange]))[: len(known)]
    return float((ranks.sum() - len(known) * (len(known) + 1) / 2) / (len(known) * len(strange)))
