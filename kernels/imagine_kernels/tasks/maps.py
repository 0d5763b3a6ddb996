"""Strips of scores → maps in the sample's own pixels: enlarged where the model saw it smaller, written as they come."""

import math
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

from imagine_kernels import images
from imagine_kernels.images import MAX_PIXELS, Window
from imagine_kernels.tasks.strips import Scores, Strip
from imagine_kernels.tasks.views import View

_ROWS = 16
"""Rows of a strip of the TIFF; what is read back later comes in such parts."""


def enlarged(
    view: View, window: Window | None, strips: Callable[[Window], Iterable[Strip]]
) -> Iterator[tuple[int, Scores]]:
    """The scores of the sample's pixels, or of those in a window of it: the first row's number, and the rows.

    A pixel of the sample has the scores of the view's pixel that its centre lies in.
    """
    width, height = view.size
    wanted = window or Window(0, 0, width, height)
    if wanted.x < 0 or wanted.y < 0 or wanted.x + wanted.width > width or wanted.y + wanted.height > height:
        name = images.named(view.sample.uri)
        raise ValueError(f"{name} has {width} × {height} pixels, and the window {tuple(wanted)} does not lie inside.")
    rows = _places(wanted.y, wanted.height, view.scale, view.height)
    columns = _places(wanted.x, wanted.width, view.scale, view.width)
    top, left = int(rows[0]), int(columns[0])
    seen = Window(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)
    for strip in strips(seen):
        mine = np.flatnonzero((rows >= strip.y) & (rows < strip.y + len(strip.scores)))
        if len(mine):
            yield wanted.y + int(mine[0]), strip.scores[rows[mine] - strip.y][:, columns - left]


def _places(start: int, count: int, scale: float, most: int) -> npt.NDArray[np.int64]:
    """Which pixel of the view each pixel of the sample lies in, along one side."""
    places: npt.NDArray[np.int64] = ((np.arange(start, start + count) + 0.5) / scale).astype(np.int64)
    return np.minimum(places, most - 1)


def write(path: Path, size: tuple[int, int], strips: Iterable[npt.NDArray[np.uint8]]) -> None:
    """Leaves a map of `size` (width, height) as a TIFF at `path`, whole or not at all; strips follow one another."""
    width, height = size
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with tifffile.TiffWriter(part, bigtiff=width * height > 2**31) as file:
            file.write(
                _packed(strips), shape=(height, width), dtype=np.uint8, rowsperstrip=_ROWS, compression="zlib",
                photometric="minisblack",
            )  # fmt: skip
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _packed(strips: Iterable[npt.NDArray[np.uint8]]) -> Iterator[bytes]:
    """The same rows in strips of `_ROWS`, deflated."""
    rest: npt.NDArray[np.uint8] | None = None
    for strip in strips:
        rows = strip if rest is None else np.concatenate([rest, strip])
        whole = len(rows) // _ROWS * _ROWS
        for start in range(0, whole, _ROWS):
            yield zlib.compress(rows[start : start + _ROWS].tobytes())
        rest = rows[whole:]
    if rest is not None and len(rest):
        yield zlib.compress(rest.tobytes())


def bearable(window: Window, classes: int) -> None:
    """Raises ValueError with a sentence where the scores of a window would fill the memory."""
    if window.width * window.height * classes > 4 * MAX_PIXELS:
        most = math.isqrt(4 * MAX_PIXELS // classes)
        raise ValueError(
            f"The scores of {window.width} × {window.height} pixels are too many: ask for {most} × {most}."
        )
