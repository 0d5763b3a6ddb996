"""What Prometheus reads at /hub/metrics beside JupyterHub's own: warm and cold starts, the line, graphics cards.

Times are seconds; memory does not occur. The hub's spawner tells of servers; kernels and cards are asked of the broker.
"""

from functools import cache
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram

KINDS = ("warm", "cold")
REASONS = 20
"""So many different reasons of cold starts are told apart; a figure for each sentence would fill the database."""
SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class _Figures(NamedTuple):
    starts: Counter
    seconds: Histogram
    line: Gauge


@cache
def _figures() -> _Figures:
    """The hub's own figures, known to Prometheus from the first call on."""
    figures = _Figures(
        Counter("imagine_server_starts", "Servers of people that came to listen, by the way they started", ["kind"]),
        Histogram("imagine_server_start_seconds", "Seconds until a server listened", ["kind"], buckets=SECONDS),
        Gauge("imagine_line_length", "People who wait in line for the start of their server"),
    )
    for kind in KINDS:  # a figure is there before the first start: 0, not missing
        figures.starts.labels(kind)
        figures.seconds.labels(kind)
    return figures


@cache
def _reasons() -> Counter:
    return Counter("imagine_server_cold_starts", "Servers that could not be forked warm, by the reason", ["reason"])


def server_started(kind: str, seconds: float, reason: str = "") -> None:
    """A person's server listens: `kind` is "warm" or "cold" (then with the `reason`), `seconds` is how long it took."""
    figures = _figures()
    figures.starts.labels(kind).inc()
    figures.seconds.labels(kind).observe(seconds)
    if reason:
        _reasons().labels(_known(reason)).inc()


@cache
def _told() -> set[str]:
    return set()


def _known(reason: str) -> str:
    told, short = _told(), reason[:100]
    if short in told or len(told) < REASONS:
        told.add(short)
        return short
    return "another reason"


def line_length(count: int) -> None:
    """So many people wait in line just now."""
    _figures().line.set(count)
