"""`make up`, second half: starts the hub in the background and waits until every part of the house answers."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import psutil

from hub_config import accounts, credentials, limits, logs, parts, ports, processes
from hub_config.settings import ROOT, VARIABLE, Settings, load
from imagine_kernels.environment import QUIET

Say = Callable[[str], None]
CONFIG = ROOT / "hub_config" / "jupyterhub_config.py"
INHERITED = ("JUPYTERHUB_", "JPY_", "MLFLOW_", "LABEL_STUDIO_", "IMAGINE_", "CONFIGPROXY_")
"""Variables of a house around this one (`make up` may be typed in its terminal) that must not leak into it."""


@dataclass(frozen=True)
class Running:
    """A house that answers."""

    url: str
    pid: int
    seconds: float
    """Seconds until the log-in page answered; 0.0 where it had been running."""


def start(settings: Settings, *, say: Say = print, patience: float = 300.0) -> Running:
    """Starts what is not running and waits, `patience` seconds at most, until all of it answers.

    Raises OSError with a sentence; a hub that was started here is then ended again, one that had been running is not.
    """
    with _alone(settings):
        until = time.monotonic() + patience
        if (there := processes.hub(settings)) is not None and parts.answers(parts.login_page(settings), below=400):
            _wait_for_services(settings, there, say, until)
            return Running(settings.addresses.public, there.pid, 0.0)
        if left := processes.ours(settings):
            processes.finish(left)
            say(f"ended {len(left)} processes that an earlier run had left")
        if taken := ports.problems(settings):
            raise OSError(taken[0])
        credentials.load(settings)
        begun, hub = time.monotonic(), _launch(settings)
        try:
            _until(
                settings, hub, "The log-in page", lambda: parts.answers(parts.login_page(settings), below=400), until
            )
            seconds = time.monotonic() - begun
            say(f"log-in page answers ({seconds:.1f} s)")
            _wait_for_services(settings, hub, say, until)
        except BaseException:
            processes.finish([hub])
            processes.finish(processes.ours(settings))
            raise
        return Running(settings.addresses.public, hub.pid, seconds)


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Holds the one lock for starting this installation."""
    settings.folders.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.folders.state / "start.lock"
    with path.open("w") as lock:
        path.chmod(0o600)  # people's own accounts pass through this folder: none of them shall hold the lock
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(
                "Another `make up` of this installation is at work: wait until it is done."
            ) from error
        yield


def _launch(settings: Settings) -> psutil.Process:
    """The hub in a session of its own, so that it outlives the terminal."""
    python = settings.folders.python("hub")
    with logs.fresh(settings, "hub") as log:
        hub = subprocess.Popen(
            [python, "-m", "jupyterhub", "-f", CONFIG],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=settings.folders.state,
            env=_environment(settings),
            umask=0o077,
            start_new_session=True,
            # a background shell makes its children deaf to SIGINT; each service would then take 10 s to stop
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
    return psutil.Process(hub.pid)


def _environment(settings: Settings) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(INHERITED)}
    path = f"{settings.folders.environment('hub') / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {
        **kept,
        **QUIET,
        **processes.mark(settings),
        VARIABLE: str(settings.file),
        "PATH": path,
        "PYTHONUNBUFFERED": "1",
    }


def _wait_for_services(settings: Settings, hub: psutil.Process, say: Say, until: float) -> None:
    begun = time.monotonic()
    for part in parts.parts(settings):
        if part.kind == "service":
            _until(settings, hub, part.title, partial(parts.answers, f"{part.address}/"), until)
            waited = time.monotonic() - begun
            say(f"{part.title} answers" + (f" ({waited:.1f} s later)" if waited > 1 else ""))


def _until(settings: Settings, hub: psutil.Process, what: str, ready: Callable[[], bool], until: float) -> None:
    log = logs.file(settings, "hub")
    while not ready():
        if not processes.alive(hub):
            raise ChildProcessError(f"The hub ended while it started: {logs.reason(log)} (see {log}). Then: make up")
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not answer in time: {logs.reason(log)} (see {log}). Then: make up")
        time.sleep(0.2)


def main() -> int:
    """Says what is going on, and at the end where to go and how to get in."""
    try:
        settings = load()
        for sentence in filter(None, (accounts.why_shared(settings), limits.why_not(settings))):
            print(sentence)
        running = start(settings, say=lambda line: print(f"  {line}", flush=True))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped before everything answered; nothing is left running. Go on with: make up", file=sys.stderr)
        return 130
    print(_welcome(settings, running))
    return 0


def _welcome(settings: Settings, running: Running) -> str:
    """The one place where the passwords are shown: to the operator, at the terminal."""
    kept = credentials.load(settings)
    first = "is ready" if running.seconds else "is running already"
    lines = [f"\n{settings.title} {first}: {running.url}"]
    if settings.users.accounts == "openid":
        lines.append(f"  log in with {settings.users.openid.title}")
    else:
        lines.append(f"  log in as any name, such as ada, with the class password  {kept.class_password}")
        lines += [f"  log in as {name} with  {kept.admin_password}" for name in settings.users.admins[:1]]
    return "\n".join([*lines, "  end it with: make down     see how it is: make status"])


if __name__ == "__main__":
    sys.exit(main())
