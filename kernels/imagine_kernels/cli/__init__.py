"""The command `imagine`: what a person or a script calls from a terminal of the kernel environment."""

import logging
import sys

import typer

from imagine_kernels.cli.cases import new_use_case, use_cases
from imagine_kernels.cli.evaluation import evaluate
from imagine_kernels.cli.labels import convert, labels
from imagine_kernels.cli.prediction import predict
from imagine_kernels.cli.reports import report, usage
from imagine_kernels.cli.training import train

app = typer.Typer(
    name="imagine",
    help="Aquatic images: samples in, predictions, labels and reports out.",
    epilog="Each command tells more: imagine predict --help. Exit status 0: done; 1: one sentence says why not.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("use-cases")(use_cases)
app.command("predict")(predict)
app.command("evaluate")(evaluate)
app.command("train")(train)
app.command("report")(report)
app.command("convert")(convert)
app.command("labels")(labels)
app.command("new-use-case")(new_use_case)
app.command("usage")(usage)


def main() -> None:
    """Run the command; an error is one sentence and exit status 1."""
    logging.getLogger("tifffile").addHandler(logging.NullHandler())  # of a broken file our own sentence tells
    try:
        app()
    except (ValueError, LookupError, OSError, RuntimeError) as error:
        print(f"imagine: {_sentence(error)}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("imagine: stopped.", file=sys.stderr)
        sys.exit(130)


def _sentence(error: Exception) -> str:
    """The text of an error, on one line and without what Python puts around it."""
    if isinstance(error, OSError) and error.strerror:
        said = f"{error.strerror}: {error.filename}." if error.filename else f"{error.strerror}."
    else:
        said = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
    return " ".join(said.split()) or f"{type(error).__name__}, which says no more."
