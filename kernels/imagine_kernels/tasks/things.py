"""Strips of pixel scores → single things: connected cores of a class, grown into the rim that parts neighbours.

A thing that lies across strips is one. Memory holds a strip and, of what was found, the runs along its rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from imagine_kernels.images.masks import Runs
from imagine_kernels.tasks.strips import Scores, Strip

_FOUR = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
"""Pixels that touch at a corner only are two things: a rim one pixel wide parts them."""
_Names = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Thing:
    """One thing: its runs (see `images.masks`), its pixels, and the mean score of these for its class."""

    runs: Runs
    pixels: int
    score: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What makes a thing: pixels called `inside` (the number of a class among the scores), at least `least` of them.

    Things are what holds together `core` pixels away from everything else, so that a thin bridge joins no two. Each
    then takes the rest of its class, and of the class `rim` where there is one, that lies nearer to it than to any
    other thing and no more than `reach` pixels away.
    """

    inside: int
    rim: int | None = None
    reach: int = 0
    core: int = 0
    least: float = 1


def called(scores: Scores) -> npt.NDArray[np.uint8]:
    """The number of the class that scores most, of each pixel."""
    return np.asarray(scores.argmax(2), np.uint8)


@dataclass(frozen=True)
class _Part:
    """Rows of a view: whose thing each pixel is (0: nobody's), which may be a thing's, and how sure each is."""

    x: int
    y: int
    names: _Names
    body: npt.NDArray[np.bool_]
    sure: npt.NDArray[np.float32]

    def below(self, start: int, stop: int | None) -> "_Part":
        """The rows from `start` on, to before `stop`."""
        rows = slice(start, stop)
        return _Part(self.x, self.y + start, self.names[rows], self.body[rows], self.sure[rows])


class Gatherer:
    """Takes the strips of a view from the top down and gives the things of one kind in the end."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._links: list[npt.NDArray[np.int32]] = [np.zeros((2, 0), np.int32)]
        self._found: list[npt.NDArray[np.float64]] = [np.zeros((0, 5))]
        self._above: _Names | None = None
        self._highest = 0
        self._fresh: _Part | None = None
        self._thinned = 0
        self._held: _Part | None = None
        self._done = 0

    def take(self, strip: Strip) -> None:
        """The next strip; it must begin where the one before ended."""
        kinds, sure = called(strip.scores), strip.scores[:, :, self._wanted.inside]
        body = kinds == self._wanted.inside
        inside = body.astype(np.int32)
        if self._wanted.rim is not None:
            sure, body = sure + strip.scores[:, :, self._wanted.rim], body | (kinds == self._wanted.rim)
        part = _Part(strip.x, strip.y, inside, body, sure)
        self._fresh = part if self._fresh is None else _joined(self._fresh, part)
        self._thin(len(self._fresh.names) - self._wanted.core)

    def things(self) -> list[Thing]:
        """What was found, from the top down."""
        if self._fresh is not None:
            self._thin(len(self._fresh.names))
        if self._held is not None:
            self._found.append(_runs_of(_taken(self._held, self._wanted.reach).below(self._done, None)))
        self._fresh = self._held = None
        pairs, size = np.concatenate(self._links, axis=1), self._highest + 1
        joined = coo_array((np.ones(pairs.shape[1], np.bool_), tuple(pairs)), shape=(size, size))
        group = connected_components(joined, directed=False)[1]
        return list(_gathered(np.concatenate(self._found), group, self._wanted.least))

    def _thin(self, ready: int) -> None:
        """Names what is left of rows up to `ready` when `core` pixels are taken off around; the others wait."""
        fresh, core = self._fresh, self._wanted.core
        if fresh is None or ready <= self._thinned:
            return
        cores = fresh.names > 0
        if core:
            cores = ndimage.binary_erosion(cores, _FOUR, iterations=core, border_value=1)
        part = fresh.below(self._thinned, ready)
        self._grow(replace(part, names=self._named(cores[self._thinned : ready])))
        start = max(0, ready - core)
        self._fresh, self._thinned = fresh.below(start, None), ready - start

    def _named(self, cores: npt.NDArray[np.bool_]) -> _Names:
        """Numbers of its own for every core, and notes which touch those of the rows above."""
        local, count = ndimage.label(cores, _FOUR)
        names = np.where(local > 0, local + self._highest, 0).astype(np.int32)
        if self._above is not None:
            both = (names[0] > 0) & (self._above > 0)
            self._links.append(np.unique(np.stack([names[0][both], self._above[both]]), axis=1))
        self._highest, self._above = self._highest + int(count), names[-1]
        return names

    def _grow(self, part: _Part) -> None:
        """Gives the rest to the nearest core; rows wait until all is known that may reach them."""
        held = part if self._held is None else _joined(self._held, part)
        ready = len(held.names) - self._wanted.reach
        if ready > self._done:
            self._found.append(_runs_of(_taken(held, self._wanted.reach).below(self._done, ready)))
            start = max(0, ready - self._wanted.reach)
            held, self._done = held.below(start, None), ready - start
        self._held = held


def things(strips: Iterable[Strip], wanted: Wanted) -> list[Thing]:
    """The things of one kind of a view, from the top down."""
    gatherer = Gatherer(wanted)
    for strip in strips:
        gatherer.take(strip)
    return gatherer.things()


def _joined(one: _Part, other: _Part) -> _Part:
    names, body = np.concatenate([one.names, other.names]), np.concatenate([one.body, other.body])
    return _Part(one.x, one.y, names, body, np.concatenate([one.sure, other.sure]))


def _taken(part: _Part, reach: int) -> _Part:
    """What may be a thing's given to the nearest core."""
    if not reach or not part.names.any():
        return part
    far, nearest = ndimage.distance_transform_edt(part.names == 0, return_indices=True)
    return replace(part, names=np.where(part.body & (far <= reach), part.names[tuple(nearest)], part.names))


def _runs_of(part: _Part) -> npt.NDArray[np.float64]:
    """Row, first column, the column after the last, name, and the sum of scores of each run of one name."""
    found = [np.zeros((0, 5))]
    edges = np.diff(part.names, axis=1, prepend=0, append=0) != 0
    rows, columns = np.nonzero(edges)
    if len(rows):
        same = (rows[1:] == rows[:-1]) & (part.names[rows[:-1], np.minimum(columns[:-1], part.names.shape[1] - 1)] > 0)
        row, start, stop = rows[:-1][same], columns[:-1][same], columns[1:][same]
        sums = np.concatenate([np.zeros((len(part.sure), 1)), np.cumsum(part.sure, axis=1, dtype=np.float64)], axis=1)
        total = sums[row, stop] - sums[row, start]
        found.append(np.stack([row + part.y, start + part.x, stop + part.x, part.names[row, start], total], axis=1))
    return np.concatenate(found)


def _gathered(found: npt.NDArray[np.float64], group: npt.NDArray[np.int32], least: float) -> Iterator[Thing]:
    homes = group[found[:, 3].astype(np.int64)]
    order = np.argsort(homes, kind="stable")
    homes, found = homes[order], found[order]
    borders = np.flatnonzero(np.diff(homes)) + 1
    whole = [part for part in np.split(found, borders) if len(part)]
    for part in sorted(whole, key=lambda rows: (rows[0, 0], rows[0, 1])):
        pixels = int((part[:, 2] - part[:, 1]).sum())
        if pixels >= least:
            yield Thing(part[:, :3].astype(np.int64), pixels, float(min(1.0, part[:, 4].sum() / pixels)))


def of_map(kinds: npt.NDArray[np.uint8], count: int, y: int = 0) -> Strip:
    """A map of class numbers as scores that are sure of it: what people drew goes the same way as what models say."""
    return Strip(0, y, np.eye(count, dtype=np.float32)[kinds])
