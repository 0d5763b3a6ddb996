"""Members of zip archives as bytes in memory, with bounds; beside plain files, where `images` gets its bytes from.

An archive may come from anyone: nothing is ever unpacked to disk, and what a member declares is not believed.
"""

import os
import threading
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from cachetools import LRUCache, cached

MARK = "!/"
"""Stands between the archive and the member in a sample's uri: "archive.zip!/folder/picture.jpg"."""
MAX_BYTES = 512 * 2**20
"""No member larger than this is unpacked (it would lie in memory whole)."""
MAX_MEMBERS = 500_000
_SMALL = 16 * 2**20
_MAX_RATIO = 200
"""Above `_SMALL`, a picture that shrank by more than this factor is a bomb: plain deflate reaches 1032."""

_gate = threading.Condition()


def split(uri: str) -> tuple[str, str | None]:
    """The file of a uri and, where that file is an archive, the member in it."""
    if os.path.lexists(uri) or MARK not in uri:
        return uri, None
    start = uri.find(MARK)
    while start >= 0 and not Path(uri[:start]).is_file():
        start = uri.find(MARK, start + 1)
    return (uri, None) if start < 0 else (uri[:start], uri[start + len(MARK) :])


def refusal(member: zipfile.ZipInfo) -> str | None:
    """Why this member is not read, as the rest of a sentence that begins with its name; None where it may be."""
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":" or ".." in PurePosixPath(name).parts:
        return "points outside its archive and was not read. Pack the archive again from inside one folder."
    if member.flag_bits & 0x1:
        return "is locked by a password. Pack the archive again without one."
    if member.file_size > MAX_BYTES:
        return f"would unpack to {member.file_size / 2**20:,.0f} MB, above the limit of {MAX_BYTES / 2**20:,.0f} MB."
    if member.file_size > _SMALL and member.file_size > _MAX_RATIO * member.compress_size:
        return (
            f"would unpack to {member.file_size / max(member.compress_size, 1):,.0f} times its size: no picture does."
        )
    return None


def members(archive: str) -> list[zipfile.ZipInfo]:
    """The files in an archive in its order. Raises ValueError with a sentence where it is no usable zip."""
    found = [member for member in _zip(archive).infolist() if not member.is_dir()]
    if len(found) > MAX_MEMBERS:
        raise ValueError(f"{Path(archive).name} holds {len(found):,} files; {MAX_MEMBERS:,} is the most that is read.")
    return found


def declared(archive: str, name: str) -> int:
    """How many bytes a member says it holds. Raises as `open_member` does."""
    return _member(archive, name).file_size


def _member(archive: str, name: str) -> zipfile.ZipInfo:
    try:
        member = _zip(archive).getinfo(name)
    except KeyError as error:
        raise FileNotFoundError(f"is not in {Path(archive).name} any more.") from error
    why = refusal(member)
    if why is not None:
        raise ValueError(why)
    return member


def open_member(archive: str, name: str) -> IO[bytes]:
    """One member, open for reading and seeking. Raises ValueError (the rest of a sentence) where it is refused."""
    member = _member(archive, name)
    try:
        return _zip(archive).open(member)
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise ValueError(f"cannot be unpacked ({error}). Pack the archive again.") from error


def read_member(archive: str, name: str) -> bytes:
    """The bytes of one member. Raises as `open_member` does."""
    with open_member(archive, name) as file:
        try:
            data = file.read(MAX_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise ValueError(f"is damaged inside its archive ({error}). Get a fresh copy of the archive.") from error
    if len(data) > MAX_BYTES:
        raise ValueError(f"unpacks to more than it declares, above {MAX_BYTES / 2**20:,.0f} MB.")
    return data


def _stamp(archive: str) -> tuple[str, int, int]:
    facts = Path(archive).stat()
    return archive, facts.st_mtime_ns, facts.st_size


@cached(LRUCache(maxsize=4), key=_stamp, condition=_gate)
def _zip(archive: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, EOFError, ValueError, RuntimeError) as error:
        raise ValueError(f"{Path(archive).name} is not a whole zip archive ({error}). Get a fresh copy.") from error
