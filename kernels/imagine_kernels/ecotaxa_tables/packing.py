"""The pictures of a table into zips: the files themselves where EcoTaxa shows them, else cut out as PNG."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Protocol

from imagine_kernels import images
from imagine_kernels.images import zip_members
from imagine_kernels.records import Sample

_SHOWN = {".jpg", ".jpeg", ".png"}
"""Files that EcoTaxa takes as they are."""
_DIRECTORY = 512
"""Bytes that a zip keeps about each member, with room to spare."""


class Table(Protocol):
    """What packing needs to know of a table."""

    def text(self, some: Sequence[int]) -> bytes:
        """The table of these rows."""

    @property
    def rows(self) -> Sequence[dict[str, str]]:
        """All rows."""


def picture_name(sample: Sample, number: int, given: PurePosixPath, taken: set[str]) -> str:
    """The name of a sample's picture inside the zip: the one it had, where that may stay, else a plain one."""
    suffix = _suffix(sample)
    usable = given.name and not given.is_absolute() and ".." not in given.parts and ":" not in str(given)
    if usable and given.suffix.lower() == suffix and str(given).lower() not in taken:
        return str(given)
    plain = re.sub(r"[^A-Za-z0-9-]+", "_", sample.id).strip("_")[-80:] or "object"
    return f"{number:07d}_{plain}{suffix}"


def _suffix(sample: Sample) -> str:
    """That of the file where it is packed as it is; .png where the picture is cut out."""
    path, member = zip_members.split(sample.uri)
    suffix = PurePosixPath((member or path).lower()).suffix
    return suffix if sample.crop is None and suffix in _SHOWN else ".png"


def content(sample: Sample) -> bytes:
    """The picture of a sample as it is packed. Raises ValueError or OSError with a sentence."""
    path, member = zip_members.split(sample.uri)
    if sample.crop is None and PurePosixPath((member or path).lower()).suffix in _SHOWN:
        images.size(sample.uri)
        return Path(path).read_bytes() if member is None else zip_members.read_member(path, member)
    return images.png(sample)


def portions(samples: Sequence[Sample], table: Table, max_bytes: int) -> Iterator[list[tuple[int, bytes]]]:
    """Row numbers and pictures, as many at a time as make a zip of at most `max_bytes`.

    The pictures of one object stay together. One portion lies in memory. Raises ValueError with a sentence where a
    single object is larger.
    """
    portion: list[tuple[int, bytes]] = []
    head = len(table.text([])) + _DIRECTORY
    room = max_bytes - head
    for name, together in groupby(enumerate(samples), key=lambda each: each[1].id):
        read = [(number, content(sample)) for number, sample in together]
        need = sum(len(data) + len(table.text([number])) - head + 2 * _DIRECTORY for number, data in read)
        if need > max_bytes - head:
            raise ValueError(f"{name} alone is larger than {max_bytes:,} bytes: allow larger zips (max_bytes).")
        if need > room:
            yield portion
            portion, room = [], max_bytes - head
        portion += read
        room -= need
    yield portion


def pack(place: Path, portion: Sequence[tuple[int, bytes]], table: Table, name: str) -> None:
    """One zip with the rows and pictures of a portion."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(f"{name}.tsv", table.text([number for number, _ in portion]), zipfile.ZIP_DEFLATED)
        for number, data in portion:
            archive.writestr(table.rows[number]["img_file_name"], data)
