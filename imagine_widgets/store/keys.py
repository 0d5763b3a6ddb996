"""Names → their numbers in the file, many at a time: samples and authors are named once and counted from then on."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from imagine_widgets.store.spelling import kept, moment

_TOGETHER = 500
_TICK = timedelta(milliseconds=1)
_END = datetime.max.replace(tzinfo=UTC) - _TICK


@dataclass(slots=True)
class Subject:
    """A sample while a batch is written: its number, and the time of the latest word about it."""

    key: int
    latest: datetime
    is_new: bool
    _live: str = ""

    def heard(self, at: str) -> str:
        """The time of a word about it. Without one it is this moment, or just after the latest if a clock was ahead."""
        if at:
            self.latest, self._live = max(self.latest, moment(at)), ""
            return at
        if not self._live:
            now = max(datetime.now(UTC), min(self.latest, _END) + _TICK)
            self._live = now.isoformat(timespec="milliseconds")
            self.latest = moment(self._live)
        return self._live


@dataclass(slots=True)
class Keys:
    """The numbers of samples and authors inside one transaction; new ones are given where there is none."""

    connection: sqlite3.Connection
    _authors: dict[str, int] = field(default_factory=dict)

    def author(self, name: str) -> int:
        """The number of an author."""
        if name not in self._authors:
            self._authors[name] = self._author(kept(name))
        return self._authors[name]

    def _author(self, name: str) -> int:
        found = self.connection.execute("SELECT key FROM authors WHERE name = ?", (name,)).fetchone()
        if found is not None:
            return int(found[0])
        self.connection.execute("INSERT INTO authors (name) VALUES (?)", (name,))
        return self._author(name)

    def samples(self, names: Iterable[str]) -> dict[str, Subject]:
        """The samples of these names."""
        wanted = {kept(name): name for name in names}
        found: dict[str, Subject] = {}
        spelt = [*wanted]
        for start in range(0, len(spelt), _TOGETHER):
            some = spelt[start : start + _TOGETHER]
            marks = ",".join("?" * len(some))
            asked = f"SELECT id, key, at FROM samples WHERE id IN ({marks})"  # noqa: S608 - marks only
            rows = self.connection.execute(asked, some)
            found |= {wanted[id_]: Subject(key, _latest(at), is_new=False) for id_, key, at in rows}
        return found | self._make([id_ for id_, name in wanted.items() if name not in found], wanted)

    def _make(self, spelt: list[str], wanted: dict[str, str]) -> dict[str, Subject]:
        if not spelt:
            return {}
        (last,) = self.connection.execute("SELECT coalesce(max(key), 0) FROM samples").fetchone()
        numbered = [*enumerate(spelt, last + 1)]
        self.connection.executemany("INSERT INTO samples (key, id) VALUES (?, ?)", numbered)
        return {wanted[id_]: Subject(key, moment(""), is_new=True) for key, id_ in numbered}


def _latest(at: str) -> datetime:
    try:
        return moment(at)
    except ValueError:  # edited by hand
        return moment("")
