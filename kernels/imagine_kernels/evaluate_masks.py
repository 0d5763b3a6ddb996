"""Pixels by class beside what people painted: how much of each class is found, how much of what is found is right.

IoU = TP / (TP + FP + FN), F1 = 2 TP / (2 TP + FP + FN) over all pixels of all pictures. Intervals: percentile bootstrap
over pictures, or over groups of them where these are told (pixels of one picture resemble one another). Where a model
tells things apart, these are compared too, as `evaluate_shapes` does.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imagine_kernels import evaluate_shapes
from imagine_kernels.evaluate import RESAMPLES, Interval
from imagine_kernels.evaluate_shapes import ShapeEvaluation
from imagine_kernels.images import Window
from imagine_kernels.records import Annotation, Prediction, Region, Sample, Skipped
from imagine_kernels.truth import latest
from imagine_kernels.use_case import Model

if TYPE_CHECKING:
    from imagine_kernels.tasks.segmentation import Segmenter
    from imagine_kernels.tasks.strips import Strip
    from imagine_kernels.tasks.views import View

NOTHING = "nothing"
"""What pixels are called that belong to no class."""
Matrix = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MaskEvaluation:
    """Figures of `count` pictures. `confusion[i][j]` counts pixels people called `labels[i]` and the model `labels[j]`.

    The first of `labels` is `NOTHING`. `iou`, `f1`, `precision` and `recall` are those of each class that people or the
    model named; `mean_iou` and `mean_f1` are means over the classes that people painted. `things` are figures of single
    things, where the model tells them apart. `unmatched` counts annotated pictures that were not looked at.
    """

    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    accuracy: Interval
    mean_iou: Interval
    mean_f1: Interval
    iou: Mapping[str, Interval]
    f1: Mapping[str, Interval]
    precision: Mapping[str, Interval]
    recall: Mapping[str, Interval]
    count: int
    unmatched: int
    things: ShapeEvaluation | None = None

    def metrics(self) -> dict[str, float]:
        """The figures by name, as a tracking server takes them."""
        whole = {"pixel_accuracy": self.accuracy, "mean_iou": self.mean_iou, "mean_f1": self.mean_f1}
        told = {f"{name}{end}": value for name, each in whole.items() for end, value in _ends(each)}
        for name, classes in (("iou", self.iou), ("f1", self.f1), ("recall", self.recall)):
            told |= {f"{name}.{label}": interval.value for label, interval in classes.items()}
        if self.things is not None:
            told |= {f"things.{name}": value for name, value in self.things.metrics().items()}
        return {name: value for name, value in told.items() if not math.isnan(value)}


def _ends(interval: Interval) -> tuple[tuple[str, float], ...]:
    return ("", interval.value), ("_low", interval.low), ("_high", interval.high)


@dataclass(frozen=True, slots=True)
class _Looked:
    """One picture: its matrix, and the things in it where they are told apart."""

    matrix: Matrix
    found: tuple[Region, ...]
    true: tuple[Region, ...]


def examine(
    segmenter: "Segmenter",
    samples: Iterable[Sample],
    annotations: Iterable[Annotation],
    *,
    seed: int = 0,
    progress: bool = False,
) -> tuple[MaskEvaluation, tuple[Skipped, ...]]:
    """What the model makes of every sample that people painted, pixel by pixel at the model's scale, and what was left.

    Pictures of any size are looked at strip by strip. Raises ValueError with a sentence where none can be compared.
    """
    from imagine_kernels.tasks import reading

    truth = latest(annotations)
    told = [sample for sample in samples if sample.id in truth]
    looked: dict[str, _Looked] = {}
    skipped: list[Skipped] = []
    for sample in reading.bar(told, len(told), "evaluate", "image", show=progress):
        try:
            looked[sample.id] = _look(segmenter, sample, truth[sample.id])
        except (ValueError, OSError) as error:
            skipped.append(Skipped(sample.uri, str(error)))
    if not looked:
        why = f" The first: {skipped[0].why}" if skipped else " Paint some of them first."
        raise ValueError(f"No picture can be compared with what people painted.{why}")
    groups = {sample.id: sample.group for sample in told}
    things = _things(segmenter.model, looked, groups, seed) if "rim" in segmenter.model.options else None
    matrices = np.stack([each.matrix for each in looked.values()])
    names = (NOTHING, *segmenter.model.label_names)
    lost = len(truth) - len(looked)
    return figures(matrices, names, [groups[name] for name in looked], lost, seed, things), tuple(skipped)


def _look(segmenter: "Segmenter", sample: Sample, regions: Sequence[Region]) -> _Looked:
    from imagine_kernels.tasks.things import Gatherer, called, of_map
    from imagine_kernels.tasks.views import View

    count = len(segmenter.model.labels) + 1
    wanted = segmenter.wanted if "rim" in segmenter.model.options else {}
    both = [(name, each, Gatherer(each), Gatherer(each)) for name, each in wanted.items()]
    matrix = np.zeros((count, count), np.int64)
    with View(sample, segmenter.model.profile) as view:
        for strip, kinds in _beside(segmenter, view, regions):
            judged = kinds < count
            pairs = kinds[judged].astype(np.int64) * count + called(strip.scores)[judged]
            matrix += np.bincount(pairs, minlength=count * count).reshape(count, count)
            drawn = of_map(np.where(judged, kinds, 0).astype(np.uint8), count, strip.y)
            for _, _, found, true in both:
                found.take(strip)
                true.take(drawn)
        least = segmenter.model.reject_below or 0.0
        found_ = [
            segmenter.drawn(thing, n, view) for n, _, g, _ in both for thing in g.things() if thing.score >= least
        ]
        true_ = [segmenter.drawn(thing, n, view) for n, _, _, g in both for thing in g.things()]
    return _Looked(matrix, tuple(found_), tuple(true_))


def _beside(
    segmenter: "Segmenter", view: "View", regions: Sequence[Region]
) -> Iterator[tuple["Strip", npt.NDArray[np.uint8]]]:
    from imagine_kernels.tasks import painting

    for strip in segmenter.strips(view):
        height, width = strip.scores.shape[:2]
        yield strip, painting.kinds(regions, view, Window(strip.x, strip.y, width, height), segmenter.model)


def _things(
    model: Model, looked: Mapping[str, _Looked], groups: Mapping[str, str | None], seed: int
) -> ShapeEvaluation:
    found = [Prediction(name, each.found, model.name, model.sha256) for name, each in looked.items()]
    true = [Annotation(name, each.true, "people") for name, each in looked.items()]
    return evaluate_shapes.evaluate(found, true, model.label_names, groups=groups, seed=seed)


def figures(
    matrices: Matrix,
    labels: Sequence[str],
    groups: Sequence[str | None] | None = None,
    unmatched: int = 0,
    seed: int = 0,
    things: ShapeEvaluation | None = None,
) -> MaskEvaluation:
    """Figures from the confusion matrices (pictures, classes, classes) of pictures, people's classes first."""
    whole = matrices.sum(0, keepdims=True)
    again = _resampled(matrices, groups, seed)
    named = [number for number in range(len(labels)) if whole[0, number].sum() + whole[0, :, number].sum() > 0]
    painted = [number for number in named if number > 0 and whole[0, number].sum() > 0] or named
    value, drawn = _ratios(whole), _ratios(again)
    each = {name: {labels[n]: _interval(value[name][0, n], drawn[name][:, n]) for n in named} for name in value}
    mean = {name: _interval(_mean(value[name], painted)[0], _mean(drawn[name], painted)) for name in ("iou", "f1")}
    right = [np.trace(of, axis1=1, axis2=2) / np.maximum(of.sum((1, 2)), 1) for of in (whole, again)]
    return MaskEvaluation(
        tuple(labels), tuple(tuple(int(cell) for cell in row) for row in whole[0]),
        _interval(float(right[0][0]), right[1]), mean["iou"], mean["f1"],
        each["iou"], each["f1"], each["precision"], each["recall"], len(matrices), unmatched, things,
    )  # fmt: skip


def _resampled(matrices: Matrix, groups: Sequence[str | None] | None, seed: int) -> Matrix:
    """Sums (resamples, classes, classes) of pictures, or of whole groups, drawn with replacement."""
    if groups is not None and len(names := sorted({g for g in groups if g is not None})) > 1 and None not in groups:
        matrices = np.stack([matrices[[group == name for group in groups]].sum(0) for name in names])
    count = len(matrices)
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return (times @ matrices.reshape(count, -1)).reshape(RESAMPLES, *matrices.shape[1:])


def _ratios(matrices: Matrix) -> dict[str, npt.NDArray[np.float64]]:
    """IoU, F1, precision and recall (N, classes); nan where a class occurs nowhere."""
    hits = np.diagonal(matrices, axis1=1, axis2=2).astype(np.float64)
    true, found = matrices.sum(2), matrices.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "iou": hits / (true + found - hits),
            "f1": 2 * hits / (true + found),
            "precision": hits / found,
            "recall": hits / true,
        }


def _mean(values: npt.NDArray[np.float64], columns: list[int]) -> npt.NDArray[np.float64]:
    """The mean of some columns of each row, of those that are numbers."""
    chosen = values[:, columns]
    known = ~np.isnan(chosen)
    mean: npt.NDArray[np.float64] = np.where(known, chosen, 0).sum(1) / np.maximum(known.sum(1), 1)
    return mean


def _interval(value: float, drawn: npt.NDArray[np.float64]) -> Interval:
    known = drawn[~np.isnan(drawn)]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (math.nan, math.nan)
    return Interval(float(value), float(low), float(high))
