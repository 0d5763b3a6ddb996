"""The words that several commands take, and how what they found is told: tables for a person, JSON for a script."""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from imagine_kernels.records import Skipped

Name = Annotated[str, typer.Argument(metavar="USE_CASE", help="A use case, such as phytoplankton.")]
Data = Annotated[
    Path, typer.Argument(metavar="PATH", help="Labelled pictures; see above.", show_default=False)
]  # fmt: skip
ModelName = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="One of the use case's models; by default the first that fits."),
]
Weights = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE", help="Weights trained here, with their facts beside them.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object; progress and errors go to the error stream.")
]
Replace = Annotated[bool, typer.Option("--replace", help="Replace what an earlier run left in OUT.")]


def file(weights: Path | None) -> Path | None:
    """The file of weights, where one is named. Raises FileNotFoundError with a sentence where there is none."""
    if weights is not None and not weights.is_file():
        raise FileNotFoundError(f"There are no weights at {weights}: give the .safetensors file that a training left.")
    return weights


def print_json(found: Mapping[str, Any]) -> None:
    """One JSON object on the output; a figure that is unknown is null."""
    print(json.dumps(plain(found), ensure_ascii=False))


def plain(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON knows it; a number that is none is null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def print_table(rows: Sequence[Mapping[str, object]], title: str | None = None) -> None:
    """A table as wide as its cells: what follows in a pipe reads whole lines."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from imagine_kernels.units import spelled

    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(box=None, title=title, title_justify="left", pad_edge=False)
    for name in columns:
        table.add_column(Text(spelled(name)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(name))) for name in columns))
    Console(width=None if sys.stdout.isatty() else 1000).print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def print_lines(lines: Iterable[str]) -> None:
    """Each line as it is."""
    for line in lines:
        print(line)


def print_skipped(skipped: Sequence[Skipped], most: int = 10) -> None:
    """What was left out, and why; of many the first."""
    print_lines(f"left out: {one.where}: {one.why}" for one in skipped[:most])
    if len(skipped) > most:
        print(f"left out: {len(skipped) - most:,} more, all in skipped.csv of -o OUT.")
