"""How alike two drawn shapes are, 0 to 1: what tells whether two people meant the same thing."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from imagine_kernels.shapes import (
    XY,
    Box,
    Flat,
    Key,
    Line,
    Mask,
    MultiPolygon,
    Point,
    Polygon,
    RotatedBox,
    Shape,
    TimeFrequency,
    Track,
)

REACH = 10.0
"""Pixels: two points so far apart are alike by half; a line is followed where the other runs within so many."""
_STEPS = 64
"""Places along a line, and moments of a track of boxes or points, that are compared."""
_FEWER = 16
"""Moments of a track of other shapes: those are compared pixel by pixel."""

Floats = npt.NDArray[np.float64]
Placed = TypeVar("Placed")


def matrix(one: Sequence[Shape], other: Sequence[Shape], reach: float = REACH) -> Floats:
    """How alike every shape of `one` is to every shape of `other`.

    Areas by intersection over union, sound by that of its seconds and hertz, points by their distance, lines by the
    share that runs along the other, tracks by the mean over all moments at which either is there.
    """
    from imagine_kernels.images import overlaps

    found: Floats = np.zeros((len(one), len(other)))
    areas = [i for i, shape in enumerate(one) if _is_area(shape)], [j for j, s in enumerate(other) if _is_area(s)]
    if areas[0] and areas[1]:
        flat = [[s for s in some if _is_area(s)] for some in (one, other)]
        found[np.ix_(*areas)] = overlaps.matrix(flat[0], flat[1])  # type: ignore[arg-type]
    for (i, first), (j, second) in itertools.product(enumerate(one), enumerate(other)):
        if not _is_area(first) and not _is_area(second):
            found[i, j] = nearness(first, second, reach)
    return found


def nearness(one: Shape, other: Shape, reach: float = REACH) -> float:
    """How alike two shapes are; those of kinds that cannot be compared (a point and a box) are not alike at all."""
    from imagine_kernels.images import overlaps

    near = 1.0 if one == other else 0.0
    match one, other:
        case _ if one == other:
            pass
        case Point(), Point():
            near = max(0.0, 1 - math.hypot(one.x - other.x, one.y - other.y) / (2 * reach))
        case Line(), Line():
            near = (_followed(one, other, reach) + _followed(other, one, reach)) / 2
        case TimeFrequency(), TimeFrequency():
            near = _of_sound(one, other)
        case Track(), Track():
            near = _of_tracks(one, other, reach)
        case _ if _is_area(one) and _is_area(other):
            near = overlaps.overlap(one, other)  # type: ignore[arg-type]
    return near


def _is_area(shape: Shape) -> bool:
    return not isinstance(shape, Point | Line | TimeFrequency | Track)


def _of_sound(one: TimeFrequency, other: TimeFrequency) -> float:
    """Without the band of either, by seconds alone."""
    both = max(0.0, min(one.end, other.end) - max(one.start, other.start))
    areas = [one.end - one.start, other.end - other.start]
    if None not in (one.low, one.high, other.low, other.high):
        (low, high), (floor, ceiling) = ((float(s.low or 0), float(s.high or 0)) for s in (one, other))
        both *= max(0.0, min(high, ceiling) - max(low, floor))
        areas = [areas[0] * (high - low), areas[1] * (ceiling - floor)]
    return both / (sum(areas) - both)


def _followed(line: Line, other: Line, reach: float) -> float:
    """The share of a line that runs within reach of the other."""
    along, (starts, ends) = _spread(line.points), (np.array(other.points[:-1]), np.array(other.points[1:]))
    way = ends - starts
    square = np.maximum((way**2).sum(1), 1e-12)
    part = np.clip(((along[:, None] - starts) * way).sum(2) / square, 0, 1)
    away = np.linalg.norm(along[:, None] - (starts + part[:, :, None] * way), axis=2).min(1)
    return float((away <= reach).mean())


def _spread(points: Sequence[XY]) -> Floats:
    """Places at even distances along a line, (N, 2)."""
    corners = np.array(points, np.float64)
    far = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    at = np.linspace(0, far[-1], _STEPS)
    return np.stack([np.interp(at, far, corners[:, axis]) for axis in (0, 1)], axis=1)


def _of_tracks(one: Track, other: Track, reach: float) -> float:
    """As Weinzaepfel et al. (2015, doi:10.1109/ICCV.2015.362): 0 counts where only one of them is there."""
    start, end = (pick(t.keys[edge].time for t in (one, other)) for pick, edge in ((min, 0), (max, -1)))
    plain = all(isinstance(key.shape, Box | RotatedBox | Point | None) for track in (one, other) for key in track.keys)
    steps = _STEPS if plain else _FEWER
    moments = start + (np.arange(steps) + 0.5) / steps * (end - start) if end > start else np.array([start])
    pairs = [(at(one, float(moment)), at(other, float(moment))) for moment in moments]
    there = [(a, b) for a, b in pairs if a is not None or b is not None]
    alike = [nearness(a, b, reach) for a, b in there if a is not None and b is not None]
    return math.fsum(alike) / len(there) if there else 0.0


def at(track: Track, time: float) -> Flat | None:
    """Where a tracked thing is at a moment; None before it comes, after it went and past its last key."""
    after = next((n for n, key in enumerate(track.keys) if key.time > time), len(track.keys))
    if after == 0 or (after == len(track.keys) and time > track.keys[-1].time):
        return None
    before = track.keys[after - 1]
    return before.shape if after == len(track.keys) else _moved(before, track.keys[after], time)


def _moved(before: Key, after: Key, time: float) -> Flat | None:
    first, second = before.shape, after.shape
    if first is None or second is None or type(first) is not type(second) or isinstance(first, Mask | MultiPolygon):
        return first
    return _between(first, second, (time - before.time) / (after.time - before.time))


def _between(first: Placed, second: Placed, share: float) -> Placed:
    """A shape on its even way to another of its kind; outlines of other corners stay as they are."""
    if isinstance(first, Line | Polygon) and isinstance(second, Line | Polygon):
        if len(first.points) != len(second.points) or _holes(first) or _holes(second):
            return first
        ways = zip(first.points, second.points, strict=True)
        points = tuple((x + share * (to_x - x), y + share * (to_y - y)) for (x, y), (to_x, to_y) in ways)
        return replace(first, points=points)  # type: ignore[return-value]
    numbers = {}
    for known in fields(first):  # type: ignore[arg-type]
        old, new = getattr(first, known.name), getattr(second, known.name)
        way = (new - old + 180) % 360 - 180 if known.name == "angle" else new - old
        numbers[known.name] = old + share * way
    return replace(first, **numbers)  # type: ignore[type-var]


def _holes(shape: Line | Polygon) -> int:
    return len(shape.holes) if isinstance(shape, Polygon) else 0
