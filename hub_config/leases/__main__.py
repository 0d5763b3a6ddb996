"""The service `leases` of the hub: started with it, started again when it ends; running kernels do not notice."""

import asyncio
import contextlib
import fcntl
import os
import resource
import signal
import sys
from collections.abc import Iterator

from hub_config.leases import inventory, places, register
from hub_config.leases.broker import Broker
from hub_config.leases.counter import Counters
from hub_config.leases.lines import listen
from hub_config.leases.office import Office
from hub_config.leases.rounds import Rounds
from hub_config.leases.store import Store
from hub_config.settings import Settings, load


async def run(settings: Settings) -> None:
    """Lends and counts until it is told to end. Raises OSError or ValueError with a sentence where it cannot begin."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else max(soft, 1 << 16), hard))
    with _alone(settings):
        store = Store(places.database(settings))
        broker = Broker(settings, store, inventory.cards(settings))
        register.find_again(broker)
        # only an account of their own makes others connect from elsewhere
        mode = 0o666 if os.geteuid() == 0 else 0o600
        servers = [
            await listen(places.hub_socket(settings), 0o600, Office(broker).serve),
            await listen(places.kernels_socket(settings), mode, Counters(broker).serve),
        ]
        await _until_told(Rounds(broker))
        for server in servers:
            server.close()
        broker.close()


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Two of them would lend the same cards twice."""
    file = places.database(settings).with_suffix(".lock")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(f"Graphics cards of this installation are lent already (see {file}).") from error
        yield


async def _until_told(rounds: Rounds) -> None:
    loop, going = asyncio.get_running_loop(), asyncio.ensure_future(rounds.go())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, going.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await going
    rounds.count()


def main() -> int:
    """Runs the service; what keeps it from running is one sentence."""
    try:
        asyncio.run(run(load()))
    except (OSError, ValueError) as error:
        print(f"leases: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
