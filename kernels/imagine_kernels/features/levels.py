"""The largest object as it looks at several thresholds: what stays when less and less counts as object."""

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.morphology import skeletonize

from imagine_kernels.features.contrast import Floats
from imagine_kernels.features.particle import EIGHT, Mask

NAMES = (
    *("area", "all", "count", "second", "apart", "roundness", "circularity", "holes", "skeleton", "ends", "branches"),
    *("thickest", "thickness", "mean", "spread", "filling"),
)
_SPECK = 4
"""Pixels below which a further object is taken for noise."""


def at(amount: Floats, threshold: float) -> list[float]:
    """The values of `NAMES` for what exceeds `threshold`; areas and lengths as logarithms, all 0 where nothing does."""
    taken = amount > threshold
    named, count = ndimage.label(taken, EIGHT)
    if count == 0:
        return [0.0] * len(NAMES)
    sizes = np.bincount(named.ravel())[1:]
    first = int(sizes.argmax())
    boxes = ndimage.find_objects(named)
    body: Mask = named[boxes[first]] == first + 1
    area = int(sizes[first])
    greys = amount[boxes[first]][body]
    others = _others(named, boxes, sizes, first)
    return [
        math.log(area),
        math.log(int(taken.sum())),
        float((sizes >= _SPECK).sum()),
        *others,
        *_shape(body, area),
        float(greys.mean()),
        float(greys.std() / greys.mean()),
        area / body.size,
    ]


def _others(
    named: npt.NDArray[np.int32], boxes: list[tuple[slice, slice]], sizes: npt.NDArray[np.signedinteger], first: int
) -> tuple[float, float]:
    """The second largest object: its share of the first one's area, and how far away it is."""
    if len(sizes) == 1:
        return 0.0, 0.0
    rest = sizes.copy()
    rest[first] = 0
    second = int(rest.argmax())
    places = []
    for number in (first, second):
        y, x = np.nonzero(named[boxes[number]] == number + 1)
        places.append((y.mean() + boxes[number][0].start, x.mean() + boxes[number][1].start))
    return float(sizes[second] / sizes[first]), math.dist(*places)


def _shape(body: Mask, area: int) -> tuple[float, ...]:
    y, x = np.nonzero(body)
    spread = np.cov(np.stack([x, y]), bias=True) if area > 1 else np.zeros((2, 2))
    short, long = np.linalg.eigvalsh(spread + np.eye(2) / 12)
    filled = ndimage.binary_fill_holes(body)
    whole = int(filled.sum())
    skeleton = np.pad(skeletonize(body), 1)
    neighbours = ndimage.convolve(skeleton.view(np.int8), EIGHT.astype(np.int8))[skeleton] - 1
    depth = ndimage.distance_transform_edt(np.pad(body, 1))
    deepest = float(depth.max())
    return (
        math.sqrt(short / long),
        4 * math.pi * whole / _length(filled) ** 2,
        1 - area / whole,
        math.log(1 + len(neighbours)),
        float((neighbours == 1).sum()),
        float((neighbours >= 3).sum()),
        deepest,
        float(depth.sum() / area / deepest),
    )


def _length(filled: Mask) -> float:
    """The outline by Crofton's formula on four directions (Legland et al. 2007)."""
    solid = np.pad(filled, 1)
    straight = np.count_nonzero(np.diff(solid, axis=0)) + np.count_nonzero(np.diff(solid, axis=1))
    slanted = np.count_nonzero(solid[1:, 1:] != solid[:-1, :-1]) + np.count_nonzero(solid[1:, :-1] != solid[:-1, 1:])
    return float(math.pi / 8 * (straight + slanted / math.sqrt(2)))
