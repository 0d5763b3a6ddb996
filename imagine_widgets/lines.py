"""The file below the journal: lines that only grow in number, added under a lock and on disk before `add` returns."""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 10.0
"""Seconds to wait for another notebook that is writing, before giving up with a sentence."""


class Lines:
    """The lines of one file. `unread` gives each once; a last line without an end is never given: it was cut off.

    A line that a crash cut off stays in the file: the next append ends it first, so that it spoils no other.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None  # device and inode: is it still the same file?
        self._offset = 0
        self.count = 0

    def unread(self) -> tuple[bool, list[bytes]]:
        """Whether the file is another one than at the last look (or gone), and the lines not given yet."""
        try:
            facts = self.path.stat()
        except FileNotFoundError:
            return self._begin(None), []
        if self._seen == (facts.st_dev, facts.st_ino) and facts.st_size == self._offset:
            return False, []
        with self.path.open("rb") as file, _locked(file.fileno(), fcntl.LOCK_SH, self.path):
            return self._read(file.fileno())

    @contextmanager
    def growing(self) -> Iterator[tuple[int, bool, list[bytes]]]:
        """Hold the file alone: its descriptor for `add`, and what `unread` would give."""
        descriptor = self._open()
        try:
            with _locked(descriptor, fcntl.LOCK_EX, self.path):
                yield descriptor, *self._read(descriptor)
        finally:
            os.close(descriptor)

    def add(self, descriptor: int, lines: Sequence[bytes]) -> list[bytes]:
        """Put whole lines at the end and wait until they are on disk; all of them or none. Inside `growing` only."""
        end = os.fstat(descriptor).st_size
        torn = end > self._offset  # everything up to the last line's end was read: what follows was cut off
        data = (b"\n" if torn else b"") + b"".join(line + b"\n" for line in lines)
        try:
            _write(descriptor, data)
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise
        return self._read(descriptor)[1]

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        is_new = not self.path.exists()
        _make_folder(self.path.parent)
        descriptor = os.open(self.path, flags, 0o600)
        if is_new:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            os.fsync(folder)
            os.close(folder)
        return descriptor

    def _begin(self, seen: tuple[int, int] | None) -> bool:
        is_other = self._seen is not None and self._seen != seen
        self._seen, self._offset, self.count = seen, 0, 0
        return is_other

    def _read(self, descriptor: int) -> tuple[bool, list[bytes]]:
        facts = os.fstat(descriptor)
        place, has_shrunk = (facts.st_dev, facts.st_ino), facts.st_size < self._offset
        anew = self._begin(place) or has_shrunk if has_shrunk or self._seen != place else False
        data = _read_from(descriptor, self._offset, facts.st_size)
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = whole.split(b"\n")[:-1]
        self.count += len(lines)
        return anew, lines


def _make_folder(folder: Path) -> None:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def _read_from(descriptor: int, start: int, end: int) -> bytes:
    parts = []
    while start < end:
        part = os.pread(descriptor, min(end - start, 1 << 24), start)
        if not part:
            break
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def _locked(descriptor: int, kind: int, path: Path) -> Iterator[None]:
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise TimeoutError(
                    f"{path} is held by another notebook for over {PATIENCE:.0f} s; try again."
                ) from None
            time.sleep(0.005)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
