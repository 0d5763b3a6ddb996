"""How a lease ends: with its process, with its asker, or because its kernel was idle too long; nothing stays."""

import asyncio
import signal
import time
from typing import TYPE_CHECKING

from hub_config.leases import watch
from hub_config.leases.people import Kernel, Lease
from hub_config.leases.watch import Process

if TYPE_CHECKING:
    from hub_config.leases.broker import Broker

GRACE = 1.0
"""Seconds in which a kernel whose process ended may be restarted and keep its lease."""
UNBOUND = 10.0
"""Seconds in which a kernel that got its lease just before the broker was started anew must begin."""
INSIST = 3.0
"""Seconds between asking a process to end and ending it."""
SWEEP = 2.0
"""Seconds in which what a kernel left behind must be gone before its cards are lent on."""


class Endings:
    """The broker's other half: what happens at the end."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker
        self._timers: dict[Kernel, asyncio.TimerHandle] = {}
        self._sweeping: set[asyncio.Task[None]] = set()

    def process_ended(self, kernel: Kernel, process: Process) -> None:
        """The process of `kernel` is no more."""
        if kernel.process is not process:
            return
        seen = watch.table()
        self.forget_process(kernel, seen)
        if kernel.lease is not None:
            if kernel.final or (kernel.say is None and not kernel.found_again):
                self.end(kernel, "taken back" if kernel.taken_back else "ended", seen)
            else:
                watch.end_left_behind(kernel.session, "", seen)
                self._later(GRACE, kernel)
        self._broker.forget_if_gone(kernel)

    def process_missed(self, kernel: Kernel) -> None:
        """A process that was to hold its lease ended before it could be watched."""
        if kernel.process is None:
            self._later(GRACE, kernel)

    def forget_process(self, kernel: Kernel, seen: watch.Table | None = None) -> None:
        """Counts what the process of `kernel` used and watches it no more; where it lives after all, it is ended."""
        if kernel.process is None:
            return
        self._broker.meter.last_look(kernel, seen or watch.table())
        values = {"ended": time.time(), "cpu_seconds": kernel.cpu.total}
        self._broker.store.change("kernels", {"number": kernel.row}, **values)
        kernel.process.send(signal.SIGKILL)
        kernel.process.let_go()
        self._broker.store.event("stop", kernel, f"process {kernel.process.pid}, {kernel.cpu.total:.1f} s of CPU")
        kernel.process, kernel.row = None, 0

    def put_off(self, kernel: Kernel) -> None:
        """Its lease does not end, for it was restarted in time."""
        if timer := self._timers.pop(kernel, None):
            timer.cancel()

    def end_later(self, kernel: Kernel) -> None:
        """Ends a lease that was found again without a process, unless its kernel begins."""
        self._later(UNBOUND, kernel)

    def _later(self, seconds: float, kernel: Kernel) -> None:
        self.put_off(kernel)
        self._timers[kernel] = asyncio.get_running_loop().call_later(seconds, self.end, kernel, "ended")

    def end(self, kernel: Kernel, outcome: str, seen: watch.Table | None = None) -> None:
        """Ends the lease of `kernel` and whatever still uses it; then its cards are free."""
        self.put_off(kernel)
        if (lease := kernel.lease) is None:
            return
        broker = self._broker
        broker.meter.count(kernel)
        now = time.time()
        broker.store.change("leases", {"number": lease.number}, ended=now, counted=now, outcome=outcome)
        broker.store.event("end", kernel, f"{outcome}, after {now - lease.since:.1f} s")
        broker.figures.outcomes[outcome] += 1
        kernel.lease, kernel.warned = None, 0.0
        if watch.left_behind(kernel.session, lease.mark, seen or watch.table()):
            self._sweep(kernel.session, lease)
        else:
            broker.lending.free(lease)
        broker.forget_if_gone(kernel)

    def _sweep(self, session: int, lease: Lease) -> None:
        task = asyncio.get_running_loop().create_task(self._until_gone(session, lease))
        self._sweeping.add(task)
        task.add_done_callback(self._sweeping.discard)

    async def _until_gone(self, session: int, lease: Lease) -> None:
        end = time.monotonic() + SWEEP
        while watch.end_left_behind(session, lease.mark, watch.table()) and time.monotonic() < end:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)
        self._broker.lending.free(lease)

    def take_back(self, kernel: Kernel) -> None:
        """Ends the process of an idle kernel: a process does not let go of a card in any other way."""
        process, broker = kernel.process, self._broker
        if process is None or kernel.lease is None:
            return
        kernel.final, kernel.taken_back = True, time.time()
        why = (
            f"idle since {time.strftime('%H:%M', time.gmtime(kernel.report.last_activity if kernel.report else 0))} UTC"
        )
        broker.store.event("taking back", kernel, why)
        broker.remember_taken(kernel, why)
        process.send(signal.SIGTERM)
        asyncio.get_running_loop().call_later(INSIST, process.send, signal.SIGKILL)
