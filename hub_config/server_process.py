"""The process of a person's server: forked from the warm one, or else started cold.

Both ways take the same job. The functions here wait, so the hub calls them in threads.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hub_config import homes
from hub_config.settings import Settings
from hub_config.singleuser import LISTEN
from imagine_kernels.launch import forking
from imagine_kernels.launch.forking import Job

SERVER = "server"
"""The task of the warm process of servers."""
COMMAND = (sys.executable, "-P", "-m", "hub_config.singleuser")
"""Shown by both ways as the command of a server; without the person's folder among the places of modules."""
MOMENT = 0.5
"""Seconds for which the start of a server waits for what it can do without."""
_begun = set[asyncio.Task[None]]()
_T = TypeVar("_T")


class Process(Protocol):
    """A running server; what forking.Fork has."""

    pid: int
    pidfd: int

    def poll(self) -> int | None:
        """None while it runs, then its exit code."""

    def signal(self, number: int) -> None:
        """Sends the signal, where it still runs."""

    def close(self) -> None:
        """Lets go of it."""


class Cold:
    """A server that was started as any program is."""

    def __init__(self, started: subprocess.Popen[bytes]) -> None:
        self._started, self.pid = started, started.pid
        self.pidfd = os.pidfd_open(started.pid)

    def poll(self) -> int | None:
        """None while it runs, then its exit code."""
        return self._started.poll()

    def signal(self, number: int) -> None:
        """Sends the signal, where it still runs."""
        if self.poll() is None:
            signal.pidfd_send_signal(self.pidfd, number)

    def close(self) -> None:
        """Lets go of it."""
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


@dataclass(frozen=True)
class Streams:
    """What a server gets: where it writes, and the socket at which it answers."""

    log: Path
    listening: int

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[int, int, int]]:
        """Nothing to read, and twice the log, which is the hub's own file and begins anew."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.devnull, "rb") as nothing, open(os.open(self.log, flags, 0o600), "ab") as log:  # noqa: PTH123
            yield nothing.fileno(), log.fileno(), log.fileno()


def servers_socket(settings: Settings) -> Path:
    """Where the hub asks for servers."""
    return homes.hub_socket_folder(settings) / "servers"


def kernels_socket(settings: Settings) -> Path:
    """Where the hub asks for the process that forks the kernels of one person."""
    return homes.hub_socket_folder(settings) / "kernels"


def fork(settings: Settings, job: Job, streams: Streams) -> Process:
    """The server as a fork of the warm one. Raises OSError or ValueError with a sentence where there is none."""
    with streams.opened() as handles:
        return forking.ask(servers_socket(settings), job, fds=(*handles, streams.listening))


def start(_settings: Settings, job: Job, streams: Streams) -> Process:
    """The server as a program of its own. Raises OSError where it cannot be started."""
    bare = replace(job, env={}).to_json().decode()
    with streams.opened() as (nothing, log, _):
        started = subprocess.Popen(
            [sys.executable, "-I", "-m", "hub_config.settled", bare],
            stdin=nothing,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**job.env, LISTEN: str(streams.listening)},
            pass_fds=[streams.listening],
            start_new_session=True,
        )
    return Cold(started)


async def answers(process: Process, ip: str, port: int, path: str) -> bool:
    """Whether the server comes to answer before it ends."""
    asked = asyncio.ensure_future(_ask(ip, port, path))
    try:
        while not asked.done() and process.poll() is None:
            await asyncio.wait({asked}, timeout=0.1)
        return asked.done() and asked.result()
    finally:
        asked.cancel()


async def _ask(ip: str, port: int, path: str) -> bool:
    """The question waits in the socket, which is there before the server, until there is one to answer it."""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection(ip, port)
        try:
            writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            return await reader.read(4) == b"HTTP"
        finally:
            writer.close()
    return False


async def to_the_end(work: Callable[..., _T], *arguments: Any) -> _T:  # noqa: ANN401
    """`work` in a thread, finished even where the start is given up meanwhile: no process comes up unknown to all."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def begin(work: Callable[[], None], warn: Callable[[str], None]) -> None:
    """Lets `work` run in a thread, and nobody wait longer than a moment for it; `warn` is told why it failed."""

    async def run() -> None:
        try:
            await asyncio.to_thread(work)
        except (OSError, ValueError) as error:
            warn(str(error))

    task = asyncio.create_task(run())
    _begun.add(task)  # the loop itself would forget it
    task.add_done_callback(_begun.discard)
    await asyncio.wait({task}, timeout=MOMENT)
