"""Being a warm process: whoever asks at its socket gets a fork of it. One thread, standard library only."""

import contextlib
import json
import os
import select
import signal
import socket as sockets
import struct
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from imagine_kernels.launch.settling import Job, end_with, settle

PACKET, HANDLES = 2**20, 16
"""Bytes and open files of one message at most."""
_CHECKED_EVERY = 5000
"""Milliseconds without a question after which a process that serves until it is stale looks whether it is."""


def serve(
    socket: Path,
    *,
    allowed_uid: int,
    until: int | None = None,
    tasks: Collection[str],
    check: Callable[[], str] = str,
    until_stale: bool = False,
) -> Job | None:
    """Forks for whoever asks at `socket`. Returns the job in each fork, and None in the warm process at its end.

    `until` is a pidfd: when that process ends, what was forked is ended and so is this. `check` says in a sentence why
    there must be no fork now, or nothing. With `until_stale` that sentence also ends the serving and leaves what was
    forked alone, so that the caller can begin again. The calling process must have one thread.
    """
    warm = _Warm(_listen(socket), until, allowed_uid, tasks, check)
    while True:
        ready = warm.ready(_CHECKED_EVERY if until_stale else None)
        warm.reap()
        if until is not None and until in ready:
            warm.end_all()
            break
        for number in ready:
            if (job := warm.attend(number)) is not None:
                return job
        if until_stale and (warm.refused or not ready) and check():
            break
    warm.close()
    return None


def peer(connection: sockets.socket) -> int:
    """The account at the other end."""
    size = struct.calcsize("3i")
    return int(struct.unpack("3i", connection.getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, size))[1])


def _listen(socket: Path) -> sockets.socket:
    """Listens where only this account may knock."""
    listener = sockets.socket(sockets.AF_UNIX, sockets.SOCK_SEQPACKET | sockets.SOCK_NONBLOCK)
    socket.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        listener.bind(str(socket))
    finally:
        os.umask(before)
    listener.listen(512)
    return listener


@dataclass
class _Forked:
    """A running fork and the connection of its asker, while that is there."""

    connection: sockets.socket | None
    lives_with_asker: bool


class _Warm:
    """Who is connected, and what was forked for whom."""

    def __init__(
        self,
        listener: sockets.socket,
        until: int | None,
        allowed_uid: int,
        tasks: Collection[str],
        check: Callable[[], str],
    ) -> None:
        self.listener, self.until, self.refused = listener, until, False
        self.allowed_uid, self.tasks, self.check = allowed_uid, tasks, check
        self.connections: dict[int, sockets.socket] = {}
        self.forks: dict[int, _Forked] = {}
        self.wake, self.wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wakes)

    def ready(self, patience: int | None) -> list[int]:
        poll = select.poll()
        for number in (self.listener.fileno(), self.wake, *self.connections):
            poll.register(number, select.POLLIN)
        if self.until is not None:
            poll.register(self.until, select.POLLIN)
        return [number for number, _ in poll.poll(patience)]

    def reap(self) -> None:
        """Takes note of what has ended, and tells its asker. What it started in its group ends with it."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake, 4096)
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                fork = self.forks.pop(found.si_pid, None)
                if fork is not None and fork.lives_with_asker:
                    _kill(found.si_pid)  # not taken note of yet: nobody else can have its number
                _, status = os.waitpid(found.si_pid, 0)
                if fork is not None and fork.connection is not None:
                    _tell(fork.connection, {"exit": os.waitstatus_to_exitcode(status)})
                    self._forget(fork.connection)

    def attend(self, number: int) -> Job | None:
        """Lets an asker in, answers a question, or notes that an asker has hung up; the job, in a fork."""
        if number == self.listener.fileno():
            with contextlib.suppress(OSError):  # gone again
                self._let_in(self.listener.accept()[0])
        elif (connection := self.connections.get(number)) is not None:
            if any(fork.connection is connection for fork in self.forks.values()):
                self._hung_up(connection)  # an asker that has its fork says nothing more
            else:
                return self._answer(connection)
        return None

    def _let_in(self, connection: sockets.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003
        self.connections[connection.fileno()] = connection
        if peer(connection) != self.allowed_uid:
            self._refuse(connection, "This warm process works for another account.")

    def _refuse(self, connection: sockets.socket, why: str) -> None:
        _tell(connection, {"refused": why})
        self._forget(connection)

    def _forget(self, connection: sockets.socket) -> None:
        del self.connections[connection.fileno()]
        connection.close()

    def _hung_up(self, connection: sockets.socket) -> None:
        for pid, fork in self.forks.items():
            if fork.connection is connection:
                fork.connection = None
                if fork.lives_with_asker:
                    _kill(pid)
        self._forget(connection)

    def _answer(self, connection: sockets.socket) -> Job | None:
        try:
            packet, handles, _, _ = sockets.recv_fds(connection, PACKET, HANDLES, sockets.MSG_CMSG_CLOEXEC)
        except BlockingIOError:  # the number was another connection's a moment ago
            return None
        except OSError:
            packet, handles = b"", []
        pid = -1
        try:
            job = Job.from_json(packet)
            self._allow(job)
            if (pid := _fork()) == 0:
                return self._begin(job, connection, handles)
            self._tell_of(pid, job, connection)
        except (OSError, ValueError) as error:
            self._refuse(connection, str(error))
        for handle in handles:
            os.close(handle)
        return None

    def _allow(self, job: Job) -> None:
        """Raises OSError with a sentence where there must be no such fork."""
        if job.task not in self.tasks:
            raise PermissionError(f"This warm process forks {', '.join(sorted(self.tasks))}; not {job.task!r}.")
        if (threads := sum(1 for _ in Path("/proc/self/task").iterdir())) > 1:
            raise ChildProcessError(f"The warm process has {threads} threads: a fork would lack all but one of them.")
        if why := self.check():
            self.refused = True
            raise ChildProcessError(why)

    def _tell_of(self, pid: int, job: Job, connection: sockets.socket) -> None:
        self.forks[pid] = _Forked(connection, job.lives_with_asker)
        pidfd = os.pidfd_open(pid)
        _tell(connection, {"pid": pid}, pidfd)
        os.close(pidfd)

    def _begin(self, job: Job, connection: sockets.socket, handles: list[int]) -> Job:
        """In the fork: lets go of everybody else's, and becomes what the job says."""
        try:
            signal.set_wakeup_fd(-1)
            for other in [self.listener, *self.connections.values()]:
                if other is not connection:
                    other.close()
            for number in (self.wake, self.wakes, *([] if self.until is None else [self.until])):
                os.close(number)
            settled = settle(job, handles)
            _tell(connection, {"settled": os.getpid()})
            if job.lives_with_asker:
                end_with(connection)
            else:
                connection.close()
        except BaseException as error:  # noqa: BLE001 - whatever it was: two warm processes must not go on
            _tell(connection, {"refused": f"The fork could not begin: {error}"})
            os._exit(1)
        return settled

    def end_all(self) -> None:
        """Ends everything forked here."""
        for pid in self.forks:
            _kill(pid)

    def close(self) -> None:
        """Hears no more."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for socket in (self.listener, *self.connections.values()):
            socket.close()
        for number in (self.wake, self.wakes):
            os.close(number)


def _fork() -> int:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()  # or each fork would say it again
    return os.fork()


def _tell(connection: sockets.socket, what: dict[str, int | str], *handles: int) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        sockets.send_fds(connection, [json.dumps(what).encode()], handles)


def _kill(pid: int) -> None:
    """Ends a fork that nobody took note of yet, and all that it started in its group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:  # it has no group of its own yet
        os.kill(pid, signal.SIGKILL)
