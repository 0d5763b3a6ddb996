"""Things found in pictures beside those that people drew: how many are found, how many of the found are right.

Average precision as COCO counts it (Lin et al. 2014, arXiv:1405.0312; pycocotools), with the overlap of the very
shapes: oriented boxes and outlines are compared as such. Intervals: percentile bootstrap over pictures, or over groups
of pictures where these are told, because pictures of one camera or cruise resemble one another; those of precision and
recall are never narrower than Wilson's.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imagine_kernels.evaluate import RESAMPLES, Interval
from imagine_kernels.measure import wilson
from imagine_kernels.records import Annotation, Prediction, Region
from imagine_kernels.shapes import Box, Flat, bounds
from imagine_kernels.tasks import matching
from imagine_kernels.truth import latest

Counts = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Figures:
    """How well one class is found, or all of them: `true` things drawn by people, `found` by the model.

    `average_precision` is the mean over overlaps of 0.50 to 0.95, `average_precision_50` that at 0.50: over all scores.
    Precision, recall and F1 are those of what the model finds at its threshold, at the overlap asked for. What cannot
    be told (no thing drawn, nothing found) is nan.
    """

    average_precision_50: float
    average_precision: float
    precision: Interval
    recall: Interval
    f1: Interval
    true: int
    found: int


@dataclass(frozen=True, slots=True)
class ShapeEvaluation:
    """Figures of `count` pictures: of all things, and of each class that people drew or the model found.

    Average precisions of `overall` are the mean over the classes that people drew, as usual. `unmatched` counts
    annotated pictures without a prediction: they are in no figure.
    """

    overall: Figures
    classes: Mapping[str, Figures]
    threshold: float
    overlap: float
    count: int
    unmatched: int

    def metrics(self) -> dict[str, float]:
        """The figures by name, as a tracking server takes them."""
        every = {"": self.overall} | {f".{label}": figures for label, figures in self.classes.items()}
        told = {f"{name}{label}": value for label, figures in every.items() for name, value in _flat(figures).items()}
        return {name: value for name, value in told.items() if not math.isnan(value)}


def evaluate(
    predictions: Iterable[Prediction],
    annotations: Iterable[Annotation],
    labels: Sequence[str],
    *,
    threshold: float = 0.0,
    overlap: float = 0.5,
    groups: Mapping[str, str | None] | None = None,
    seed: int = 0,
) -> ShapeEvaluation:
    """Compares the shapes of each prediction with those of the sample's latest annotation; one without any counts.

    Where the model gives upright boxes alone, what people drew counts as the boxes around it.
    Give predictions of all scores, for the average precision; those of `threshold` or more are what the model finds.
    `groups` tells the group of each sample by its id. `labels` orders the classes; those people used that the model
    does not know follow and count against it. Raises ValueError with a sentence where no sample has both.
    """
    truth = latest(annotations)
    found = {prediction.sample_id: prediction.regions for prediction in predictions}
    both = sorted(found.keys() & truth.keys())
    if not both:
        raise ValueError("No picture has both a prediction and an annotation: label some of the predicted ones first.")
    used = {region.label for name in both for region in (*truth[name], *found[name])}
    names = [label for label in labels if label in used] + sorted(used - set(labels))
    judged = matching.judge([found[name] for name in both], _alike(truth, found, both), names, overlap)
    counts = judged.counts(threshold)
    drawn = _drawn(counts, [None if groups is None else groups.get(name) for name in both], seed)
    classes = {
        label: _figures(judged.precisions[number], counts[:, number].sum(0), drawn[:, number])
        for number, label in enumerate(names)
    }
    told = [p for p in judged.precisions if not math.isnan(p[0])]
    mean = (float(np.mean([p[0] for p in told])), float(np.mean([p[1] for p in told]))) if told else (math.nan,) * 2
    overall = _figures(mean, counts.sum((0, 1)), drawn.sum(1))
    return ShapeEvaluation(overall, classes, threshold, overlap, len(both), len(truth.keys() - found.keys()))


def _alike(
    truth: Mapping[str, tuple[Region, ...]], found: Mapping[str, tuple[Region, ...]], names: Sequence[str]
) -> list[tuple[Region, ...]]:
    """What people drew; as upright boxes where the model gives nothing else."""
    if not all(isinstance(region.shape, Box) for name in names for region in found[name]):
        return [truth[name] for name in names]
    return [tuple(boxed(region) for region in truth[name]) for name in names]


def boxed(region: Region) -> Region:
    """The region with the upright box around its shape."""
    return replace(region, shape=bounds(region.shape)) if isinstance(region.shape, Flat) else region


def _drawn(counts: Counts, groups: Sequence[str | None], seed: int) -> Counts:
    """(resamples, classes, 3): the counts of as many pictures, or groups, drawn again and again."""
    unit = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    if len(unit) > 1 and None not in unit:
        summed = np.zeros((len(unit), *counts.shape[1:]))
        np.add.at(summed, [unit[group] for group in groups], counts)
        counts = summed
    size = len(counts)
    draws = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), size=RESAMPLES)
    found: Counts = np.tensordot(draws, counts, 1)
    return found


def _figures(precisions: tuple[float, float], sums: Counts, drawn: Counts) -> Figures:
    right, found, true = (int(number) for number in sums)
    return Figures(
        *precisions,
        precision=_share(right, found, drawn[:, 0], drawn[:, 1]),
        recall=_share(right, true, drawn[:, 0], drawn[:, 2]),
        f1=_interval(2 * right, found + true, 2 * drawn[:, 0], drawn[:, 1] + drawn[:, 2]),
        true=true,
        found=found,
    )


def _interval(part: int, whole: int, parts: Counts, wholes: Counts) -> Interval:
    if not whole:
        return Interval(math.nan, math.nan, math.nan)
    low, high = np.quantile(parts[wholes > 0] / wholes[wholes > 0], (0.025, 0.975))
    return Interval(part / whole, float(low), float(high))


def _share(part: int, whole: int, parts: Counts, wholes: Counts) -> Interval:
    drawn = _interval(part, whole, parts, wholes)
    if not whole:
        return drawn
    low, high = wilson(part, whole)
    return Interval(drawn.value, min(drawn.low, low), max(drawn.high, high))


def _flat(figures: Figures) -> dict[str, float]:
    told = {"ap50": figures.average_precision_50, "ap": figures.average_precision}
    for name in ("precision", "recall", "f1"):
        interval: Interval = getattr(figures, name)
        told |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return told
