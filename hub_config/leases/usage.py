"""What people used, for a terminal: `imagine usage` shows a person their own, `make usage` the operator everybody's."""

import argparse
import csv
import io
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from hub_config import usage_table

TOLD_BY = "told_by"
NOTE = (
    "Days are UTC. A share of a card counts as that part of it. A person in two groups counts in both, and once in the "
    "total. At work: as the card's driver tells, else as long as the kernel was busy; nobody tells of scripts."
)


def show(
    records: Sequence[Mapping[str, Any]], *, by: str = "day", csv_file: Path | None = None, as_json: bool = False
) -> None:
    """Prints a table added up `by` day, user, group or use_case; or writes every record to `csv_file`, or as JSON."""
    if by not in usage_table.BY:
        raise ValueError(f"Figures are added up by {', '.join(usage_table.BY)}, not by {by[:20]!r}.")
    if csv_file is not None:
        _put(csv_file, as_csv(records))
        print(f"{len(records)} records are in {csv_file}")
    elif as_json:
        print(json.dumps(records, indent=1))
    elif not records:
        print("Nothing was used yet.")
    else:
        console = Console() if sys.stdout.isatty() else Console(width=120)
        console.print(table(records, by))
        console.print(NOTE)


def table(records: Sequence[Mapping[str, Any]], by: str) -> Table:
    """Hours for a person to read; the last line is the total."""
    shown = Table(box=box.SIMPLE_HEAD, show_footer=True)
    total = usage_table.total(records)
    tellers = {name: ", ".join(sorted(found)) for name, found in _tellers(records, by).items()}
    shown.add_column(usage_table.BY[by], "total")
    for title, hours in (("GPU h lent", total.lent), ("GPU h at work", total.worked), ("CPU h", total.cpu)):
        shown.add_column(title, _hours(hours), justify="right")
    shown.add_column("work told by")
    for line in usage_table.sums(records, by):
        figures = (_hours(line.lent), _hours(line.worked), _hours(line.cpu))
        shown.add_row(line.name, *figures, tellers.get(line.name, ""))
    return shown


def as_csv(records: Sequence[Mapping[str, Any]]) -> str:
    """Every record, with who told how long its cards were at work as the last column."""
    lines = list(csv.reader(io.StringIO(usage_table.as_csv(records))))
    told = [[TOLD_BY], *([" ".join(record[TOLD_BY])] for record in records)]
    text = io.StringIO()
    csv.writer(text).writerows([*line, *more] for line, more in zip(lines, told, strict=True))
    return text.getvalue()


def _tellers(records: Sequence[Mapping[str, Any]], by: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in records:
        for line in usage_table.sums([record], by):
            found.setdefault(line.name, set()).update(record[TOLD_BY])
    return found


def _hours(hours: float) -> str:
    return f"{hours:.2f}" if hours >= 0.005 or hours == 0 else f"{hours:.5f}"


def _put(file: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.", delete=False) as out:
        out.write(text)
    Path(out.name).chmod(0o644)
    Path(out.name).replace(file)


def _everybody(since: str) -> list[dict[str, Any]]:
    """What the broker says; while it does not run, what it had written down."""
    from hub_config.leases import client, places  # a person's terminal has not all that these need
    from hub_config.leases.store import Store, merged
    from hub_config.settings import load

    settings = load()
    try:
        return client.usage(settings, since)
    except ConnectionError:
        if not (file := places.database(settings)).exists():
            return []
    store = Store(file)
    try:
        return merged(store.used(since))
    finally:
        store.close()


def main() -> int:
    """Shows what everybody used."""
    asked = argparse.ArgumentParser(prog="make usage", description=__doc__)
    asked.add_argument("--since", default="", metavar="DAY", help="the first day, such as 2026-01-31 (UTC)")
    asked.add_argument("--by", default="user", choices=list(usage_table.BY))
    asked.add_argument("--csv", type=Path, metavar="FILE", help="write every record to a file")
    asked.add_argument("--json", action="store_true", help="print every record")
    told = asked.parse_args()
    try:
        show(_everybody(told.since), by=told.by, csv_file=told.csv, as_json=told.json)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
