"""The command `imagine`: what a person or a script calls from a terminal of the kernel environment."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagine_kernels import use_case

app = typer.Typer(
    name="imagine",
    help="Aquatic images: samples in, predictions, labels and reports out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Name = Annotated[str, typer.Argument(metavar="USE_CASE", help="A use case, such as phytoplankton.")]
ModelName = Annotated[str | None, typer.Option("--model", help="One of the use case's models; the first by default.")]


@app.command("use-cases")
def use_cases() -> None:
    """List the use cases of this installation and their models."""
    from rich.console import Console
    from rich.table import Table

    table = Table("use case", "models", "classes", "what it does", box=None)
    for case in use_case.every():
        models = ", ".join(model.name for model in case.models)
        table.add_row(case.name, models, str(len(case.labels())), case.summary)
    Console().print(table)


@app.command()
def report(
    name: Name,
    images: Annotated[Path, typer.Option("--images", help="A folder of images, a zip, or a FlowCam run.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The HTML file to write.")] = None,
    model: ModelName = None,
) -> None:
    """Execute the report notebook and leave one HTML file that a person without Jupyter can read."""
    from imagine_kernels import report as reports

    page = reports.make(use_case.get(name), images, out, model=model, progress=sys.stderr.isatty())
    print(f"The report is {page}")


@app.command()
def train(
    name: Name,
    data: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder or zip with one folder per class.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where weights and facts go.")] = None,
    model: ModelName = None,
    scratch: Annotated[bool, typer.Option("--scratch", help="Start from nothing, not from its weights.")] = False,
    drawn: Annotated[int, typer.Option(help="Practise on so many drawn pictures first.")] = 0,
    folds: Annotated[int, typer.Option(help="Examine by so many folds instead of one held-out fifth.")] = 0,
    runs: Annotated[str | None, typer.Option(help="Pattern whose first group names the run in a file's name.")] = None,
    variety: Annotated[float, typer.Option(help="How much light, focus and grain are varied.")] = 1.0,
    epochs: Annotated[int | None, typer.Option(help="How often each picture is shown.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, data and machine: same weights.")] = 0,
    networks: Annotated[int | None, typer.Option(help="Average so many networks, each of its own seed.")] = None,
    forest: Annotated[bool, typer.Option("--forest", help="Average a forest on measured features in.")] = False,
    reject: Annotated[
        float | None, typer.Option(help='Say "none of these" so that at most this share of the rest is wrong.')
    ] = None,
) -> None:
    """Teach a model from labelled folders, and tell how good it is on pictures it has not seen."""
    from imagine_kernels.train import train_folder

    how = {"scratch": scratch, "drawn": drawn, "folds": folds, "runs": runs, "variety": variety}
    made = {"networks": networks, "forest": forest, "reject": reject}
    trained = train_folder(name, data, out, model=model, **how, **made, epochs=epochs, seed=seed)
    for figure in trained.model.figures:
        print(f"{figure.name} {figure.value:.3f} on {figure.count} pictures, {figure.split}")
    for skipped in trained.skipped:
        print(f"left out: {skipped.where}: {skipped.why}")
    print(f"The weights are {trained.weights} (sha256 {trained.model.sha256})")


@app.command()
def evaluate(
    name: Name,
    data: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder or zip with one folder per class.")],
    model: ModelName = None,
    weights: Annotated[Path | None, typer.Option(help="Weights trained here instead of the use case's own.")] = None,
) -> None:
    """Tell how good a model is on labelled folders."""
    from imagine_kernels.evaluate import evaluate_folder

    found = evaluate_folder(name, data, model=model, weights=weights)
    print(f"accuracy {found.accuracy}, macro-F1 {found.macro_f1} on {found.count} pictures (95 % intervals)")
    print(f"calibration error {found.calibration_error:.3f}")
    for label, recall in found.recall.items():
        print(f"recall of {label} {recall}")


@app.command()
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


def main() -> None:
    """Run the command; an error is one sentence and exit status 1."""
    try:
        app()
    except (ValueError, LookupError, OSError, RuntimeError) as error:
        print(f"imagine: {_sentence(error)}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("imagine: stopped.", file=sys.stderr)
        sys.exit(130)


def _sentence(error: Exception) -> str:
    """The text of an error without the quotes a KeyError puts around it."""
    return str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
