"""Shapes ↔ pixels: masks as runs along their rows, and what of a window lies inside any shape."""

import math

import numpy as np
import numpy.typing as npt

from imagine_kernels import shapes
from imagine_kernels.images.tiles import Window
from imagine_kernels.shapes import XY, Box, Ellipse, Flat, Mask, MultiPolygon, Polygon, RotatedBox

Inside = npt.NDArray[np.bool_]
Runs = npt.NDArray[np.int64]
"""(N, 3): row, first column, the column after the last; sorted, none touches the next of its row."""


def encode(inside: Inside, x: int = 0, y: int = 0) -> Mask | None:
    """The pixels that are inside as the smallest mask that holds them; None where there are none.

    (x, y) is where the array's corner lies in the picture.
    """
    found = runs(inside)
    return None if len(found) == 0 else of_runs(found + np.array([y, x, x]))


def runs(inside: Inside) -> Runs:
    """The stretches of each row that are inside."""
    edges = np.diff(inside.astype(np.int8), axis=1, prepend=0, append=0)
    rows, starts = np.nonzero(edges == 1)
    stops = np.nonzero(edges == -1)[1]
    return np.stack([rows, starts, stops], axis=1)


def of_runs(found: Runs) -> Mask:
    """A mask of at least one run, in pixels of the picture; no array of its size is made."""
    top, left = int(found[0, 0]), int(found[:, 1].min())
    width, height = int(found[:, 2].max()) - left, int(found[-1, 0]) - top + 1
    starts = (found[:, 0] - top) * width + found[:, 1] - left
    stops = starts + found[:, 2] - found[:, 1]
    apart = starts[1:] > stops[:-1]  # a run to the end of its row may go on in the next
    starts, stops = starts[np.r_[True, apart]], stops[np.r_[apart, True]]
    turns = np.stack([starts, stops], axis=1).ravel()
    counts = np.diff(turns, prepend=0)
    rest = width * height - int(turns[-1])
    return Mask(left, top, width, height, (*counts.tolist(), rest) if rest else tuple(counts.tolist()))


def decode(mask: Mask) -> Inside:
    """The mask as (height, width)."""
    return _cut(mask, Window(mask.x, mask.y, mask.width, mask.height))


def inside(shape: Flat, window: Window) -> Inside:
    """Which pixels (height, width) of the window lie in the shape; none where it has no area (a point, a line)."""
    match shape:
        case Mask():
            return _cut(shape, window)
        case Polygon():
            seen = _filled(shape.points, window)
            for hole in shape.holes:
                seen &= ~_filled(hole, window)
            return seen
        case MultiPolygon():
            parts = [inside(part, window) for part in shape.parts]
            return np.asarray(np.any(parts, axis=0))
        case Box() | RotatedBox():
            return _filled(_corners(shape), window)
        case Ellipse():
            return _filled(rim(shape), window)
        case _:
            return np.zeros((window.height, window.width), np.bool_)


def painted(shape: Flat, width: int, height: int) -> Mask | None:
    """The smallest mask of the shape's pixels within a picture of this size; None where there are none."""
    box = shapes.bounds(shape)
    left, top = max(0, math.floor(box.x)), max(0, math.floor(box.y))
    right, bottom = math.ceil(min(width, box.x + box.width)), math.ceil(min(height, box.y + box.height))
    if left >= right or top >= bottom:
        return None
    return encode(inside(shape, Window(left, top, right - left, bottom - top)), left, top)


def _corners(box: Box | RotatedBox) -> tuple[XY, ...]:
    if isinstance(box, RotatedBox):
        return box.corners()
    right, bottom = box.x + box.width, box.y + box.height
    return (box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom)


def _cut(mask: Mask, window: Window) -> Inside:
    seen = np.zeros((window.height, window.width), np.bool_)
    left, right = max(mask.x, window.x), min(mask.x + mask.width, window.x + window.width)
    top, bottom = max(mask.y, window.y), min(mask.y + mask.height, window.y + window.height)
    if left < right and top < bottom:
        ends = np.cumsum(mask.counts)
        first, last = (top - mask.y) * mask.width, (bottom - mask.y) * mask.width
        among = slice(int(np.searchsorted(ends, first, "right")), int(np.searchsorted(ends, last, "left")) + 1)
        stops = np.minimum(ends[among], last)
        lengths = np.diff(stops, prepend=first)
        rows = np.repeat(np.arange(among.start, among.start + len(lengths)) % 2 == 1, lengths)
        part = rows.reshape(bottom - top, mask.width)[:, left - mask.x : right - mask.x]
        seen[top - window.y : bottom - window.y, left - window.x : right - window.x] = part
    return seen


def _filled(points: tuple[XY, ...], window: Window) -> Inside:
    """By the pixels' centres; an outline's numbers are those of pixel corners."""
    from skimage.draw import polygon

    seen = np.zeros((window.height, window.width), np.bool_)
    rows, columns = [y - window.y - 0.5 for _, y in points], [x - window.x - 0.5 for x, _ in points]
    seen[polygon(rows, columns, seen.shape)] = True
    return seen


def rim(shape: Ellipse) -> tuple[XY, ...]:
    """An ellipse as an outline of 64 points."""
    turn = math.radians(shape.angle)
    cos, sin = math.cos(turn), math.sin(turn)
    steps = [2 * math.pi * number / 64 for number in range(64)]
    rim = [(shape.radius_x * math.cos(step), shape.radius_y * math.sin(step)) for step in steps]
    return tuple((shape.x + a * cos - b * sin, shape.y + a * sin + b * cos) for a, b in rim)


def area(shape: Flat) -> float:
    """How many pixels a mask holds; of other shapes the area of the upright box around them."""
    if isinstance(shape, Mask):
        return float(sum(shape.counts[1::2]))
    around = shapes.bounds(shape)
    return around.width * around.height
