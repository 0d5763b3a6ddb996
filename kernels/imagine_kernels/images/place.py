"""A folder or a zip archive as one kind of place: the names of its files, their bytes, and the uris of samples."""

import functools
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from imagine_kernels import images
from imagine_kernels.images import zip_members

PICTURES = {".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".bmp"}
_AGES_AGO = "1970-01-01T00:00:00.000+00:00"


class Place(Protocol):
    """Where the files of one project lie. Names are relative, with forward slashes."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def names(self) -> list[str]:
        """The files in it that are not hidden, in order."""

    def open(self, name: str) -> IO[bytes]:
        """The bytes of one file. Raises ValueError with a sentence."""

    def uri(self, name: str) -> str:
        """The uri of one file, for a sample."""

    def changed(self, name: str) -> str:
        """When a file was last changed, ISO 8601."""


@dataclass(frozen=True)
class Folder:
    """A folder and all below it."""

    root: Path

    @property
    def name(self) -> str:
        return images.named(self.root)

    def names(self) -> list[str]:
        return self._listed

    @functools.cached_property
    def _listed(self) -> list[str]:
        found = []
        for place, folders, files in os.walk(self.root):
            folders[:] = sorted(each for each in folders if not _hidden(each))
            inside = PurePosixPath(Path(place).relative_to(self.root).as_posix())
            found += [str(inside / each) for each in files if not _hidden(each) and self._here(Path(place, each))]
        return sorted(found)

    def _here(self, path: Path) -> bool:
        return not path.is_symlink() or path.resolve().is_relative_to(self.root.resolve())

    def open(self, name: str) -> IO[bytes]:
        try:
            return (self.root / name).open("rb")
        except OSError as error:
            raise ValueError(f"{images.named(name)} cannot be read: {error.strerror}.") from error

    def uri(self, name: str) -> str:
        return str(self.root / name)

    def changed(self, name: str) -> str:
        try:
            return _told((self.root / name).stat().st_mtime)
        except OSError:
            return _AGES_AGO


@dataclass(frozen=True)
class Archive:
    """A zip archive; nothing of it is ever unpacked to disk."""

    path: Path

    @property
    def name(self) -> str:
        return images.named(self.path)

    def names(self) -> list[str]:
        return sorted(self._members)

    @functools.cached_property
    def _members(self) -> Mapping[str, str]:
        """The name inside the archive by the name with forward slashes; what points outside is not named."""
        found = {}
        for member in zip_members.members(str(self.path)):
            name = member.filename.replace("\\", "/")
            if zip_members.refusal(member) is None and not any(map(_hidden, PurePosixPath(name).parts)):
                found[name] = member.filename
        return found

    def open(self, name: str) -> IO[bytes]:
        try:
            return io.BytesIO(zip_members.read_member(str(self.path), self._members[name]))
        except ValueError as error:
            raise ValueError(f"{images.named(name)} {error}") from error

    def uri(self, name: str) -> str:
        return f"{self.path}{zip_members.MARK}{self._members[name]}"

    def changed(self, name: str) -> str:  # noqa: ARG002
        try:
            return _told(self.path.stat().st_mtime)
        except OSError:
            return _AGES_AGO


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _told(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    except (OSError, OverflowError, ValueError):  # a clock that was far off
        return _AGES_AGO
