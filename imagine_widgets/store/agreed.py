"""What lies at another place (Label Studio) and how far both sides agree: the memory of the bridge.

For each region that was exchanged: our revision at that moment, and a mark of what the other side held (`seen`). A row
of ours with another revision changed here; an item there with another mark changed there; both: a conflict, which
waits here for a person.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from imagine_kernels.records import Region, now
from imagine_widgets.store.database import Database
from imagine_widgets.store.holding import region
from imagine_widgets.store.keys import Keys
from imagine_widgets.store.spelling import kept, told
from imagine_widgets.store.writing import written

_NAMED = "JOIN samples s ON s.key = t.sample JOIN authors a ON a.key = t.author"


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
        asked = f"SELECT s.id, a.name, t.place FROM places t {_NAMED} WHERE t.target = ?"  # noqa: S608
        return {(told(sample), told(author)): place for sample, author, place in self._database.rows(asked, (target,))}

    def put(self, target: str, places: Iterable[tuple[str, str, str]]) -> None:
        """Note where annotations lie now: (sample, author, place)."""
        given = [*places]
        with self._database.writing() as connection:
            keys = Keys(connection)
            samples = keys.samples(sample for sample, _, _ in given)
            rows = [(target, samples[sample].key, keys.author(author), place) for sample, author, place in given]
            connection.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", rows)

    def all(self, target: str) -> Iterator[Agreement]:
        """Every agreement with the target."""
        asked = f"SELECT s.id, a.name, t.id, t.rev, t.seen FROM agreed t {_NAMED} WHERE t.target = ?"  # noqa: S608
        for sample, author, id_, rev, seen in self._database.rows(asked, (target,)):
            yield Agreement(told(sample), told(author), told(id_), rev, seen)

    def agree(self, target: str, agreements: Iterable[Agreement]) -> None:
        """Note what both sides have now; conflicts about these regions are over."""
        given = [*agreements]
        with self._database.writing() as connection:
            rows = [(*place, one.rev, one.seen) for place, one in _placed(connection, target, given)]
            connection.executemany("INSERT OR REPLACE INTO agreed VALUES (?, ?, ?, ?, ?, ?)", rows)
            over = "DELETE FROM conflicts WHERE target = ? AND sample = ? AND author = ? AND id = ?"
            connection.executemany(over, [row[:4] for row in rows])

    def conflicts(self, target: str) -> tuple[Conflict, ...]:
        """What waits for a person."""
        asked = "SELECT s.id, a.name, t.id, t.rev, t.seen, t.theirs, t.at FROM conflicts t"
        rows = self._database.rows(f"{asked} {_NAMED} WHERE t.target = ?", (target,))
        return tuple(
            Conflict(told(sample), told(author), told(id_), rev, seen, region(theirs), at)
            for sample, author, id_, rev, seen, theirs, at in rows
        )

    def dispute(self, target: str, found: Iterable[tuple[Agreement, Region | None]]) -> None:
        """Note conflicts: our revision with the mark of what lies there, and the region there (None: deleted)."""
        given = [*found]
        with self._database.writing() as connection:
            placed = _placed(connection, target, [one for one, _ in given])
            said = [written(theirs) if theirs is not None else None for _, theirs in given]
            rows = [
                (*place, one.rev, one.seen, record, now()) for (place, one), record in zip(placed, said, strict=True)
            ]
            connection.executemany("INSERT OR REPLACE INTO conflicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _placed(
    connection: sqlite3.Connection, target: str, agreements: Sequence[Agreement]
) -> list[tuple[tuple[str, int, int, str], Agreement]]:
    keys = Keys(connection)
    samples = keys.samples(one.sample_id for one in agreements)
    return [((target, samples[one.sample_id].key, keys.author(one.author), kept(one.id)), one) for one in agreements]
