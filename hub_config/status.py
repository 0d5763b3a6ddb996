"""`make status`: what of this installation runs, where, since when, in which version, with how much memory."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from hub_config import parts, processes
from hub_config.settings import Settings, load

Groups = Mapping[processes.Role, list[psutil.Process]]
ENVIRONMENTS = ("hub", "kernel", "labelstudio")
SERVERS = "jupyterlab"
KERNELS = "ipykernel"


@dataclass(frozen=True)
class Row:
    """One line of the table; `bytes` is memory counted so that shared pages are shared out (PSS)."""

    part: str
    address: str = ""
    pids: tuple[int, ...] = ()
    since: datetime | None = None
    version: str = ""
    bytes: int = 0
    missing: str = ""


def status(settings: Settings) -> tuple[Row, ...]:
    """A row for each part, running or not, then one for each person's server and what runs in it."""
    groups = _groups(settings)
    rows = [
        _part(settings, part, groups.get(processes.Role(part.kind, part.name), []))
        for part in (*parts.parts(settings), *parts.silent(settings))
    ]
    people = sorted({role.name for role in groups if role.kind in ("server", "kernel", "other") and role.name})
    for person in people:
        rows.extend(_person(settings, person, groups))
    return tuple(rows)


def missing(settings: Settings) -> list[str]:
    """One sentence for each environment that is not there."""
    lacking = [name for name in ENVIRONMENTS if not settings.folders.python(name).exists()]
    return [f"Environment {name} is not made yet: make up" for name in lacking]


def _groups(settings: Settings) -> Groups:
    """Processes by what they are there for; helpers count with the part that started them."""
    groups: dict[processes.Role, list[psutil.Process]] = defaultdict(list)
    for process in processes.ours(settings):
        try:
            groups[processes.role(process)].append(process)
        except psutil.Error:
            continue
    return groups


def _part(settings: Settings, part: parts.Part, members: list[psutil.Process]) -> Row:
    version = parts.version(settings, part)
    if not members:
        return Row(part.title, part.address, version=version, missing="not running")
    silent = "" if not part.address or parts.answers(f"{part.address}/") else "does not answer"
    return _row(part.title, part.address, version, members, silent)


def _person(settings: Settings, person: str, groups: Groups) -> Iterable[Row]:
    address = f"{settings.addresses.public}/user/{person}/"
    if server := groups.get(processes.Role("server", person)):
        yield _row(f"Server of {person}", address, parts.installed(settings, "hub", SERVERS), server)
    if kernels := groups.get(processes.Role("kernel", person)):
        title = f"  {len(kernels)} kernel{'s' if len(kernels) > 1 else ''} of {person}"
        yield _row(title, "", parts.installed(settings, "kernel", KERNELS), kernels)
    if warm := groups.get(processes.Role("warm", person)):
        yield _row(f"  warm process for kernels of {person}", "", "", warm)
    if others := groups.get(processes.Role("other", person)):
        yield _row(f"  terminals and programs of {person}", "", "", others)


def _row(title: str, address: str, version: str, members: list[psutil.Process], trouble: str = "") -> Row:
    first = min(members, key=lambda process: process.create_time())
    since = datetime.fromtimestamp(first.create_time(), UTC).astimezone()
    pids = tuple(sorted(process.pid for process in members))
    return Row(title, address, pids, since, version, sum(map(_memory, members)), trouble)


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # just gone
        return 0


def table(settings: Settings, rows: Iterable[Row]) -> Table:
    """The rows for a person to read."""
    shown = Table(title=f"{settings.title} · {settings.addresses.public}", title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("part", "address", "process", "since", "version", "memory", "state"):
        shown.add_column(column, justify="right" if column in ("process", "memory") else "left", no_wrap=True)
    for row in rows:
        first = str(row.pids[0]) + (f" +{len(row.pids) - 1}" if len(row.pids) > 1 else "") if row.pids else ""
        memory = f"{row.bytes / 2**20:.0f} MiB" if row.bytes else ""
        address = row.address.partition("://")[2]
        state, style = (row.missing, "red") if row.missing else ("runs", "")
        shown.add_row(row.part, address, first, _moment(row.since), row.version, memory, state, style=style)
    return shown


def _moment(since: datetime | None) -> str:
    if since is None:
        return ""
    today = since.date() == datetime.now(UTC).astimezone().date()
    return f"{since:%H:%M:%S}" if today else f"{since:%d %b %H:%M}"


def main() -> int:
    """Prints the table; exit status 3 where something is missing, as service managers do."""
    try:
        settings = load()
        rows = status(settings)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table(settings, rows))
    total = sum(row.bytes for row in rows)
    lacking = [*missing(settings), *(f"{row.part}: {row.missing}" for row in rows if row.missing)]
    console.print(f"memory of all: {total / 2**20:.0f} MiB (shared pages counted once)")
    if not any(row.pids for row in rows):
        console.print("Nothing runs; start it with: make up")
    elif lacking:
        console.print("\n".join(lacking))
    return 3 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
