"""What is used, for the books: seconds of lent cards, of cards at work, and of processors."""

import contextlib
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from hub_config.leases import watch
from hub_config.leases.idle import works
from hub_config.leases.inventory import Utilisation
from hub_config.leases.people import Kernel, Server
from hub_config.leases.store import Used

DRIVER, REPORTS, NOBODY = "driver", "reports", "nobody"
"""Who told how long a card was at work: its driver, the person's server (the kernel was busy), or nobody."""


def by_day(begin: float, end: float) -> Iterator[tuple[str, float]]:
    """The seconds from `begin` to `end` (since 1970), cut at each midnight UTC."""
    while begin < end:
        day = datetime.fromtimestamp(begin, UTC)
        midnight = (day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).timestamp()
        until = min(end, midnight)
        yield f"{day:%Y-%m-%d}", until - begin
        begin = until


class Meter:
    """Counts in memory, until it is told that all is written down."""

    def __init__(self, shares: int) -> None:
        """`shares`: into how many each card is cut; one of them for a second is so much less than a GPU second."""
        self._shares = shares
        self._driver = Utilisation()
        self._computed: dict[str, dict[int, float]] = {}
        self._used: dict[tuple[str, str, tuple[str, ...], str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])

    def close(self) -> None:
        """Lets go of the driver."""
        self._driver.close()

    def look(self, servers: Collection[Server], kernels: Collection[Kernel]) -> None:
        """Reads the process table and the driver once, for all."""
        seen = watch.table() if servers or kernels else {}
        running = {kernel.process.pid: kernel for kernel in kernels if kernel.process is not None}
        self._computed = self._driver.read({card for k in kernels if k.lease for card in k.lease.cards})
        for pid, kernel in running.items():
            family = list(watch.members(pid, seen, running.keys() - {pid}))
            self._cpu(kernel.server, kernel.use_case, kernel.cpu.more(sum(one.cpu for one in family)))
            self._card_of(kernel, {one.pid for one in family})
        for server in servers:
            cpu = sum(one.cpu for one in watch.members(server.process.pid, seen, set(running)))
            self._cpu(server, "", server.cpu.more(cpu))

    def last_look(self, kernel: Kernel, seen: watch.Table) -> None:
        """When its process has just ended: what can still be read of it, and its lease up to now."""
        if kernel.process is not None:
            cpu = sum(one.cpu for one in watch.members(kernel.process.pid, seen, set()))
            self._cpu(kernel.server, kernel.use_case, kernel.cpu.more(cpu))
        self.count(kernel)

    def count(self, kernel: Kernel, told_by: str = "", busy: float | None = None) -> None:
        """Counts the lease of `kernel` up to now; `busy` is the part of the time its cards were at work."""
        lease = kernel.lease
        if lease is None:
            return
        clock, now = time.monotonic(), time.time()
        working = works(kernel.report, now)
        told_by = told_by or (NOBODY if working is None else REPORTS)
        part = len(lease.cards) / self._shares
        if busy is None:
            busy = part if working else 0.0
        elapsed = clock - lease.counted_clock
        for day, seconds in by_day(now - elapsed, now):
            used = self._used[day, kernel.server.user, _order(kernel.server.groups), kernel.use_case, told_by]
            used[1] += seconds * part
            used[2] += seconds * busy
        lease.counted, lease.counted_clock = now, clock

    @contextlib.contextmanager
    def written(self) -> Iterator[None]:
        """Forgets what was counted, unless what is done inside fails."""
        yield
        self._used.clear()

    def uncounted(self) -> list[Used]:
        """What was counted since."""
        return [Used(*key, *seconds) for key, seconds in self._used.items()]

    def _cpu(self, server: Server, use_case: str, seconds: float) -> None:
        if seconds > 0:
            today = f"{datetime.now(UTC):%Y-%m-%d}"
            self._used[today, server.user, _order(server.groups), use_case, ""][0] += seconds

    def _card_of(self, kernel: Kernel, family: set[int]) -> None:
        """Where the driver tells of each of its cards, that counts; else what the server reports."""
        cards = set(kernel.lease.cards) if kernel.lease else set()
        if not cards or not cards <= self._computed.keys():
            self.count(kernel)
            return
        busy = sum(part for card in cards for pid, part in self._computed[card].items() if pid in family)
        self.count(kernel, DRIVER, busy)

    def computed(self, kernel: Kernel) -> bool:
        """Whether the driver saw the kernel's own process compute at the last look."""
        pid = kernel.process.pid if kernel.process else 0
        return any(pid in self._computed.get(card, {}) for card in (kernel.lease.cards if kernel.lease else ()))


def _order(groups: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(groups))
