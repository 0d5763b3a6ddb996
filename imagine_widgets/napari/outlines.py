"""A shape ↔ what a Shapes layer of napari calls it, with its corners as rows of (y, x) from the centre of a pixel."""

import math

import numpy as np
import numpy.typing as npt

from imagine_kernels.shapes import XY, Box, Ellipse, Flat, Line, MultiPolygon, Point, Polygon, RotatedBox

Corners = npt.NDArray[np.float64]
"""(corners, 2): y and x of each, in pixels from the centre of the top-left pixel."""

_HALF = 0.5
SAME = 1e-3
"""Pixels: corners nearer than this were not moved by a person."""
_ROUNDED = 1e-6
"""Of a coordinate: what napari's 32 bits may lose of it."""


def drawn(shape: Flat) -> list[tuple[str, Corners]]:
    """What to draw for a shape: nothing for points and masks, which have layers of their own; each part of several."""
    match shape:
        case Box():
            middle = (shape.x + shape.width / 2, shape.y + shape.height / 2)
            return [("rectangle", _corners(RotatedBox(*middle, shape.width, shape.height, 0.0)))]
        case RotatedBox():
            return [("rectangle", _corners(shape))]
        case Ellipse():
            return [
                ("ellipse", _corners(RotatedBox(shape.x, shape.y, 2 * shape.radius_x, 2 * shape.radius_y, shape.angle)))
            ]
        case Line() | Polygon():
            return [("path" if isinstance(shape, Line) else "polygon", _rows(*shape.points))]
        case MultiPolygon():
            return [part for polygon in shape.parts for part in drawn(polygon)]
        case _:
            return []


def _corners(box: RotatedBox) -> Corners:
    return _rows(*box.corners())


def _rows(*points: XY) -> Corners:
    return np.array([(y - _HALF, x - _HALF) for x, y in points])


def _points(corners: Corners) -> tuple[XY, ...]:
    return tuple((float(x) + _HALF, float(y) + _HALF) for y, x in corners)


def is_same(one: list[tuple[str, Corners]], other: list[tuple[str, Corners]]) -> bool:
    """Whether a person left what was drawn as it was."""
    return len(one) == len(other) and all(
        first[0] == second[0]
        and first[1].shape == second[1].shape
        and np.allclose(first[1], second[1], rtol=_ROUNDED, atol=SAME)
        for first, second in zip(one, other, strict=True)
    )


def is_at(one: Point, other: Point) -> bool:
    """Whether a person left a point where it was."""
    return np.allclose((one.x, one.y), (other.x, other.y), rtol=_ROUNDED, atol=SAME)


def shape(parts: list[tuple[str, Corners]]) -> Flat:
    """The shape that was drawn. Raises ValueError with a sentence for one that has no extent."""
    if len(parts) == 1:
        return _one(*parts[0])
    return MultiPolygon(tuple(Polygon(_points(corners)) for _, corners in parts))


def _one(kind: str, corners: Corners) -> Flat:
    points = _points(corners)
    match kind:
        case "rectangle":
            return _box(points)
        case "ellipse":
            box = _box(points)
            if isinstance(box, Box):
                return Ellipse(box.x + box.width / 2, box.y + box.height / 2, box.width / 2, box.height / 2)
            return Ellipse(box.x, box.y, box.width / 2, box.height / 2, box.angle)
        case "line" | "path":
            return Line(points)
        case "polygon":
            return Polygon(points)
    raise ValueError(f"napari's shape {kind!r} is not known; there are rectangle, ellipse, line, path and polygon.")


def _box(points: tuple[XY, ...]) -> Box | RotatedBox:
    """Four corners in turn; upright where their sides are, whichever corner comes first."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top, width, height = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    if all(_near(x, left, left + width) and _near(y, top, top + height) for x, y in points):
        return Box(left, top, width, height)
    (ax, ay), (bx, by), (cx, cy), _ = points
    angle = math.degrees(math.atan2(by - ay, bx - ax))
    return RotatedBox(sum(xs) / 4, sum(ys) / 4, math.hypot(bx - ax, by - ay), math.hypot(cx - bx, cy - by), angle)


def _near(value: float, *ends: float) -> bool:
    return any(abs(value - end) < SAME for end in ends)
