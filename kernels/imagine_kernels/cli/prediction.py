"""`imagine predict`: the chain of a use case on a person's files, and a folder with what it found."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagine_kernels import use_case
from imagine_kernels.cli import words

if TYPE_CHECKING:
    from imagine_kernels.chain import Options, Work

_SHOWN = 20
"""Rows of a table on the screen."""

Seen = Annotated[
    Path,
    typer.Argument(
        metavar="PATH",
        help="Pictures, a zip, or an instrument's own files (FlowCam, IFCB, ZooScan, EcoTaxa).",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="OUT", help="The folder to write; without it the numbers are only shown."),
]
PixelSize = Annotated[
    str | None, typer.Option(metavar="LENGTH", help='Side of a pixel where the files do not tell it: "10.58 um".')
]
Volume = Annotated[
    str | None, typer.Option(metavar="VOLUME", help='Water searched where the files do not tell it: "2.4 m3".')
]
Dilution = Annotated[
    float | None, typer.Option(help="mL of measured fluid per mL of original water; 2: diluted to double.")
]
Table = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Sensitivity and indicator values of taxa, for an index (CSV).")
]
Limits = Annotated[
    str | None, typer.Option(metavar="A,B,C,D", help='Limits of the index\'s classes, high to poor: "17,13,9,5".')
]
Rescale = Annotated[
    bool, typer.Option("--rescale", help="Resample pictures of another scale than the model's, instead of refusing.")
]
EcoTaxa = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A .zip for EcoTaxa, too: its table and the pictures (.tsv: the table alone)."),
]


def predict(
    name: words.Name,
    path: Seen,
    out: Out = None,
    model: words.ModelName = None,
    weights: words.Weights = None,
    pixel_size: PixelSize = None,
    volume: Volume = None,
    dilution: Dilution = None,
    table: Table = None,
    limits: Limits = None,
    rescale: Rescale = False,
    ecotaxa: EcoTaxa = None,
    replace: words.Replace = False,
    as_json: words.AsJson = False,
    quiet: words.Quiet = False,
) -> None:
    """Name, count and measure what is in PATH.

    OUT then holds predictions.csv, the records as JSON lines, one CSV per table of numbers, what was left out
    (skipped.csv) and what a repetition needs (run.json). It is there whole or not at all.
    """
    from imagine_kernels import chain, results

    given = {"model": model, "weights": words.file(weights), "dilution": dilution, "table": table, "rescale": rescale}
    options = asked(pixel_size=pixel_size, volume=volume, limits=limits, progress=not quiet, **given)
    case = use_case.get(name)
    case.model(model)
    place = None if out is None else results.free(out, path, replace=replace)
    work = chain.run(case, path, options)
    told = results.told(work, command=shlex.join(["imagine", *sys.argv[1:]]))
    if place is not None:
        results.write(work, told, place)
    if ecotaxa is not None:
        _send(work, ecotaxa)
    if as_json:
        words.print_json(results.as_json(work, told, place))
    else:
        _print(work, place)


def _send(work: "Work", target: Path) -> None:
    from imagine_kernels import ecotaxa

    for file in ecotaxa.from_work(work, target):
        print(f"For EcoTaxa: {file}", file=sys.stderr)


def asked(*, pixel_size: str | None, volume: str | None, limits: str | None, **others: Any) -> "Options":  # noqa: ANN401
    """What a person typed beside the path, as a chain takes it. Raises ValueError with a sentence for what is none."""
    from imagine_kernels import units
    from imagine_kernels.chain import Options

    if others["dilution"] is not None and not others["dilution"] > 0:
        raise ValueError(f"A dilution must be above 0, not {others['dilution']:g}.")
    return Options(
        pixel_size=None if pixel_size is None else units.parse(pixel_size, "micrometer"),
        volume=None if volume is None else units.parse(volume, "milliliter"),
        limits=None if limits is None else _numbers(limits),
        **others,
    )


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no list of limits: write four numbers with commas, such as '17,13,9,5'."
        ) from error


def _print(work: "Work", place: Path | None) -> None:
    for name, rows in work.tables.items():
        if rows:
            words.print_table(rows[:_SHOWN], title=name)
            print(f"… and {len(rows) - _SHOWN:,} more rows in {name}.csv of -o OUT.\n" if len(rows) > _SHOWN else "")
    for remark in work.remarks:
        print(f"Note: {remark}")
    words.print_skipped(work.skipped)
    print(f"{len(work.predictions):,} of {len(work.samples):,} samples have a prediction.")
    print("Nothing was written: -o OUT keeps it." if place is None else f"The results are in {place}")
