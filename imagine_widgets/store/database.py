"""The file below the store: SQLite, opened on first use, one writer at a time, errors as sentences.

A rollback journal rather than a write-ahead log: homes lie on network folders where people have several machines, and
a write-ahead log shared by two machines loses data.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 10.0
"""Seconds to wait for another notebook that is writing, before giving up with a sentence."""
VERSION = 1
APPLICATION = 0x494D4147  # "IMAG" in the file's header tells it from any other SQLite file

_SCHEMA = """
CREATE TABLE samples (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT);
CREATE TABLE authors (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE regions (
    sample INTEGER NOT NULL, author INTEGER NOT NULL, id TEXT NOT NULL,
    rev INTEGER NOT NULL, at TEXT NOT NULL, tool TEXT NOT NULL, deleted INTEGER NOT NULL, record TEXT,
    PRIMARY KEY (sample, author, id)) WITHOUT ROWID;
CREATE INDEX regions_by_rev ON regions (rev);
CREATE TABLE changes (
    rev INTEGER PRIMARY KEY AUTOINCREMENT, batch INTEGER NOT NULL,
    sample INTEGER NOT NULL, author INTEGER NOT NULL, id TEXT NOT NULL, before TEXT);
CREATE INDEX changes_by_batch ON changes (batch);
CREATE TABLE batches (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, author TEXT NOT NULL, tool TEXT NOT NULL, at TEXT NOT NULL,
    undoes TEXT, seconds REAL, keys INTEGER);
CREATE TABLE places (
    target TEXT NOT NULL, sample INTEGER NOT NULL, author INTEGER NOT NULL, place TEXT NOT NULL,
    PRIMARY KEY (target, sample, author)) WITHOUT ROWID;
CREATE TABLE agreed (
    target TEXT NOT NULL, sample INTEGER NOT NULL, author INTEGER NOT NULL, id TEXT NOT NULL,
    rev INTEGER NOT NULL, seen TEXT NOT NULL,
    PRIMARY KEY (target, sample, author, id)) WITHOUT ROWID;
CREATE TABLE conflicts (
    target TEXT NOT NULL, sample INTEGER NOT NULL, author INTEGER NOT NULL, id TEXT NOT NULL,
    rev INTEGER NOT NULL, seen TEXT NOT NULL, theirs TEXT, at TEXT NOT NULL,
    PRIMARY KEY (target, sample, author, id)) WITHOUT ROWID;
"""


class Database:
    """The SQLite file at `path`; file and folder are made by the first write, readable by nobody else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection to read with; None where nothing was ever written. Raises OSError with a sentence."""
        with self._lock, self._telling("read"):
            yield self._connect() if self.path.exists() else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction of its own, on disk when the block ends; rolled back where it fails. Not to be nested."""
        with self._lock, self._telling("written"):
            connection = self._connect()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None or self._identity() != self._file:
            self.close()
            self._connection = self._open()
            self._file = self._identity()
        return self._connection

    def _identity(self) -> tuple[int, int] | None:
        try:
            facts = self.path.stat()
        except FileNotFoundError:
            return None
        return facts.st_dev, facts.st_ino

    def _open(self) -> sqlite3.Connection:
        _make_folder(self.path.parent)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._make(connection)
        elif version != VERSION:
            raise OSError(f"{self.path} was written by another version of this software; open it with that one.")

    def _make(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        (version,), (tables,) = (
            connection.execute(question).fetchone()
            for question in ("PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if version == 0 and tables:
            connection.rollback()
            raise OSError(f"{self.path} is a database of something else; it is left as it is.")
        if version == 0:  # or another notebook was faster
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.commit()

    @contextmanager
    def _telling(self, done: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            busy = "another notebook has been writing for too long" if _is_busy(error) else str(error)
            raise OSError(
                f"The labels in {self.path} could not be {done}: {busy}. Nothing that was there is lost."
            ) from error


def _is_busy(error: sqlite3.Error) -> bool:
    return error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) if _has_code(error) else False


def _has_code(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) is not None


def _make_folder(folder: Path) -> None:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
