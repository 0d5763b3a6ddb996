"""Pictures of tasks → files for the models: only such as were uploaded to the house's own Label Studio.

Whoever asks gets those they may see there: Label Studio hands over which of them the person sees, or is asked itself.
"""

import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

LARGEST = 512 * 2**20
"""Bytes of a picture."""
_UPLOADED = re.compile(r"data/(upload/\d+/[^/?#\\\x00-\x1f]+)")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
Find = Callable[[str, Path], Path]
"""Puts the picture of an address into a folder and gives its file. Raises ValueError or OSError with a sentence."""


@dataclass(frozen=True)
class LabelStudio:
    """Where it keeps uploads, where people find it (`public` and the path `prefix`), and where it answers."""

    uploads: Path
    public: str
    prefix: str
    address: str

    def file(self, picture: str) -> str:
        """The name of an upload, such as "upload/3/1f-a.png". Raises ValueError with a sentence for anything else."""
        path = picture.removeprefix(self.public)
        found = _UPLOADED.fullmatch(unquote(path.removeprefix(self.prefix))) if path.startswith(self.prefix) else None
        if found is None or ".." in found[1].split("/"):
            raise ValueError(
                f"{_short(picture)} is no picture that was uploaded to Label Studio here: upload it first."
            )
        return found[1]

    def handed(self, files: Mapping[str, object]) -> Find:
        """What Label Studio says that the person may see: the upload by its address in the task."""

        def find(picture: str, folder: Path) -> Path:
            if files.get(picture) != self.file(picture):
                raise _missing(picture)
            source = (self.uploads / self.file(picture)).resolve()
            if not source.is_relative_to(self.uploads.resolve() / "upload") or not source.is_file():
                raise _missing(picture)
            target = folder / source.name
            shutil.copyfile(source, target)
            return target

        return find

    def asked(self, headers: Mapping[str, str]) -> Find:
        """What Label Studio gives to the person whom the `headers` name."""

        def find(picture: str, folder: Path) -> Path:
            file = self.file(picture)
            request = urllib.request.Request(f"{self.address}/data/{quote(file)}", headers=dict(headers))  # noqa: S310
            target = folder / Path(file).name
            try:
                with _DIRECT.open(request, timeout=60) as answer, target.open("wb") as out:
                    _copy(answer.read, out.write, picture)
            except urllib.error.HTTPError as error:
                raise _missing(picture) from error
            except urllib.error.URLError as error:
                raise OSError("Label Studio does not answer just now: try again in a moment.") from error
            return target

        return find


def _copy(read: Callable[[int], bytes], write: Callable[[bytes], object], picture: str) -> None:
    size = 0
    while piece := read(2**20):
        size += len(piece)
        if size > LARGEST:
            raise ValueError(f"{_short(picture)} is larger than {LARGEST // 2**20} MB: cut it into tiles first.")
        write(piece)


def _missing(picture: str) -> FileNotFoundError:
    return FileNotFoundError(f"{_short(picture)} is not in Label Studio, or it is somebody else's.")


def _short(picture: str) -> str:
    """The last part of an address, as it may stand in a sentence."""
    name = unquote(picture).rstrip("/").rpartition("/")[2][:80] or "An empty address"
    return "".join(c if c.isprintable() else "?" for c in name)
