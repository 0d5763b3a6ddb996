"""The line before the start of a server: so many start at once, the rest waits in order, and all see their place."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from hub_config import metrics

NEEDED = 256 * 2**20
"""Bytes of memory that a server and its first kernel take before anybody works in them."""
AGAIN = 1.0
"""Seconds until the memory is looked at again."""
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)


def free_memory() -> int:
    """Bytes that new processes may still take: of the machine, or of the container that the hub lives in."""
    free = int(psutil.virtual_memory().available)
    for limit, used, stat in _LIMITS:
        try:
            most, taken = int(Path(limit).read_text(encoding="ascii")), int(Path(used).read_text(encoding="ascii"))
            table = dict(line.split() for line in Path(stat).read_text(encoding="ascii").splitlines())
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
        cached = int(table.get("total_inactive_file", table.get("inactive_file", 0)))
        free = min(free, most - taken + cached)
    return free


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th …."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


class Line:
    """At most `starts` turns at a time (0: as many as there are cores), first come, first served.

    Nobody's turn comes while `free` says that the machine could not hold another server.
    """

    def __init__(self, starts: int, free: Callable[[], int] = free_memory) -> None:
        self._starts = starts if starts > 0 else os.cpu_count() or 1
        self._free = free
        self._waiting: dict[Hashable, asyncio.Future[None]] = {}
        self._starting = 0
        self._later: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def place(self, who: Hashable) -> int:
        """1 for who comes next; 0 for who does not wait."""
        return next((number for number, one in enumerate(self._waiting, 1) if one == who), 0)

    def sentence(self, who: Hashable) -> str:
        """What a person in the line is told; empty for who does not wait."""
        if not (place := self.place(who)):
            return ""
        if self._later is None:
            return f"You are {ordinal(place)} in line; your server starts by itself."
        return f"The machine's memory is full. You are {ordinal(place)} in line; your server starts when there is room."

    @asynccontextmanager
    async def turn(self, who: Hashable) -> AsyncIterator[None]:
        """Waits for the turn of `who` and holds it; whoever gives up waiting, or fails, frees the place."""
        called = asyncio.get_running_loop().create_future()
        self._waiting[who] = called
        try:
            self._call()
            await called
            yield
        finally:
            if called.done() and not called.cancelled():
                self._starting -= 1
            else:
                self._waiting.pop(who, None)
            self._call()

    def _call(self) -> None:
        """Gives their turn to as many as may start now."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        while self._waiting and self._starting < self._starts:
            if self._free() < NEEDED * (self._starting + 1):
                self._later = asyncio.get_running_loop().call_later(AGAIN, self._call)
                break
            called = self._waiting.pop(next(iter(self._waiting)))
            if not called.done():
                called.set_result(None)
                self._starting += 1
        metrics.line_length(len(self._waiting))
