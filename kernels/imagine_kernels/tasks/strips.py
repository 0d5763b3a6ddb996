"""A view, tile by tile → scores of every pixel, strip by strip from the top down: overlapping tiles fade into another.

Memory holds one row of tiles, never the picture.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagine_kernels.images import Pixels, Window, tiles
from imagine_kernels.tasks.views import View, padded

Scores = npt.NDArray[np.float32]
"""(height, width, classes); those of a pixel add up to 1."""
Look = Callable[[Pixels], Scores]
"""Tiles (N, side, side, channels) → their scores (N, side, side, classes)."""
BATCH = 4
_FAINT = 1e-3
"""How much a tile's outermost pixel counts beside another tile's inner one: a network sees little around it."""


@dataclass(frozen=True)
class Strip:
    """Scores of a stretch of rows; `y` is that of the first, `x` of the first column."""

    x: int
    y: int
    scores: Scores


def strips(view: View, look: Look, side: int, overlap: int, only: Window | None = None) -> Iterator[Strip]:
    """Strips that follow one another without gaps, as wide as the view, or as `only`, the part that is wanted.

    Tiles lie where they lie for the whole view: a pixel's scores are the same whatever part is asked for.
    """
    wanted = only or Window(0, 0, view.width, view.height)
    fade = _fade(side, overlap)
    among = (tile for tile in tiles(view.width, view.height, side, overlap) if _meet(tile, wanted))
    rows = [(y, list(row)) for y, row in itertools.groupby(among, key=lambda tile: tile.y)]
    kept: npt.NDArray[np.float32] | None = None
    done = wanted.y
    for number, (y, row) in enumerate(rows):
        top, bottom = max(y, wanted.y), min(y + row[0].height, wanted.y + wanted.height)
        sums = _row(view, look, row, fade, wanted, (top, bottom))
        if kept is not None:
            sums[: len(kept)] += kept
        end = max(wanted.y, rows[number + 1][0]) if number + 1 < len(rows) else bottom
        if end > done:
            ready = sums[: end - done]
            yield Strip(wanted.x, done, ready[:, :, :-1] / ready[:, :, -1:])
        kept, done = sums[end - top :].copy(), end


def _row(
    view: View, look: Look, row: Iterable[Window], fade: npt.NDArray[np.float32], wanted: Window, span: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Sums of one row of tiles (rows, columns, classes and, last, how much was added)."""
    sums: npt.NDArray[np.float32] | None = None
    side = len(fade)
    for batch in _batched(row):
        found = look(np.stack([padded(view.read(tile), side) for tile in batch]))
        if sums is None:
            sums = np.zeros((span[1] - span[0], wanted.width, found.shape[3] + 1), np.float32)
        for tile, scores in zip(batch, found, strict=True):
            _add(sums, tile, scores, fade, (wanted, *span))
    if sums is None:
        raise ValueError("There is no tile to look at.")
    return sums


def _batched(row: Iterable[Window]) -> Iterator[list[Window]]:
    rest = iter(row)
    while batch := list(itertools.islice(rest, BATCH)):
        yield batch


def _add(
    sums: npt.NDArray[np.float32],
    tile: Window,
    scores: Scores,
    fade: npt.NDArray[np.float32],
    place: tuple[Window, int, int],
) -> None:
    wanted, top, bottom = place
    left, right = max(tile.x, wanted.x), min(tile.x + tile.width, wanted.x + wanted.width)
    rows, columns = slice(top - tile.y, bottom - tile.y), slice(left - tile.x, right - tile.x)
    share = (fade[rows, None] * fade[None, columns])[:, :, None]
    part = sums[:, left - wanted.x : right - wanted.x]
    part[:, :, :-1] += scores[rows, columns] * share
    part[:, :, -1:] += share


def _fade(side: int, overlap: int) -> npt.NDArray[np.float32]:
    """How much each pixel of a tile counts, along one side: rising over the overlap, 1 between."""
    place = np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5
    ramp = np.clip(place / max(1, overlap), 0, 1)
    return np.asarray(np.maximum(np.sin(ramp * np.pi / 2) ** 2, _FAINT), np.float32)


def _meet(tile: Window, wanted: Window) -> bool:
    across = tile.x < wanted.x + wanted.width and wanted.x < tile.x + tile.width
    return across and tile.y < wanted.y + wanted.height and wanted.y < tile.y + tile.height
