"""Who stands behind an ask: the servers that the hub introduced, their kernels, and what these hold."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hub_config.leases.idle import Report
from hub_config.leases.watch import Process

Say = Callable[[Mapping[str, object]], None]


class Refusal(Exception):  # noqa: N818 - it says what happened, in a sentence that is handed to whoever asked
    """What was asked for cannot be had."""


@dataclass
class Tally:
    """CPU seconds of a family of processes: `last` as the process table had them, `total` as they were counted."""

    last: float = 0.0
    total: float = 0.0

    def more(self, seconds: float) -> float:
        """What is new in `seconds`; nothing where a child that nobody waited for took its seconds along."""
        new, self.last = max(0.0, seconds - self.last), seconds
        self.total += new
        return new


@dataclass(eq=False)
class Server:
    """A person's running server; whoever shows its token speaks for it."""

    token_sha256: str
    user: str
    groups: frozenset[str]
    uid: int | None
    profile: str
    process: Process
    cpu: Tally = field(default_factory=Tally)


@dataclass
class Lease:
    """Shares of cards (one card for each share), held since `since`; counted for the books up to `counted`."""

    number: int
    mark: str
    """In the environment of every process that may use it."""
    key: str
    """Its name in the queue."""
    cards: tuple[str, ...]
    since: float
    counted: float
    counted_clock: float
    """The same moment on the clock that nobody sets."""


@dataclass(eq=False)
class Kernel:
    """A kernel of `server`: one that asks, waits, holds or just runs."""

    server: Server
    kernel: str
    use_case: str
    say: Say | None = None
    """Its asker's ear, while the asker's connection is open."""
    key: str = ""
    """Its name in the queue, while it waits."""
    asked: float = 0.0
    told_place: int = 0
    lease: Lease | None = None
    process: Process | None = None
    session: int = 0
    """The session that its last process may have led; no other can have that number while a member lives."""
    row: int = 0
    final: bool = False
    """Whether its asker said that it will not be restarted."""
    found_again: bool = False
    """Whether it was running when the broker started: its asker is not connected and may still be there."""
    report: Report | None = None
    warned: float = 0.0
    taken_back: float = 0.0
    cpu: Tally = field(default_factory=Tally)

    def hear(self, message: Mapping[str, object]) -> None:
        """Says `message` to its asker, if that is there."""
        if self.say is not None:
            self.say(message)


@dataclass(frozen=True)
class Taken:
    """A card that was taken back from an idle kernel."""

    kernel: Kernel
    when: float
    why: str


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
