"""Edits → words: each is a numbered change that names what was before it; an undo says again what was before."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from imagine_kernels.records import Region, to_json
from imagine_widgets.store.held import Drop, Edit, Put, Seen, Stale
from imagine_widgets.store.keys import Keys, Subject
from imagine_widgets.store.spelling import kept, moment

_TOGETHER = 2000
_NOW = """SELECT rev, origin, at, tool, deleted, record FROM words
    WHERE current = 1 AND sample = ? AND author = ? AND id = ?"""
_OTHERS = """SELECT at FROM words
    WHERE current = 1 AND deleted = 0 AND sample = ? AND id = ? AND author IN (SELECT key FROM authors)"""
_WRITE = "INSERT INTO words VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)"
_BATCH = "SELECT sample, author, id, before, origin FROM words WHERE rev BETWEEN ? AND ? ORDER BY rev"

Place = tuple[int, int, str]
"""Sample, author and region."""


@dataclass(slots=True)
class Word:
    """What is, or will be, said of a place. `deleted` with no time: nothing was said, or it was taken back."""

    rev: int
    origin: int
    at: str
    tool: str
    deleted: bool
    record: str | None
    before: int = 0

    @property
    def is_void(self) -> bool:
        """Whether nobody said it."""
        return self.deleted and not self.at


_VOID = Word(0, 0, "", "", deleted=True, record=None)


@dataclass(slots=True)
class Pen:
    """Writes one batch inside a transaction; `rev` is the last change so far."""

    connection: sqlite3.Connection
    rev: int
    touched: set[int] = field(default_factory=set)
    _new: dict[Place, Word] = field(default_factory=dict)
    _old: list[tuple[int]] = field(default_factory=list)

    def write(self, edits: Sequence[Edit]) -> None:
        """Enter the edits in their order. Raises Stale for one made on an old revision, ValueError for a faulty one."""
        keys = Keys(self.connection)
        for start in range(0, len(edits), _TOGETHER):
            some = edits[start : start + _TOGETHER]
            subjects = keys.samples(edit.sample_id for edit in some)
            for edit in some:
                subject = subjects[edit.sample_id]
                self._edit(edit, subject, (subject.key, keys.author(edit.author), kept(edit.id)))
            self._flush({subject.key: subject.latest for subject in subjects.values()})

    def undo(self, first: int, last: int) -> None:
        """Say again what was before the changes from `first` to `last`; what was changed anew since stays."""
        spans: dict[Place, tuple[int, int]] = {}
        for sample, author, id_, before, origin in self.connection.execute(_BATCH, (first, last)).fetchall():
            place = (sample, author, id_)
            spans[place] = (spans[place][0] if place in spans else before, origin)
        for place, (before, origin) in spans.items():
            now = self._now(place)
            if now.origin == origin:
                self._enter(place, replace(self._word(before), origin=before), now)
        self._flush({})

    def _edit(self, edit: Edit, subject: Subject, place: Place) -> None:
        _check(edit)
        before = self._new.get(place) or (_VOID if subject.is_new else self._now(place))
        if edit.expect is not None and edit.expect != before.rev and (edit.expect or not before.is_void):
            raise Stale(edit, before.rev)
        word = Word(0, 0, subject.heard(edit.at), kept(edit.tool), isinstance(edit, Drop), _record(edit, before))
        if (edit.at and _says(before, word)) or (word.deleted and self._is_gone(place, before, edit.at)):
            return
        self._enter(place, word, before)

    def _is_gone(self, place: Place, before: Word, at: str) -> bool:
        """Whether the author deleted it before, and nobody said it anew since."""
        if before.is_void or not before.deleted:
            return False
        if at:
            return moment(at) <= moment(before.at)
        others = self.connection.execute(_OTHERS, (place[0], place[2])).fetchall()
        return all(moment(other) < moment(before.at) for (other,) in others)

    def _now(self, place: Place) -> Word:
        return _word(self.connection.execute(_NOW, place).fetchone())

    def _word(self, rev: int) -> Word:
        asked = "SELECT rev, origin, at, tool, deleted, record FROM words WHERE rev = ?"
        return _word(self.connection.execute(asked, (rev,)).fetchone())

    def _enter(self, place: Place, word: Word, before: Word) -> None:
        """`before` is what holds now; a word that is not on disk yet is simply replaced."""
        mine = self._new.get(place)
        if mine is not None:
            word.rev, word.origin, word.before = mine.rev, mine.rev, mine.before
        else:
            self.rev += 1
            word.rev, word.before = self.rev, before.origin
            if before.rev:
                self._old.append((before.rev,))
        self._new[place] = word

    def _flush(self, latest: dict[int, datetime]) -> None:
        self.connection.executemany("UPDATE words SET current = 0 WHERE rev = ?", self._old)
        self.connection.executemany(_WRITE, [_row(place, word) for place, word in self._new.items()])
        newest = {place[0]: word.rev for place, word in self._new.items()}
        self.connection.executemany(
            "UPDATE samples SET rev = ?, at = coalesce(?, at) WHERE key = ?",
            [(rev, _told(latest.get(sample)), sample) for sample, rev in newest.items()],
        )
        self.touched |= newest.keys()
        self._new, self._old = {}, []


def written(region: Region) -> str:
    """A region as one line of JSON, in the file's own short spelling."""
    return _JSON.encode(to_json(region))


_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)


def _word(row: tuple[int, int, str, str, int, str | None] | None) -> Word:
    if row is None:
        return _VOID
    rev, origin, at, tool, deleted, record = row
    return Word(rev, origin, at, tool, bool(deleted), record)


def _record(edit: Edit, before: Word) -> str | None:
    if isinstance(edit, Put):
        return written(edit.region)
    return before.record if isinstance(edit, Drop) else None


def _check(edit: Edit) -> None:
    if not edit.author:
        raise ValueError(f"The label of {edit.sample_id} needs an author.")
    if not (edit.id or isinstance(edit, Seen)):
        raise ValueError(f"A region of {edit.sample_id} needs an id.")


def _says(before: Word, word: Word) -> bool:
    return (before.at, before.tool, before.deleted, before.record) == (word.at, word.tool, word.deleted, word.record)


def _row(place: Place, word: Word) -> tuple[object, ...]:
    said = (word.at, word.tool, word.deleted, word.record)
    return (word.rev, *place, *said, word.before, word.origin or (0 if word.is_void else word.rev))


def _told(latest: datetime | None) -> str | None:
    return latest.isoformat() if latest is not None else None
