"""`imagine use-cases` lists what this installation can do; `imagine new-use-case` adds to it."""

from typing import Annotated, Any

import typer

from imagine_kernels import use_case
from imagine_kernels.cli import words


def use_cases(as_json: words.AsJson = False) -> None:
    """List the use cases of this installation and their models."""
    cases = list(use_case.every())
    if as_json:
        words.print_json({"use_cases": [_told(case) for case in cases]})
        return
    rows = [
        {
            "use case": case.name,
            "models": ", ".join(model.name for model in case.models),
            "classes": len(case.labels()),
            "what it does": case.summary,
        }
        for case in cases
    ]
    words.print_table(rows)


def _told(case: use_case.UseCase) -> dict[str, Any]:
    return {
        "name": case.name,
        "title": case.title,
        "summary": case.summary,
        "licence": case.licence,
        "measures": case.measures,
        "models": [_model(model) for model in case.models],
    }


def _model(model: use_case.Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "title": model.title,
        "task": model.task,
        "classes": [
            {"name": label.name, "title": label.title, "aphia_id": label.aphia_id, **dict(label.codes)}
            for label in model.labels
        ],
        "sha256": model.sha256,
        "figures": [{"name": f.name, "value": f.value, "count": f.count, "split": f.split} for f in model.figures],
        "command": model.command,
    }


def new_use_case(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and _; a word Python can import.")],
    like: Annotated[str, typer.Option(metavar="USE_CASE", help="The use case to begin from.", show_default=False)],
    as_json: words.AsJson = False,
) -> None:
    """Make a use case of your own: a copy of another that works at once, with the places to edit marked.

    Kernelspec, card, labelling page, contract test and report all follow from the facts in its folder.
    """
    from imagine_kernels.new_use_case import make

    made = make(name, like)
    if as_json:
        words.print_json({"folder": str(made.folder), "facts": str(made.facts), "notebook": str(made.notebook)})
    else:
        words.print_lines(made.sentences())
