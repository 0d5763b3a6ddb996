"""How much two shapes share (intersection over union): what decides whether a found thing is the one a person drew.

Upright and rotated boxes are compared exactly; what is not convex, round or a mask is compared on a grid of pixels, at
least `_GRID` of them along the longer side of what both cover.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from imagine_kernels.images import masks
from imagine_kernels.shapes import Box, Ellipse, Flat, Mask, MultiPolygon, Polygon, RotatedBox, bounds

_GRID = 256
_FINEST = 8.0
"""Grid points to a pixel, at most: no outline is drawn finer."""
_LARGEST = 4096
"""Grid points along a side, at most."""

Floats = npt.NDArray[np.float64]


def matrix(found: Sequence[Flat], true: Sequence[Flat]) -> Floats:
    """The overlap of every found shape with every true one, (found, true), each 0..1."""
    boxes = of_corners(_corners(found), _corners(true))
    plain = [isinstance(shape, Box) for shape in found], [isinstance(shape, Box) for shape in true]
    if all(plain[0]) and all(plain[1]):
        return boxes
    for i, j in np.argwhere(boxes > 0):  # shapes whose bounds are apart share nothing
        if not (plain[0][i] and plain[1][j]):
            boxes[i, j] = overlap(found[i], true[j])
    return boxes


def overlap(one: Flat, other: Flat) -> float:
    """What two shapes share, of what either covers."""
    if isinstance(one, Box) and isinstance(other, Box):
        return float(of_corners(_corners([one]), _corners([other]))[0, 0])
    if isinstance(one, Box | RotatedBox) and isinstance(other, Box | RotatedBox):
        return _of_convex(one, other)
    return _on_grid(one, other)


def _corners(shapes: Sequence[Flat]) -> Floats:
    """Left, top, right and bottom of the bounds, (shapes, 4)."""
    around = [bounds(shape) for shape in shapes]
    sides = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in around]
    return np.array(sides, np.float64).reshape(-1, 4)


def of_corners(one: Floats, other: Floats) -> Floats:
    """The overlaps (N, M) of upright boxes given as left, top, right and bottom, (N, 4) and (M, 4)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=2)
    union = _areas(one)[:, None] + _areas(other)[None, :] - both
    shared: Floats = np.divide(both, union, out=np.zeros_like(both), where=union > 0)
    return shared


def _areas(corners: Floats) -> Floats:
    found: Floats = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    return found


def _of_convex(one: Box | RotatedBox, other: Box | RotatedBox) -> float:
    """By cutting one along the sides of the other (Sutherland and Hodgman 1974, doi:10.1145/360767.360802).

    OpenCV's intersection of convex outlines errs where sides nearly lie on one another.
    """
    left, around = _outline(one), _outline(other)
    for start, end in zip(around, np.roll(around, -1, axis=0), strict=True):
        if len(left) == 0:
            return 0.0
        left = _cut(left, start, end)
    both = _area(left)
    return min(1.0, both / (one.width * one.height + other.width * other.height - both))


def _cut(points: Floats, start: Floats, end: Floats) -> Floats:
    """What of an outline lies to the inner side of the line from `start` to `end`."""
    along = end - start
    depth = along[0] * (points[:, 1] - start[1]) - along[1] * (points[:, 0] - start[0])
    kept: list[Floats] = []
    for i in range(len(points)):
        if depth[i - 1] * depth[i] < 0:
            kept.append(points[i - 1] + (points[i] - points[i - 1]) * depth[i - 1] / (depth[i - 1] - depth[i]))
        if depth[i] >= 0:
            kept.append(points[i])
    return np.array(kept).reshape(-1, 2)


def _area(points: Floats) -> float:
    if len(points) < 3:
        return 0.0
    x, y = (points - points[0]).T
    return abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())) / 2


def _outline(box: Box | RotatedBox) -> Floats:
    if isinstance(box, RotatedBox):
        return np.array(box.corners())
    x, y, right, bottom = box.x, box.y, box.x + box.width, box.y + box.height
    return np.array([(x, y), (right, y), (right, bottom), (x, bottom)])


def _on_grid(one: Flat, other: Flat) -> float:
    left, top, right, bottom = (
        (least if i < 2 else most)
        for i, (least, most) in enumerate(zip(*np.sort(_corners([one, other]), axis=0), strict=True))
    )
    side = max(right - left, bottom - top)
    scale = min(max(1.0, min(_FINEST, _GRID / side)), _LARGEST / side)
    xs = left + (np.arange(max(1, round((right - left) * scale))) + 0.5) / scale
    ys = top + (np.arange(max(1, round((bottom - top) * scale))) + 0.5) / scale
    first, second = covers(one, xs, ys), covers(other, xs, ys)
    union = np.count_nonzero(first | second)
    return float(np.count_nonzero(first & second) / union) if union else 0.0


def covers(shape: Flat, xs: Floats, ys: Floats) -> npt.NDArray[np.bool_]:
    """Which points of the grid (ys, xs), evenly spaced, the shape covers. Points and lines cover their bounds."""
    match shape:
        case Polygon():
            seen = _inside(shape.points, xs, ys)
            for hole in shape.holes:
                seen &= ~_inside(hole, xs, ys)
            return seen
        case MultiPolygon():
            return np.asarray(np.any([covers(part, xs, ys) for part in shape.parts], axis=0))
        case RotatedBox():
            return _inside(shape.corners(), xs, ys)
        case Ellipse():
            turn = np.radians(shape.angle)
            dx, dy = (xs - shape.x)[None, :], (ys - shape.y)[:, None]
            along, across = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
            round_one: npt.NDArray[np.bool_] = (along / shape.radius_x) ** 2 + (across / shape.radius_y) ** 2 <= 1
            return round_one
        case Mask():
            return _of_mask(shape, xs, ys)
    box = bounds(shape)
    in_x, in_y = (xs >= box.x) & (xs <= box.x + box.width), (ys >= box.y) & (ys <= box.y + box.height)
    return in_y[:, None] & in_x[None, :]


def _inside(points: Sequence[tuple[float, float]], xs: Floats, ys: Floats) -> npt.NDArray[np.bool_]:
    """By the sides that lie to the left of a point: inside where they are odd in number, on crossing outlines too."""
    starts = np.array(points, np.float64)
    ends = np.roll(starts, -1, axis=0)
    sides, rows = np.nonzero((starts[:, 1:] <= ys) != (ends[:, 1:] <= ys))
    start, way = starts[sides], (ends - starts)[sides]
    crossed = np.searchsorted(xs, start[:, 0] + (ys[rows] - start[:, 1]) / way[:, 1] * way[:, 0])
    turns = np.bincount(rows * (len(xs) + 1) + crossed, minlength=len(ys) * (len(xs) + 1))
    seen: npt.NDArray[np.bool_] = turns.reshape(len(ys), -1)[:, :-1].cumsum(axis=1) % 2 == 1
    return seen


def _of_mask(mask: Mask, xs: Floats, ys: Floats) -> npt.NDArray[np.bool_]:
    runs = masks.decode(mask)
    columns, rows = np.floor(xs - mask.x).astype(int), np.floor(ys - mask.y).astype(int)
    in_x, in_y = (columns >= 0) & (columns < mask.width), (rows >= 0) & (rows < mask.height)
    seen: npt.NDArray[np.bool_] = runs[np.clip(rows, 0, mask.height - 1)][:, np.clip(columns, 0, mask.width - 1)]
    return seen & in_y[:, None] & in_x[None, :]
