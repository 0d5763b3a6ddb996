"""Predictions beside what people said: how often right, for which classes, and how sure one may be of the figures.

Macro-F1 is the mean of the classes' F1 (Opitz and Burst 2019, arXiv:1911.03347) over the classes people named.
Intervals of accuracy and recall: Wilson's score (1927, doi:10.1080/01621459.1927.10502953), because the bootstrap of
seven right out of seven is a point. Interval of macro-F1: percentile bootstrap (Efron and Tibshirani 1993,
doi:10.1201/9780429246593), never narrower than Wilson's of as many pictures. Calibration error: 15 bins of equal width
(Guo et al. 2017, arXiv:1706.04599).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imagine_kernels.measure import wilson
from imagine_kernels.records import Annotation, Prediction
from imagine_kernels.truth import named

RESAMPLES = 2000
BINS = 15


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure in 0..1 and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}–{self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of `count` samples. `confusion[i][j]` counts samples people called `labels[i]` and the model `labels[j]`.

    `unmatched` counts annotated samples without a prediction: they are in no figure.
    """

    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    accuracy: Interval
    macro_f1: Interval
    recall: Mapping[str, Interval]
    calibration_error: float
    count: int
    unmatched: int

    def metrics(self) -> dict[str, float]:
        """The figures by name, as a tracking server takes them."""
        found = {
            "accuracy": self.accuracy.value,
            "accuracy_low": self.accuracy.low,
            "accuracy_high": self.accuracy.high,
            "macro_f1": self.macro_f1.value,
            "macro_f1_low": self.macro_f1.low,
            "macro_f1_high": self.macro_f1.high,
            "calibration_error": self.calibration_error,
        }
        return found | {f"recall.{label}": interval.value for label, interval in self.recall.items()}


def evaluate(
    predictions: Iterable[Prediction], annotations: Iterable[Annotation], labels: Sequence[str], seed: int = 0
) -> Evaluation:
    """Compares the first region of each prediction with that of the sample's latest annotation.

    `labels` orders the confusion matrix; labels people used that the model does not know follow at its end and count
    against it. Raises ValueError with a sentence where no sample has both.
    """
    truth = named(annotations)
    found = {p.sample_id: p.regions[0] for p in predictions if p.regions}
    both = [(truth[name], region) for name, region in found.items() if name in truth]
    if not both:
        raise ValueError("No sample has both a prediction and a label: label some of the predicted samples first.")
    names = (*labels, *sorted({t for t, _ in both} | {r.label for _, r in both} - set(labels)))
    names = tuple(dict.fromkeys(names))
    place = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)), np.int64)
    for label, region in both:
        matrix[place[label], place[region.label]] += 1
    scores = np.array([np.nan if region.score is None else region.score for _, region in both])
    right = np.array([label == region.label for label, region in both])
    return _figures(names, matrix, calibration(scores, right), len(truth) - len(both), seed)


def evaluate_folder(
    name: str,
    data: Path,
    *,
    model: str | None = None,
    weights: Path | None = None,
    unknown: str | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Evaluation:
    """The figures that `examination.examine` finds of pictures with one label each; raises as it does."""
    from imagine_kernels.examination import examine

    found = examine(name, data, model=model, weights=weights, unknown=unknown, seed=seed, progress=progress)
    if not isinstance(found.evaluation, Evaluation):
        raise ValueError(f"{data} holds shapes, not one label for each picture: examine it with `imagine evaluate`.")  # noqa: TRY004
    return found.evaluation


def _figures(
    names: tuple[str, ...], matrix: npt.NDArray[np.int64], error: float, unmatched: int, seed: int
) -> Evaluation:
    count = int(matrix.sum())
    draws = np.random.default_rng(seed).multinomial(count, matrix.ravel() / count, size=RESAMPLES)
    again = draws.reshape(RESAMPLES, *matrix.shape)
    support, right = matrix.sum(1), np.diag(matrix)
    return Evaluation(
        labels=names,
        confusion=tuple(tuple(int(cell) for cell in row) for row in matrix),
        accuracy=_share(int(right.sum()), count),
        macro_f1=_interval(float(macro_f1(matrix[None])[0]), macro_f1(again), count),
        recall={n: _share(int(right[i]), int(support[i])) for i, n in enumerate(names) if support[i] > 0},
        calibration_error=error,
        count=count,
        unmatched=unmatched,
    )


def macro_f1(matrices: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Macro-F1 of confusion matrices (N, classes, classes), over the classes that occur in the truth of each."""
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    truth, called = matrices.sum(2), matrices.sum(1)
    f1 = np.where(truth > 0, 2 * hits / np.maximum(truth + called, 1), 0.0)
    mean: npt.NDArray[np.float64] = f1.sum(1) / np.maximum((truth > 0).sum(1), 1)
    return mean


def _interval(value: float, drawn: npt.NDArray[np.float64], count: int) -> Interval:
    low, high = np.quantile(drawn, (0.025, 0.975))
    least, most = wilson(round(value * count), count)
    return Interval(value, min(float(low), least), max(float(high), most))


def _share(right: int, count: int) -> Interval:
    return Interval(right / count, *wilson(right, count))


def calibration(scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """How far the scores are from the share of right answers, in 0..1; nan where the model gave no scores."""
    known = ~np.isnan(scores)
    if not known.any():
        return math.nan
    bins = np.minimum((scores[known] * BINS).astype(int), BINS - 1)
    weights = np.bincount(bins, minlength=BINS)
    gaps = np.abs(np.bincount(bins, scores[known], BINS) - np.bincount(bins, right[known].astype(float), BINS))
    return float(gaps.sum() / weights.sum())
