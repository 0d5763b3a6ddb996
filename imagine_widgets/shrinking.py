"""A picture of any size → a small one: right, with every pixel counted, or rough, as far as a moment allows."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from imagine_kernels.images import Window

Numbers = np.ndarray[tuple[int, ...], np.dtype[Any]]
"""uint8 or uint16, (height, width) or (height, width, 3)."""

Part = Callable[[Window], Numbers]
"""Reads a part of a picture."""
_ROWS = 16
"""Rows of a small picture that are made at a time: others read in between."""
_BAND = 4_000_000
"""Pixels that are read at a time to be made smaller."""
_PATIENCE = 0.2
"""Seconds after which a rough picture is taken as far as it is: rows not read look like their neighbours."""


def rough(part: Part, width: int, height: int, steps: int) -> Numbers:
    """Every 2^steps-th pixel of every such row, which takes a moment; where it takes more, fewer rows."""
    step = 1 << steps
    columns = slice(step // 2, None, step) if width > step // 2 else slice(0, 1)
    places = range(min(step // 2, height - 1), height, step)
    rows: dict[int, Numbers] = {}
    end = time.monotonic() + _PATIENCE
    for at in coarse_to_fine(len(places)):
        rows[at] = part(Window(0, places[at], width, 1))[:, columns]
        if time.monotonic() > end:
            break
    read = sorted(rows)
    middles = (np.array(read[1:]) + np.array(read[:-1])) / 2
    return np.concatenate([rows[read[nearest]] for nearest in np.searchsorted(middles, range(len(places)))])


def averaged(part: Part, width: int, height: int, steps: int) -> Iterator[tuple[int, Numbers]]:
    """Some rows after the other of a small picture in which every pixel counts: what is thin does not get lost."""
    tall = (_ROWS << steps) if steps else height
    for y in range(0, height, tall):
        yield y >> steps, shrunk(part, Window(0, y, width, min(tall, height - y)), steps)


def shrunk(part: Part, window: Window, steps: int) -> Numbers:
    """A part halved so often, read in bands: no more is in memory than is needed."""
    tall = max(1, _BAND // (window.width << steps)) << steps
    found = []
    for y in range(window.y, window.y + window.height, tall):
        rows = min(tall, window.y + window.height - y)
        found.append(smaller(part(Window(window.x, y, window.width, rows)), steps))
    return found[0] if len(found) == 1 else np.concatenate(found)


def coarse_to_fine(count: int) -> Iterator[int]:
    """0 to `count` - 1, in an order in which those that came so far lie about evenly."""
    whole = step = 1 << max(0, (count - 1).bit_length())
    while step:
        yield from (at for at in range(0, count, step) if step == whole or at % (2 * step))
        step >>= 1


def smaller(numbers: Numbers, steps: int) -> Numbers:
    """Halved so often, each pixel the mean of those it stands for; at the right and below, of fewer."""
    if steps == 0:
        return numbers
    step = 1 << steps
    height, width = numbers.shape[:2]
    tall, wide = -(-height // step), -(-width // step)
    more = ((0, tall * step - height), (0, wide * step - width), *(((0, 0),) if numbers.ndim == 3 else ()))
    filled = np.pad(numbers, more) if height % step or width % step else numbers
    rows = np.add.reduce(filled.reshape(tall, step, wide * step, -1), axis=1, dtype=np.uint32)
    sums = np.add.reduce(rows.reshape(tall, wide, step, -1), axis=2, dtype=np.uint32)
    covered = np.outer(*(np.diff([*range(0, side, step), side]) for side in (height, width)))[:, :, None]
    mean: Numbers = ((sums + covered // 2) // covered).astype(numbers.dtype)
    return mean[:, :, 0] if numbers.ndim == 2 else mean
