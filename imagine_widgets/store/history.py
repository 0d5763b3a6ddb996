"""Batches: what was done at once, in its order, and what of it is taken back."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from imagine_kernels.records import now
from imagine_widgets.store.database import Database
from imagine_widgets.store.held import Edit, Step
from imagine_widgets.store.holding import COLUMNS
from imagine_widgets.store.spelling import kept, told

_BEGIN = """INSERT INTO batches (id, author, tool, at, seconds, keys, root, back) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO NOTHING"""
_STEPS = """SELECT id FROM batches WHERE root IS NULL AND taken = 0 AND last >= first
    AND (? IS NULL OR author = ?) AND (? IS NULL OR tool = ?) ORDER BY key DESC LIMIT ?"""
_UNDONE = """SELECT r.id, b.id FROM batches b JOIN batches r ON r.key = b.root
    WHERE b.back = 1 AND r.taken = 1 AND r.author = ? AND r.tool = ? AND b.key > coalesce((SELECT key FROM batches
    WHERE root IS NULL AND author = ? AND tool = ? ORDER BY key DESC LIMIT 1), 0) ORDER BY b.key"""
_STEP = "SELECT id, last, author, tool, at, seconds, keys, first FROM batches WHERE id = ?"
_TOUCHED = "SELECT DISTINCT s.id FROM words w JOIN samples s ON s.key = w.sample WHERE w.rev BETWEEN ? AND ?"
_BEFORE = f"""SELECT t.id, {COLUMNS} FROM words n JOIN samples t ON t.key = n.sample
    LEFT JOIN words w ON w.rev = n.before LEFT JOIN samples s ON s.key = w.sample
    LEFT JOIN authors a ON a.key = w.author
    WHERE n.rev BETWEEN (SELECT first FROM batches WHERE id = ?) AND (SELECT last FROM batches WHERE id = ?)
    ORDER BY n.rev"""  # noqa: S608 - columns only


Number = TypeVar("Number", int, float)
_MOST_SECONDS, _MOST_KEYS = 86_400.0, 1_000_000


@dataclass(slots=True)
class Batch:
    """A batch while it is written. `of` is the stretch of changes it takes back, `root` the batch that began it all."""

    id: str
    author: str
    tool: str
    seconds: float | None = None
    keys: int | None = None
    root: int | None = None
    back: bool = False
    of: tuple[int, int] = (0, -1)
    first: int = 0

    @classmethod
    def of_edits(cls, id_: str, edits: Sequence[Edit], seconds: float | None, keys: int | None) -> "Batch":
        """The batch of these edits, by the author of the first."""
        author, tool = (edits[0].author, edits[0].tool) if edits else ("", "")
        return cls(id_, author, tool, _measured(seconds, _MOST_SECONDS), _measured(keys, _MOST_KEYS))


@dataclass(frozen=True, slots=True)
class History:
    """The batches in a file."""

    database: Database

    def begin(self, connection: sqlite3.Connection, batch: Batch) -> bool:
        """Enter a batch; False where it is there already."""
        named = (kept(batch.id), kept(batch.author), kept(batch.tool), now())
        row = (*named, batch.seconds, batch.keys, batch.root, batch.back)
        (last,) = connection.execute("SELECT coalesce(max(rev), 0) FROM words").fetchone()
        batch.first = last + 1
        return connection.execute(_BEGIN, row).rowcount == 1

    def reverse(self, connection: sqlite3.Connection, batch: str, name: str, author: str) -> Batch | None:
        """Enter the batch that takes `batch` back; None where it is there already. Raises LookupError."""
        asked = "SELECT coalesce(root, key), back, first, last FROM batches WHERE id = ?"
        found = connection.execute(asked, (kept(batch),)).fetchone()
        if found is None:
            raise LookupError(f"{self.database.path} holds no batch {batch}: it cannot be undone.")
        root, back, first, last = found
        made = Batch(name, author, "undo", root=root, back=not back, of=(first, last))
        if not self.begin(connection, made):
            return None
        connection.execute("UPDATE batches SET taken = ? WHERE key = ?", (made.back, root))
        return made

    def end(self, connection: sqlite3.Connection, batch: Batch, last: int) -> None:
        """Note which changes a batch made."""
        row = (batch.first, last, kept(batch.id))
        connection.execute("UPDATE batches SET first = ?, last = ? WHERE id = ?", row)

    def step(self, name: str) -> Step:
        """A batch as one step."""
        ((id_, last, author, tool, at, seconds, keys, first),) = self.database.rows(_STEP, (kept(name),))
        samples = frozenset(told(sample) for (sample,) in self.database.rows(_TOUCHED, (first, last)))
        return Step(told(id_), last, samples, told(author), told(tool), at, seconds, keys)

    def steps(self, author: str | None, tool: str | None, limit: int) -> tuple[Step, ...]:
        """The last batches that are not taken back, the newest last."""
        by, using = (kept(name) if name is not None else None for name in (author, tool))
        rows = self.database.rows(_STEPS, (by, by, using, using, limit))
        return tuple(self.step(told(name)) for (name,) in reversed(rows))

    def undone(self, author: str, tool: str) -> dict[str, str]:
        """What was taken back after the last new batch, and the batch that did it, the last one last."""
        by, using = kept(author), kept(tool)
        rows = self.database.rows(_UNDONE, (by, using, by, using))
        found: dict[str, str] = {}
        for root, of in rows:
            found.pop(root, None)  # it was taken back, done again, and taken back once more
            found[root] = of
        return {told(root): told(of) for root, of in found.items()}

    def before(self, batch: str) -> dict[str, list[tuple[Any, ...]]]:
        """By sample the rows that the changes of a batch took the place of."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        for sample, *row in self.database.rows(_BEFORE, (kept(batch), kept(batch))):
            found.setdefault(sample, []).append(tuple(row))
        return found


def _measured(value: Number | None, most: Number) -> Number | None:
    """What a browser measured; what cannot be is dropped, for no label may be lost by it."""
    return value if isinstance(value, int | float) and 0 <= value <= most else None
