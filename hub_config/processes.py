"""The processes of this installation, told from all others by a mark that each carries in its environment.

Whoever starts a process for the house hands it `mark(settings)`: `make down` ends all that carry it and their children.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub_config.settings import Settings

if TYPE_CHECKING:
    import psutil

MARK = "IMAGINE_INSTALLATION"
"""Its value is the absolute state folder."""


@dataclass(frozen=True)
class Role:
    """What a process is there for: `kind` is hub, proxy, service, server, warm (it forks kernels), kernel or other."""

    kind: str
    name: str = ""


def mark(settings: Settings) -> dict[str, str]:
    """The variable that makes a process ours."""
    return {MARK: str(settings.folders.state)}


def marked(variable: str, value: str) -> list[int]:
    """Numbers of the processes with `variable` = `value` in their environment. Standard library only."""
    sign = f"{variable}={value}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:  # somebody else's, or just gone
                continue
            if sign in environment.split(b"\0"):
                found.append(int(entry.name))
    return found


def carries(pid: int, variable: str, value: str) -> bool:
    """Whether process `pid` runs and bears the mark."""
    import psutil

    try:
        process = psutil.Process(pid)
        return process.environ().get(variable) == value and alive(process)
    except psutil.Error:
        return False


def family(variable: str, value: str) -> list["psutil.Process"]:
    """Processes so marked and all their descendants, but for the caller and those it descends from."""
    import psutil

    me = psutil.Process()
    spared = {me.pid, *(parent.pid for parent in me.parents())}
    found: dict[int, psutil.Process] = {}
    for pid in marked(variable, value):
        try:
            process = psutil.Process(pid)
            members = [process, *([] if pid in spared else process.children(recursive=True))]
        except psutil.NoSuchProcess:
            continue
        found.update({one.pid: one for one in members if one.pid not in spared})
    return [one for one in found.values() if alive(one)]


def ours(settings: Settings) -> list["psutil.Process"]:
    """All processes of the installation."""
    return family(MARK, mark(settings)[MARK])


def of_accounts(settings: Settings, user: str = "") -> list["psutil.Process"]:
    """Processes of people's own accounts, or of that of `user`, also those that took off the mark."""
    import psutil

    from hub_config import accounts

    people = {account.uid for account in accounts.made(settings, user)}
    found = psutil.process_iter(["uids"]) if people else ()
    return [one for one in found if one.info["uids"] and one.info["uids"].real in people and alive(one)]


def alive(process: "psutil.Process") -> bool:
    """Whether it runs; one that ended and was not yet taken note of does not."""
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # just now
        return False


def role(process: "psutil.Process") -> Role:
    """What `process` is there for, by its own command line and environment. Raises psutil.Error when it is gone."""
    environment, command = process.environ(), process.cmdline()
    if service := environment.get("JUPYTERHUB_SERVICE_NAME"):
        return Role("service", service)
    if any(Path(word).name == "configurable-http-proxy" for word in command):
        return Role("proxy")
    if any(Path(word).name == "jupyterhub_config.py" for word in command):
        return Role("hub")
    person = environment.get("JUPYTERHUB_USER", "")
    return Role(_kind_of_a_persons(command) if person or _is_kernel(command) else "other", person)


def _kind_of_a_persons(command: list[str]) -> str:
    if _is_kernel(command):
        return "kernel"
    if any("singleuser" in word for word in command):
        return "server"
    return "warm" if "imagine_kernels.launch.zygote" in command else "other"


def _is_kernel(command: list[str]) -> bool:
    return any(word.endswith(".json") and Path(word).name.startswith("kernel-") for word in command)


def hub(settings: Settings) -> "psutil.Process | None":
    """The running hub, if there is one."""
    import psutil

    for process in ours(settings):
        try:
            if role(process).kind == "hub":
                return process
        except psutil.Error:
            continue
    return None


async def end(variable: str, value: str) -> None:
    """Ends the processes so marked and their descendants, such as one person's server, without holding up the hub."""
    await asyncio.to_thread(lambda: finish(family(variable, value)))


def finish(processes: list["psutil.Process"], patience: float = 10.0) -> int:
    """Ends `processes`: asks, waits up to `patience` seconds, then insists. Returns how many had to be insisted on."""
    import psutil

    for process in processes:
        _signal(process, "terminate")
    _, remaining = psutil.wait_procs(processes, timeout=patience)
    for process in remaining:
        _signal(process, "kill")
    psutil.wait_procs(remaining, timeout=patience)
    return len(remaining)


def _signal(process: "psutil.Process", verb: str) -> None:
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        getattr(process, verb)()
