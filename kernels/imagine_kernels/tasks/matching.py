"""Found things beside true ones: which is which by overlap, and the average precision of all scores, as COCO counts."""

import contextlib
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imagine_kernels.images import overlaps
from imagine_kernels.records import Region
from imagine_kernels.shapes import Flat

_USUAL = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
"""Overlaps over which an average precision is averaged."""

_Things = list[tuple[str, Flat, float]]
"""Of one picture: label, shape and score."""


def _shaped(regions: Iterable[Region]) -> _Things:
    return [
        (region.label, region.shape, 1.0 if region.score is None else region.score)
        for region in regions
        if isinstance(region.shape, Flat)
    ]


@dataclass(frozen=True)
class Judged:
    """What `judge` found, class by class and picture by picture.

    `precisions` are average precisions of each class (at an overlap of 0.50; mean of 0.50 to 0.95), nan where nothing
    is true; then of each picture and class the scores of what was found, whether each is right, how many are true.
    """

    precisions: list[tuple[float, float]]
    scores: list[list[npt.NDArray[np.float64]]]
    right: list[list[npt.NDArray[np.bool_]]]
    true: list[list[int]]

    @property
    def total(self) -> int:
        """How many things there are."""
        return sum(map(sum, self.true))

    def every(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """The scores of all that was found, and whether each is right."""
        scores = [cell for picture in self.scores for cell in picture]
        right = [cell for picture in self.right for cell in picture]
        return np.concatenate([np.zeros(0), *scores]), np.concatenate([np.zeros(0, bool), *right])

    def counts(self, threshold: float) -> npt.NDArray[np.float64]:
        """(pictures, classes, 3): right, found and true things."""
        rows = [
            [
                (int(right[scores >= threshold].sum()), int((scores >= threshold).sum()), true)
                for scores, right, true in zip(*picture, strict=True)
            ]
            for picture in zip(self.scores, self.right, self.true, strict=True)
        ]
        return np.array(rows, np.float64).reshape(len(rows), -1, 3)


def judge(
    found: Sequence[Iterable[Region]], true: Sequence[Iterable[Region]], names: Sequence[str], least: float = 0.5
) -> Judged:
    """Compares found with true things, picture by picture; a found one is right from an overlap of `least` on.

    Surest first, each found thing takes the true one of its label that it overlaps most and that is still free. Regions
    without a shape are left out; scores that are None count as 1.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    class ByShape(COCOeval):  # type: ignore[misc]
        """COCO's counting with the overlap of shapes."""

        def computeIoU(self, imgId: int, catId: int) -> npt.NDArray[np.float64] | list[float]:  # noqa: N802, N803
            drawn = [shapes[each["id"]] for each in self._gts[imgId, catId]]
            seen = sorted(self._dts[imgId, catId], key=lambda each: -each["score"])
            return overlaps.matrix([shapes[each["id"]] for each in seen], drawn) if drawn and seen else []

    shapes: dict[int, Flat] = {}
    with contextlib.redirect_stdout(io.StringIO()):  # it talks
        truth, seen = COCO(), COCO()
        truth.dataset = _dataset([_shaped(regions) for regions in true], names, shapes)
        seen.dataset = _dataset([_shaped(regions) for regions in found], names, shapes)
        truth.createIndex()
        seen.createIndex()
        judge = ByShape(truth, seen, "bbox")
        most = max(100, len(seen.dataset["annotations"]))
        judge.params.imgIds, judge.params.catIds = list(range(len(true))), list(range(len(names)))
        judge.params.areaRng, judge.params.areaRngLbl, judge.params.maxDets = [[0, 1e10]], ["all"], [most]
        judge.params.iouThrs = np.unique([*_USUAL, least])
        judge.evaluate()
        judge.accumulate()
    return _read(judge, len(true), len(names), least)


def _dataset(pictures: list[_Things], names: Sequence[str], shapes: dict[int, Flat]) -> dict[str, list[dict[str, Any]]]:
    """As pycocotools wants it; the shapes go to `shapes` by number."""
    place = {name: number for number, name in enumerate(names)}
    things: list[dict[str, Any]] = []
    for picture, each in enumerate(pictures):
        for label, shape, score in each:
            number = len(shapes) + 1
            shapes[number] = shape
            fact = {"id": number, "image_id": picture, "category_id": place[label], "score": score}
            things.append({**fact, "area": 1.0, "iscrowd": 0, "bbox": [0, 0, 1, 1]})
    return {
        "images": [{"id": number} for number in range(len(pictures))],
        "categories": [{"id": number, "name": name} for name, number in place.items()],
        "annotations": things,
    }


def _read(judge: Any, pictures: int, classes: int, least: float) -> Judged:  # noqa: ANN401
    """COCO's tables as ours: precision is (overlaps, recalls, classes, areas, limits), `evalImgs` class by picture."""
    steps = list(judge.params.iouThrs)
    at, usual = steps.index(least), [steps.index(step) for step in _USUAL]
    table = judge.eval["precision"][:, :, :, 0, 0]
    precisions = [
        (float(table[steps.index(0.5), :, k].mean()), float(table[usual, :, k].mean()))
        if table[0, 0, k] > -1
        else (math.nan, math.nan)
        for k in range(classes)
    ]
    rows = judge.evalImgs
    cells = [[rows[k * pictures + i] for k in range(classes)] for i in range(pictures)]
    nothing: dict[str, Any] = {"dtScores": [], "dtMatches": np.zeros((len(steps), 0)), "gtIds": []}
    full = [[cell or nothing for cell in row] for row in cells]
    return Judged(
        precisions,
        [[np.array(cell["dtScores"], np.float64) for cell in row] for row in full],
        [[np.asarray(cell["dtMatches"])[at] > 0 for cell in row] for row in full],
        [[len(cell["gtIds"]) for cell in row] for row in full],
    )
