"""A scan → the light it would show with nothing in the tray: smooth, bright, uneven; what thresholds are counted from.

Found from the scan itself. In every cell of a coarse grid the most frequent bright level is taken; cells that an animal
fills fall below a smooth surface through the others and are bridged. The surface is cubic: lamps and lenses are.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagine_kernels.images import Window, Windows, bands, named

Levels = npt.NDArray[np.float32]
Counts = npt.NDArray[np.float64]
Seen = npt.NDArray[np.uint16]

_SIDE, _MOST_CELLS = 128, 20_000
"""Pixels along the side of a cell (1.4 mm of a ZooScan, more than most animals cover); larger in very large scans."""
WHITE = 255.0
"""Levels are told on this scale, whatever the bits of the scan: thresholds of ZooProcess are."""
_BINS = 1024
_LOOKED_AT = 64
"""Pixels of a cell that are looked at in each direction."""
_TOGETHER = 4_000_000
_NEAR, _FAR = 3.0, 6.0
"""Levels: what belongs to the most frequent one, and how far a cell may lie from the surface."""
_DARKEST, _FEWEST = 64.0, 0.3
"""A background below this level, or of a smaller share of the scan, is none."""


@dataclass(frozen=True, slots=True)
class Background:
    """The light of an empty tray, on the scale of 0 to 255: `cells` (rows, columns) of `side` pixels, at their middles.

    `counts` are the pixels of the scan by level, after the light was made even (0 to 255 in 1024 steps, above in the
    last); `share` of them (0..1) show the background.
    """

    cells: Levels
    side: int
    counts: Counts
    share: float

    def levels(self, window: Window) -> Levels:
        """The background of a window, (height, width); the same for a pixel whatever window it is asked in."""
        rows, columns = (
            _between(start, length, size, self.side)
            for start, length, size in zip(window[1::-1], window[3:1:-1], self.cells.shape, strict=True)
        )
        upper, lower = self.cells[rows.first], self.cells[rows.second]
        lines = upper + (lower - upper) * rows.share[:, None]
        left, right = lines[:, columns.first], lines[:, columns.second]
        found: Levels = left + (right - left) * columns.share[None, :]
        return found


@dataclass(frozen=True, slots=True)
class _Between:
    """For every pixel the cells it lies between, and how far along."""

    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    share: Levels


def _between(start: int, length: int, size: int, side: int) -> _Between:
    place = np.clip((np.arange(start, start + length) + 0.5) / side - 0.5, 0, size - 1)
    first = np.minimum(place.astype(np.intp), max(size - 2, 0))
    return _Between(first, np.minimum(first + 1, size - 1), (place - first).astype(np.float32))


def estimate(scan: Windows) -> Background:
    """The background of an open scan, read once. Raises ValueError with a sentence where there is none."""
    side = max(_SIDE, math.ceil(math.sqrt(scan.width * scan.height / _MOST_CELLS)))
    counts = np.stack([_counts(scan, y, side) for y in range(0, scan.height, side)])
    cells, sure = _most_frequent(counts)
    cells = _bridged(cells, sure)
    even, share = _evened(counts, cells)
    name = named(scan.uri)
    level = float(np.median(cells))
    if level < _DARKEST:
        raise ValueError(
            f"{name} has a dark background (level {level:.0f} of 255), and what is looked for is darker than it. "
            "Invert the picture, or take a scan of a tray lit from behind."
        )
    if share < _FEWEST:
        raise ValueError(
            f"{name} shows no background: only {share:.0%} of it is as even and bright as an empty tray. "
            "Give a scan of animals in water, not a photograph or a picture of one animal."
        )
    return Background(cells, side, even, share)


def _counts(scan: Windows, y: int, side: int) -> Seen:
    """How often each of the 1024 levels is seen in each cell of a row of cells: (cells, 1024)."""
    step = max(1, side // _LOOKED_AT)
    across = -(-scan.width // side)
    seen = np.zeros(across * _BINS, np.int64)
    for band in bands(scan.width, min(side, scan.height - y), _TOGETHER):
        rows = slice(-band.y % step, None, step)
        grey = scan.grey(Window(0, y + band.y, scan.width, band.height))[rows, ::step]
        bins = np.minimum(grey * np.float32((_BINS - 1) / scan.white) + 0.5, _BINS - 1).astype(np.int64)
        bins += (np.arange(0, scan.width, step) // side * _BINS)[None, :]
        seen += np.bincount(bins.ravel(), minlength=seen.size)
    return seen.reshape(across, _BINS).astype(np.uint16)


def _most_frequent(counts: Seen) -> tuple[Levels, npt.NDArray[np.bool_]]:
    """The most frequent level of each cell, as the mean of what lies near it; and whether it is most of the cell."""
    levels = np.arange(_BINS) * np.float32(WHITE / (_BINS - 1))
    wide = round(_NEAR * _BINS / WHITE)
    found, sure = np.empty(counts.shape[:2], np.float32), np.empty(counts.shape[:2], np.bool_)
    for row, counted in enumerate(counts):
        smooth = ndimage.uniform_filter1d(counted.astype(np.float32), 2 * wide + 1, axis=1, mode="constant")
        peak = smooth.argmax(axis=1)
        near = np.abs(np.arange(_BINS)[None, :] - peak[:, None]) <= wide
        inside = np.where(near, counted, 0)
        total = inside.sum(axis=1)
        found[row] = inside @ levels / np.maximum(total, 1)
        sure[row] = total > 0.25 * counted.sum(axis=1)
    return found, sure


def _bridged(cells: Levels, sure: npt.NDArray[np.bool_]) -> Levels:
    """The cells, smoothed a little; those that do not lie near a smooth surface through the others are made up."""
    surface, good = _surface(cells, sure)
    rest = np.where(good, cells - surface, 0).astype(np.float32)
    weight = ndimage.gaussian_filter(good.astype(np.float32), 2, mode="nearest")
    around = ndimage.gaussian_filter(rest, 2, mode="nearest") / np.maximum(weight, 0.05)
    rest = ndimage.gaussian_filter(np.where(good, rest, around), 0.6, mode="nearest")
    bridged: Levels = np.clip(surface + rest, 0, WHITE).astype(np.float32)
    return bridged


def _surface(cells: Levels, sure: npt.NDArray[np.bool_]) -> tuple[Levels, npt.NDArray[np.bool_]]:
    """A cubic surface through the cells, those that lie far below it left out; and which were used."""
    y, x = (np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in cells.shape)
    terms: Any = np.stack([np.outer(y**i, x**j) for i in range(4) for j in range(4 - i)], axis=-1).reshape(
        cells.size, -1
    )
    flat = cells.ravel().astype(np.float64)
    good: npt.NDArray[np.bool_] = sure.ravel() if sure.sum() >= 2 * terms.shape[1] else np.ones(cells.size, np.bool_)
    good &= flat > np.median(flat[good]) - 4 * _FAR
    surface = np.full_like(flat, np.median(flat[good]))
    for _ in range(8):
        if good.sum() >= 2 * terms.shape[1]:
            fitted, *_rest = np.linalg.lstsq(terms[good], flat[good], rcond=None)
            surface = terms @ fitted
        found: npt.NDArray[np.bool_] = sure.ravel() & (np.abs(flat - surface) <= _FAR)
        if not found.any() or (found == good).all():
            break
        good = found
    return surface.reshape(cells.shape).astype(np.float32), good.reshape(cells.shape)


def _evened(counts: Seen, cells: Levels) -> tuple[Counts, float]:
    """Pixels by level once the background is white, over the whole scan; and the share that is about that white."""
    even = np.zeros(2 * _BINS)  # what is brighter than the background stands in the second half
    for counted, background in zip(counts.reshape(-1, _BINS), cells.ravel(), strict=True):
        place = np.minimum(np.arange(_BINS) * (WHITE / max(float(background), 1.0)) + 0.5, 2 * _BINS - 1)
        even += np.bincount(place.astype(np.intp), weights=counted, minlength=2 * _BINS)
    reach = round(_BINS * 2 * _FAR / WHITE)
    share = float(even[_BINS - reach : _BINS + reach].sum() / even.sum())
    even[_BINS - 1] += even[_BINS:].sum()
    return even[:_BINS], share
