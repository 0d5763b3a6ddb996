"""`make down`: asks the hub to end, then ends whatever of this installation is left, however it came to be left."""

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from hub_config import homes, limits, processes
from hub_config.settings import Settings, load

PATIENCE = 40.0
"""Seconds in which the hub ends people's servers and its services by itself."""
ROUNDS = 5
"""How often to look again: a process that was being ended may have started one more."""


@dataclass(frozen=True)
class Stopped:
    """How many processes there were; how many of them the hub did not end itself; which could not be ended."""

    processes: int
    swept: int
    left: tuple[int, ...] = ()


def stop(settings: Settings, *, say: Callable[[str], None] = print) -> Stopped:
    """Ends every process of the installation; does nothing where none runs."""
    there = processes.ours(settings)
    if (hub := processes.hub(settings)) is not None:
        say("asking the hub to end people's servers, the services and itself")
        started = _services(hub)
        hub.terminate()
        for service in started:  # the hub waits for one after the other; so they end at the same time
            with contextlib.suppress(psutil.NoSuchProcess):
                service.terminate()
        psutil.wait_procs([hub], timeout=PATIENCE)
    swept = 0
    for _ in range(ROUNDS):
        left = list({*processes.ours(settings), *processes.of_accounts(settings)})
        if not left:
            break
        swept += len(left)
        processes.finish(left)
    limits.close(settings)
    remaining = tuple(one.pid for one in processes.ours(settings))
    if not remaining:
        with contextlib.suppress(ValueError, OSError):  # somebody else has put something in their place
            homes.drop_socket_folders(settings)
    return Stopped(len(there), swept, remaining)


def _services(hub: psutil.Process) -> list[psutil.Process]:
    """What the hub started itself: whatever a service started ends by way of that service."""
    found = []
    with contextlib.suppress(psutil.Error):  # just gone
        for process in hub.children():
            found += [process] if processes.role(process).kind == "service" else []
    return found


def main() -> int:
    """Says in one line what was ended."""
    try:
        done = stop(load())
    except (OSError, ValueError, psutil.AccessDenied) as error:
        print(error, file=sys.stderr)
        return 1
    if done.left:
        print(
            f"These processes could not be ended: {', '.join(map(str, done.left))}; end them by hand.", file=sys.stderr
        )
        return 1
    print(f"Ended {done.processes} processes; none is left." if done.processes else "Nothing was running.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
