"""What each of YOLO's tasks can hold of a shape: upright boxes, outlines, or four corners, all within the picture.

Everything is put to a 1024th of a pixel: shares of the picture's sides have no exact pixels, and so what was read once
is written and read the same ever after.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from imagine_kernels.images import masks, yolo_rows
from imagine_kernels.records import Sample
from imagine_kernels.shapes import (
    XY,
    Box,
    Ellipse,
    Flat,
    Line,
    Mask,
    MultiPolygon,
    Point,
    Polygon,
    RotatedBox,
    Shape,
    TimeFrequency,
    Track,
    bounds,
    extent,
)

_STEP, _TURN = 1024, 2**20
_WITHOUT_AREA = (Point, Line, TimeFrequency, Track)
Held = Box | Polygon | RotatedBox
Shapes = Callable[[Shape | None, Sample], tuple[Shape | None, ...]]


def _flat(shape: Shape | None) -> Flat | None:
    """The shape where it has an area."""
    return None if shape is None or isinstance(shape, _WITHOUT_AREA) else shape


def upright(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Detection: the box around the shape, as far as it lies in the picture."""
    if type(shape) is Box:  # the usual one, without further questions
        return _between(shape.x, shape.y, shape.width, shape.height, sample)
    flat = _flat(shape)
    return () if flat is None else _between(*extent(flat), sample)


def _between(x: float, y: float, width: float, height: float, sample: Sample) -> tuple[Box, ...]:
    right, bottom = x + width, y + height
    if x >= 0 <= y and right <= sample.width and bottom <= sample.height:  # as nearly all are: four calls less
        left, top = round(x * _STEP) / _STEP, round(y * _STEP) / _STEP
        right, bottom = round(right * _STEP) / _STEP, round(bottom * _STEP) / _STEP
    else:
        left, right = _step(x, sample.width), _step(right, sample.width)
        top, bottom = _step(y, sample.height), _step(bottom, sample.height)
    return (Box(left, top, right - left, bottom - top),) if left < right and top < bottom else ()


def _step(at: float, end: int) -> float:
    return 0.0 if at <= 0 else float(end) if at >= end else round(at * _STEP) / _STEP


def outlines(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Segmentation: one outline, cut at the picture's border; holes and further parts hang on it by seams."""
    flat = _flat(shape)
    if flat is None:
        return ()
    points = [(_step(x, sample.width), _step(y, sample.height)) for x, y in _cut(_seamed(_rings(flat)), sample)]
    flat_enough = len(points) < 3 or any(len(set(side)) < 2 for side in zip(*points, strict=True))
    return () if flat_enough else (Polygon(tuple(points)),)


def _rings(shape: Flat) -> list[Sequence[XY]]:
    match shape:
        case Polygon():
            return [shape.points, *shape.holes]
        case MultiPolygon():
            return [ring for part in shape.parts for ring in (part.points, *part.holes)]
        case Mask():
            return _traced(shape)
        case Ellipse():
            return [masks.rim(shape)]
        case RotatedBox():
            return [shape.corners()]
        case _:
            box = bounds(shape)
            right, bottom = box.x + box.width, box.y + box.height
            return [((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom))]


def _traced(mask: Mask) -> list[Sequence[XY]]:
    """Outlines between the centres of pixels inside and outside: filled again they are the same pixels."""
    from skimage.measure import find_contours

    framed = np.pad(masks.decode(mask), 1).astype(np.float32)
    return [
        [(float(column) + mask.x - 0.5, float(row) + mask.y - 0.5) for row, column in ring[:-1]]
        for ring in find_contours(framed, 0.5)
    ]


def _seamed(rings: Sequence[Sequence[XY]]) -> list[XY]:
    """One line through all rings, there and back along the same seams, which have no area."""
    first, *others = rings or [()]
    return [
        *first,
        *(point for ring in others for point in (first[0], *ring, ring[0])),
        *([first[0]] if others else []),
    ]


def _cut(points: list[XY], sample: Sample) -> list[XY]:
    """What lies in the picture (Sutherland and Hodgman), side by side."""
    for axis, end, inner in ((0, 0, 1), (0, sample.width, -1), (1, 0, 1), (1, sample.height, -1)):
        kept: list[XY] = []
        for one, other in itertools.pairwise([*points[-1:], *points]):
            before, after = (one[axis] - end) * inner >= 0, (other[axis] - end) * inner >= 0
            if before != after:
                share = (end - one[axis]) / (other[axis] - one[axis])
                crossing = [one[i] + share * (other[i] - one[i]) for i in (0, 1)]
                crossing[axis] = end
                kept.append((crossing[0], crossing[1]))
            if after:
                kept.append(other)
        points = kept
    return points


def corners(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Oriented boxes: of outlines with four corners and ellipses their own, of others the upright box around."""
    match _flat(shape):
        case None:
            return ()
        case RotatedBox() as turned:
            four: Sequence[XY] = turned.corners()
        case Ellipse() as round_one:
            x, y, wide, high = round_one.x, round_one.y, 2 * round_one.radius_x, 2 * round_one.radius_y
            four = RotatedBox(x, y, wide, high, round_one.angle).corners()
        case Polygon(points, ()) if len(points) == 4:
            four = points
        case flat:
            four = _rings(bounds(flat))[0]
    return _quadrilateral(four, sample)


def _quadrilateral(four: Sequence[XY], sample: Sample) -> tuple[Shape | None, ...]:
    inside = [(min(max(x, 0.0), float(sample.width)), min(max(y, 0.0), float(sample.height))) for x, y in four]
    if any(len(set(side)) < 2 for side in zip(*inside, strict=True)):
        return ()
    try:
        found = yolo_rows.shape(_shares(inside, sample), (sample.width, sample.height), turned=True)
    except ValueError:
        return ()
    held = stepped(found, sample)
    if held and isinstance(held[0], RotatedBox):
        return _fitted(held[0], sample)
    corners_now = held[0].points if held and isinstance(held[0], Polygon) else ()
    return held if corners_now == tuple(inside) else _quadrilateral(corners_now, sample)


def _fitted(box: RotatedBox, sample: Sample) -> tuple[Shape | None, ...]:
    """The box, made smaller around its centre where a corner lies outside the picture: YOLO refuses the whole file."""
    reach = bounds(box)
    rooms = (min(box.x, sample.width - box.x), min(box.y, sample.height - box.y))
    share = min(2 * room / side for room, side in zip(rooms, (reach.width, reach.height), strict=True))
    if share >= 1 - 1e-9:
        return (box,)
    width, height = (math.floor(side * share * _STEP) / _STEP for side in (box.width, box.height))
    return (RotatedBox(box.x, box.y, width, height, box.angle),) if width > 0 and height > 0 else ()


def stepped(shape: Held, sample: Sample) -> tuple[Shape | None, ...]:
    """A shape as it was read, put to the steps; nothing where it has no size then."""
    match shape:
        case Box():
            return _between(*extent(shape), sample)
        case RotatedBox():
            x, y, width, height = (round(n * _STEP) / _STEP for n in (shape.x, shape.y, shape.width, shape.height))
            angle = round(shape.angle * _TURN) / _TURN % 360
            return (RotatedBox(x, y, width, height, angle),) if width > 0 and height > 0 else ()
        case Polygon():
            return (Polygon(tuple((_step(x, sample.width), _step(y, sample.height)) for x, y in shape.points)),)


def shares(shape: Held, sample: Sample, *, outline: bool) -> list[float]:
    """The numbers of a row: centre and size of a box, or the corners, as shares of the picture's sides."""
    if isinstance(shape, Box) and not outline:
        x, y = (shape.x + shape.width / 2) / sample.width, (shape.y + shape.height / 2) / sample.height
        return [x, y, shape.width / sample.width, shape.height / sample.height]
    points: Iterable[XY] = shape.corners() if isinstance(shape, RotatedBox) else _rings(shape)[0]
    return [min(max(share, 0.0), 1.0) for share in _shares(points, sample)]


def _shares(points: Iterable[XY], sample: Sample) -> list[float]:
    return [share for x, y in points for share in (x / sample.width, y / sample.height)]
