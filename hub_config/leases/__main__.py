"""The service `leases` of the hub: started with it, started again when it ends; running kernels do not notice."""

import asyncio
import contextlib
import fcntl
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator

from hub_config.leases import inventory, places, register
from hub_config.leases.broker import Broker
from hub_config.leases.counter import Counters
from hub_config.leases.lines import listen
from hub_config.leases.office import Office
from hub_config.leases.rounds import Rounds
from hub_config.leases.store import Store
from hub_config.settings import Settings, load
from imagine_kernels.launch.settling import end_with_parent

QUICK = 5.0
"""What ends sooner than so many seconds after its beginning cannot run, and has said why."""


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


def _lend() -> int:
    """What keeps it from running is one sentence. On a busy machine it comes first: kernels wait for it."""
    with contextlib.suppress(PermissionError):
        os.nice(-5)
    try:
        asyncio.run(run(load()))
    except (OSError, ValueError) as error:
        print(f"leases: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def main() -> int:
    """Lends in a process of its own, and begins again when that is killed: the hub looks only every half minute."""
    here, child = os.getpid(), 0
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.kill(child, signal.SIGTERM) if child else sys.exit(0))
    while True:
        begun, child = time.monotonic(), os.fork()
        if child == 0:
            end_with_parent()
            sys.exit(_lend() if os.getppid() == here else 0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == 0 or (code > 0 and time.monotonic() - begun < QUICK):
            return code
        print(f"leases: began again, for it had ended with {code}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
