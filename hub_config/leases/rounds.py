"""What the broker does by the clock: it counts what is used, warns idle kernels, and takes back their cards."""

import asyncio
import contextlib
import time
from dataclasses import replace

from hub_config.leases import register, telling
from hub_config.leases.broker import Broker
from hub_config.leases.people import Kernel

LOOK = 3.0
"""Seconds between two looks at the process table."""
STEP = 0.5
"""Seconds between two looks at who is idle."""
RETURN = 3.0
"""Seconds in which those who waited come back after the broker was started anew."""


class Rounds:
    """Goes round until it is cancelled."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def go(self) -> None:
        """Round after round."""
        begun = looked = time.monotonic()
        returned = False
        while True:
            await asyncio.sleep(STEP)
            if not returned and time.monotonic() - begun > RETURN:
                returned = True
                self._broker.stop_waiting_for_the_absent()
            if time.monotonic() - looked >= LOOK:
                looked = time.monotonic()
                with contextlib.suppress(OSError):  # a full disk: it stays in memory until the next round
                    self.count()
            for kernel in list(self._broker.kernels.values()):
                self._mind(kernel)

    def count(self) -> None:
        """Counts what was used up to now, and writes it down."""
        broker = self._broker
        broker.meter.look(broker.servers.values(), broker.kernels.values())
        register.keep_counts(broker.store, broker)

    def _mind(self, kernel: Kernel) -> None:
        """Warns or ends an idle kernel that holds a card; one that works is let be, and its warning is forgotten."""
        broker, now, report = self._broker, time.time(), kernel.report
        rule = telling.rule(broker, kernel)
        if kernel.lease is None or kernel.process is None or kernel.final or rule is None or report is None:
            return
        if broker.meter.computed(kernel):  # in a thread, between cells
            report = kernel.report = replace(report, last_activity=max(report.last_activity, now))
        if not rule.to_warn(report, now):
            if kernel.warned:
                kernel.warned = 0.0
                broker.store.event("at work again", kernel)
        elif not kernel.warned:
            kernel.warned = now
            minutes = (rule.ends(report, now) - now) / 60
            broker.store.event("warning", kernel, f"idle; its card is taken back in {minutes:.1f} minutes")
        elif now >= rule.ends(report, kernel.warned):
            broker.endings.take_back(kernel)
