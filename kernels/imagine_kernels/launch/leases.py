"""A kernel's conversation with the broker that lends graphics cards, open from before its start to its end.

Standard library only: the provisioner, papermill and the server's extension all speak through it. It belongs to no
event loop: papermill runs one conversation in several.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagine_kernels import environment
from imagine_kernels.launch.lines import Line

SILENCE = 30.0
"""Seconds without a broker after which a kernel that wants a card is refused; one that is started anew takes less."""
NOBODY = (
    "Nobody answers who lends the graphics cards: ask the operator (make status), or start a server without a card."
)
MARK = "IMAGINE_LEASE"
"""Names the lease in the environment of every process that may use it: none of them outlives it."""
MEMORY_CAP = "PYTORCH_CUDA_ALLOC_CONF"
"""Read by torch when it first uses a card."""


class LeaseRefused(PermissionError):  # noqa: N818 - it says what happened, and is shown to people
    """The broker will not lend what was asked for; the sentence says why and what to do."""


@dataclass(frozen=True)
class Lease:
    """Shares of graphics cards, lent to one kernel; `env` is what its process needs to find them, and only them."""

    number: int
    env: Mapping[str, str]


class Asking:
    """One kernel's conversation with the broker, kept open while the kernel lives; `close` when it is gone for good."""

    def __init__(self, use_case: str, kernel_id: str) -> None:
        """Speaks for the person whose server this process belongs to."""
        self._address = _address()
        self._hello = {"say": "kernel", "use_case": use_case, "kernel": kernel_id, "token": _token()}
        self._line: Line | None = None
        self._lease: Lease | None = None
        self._silent_since = 0.0

    async def gpus(self, count: int, *, tell: Callable[[int], None] | None = None) -> Lease | None:
        """Waits for `count` shares; None where the person chose to start on the CPU instead. `tell` hears each place.

        Asked again by the same kernel (a restart), the lease it still holds is given at once. A broker that is
        started anew is found again, at the same place in the line. Raises LeaseRefused with a sentence.
        """
        try:
            while True:
                try:
                    self._say({"say": "gpus", "count": count})
                    return await self._granted(tell)
                except LeaseRefused:
                    raise
                except OSError as error:
                    self._hang_up()
                    self._silent_since = self._silent_since or time.monotonic()
                    if time.monotonic() > self._silent_since + SILENCE:
                        raise LeaseRefused(NOBODY) from error
                    await asyncio.sleep(0.25)
        except BaseException:  # such as a person who no longer wants the kernel: the place in the line is free again
            self.close()
            raise

    async def _granted(self, tell: Callable[[int], None] | None) -> Lease | None:
        while True:
            if (message := self._open_line().look()) is None:
                await self._open_line().more()
                continue
            self._silent_since = 0.0
            if "refused" in message:
                raise LeaseRefused(str(message["refused"]))
            if "granted" in message:
                given = message["granted"]
                self._lease = Lease(int(given["number"]), {str(k): str(v) for k, v in given["env"].items()})
                return self._lease
            if "cpu" in message:
                self._lease = None
                return None
            if "place" in message and tell is not None:
                tell(int(message["place"]))

    def began(self, pid: int, *, kind: str, seconds: float, reason: str = "") -> None:
        """Tells that process `pid` is the kernel now, started `kind` (warm or cold, and the `reason`) in `seconds`.

        With a lease this ties the lease to the process; LeaseRefused then says that the lease is lost and the process
        must not use the card. Without one the kernel is only counted, and whatever fails is left at that.
        """
        told = {"say": "began", "pid": pid, "started": started(pid), "kind": kind, "seconds": seconds, "reason": reason}
        told["lease"] = self._lease.number if self._lease else 0
        try:
            answer = self._ask_twice(told)
        except OSError as error:
            if self._lease is None:
                return
            raise LeaseRefused(NOBODY) from error
        if self._lease is not None and "refused" in answer:
            self._lease = None
            raise LeaseRefused(str(answer["refused"]))

    def ended(self, code: int | None) -> None:
        """Tells that the kernel ended and will not be restarted; the broker would find out by itself a little later."""
        self._lease = None
        with contextlib.suppress(OSError):
            self._say({"say": "ended", "code": code})

    def close(self) -> None:
        """Ends the conversation: a kernel without a process gives up its place or its lease."""
        self._lease = None
        self._hang_up()

    def _ask_twice(self, message: Mapping[str, object]) -> dict[str, Any]:
        """The answer; the second time at a broker that was started anew."""
        for attempt in (1, 2):
            try:
                self._say(message)
                while "place" in (answer := self._open_line().answer()):
                    continue
            except OSError:
                self._hang_up()
                if attempt == 2:
                    raise
            else:
                return answer
        raise AssertionError

    def _say(self, message: Mapping[str, object]) -> None:
        self._open_line().say(message)

    def _open_line(self) -> Line:
        if self._line is None:
            self._line = Line(self._address)
            self._line.say(self._hello)
        return self._line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def asking(use_case: str, kernel_id: str) -> Asking | None:
    """The conversation of a kernel that is about to start; None where nobody lends graphics cards or counts kernels."""
    return Asking(use_case, kernel_id) if os.environ.get(environment.LEASES) else None


def state() -> dict[str, Any]:
    """Who holds which card since when, and who waits. Raises OSError with a sentence where nobody answers."""
    return _once({"say": "state"})


def instead_on_cpu(kernel_id: str) -> bool:
    """Lets the waiting kernel `kernel_id` start without a card; False where it does not wait (any more)."""
    return bool(_once({"say": "cpu", "kernel": kernel_id}).get("ok"))


def activity(kernel_id: str, busy: bool, last_activity: float) -> None:  # noqa: FBT001 - the words of jupyter_server
    """Tells what the kernel does (`last_activity`: seconds since 1970), when it changes and at least once a minute.

    Only kernels that are told of can lose their card for being idle, and only while the word is fresh.
    """
    _once({"say": "activity", "kernel": kernel_id, "busy": busy, "last_activity": last_activity})


def usage(since: str = "") -> list[dict[str, Any]]:
    """What this person has used, one record per day and use case, from the day `since` (such as 2026-01-31, UTC)."""
    return list(_once({"say": "usage", "since": since})["usage"])


def cap_memory() -> None:
    """For a forked kernel whose torch was loaded before it got its card: makes torch read the share's cap now."""
    conf, torch = os.environ.get(MEMORY_CAP), sys.modules.get("torch")
    if conf and torch is not None and torch.version.cuda:
        torch._C._accelerator_setAllocatorSettings(conf)  # noqa: SLF001 - torch's own way, without starting CUDA


def started(pid: int) -> int:
    """When the process began, in clock ticks since the machine started; 0 where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[19])


def _once(message: Mapping[str, object]) -> dict[str, Any]:
    address = _address()
    try:
        line = Line(address)
        try:
            line.say({**message, "token": _token()})
            answer = line.answer()
        finally:
            line.close()
    except OSError as error:
        raise ConnectionError(f"Nobody answers who lends the graphics cards ({error}): ask the operator.") from error
    if "refused" in answer:
        raise LeaseRefused(str(answer["refused"]))
    return answer


def _token() -> str:
    return os.environ.get(environment.HUB_TOKEN, "")


def _address() -> str:
    if not (address := os.environ.get(environment.LEASES)):
        raise ConnectionRefusedError(f"Graphics cards are lent at the hub only: {environment.LEASES} is not set.")
    return address
