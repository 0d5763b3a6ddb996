"""The labels of one project: told by edits, asked by sample, undone by batch."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from imagine_kernels.records import Annotation, Region, Sample, from_json, new_id, now, to_json
from imagine_widgets.store.agreed import Agreed
from imagine_widgets.store.database import Database
from imagine_widgets.store.held import Edit, Held, Step
from imagine_widgets.store.writing import Pen, key_of

_SELECT = """SELECT s.id, r.id, a.name, r.at, r.tool, r.rev, r.deleted, r.record
    FROM regions r JOIN samples s ON s.key = r.sample JOIN authors a ON a.key = r.author"""
_TOGETHER = 500


class Store:
    """The labels in the file at `path`; several notebooks, tabs and threads may hold the same file.

    Nothing is read but what is asked for: a million regions open as fast as ten. Raises OSError with a sentence where
    the file cannot be read or written; what was there is then as it was.
    """

    def __init__(self, path: str | Path) -> None:
        self._database = Database(Path(path).expanduser().absolute())
        self.agreed = Agreed(self._database)
        """What lies at other places (Label Studio) and how far both sides agree."""

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def close(self) -> None:
        """Let go of the file; the next question opens it again."""
        self._database.close()

    def write(
        self,
        edits: Iterable[Edit],
        *,
        batch: str | None = None,
        seconds: float | None = None,
        keys: int | None = None,
    ) -> Step:
        """Enter edits as one batch: all of them or none, on disk when this returns.

        A batch that is in the store already is not entered again, so a message may safely be sent twice. `seconds`
        and `keys` are what it cost the person. Raises Stale where an edit expects another revision than there is.
        """
        told = [*edits]
        author, tool = (told[0].author, told[0].tool) if told else ("", "")
        name = batch or new_id()
        with self._database.writing() as connection:
            known = _known(connection, name)
            pen = Pen(connection, known or _begin(connection, (name, author, tool, now(), None, seconds, keys)))
            if known is None:
                pen.write(told)
            return _step(connection, name, pen)

    def undo(self, batch: str, *, author: str, as_batch: str | None = None) -> Step:
        """Take a batch back; regions that were changed anew since keep the newer word. Undoing an undo is a redo.

        Raises LookupError for a batch that is not in the store.
        """
        name = as_batch or new_id()
        with self._database.writing() as connection:
            taken, known = _known(connection, batch), _known(connection, name)
            if taken is None:
                raise LookupError(f"{self.path} holds no batch {batch}: it cannot be undone.")
            pen = Pen(connection, known or _begin(connection, (name, author, "undo", now(), batch, None, None)))
            if known is None:
                pen.undo(taken)
            return _step(connection, name, pen)

    def regions(self, sample_id: str) -> tuple[Held, ...]:
        """Every author's last word on every region of a sample, tombstones included, oldest first."""
        return tuple(sorted(self._held("WHERE s.id = ?", sample_id), key=lambda held: held.rev))

    def current(self, sample_id: str) -> tuple[Held, ...]:
        """What holds for a sample: of each region the last word; of labels of the whole sample the last author's."""
        return holding(self.regions(sample_id))

    def since(self, rev: int) -> Iterator[Held]:
        """Rows that changed after revision `rev`, in the order of their change."""
        return self._held("WHERE r.rev > ? ORDER BY r.rev", rev)

    def changed(self, since: int = 0) -> tuple[int, frozenset[str]]:
        """The newest revision, and the samples with regions that changed after revision `since`."""
        with self._database.reading() as connection:
            if connection is None:
                return 0, frozenset()
            (rev,) = connection.execute("SELECT coalesce(max(rev), 0) FROM regions").fetchone()
            asked = "SELECT DISTINCT s.id FROM regions r JOIN samples s ON s.key = r.sample WHERE r.rev > ?"
            return rev, frozenset(sample for (sample,) in connection.execute(asked, (since,)))

    def annotations(self) -> Iterator[Annotation]:
        """One annotation per sample and author, with the regions that she did not delete; streamed."""
        told: list[Held] = []
        for held in self._held("ORDER BY r.sample, r.author, r.rev"):
            if told and (told[0].sample_id, told[0].author) != (held.sample_id, held.author):
                yield from annotation(told)
                told = []
            told.append(held)
        yield from annotation(told)

    def know(self, samples: Iterable[Sample]) -> None:
        """Keep the records of samples beside their labels: where the picture lies, its scale, its effort."""
        with self._database.writing() as connection:
            for sample in samples:
                record = json.dumps(to_json(sample), separators=(",", ":"), ensure_ascii=False)
                key = key_of(connection, "samples", sample.id)
                connection.execute("UPDATE samples SET record = ? WHERE key = ?", (record, key))

    def samples(self) -> Iterator[Sample]:
        """The samples that are known by their records."""
        with self._database.reading() as connection:
            asked = "SELECT record FROM samples WHERE record IS NOT NULL ORDER BY key"
            found = connection.execute(asked).fetchall() if connection is not None else []
        yield from (from_json(json.loads(record)) for (record,) in found)

    def _held(self, where: str, *values: str | int) -> Iterator[Held]:
        """Rows in pages, so that nobody waits while a long answer is read; a page is a whole number of rows."""
        with self._database.reading() as connection:
            if connection is None:
                return
            cursor = connection.execute(f"{_SELECT} {where}", values)
            while page := cursor.fetchmany(_TOGETHER):
                yield from map(_read, page)


def holding(told: Iterable[Held]) -> tuple[Held, ...]:
    """Of each region the last word that is no deletion; of labels of the whole sample those of the last author."""
    last: dict[str, Held] = {}
    for held in sorted(told, key=lambda held: (held.at, held.rev)):
        last[held.id] = held
    live = [held for held in last.values() if not held.deleted and held.region is not None]
    whole = [held for held in live if held.region is not None and held.region.shape is None]
    latest = max(whole, key=lambda held: (held.at, held.rev), default=None)
    return tuple(
        held
        for held in live
        if held.region is not None
        and (held.region.shape is not None or (latest is not None and held.author == latest.author))
    )


def annotation(told: Iterable[Held]) -> Iterator[Annotation]:
    """One author's regions of one sample as her annotation; nothing where she deleted all."""
    live = [held for held in told if not held.deleted and held.region is not None]
    if live:
        last = max(live, key=lambda held: (held.at, held.rev))
        regions = tuple(held.region for held in live if held.region is not None)
        yield Annotation(last.sample_id, regions, last.author, last.at, last.tool, f"{last.rev:x}")


def _read(row: tuple[str, str, str, str, str, int, int, str | None]) -> Held:
    sample, id_, author, at, tool, rev, deleted, record = row
    region: Region | None = from_json(json.loads(record)) if record is not None else None
    return Held(sample, id_, author, at, tool, rev, region, bool(deleted))


def _known(connection: sqlite3.Connection, name: str) -> int | None:
    found = connection.execute("SELECT key FROM batches WHERE id = ?", (name,)).fetchone()
    return int(found[0]) if found else None


def _begin(connection: sqlite3.Connection, row: tuple[object, ...]) -> int:
    asked = "INSERT INTO batches (id, author, tool, at, undoes, seconds, keys) VALUES (?, ?, ?, ?, ?, ?, ?)"
    return int(connection.execute(asked, row).lastrowid or 0)


def _step(connection: sqlite3.Connection, name: str, pen: Pen) -> Step:
    (rev,) = connection.execute("SELECT coalesce(max(rev), 0) FROM changes").fetchone()
    asked = "SELECT DISTINCT s.id FROM changes c JOIN samples s ON s.key = c.sample WHERE c.batch = ?"
    return Step(name, rev, frozenset(sample for (sample,) in connection.execute(asked, (pen.batch,))))
