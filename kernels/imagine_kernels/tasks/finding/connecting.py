"""Bands of a mask, from the top down → connected objects: one that lies across bands is one object, none is lost.

Memory holds one band and the objects that may still grow. Pixels that touch at a corner belong together, as in ImageJ.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from imagine_kernels.features.particle import EIGHT

Mask = npt.NDArray[np.bool_]
_Names = npt.NDArray[np.int32]


@dataclass(slots=True)
class Piece:
    """One object: its box (`right`, `bottom` lie beyond it), its pixels, its first pixel (x, y) as one reads."""

    left: int
    top: int
    right: int
    bottom: int
    pixels: int
    first: tuple[int, int]

    def take(self, other: "Piece") -> None:
        """Makes the two one object."""
        self.left, self.top = min(self.left, other.left), min(self.top, other.top)
        self.right, self.bottom = max(self.right, other.right), max(self.bottom, other.bottom)
        self.pixels += other.pixels
        self.first = min(self.first, other.first, key=lambda place: place[::-1])

    def may_hold(self, least: float) -> bool:
        """Whether the object could have `least` pixels once its holes are filled.

        An outline of n pixels is at most √2 n long and encloses at most a circle: n² / 2π pixels.
        """
        box = (self.right - self.left) * (self.bottom - self.top)
        return box >= least and self.pixels + self.pixels**2 / (2 * math.pi) >= least


def connect(bands: Iterable[tuple[int, Mask]], least: float = 1) -> Iterator[Piece]:
    """The objects of bands (y of the first row, mask of full width) that follow one another from the top down.

    What cannot hold `least` pixels even with its holes filled is left out. An object comes when it is whole.
    """
    growing: list[Piece] = []
    above: _Names | None = None
    for top, mask in bands:
        named, count = label(mask, EIGHT)
        border = np.setdiff1d(np.concatenate([named[0], named[-1]]), [0])
        pieces = _pieces(mask, named, count, top)
        yield from (pieces[n] for n in np.setdiff1d(list(pieces), border) if pieces[n].may_hold(least))
        nodes = np.zeros(count + 1, np.int32)
        nodes[border] = np.arange(len(growing) + 1, len(growing) + 1 + len(border))
        every = [*growing, *(pieces[n] for n in border)]
        group = _groups(len(every), nodes[named[0]], above)
        whole, growing, above = _grown(every, group, nodes[named[-1]])
        yield from (piece for piece in whole if piece.may_hold(least))
    yield from (piece for piece in growing if piece.may_hold(least))


def _pieces(mask: Mask, named: _Names, count: int, top: int) -> Mapping[int, Piece]:
    """The objects of one band by their names in it."""
    places = np.flatnonzero(mask)
    names = named.ravel()[places]
    pixels = np.bincount(names, minlength=count + 1)
    first = np.zeros(count + 1, np.int64)
    first[names[::-1]] = places[::-1]
    width = mask.shape[1]
    found = {}
    for name, (rows, columns) in enumerate(ndimage.find_objects(named), start=1):
        x, y = int(first[name] % width), int(first[name] // width) + top
        box = (columns.start, rows.start + top, columns.stop, rows.stop + top)
        found[name] = Piece(*box, int(pixels[name]), (x, y))
    return found


def _groups(count: int, row: _Names, above: _Names | None) -> npt.NDArray[np.int32]:
    """Which of the objects 1 to `count` are one: those of `row` that touch one of the row above, at a corner too."""
    pairs: list[npt.NDArray[np.int32]] = [np.zeros((2, 0), np.int32)]
    if above is not None:
        for shift in (-1, 0, 1):
            here, there = (
                row[max(0, shift) : row.size + min(0, shift)],
                above[max(0, -shift) : row.size - max(0, shift)],
            )
            both = (here > 0) & (there > 0)
            pairs.append(np.unique(np.stack([here[both], there[both]]), axis=1))
    first, second = np.concatenate(pairs, axis=1)
    links = coo_array((np.ones(first.size, np.bool_), (first, second)), shape=(count + 1, count + 1))
    group: npt.NDArray[np.int32] = connected_components(links, directed=False)[1]
    return group


def _grown(
    every: Sequence[Piece], group: npt.NDArray[np.int32], last: _Names
) -> tuple[list[Piece], list[Piece], _Names]:
    """What is whole, what may still grow, and where that stands in the last row (its number from 1, else 0)."""
    together: dict[int, Piece] = {}
    for number, piece in enumerate(every, start=1):
        known = together.setdefault(int(group[number]), piece)
        if known is not piece:
            known.take(piece)
    touched = np.setdiff1d(group[np.setdiff1d(last, [0])], [])
    place = np.zeros(int(group.max()) + 1, np.int32)
    place[touched] = np.arange(1, touched.size + 1)
    below = np.where(last > 0, place[group[last]], 0).astype(np.int32)
    growing = [together.pop(int(name)) for name in touched]
    return list(together.values()), growing, below


label: Callable[[Mask, npt.NDArray[np.int_]], tuple[_Names, int]] = ndimage.label
"""The objects of a mask by number, and how many: SciPy's, with its types told."""
