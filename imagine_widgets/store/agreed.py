"""What lies at another place (Label Studio) and how far both sides agree: the memory of the bridge.

For each region that was exchanged: our revision at that moment, and a mark of what the other side held (`seen`). A row
of ours with another revision changed here; an item there with another mark changed there; both: a conflict, which
waits here for a person.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from imagine_kernels.records import Region, from_json, now
from imagine_widgets.store.database import Database
from imagine_widgets.store.writing import key_of, written


@dataclass(frozen=True, slots=True)
class Agreement:
    """Both sides had the same of a region: at revision `rev` here; `seen` marks what lay there ("": deleted)."""

    sample_id: str
    author: str
    id: str
    rev: int
    seen: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A region that was changed on both sides since they agreed: `theirs` is None where it was deleted there."""

    sample_id: str
    author: str
    id: str
    rev: int
    seen: str
    theirs: Region | None
    at: str


class Agreed:
    """Places, agreements and conflicts by target, a name such as "label-studio:17"."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def places(self, target: str) -> dict[tuple[str, str], str]:
        """Where each sample's annotation of each author lies at the target, in the target's own words."""
        asked = "SELECT s.id, a.name, p.place FROM places p JOIN samples s ON s.key = p.sample"
        rows = self._rows(f"{asked} JOIN authors a ON a.key = p.author WHERE p.target = ?", target)
        return {(sample, author): place for sample, author, place in rows}

    def put(self, target: str, places: Iterable[tuple[str, str, str]]) -> None:
        """Note where annotations lie now: (sample, author, place)."""
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)",
                [(target, key_of(connection, "samples", s), key_of(connection, "authors", a), p) for s, a, p in places],
            )

    def all(self, target: str) -> Iterator[Agreement]:
        """Every agreement with the target."""
        asked = "SELECT s.id, a.name, g.id, g.rev, g.seen FROM agreed g JOIN samples s ON s.key = g.sample"
        rows = self._rows(f"{asked} JOIN authors a ON a.key = g.author WHERE g.target = ?", target)
        return (Agreement(*row) for row in rows)

    def agree(self, target: str, agreements: Iterable[Agreement]) -> None:
        """Note what both sides have now; conflicts about these regions are over."""
        with self._database.writing() as connection:
            for one in agreements:
                sample, author = key_of(connection, "samples", one.sample_id), key_of(connection, "authors", one.author)
                place = (target, sample, author, one.id)
                connection.execute(
                    "INSERT OR REPLACE INTO agreed VALUES (?, ?, ?, ?, ?, ?)", (*place, one.rev, one.seen)
                )
                connection.execute(
                    "DELETE FROM conflicts WHERE target = ? AND sample = ? AND author = ? AND id = ?", place
                )

    def conflicts(self, target: str) -> tuple[Conflict, ...]:
        """What waits for a person."""
        asked = "SELECT s.id, a.name, c.id, c.rev, c.seen, c.theirs, c.at FROM conflicts c JOIN samples s"
        rows = self._rows(f"{asked} ON s.key = c.sample JOIN authors a ON a.key = c.author WHERE c.target = ?", target)
        return tuple(Conflict(*said, _region(theirs), at) for *said, theirs, at in rows)

    def dispute(self, target: str, found: Iterable[tuple[Agreement, Region | None]]) -> None:
        """Note conflicts: our revision with the mark of what lies there, and the region there (None: deleted)."""
        with self._database.writing() as connection:
            for one, theirs in found:
                sample, author = key_of(connection, "samples", one.sample_id), key_of(connection, "authors", one.author)
                said = written(theirs) if theirs is not None else None
                row = (target, sample, author, one.id, one.rev, one.seen, said, now())
                connection.execute("INSERT OR REPLACE INTO conflicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _rows(self, asked: str, target: str) -> list[tuple[Any, ...]]:
        with self._database.reading() as connection:
            return connection.execute(asked, (target,)).fetchall() if connection is not None else []


def _region(theirs: str | None) -> Region | None:
    region: Region | None = from_json(json.loads(theirs)) if theirs is not None else None
    return region
