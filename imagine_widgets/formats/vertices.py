"""Shapes as the lists of numbers that BIIGLE and iFDO write: corners in turn, closed outlines, ends of axes."""

import math
from collections.abc import Sequence

from imagine_kernels.images import masks
from imagine_kernels.shapes import (
    XY,
    Box,
    Ellipse,
    Flat,
    Key,
    Line,
    Mask,
    MultiPolygon,
    Point,
    Polygon,
    RotatedBox,
    Track,
    bounds,
)

_LARGEST_MASK = 16_000_000
_RIM = 48
_STEP = 0.001
"""Seconds after the last key frame before a gap: from there on the thing is gone."""


def kind(shape: Flat) -> str:
    """What the list of numbers stands for: point, line, polygon, circle, rectangle or ellipse."""
    match shape:
        case Point():
            return "point"
        case Line():
            return "line"
        case Box() | RotatedBox():
            return "rectangle"
        case Ellipse():
            return "circle" if shape.radius_x == shape.radius_y else "ellipse"
        case Mask():
            return "polygon" if shape.width * shape.height <= _LARGEST_MASK else "rectangle"
        case Polygon() | MultiPolygon():
            return "polygon"


def numbers(shape: Flat, as_kind: str) -> list[float]:
    """The shape's numbers; of several outlines or a mask those of the largest one, without its holes."""
    match shape:
        case Point() if as_kind == "point":
            found: Sequence[XY] = [(shape.x, shape.y)]
        case Line() if as_kind == "line":
            found = shape.points
        case Ellipse() if as_kind == "circle":
            return [shape.x, shape.y, shape.radius_x]
        case Ellipse() if as_kind == "ellipse":
            found = _ends(shape)
        case RotatedBox() if as_kind == "rectangle":
            found = shape.corners()
        case Polygon() | MultiPolygon() | Mask() if as_kind == "polygon":
            ring = outline(shape)
            found = (*ring, ring[0])
        case _:
            box = bounds(shape)
            right, bottom = box.x + box.width, box.y + box.height
            found = ((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom))
    return [number for point in found for number in point]


def outline(shape: Polygon | MultiPolygon | Mask) -> tuple[XY, ...]:
    """The largest of a shape's outlines."""
    if isinstance(shape, Mask):
        return _traced(shape)
    parts = shape.parts if isinstance(shape, MultiPolygon) else (shape,)
    return max((part.points for part in parts), key=_extent)


def _extent(points: Sequence[XY]) -> float:
    """Twice the area within."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, (*points[1:], points[0]), strict=True)))


def _traced(mask: Mask) -> tuple[XY, ...]:
    import numpy as np
    from skimage.measure import find_contours

    rings = find_contours(np.pad(masks.decode(mask), 1).astype(float), 0.5)
    outlines = [tuple((float(x) + mask.x - 0.5, float(y) + mask.y - 0.5) for y, x in ring[:-1]) for ring in rings]
    if not outlines:
        box = bounds(mask)
        return ((box.x, box.y), (box.x + box.width, box.y), (box.x + box.width, box.y + box.height))
    return max(outlines, key=_extent)


def _ends(shape: Ellipse) -> tuple[XY, ...]:
    """One end of each axis, and then the other."""
    turn = math.radians(shape.angle)
    a = (math.cos(turn) * shape.radius_x, math.sin(turn) * shape.radius_x)
    b = (-math.sin(turn) * shape.radius_y, math.cos(turn) * shape.radius_y)
    return tuple((shape.x + s * end[0], shape.y + s * end[1]) for s in (1, -1) for end in (a, b))


def rim(shape: Ellipse) -> list[XY]:
    """Points around an ellipse, for tools that have none."""
    turn, steps = math.radians(shape.angle), [2 * math.pi * number / _RIM for number in range(_RIM)]
    ends = [(shape.radius_x * math.cos(step), shape.radius_y * math.sin(step)) for step in steps]
    cos, sin = math.cos(turn), math.sin(turn)
    return [(shape.x + a * cos - b * sin, shape.y + a * sin + b * cos) for a, b in ends]


def shape(named: str, given: Sequence[float]) -> Flat:
    """The shape that a list of numbers stands for. Raises ValueError with a sentence."""
    values = [float(number) for number in given]
    if named == "circle":
        _need(len(values) == 3, f"a circle needs 3 numbers, not {len(values)}.")
        return Ellipse(values[0], values[1], values[2], values[2])
    _need(len(values) % 2 == 0, f"its {len(values)} numbers are no pairs of x and y.")
    points = tuple(zip(values[::2], values[1::2], strict=True))
    match named:
        case "point":
            _need(len(points) == 1, f"a point needs 2 numbers, not {len(values)}.")
            return Point(*points[0])
        case "line":
            return Line(points)
        case "polygon":
            return Polygon(points[:-1] if len(points) > 3 and points[0] == points[-1] else points)
        case "rectangle" | "ellipse":
            _need(len(points) == 4, f"a {named} needs 8 numbers, not {len(values)}.")
            return of_corners(points) if named == "rectangle" else _of_ends(points)
    raise ValueError(f"its shape {named!r} is not known.")


def _need(good: bool, sentence: str) -> None:  # noqa: FBT001
    if not good:
        raise ValueError(sentence)


def of_corners(points: Sequence[XY]) -> Box | RotatedBox | Polygon:
    """An upright or turned box, from any corner and either way round; an outline where the angles are not right."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points
    left, top, right, bottom = min(ax, bx, cx, dx), min(ay, by, cy, dy), max(ax, bx, cx, dx), max(ay, by, cy, dy)
    if {(ax, ay), (cx, cy)} | {(bx, by), (dx, dy)} == {(left, top), (right, top), (right, bottom), (left, bottom)}:
        return Box(left, top, right - left, bottom - top) if left < right and top < bottom else Polygon(tuple(points))
    first, second = math.hypot(bx - ax, by - ay), math.hypot(cx - bx, cy - by)
    slack = 1e-3 * (first + second) + 1e-9
    straight = abs((bx - ax) * (cx - bx) + (by - ay) * (cy - by)) <= slack * max(first, second)
    if not straight or 0 in {first, second} or math.hypot(ax + cx - bx - dx, ay + cy - by - dy) > slack:
        return Polygon(tuple(points))
    angle = math.degrees(math.atan2(by - ay, bx - ax))
    return RotatedBox((ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4, first, second, angle)


def _of_ends(points: Sequence[XY]) -> Ellipse | Polygon:
    """Whichever order the ends come in: two ends of one axis have the centre in their middle; an outline if flat."""
    x, y = sum(p[0] for p in points) / 4, sum(p[1] for p in points) / 4

    def off(other: int) -> float:
        return math.hypot(points[0][0] + points[other][0] - 2 * x, points[0][1] + points[other][1] - 2 * y)

    far = min((1, 2, 3), key=off)
    across = next(n for n in (1, 2, 3) if n != far)
    along = (points[0][0] - x, points[0][1] - y)
    angle = math.degrees(math.atan2(along[1], along[0]))
    first, second = math.hypot(*along), math.hypot(points[across][0] - x, points[across][1] - y)
    return Ellipse(x, y, first, second, angle) if first > 0 < second else Polygon(tuple(points))


def frames(track: Track) -> tuple[str, list[list[float]], list[float | None]]:
    """A track as its kind, the numbers of each key frame, and its times; None is a gap.

    Key frames of several kinds become the boxes around them.
    """
    kinds = {kind(key.shape) for key in track.keys if key.shape is not None}
    one = kinds.pop() if len(kinds) == 1 else "rectangle"
    return (
        one,
        [[] if key.shape is None else numbers(key.shape, one) for key in track.keys],
        [None if key.shape is None else key.time for key in track.keys],
    )


def track(named: str, points: Sequence[Sequence[float]], times: Sequence[float | None]) -> Track:
    """The track that `frames` made a list of. Raises ValueError with a sentence."""
    _need(len(points) == len(times), f"it has {len(points)} places and {len(times)} times.")
    keys: list[Key] = []
    known = [time for time in times if time is not None]
    _need(bool(known), "it has no time at which it is seen.")
    for place, time in zip(points, times, strict=True):
        if time is not None:
            keys.append(Key(float(time), shape(named, place)))
        elif keys and keys[-1].shape is not None:
            last = keys[-1].time
            later = min((other for other in known if other > last), default=last + 2 * _STEP)
            keys.append(Key(min(last + _STEP, (last + later) / 2)))
    return Track(tuple(keys))
