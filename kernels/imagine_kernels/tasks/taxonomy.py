"""Scores of classes → what the model says: the class, else the nearest taxon it is sure of, else none of these."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagine_kernels.use_case import NONE, Model

Floats = npt.NDArray[np.floating]
Whole = npt.NDArray[np.intp]


def members(model: Model) -> npt.NDArray[np.bool_]:
    """Which classes (rows, the model's labels) lie in which answers (columns: its labels, then `model.higher`)."""
    above = [(*label.parents, label.name) for label in model.labels]
    names = [*model.label_names, *(label.name for label in model.higher)]
    return np.array([[name in lineage for name in names] for lineage in above])


def answer(model: Model, scores: Floats) -> tuple[Whole, Floats]:
    """What the model says to calibrated `scores` (N, classes): places in `model.names` (N,) and how sure it is (N,).

    Without thresholds the class of the highest score. With `reject_below` that class where it is at least as sure, else
    `NONE`. With `back_off` the answer of the fewest classes whose scores together are at least as high, the surest of
    several; `NONE` where no taxon is. How sure `NONE` is, is what the best class lacks.
    """
    if model.back_off is not None:
        return _backed_off(members(model), scores, model.back_off)
    called, best = scores.argmax(1), scores.max(1)
    if model.reject_below is None:
        return called, np.minimum(best, 1)
    rejected = best < model.reject_below
    nothing = model.names.index(NONE)
    return np.where(rejected, nothing, called), np.where(rejected, 1 - best, np.minimum(best, 1))


def _backed_off(inside: npt.NDArray[np.bool_], scores: Floats, least: float) -> tuple[Whole, Floats]:
    together = np.minimum(scores @ inside.astype(scores.dtype), 1)
    width = inside.sum(0)
    better = np.where(together >= least, together - width, -np.inf)  # fewer classes first, then the surer
    called = better.argmax(1)
    sure = np.take_along_axis(together, called[:, None], 1)[:, 0]
    rejected = np.isneginf(better.max(1))
    return np.where(rejected, inside.shape[1], called), np.where(rejected, 1 - scores.max(1), sure)


def right(model: Model, called: Whole, targets: Whole) -> npt.NDArray[np.bool_]:
    """Whether each answer (N,) holds the true class (N,): the class itself or a taxon above it; `NONE` never does."""
    inside = np.pad(members(model), ((0, 0), (0, 1)))
    found: npt.NDArray[np.bool_] = inside[targets, called]
    return found


def least(model: Model, scores: Floats, targets: Whole, error: float) -> float:
    """The `back_off` with which most is answered while a share of `error` of the answers at most is wrong.

    Errors are counted as one more than were seen, as in `calibration.threshold`. An answer by the true class's genus is
    right. Raises ValueError with a sentence where no threshold keeps that.
    """
    if not 0 < error < 1:
        raise ValueError(f"The share of wrong answers to allow must lie between 0 and 1, not {error}.")
    inside = members(model)
    tried = np.unique(np.quantile(scores @ inside.astype(scores.dtype), np.linspace(0, 1, 201)).clip(1e-4, 1).round(4))
    good = []
    for one in tried:
        called, _ = _backed_off(inside, scores, float(one))
        said = called < inside.shape[1]
        wrong = said & ~right(model, called, targets)
        if said.any() and (wrong.sum() + 1) / (said.sum() + 1) <= error:
            good.append((int((said & (called < len(model.labels))).sum()), float(one)))
    if not good:
        raise ValueError(
            f"No threshold keeps wrong answers under {error:.0%}: allow more, or hold more than {len(targets)} out."
        )
    return max(good)[1]


@dataclass(frozen=True, slots=True)
class Gain:
    """What falling back is worth on pictures that were held out; all are shares of `count`, or of what they say.

    `forced` is how often the best class is right; `backed_off` how often the answer holds the true class, and
    `of_answered` the same of what is answered at all. `near` is the share of the forced answer's errors where falling
    back names the right taxon instead: how local errors are, as arXiv:2512.06613 scores a hierarchy (of the species
    that were wrong, how many had the right genus).
    """

    count: int
    forced: float
    backed_off: float
    of_answered: float
    near: float
    at_class: float


def gain(model: Model, scores: Floats, targets: Whole) -> Gain:
    """Compares the model's answers with the best class of each picture, forced. Raises ValueError without pictures."""
    if len(targets) == 0:
        raise ValueError("What falling back is worth can only be measured on pictures: there are none.")
    called, _ = answer(model, scores)
    forced, good = scores.argmax(1) == targets, right(model, called, targets)
    said = called < members(model).shape[1]
    return Gain(
        count=len(targets),
        forced=float(forced.mean()),
        backed_off=float(good.mean()),
        of_answered=float(good[said].mean()) if said.any() else 0.0,
        near=float(good[~forced].mean()) if not forced.all() else 0.0,
        at_class=float((called < len(model.labels)).mean()),
    )


def confusion(model: Model, scores: Floats, targets: Whole) -> tuple[tuple[int, ...], ...]:
    """How many pictures of each true class (rows, the model's labels) got each answer (columns, `model.names`)."""
    found = np.zeros((len(model.labels), len(model.names)), int)
    np.add.at(found, (targets, answer(model, scores)[0]), 1)
    return tuple(tuple(row) for row in found.tolist())
