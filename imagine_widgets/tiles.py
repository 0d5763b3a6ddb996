"""A sample of any size → small JPEGs of its parts, at every scale: what a person zooms and pans through.

Scales are numbered as OpenSeadragon does: at the deepest level a pixel is a pixel, and each level above has half of it.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from imagine_kernels.images import Window, Windows, read
from imagine_kernels.records import Box, Sample
from imagine_widgets.shrinking import Numbers, averaged, rough, shrunk, smaller

SIDE = 512
"""Pixels of a tile's side."""
_OVERVIEW = 2048
"""Pixels of the longest side that the overview has, or a little less; it is kept in memory."""
_COARSEST = 4
"""A pixel of the overview stands for at most 2^4 × 2^4: else a tile just below it would need very many pixels. ..."""
_KEPT = 2**24
"""... unless the overview would have more pixels than this."""
_LARGE = 20_000_000
"""Pixels above which a rough overview is shown before the right one is made."""
_CALM = 0.5
"""Seconds before the right overview is begun: the first tiles come first."""
_NEWS = 3.0
"""Seconds after which a person sees how far the right overview is."""
_ENOUGH = 200_000
"""Pixels that tell how dark and how bright a picture is."""


@dataclass(frozen=True, slots=True)
class Look:
    """Which stored number is drawn black, which white, and how it goes between: above 1, gamma brightens the dark."""

    low: float
    high: float
    gamma: float = 1.0

    @lru_cache(maxsize=8)  # noqa: B019 - a look is a few numbers, and all its tiles are drawn by one table
    def table(self, kind: np.dtype[Any]) -> Numbers:
        """The grey drawn for each number that can be stored."""
        numbers = np.arange(np.iinfo(kind).max + 1, dtype=np.float32)
        share = np.clip((numbers - self.low) / max(self.high - self.low, 1e-6), 0, 1)
        return np.asarray(np.round(255 * share ** (1 / self.gamma)), np.uint8)


class Tiles:
    """The tiles of one sample. Threads may share it. `better` is called when the overview is no longer a rough one.

    Raises ValueError or OSError with a sentence that names the file, here and when tiles are made.
    """

    def __init__(self, sample: Sample, better: Callable[[], None] = lambda: None) -> None:
        self._part, self.width, self.height = _opened(sample)
        self.deepest = max(0, math.ceil(math.log2(max(self.width, self.height))))
        self._step = _step(self.width, self.height)
        self._gate = threading.Lock()
        self._overview: Numbers | None = None
        self._first: Look | None = None
        self._better = better
        self.ended = False

    def tile(self, level: int, column: int, row: int, look: Look | None = None) -> bytes:
        """One tile as a JPEG; with `look`, numbers are drawn as it says and not as they come.

        Raises ValueError where there is no such tile.
        """
        return _jpeg(_drawn(self._numbers(level, column, row), look or self.look()))

    def look(self) -> Look:
        """How it is drawn at first: 8 bits as they come, more bits from their darkest to their brightest."""
        if self._first is None:
            self._first = _look(self._at_hand())
        return self._first

    @property
    def brightest(self) -> int:
        """The largest number a pixel can hold."""
        return int(np.iinfo(self._at_hand().dtype).max)

    def value(self, x: int, y: int) -> list[int]:
        """The stored number of a pixel, or its three: what is measured, whatever the look."""
        return [int(number) for number in np.atleast_1d(self._part(Window(x, y, 1, 1))[0, 0])]

    def _numbers(self, level: int, column: int, row: int) -> Numbers:
        up = self.deepest - level
        side = SIDE << up if up >= 0 else 0
        x, y = column * side, row * side
        if side == 0 or level < 0 or min(column, row) < 0 or x >= self.width or y >= self.height:
            raise ValueError(f"There is no tile {column}, {row} at level {level}.")
        if up < self._step:
            return shrunk(self._part, Window(x, y, min(side, self.width - x), min(side, self.height - y)), up)
        start_x, start_y, side = x >> self._step, y >> self._step, side >> self._step
        return smaller(self._at_hand()[start_y : start_y + side, start_x : start_x + side], up - self._step)

    def _at_hand(self) -> Numbers:
        with self._gate:
            if self._overview is None and self.width * self.height <= _LARGE:
                self._overview = np.concatenate([rows for _, rows in self._averaged()])
            elif self._overview is None:
                self._overview = rough(self._part, self.width, self.height, self._step)
                threading.Thread(target=self._improve, name="overview", daemon=True).start()
            return self._overview

    def _improve(self) -> None:
        """The rough overview gets its right rows from the top down; now and then, they are shown."""
        time.sleep(_CALM)
        done, end = self._at_hand().copy(), time.monotonic() + _NEWS
        try:
            for start, rows in self._averaged():
                done[start : start + len(rows)] = rows
                if time.monotonic() > end:
                    self._overview, done, end = done, done.copy(), time.monotonic() + _NEWS
                    self._better()
        except (OSError, ValueError):
            return  # the file went away: whoever asks for a tile is told
        self._overview = done
        self._better()

    def _averaged(self) -> Iterator[tuple[int, Numbers]]:
        for found in averaged(self._part, self.width, self.height, self._step):
            if self.ended:
                raise ValueError("Nobody looks at it any more.")
            yield found


def _step(width: int, height: int) -> int:
    """How often the overview is halved."""
    step = min(max(0, math.ceil(math.log2(max(width, height) / _OVERVIEW))), _COARSEST)
    while (width >> step) * (height >> step) > _KEPT:
        step += 1
    return step


def _look(numbers: Numbers) -> Look:
    if numbers.dtype == np.uint8:
        return Look(0, 255)
    apart = max(1, math.isqrt(numbers.size // _ENOUGH))
    low, high = np.percentile(numbers[::apart, ::apart], (0.1, 99.9))
    return Look(float(low), float(max(high, low + 1)))


def _opened(sample: Sample) -> tuple[Callable[[Window], Numbers], int, int]:
    """What reads a part of a sample, and the sample's size."""
    if sample.crop is None or type(sample.crop) is Box:
        try:
            picture = Windows(sample.uri)
        except ValueError:
            pass  # a kind of file that is only read whole
        else:
            return _from_file(picture, sample)
    whole = read(sample)
    return (
        (lambda part: whole[part.y : part.y + part.height, part.x : part.x + part.width]),
        whole.shape[1],
        whole.shape[0],
    )


def _from_file(picture: Windows, sample: Sample) -> tuple[Callable[[Window], Numbers], int, int]:
    if sample.crop is None:
        return picture.levels, picture.width, picture.height
    left, top = max(0, math.floor(sample.crop.x)), max(0, math.floor(sample.crop.y))
    right = min(picture.width, math.ceil(sample.crop.x + sample.crop.width))
    bottom = min(picture.height, math.ceil(sample.crop.y + sample.crop.height))
    if left >= right or top >= bottom:
        raise ValueError(f"{sample.uri} has {picture.width} × {picture.height} pixels; {sample.id} lies outside it.")

    def part(window: Window) -> Numbers:
        return picture.levels(Window(window.x + left, window.y + top, window.width, window.height))

    return part, right - left, bottom - top


def _drawn(numbers: Numbers, look: Look) -> Numbers:
    if numbers.dtype == np.uint8 and look == Look(0, 255):
        return numbers
    return look.table(numbers.dtype)[numbers]


def _jpeg(grey_or_rgb: Numbers) -> bytes:
    import simplejpeg

    if grey_or_rgb.ndim == 2:
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(grey_or_rgb[:, :, None]), 85, "GRAY"))
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(grey_or_rgb), 85, "RGB", "444"))
