"""Samples → pixels: where a source only lists pictures, this reads them, for models, thumbnails and Label Studio."""

import io
import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np
import simplejpeg
from cachetools import LRUCache, cached
from PIL import Image

from imagine_kernels.images import decoding, roi, turning, zip_members
from imagine_kernels.images.decoding import MAX_PIXELS, MIN_SIDE, Pixels
from imagine_kernels.images.sentences import named, naming
from imagine_kernels.images.tiles import Window, bands, tiles
from imagine_kernels.images.windows import Windows
from imagine_kernels.records import Box, Sample
from imagine_kernels.shapes import RotatedBox

__all__ = [
    "MAX_PIXELS", "MIN_SIDE", "Pixels", "Window", "Windows", "bands", "named", "png", "read", "scan_size", "size",
    "thumbnail", "tiles", "web",
]  # fmt: skip

_MAX_FILE = 1024 * 2**20
_OPEN_COLLAGES = 256 * 2**20
"""Bytes of decoded collages that stay in memory: a thousand crops of one collage decode it once."""

_gate = threading.Condition()


def size(path: str | Path) -> tuple[int, int]:
    """Width and height in pixels, upright, of a file or "archive.zip!/member"; only its header is read.

    Raises ValueError or OSError with a sentence that names the file.
    """
    uri = str(path)
    with naming(uri):
        bin_file, name = zip_members.split(uri)
        if name is not None and roi.holds(bin_file, name):
            return roi.size(bin_file, name)
        with _open(uri) as file:
            return decoding.size(file)


def scan_size(path: Path | str) -> tuple[int, int]:
    """As `size`, of a picture of any size: one that is read in parts, by `Windows` or as crops."""
    uri = str(path)
    with naming(uri), _open(uri) as file:
        return decoding.any_size(file)


def read(sample: Sample, *, side: int | None = None, grey: bool = False) -> Pixels:
    """The pixels of a sample: uint8 RGB of shape (height, width, 3), the caller's own to change.

    With `side`, a large JPEG may come smaller than the sample says, its shorter side not below `side` (for models and
    thumbnails). With `grey`, they are (height, width) without colour. Raises ValueError or OSError with a sentence that
    names the file.
    """
    found = _read(sample, side, grey=grey)
    return decoding.without_colour(found) if grey else found


def _read(sample: Sample, side: int | None, *, grey: bool) -> Pixels:
    with naming(sample.uri):
        path, member = zip_members.split(sample.uri)
        if member is not None and roi.holds(path, member):
            return roi.pixels(path, member)
        if sample.crop is None:
            return decoding.pixels(_content(path, member), side, grey=grey)
        if not _is_large(sample.uri):
            return _cut(_collage(sample.uri), sample.crop)
    return _cut_out(_large(sample.uri), sample.crop)


def thumbnail(sample: Sample, side: int = 160) -> bytes:
    """A JPEG whose longer side is at most `side` pixels; a smaller sample keeps its size. Raises as `read` does."""
    image = Image.fromarray(read(sample, side=side))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return bytes(simplejpeg.encode_jpeg(np.asarray(image), quality=85, colorspace="RGB", colorsubsampling="444"))


def png(sample: Sample) -> bytes:
    """The sample as a PNG, pixel for pixel. Raises as `read` does."""
    return _png(read(sample))


def web(sample: Sample) -> bytes:
    """The sample as every browser shows it: a plain JPEG or PNG as it came, else a PNG. Raises as `read` does."""
    path, member = zip_members.split(sample.uri)
    if sample.crop is not None or (member is not None and roi.holds(path, member)):
        return png(sample)
    with naming(sample.uri):
        content = _content(path, member)
        found = decoding.pixels(content)  # it is whole
        return content if decoding.is_plain(content) else _png(found)


def _png(found: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(found).save(out, "PNG", compress_level=1)  # photographs: twice as fast as 4, and smaller
    return out.getvalue()


def _open(uri: str) -> IO[bytes]:
    path, member = zip_members.split(uri)
    return Path(path).open("rb") if member is None else zip_members.open_member(path, member)


def _content(path: str, member: str | None) -> bytes:
    if member is not None:
        return zip_members.read_member(path, member)
    with Path(path).open("rb") as file:
        if os.fstat(file.fileno()).st_size > _MAX_FILE:
            raise ValueError(f"is larger than {_MAX_FILE / 2**20:,.0f} MB. Cut it into tiles first.")
        return file.read()


def _stamp(uri: str) -> tuple[str, int, int]:
    facts = Path(zip_members.split(uri)[0]).stat()
    return uri, facts.st_mtime_ns, facts.st_size


@cached(LRUCache(maxsize=_OPEN_COLLAGES, getsizeof=lambda array: array.nbytes), key=_stamp, condition=_gate)
def _collage(uri: str) -> Pixels:
    return decoding.pixels(_content(*zip_members.split(uri)))


@cached(LRUCache(maxsize=64), key=_stamp, condition=_gate)
def _is_large(uri: str) -> bool:
    """Whether crops are read from the file one by one: a scan of 300 million pixels is never decoded whole."""
    with _open(uri) as file:
        width, height = decoding.any_size(file)
    return width * height > decoding.MAX_PIXELS


@cached(LRUCache(maxsize=1), key=_stamp, condition=_gate)
def _large(uri: str) -> Windows:
    return Windows(uri)


def _cut(collage: Pixels, box: Box | RotatedBox) -> Pixels:
    """A copy, so that a crop that is kept does not keep the whole collage. Every touched pixel is in."""

    def part(window: Window) -> Pixels:
        return collage[window.y : window.y + window.height, window.x : window.x + window.width].copy()

    return _taken(box, collage.shape[1], collage.shape[0], part)


def _cut_out(picture: Windows, box: Box | RotatedBox) -> Pixels:
    with naming(picture.uri):
        return _taken(box, picture.width, picture.height, picture.rgb)


def _taken(box: Box | RotatedBox, width: int, height: int, part: Callable[[Window], Pixels]) -> Pixels:
    """What a box cuts out of a picture (width, height) of which `part` reads a window."""

    def inside(upright: Box) -> Window:
        return _inside(upright, width, height)

    return turning.upright(box, inside, part) if isinstance(box, RotatedBox) else part(inside(box))


def _inside(box: Box, width: int, height: int) -> Window:
    """The whole pixels that a box touches."""
    left, top = max(0, math.floor(box.x)), max(0, math.floor(box.y))
    right, bottom = min(width, math.ceil(box.x + box.width)), min(height, math.ceil(box.y + box.height))
    if left >= right or top >= bottom:
        raise ValueError(f"has {width} × {height} pixels, and the crop at x {box.x:g}, y {box.y:g} lies outside it.")
    return Window(left, top, right - left, bottom - top)
