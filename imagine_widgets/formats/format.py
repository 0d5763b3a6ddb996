"""What a file of this folder offers: one format, how to tell it, how to read and write it, and what it can hold."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from imagine_widgets.formats.labels import Holds, Labels

_SEEN = 64 * 2**10
_LISTED = 10_000


@dataclass(frozen=True)
class Head:
    """What can be seen of a path without reading it whole."""

    path: Path

    @cached_property
    def start(self) -> str:
        """The first 64 kB as text; nothing for a folder."""
        if not self.path.is_file():
            return ""
        with self.path.open("rb") as file:
            return file.read(_SEEN).decode("utf-8-sig", "replace")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The members of a zip, or the files of a folder two levels down, as relative names."""
        if self.path.is_dir():
            found = (one for level in ("*", "*/*") for one in self.path.glob(level) if one.is_file())
            return tuple(str(one.relative_to(self.path)) for one, _ in zip(found, range(_LISTED), strict=False))
        if zipfile.is_zipfile(self.path):
            with zipfile.ZipFile(self.path) as archive:
                return tuple(archive.namelist()[:_LISTED])
        return ()


@dataclass(frozen=True)
class Format:
    """One format. `ending` is what a written file is called (".json"), or empty where it writes a folder.

    `read(path, images)` takes the folder of the pictures where the file does not tell their size; `write(labels, path)`
    is given only what the format holds (see `labels.keep`), and a path that is free. Both raise ValueError or OSError
    with a sentence.
    """

    name: str
    title: str
    ending: str
    detect: Callable[[Head], bool]
    read: Callable[[Path, Path | None], Labels]
    write: Callable[[Labels, Path], None]
    holds: Holds
