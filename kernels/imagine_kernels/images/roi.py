"""One picture inside the .roi file of an IFCB bin → its pixels: beside `decoding`, for pictures that have no header.

A .roi file is nothing but the grey bytes of one picture after the other; where each begins and how large it is stands
in the bin's .adc table. A uri carries what is needed: "bin.roi!/NAME@START_WIDTHxHEIGHT".
"""

import re
from pathlib import Path

import numpy as np

from imagine_kernels.images.decoding import MAX_PIXELS, MIN_SIDE, Pixels
from imagine_kernels.images.tiff import RefusedError
from imagine_kernels.images.zip_members import MARK

_PLACE = re.compile(r"[^@]*@(\d{1,15})_(\d{1,6})x(\d{1,6})")


def uri(path: Path | str, name: str, start: int, width: int, height: int) -> str:
    """The uri of one picture: `start` is the offset of its first byte."""
    return f"{path}{MARK}{name}@{start}_{width}x{height}"


def is_roi(path: str) -> bool:
    """Whether a file is a .roi file by its name; its bytes tell nothing."""
    return path.lower().endswith(".roi")


def size(path: str, member: str) -> tuple[int, int]:
    """Width and height of one picture. Raises ValueError with the rest of a sentence where the file lacks it."""
    return _place(path, member)[1:]


def pixels(path: str, member: str) -> Pixels:
    """One picture as uint8 RGB (height, width, 3); only its own bytes are read. Raises as `size` does."""
    start, width, height = _place(path, member)
    with Path(path).open("rb") as file:
        file.seek(start)
        grey = np.frombuffer(file.read(width * height), np.uint8)
    if grey.size != width * height:
        raise RefusedError("became shorter while it was read. Get a fresh copy of the bin.")
    return np.repeat(grey.reshape(height, width, 1), 3, axis=2)


def _place(path: str, member: str) -> tuple[int, int, int]:
    found = _PLACE.fullmatch(member)
    if found is None:
        raise RefusedError("names no picture of a .roi file (NAME@START_WIDTHxHEIGHT).")
    start, width, height = (int(number) for number in found.groups())
    if width * height > MAX_PIXELS or min(width, height) < MIN_SIDE:
        raise RefusedError(f"has {width} × {height} pixels: no picture of an IFCB has that size.")
    if start + width * height > Path(path).stat().st_size:
        raise RefusedError("lies beyond the end of the .roi file. Get a fresh copy of the bin.")
    return start, width, height
