"""The outline of an object → one organism, or several that touch: how sure, and where the line between them lies.

Where two bodies touch, the outline has a neck. How wide each place is tells the distance to the background; watershed
on it gives the lumps, and a neck that is narrow beside the slimmer of two lumps parts them. Antennae and tails are as
slim as their own necks, and stay with their body. Watershed by Beucher and Lantuéjoul (1979, Workshop on image
processing, Rennes).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagine_kernels.features.particle import EIGHT, Particle
from imagine_kernels.tasks.finding.connecting import Mask, label

Names = npt.NDArray[np.int32]
Widths = npt.NDArray[np.float32]

NECK = 0.55
"""Two lumps are two organisms where the neck between them is narrower than this share of the slimmer one."""
SHARE = 0.08
"""A lump of less than this share of the object is a part of it: a head, an eye, a bundle of legs."""
_SMOOTH = 0.7
"""Pixels: ripples of the outline make no lumps."""
WHITE = 255


@dataclass(frozen=True, slots=True)
class Parts:
    """What an outline was parted into: `names` (h, w), 0 outside and 1 to `count` inside; `several` from 0 to 1.

    `several` is 1 - the narrowest neck / the half width of the slimmer lump beside it: 0 for one that has no neck.
    """

    names: Names
    count: int
    several: float

    def lines(self) -> Mask:
        """The pixels along which the parts were separated, one wide."""
        highest = ndimage.maximum_filter(self.names, footprint=EIGHT)
        inside = self.names > 0
        found: Mask = inside & (highest > self.names)
        return found

    def drawn(self, grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The picture (h, w) with the lines in white, as ZooProcess draws them."""
        return np.where(self.lines(), np.uint8(WHITE), grey)


def separate(outline: Mask, least: float, *, neck: float = NECK, share: float = SHARE) -> Parts:
    """The organisms of one object (h, w; its holes filled); none of them has fewer than `least` pixels."""
    whole = int(np.count_nonzero(outline))
    least = max(least, share * whole)
    if whole < 2 * least:
        return Parts(outline.astype(np.int32), 1, 0.0)
    widths, lumps = _lumps(outline)
    tree = _Lumps(widths, lumps)
    tree.join(neck, least)
    names, count = tree.named(lumps)
    return Parts(names, count, 1.0 - tree.narrowest)


def parted(body: Particle, parts: Parts) -> list[Particle]:
    """Every part as an object of its own."""
    found = []
    for number, box in enumerate(ndimage.find_objects(parts.names), start=1):
        part = parts.names[box] == number
        rows, columns = box
        place = (body.x + columns.start, body.y + rows.start)
        found.append(
            Particle(body.grey[box], body.body[box] & part, part, *place, body.background, inverted=False, others=0)
        )
    return found


def _lumps(outline: Mask) -> tuple[Widths, Names]:
    """How far each pixel is from the background, and the lump it belongs to (from 1)."""
    from skimage.segmentation import watershed

    flood: Callable[..., Names] = watershed
    widths: Widths = ndimage.distance_transform_edt(np.pad(outline, 1))[1:-1, 1:-1].astype(np.float32)
    smooth: Widths = ndimage.gaussian_filter(widths, _SMOOTH) * outline
    peaks = (smooth == ndimage.maximum_filter(smooth, 3)) & outline
    return widths, flood(-smooth, label(peaks, EIGHT)[0], mask=outline, connectivity=2)


class _Lumps:
    """Lumps that are joined over their necks, the widest neck first, until only narrow ones are left."""

    def __init__(self, widths: Widths, lumps: Names) -> None:
        count = int(lumps.max()) + 1
        self.parent = list(range(count))
        self.pixels = np.bincount(lumps.ravel(), minlength=count).astype(float)
        self.width = np.zeros(count)
        self.width[1:] = ndimage.maximum(widths, lumps, np.arange(1, count))
        self.necks = _necks(widths, lumps)
        self.narrowest = 1.0

    def home(self, lump: int) -> int:
        while self.parent[lump] != lump:
            self.parent[lump] = self.parent[self.parent[lump]]
            lump = self.parent[lump]
        return lump

    def join(self, neck: float, least: float) -> None:
        """Keeps two apart where both are large enough and the neck is narrow; what is too small goes to a neighbour."""
        for first, second, wide in self.necks:
            one, other = self.home(first), self.home(second)
            if one == other:
                continue
            narrow = wide / min(self.width[one], self.width[other])
            if min(self.pixels[one], self.pixels[other]) >= least:
                self.narrowest = min(self.narrowest, float(narrow))
                if narrow < neck:
                    continue
            self._unite(one, other)
        for first, second, _wide in self.necks:
            one, other = self.home(first), self.home(second)
            if one != other and min(self.pixels[one], self.pixels[other]) < least:
                self._unite(one, other)

    def _unite(self, one: int, other: int) -> None:
        self.parent[other] = one
        self.pixels[one] += self.pixels[other]
        self.width[one] = max(self.width[one], self.width[other])

    def named(self, lumps: Names) -> tuple[Names, int]:
        """The parts by number from 1, and how many they are."""
        homes = np.array([self.home(lump) for lump in range(len(self.parent))])
        homes[0] = 0
        kept, numbers = np.unique(homes, return_inverse=True)
        return numbers[lumps].astype(np.int32), len(kept) - 1


def _necks(widths: Widths, lumps: Names) -> list[tuple[int, int, float]]:
    """Every two lumps that touch, and the half width of the widest place between them; the widest first."""
    base = int(lumps.max()) + 1
    keys, wide = [], []
    for here, there in _NEIGHBOURS:
        first, second = lumps[here], lumps[there]
        apart = (first != second) & (first > 0) & (second > 0)
        low, high = np.minimum(first[apart], second[apart]), np.maximum(first[apart], second[apart])
        keys.append(low.astype(np.int64) * base + high)
        wide.append(np.minimum(widths[here][apart], widths[there][apart]))
    pairs, places = np.unique(np.concatenate(keys), return_inverse=True)
    widest = np.zeros(len(pairs), np.float32)
    np.maximum.at(widest, places, np.concatenate(wide))
    order = np.argsort(-widest, kind="stable")
    return [(int(pairs[n] // base), int(pairs[n] % base), float(widest[n])) for n in order]


_NEIGHBOURS: tuple[tuple[Any, Any], ...] = (
    (np.s_[:, :-1], np.s_[:, 1:]),
    (np.s_[:-1], np.s_[1:]),
    (np.s_[:-1, :-1], np.s_[1:, 1:]),
    (np.s_[:-1, 1:], np.s_[1:, :-1]),
)
"""Every pixel and its neighbour to the right, below, and on both diagonals."""
