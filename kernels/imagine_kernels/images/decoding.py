"""Bytes of one picture file → its size or its pixels: JPEG, PNG, TIFF and BMP of any kind become 8-bit RGB here.

Every failure is a ValueError holding the rest of a sentence that begins with the file's name; `images` puts the name.
"""

import contextlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
import simplejpeg
from PIL import BmpImagePlugin, Image, ImageFile, JpegImagePlugin, PngImagePlugin

from imagine_kernels.images import tiff
from imagine_kernels.images.tiff import RefusedError

Pixels = np.ndarray[tuple[Any, ...], np.dtype[np.uint8]]
"""(height, width, 3), red green blue."""

MAX_PIXELS = 89_000_000
"""The largest picture that is decoded, 267 MB as RGB: a file of a few kB may claim any size. Pillow warns above it."""
MIN_SIDE = 4
"""Below this many pixels a side holds no particle."""

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
# Made by their own classes and not by Image.open: its guard against bombs is one global number that warns or raises.
_PLUGINS: dict[bytes, type[ImageFile.ImageFile]] = {
    _JPEG: JpegImagePlugin.JpegImageFile,
    _PNG: PngImagePlugin.PngImageFile,
    b"BM": BmpImagePlugin.BmpImageFile,
}
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_OTHERS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive or office document",
    b"GIF8": "a GIF",
    b"RIFF": "a WebP picture, a sound or a film",
    b"<": "a web page or XML text",
    b"{": "JSON text",
}
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, EOFError, RuntimeError, ArithmeticError,
    MemoryError, AssertionError, struct.error, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""What Pillow, simplejpeg and tifffile raise on bytes that are not what they claim."""


def size(file: IO[bytes]) -> tuple[int, int]:
    """Width and height as shown upright, from the header alone. Raises ValueError where it is no usable picture."""
    with broken_as_sentence():
        return _size(file)


def pixels(data: bytes, side: int | None = None, *, grey: bool = False) -> Pixels:
    """All pixels, upright, as uint8 RGB of shape (height, width, 3).

    With `side`, a large JPEG may come smaller (never below `side` on its shorter side), which is faster; with `grey`,
    it comes as (height, width): its colours are not even decoded.
    """
    with broken_as_sentence():
        array = _jpeg(data, side, grey=grey) if data.startswith(_JPEG) else None
        if array is None:
            file = io.BytesIO(data)
            _size(file)
            array = tiff.pixels(file) if data.startswith(TIFF) else _rgb(open_image(file))
        found = array[:, :, :3] if array.ndim == 3 else array
        rgb: Pixels = np.require(found, np.uint8, ["C", "W"])
        return rgb


def without_colour(found: Pixels) -> Pixels:
    """RGB as grey (height, width); what is grey stays as it is."""
    return found if found.ndim == 2 else np.array(Image.fromarray(found).convert("L"))


def is_picture(head: bytes) -> bool:
    """Whether a file that begins so is of a kind that is read here."""
    return head.startswith((*_PLUGINS, *TIFF))


def is_plain(data: bytes) -> bool:
    """Whether any browser shows this file as it is read here: an upright JPEG or PNG of 8 bits, grey or colour."""
    if not data.startswith((_JPEG, _PNG)):
        return False
    with broken_as_sentence():
        image = open_image(io.BytesIO(data))
        is_one = getattr(image, "n_frames", 1) == 1 and image.mode in {"L", "RGB"}
        return is_one and turn(image) == 1 and not image.has_transparency_data


@contextlib.contextmanager
def broken_as_sentence() -> Iterator[None]:
    """Whatever decoders raise on bytes that are not what they claim becomes the rest of a sentence."""
    try:
        yield
    except RefusedError:
        raise
    except _BROKEN as error:
        told = " ".join(str(error).split()).rstrip(".")[:120] or type(error).__name__
        raise RefusedError(f"is broken and cannot be decoded ({told}). Get a fresh copy from its source.") from error


def any_size(file: IO[bytes]) -> tuple[int, int]:
    """Width and height as shown upright, from the header alone, of a picture that may be too large to be decoded."""
    with broken_as_sentence():
        return _sides(file, of_tiff=tiff.sides)


def _sides(file: IO[bytes], of_tiff: Callable[[IO[bytes]], tuple[int, int]]) -> tuple[int, int]:
    file.seek(0)
    if file.read(4) in TIFF:
        return of_tiff(file)
    image = open_image(file)
    width, height = image.size
    return (height, width) if turn(image) in range(5, 9) else (width, height)


def _size(file: IO[bytes]) -> tuple[int, int]:
    return _usable(*_sides(file, of_tiff=tiff.size))


def _usable(width: int, height: int) -> tuple[int, int]:
    if width * height > MAX_PIXELS:
        limit = f"{MAX_PIXELS // 10**6} million"
        raise RefusedError(f"has {width} × {height} pixels, more than the limit of {limit}. Cut it into tiles first.")
    if min(width, height) < MIN_SIDE:
        raise RefusedError(f"has {width} × {height} pixels: too small to show anything.")
    return width, height


def open_image(file: IO[bytes]) -> ImageFile.ImageFile:
    """A JPEG, PNG or BMP, its pixels not decoded yet. Raises RefusedError where it is none."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if not head:
        raise RefusedError("is empty (0 bytes). Get a fresh copy from its source.")
    for magic, plugin in _PLUGINS.items():
        if head.startswith(magic):
            return plugin(file)
    like = next((f": it looks like {what}" for magic, what in _OTHERS.items() if head.lstrip().startswith(magic)), "")
    raise RefusedError(f"is not a picture{like}. Give it as JPEG, PNG, TIFF or BMP.")


def turn(image: ImageFile.ImageFile) -> int:
    """The EXIF orientation, 1 to 8, where the header holds EXIF (asked for it, Pillow would decode a whole PNG)."""
    if "exif" not in image.info:
        return 1
    told = image.getexif().get(0x0112, 1)
    return told if told in range(1, 9) else 1


def _jpeg(data: bytes, side: int | None, *, grey: bool) -> tiff.Array | None:
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        _usable(width, height)
        kind = "GRAY" if grey else "RGB"
        array: tiff.Array = simplejpeg.decode_jpeg(data, kind, min_height=side or 0, min_width=side or 0)
    except RefusedError:
        raise
    except ValueError:  # CMYK, harmless oddities or damage: Pillow decides
        return None
    if b"Exif\0\0" in data[: 2**16]:
        array = tiff.upright(array, turn(open_image(io.BytesIO(data))))
    return array[:, :, 0] if grey else array


def _rgb(image: ImageFile.ImageFile) -> tiff.Array:
    turned = turn(image)
    image.load()
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return tiff.upright(tiff.eight_bits(np.asarray(image)), turned)
    return tiff.upright(np.array(on_white(image)), turned)


def on_white(image: Image.Image) -> Image.Image:
    """The picture as RGB; what is see-through lies on white, as in bright field."""
    if image.has_transparency_data:
        over = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    return image.convert("RGB")
