"""The first page of a TIFF → its size or its pixels as RGB: the part of `decoding` for microscopes and instruments.

By tifffile alone: Pillow warns at random and its libtiff prints to the notebook when a file is damaged.
"""

from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tifffile

Array = np.ndarray[tuple[int, ...], np.dtype[Any]]

MAX_BYTES = 1024 * 2**20
"""The most a page may need in memory: it may declare thousands of bands."""
# Numbers of the TIFF 6.0 standard (tifffile takes a quarter of a second to import, so it is loaded where it reads).
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _SEPARATED, _YCBCR = 0, 1, 2, 3, 5, 6
PLANES_APART = 2
_ORIENTATION = 274


class RefusedError(ValueError):
    """The rest of a sentence that begins with the file's name; finished, not to be wrapped in another one."""


def size(file: IO[bytes]) -> tuple[int, int]:
    """Width and height as shown upright, from the header alone, of a page that can be read whole."""
    return _upright_sides(*_whole(file))


def sides(file: IO[bytes]) -> tuple[int, int]:
    """Width and height as shown upright, from the header alone, of a page of any size."""
    return _upright_sides(*first_page(file))


def _upright_sides(page: "tifffile.TiffPage", turn: int) -> tuple[int, int]:
    width, height = int(page.imagewidth), int(page.imagelength)
    return (height, width) if turn in range(5, 9) else (width, height)


def pixels(file: IO[bytes]) -> Array:
    """All pixels of the first page, upright, as 8-bit RGB."""
    page, turn = _whole(file)
    array: Array = page.asarray(maxworkers=1)
    if page.planarconfig == PLANES_APART and array.ndim == 3:
        array = np.moveaxis(array, 0, -1)
    array = plain(page, array)
    levels = eight_bits(array)
    return upright(255 - levels if is_negative(page) else levels, turn)


def numbers(file: IO[bytes]) -> Array:
    """The stored numbers of the first page, upright; those of a palette are the places in it."""
    page, turn = _whole(file)
    array: Array = page.asarray(maxworkers=1)
    return upright(array, turn)


def _whole(file: IO[bytes]) -> "tuple[tifffile.TiffPage, int]":
    page, turn = first_page(file)
    if page.nbytes > MAX_BYTES:
        raise RefusedError(
            f"would need {page.nbytes / 2**20:,.0f} MB of memory. Cut it into tiles, or save it in 8 bits."
        )
    return page, turn


def plain(page: "tifffile.TiffPage", array: Array) -> Array:
    """Stored numbers as grey or RGB: colours are looked up in the palette, inks are mixed; others stay as they are."""
    if page.photometric == _PALETTE and page.colormap is not None:
        numbers = array[:, :, 0] if array.ndim == 3 else array
        found: Array = (np.moveaxis(page.colormap, 0, -1) >> 8).astype(np.uint8)[numbers]
        return found
    if page.photometric == _SEPARATED and array.ndim == 3 and array.shape[2] >= 4:
        ink = 255 - eight_bits(array[:, :, :4]).astype(np.uint16)
        return (ink[:, :, :3] * ink[:, :, 3:] // 255).astype(np.uint8)
    return array


def is_negative(page: "tifffile.TiffPage") -> bool:
    """Whether 0 stands for white."""
    return bool(page.photometric == _WHITE_IS_ZERO)


def first_page(file: IO[bytes]) -> "tuple[tifffile.TiffPage, int]":
    """The first page, and how it is turned (1 to 8). Raises RefusedError where it cannot be shown as colours."""
    import tifffile

    file.seek(0)
    page = tifffile.TiffFile(file).pages[0]
    known = {_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _SEPARATED, _YCBCR}
    if not isinstance(page, tifffile.TiffPage) or page.imagedepth != 1 or page.photometric not in known:
        raise RefusedError("is a TIFF of a kind that cannot be shown as colours. Save it as 8-bit RGB.")
    if page.sampleformat not in {1, 2, 3}:  # whole numbers with or without sign, floats; not complex ones
        raise RefusedError("holds numbers that cannot be shown as colours. Save it as 8-bit RGB.")
    turn = page.tags.valueof(_ORIENTATION, 1)
    return page, turn if turn in range(1, 9) else 1


def eight_bits(array: Array) -> Array:
    """Numbers of any kind as uint8 (height, width, 3 or 4): integers by the camera's depth, floats by their range."""
    array = array[:, :, None] if array.ndim == 2 else array
    array = np.repeat(array[:, :, :1], 3, axis=2) if array.shape[2] < 3 else array[:, :, :4]
    if array.dtype == np.uint8:
        return array
    values = np.nan_to_num(array.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if array.dtype == np.bool_ or (array.dtype.kind == "f" and low >= 0 and high <= 1):
        low, high = 0.0, 1.0
    elif array.dtype.kind in "ui" and low >= 0:  # what a camera of 8, 10, 12, 14 or 16 bits delivers keeps its black
        low, high = 0.0, white(high)
    scaled: Array = ((values - low) * (255.0 / ((high - low) or 1.0))).round().clip(0, 255).astype(np.uint8)
    return scaled


def white(highest: float) -> float:
    """The white of a camera whose brightest pixel is `highest`: of 8, 10, 12, 14 or 16 bits."""
    return float(next((2**bits - 1 for bits in (8, 10, 12, 14, 16) if highest < 2**bits), highest))


def upright(array: Array, turn: int) -> Array:
    """The picture as it is meant to be seen; `turn` is the orientation of the TIFF and EXIF standards, 1 to 8."""
    if turn >= 5:
        array = array.swapaxes(0, 1)
    if turn in {2, 3, 6, 7}:
        array = array[:, ::-1]
    if turn in {3, 4, 7, 8}:
        array = array[::-1]
    return array
