"""`imagine report` and `imagine usage`: what goes to people who never open a notebook, and what it all cost."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagine_kernels import use_case
from imagine_kernels.cli import prediction, words


def report(
    name: words.Name,
    images: Annotated[Path, typer.Option("--images", help="A folder of images, a zip, or a FlowCam run.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The HTML file to write.")] = None,
    model: words.ModelName = None,
    weights: words.Weights = None,
    pixel_size: prediction.PixelSize = None,
    volume: prediction.Volume = None,
    dilution: prediction.Dilution = None,
    table: prediction.Table = None,
    limits: prediction.Limits = None,
    rescale: prediction.Rescale = False,
) -> None:
    """Execute the report notebook and leave one HTML file that a person without Jupyter can read."""
    from imagine_kernels import report as reports

    given = {"weights": words.file(weights), "dilution": dilution, "table": table, "rescale": rescale}
    options = prediction.asked(pixel_size=pixel_size, volume=volume, limits=limits, **given)
    page = reports.make(use_case.get(name), images, out, model=model, options=options, progress=sys.stderr.isatty())
    print(f"The report is {page}")


def usage(
    since: Annotated[str, typer.Option(metavar="DAY", help="The first day, such as 2026-01-31 (UTC).")] = "",
    by: Annotated[str, typer.Option(help="Add up by day, user, group or use_case.")] = "day",
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write every record to a file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print every record.")] = False,
) -> None:
    """Show how many hours of graphics cards and processors you used at this hub."""
    from hub_config.leases import usage as figures
    from imagine_kernels.launch import leases

    figures.show(leases.usage(since), by=by, csv_file=csv, as_json=json)
