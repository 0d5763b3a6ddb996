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
