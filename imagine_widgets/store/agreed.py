"""What lies at another place (Label Studio) and how far both sides agree: the memory of the bridge.

For each region that was exchanged: our revision at that moment, and a mark of what the other side held (`seen`). A row
of ours with another revision changed here; an item there with another mark changed there; both: a conflict, which
waits here for a person.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from imagine_kernels.records import Region, now, to_json
from imagine_widgets.store.database import Database
from imagine_widgets.store.holding import region
from imagine_widgets.store.keys import Keys
from imagine_widgets.store.spelling import kept, told

NEVER = "~  0"
"""The mark of what was never seen there; of what is found there later nothing is agreed yet."""
_NAMED = "JOIN samples s ON s.key = t.sample JOIN authors a ON a.key = t.author"
_SAME = "{0}.target = ?1 AND {0}.sample = w.sample AND {0}.author = w.author AND {0}.id = w.id"
_PENDING = f"""FROM words w JOIN samples s ON s.key = w.sample JOIN authors a ON a.key = w.author
    LEFT JOIN agreed g ON {_SAME.format("g")} LEFT JOIN conflicts c ON {_SAME.format("c")}
    WHERE w.current = 1 AND w.id != '' AND (g.rev != w.rev OR (g.rev IS NULL AND NOT w.deleted))
    AND (c.rev IS NULL OR c.rev != w.rev)"""
"""Regions whose word here the target does not have, and that wait for no person."""

_WITHDRAWN = f"""FROM words w JOIN samples s ON s.key = w.sample JOIN authors a ON a.key = w.author
    LEFT JOIN agreed g ON {_SAME.format("g")} LEFT JOIN conflicts c ON {_SAME.format("c")}
    WHERE w.current = 1 AND w.id != '' AND w.deleted AND g.rev IS NULL AND c.rev IS NULL"""
"""Deleted regions about which nothing is agreed with the target, and that wait for no person."""

_DISPUTE = """INSERT INTO conflicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET rev = excluded.rev, seen = excluded.seen, theirs = excluded.theirs"""


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
    """A region of `author` that was changed on both sides since they agreed.

    `rev` is our word, `theirs` the other side's and `by` whose it is: None where it was deleted there.
    """

    target: str
    sample_id: str
    author: str
    id: str
    rev: int
    seen: str
    theirs: Region | None
    by: str
    at: str


class Agreed:
    """Places, agreements and conflicts by target, a name such as "label-studio:17"."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reached(self, target: str) -> str:
        """Until when everything was taken from there, by the clock of the target; "" where never."""
        found = self._database.rows("SELECT at FROM reached WHERE target = ?", (target,))
        return str(found[0][0]) if found else ""

    def reach(self, target: str, at: str) -> None:
        """Note that everything until then was taken."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO reached VALUES (?, ?)", (target, at))

    def places(self, target: str) -> dict[tuple[str, str], str]:
        """Where each sample's annotation of each author lies at the target, in the target's own words."""
        asked = f"SELECT s.id, a.name, t.place FROM places t {_NAMED} WHERE t.target = ?"  # noqa: S608
        return {(told(sample), told(author)): place for sample, author, place in self._database.rows(asked, (target,))}

    def put(self, target: str, places: Iterable[tuple[str, str, str]]) -> None:
        """Note where annotations lie now: (sample, author, place)."""
        given = [*places]
        if not given:
            return
        with self._database.writing() as connection:
            keys = Keys(connection)
            samples = keys.samples(sample for sample, _, _ in given)
            rows = [(target, samples[sample].key, keys.author(author), place) for sample, author, place in given]
            connection.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", rows)

    def of(self, target: str, sample_id: str) -> dict[tuple[str, str], Agreement]:
        """The agreements about one sample, by author and region."""
        asked = f"SELECT a.name, t.id, t.rev, t.seen FROM agreed t {_NAMED} WHERE t.target = ? AND s.id = ?"  # noqa: S608
        rows = self._database.rows(asked, (target, kept(sample_id)))
        made = (Agreement(sample_id, told(author), told(id_), rev, seen) for author, id_, rev, seen in rows)
        return {(one.author, one.id): one for one in made}

    def all(self, target: str) -> Iterator[Agreement]:
        """Every agreement with the target."""
        asked = f"SELECT s.id, a.name, t.id, t.rev, t.seen FROM agreed t {_NAMED} WHERE t.target = ?"  # noqa: S608
        for sample, author, id_, rev, seen in self._database.rows(asked, (target,)):
            yield Agreement(told(sample), told(author), told(id_), rev, seen)

    def said(self, sample_id: str, author: str, id_: str) -> tuple[Region, ...]:
        """All that an author ever said of a region, oldest first."""
        asked = "SELECT t.record FROM words t"
        where = "WHERE s.id = ? AND a.name = ? AND t.id = ? AND t.record IS NOT NULL ORDER BY t.rev"
        rows = self._database.rows(f"{asked} {_NAMED} {where}", (kept(sample_id), kept(author), kept(id_)))
        return tuple(found for (record,) in rows if (found := region(record)) is not None)

    def pending(self, target: str) -> dict[str, int]:
        """How many regions of each sample wait to be sent there."""
        asked = f"SELECT s.id, count(*) {_PENDING} GROUP BY s.id"
        return {told(sample): count for sample, count in self._database.rows(asked, (target,))}

    def withdrawn(self, target: str) -> tuple[Agreement, ...]:
        """Regions that were deleted here before anything was agreed about them: a push that was cut off may have sent
        them. As agreements: what is noted once they do not lie there.
        """
        rows = self._database.rows(f"SELECT s.id, a.name, w.id, w.rev {_WITHDRAWN}", (target,))
        return tuple(Agreement(told(sample), told(author), told(id_), rev, NEVER) for sample, author, id_, rev in rows)

    def unsent(self) -> int:
        """How many regions lie at no target at all as they are here."""
        there = "EXISTS (SELECT 1 FROM agreed g WHERE g.sample = w.sample AND g.author = w.author AND g.id = w.id"
        asked = f"SELECT count(*) FROM words w WHERE w.current = 1 AND w.id != '' AND NOT w.deleted AND NOT {there}"  # noqa: S608
        return int(next(iter(self._database.rows(f"{asked} AND g.rev = w.rev)")), (0,))[0])

    def needs(self, target: str) -> frozenset[tuple[str, str]]:
        """The labels of what waits to be sent there, each with its kind of shape ("": the whole sample)."""
        asked = "SELECT DISTINCT json_extract(w.record, '$.label'), json_extract(w.record, '$.shape.kind')"
        rows = self._database.rows(f"{asked} {_PENDING} AND NOT w.deleted", (target,))
        return frozenset((told(label), kind or "") for label, kind in rows if label)

    def agree(self, target: str, agreements: Iterable[Agreement]) -> None:
        """Note what both sides have now; conflicts about these regions are over."""
        given = [*agreements]
        if not given:
            return
        with self._database.writing() as connection:
            rows = [(*place, one.rev, one.seen) for place, one in _placed(connection, target, given)]
            connection.executemany("INSERT OR REPLACE INTO agreed VALUES (?, ?, ?, ?, ?, ?)", rows)
            over = "DELETE FROM conflicts WHERE target = ? AND sample = ? AND author = ? AND id = ?"
            connection.executemany(over, [row[:4] for row in rows])

    def conflicts(self, target: str = "") -> tuple[Conflict, ...]:
        """What waits for a person: about one target, or all."""
        asked = "SELECT t.target, s.id, a.name, t.id, t.rev, t.seen, t.theirs, t.at FROM conflicts t"
        rows = self._database.rows(f"{asked} {_NAMED} WHERE t.target = ?1 OR ?1 = '' ORDER BY t.at", (target,))
        return tuple(
            Conflict(of, told(sample), told(author), told(id_), rev, seen, *_theirs(theirs), at)
            for of, sample, author, id_, rev, seen, theirs, at in rows
        )

    def dispute(self, target: str, found: Iterable[tuple[Agreement, Region | None, str]]) -> None:
        """Note conflicts: our revision with the mark of what lies there, the region there (None: deleted), and whose.

        What waits for a person already stays as it was noted.
        """
        given = [*found]
        if not given:
            return
        with self._database.writing() as connection:
            placed = _placed(connection, target, [one for one, _, _ in given])
            said = [_written(theirs, by) for _, theirs, by in given]
            rows = [
                (*place, one.rev, one.seen, record, now()) for (place, one), record in zip(placed, said, strict=True)
            ]
            connection.executemany(_DISPUTE, rows)


def _written(theirs: Region | None, by: str) -> str:
    record = to_json(theirs) if theirs is not None else None
    return json.dumps({"by": by, "region": record}, separators=(",", ":"), allow_nan=False)


def _theirs(record: str) -> tuple[Region | None, str]:
    said = json.loads(record)
    return (region(json.dumps(said["region"])) if said["region"] is not None else None), str(said["by"])


def _placed(
    connection: sqlite3.Connection, target: str, agreements: Sequence[Agreement]
) -> list[tuple[tuple[str, int, int, str], Agreement]]:
    keys = Keys(connection)
    samples = keys.samples(one.sample_id for one in agreements)
    return [((target, samples[one.sample_id].key, keys.author(one.author), kept(one.id)), one) for one in agreements]
