"""Follows the kernels of one person's server: tells the broker what they do, and the page what the broker says.

Runs in the server's own process, every second; it never waits for the broker itself.
"""

import asyncio
import os
import time
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from logging import Logger
from typing import Any

from tornado.ioloop import PeriodicCallback

from hub_config.lab.kernels import Fact, Kernels
from hub_config.lab.memory import Memory
from imagine_kernels import environment
from imagine_kernels.launch import leases

SECONDS = 1.0
FRESH = 30.0
"""Seconds after which the broker is told even what has not changed."""
NOTHING: Mapping[str, Any] = {"leases": [], "queue": [], "taken": [], "cards": []}


class Watch:
    """One server's rounds; `times` is where jupyter_server looks for signs of life."""

    def __init__(self, kernels: Kernels, times: MutableMapping[str, datetime], log: Logger) -> None:
        self._kernels, self._times, self._log = kernels, times, log
        self._memory = Memory(log)
        self._told: dict[str, tuple[Fact, float]] = {}
        self._silent = False

    def start(self) -> None:
        """Begins the rounds, in the event loop that runs now."""
        PeriodicCallback(self.look, SECONDS * 1000).start()

    async def look(self) -> None:
        """One round."""
        self._memory.look()
        facts = self._kernels.facts()
        if any(fact.busy for fact in facts.values()):
            self._times["imagine_busy_kernel"] = datetime.now(UTC)  # a long silent cell sends nothing that would count
        if environment.LEASES in os.environ:
            await self._tell(facts)

    async def _tell(self, facts: Mapping[str, Fact]) -> None:
        now = time.monotonic()
        news = [name for name, fact in facts.items() if self._is_news(name, fact, now)]
        self._told = {name: said for name, said in self._told.items() if name in facts}
        for name in news:
            fact = facts[name]
            try:
                await asyncio.to_thread(leases.activity, name, fact.busy, fact.last_activity)
            except OSError as error:
                return self._complain(error)
            self._told[name] = fact, now
            self._silent = False
        return None

    def _is_news(self, name: str, fact: Fact, now: float) -> bool:
        before, when = self._told.get(name, (None, 0.0))
        return fact != before or now > when + FRESH

    def _complain(self, error: OSError) -> None:
        """Once, not with every round."""
        if not self._silent:
            self._log.warning("%s", error)
        self._silent = True

    async def picture(self) -> dict[str, object]:
        """What the page shows: each kernel that waits, holds, has lost or could not start, and who holds the cards."""
        said = NOTHING
        if environment.LEASES in os.environ:
            try:
                said = await asyncio.to_thread(leases.state)
            except OSError as error:
                self._complain(error)
        facts, now = self._kernels.facts(), time.time()
        found: dict[str, dict[str, object]]
        found = {name: {"is": "failed", "why": fact.failed} for name, fact in facts.items() if fact.failed}
        found |= {one["kernel"]: {"is": "lost", "why": one["why"]} for one in said["taken"] if _is_lost(one, facts)}
        found |= {one["kernel"]: _holding(one, now) for one in said["leases"] if one.get("kernel") in facts}
        found |= {one["kernel"]: _waiting(one, said, now) for one in said["queue"] if one.get("kernel") in facts}
        return {
            "lends": os.environ.get(environment.GPUS, "0") not in ("", "0"),
            "kernels": found,
            "holders": [_holder(one, now) for one in said["leases"]],
            "ended_for_memory": self._memory.ended,
        }


def _holding(lease: Mapping[str, Any], now: float) -> dict[str, object]:
    """`left`: seconds until the card is taken back, once the kernel is warned."""
    ends = lease.get("ends")
    left = max(0.0, ends - now) if lease.get("warned") and ends is not None else None
    return {"is": "holding", "cards": lease["cards"], "held": max(0.0, now - lease["since"]), "left": left}


def _waiting(asked: Mapping[str, Any], said: Mapping[str, Any], now: float) -> dict[str, object]:
    waits = {"place": asked["place"], "of": len(said["queue"]), "waited": max(0.0, now - asked["since"])}
    return {"is": "waiting", **waits, "count": asked.get("count", 1), "why": asked.get("why") or ""}


def _is_lost(taken: Mapping[str, Any], facts: Mapping[str, Fact]) -> bool:
    """Whether the kernel has lost its card and the person has not asked for it since."""
    fact = facts.get(taken.get("kernel", ""))
    return fact is not None and taken["when"] > fact.asked


def _holder(lease: Mapping[str, Any], now: float) -> dict[str, object]:
    shown = {"user": lease["user"], "cards": lease["cards"], "mine": bool(lease.get("mine"))}
    return {**shown, "held": max(0.0, now - lease["since"])}
