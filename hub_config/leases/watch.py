"""Processes that hold something here: their end is seen whatever ended them, and what they left behind is ended too."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from imagine_kernels.launch.leases import started

HERTZ = os.sysconf("SC_CLK_TCK")


class Process:
    """A living process, held by a descriptor that cannot come to mean another one."""

    def __init__(self, pid: int, *, began: int, uid: int | None = None) -> None:
        """Raises ProcessLookupError unless `pid` lives, began then (clock ticks) and belongs to `uid` (None: any)."""
        gone = ProcessLookupError(f"Process {pid} is not there (any more).")
        try:
            self.pidfd = os.pidfd_open(pid)
        except (OSError, OverflowError, ValueError) as error:
            raise gone from error
        self.pid, self.began = pid, began
        # checked after the descriptor was taken: what is read now is about the process that it holds
        if not began or started(pid) != began or not _lives(pid) or uid not in (None, _owner(pid)):
            os.close(self.pidfd)
            raise gone

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Calls `tell` from the running event loop once it has ended."""
        asyncio.get_running_loop().add_reader(self.pidfd, self._fired, tell)

    def _fired(self, tell: Callable[[], None]) -> None:
        self.let_go()
        tell()

    def let_go(self) -> None:
        """Watches it no more."""
        if self.pidfd >= 0:
            asyncio.get_running_loop().remove_reader(self.pidfd)
            os.close(self.pidfd)
            self.pidfd = -1

    @property
    def ended(self) -> bool:
        """Whether its end was seen, or it is watched no more."""
        return self.pidfd < 0

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to it and, where it leads one, to its process group."""
        if self.ended:
            return
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self.pidfd, 0)  # raises when it is gone and its number may mean another group
            if os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, number)
            else:
                signal.pidfd_send_signal(self.pidfd, number)


Table = dict[int, "Seen"]


@dataclass(frozen=True)
class Seen:
    """One line of the process table; `cpu` are the seconds of it and of its children that it waited for."""

    pid: int
    parent: int
    session: int
    dead: bool
    cpu: float


def table() -> Table:
    """All processes of this machine, as they are now."""
    found = (_seen(entry) for entry in os.listdir("/proc") if entry.isdigit())  # noqa: PTH208 - every few seconds
    return {seen.pid: seen for seen in found if seen is not None}


def _seen(pid: str) -> Seen | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    times = sum(int(fields[i]) for i in (11, 12, 13, 14))
    return Seen(int(pid), int(fields[1]), int(fields[3]), fields[0] in (b"Z", b"X"), times / HERTZ)


def members(root: int, seen: Table, others: set[int]) -> Iterator[Seen]:
    """`root`, its descendants and those of its session, but not `others` with theirs."""
    children: dict[int, list[int]] = {}
    for one in seen.values():
        children.setdefault(one.parent, []).append(one.pid)
    found: set[int] = set()
    left = [root, *(one.pid for one in seen.values() if one.session == root)]
    while left:
        pid = left.pop()
        if pid in found or (pid in others and pid != root) or pid not in seen:
            continue
        found.add(pid)
        left += children.get(pid, [])
        yield seen[pid]


def left_behind(session: int, mark: str, seen: Table) -> list[int]:
    """Living processes of the `session` whose leader ended (0: of none), and those with `mark` in their environment."""
    leader = seen.get(session)
    if leader is not None and not leader.dead:
        session = 0  # the number was given to a new process
    return [one.pid for one in seen.values() if _is_left(one, session, mark)]


def end_left_behind(session: int, mark: str, seen: Table) -> int:
    """Ends them at once, and returns how many there were."""
    left = left_behind(session, mark, seen)
    for pid in left:
        with contextlib.suppress(OSError):
            pidfd = os.pidfd_open(pid)
            try:  # looked at again: what the descriptor holds is surely one of them
                if (now := _seen(str(pid))) is not None and _is_left(now, session, mark):
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            finally:
                os.close(pidfd)
    return len(left)


def _is_left(one: Seen, session: int, mark: str) -> bool:
    return not one.dead and (one.session == session > 0 or _bears(one.pid, mark))


def _bears(pid: int, mark: str) -> bool:
    try:
        return bool(mark) and mark.encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def _lives(pid: int) -> bool:
    seen = _seen(str(pid))
    return seen is not None and not seen.dead


def _owner(pid: int) -> int | None:
    """The real account, since a process that may not be traced shows as root's."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("Uid:"):
                return int(line.split()[1])
    return None
