"""One picture inside the .roi file of an IFCB bin → its pixels: beside `decoding`, for pictures that have no header.

A .roi file is nothing but the grey bytes of one picture after the other; where each begins and how large it is stands
in the bin's .adc table. A uri carries what is needed: "bin.roi!/NAME@START_WIDTHxHEIGHT", or, where the bin lies in an
archive, "bins.zip!/bin.roi!/NAME@START_WIDTHxHEIGHT".
"""

import re
import threading
from pathlib import Path

import numpy as np
from cachetools import LRUCache, cached

from imagine_kernels.images import zip_members
from imagine_kernels.images.decoding import MAX_PIXELS, MIN_SIDE, Pixels
from imagine_kernels.images.tiff import RefusedError
from imagine_kernels.images.zip_members import MARK

_PLACE = re.compile(r"[^@]*@(\d{1,15})_(\d{1,6})x(\d{1,6})")
_gate = threading.Condition()


def uri(path: Path | str, name: str, start: int, width: int, height: int) -> str:
    """The uri of one picture: `start` is the offset of its first byte."""
    return f"{path}{MARK}{name}@{start}_{width}x{height}"


def is_roi(path: str) -> bool:
    """Whether a file is a .roi file by its name; its bytes tell nothing."""
    return path.lower().endswith(".roi")


def holds(path: str, member: str) -> bool:
    """Whether `member` is a picture inside a .roi file: `path` itself, or one in the archive at `path`."""
    return is_roi(path) or (MARK in member and is_roi(member.rpartition(MARK)[0]))


def size(path: str, member: str) -> tuple[int, int]:
    """Width and height of one picture. Raises ValueError with the rest of a sentence where the file lacks it."""
    return _place(path, member)[1:]


def pixels(path: str, member: str) -> Pixels:
    """One picture as uint8 RGB (height, width, 3). Raises as `size` does.

    Of a file only the picture's own bytes are read; a .roi file in an archive is unpacked to memory once for all.
    """
    start, width, height = _place(path, member)
    if is_roi(path):
        with Path(path).open("rb") as file:
            file.seek(start)
            data = file.read(width * height)
    else:
        data = _unpacked(path, member.rpartition(MARK)[0])[start : start + width * height]
    grey = np.frombuffer(data, np.uint8)
    if grey.size != width * height:
        raise RefusedError("became shorter while it was read. Get a fresh copy of the bin.")
    return np.repeat(grey.reshape(height, width, 1), 3, axis=2)


def _place(path: str, member: str) -> tuple[int, int, int]:
    inside, _, name = member.rpartition(MARK)
    found = _PLACE.fullmatch(name)
    if found is None:
        raise RefusedError("names no picture of a .roi file (NAME@START_WIDTHxHEIGHT).")
    start, width, height = (int(number) for number in found.groups())
    if width * height > MAX_PIXELS or min(width, height) < MIN_SIDE:
        raise RefusedError(f"has {width} × {height} pixels: no picture of an IFCB has that size.")
    length = Path(path).stat().st_size if is_roi(path) else zip_members.declared(path, inside)
    if start + width * height > length:
        raise RefusedError("lies beyond the end of the .roi file. Get a fresh copy of the bin.")
    return start, width, height


def _stamp(archive: str, name: str) -> tuple[str, str, int, int]:
    facts = Path(archive).stat()
    return archive, name, facts.st_mtime_ns, facts.st_size


@cached(LRUCache(maxsize=zip_members.MAX_BYTES, getsizeof=len), key=_stamp, condition=_gate)
def _unpacked(archive: str, name: str) -> bytes:
    return zip_members.read_member(archive, name)
