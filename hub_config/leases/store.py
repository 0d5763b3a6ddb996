"""The broker's records in SQLite: what lives is found again after a restart, what happened is told for years."""

import contextlib
import json
import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub_config.leases.people import Kernel

TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS servers (
    token_sha256 TEXT PRIMARY KEY, user TEXT NOT NULL, groups TEXT NOT NULL, uid INTEGER, profile TEXT NOT NULL,
    pid INTEGER NOT NULL, started INTEGER NOT NULL, since REAL NOT NULL, ended REAL,
    cpu_seconds REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS kernels (
    number INTEGER PRIMARY KEY AUTOINCREMENT, token_sha256 TEXT NOT NULL, user TEXT NOT NULL, groups TEXT NOT NULL,
    profile TEXT NOT NULL, use_case TEXT NOT NULL, kernel TEXT NOT NULL, pid INTEGER NOT NULL,
    started INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, seconds REAL NOT NULL, since REAL NOT NULL,
    ended REAL, cpu_seconds REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS leases (
    number INTEGER PRIMARY KEY AUTOINCREMENT, mark TEXT NOT NULL, token_sha256 TEXT NOT NULL, user TEXT NOT NULL,
    groups TEXT NOT NULL, profile TEXT NOT NULL, use_case TEXT NOT NULL, kernel TEXT NOT NULL, cards TEXT NOT NULL,
    since REAL NOT NULL, waited REAL NOT NULL, counted REAL NOT NULL, ended REAL, outcome TEXT);
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, token_sha256 TEXT NOT NULL, kernel TEXT NOT NULL,
    use_case TEXT NOT NULL, count INTEGER NOT NULL, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, moment REAL NOT NULL, what TEXT NOT NULL, user TEXT NOT NULL,
    groups TEXT NOT NULL, profile TEXT NOT NULL, use_case TEXT NOT NULL, kernel TEXT NOT NULL, lease INTEGER,
    said TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS used (
    day TEXT NOT NULL, user TEXT NOT NULL, groups TEXT NOT NULL, use_case TEXT NOT NULL, told_by TEXT NOT NULL,
    cpu_seconds REAL NOT NULL, gpu_seconds REAL NOT NULL, gpu_busy_seconds REAL NOT NULL,
    PRIMARY KEY (day, user, groups, use_case, told_by));
CREATE INDEX IF NOT EXISTS living_kernels ON kernels (number) WHERE ended IS NULL;
CREATE INDEX IF NOT EXISTS living_leases ON leases (number) WHERE ended IS NULL;
"""
log = logging.getLogger(__name__)
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Used:
    """What one person used on one day (UTC) for one use case, in seconds; `told_by` says who told of GPU business."""

    day: str
    user: str
    groups: tuple[str, ...]
    use_case: str
    told_by: str
    cpu_seconds: float = 0.0
    gpu_seconds: float = 0.0
    gpu_busy_seconds: float = 0.0


class Store:
    """The open database; one process at a time."""

    def __init__(self, file: Path) -> None:
        """Opens or makes `file`. Raises OSError with a sentence where it is damaged."""
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        try:
            self._open = sqlite3.connect(file, isolation_level=None)
            self._open.row_factory = sqlite3.Row
            self._open.execute("PRAGMA journal_mode = WAL")
            self._open.execute("PRAGMA synchronous = NORMAL")
            self._open.executescript(TABLES)
        except sqlite3.DatabaseError as error:
            raise OSError(f"{file} cannot be used ({error}): bring it back from a backup, or delete it.") from error

    def close(self) -> None:
        """Closes the file."""
        self._open.close()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """All that is written inside is kept, or none of it. Raises OSError where it cannot be written."""
        try:
            self._open.execute("BEGIN IMMEDIATE")
            yield
            self._open.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise OSError(f"the records cannot be written ({error})") from error
        finally:
            if self._open.in_transaction:
                self._open.execute("ROLLBACK")

    def rebooted(self) -> bool:
        """Whether the machine was started anew since this was last asked: then nothing recorded lives any more."""
        boot = BOOT.read_text(encoding="utf-8").strip()
        known = self.rows("SELECT value FROM facts WHERE name = 'boot'")
        self._open.execute("INSERT OR REPLACE INTO facts VALUES ('boot', ?)", [boot])
        return bool(known) and known[0]["value"] != boot

    def next_number(self, table: str) -> int:
        """One more than any row of `table` ever had."""
        known = self.rows("SELECT seq FROM sqlite_sequence WHERE name = ?", [table])
        return int(known[0]["seq"]) + 1 if known else 1

    def _do(self, command: str, values: Iterable[object]) -> int:
        """Writes; where that cannot be done now (a full disk), it is said in the log, and lending goes on."""
        try:
            return int(self._open.execute(command, list(values)).lastrowid or 0)
        except sqlite3.OperationalError as error:
            log.error("What happens with graphics cards cannot be written down: %s", error)  # noqa: TRY400
            return 0

    def add(self, table: str, **values: object) -> int:
        """Adds a row, or replaces the one with the same key; collections become JSON. Returns its number."""
        kept = {name: _plain(value) for name, value in values.items()}
        names, marks = ", ".join(kept), ", ".join("?" * len(kept))
        return self._do(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", kept.values())  # noqa: S608

    def change(self, table: str, key: Mapping[str, object], **values: object) -> None:
        """Changes the rows of `table` that match `key`."""
        names = ", ".join(f"{name} = ?" for name in values)
        where = " AND ".join(f"{name} = ?" for name in key)
        given = [_plain(value) for value in (*values.values(), *key.values())]
        self._do(f"UPDATE {table} SET {names} WHERE {where}", given)  # noqa: S608

    def clear(self, table: str) -> None:
        """Removes all rows of `table`."""
        self._do(f"DELETE FROM {table}", ())  # noqa: S608

    def remove(self, table: str, **key: object) -> None:
        """Removes the rows of `table` that match `key`."""
        where = " AND ".join(f"{name} = ?" for name in key)
        self._do(f"DELETE FROM {table} WHERE {where}", key.values())  # noqa: S608

    def rows(self, question: str, values: Iterable[object] = ()) -> list[dict[str, Any]]:
        """Answers of the database, with groups and cards as tuples."""
        return [_rich(row) for row in self._open.execute(question, list(values))]

    def living(self, table: str) -> list[dict[str, Any]]:
        """What had not ended when it was last recorded, oldest first."""
        return self.rows(f"SELECT * FROM {table} WHERE ended IS NULL ORDER BY rowid")  # noqa: S608

    def count(self, used: Iterable[Used]) -> None:
        """Adds to what was used."""
        self._open.executemany(
            """INSERT INTO used VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
            cpu_seconds = cpu_seconds + excluded.cpu_seconds, gpu_seconds = gpu_seconds + excluded.gpu_seconds,
            gpu_busy_seconds = gpu_busy_seconds + excluded.gpu_busy_seconds""",
            [
                (
                    u.day,
                    u.user,
                    _plain(u.groups),
                    u.use_case,
                    u.told_by,
                    u.cpu_seconds,
                    u.gpu_seconds,
                    u.gpu_busy_seconds,
                )
                for u in used
            ],
        )

    def used(self, since: str = "", user: str | None = None) -> list[dict[str, Any]]:
        """What was used from the day `since`, by `user` or everybody."""
        return self.rows(
            "SELECT * FROM used WHERE day >= ? AND (? IS NULL OR user = ?) ORDER BY day, user, use_case, told_by",
            [since, user, user],
        )

    def event(self, what: str, kernel: "Kernel", said: str = "") -> None:
        """Writes down what happened to `kernel`, now."""
        server, number = kernel.server, kernel.lease.number if kernel.lease else None
        about = {"user": server.user, "groups": server.groups, "profile": server.profile, "use_case": kernel.use_case}
        self.add("events", moment=time.time(), what=what, **about, kernel=kernel.kernel, lease=number, said=said)


def _plain(value: object) -> object:
    if isinstance(value, (set, frozenset)):
        value = sorted(value)
    return json.dumps(list(value)) if isinstance(value, (tuple, list)) else value


def _rich(row: sqlite3.Row) -> dict[str, Any]:
    return {name: tuple(json.loads(row[name])) if name in ("groups", "cards") else row[name] for name in row.keys()}  # noqa: SIM118


def merged(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One record per day, person, groups and use case, whoever told of it."""
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for row in rows:
        names, told_by = ("day", "user", "groups", "use_case"), row.pop("told_by")
        record = found.setdefault(tuple(row[name] for name in names), {name: row[name] for name in names})
        for name in ("cpu_seconds", "gpu_seconds", "gpu_busy_seconds"):
            record[name] = record.get(name, 0.0) + row[name]
        record["told_by"] = sorted({*record.get("told_by", ()), told_by} - {""})
    return list(found.values())
