"""How figures of an evaluation are told: lines and a table for a person, plain values for a script and for files.

One pair of functions for each kind of label: one for each picture, things with shapes, painted pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imagine_kernels.evaluate import Evaluation, Interval
from imagine_kernels.evaluate_masks import MaskEvaluation
from imagine_kernels.evaluate_shapes import Figures, ShapeEvaluation

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """An evaluation in words: lines for a person, a row for each class, values for a script.

    `labels` and `confusion` are those of the evaluation, where it has such.
    """

    lines: tuple[str, ...]
    classes: tuple[Row, ...]
    values: Mapping[str, Any]
    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = field(default=())

    @property
    def matrix(self) -> list[Row]:
        """The confusion matrix as rows: people's words first, then how often the model said what."""
        return [
            {"people say": label, **dict(zip(self.labels, row, strict=True))}
            for label, row in zip(self.labels, self.confusion, strict=True)
        ]


def told(found: Evaluation | MaskEvaluation | ShapeEvaluation) -> Told:
    """The figures in words."""
    if isinstance(found, Evaluation):
        return _whole(found)
    return _painted(found) if isinstance(found, MaskEvaluation) else _shaped(found)


def _whole(found: Evaluation) -> Told:
    counts = {label: sum(row) for label, row in zip(found.labels, found.confusion, strict=True)}
    lines = (
        f"accuracy {found.accuracy}, macro-F1 {found.macro_f1} (95 % intervals)",
        f"calibration error {found.calibration_error:.3f}",
    )
    classes = tuple(
        {"class": label, "pictures": counts[label], **_spread("recall", share)} for label, share in found.recall.items()
    )
    values = {
        "pictures": found.count,
        "without_prediction": found.unmatched,
        "accuracy": _ends(found.accuracy),
        "macro_f1": _ends(found.macro_f1),
        "calibration_error": found.calibration_error,
        "recall": {label: {**_ends(share), "pictures": counts[label]} for label, share in found.recall.items()},
    }
    return Told(lines, classes, _with_matrix(values, found), found.labels, found.confusion)


def _painted(found: MaskEvaluation) -> Told:
    lines = [
        f"mean IoU {found.mean_iou}, mean F1 {found.mean_f1} of the painted classes (95 % intervals)",
        f"accuracy of pixels {found.accuracy}",
    ]
    if found.things is not None:
        lines += [f"things: {line}" for line in _shaped(found.things).lines]
    classes = tuple(
        {"class": label, **_spread("IoU", found.iou[label]), **_spread("recall", found.recall[label])}
        for label in found.iou
    )
    values = {
        "pictures": found.count,
        "without_prediction": found.unmatched,
        "pixel_accuracy": _ends(found.accuracy),
        "mean_iou": _ends(found.mean_iou),
        "mean_f1": _ends(found.mean_f1),
        **{name: {n: _ends(one) for n, one in getattr(found, name).items()} for name in ("iou", "precision", "recall")},
        "things": None if found.things is None else _shaped(found.things).values,
    }
    return Told(tuple(lines), classes, _with_matrix(values, found), found.labels, found.confusion)


def _shaped(found: ShapeEvaluation) -> Told:
    whole = found.overall
    lines = (
        f"average precision {whole.average_precision:.3f}, at overlap 0.50 alone {whole.average_precision_50:.3f}",
        f"at score {found.threshold:.2f}: precision {whole.precision}, recall {whole.recall}, F1 {whole.f1}",
        f"{whole.true:,} drawn, {whole.found:,} found (95 % intervals)",
    )
    classes = tuple(
        {"class": label, "drawn": one.true, "found": one.found, "AP50": one.average_precision_50}
        | {**_spread("recall", one.recall), **_spread("precision", one.precision)}
        for label, one in found.classes.items()
    )
    values = {
        "pictures": found.count,
        "without_prediction": found.unmatched,
        "threshold": found.threshold,
        "overlap": found.overlap,
        "overall": _figures(whole),
        "classes": {label: _figures(one) for label, one in found.classes.items()},
    }
    return Told(lines, classes, values)


def _figures(one: Figures) -> Row:
    return {
        "average_precision": one.average_precision,
        "average_precision_50": one.average_precision_50,
        "precision": _ends(one.precision),
        "recall": _ends(one.recall),
        "f1": _ends(one.f1),
        "drawn": one.true,
        "found": one.found,
    }


def _with_matrix(values: Row, found: Evaluation | MaskEvaluation) -> Row:
    return {**values, "confusion": {"labels": found.labels, "counts": found.confusion}}


def _ends(figure: Interval) -> dict[str, float]:
    return {"value": figure.value, "low": figure.low, "high": figure.high}


def _spread(name: str, figure: Interval) -> dict[str, float]:
    return {name: figure.value, f"{name} from": figure.low, f"{name} to": figure.high}
