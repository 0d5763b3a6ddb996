"""Edits → rows: each becomes a numbered change that keeps what was before it."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from imagine_kernels.records import Region, to_json
from imagine_widgets.store.held import Drop, Edit, Put, Stale

_ROW = "SELECT rev, at, tool, deleted, record FROM regions WHERE sample = ? AND author = ? AND id = ?"
_WRITE = "INSERT OR REPLACE INTO regions VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_CHANGE = "INSERT INTO changes (batch, sample, author, id, before) VALUES (?, ?, ?, ?, ?)"
_UNDONE = "SELECT rev, sample, author, id, before FROM changes WHERE batch = ? ORDER BY rev DESC"

Row = tuple[str, str, int, str | None]
"""When, by which tool, whether it is a tombstone, and the region as JSON."""


@dataclass(slots=True)
class Pen:
    """Writes one batch inside a transaction."""

    connection: sqlite3.Connection
    batch: int
    touched: set[int] = field(default_factory=set)
    _keys: dict[tuple[str, str], int] = field(default_factory=dict)

    def write(self, edits: Iterable[Edit]) -> None:
        """Enter the edits in their order. Raises Stale for one made on an old revision."""
        for edit in edits:
            sample, author = self.key("samples", edit.sample_id), self.key("authors", edit.author)
            before = self.connection.execute(_ROW, (sample, author, edit.id)).fetchone()
            rev = before[0] if before else 0
            if edit.expect is not None and edit.expect != rev:
                raise Stale(edit, rev)
            if isinstance(edit, Drop) and before and before[3]:
                continue  # it is gone already
            record = written(edit.region) if isinstance(edit, Put) else (before[4] if before else None)
            self._enter((sample, author, edit.id), before, (edit.at, edit.tool, isinstance(edit, Drop), record))

    def undo(self, batch: int) -> None:
        """Put back what was before `batch`; what was changed anew since stays."""
        for rev, sample, author, id_, before in self.connection.execute(_UNDONE, (batch,)).fetchall():
            now = self.connection.execute(_ROW, (sample, author, id_)).fetchone()
            if now and now[0] == rev:
                self._enter((sample, author, id_), now, tuple(json.loads(before)) if before else None)

    def key(self, table: str, name: str) -> int:
        """The number of a sample or an author."""
        found = self._keys.get((table, name))
        if found is None:
            found = self._keys[table, name] = key_of(self.connection, table, name)
        return found

    def _enter(self, place: tuple[int, int, str], before: Sequence[object] | None, row: Row | None) -> None:
        kept = json.dumps(before[1:], separators=(",", ":")) if before else None
        rev = self.connection.execute(_CHANGE, (self.batch, *place, kept)).lastrowid
        at, tool, deleted, record = row or ("", "", True, None)  # never said: older than any word
        self.connection.execute(_WRITE, (*place, rev, at, tool, deleted, record))
        self.touched.add(place[0])


def written(region: Region) -> str:
    """A region as one line of JSON, in the file's own short spelling."""
    return json.dumps(to_json(region), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def key_of(connection: sqlite3.Connection, table: str, name: str) -> int:
    """The number of a sample ("samples") or an author ("authors"), a new one where it has none."""
    column = "id" if table == "samples" else "name"
    found = connection.execute(f"SELECT key FROM {table} WHERE {column} = ?", (name,)).fetchone()  # noqa: S608
    if found:
        return int(found[0])
    return int(connection.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (name,)).lastrowid or 0)  # noqa: S608
