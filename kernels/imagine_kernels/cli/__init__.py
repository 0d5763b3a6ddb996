"""The command `imagine`: what a person or a script calls from a terminal of the kernel environment."""

import sys

import typer

from imagine_kernels.cli import cases, evaluation, prediction, reports, training

app = typer.Typer(
    name="imagine",
    help="Aquatic images: samples in, predictions, labels and reports out.",
    epilog="Each command tells more: imagine predict --help. Exit status 0: done; 1: one sentence says why not.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("use-cases")(cases.use_cases)
app.command("predict")(prediction.predict)
app.command("evaluate")(evaluation.evaluate)
app.command("train")(training.train)
app.command("report")(reports.report)
app.command("new-use-case")(cases.new_use_case)
app.command("usage")(reports.usage)


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
    """The text of an error, on one line and without what Python puts around it."""
    if isinstance(error, OSError) and error.strerror:
        said = f"{error.strerror}: {error.filename}." if error.filename else f"{error.strerror}."
    else:
        said = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
    return " ".join(said.split()) or f"{type(error).__name__}, which says no more."
