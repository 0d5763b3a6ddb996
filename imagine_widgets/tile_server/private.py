"""The folder that a person's kernels and server share and nobody else enters: its secret, and small files in it."""

import os
import secrets
import stat
from pathlib import Path

from jupyter_core.paths import jupyter_runtime_dir

_LARGEST = 2**16
_KEY = "key"


def folder() -> Path:
    """Where it is; kernels know it from the server that started them. Not made here."""
    return Path(jupyter_runtime_dir()) / "imagine-tiles"


def make() -> Path:
    """The folder, made if it is not there. Raises OSError where others could enter it."""
    made = folder()
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check(made.lstat(), stat.S_IFDIR)
    return made


def secret(*, new: bool) -> bytes:
    """What only this person's processes know. With `new` it is made if there is none: one for all who ask at once.

    Raises OSError where there is none, or where others could read it.
    """
    file = folder() / _KEY
    if new and not os.path.lexists(file):
        part = file.with_name(f".{secrets.token_hex(8)}")
        _create(part, secrets.token_bytes(32))
        try:
            os.link(part, file)  # the first one wins, and nobody sees half of it
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return read(_KEY)


def read(name: str) -> bytes:
    """A small file of the folder. Raises OSError where there is none, or where it is not this person's alone."""
    _check(folder().lstat(), stat.S_IFDIR)
    handle = os.open(folder() / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:  # noqa: PTH123 - a handle, not a path
        _check(os.fstat(handle), stat.S_IFREG)
        return file.read(_LARGEST)


def write(name: str, content: bytes) -> None:
    """Put a small file there, whole or not at all."""
    part = folder() / f".{secrets.token_hex(8)}"
    _create(part, content)
    part.replace(folder() / name)


def remove(name: str) -> None:
    """Take a file away; one that is gone is no harm."""
    (folder() / name).unlink(missing_ok=True)


def sweep(before: float) -> None:
    """Take away what was written before a moment (seconds since 1970) and is not the secret."""
    for file in folder().iterdir():
        if file.name != _KEY and file.lstat().st_mtime < before:
            file.unlink(missing_ok=True)


def _create(file: Path, content: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(handle, "wb") as new:  # noqa: PTH123
        new.write(content)


def _check(found: os.stat_result, kind: int) -> None:
    if stat.S_IFMT(found.st_mode) != kind or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise PermissionError(f"{folder()} is not private: remove it, and open the picture again.")
