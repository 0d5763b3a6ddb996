"""Counters and histograms for the metrics page: counted from the records once, then kept up as things happen."""

import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub_config.leases.store import Store

START = (0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
WAIT = (0.05, 1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
MOST_REASONS = 50
"""Kinds and reasons of starts that are told apart: askers may say anything."""


class Histogram:
    """How many values were at most each of `bounds`, and their sum."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds, self.counts, self.sum = tuple(bounds), [0] * (len(bounds) + 1), 0.0

    def see(self, value: float) -> None:
        """Counts one value."""
        self.counts[bisect.bisect_left(self.bounds, value)] += 1
        self.sum += value

    def as_record(self) -> dict[str, Any]:
        """With cumulative counts, as Prometheus has them."""
        up_to = [sum(self.counts[: i + 1]) for i in range(len(self.bounds))]
        return {"buckets": list(zip(self.bounds, up_to, strict=True)), "sum": self.sum, "count": sum(self.counts)}


@dataclass
class Figures:
    """All that is counted."""

    starts: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: dict[str, Histogram] = field(default_factory=dict)
    waits: Histogram = field(default_factory=lambda: Histogram(WAIT))
    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: int = 0

    @classmethod
    def of(cls, store: Store) -> "Figures":
        """Counted from the records."""
        figures = cls()
        for row in store.rows("SELECT kind, reason, seconds FROM kernels"):
            figures.start(row["kind"], row["reason"], row["seconds"])
        for row in store.rows("SELECT waited, outcome FROM leases"):
            figures.waits.see(row["waited"])
            if row["outcome"]:
                figures.outcomes[row["outcome"]] += 1
        figures.refusals = store.rows("SELECT count(*) AS count FROM events WHERE what = 'refusal'")[0]["count"]
        return figures

    def start(self, kind: str, reason: str, seconds: float) -> None:
        """A kernel has started."""
        if (kind, reason) not in self.starts and len(self.starts) >= MOST_REASONS:
            reason = "another reason"
        self.starts[kind, reason] += 1
        self.seconds.setdefault(kind, Histogram(START)).see(seconds)

    def as_record(self) -> dict[str, Any]:
        """As `client.stats` describes it."""
        return {
            "starts": [{"kind": kind, "reason": why, "count": count} for (kind, why), count in self.starts.items()],
            "start_seconds": {kind: histogram.as_record() for kind, histogram in self.seconds.items()},
            "wait_seconds": self.waits.as_record(),
            "outcomes": dict(self.outcomes),
            "refusals": self.refusals,
        }
