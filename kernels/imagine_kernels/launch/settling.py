"""What a forked process does before it works: it becomes the person, takes their environment, and shows both.

Standard library only: forks of the hub's environment and of the kernels' settle alike.
"""

import ctypes
import json
import os
import random
import select
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NoReturn

ROOM = "IMAGINE_ROOM"
"""Takes up room in the environment of a process that will be forked; gone once it runs."""
_ARGUMENTS, _ENVIRONMENT = 4096, 32768
_PARENT_DIES, _DUMPABLE, _NO_NEW_PRIVILEGES = 1, 4, 38
_FIRST = ("IMAGINE_", "JUPYTERHUB_")
"""What must be seen from outside even where the whole environment does not fit."""


@dataclass(frozen=True)
class Person:
    """Whom a fork becomes: the numbers of the account."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


@dataclass(frozen=True)
class Job:
    """What a fork shall be: one of the warm process's tasks, with a command line, an environment and a folder."""

    task: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    umask: int = 0o077
    person: Person | None = None
    control_groups: tuple[str, ...] = ()
    """Files `cgroup.procs` that the fork writes itself into before it becomes the person."""
    lives_with_asker: bool = True
    handed: tuple[int, ...] = ()
    """In the fork: numbers of the open files that were handed over after stdin, stdout and stderr."""

    def to_json(self) -> bytes:
        """One packet."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, packet: bytes) -> "Job":
        """Raises ValueError for a packet that is no job."""
        try:
            values = json.loads(packet)
            person = values.pop("person")
            values |= {key: tuple(values[key]) for key in ("argv", "control_groups", "handed")}
            account = None if person is None else Person(**{**person, "groups": tuple(person["groups"])})
            return cls(**values, person=account)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"This is not a job: {error}.") from error


def settle(job: Job, handles: Sequence[int]) -> Job:
    """Makes this process, just forked, what `job` says; `handles` become its standard streams and `handed`.

    Raises OSError with a sentence where it cannot be that: it must end then.
    """
    os.setsid()
    for stream, handle in enumerate(handles[:3]):
        os.dup2(handle, stream)
        os.close(handle)
    become(job.person, job.control_groups)
    os.umask(job.umask)
    os.chdir(job.cwd)
    dress(job.argv, job.env)
    default_signals()
    reseed()
    return replace(job, handed=tuple(handles[3:]))


def become(person: Person | None, control_groups: Sequence[str] = ()) -> None:
    """Enters the control groups and becomes `person` for good; without a person the account stays as it is.

    Raises OSError with a sentence where that is not allowed or did not happen.
    """
    for file in control_groups:
        Path(file).write_text(f"{os.getpid()}\n", encoding="ascii")
    if person is not None:
        _change_account(person)
    # a changed account makes a process closed to itself: it could not read its own /proc/self/environ
    _control(_DUMPABLE, 1)


def _change_account(person: Person) -> None:
    if os.geteuid() != 0:
        raise PermissionError(f"Only root can start processes of the account {person.uid}.")
    if person.uid <= 0 or person.gid <= 0 or 0 in person.groups:
        raise PermissionError("Nobody's processes are started with the rights of root.")
    os.setgroups(person.groups)
    os.setresgid(person.gid, person.gid, person.gid)
    os.setresuid(person.uid, person.uid, person.uid)
    _control(_NO_NEW_PRIVILEGES, 1)
    settled = os.getresuid() == (person.uid,) * 3 and os.getresgid() == (person.gid,) * 3
    if not settled or not set(os.getgroups()) <= {*person.groups, person.gid}:
        raise PermissionError(f"This process could not become the account {person.uid} and drop all other rights.")


def _control(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), f"prctl {option}")


def default_signals() -> None:
    """Signals as a Python that was just started handles them, none of them held back."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def reseed() -> None:
    """Fresh chance: forks of one process would otherwise all draw the same numbers."""
    random.seed()
    if (numpy := sys.modules.get("numpy.random")) is not None:
        numpy.seed()
    if (torch := sys.modules.get("torch")) is not None:
        torch.default_generator.seed()


def end_with(connection: socket.socket) -> None:
    """From now on this process and its group end when whoever asked for it hangs up.

    The warm process ends it then, too, but that one may be gone.
    """

    def watch() -> None:
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        poll.poll()  # the asker says nothing more: this is its end
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="asker", daemon=True).start()


def make_room() -> None:
    """Begins this process again with room for what its forks will show as command line and environment.

    To be called first thing in the main of a process that forks. Where there is room already it only tidies up.
    """
    if ROOM not in os.environ:
        begin_again()
    del os.environ[ROOM]
    sys.argv.pop()
    sys.orig_argv.pop()
    _show(sys.orig_argv, dict(os.environ))


def end_with_parent() -> None:
    """From now on this process, not its forks, is asked to end when the process that started it ends."""
    _control(_PARENT_DIES, signal.SIGTERM)


def begin_again() -> NoReturn:
    """Becomes a new process with the same number, command and environment."""
    command = [sys.executable, *sys.orig_argv[1:], " " * _ARGUMENTS]
    os.execve(sys.executable, command, {**os.environ, ROOM: "." * _ENVIRONMENT})  # noqa: S606


def dress(argv: Sequence[str], env: Mapping[str, str]) -> None:
    """Takes `argv` and `env` as its own, and shows them where others look: in /proc and in what ps lists."""
    sys.argv[:] = argv
    sys.orig_argv[:] = argv
    _show(argv, env)


def _show(argv: Sequence[str], env: Mapping[str, str]) -> None:
    os.environ.clear()  # nothing may point into the old block any more: it is overwritten below
    os.environ.update(env)
    stat = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace")
    first, last, env_first, env_last = (int(word) for word in stat.rpartition(")")[2].split()[45:49])
    _write(first, last - first, [os.fsencode(word) for word in argv])
    important = sorted(env, key=lambda name: not name.startswith(_FIRST))
    _write(env_first, env_last - env_first, [os.fsencode(f"{name}={env[name]}") for name in important])


def _write(address: int, room: int, words: Sequence[bytes]) -> None:
    """Puts whole words there as long as they fit, each with a zero after it, and zeros behind."""
    block = bytearray()
    for word in words:
        if len(block) + len(word) + 1 <= room:
            block += word + b"\0"
    if room > 0:
        ctypes.memmove(address, bytes(block.ljust(room, b"\0")), room)
