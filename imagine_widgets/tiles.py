"""A sample of any size → small JPEGs of its parts, at every scale: what a person zooms and pans through.

Scales are numbered as OpenSeadragon does: at the deepest level a pixel is a pixel, and each level above has half of it.
"""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from imagine_kernels.images import Window, Windows, read, zip_members
from imagine_kernels.records import Box, Sample
from imagine_widgets.shrinking import Numbers, Part, averaged, rough, shrunk, smaller
from imagine_widgets.tile_server.signing import stamp

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
_HEAVY = 89_000_000
"""Pixels above which a picture that is decoded whole is not light: one process should hold it, not two."""
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
        self.file = zip_members.split(sample.uri)[0]
        self.stamp = (0, 0)
        with contextlib.suppress(OSError):  # opening it says so in a sentence
            self.stamp = stamp(self.file)
        picture = _opened(sample)
        self._part, self._stored = picture.part, picture.numbers
        self.width, self.height, self.is_light = picture.width, picture.height, picture.is_light
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

    @property
    def nearest(self) -> int:
        """The first level at which all tiles are read from the file: none needs an overview that takes long to make."""
        return 0 if self.width * self.height <= _LARGE else self.deepest - self._step + 1

    def value(self, x: int, y: int) -> list[float | str]:
        """The stored number of a pixel, or all of them: what is measured, whatever the look. Raises as tiles do."""
        return [_told(number) for number in np.atleast_1d(self._stored(Window(x, y, 1, 1))[0, 0])]

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


@dataclass(frozen=True, slots=True)
class _Picture:
    """What reads a part of a sample to be drawn, what reads its numbers as they are stored, and its size."""

    part: Part
    numbers: Part
    width: int
    height: int
    is_light: bool = True


def _opened(sample: Sample) -> _Picture:
    if sample.crop is None or type(sample.crop) is Box:
        try:
            picture = Windows(sample.uri)
        except ValueError:
            pass  # a kind of file that is only read whole
        else:
            left, top, width, height = _within(picture, sample)
            part = _moved(picture.levels, left, top)
            is_light = not picture.is_whole or picture.width * picture.height <= _HEAVY
            return _Picture(part, part, width, height, is_light)
    whole = read(sample)

    def drawn(part: Window) -> Numbers:
        return whole[part.y : part.y + part.height, part.x : part.x + part.width]

    return _Picture(drawn, _stored(sample) or drawn, whole.shape[1], whole.shape[0])


def _stored(sample: Sample) -> Part | None:
    """What reads the numbers of a TIFF of floats and the like, which are drawn by their range."""
    if not (sample.crop is None or type(sample.crop) is Box):
        return None
    try:
        picture = Windows(sample.uri, any_kind=True)
    except ValueError:
        return None
    left, top, _, _ = _within(picture, sample)
    return _moved(picture.numbers, left, top)


def _within(picture: Windows, sample: Sample) -> tuple[int, int, int, int]:
    """Left, top, width and height of the part that a sample is; every pixel that its crop touches."""
    if sample.crop is None:
        return 0, 0, picture.width, picture.height
    crop = sample.crop
    left, top = max(0, math.floor(crop.x)), max(0, math.floor(crop.y))
    right = min(picture.width, math.ceil(crop.x + crop.width))
    bottom = min(picture.height, math.ceil(crop.y + crop.height))
    if left >= right or top >= bottom:
        raise ValueError(f"{sample.uri} has {picture.width} × {picture.height} pixels; {sample.id} lies outside it.")
    return left, top, right - left, bottom - top


def _moved(part: Part, left: int, top: int) -> Part:
    return lambda window: part(Window(window.x + left, window.y + top, window.width, window.height))


def _told(number: Any) -> float | str:  # noqa: ANN401 - a number of numpy, of any kind
    """A number as JSON can hold it, and as short as it can be said; what is no number is said in words."""
    if number.dtype.kind != "f":
        return int(number)
    return float(str(number)) if np.isfinite(number) else str(number).replace("nan", "NaN").replace("inf", "infinite")


def _drawn(numbers: Numbers, look: Look) -> Numbers:
    if numbers.dtype == np.uint8 and look == Look(0, 255):
        return numbers
    return look.table(numbers.dtype)[numbers]


def _jpeg(grey_or_rgb: Numbers) -> bytes:
    import simplejpeg

    if grey_or_rgb.ndim == 2:
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(grey_or_rgb[:, :, None]), 85, "GRAY"))
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(grey_or_rgb), 85, "RGB", "444"))
