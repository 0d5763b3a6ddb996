"""Makes the environments, several at once, after asking whether the machine is ready. Standard library only."""

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from hub_config import environments, interpreter, logs, machine, packages, ports, processes
from hub_config.environments import HOUSE, TESTS, Environment
from hub_config.progress import Progress
from hub_config.settings import Settings, load
from hub_config.workshop import Workshop


def main(*, tests: bool = False) -> int:
    """Everything the operator sees of installing; every failure is one sentence and exit status 1."""
    try:
        settings = load()
        with _alone(settings):
            return install(settings, tests=tests)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the same command goes on from here.", file=sys.stderr)
        return 130


def run(name: str, program: str, *arguments: str) -> int:
    """Becomes `program` of the environment called `name`; where that is not made, says so and returns a status."""
    try:
        folder = load().folders.environment(name)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    path = folder / "bin" / program
    if path.exists():
        os.execv(path, [str(path), *arguments])  # noqa: S606
    print(f"Environment {name} is not made here yet ({folder}): make up", file=sys.stderr)
    return 0 if arguments[-1:] == ("hub_config.stop",) else 1  # nothing installed: nothing to stop


def install(settings: Settings, *, tests: bool = False) -> int:
    """Makes what is not made yet; returns an exit status, having said one sentence for each thing in the way."""
    wanted = (*HOUSE, *TESTS) if tests else HOUSE
    to_make = [one for one in wanted if not environments.is_made(settings, one)]
    lacking = packages.missing(tests=tests)
    if _say(problems(settings, to_make, lacking, tests=tests)):
        return 1
    if lacking:
        packages.install(settings, lacking)
    if said := packages.without_desktop():
        print(said)
    workshop = Workshop(settings)
    if not to_make:
        workshop.refresh()
        print(workshop.bundle())
        print(f"environments are as they should be ({', '.join(one.name for one in wanted)})")
        return 0
    print(f"making {len(to_make)} of {len(wanted)} environments in {settings.folders.environments}", flush=True)
    if closed := [one.name for one in to_make if interpreter.closed(settings, settings.folders.python(one.name))]:
        found = interpreter.choose(settings)
        print(f"people's accounts cannot run the Python of {', '.join(closed)}: from now on it is {found}", flush=True)
    workshop.make_tools()
    with_torch = machine.needed(to_make, cuda=not workshop.has_torch_without_cuda())
    if _say(machine.disk(settings, "environments", with_torch)):
        return 1
    if status := _make(settings, to_make, workshop):
        return status
    print(workshop.bundle())
    return 0


def problems(settings: Settings, to_make: Sequence[Environment], lacking: Sequence[str], *, tests: bool) -> list[str]:
    """What is in the way, one sentence each; ports count only where the house is to be started and does not run."""
    found = machine.folders(settings)
    if lacking and not packages.may_install():
        found.append(packages.sentence(lacking))
    found += machine.disk(settings, "state", machine.STATE_GIGABYTES)
    found += machine.disk(settings, "environments", machine.needed(to_make))
    if not tests and not processes.marked(*processes.mark(settings).popitem()):
        found += ports.problems(settings)
    return found


def _say(sentences: Sequence[str]) -> bool:
    """Says each sentence to whoever reads errors; whether there was any."""
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return bool(sentences)


def _make(settings: Settings, to_make: Sequence[Environment], workshop: Workshop) -> int:
    files = {one.name: logs.file(settings, f"environment-{one.name}") for one in to_make}
    failed: list[str] = []

    def build(one: Environment) -> None:
        begun = time.monotonic()
        try:
            workshop.make(one)
            shown.done(one.name, f"made in {time.monotonic() - begun:.0f} s")
        except OSError as error:
            failed.append(str(error))
            shown.failed(one.name)

    with Progress(files) as shown, ThreadPoolExecutor(len(to_make)) as pool:
        try:
            list(pool.map(build, to_make))
        except BaseException:
            workshop.abandon()
            raise
    return 1 if _say(failed) else 0


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Holds the one lock for making the environments in this folder."""
    folder = settings.folders.environments
    if trouble := machine.folders(settings):
        raise OSError(trouble[0])
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(
                f"Environments are being made in {folder} already: wait until that is done."
            ) from error
        yield
