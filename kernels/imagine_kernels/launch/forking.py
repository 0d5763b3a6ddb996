"""Asking a warm process for a fork of itself: one packet there, a running process back. Standard library only.

The hub asks its warm processes so, and a person's server (or papermill, or a terminal) the warm process of that
person. The asker keeps the connection open as long as the fork shall live.
"""

import contextlib
import json
import os
import select
import signal
import socket as sockets
import time
from collections.abc import Sequence
from pathlib import Path

from imagine_kernels.launch.serving import HANDLES, PACKET, peer, serve
from imagine_kernels.launch.settling import Job, Person

__all__ = ["LOST", "Fork", "Job", "Person", "ask", "serve"]

LOST = 255
"""Exit code of a fork whose true one nobody can tell, since the process it was forked from is gone."""
_OWED = 1.0
"""Seconds within which the exit code of a process that has ended arrives, else nobody will send it."""


class Fork:
    """The asker's end of a running fork. Letting go of it ends a fork that lives with its asker."""

    returncode: int | None = None

    def __init__(self, pid: int, pidfd: int, connection: sockets.socket) -> None:
        self.pid, self.pidfd = pid, pidfd
        self._connection, self._ended_at = connection, 0.0

    def poll(self) -> int | None:
        """None while it runs, then its exit code as Popen.returncode has it (-9: killed)."""
        if self.returncode is None and _readable(self.pidfd):
            self._ended_at = self._ended_at or time.monotonic()
            self.returncode = self._exit_code()
        return self.returncode

    def _exit_code(self) -> int | None:
        try:
            packet = self._connection.recv(PACKET)
            return int(json.loads(packet)["exit"]) if packet else LOST
        except BlockingIOError:
            return None if time.monotonic() - self._ended_at < _OWED else LOST
        except (OSError, ValueError, KeyError):
            return LOST

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, when it has ended. Raises TimeoutError."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise TimeoutError(f"Process {self.pid} has not ended in {timeout} s.")
            if _readable(self.pidfd, 0.05):
                time.sleep(0.002)  # its exit code is on the way
        return code

    def signal(self, number: int) -> None:
        """Sends the signal to this very process; one that has ended gets none."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, number)

    def close(self) -> None:
        """Lets go of it."""
        if self.pidfd < 0:
            return
        with contextlib.suppress(OSError):
            self._connection.shutdown(sockets.SHUT_RDWR)  # also where a child of the asker has a copy
        self._connection.close()
        if self.returncode is None:
            self.returncode = LOST
        os.close(self.pidfd)
        self.pidfd = -1


def _readable(number: int, seconds: float = 0.0) -> bool:
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def ask(socket: Path, job: Job, *, fds: Sequence[int] = (), timeout: float = 5.0) -> Fork:
    """A fork of the warm process at `socket` that does `job`, settled and about to begin.

    `fds` become its stdin, stdout and stderr; further ones are named in `Job.handed`. Raises OSError or ValueError
    with a sentence where there will be none: start it cold then.
    """
    if len(fds) > HANDLES:
        raise ValueError(f"At most {HANDLES} open files can be handed to a fork, not {len(fds)}.")
    connection = sockets.socket(sockets.AF_UNIX, sockets.SOCK_SEQPACKET)
    pidfd: list[int] = []
    try:
        connection.settimeout(timeout)
        connection.connect(str(socket))
        _check(connection, socket)
        sockets.send_fds(connection, [job.to_json()], list(fds))
        pid = _hear(connection, pidfd)
        connection.setblocking(False)  # noqa: FBT003
        return Fork(pid, pidfd[0], connection)
    except BaseException:
        connection.close()
        for handle in pidfd:
            os.close(handle)
        raise


def _check(connection: sockets.socket, socket: Path) -> None:
    if peer(connection) not in (0, os.geteuid()):
        raise PermissionError(f"{socket} belongs to another account.")


def _hear(connection: sockets.socket, pidfd: list[int]) -> int:
    """Number of the fork, once both it and the warm process have said that it is there."""
    told: dict[str, int | str] = {}
    while not told.keys() >= {"pid", "settled"}:
        packet, handles, _, _ = sockets.recv_fds(connection, PACKET, 1, sockets.MSG_CMSG_CLOEXEC)
        pidfd += handles
        if not packet:
            raise ChildProcessError("The warm process ended before it could fork.")
        told |= json.loads(packet)
        if "refused" in told:
            raise ChildProcessError(str(told["refused"]))
        if "exit" in told:
            raise ChildProcessError(f"The fork ended before it began, with exit code {told['exit']}.")
    return int(told["pid"])
