"""The labels of one project: told by edits, asked by sample, undone by batch."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imagine_kernels.records import Annotation, Sample, Skipped, from_json, new_id, to_json
from imagine_widgets.store import counting
from imagine_widgets.store.agreed import Agreed
from imagine_widgets.store.database import Database
from imagine_widgets.store.held import Edit, Held, Step
from imagine_widgets.store.history import Batch, History
from imagine_widgets.store.holding import COLUMNS, annotations, held, holding
from imagine_widgets.store.keys import Keys
from imagine_widgets.store.spelling import kept, told
from imagine_widgets.store.writing import Pen

_WORDS = f"SELECT {COLUMNS} FROM words w JOIN samples s ON s.key = w.sample JOIN authors a ON a.key = w.author"  # noqa: S608
_TOGETHER = 500


class Store:
    """The labels in the file at `path`; several notebooks, tabs and threads may hold the same file.

    Nothing is read but what is asked for: a million regions open as fast as ten. What is asked for comes in pages,
    each as it is at that moment; nobody waits while it is used. Raises OSError with a sentence where the file cannot be
    read or written; what was there is then as it was.
    """

    def __init__(self, path: str | Path) -> None:
        self._database = Database(Path(path).expanduser().absolute())
        self._history = History(self._database)
        self._skipped: dict[str, Skipped] = {}
        self.agreed = Agreed(self._database)
        """What lies at other places (Label Studio) and how far both sides agree."""

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Rows met so far that cannot be read, because something else wrote them: named, left as they are."""
        return tuple(self._skipped.values())

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
        entered = [*edits]
        name = batch or new_id()
        made = Batch.of_edits(name, entered, seconds, keys)
        with self._database.writing() as connection:
            if self._history.begin(connection, made):
                pen = Pen(connection, made.first - 1)
                pen.write(entered)
                self._history.end(connection, made, pen.rev)
        return self._history.step(name)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything that this thread writes in the block is on disk when it ends; where it fails, nothing of it."""
        with self._database.writing():
            yield

    def undo(self, batch: str, *, author: str, as_batch: str | None = None) -> Step:
        """Take a batch back; regions that were changed anew since keep the newer word. Undoing an undo is a redo.

        Raises LookupError for a batch that is not in the store.
        """
        name = as_batch or new_id()
        with self._database.writing() as connection:
            made = self._history.reverse(connection, batch, name, author)
            if made is not None:
                pen = Pen(connection, made.first - 1)
                pen.undo(*made.of)
                self._history.end(connection, made, pen.rev)
        return self._history.step(name)

    def steps(self, author: str | None = None, tool: str | None = None, limit: int = 50) -> tuple[Step, ...]:
        """The last batches that are not taken back, the newest last: what an author, using a tool, can undo."""
        return self._history.steps(author, tool, limit)

    def undone(self, author: str, tool: str) -> tuple[tuple[Step, str], ...]:
        """What the author can do again with a tool, the next one last: the batch, and the undo to be undone for it."""
        return tuple((self._history.step(name), by) for name, by in self._history.undone(author, tool).items())

    def before(self, batch: str) -> dict[str, tuple[Held, ...]]:
        """What the author had said of each sample's touched regions before a batch; empty for what was new."""
        found = self._history.before(batch)
        return {told(sample): tuple(self._read(row for row in rows if row[0])) for sample, rows in found.items()}

    def word(self, rev: int) -> Held | None:
        """What change number `rev` said, be it current or not: the base of a merge. None where there is none."""
        return next(self._read(self._database.rows(f"{_WORDS} WHERE w.rev = ?", (rev,))), None)

    def regions(self, sample_id: str, ids: Collection[str] | None = None) -> tuple[Held, ...]:
        """Every author's last word on every region of a sample, or on those of `ids`; with tombstones, oldest first."""
        few = [*map(kept, ids)] if ids is not None and len(ids) <= _TOGETHER else []
        named = "w.author IN (SELECT key FROM authors) AND w.id IN"  # by author, for so the index has them
        only = f" AND {named} ({','.join('?' * len(few))})" if few else ""
        asked = f"{_WORDS} WHERE w.current = 1 AND s.id = ?{only} ORDER BY w.rev"
        rows = [] if ids is not None and not ids else self._database.rows(asked, (kept(sample_id), *few))
        return tuple(one for one in self._read(rows) if ids is None or one.id in ids)

    def size(self, sample_id: str) -> int:
        """How many words are current for a sample; none of them is read."""
        asked = "SELECT count(*) FROM words w JOIN samples s ON s.key = w.sample WHERE w.current = 1 AND s.id = ?"
        return sum(number for (number,) in self._database.rows(asked, (kept(sample_id),)))

    def current(self, sample_id: str) -> tuple[Held, ...]:
        """What holds for a sample: of each region the last word; of labels of the whole sample the last author's."""
        return holding(self.regions(sample_id))

    def all_regions(self, sample_ids: Iterable[str]) -> Iterator[tuple[str, tuple[Held, ...]]]:
        """`regions` of each of these samples, in their order, many at a time."""
        wanted = [*sample_ids]
        for start in range(0, len(wanted), _TOGETHER):
            some = wanted[start : start + _TOGETHER]
            marks = ",".join("?" * len(some))
            asked = f"{_WORDS} WHERE w.current = 1 AND s.id IN ({marks}) ORDER BY w.rev"
            said: dict[str, list[Held]] = {}
            for one in self._read(self._database.rows(asked, [*map(kept, some)])):
                said.setdefault(one.sample_id, []).append(one)
            yield from ((sample, tuple(said.get(sample, ()))) for sample in some)

    def since(self, rev: int) -> Iterator[Held]:
        """Rows that changed after revision `rev`, in the order of their change."""
        asked = f"{_WORDS} WHERE w.current = 1 AND w.rev > ? ORDER BY w.rev LIMIT {_TOGETHER}"
        while rows := self._database.rows(asked, (rev,)):
            yield from self._read(rows)
            rev = rows[-1][5]

    def changed(self, since: int = 0) -> tuple[int, frozenset[str]]:
        """The newest revision, and the samples with regions that changed after revision `since`."""
        newest = self._database.rows("SELECT coalesce(max(rev), 0) FROM words")
        found = self._database.rows("SELECT id FROM samples WHERE rev > ?", (since,)) if newest else []
        return (newest[0][0] if newest else 0), frozenset(told(sample) for (sample,) in found)

    def annotations(self) -> Iterator[Annotation]:
        """One annotation per sample and author, with the regions that she did not delete; streamed."""
        asked = f"{_WORDS} WHERE w.current = 1 AND w.sample > ? AND w.sample <= ? ORDER BY w.sample, w.rev"
        for first, last in self._pages():
            said: dict[str, list[Held]] = {}
            for one in self._read(self._database.rows(asked, (first, last))):
                said.setdefault(one.sample_id, []).append(one)
            for several in said.values():
                yield from annotations(several)

    def counts(self) -> "Counter[counting.Kind]":
        """How many live regions there are by author, tool, label, shape and state; no record is made."""
        return counting.counts(self._database)

    def speed(self, author: str | None = None, tool: str | None = None) -> counting.Speed:
        """How fast an author labelled, or all, using one tool or any: her labels an hour, her keys a label."""
        return counting.speed(self._database, author, tool)

    def know(self, samples: Iterable[Sample]) -> None:
        """Keep the records of samples beside their labels: where the picture lies, its scale, its effort."""
        records = {sample.id: json.dumps(to_json(sample), separators=(",", ":")) for sample in samples}
        with self._database.writing() as connection:
            found = Keys(connection).samples(records)
            rows = [(records[name], subject.key, records[name]) for name, subject in found.items()]
            connection.executemany("UPDATE samples SET record = ? WHERE key = ? AND record IS NOT ?", rows)

    def samples(self) -> Iterator[Sample]:
        """The samples that are known by their records."""
        for first, last in self._pages():
            asked = "SELECT id, record FROM samples WHERE key > ? AND key <= ? AND record IS NOT NULL ORDER BY key"
            for id_, record in self._database.rows(asked, (first, last)):
                try:
                    yield _sample(record)
                except ValueError as error:
                    self._skip(f"the sample {id_!r}", str(error))

    def _pages(self) -> Iterator[tuple[int, int]]:
        """Numbers of samples, a few hundred at a time: after the first, up to the last."""
        asked, first = "SELECT max(key) FROM (SELECT key FROM samples WHERE key > ? ORDER BY key LIMIT ?)", 0
        while (rows := self._database.rows(asked, (first, _TOGETHER // 5))) and rows[0][0] is not None:
            yield first, rows[0][0]
            first = rows[0][0]

    def _read(self, rows: Iterable[Sequence[Any]]) -> Iterator[Held]:
        for row in rows:
            try:
                yield held(row)
            except ValueError as error:
                self._skip(f"change {row[5]}, of the sample {row[0]!r}", str(error))

    def _skip(self, where: str, why: str) -> None:
        self._skipped[where] = Skipped(f"{self.path}, {where}", why)


def _sample(record: object) -> Sample:
    try:
        found = from_json(json.loads(record)) if isinstance(record, str) else None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"It is no sample: {error}") from error
    if not isinstance(found, Sample):
        raise ValueError("It is no sample.")  # noqa: TRY004 - the file is at fault, not the program
    return found
