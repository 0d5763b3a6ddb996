"""How an object mirrored at its axes falls on itself, and how its thickness varies along it: ZooProcess's measures."""

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagine_kernels.features.particle import EIGHT, Mask, Particle

_ROOM = 1.2
"""The square in which the object is turned: its bounding box's diagonal and a fifth."""
_STEP = 15
"""Pixels between two places where the thickness is taken."""
_EDGE = 100
"""A step of grey in the turned black-and-white picture that counts as an edge."""


def symmetry(particle: Particle, angle: float, level: float) -> dict[str, float]:
    """`symetrieh`, `symetriev`: pixels alike after mirroring at the major and minor axis, over twice the area.

    Turned by `angle` (degrees) the object lies along its major axis in a square; all pixels of the square are compared,
    so the values are near (side² / area) / 2. `symetriehc`, `symetrievc`: the same of the largest part that is left at
    grey `level` or darker. `thickr`: largest thickness over the mean one, nan for objects too small to tell.
    """
    along, across, thickness = _folded(particle.body, particle.filled, angle)
    core = _core(particle.body & (particle.grey <= level))
    core_along, core_across = math.nan, math.nan
    if core is not None:
        filled = ndimage.binary_fill_holes(core)
        core_along, core_across, _ = _folded(core, filled, _angle(filled))
    return {
        "symetrieh": along,
        "symetriev": across,
        "symetriehc": core_along,
        "symetrievc": core_across,
        "thickr": thickness,
    }


def _core(left: Mask) -> Mask | None:
    named, count = ndimage.label(left, EIGHT)
    if count == 0:
        return None
    largest = int(np.bincount(named.ravel())[1:].argmax()) + 1
    found: Mask = named[ndimage.find_objects(named)[largest - 1]] == largest
    return found


def _angle(filled: Mask) -> float:
    """Degrees from the x axis to the major axis, counter-clockwise."""
    y, x = np.nonzero(filled)
    spread = np.cov(np.stack([x, -y]), bias=True) if len(x) > 1 else np.eye(2)
    return math.degrees(0.5 * math.atan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1])) % 180


def _folded(body: Mask, filled: Mask, angle: float) -> tuple[float, float, float]:
    turned = _turned(body, filled, angle)
    sharp = np.where(turned > 127, 255, 0)
    whole = 2 * int(filled.sum())
    along = np.count_nonzero(turned == turned[:, ::-1]) / whole
    return along, np.count_nonzero(turned == sharp[::-1]) / whole, _thickness(turned)


def _turned(body: Mask, filled: Mask, angle: float) -> npt.NDArray[np.int64]:
    """The object as 255 on 0 in the middle of a square, turned so that its major axis is horizontal."""
    height, width = body.shape
    side = int(math.hypot(height, width) * _ROOM)
    y, x = np.nonzero(filled)
    top, left = int(side / 2 - y.mean() - 0.5), int(side / 2 - x.mean() - 0.5)
    top, left = min(max(top, 0), side - height), min(max(left, 0), side - width)
    square = np.zeros((side, side), np.float32)
    square[top : top + height, left : left + width] = 255.0 * body
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    matrix, middle = np.array([[cosine, sine], [-sine, cosine]]), np.full(2, (side - 1) / 2)
    found = ndimage.affine_transform(square, matrix, middle - matrix @ middle, order=1)
    rounded: npt.NDArray[np.int64] = np.floor(found + 0.5).astype(np.int64)
    return rounded


def _thickness(turned: npt.NDArray[np.int64]) -> float:
    """From the first edge to the second in every fifteenth column; the last place is not looked at for the largest."""
    gaps = []
    for column in turned.T[::_STEP]:
        edges = np.flatnonzero(np.abs(np.diff(column)) > _EDGE)
        if len(edges) > 1:
            gaps.append(int(edges[1] - edges[0]))
    if len(gaps) < 2:
        return math.nan
    return max(gaps[:-1]) / (sum(gaps[:-1]) / len(gaps))
