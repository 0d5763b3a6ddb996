"""The file below the store: SQLite, opened on first use, one writer at a time, errors as sentences.

A rollback journal rather than a write-ahead log: homes lie on network folders where people have several machines, and
a write-ahead log shared by two machines loses data. The file must not be opened by anything but SQLite in a process
that uses it: closing any other descriptor of it gives up SQLite's locks.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imagine_widgets.store.schema import APPLICATION, SCHEMA, VERSION

PATIENCE = 10.0
"""Seconds to wait for another notebook that is writing, before giving up with a sentence."""

_REASONS = {
    sqlite3.SQLITE_BUSY: "another notebook has been writing for too long; nothing is lost, try again",
    sqlite3.SQLITE_LOCKED: "another notebook has been writing for too long; nothing is lost, try again",
    sqlite3.SQLITE_FULL: "the disk is full or your quota is used up; what was there is safe. Make room and try again",
    sqlite3.SQLITE_IOERR: "the disk refused (it may be full); what was there is safe. Make room and try again",
    sqlite3.SQLITE_READONLY: "the file or its folder may only be read",
    sqlite3.SQLITE_PROTOCOL: "the folder's file system cannot lock files; keep the labels in another folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened there",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; it is left as it is. Put a copy from a backup in its place",
    sqlite3.SQLITE_NOTADB: "this is no file of labels; it is left as it is. Move it away, or name another",
}
_OPENING = threading.Lock()
_LEFT: list[sqlite3.Connection] = []  # of the process this one was forked from: not even closed here


class Database:
    """The SQLite file at `path`; file and folder are made by the first write, readable by nobody else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int, int] | None = None
        self._within: sqlite3.Connection | None = None

    def rows(self, asked: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The answer to one question; empty where nothing was ever written. Raises OSError with a sentence."""
        with self._lock, self._telling("read"):
            if self._identity() is None:
                return []
            connection = self._connect()
            try:
                return connection.execute(asked, values).fetchall()
            except sqlite3.OperationalError as error:
                if "decode" not in str(error):
                    raise
                return _forgiving(connection, asked, values)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, on disk when the block ends; rolled back where it fails. One in another is a part of that."""
        with self._lock, self._telling("written"):
            if self._within is not None:
                yield self._within
                return
            self._within = connection = self._connect()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._within = None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _connect(self) -> sqlite3.Connection:
        if self._connection is not None and self._opened is not None and self._opened[2] != os.getpid():
            _LEFT.append(self._connection)
            self._connection = None
        if self._connection is None or self._identity() != self._opened:
            self.close()
            with _OPENING:
                self._connection = self._open()
            self._opened = self._identity()
        return self._connection

    def _identity(self) -> tuple[int, int, int] | None:
        try:
            facts = self.path.stat()
        except FileNotFoundError:
            return None
        return facts.st_dev, facts.st_ino, os.getpid()

    def _open(self) -> sqlite3.Connection:
        if self._identity() is None:
            _make_file(self.path)
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous = EXTRA")  # the folder, too, is on disk when a write returns
            connection.execute("PRAGMA cache_size = -16000")  # KiB
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        version, application, tables = _facts(connection)
        if version == application == tables == 0:
            self._make(connection)
        elif application != APPLICATION:
            raise OSError(f"{self.path} is a database of something else; it is left as it is.")
        elif version != VERSION:
            raise OSError(
                f"{self.path} was written by another version of this software (its labels are of version {version}, "
                f"this one reads {VERSION}); it is left as it is. Open it with that version."
            )

    def _make(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        if not any(_facts(connection)):  # or another notebook was faster
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.commit()

    @contextmanager
    def _telling(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, OSError) and error.strerror is None:
                raise  # it is a sentence already
            kind = type(error) if isinstance(error, OSError) else OSError
            raise kind(f"The labels in {self.path} could not be {done}: {_reason(error)}.") from error


def _facts(connection: sqlite3.Connection) -> tuple[int, int, int]:
    questions = ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_master")
    version, application, tables = (connection.execute(question).fetchone()[0] for question in questions)
    return version, application, tables


def _reason(error: sqlite3.Error | OSError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    code = getattr(error, "sqlite_errorcode", None)  # a fault of the binding has none
    return _REASONS.get(code & 0xFF, str(error)) if code is not None else str(error)


def _forgiving(connection: sqlite3.Connection, asked: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """The same question where somebody else wrote text that is no UTF-8 into the file."""
    connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
    try:
        return connection.execute(asked, values).fetchall()
    finally:
        connection.text_factory = str


def _make_file(path: Path) -> None:
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return  # another notebook was faster
