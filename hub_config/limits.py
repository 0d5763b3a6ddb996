"""The room that a profile grants to one person's server: memory, cores, processes; held by the kernel's control groups.

A group is made when a server starts and removed when it has ended. Version 2 of control groups is used where it has the
controllers, else version 1; where neither can be had `why_not` says so, and nothing is limited.
"""

import contextlib
import errno
import hashlib
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub_config.settings import Profile, Settings

CONTROLLERS = ("memory", "cpu", "pids")
PROCESSES = 4096
"""Of one person: room for any work, and an end to a program that starts itself without end."""
NAME = "imagine-"
"""How the names of our groups begin."""
ROUNDS = 100
"""How often to look again whether a group is empty: what was killed takes a moment to end."""
PERIOD = 100_000
"""Microseconds in which a group may use its cores so often."""
ROOT = Path("/")
"""Of the file system that holds /proc and the control groups."""


_changing = threading.RLock()


@dataclass(frozen=True)
class Place:
    """A control group below which groups of people can be made; version 1 has one for each controller."""

    folder: Path
    controllers: tuple[str, ...]
    version: int


def why_not(settings: Settings) -> str:
    """Why memory and cores of servers are not limited here, as a sentence; empty where they are."""
    if places := _places(settings):
        _leave(places)
        return ""
    if os.geteuid() != 0:
        return "Memory and cores of servers are not limited: only a hub started by root may set limits on this machine."
    return (
        "Memory and cores of servers are not limited: this system lets the hub make no control groups "
        "(in a container they are often read-only: limit the container as a whole)."
    )


def room(settings: Settings, user: str, profile: Profile) -> tuple[str, ...]:
    """Makes the groups of a person's server, with the limits of `profile`; none where `why_not` says why.

    Returns the files into which a process writes its number to be under them.
    """
    with _changing:
        places = _places(settings)
        for place in places:
            group = _group(place, user)
            for folder in (place.folder, group):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o755)  # people may see, not change, what is counted
            for file, value in _limits(place, profile):
                _set(group / file, value)
    return tuple(str(_group(place, user) / "cgroup.procs") for place in places)


def clear(settings: Settings, user: str) -> None:
    """Ends what is left in the groups of a person's server, however well it hid, and removes them."""
    with _changing:
        places = _places(settings)
        for place in places:
            _remove(_group(place, user))
        _leave(places)


def close(settings: Settings) -> None:
    """Removes every group of this installation, wherever the hub that made them was started from."""
    for mount in {*_mounts().values()}:
        with contextlib.suppress(OSError):  # not ours to change, or just gone
            for top in mount.rglob(_name(settings)):
                for group in [one for one in top.iterdir() if one.is_dir()]:
                    _remove(group)
                _remove(top)


def group_of(settings: Settings, user: str) -> Path | None:
    """The group that holds the memory of a person's running server."""
    return next((_group(place, user) for place in _places(settings) if "memory" in place.controllers), None)


def own_group() -> Path | None:
    """In a person's server: the group that holds its memory; None where it has no limits."""
    mounts, own = _mounts(), _own()
    kind = "memory" if "memory" in mounts and "memory" in own else ""
    if kind not in mounts or f"/{NAME}" not in own.get(kind, ""):
        return None
    return mounts[kind] / own[kind].lstrip("/")


def ended_for_memory(group: Path | None) -> int:
    """How many processes of `group` ended since they needed more memory than it has."""
    if group is None:
        return 0
    for file in ("memory.events", "memory.oom_control"):
        with contextlib.suppress(OSError):  # the one of the other version
            found = re.search(r"^oom_kill (\d+)$", (group / file).read_text(encoding="ascii"), re.MULTILINE)
            return int(found[1]) if found else 0
    return 0


def _limits(place: Place, profile: Profile) -> Iterator[tuple[str, int | str]]:
    """Files and values that set the limits of `profile`, in an order that works for new and for existing groups."""
    memory, quota = int(profile.memory_gb * 2**30), int(profile.cores * PERIOD)
    if place.version == 2:
        yield from (("memory.max", memory), ("memory.swap.max", 0), ("cpu.max", f"{quota} {PERIOD}"))
    if place.version == 1 and "memory" in place.controllers:
        # with swap counted together with memory, which must never be less than memory alone
        yield from (("memory.memsw.limit_in_bytes", -1), ("memory.limit_in_bytes", memory))
        yield "memory.memsw.limit_in_bytes", memory
    if place.version == 1 and "cpu" in place.controllers:
        yield from (("cpu.cfs_period_us", PERIOD), ("cpu.cfs_quota_us", quota))
    if "pids" in place.controllers:
        yield "pids.max", PROCESSES


def _set(file: Path, value: int | str) -> None:
    """Writes one limit; those of swap and cores are left where this kernel lacks them or a group above has less."""
    try:
        with file.open("r+", encoding="ascii") as out:
            out.write(str(value))
    except FileNotFoundError:
        if not file.name.startswith(("memory.memsw", "memory.swap", "cpu.")):
            raise
    except OSError as error:
        if error.errno != errno.EINVAL or not file.name.startswith("cpu."):
            raise


def _leave(places: tuple[Place, ...]) -> None:
    """Removes what holds the groups of people where there are none any more."""
    for place in places:
        with contextlib.suppress(OSError):
            place.folder.rmdir()


def _remove(group: Path) -> None:
    """Removes a group, ending what is left in it."""
    for _ in range(ROUNDS):
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            for number in (group / "cgroup.procs").read_text(encoding="ascii").split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(number), signal.SIGKILL)
            time.sleep(0.02)


def _group(place: Place, user: str) -> Path:
    return place.folder / f"{re.sub(r'[^a-z0-9]+', '-', user)[:40]}-{hashlib.sha256(user.encode()).hexdigest()[:8]}"


def _name(settings: Settings) -> str:
    """Of the group that holds those of all people of this installation."""
    return f"{NAME}{hashlib.sha256(str(settings.folders.state).encode()).hexdigest()[:10]}"


def _places(settings: Settings) -> tuple[Place, ...]:
    """Where groups of people are made: one of version 2, else those of version 1, else none."""
    name = _name(settings)
    mounts, own = _mounts(), _own()
    if "" in own and "" in mounts:
        top, here = mounts[""], mounts[""] / own[""].lstrip("/")
        for above in (here, *here.parents):  # a group that holds processes itself can have no parts
            if not above.is_relative_to(top):
                break
            if _divide(above, name):
                return (Place(above / name, CONTROLLERS, 2),)
    found = []
    for controller in CONTROLLERS:
        if controller in own and controller in mounts:
            folder = mounts[controller] / own[controller].lstrip("/") / name
            with contextlib.suppress(OSError):
                folder.mkdir(exist_ok=True)
                found.append(Place(folder, (controller,), 1))
    return tuple(found) if any("memory" in place.controllers for place in found) else ()


def _divide(above: Path, name: str) -> bool:
    """Whether `above` has, or can be given, a part called `name` whose own parts can be limited."""
    try:
        if not set(CONTROLLERS) <= set((above / "cgroup.controllers").read_text(encoding="ascii").split()):
            return False
        (above / name).mkdir(exist_ok=True)
        for group in (above, above / name):
            switch = group / "cgroup.subtree_control"
            lacking = [one for one in CONTROLLERS if one not in switch.read_text(encoding="ascii").split()]
            if lacking:
                switch.write_text(" ".join(f"+{one}" for one in lacking), encoding="ascii")
    except OSError:
        with contextlib.suppress(OSError):
            (above / name).rmdir()
        return False
    return True


def _own() -> dict[str, str]:
    """The path of this process's group for each controller; of version 2 under the name ""."""
    lines = (ROOT / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        _, names, path = line.split(":", 2)
        found.update(dict.fromkeys(names.split(","), path))
    return found


def _mounts() -> dict[str, Path]:
    """Where the groups of each controller are mounted; those of version 2 under the name ""."""
    found: dict[str, Path] = {}
    for line in (ROOT / "proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        place = ROOT / before.split(" ")[4].lstrip("/")
        if kind == "cgroup2":
            found[""] = place
        elif kind == "cgroup":
            found.update(dict.fromkeys(options.split(","), place))
    return found
