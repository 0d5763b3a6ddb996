"""What is in a store, counted by SQLite without making a record, and how fast a person was."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from imagine_widgets.store.database import Database
from imagine_widgets.store.spelling import kept, told

_COUNT = """SELECT a.name, w.tool, json_extract(w.record, '$.label', '$.shape.kind', '$.state') AS said, count(*)
    FROM words w JOIN authors a ON a.key = w.author
    WHERE w.current = 1 AND w.deleted = 0 AND json_valid(w.record) GROUP BY w.author, w.tool, said"""
_SPEED = """SELECT coalesce(sum((last - first + 1) * (1 - taken)), 0), coalesce(sum(seconds), 0), coalesce(sum(keys), 0)
    FROM batches WHERE root IS NULL AND seconds IS NOT NULL AND last >= first AND (? IS NULL OR author = ?)
    AND (? IS NULL OR tool = ?)"""


class Kind(NamedTuple):
    """Regions that are alike: `shape` is its name ("Box"), "" for the whole sample; `state` is one of STATES or ""."""

    author: str
    tool: str
    label: str
    shape: str
    state: str


@dataclass(frozen=True, slots=True)
class Speed:
    """What labels cost a person: `labels` that were timed and stand, and what they and those taken back took."""

    labels: int
    seconds: float
    keys: int

    @property
    def per_hour(self) -> float | None:
        """Labels an hour; None before any was timed."""
        return self.labels * 3600 / self.seconds if self.seconds > 0 else None

    @property
    def keys_per_label(self) -> float | None:
        """Keys and clicks a label; None before any was timed."""
        return self.keys / self.labels if self.labels else None


def counts(database: Database) -> Counter[Kind]:
    """How many live regions there are of each kind, of every author."""
    found: Counter[Kind] = Counter()
    for kind, number in _kinds(database.rows(_COUNT)):
        found[kind] += number
    return found


def _kinds(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Kind, int]]:
    for author, tool, said, number in rows:
        label, shape, state = json.loads(said)
        if isinstance(label, str):  # else it is no region, but edited by hand
            yield Kind(told(author), told(tool), label, str(shape or ""), str(state or "")), number


def speed(database: Database, author: str | None, tool: str | None = None) -> Speed:
    """Of one author, or of all; using one tool, or any."""
    by, using = (kept(name) if name is not None else None for name in (author, tool))
    rows = database.rows(_SPEED, (by, by, using, using))
    return Speed(*rows[0]) if rows else Speed(0, 0.0, 0)
