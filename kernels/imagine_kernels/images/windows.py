"""A picture of any size, open for reading in parts: what a whole scan goes through, tile by tile, in bounded memory.

TIFFs (BigTIFF, tiles, strips, any compression of tifffile) are read in parts. JPEG, PNG and BMP are decoded whole when
first read, where that needs no more than 640 MB. Grey levels are never stretched: every window has the same scale.
"""

import io
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

import numpy as np

from imagine_kernels.images import decoding, tiff, zip_members
from imagine_kernels.images.segments import Segments
from imagine_kernels.images.sentences import naming
from imagine_kernels.images.tiff import Array, RefusedError
from imagine_kernels.images.tiles import Window, bands
from imagine_kernels.images.whole import Whole

_RED, _GREEN, _BLUE = 19595, 38470, 7471
"""Shares of 65536 in what the eye takes for grey (ITU-R BT.601), as Pillow rounds them."""


class _Stored(Protocol):
    width: int
    height: int
    turn: int
    negative: bool

    def read(self, x: int, y: int, width: int, height: int) -> Array: ...


class Windows:
    """An open picture: `width`, `height` upright. Close it, or use it in a `with`; threads may share it.

    Without `colours` a JPEG is decoded as grey alone, which needs a quarter of the memory. With `any_kind` a TIFF may
    hold numbers of any kind, of which only `numbers` tells. Raises ValueError or OSError with a sentence that names the
    file, here and when reading.
    """

    def __init__(self, path: Path | str, *, colours: bool = True, any_kind: bool = False) -> None:
        self.uri = str(path)
        self._white: float | None = None
        self._gate = threading.RLock()
        with naming(self.uri):
            self._file = _opened(self.uri)
            try:
                self._stored = _stored(self._file, colours=colours, any_kind=any_kind)
            except BaseException:
                self._file.close()
                raise
        sides = (self._stored.width, self._stored.height)
        self.width, self.height = sides if self._stored.turn < 5 else sides[::-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def close(self) -> None:
        """Lets the file go."""
        self._file.close()

    @property
    def is_whole(self) -> bool:
        """Whether it is of a kind that is decoded whole."""
        return isinstance(self._stored, Whole)

    @property
    def white(self) -> float:
        """The number that stands for white: 255; of a 16-bit picture that of its camera (8, 10, 12, 14 or 16 bits).

        The camera's depth is told by the brightest pixel: the first time, a 16-bit picture may be read through.
        """
        with self._gate:
            if self._white is None:
                self._white = self._found_white()
            return self._white

    def grey(self, window: Window) -> Array:
        """Grey levels (height, width) of 0 to `white`, uint8 or uint16; colours as the eye weighs them."""
        levels = self.levels(window)
        if levels.ndim == 2:
            return levels
        red, green, blue = (levels[:, :, band].astype(np.uint64) for band in range(3))
        grey: Array = ((_RED * red + _GREEN * green + _BLUE * blue + 2**15) >> 16).astype(levels.dtype)
        return grey

    def rgb(self, window: Window) -> decoding.Pixels:
        """Colours (height, width, 3) as uint8; what is grey has three equal ones."""
        levels = self.levels(window)
        if levels.dtype != np.uint8:
            levels = np.minimum(levels * (255.0 / self.white) + 0.5, 255).astype(np.uint8)
        bands = levels if levels.ndim == 3 else np.repeat(levels[:, :, None], 3, axis=2)
        return np.require(bands, np.uint8, ["C", "W"])

    def levels(self, window: Window) -> Array:
        """Numbers as they are stored, uint8 or uint16: (height, width) or (height, width, 3), upright, 0 for black."""
        levels = self._raw(window)
        if self._stored.negative:
            levels = (self.white - np.minimum(levels, self.white)).astype(levels.dtype)
        if levels.ndim == 3:
            levels = levels[:, :, 0] if levels.shape[2] < 3 else levels[:, :, :3]
        return levels

    def numbers(self, window: Window) -> Array:
        """What is stored, whatever kind of number it is: (height, width) or (height, width, bands), upright."""
        return self._raw(window)

    def _raw(self, window: Window) -> Array:
        x, y, width, height = window
        inside = x >= 0 and y >= 0 and x + width <= self.width and y + height <= self.height
        with naming(self.uri), decoding.broken_as_sentence():
            if not inside or width < 1 or height < 1:
                size = f"has {self.width} × {self.height} pixels"
                raise RefusedError(f"{size}, and {width} × {height} at x {x}, y {y} do not lie inside it.")
            with self._gate:
                return tiff.upright(self._stored.read(*self._as_stored(window)), self._stored.turn)

    def _as_stored(self, window: Window) -> Window:
        """The window before the picture is turned upright (see `tiff.upright`)."""
        x, y, width, height = window
        if self._stored.turn in {3, 4, 7, 8}:
            y = self.height - y - height
        if self._stored.turn in {2, 3, 6, 7}:
            x = self.width - x - width
        return Window(x, y, width, height) if self._stored.turn < 5 else Window(y, x, height, width)

    def _found_white(self) -> float:
        """A negative's darkest number may be the white; it is of the same camera."""
        highest = 0
        for band in bands(self.width, self.height):
            numbers = self._raw(band)
            if numbers.dtype == np.uint8:
                return 255.0
            highest = max(highest, int(numbers.max()))
            if highest >= 2**14:
                break
        return tiff.white(highest)


def _opened(uri: str) -> IO[bytes]:
    path, member = zip_members.split(uri)
    return Path(path).open("rb") if member is None else io.BytesIO(zip_members.read_member(path, member))


def _stored(file: IO[bytes], *, colours: bool, any_kind: bool) -> _Stored:
    with decoding.broken_as_sentence():
        head = file.read(4)
        is_tiff = head in decoding.TIFF
        stored: _Stored = Segments(file, any_kind=any_kind) if is_tiff else Whole(file, colours=colours)
        if min(stored.width, stored.height) < decoding.MIN_SIDE:
            raise RefusedError(f"has {stored.width} × {stored.height} pixels: too small to show anything.")
        return stored
