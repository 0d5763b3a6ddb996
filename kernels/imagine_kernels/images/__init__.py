"""Samples → pixels: where a source only lists pictures, this reads them, for models, thumbnails and Label Studio."""

import io
import math
import os
import threading
from pathlib import Path
from typing import IO

import numpy as np
import simplejpeg
from cachetools import LRUCache, cached
from PIL import Image

from imagine_kernels.images import decoding, roi, zip_members
from imagine_kernels.images.decoding import MAX_PIXELS, MIN_SIDE, Pixels
from imagine_kernels.records import Box, Sample

__all__ = ["MAX_PIXELS", "MIN_SIDE", "Pixels", "named", "png", "read", "size", "thumbnail"]

_MAX_FILE = 1024 * 2**20
_OPEN_COLLAGES = 256 * 2**20
"""Bytes of decoded collages that stay in memory: a thousand crops of one collage decode it once."""

_gate = threading.Condition()


def named(path: str | Path) -> str:
    """The last part of a path or uri as it may stand in a sentence: newlines and the like are written out."""
    name = str(path).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def size(path: str | Path) -> tuple[int, int]:
    """Width and height in pixels, upright, of a file or "archive.zip!/member"; only its header is read.

    Raises ValueError or OSError with a sentence that names the file.
    """
    uri = str(path)
    try:
        bin_file, name = zip_members.split(uri)
        if name is not None and roi.is_roi(bin_file):
            return roi.size(bin_file, name)
        with _open(uri) as file:
            return decoding.size(file)
    except (ValueError, OSError) as error:
        raise _sentence(uri, error) from error


def read(sample: Sample, *, side: int | None = None) -> Pixels:
    """The pixels of a sample: uint8 RGB of shape (height, width, 3), the caller's own to change.

    With `side`, a large JPEG may come smaller than the sample says, its shorter side not below `side` (for models and
    thumbnails). Raises ValueError or OSError with a sentence that names the file.
    """
    try:
        path, member = zip_members.split(sample.uri)
        if member is not None and roi.is_roi(path):
            return roi.pixels(path, member)
        if sample.crop is None:
            return decoding.pixels(_bytes(sample.uri), side)
        return _cut(_collage(sample.uri), sample.crop)
    except (ValueError, OSError) as error:
        raise _sentence(sample.uri, error) from error


def thumbnail(sample: Sample, side: int = 160) -> bytes:
    """A JPEG whose longer side is at most `side` pixels; a smaller sample keeps its size. Raises as `read` does."""
    image = Image.fromarray(read(sample, side=side))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return bytes(simplejpeg.encode_jpeg(np.asarray(image), quality=85, colorspace="RGB", colorsubsampling="444"))


def png(sample: Sample) -> bytes:
    """The sample as a PNG, pixel for pixel. Raises as `read` does."""
    out = io.BytesIO()
    Image.fromarray(read(sample)).save(out, "PNG", compress_level=4)
    return out.getvalue()


def _sentence(uri: str, error: ValueError | OSError) -> ValueError | OSError:
    if isinstance(error, OSError) and error.strerror is not None:
        return type(error)(f"{named(uri)} cannot be read: {error.strerror}.")
    return type(error)(f"{named(uri)} {error}") if isinstance(error, OSError) else ValueError(f"{named(uri)} {error}")


def _open(uri: str) -> IO[bytes]:
    path, member = zip_members.split(uri)
    return Path(path).open("rb") if member is None else zip_members.open_member(path, member)


def _bytes(uri: str) -> bytes:
    path, member = zip_members.split(uri)
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
    return decoding.pixels(_bytes(uri))


def _cut(collage: Pixels, box: Box) -> Pixels:
    """A copy, so that a crop that is kept does not keep the whole collage. Every touched pixel is in."""
    height, width = collage.shape[:2]
    left, top = max(0, math.floor(box.x)), max(0, math.floor(box.y))
    right, bottom = min(width, math.ceil(box.x + box.width)), min(height, math.ceil(box.y + box.height))
    if left >= right or top >= bottom:
        raise ValueError(f"has {width} × {height} pixels, and the crop at x {box.x:g}, y {box.y:g} lies outside it.")
    return collage[top:bottom, left:right].copy()
