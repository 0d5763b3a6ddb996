"""The files of an export, in a folder or a zip or alone: their names, bytes and uris; nothing is unpacked to disk."""

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from imagine_kernels.images import zip_members
from imagine_kernels.records import Sample, Skipped

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif"})
_LARGEST = zip_members.MAX_BYTES
_SEEN = 64 * 2**10


@dataclass(frozen=True)
class Place:
    """A file, a folder with all below it, or a zip."""

    path: Path

    @cached_property
    def packed(self) -> bool:
        """Whether it is a zip."""
        return self.path.is_file() and zipfile.is_zipfile(self.path)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The relative names of its files, sorted; without hidden ones, and what other systems put beside them."""
        if self.packed:
            found = [one.filename for one in zip_members.members(str(self.path))]
        elif self.path.is_dir():
            found = [one.relative_to(self.path).as_posix() for one in self.path.rglob("*") if one.is_file()]
        else:
            return (self.path.name,)
        return tuple(sorted(name for name in found if not any(p[0] in "._" for p in PurePosixPath(name).parts)))

    def ending(self, *endings: str) -> list[str]:
        """The names with one of these endings (".xml"), whatever their case; a single file goes by any name."""
        if not self.packed and self.path.is_file():
            return list(self.names)
        return [name for name in self.names if PurePosixPath(name).suffix.lower() in endings]

    def content(self, name: str) -> bytes:
        """The bytes of one file. Raises ValueError or OSError with a sentence."""
        if self.packed:
            try:
                return zip_members.read_member(str(self.path), name)
            except ValueError as error:
                raise ValueError(f"{name} {error}") from error
        file = Path(self.uri(name))
        if file.stat().st_size > _LARGEST:
            raise ValueError(f"{name} is larger than {_LARGEST / 2**20:,.0f} MB, too large for labels. Split it.")
        return file.read_bytes()

    def uri(self, name: str) -> str:
        """Where the file is, as a sample's uri."""
        if self.packed:
            return f"{self.path}{zip_members.MARK}{name}"
        return str(self.path / name if self.path.is_dir() else self.path)


def beginning(path: Path, *endings: str) -> str:
    """The first 64 kB of a file, or of the first such file of a folder or zip, as text; for telling its format."""
    place = Place(path)
    try:
        for name in place.ending(*endings)[:1]:
            if place.packed:
                with zip_members.open_member(str(path), name) as file:
                    return _text(file.read(_SEEN))
            with Path(place.uri(name)).open("rb") as file:
                return _text(file.read(_SEEN))
    except (OSError, ValueError, zipfile.BadZipFile):
        return ""
    return ""


def _text(data: bytes) -> str:
    """Of UTF-8 and UTF-16 alike: markup and keys are ASCII, and its other half is dropped."""
    return data.decode("utf-8-sig", "replace").replace("\0", "")


def own_files(samples: Iterable[Sample], ending: str) -> Mapping[str, str]:
    """The name of each sample's own file of labels: its picture's with another ending, by the sample's id.

    Raises ValueError where an id is no name of a file, or two have the same but for the ending.
    """
    found: dict[str, str] = {}
    taken: dict[str, str] = {}
    for sample in samples:
        path = PurePosixPath(sample.id)
        if path.is_absolute() or not path.name or ".." in path.parts or not sample.id.isprintable():
            raise ValueError(f"{sample.id!r} cannot name a file of labels: name the sample as a file below a folder.")
        name = f"{path.with_suffix('')}{ending}"
        other = taken.setdefault(name.casefold(), sample.id)
        if other != sample.id:
            raise ValueError(
                f"The labels of {other!r} and {sample.id!r} would be one file, {name}: rename one of them."
            )
        found[sample.id] = name
    return found


def brief(error: Exception) -> str:
    """What another library says is wrong, as part of one line."""
    return " ".join(str(error).split())[:100]


def why(where: str, error: Exception) -> Skipped:
    """What was skipped, with the sentence of the error."""
    told = f"it has no {error.args[0]!r}." if isinstance(error, KeyError) else str(error)
    if isinstance(error, OSError) and error.strerror:
        told = f"the file that it is, or names, cannot be read: {error.strerror}."
    return Skipped(where, told)
