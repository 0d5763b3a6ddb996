"""What Prometheus reads at /hub/metrics beside JupyterHub's own: warm and cold starts, the line, graphics cards.

Times are seconds; memory does not occur. The hub's spawner tells of servers; kernels and cards are asked of the broker.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from typing import Any, NamedTuple

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from hub_config.leases import client
from hub_config.settings import Settings

KINDS = ("warm", "cold")
REASONS = 20
"""So many different reasons of cold starts are told apart; a figure for each sentence would fill the database."""
MOMENT = 0.5
"""Seconds for which a reading waits for the broker."""
NOW = (
    ("imagine_lease_queue_length", "queue", "Kernels that wait in line for a graphics card"),
    ("imagine_leases", "leases", "Leases of graphics cards that are held"),
    ("imagine_card_shares", "shares", "Shares of graphics cards there are"),
    ("imagine_card_shares_free", "free", "Shares of graphics cards that nobody holds"),
    ("imagine_kernels", "kernels", "Kernels that run"),
    ("imagine_servers", "servers", "Servers of people whose kernels may ask for cards"),
)
"""Figures of this moment: name, word of the broker, meaning."""
_log = logging.getLogger("imagine.metrics")
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


class Broker:
    """Asks the broker at every reading, in a thread: one that is slow or gone costs its figures, not the page."""

    def __init__(self, stats: Callable[[], Mapping[str, Any]]) -> None:
        """`stats` is `leases.client.stats` of this installation."""
        self._stats, self._threads = stats, ThreadPoolExecutor(1, "metrics")
        self._answer: Future[Mapping[str, Any]] | None = None
        self._missed = False

    def describe(self) -> list[Metric]:
        """Nothing: else Prometheus would ask the broker while the hub starts."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The figures of kernels and of graphics cards."""
        if self._answer is None or self._answer.done():
            self._answer = self._threads.submit(self._stats)
        try:
            found = list(_families(self._answer.result(MOMENT)))
        except (OSError, TimeoutError, LookupError, TypeError, ValueError) as error:
            if not self._missed:
                _log.warning("Figures of graphics cards are missing: %s", error or "the broker did not answer in time")
            self._missed = True
            return
        self._missed = False
        yield from found


def _families(stats: Mapping[str, Any]) -> Iterator[Metric]:
    starts = CounterMetricFamily("imagine_kernel_starts", "Kernels started", labels=["kind", "reason"])
    for one in stats["starts"]:
        starts.add_metric([one["kind"], one["reason"]], one["count"])
    seconds = HistogramMetricFamily("imagine_kernel_start_seconds", "Seconds until its process ran", labels=["kind"])
    for kind, one in stats["start_seconds"].items():
        seconds.add_metric([kind], *_histogram(one))
    waits = HistogramMetricFamily("imagine_lease_wait_seconds", "Seconds in line for a graphics card")
    waits.add_metric([], *_histogram(stats["wait_seconds"]))
    ends = CounterMetricFamily(
        "imagine_leases_ended", "Leases of graphics cards that ended, by how", labels=["outcome"]
    )
    for outcome, count in stats["outcomes"].items():
        ends.add_metric([outcome], count)
    yield from (starts, seconds, waits, ends)
    yield CounterMetricFamily("imagine_lease_refusals", "Kernels that were refused a card", value=stats["refusals"])
    for name, key, about in NOW:
        yield GaugeMetricFamily(name, about, value=stats[key])


def _histogram(one: Mapping[str, Any]) -> tuple[list[tuple[str, float]], float]:
    return [*((str(bound), count) for bound, count in one["buckets"]), ("+Inf", one["count"])], one["sum"]


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401, ARG001 - all parts of the configuration are called so
    """Adds our figures to those of the hub's process."""
    _figures()
    REGISTRY.register(Broker(partial(client.stats, settings)))
