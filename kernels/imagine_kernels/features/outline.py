"""The outline of an object: corners of its pixels in order, and ImageJ's lengths and hull measured on them."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull

from imagine_kernels.features.particle import Mask

Points = npt.NDArray[np.float64]

_CORNER = 2.0 - math.sqrt(2.0)
_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))
"""Right, down, left, up: the object is always on the right-hand side."""


@dataclass(frozen=True, slots=True)
class Hull:
    """The smallest convex polygon around the pixels: its corners (n, 2) as y, x, its length, what it encloses."""

    points: Points
    perimeter: float
    area: float


def trace(filled: Mask) -> npt.NDArray[np.int64]:
    """The pixel corners (n, 2) as y, x where the outer outline turns, clockwise from the first pixel of the first row.

    Outlines touch at a corner without crossing: an object of pixels that touch at corners has one outline.
    """
    inside = np.pad(filled, 1).tolist()
    y, x, heading = 0, int(np.argmax(filled[0])), 0
    corners: list[tuple[int, int]] = []
    start = (y, x)
    while True:
        dy, dx = _STEPS[heading]
        y, x = y + dy, x + dx
        ahead_left, ahead_right = _ahead(y, x, heading)
        if inside[ahead_left[0]][ahead_left[1]]:  # what touches at the corner only belongs to it, too
            corners.append((y, x))
            heading = (heading + 3) % 4
        elif not inside[ahead_right[0]][ahead_right[1]]:
            corners.append((y, x))
            heading = (heading + 1) % 4
        if (y, x) == start and heading == 0:
            return np.array(corners, np.int64)


def _ahead(y: int, x: int, heading: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The two pixels ahead of a corner, on the left and on the right, as places in a mask with a rim of one pixel."""
    upper_left, upper_right, lower_left, lower_right = (y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)
    return (
        (upper_right, lower_right),
        (lower_right, lower_left),
        (lower_left, upper_left),
        (upper_left, upper_right),
    )[heading]


def perimeter(corners: npt.NDArray[np.int64]) -> float:
    """ImageJ's length of a traced outline: pixel sides count 1, corners that are not next to one another root of 2.

    https://imagej.net/ij/docs/faqs.html ("What are the algorithms used to calculate particle area and perimeter?").
    """
    sides = np.abs(corners - np.roll(corners, 1, axis=0)).sum(axis=1)
    count, adjacent = 0, False
    for side in sides.tolist():
        adjacent = side == 1 and not adjacent if count else False
        count += not adjacent
    return float(sides.sum() - count * _CORNER)


def hull(corners: npt.NDArray[np.int64]) -> Hull:
    """The convex hull of the outline."""
    found = ConvexHull(corners)
    return Hull(corners[found.vertices].astype(float), float(found.area), float(found.volume))


def feret(around: Hull) -> float:
    """The longest distance between two points of the outline (ImageJ's "Feret's diameter")."""
    points = around.points
    gaps = points[:, None] - points[None]
    return float(np.sqrt((gaps**2).sum(-1).max()))
