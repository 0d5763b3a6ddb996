"""`imagine evaluate`: how good a model is on what people labelled, in figures with their intervals."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagine_kernels.cli import words

if TYPE_CHECKING:
    from imagine_kernels.cli.figures import Told
    from imagine_kernels.examination import Examination


def evaluate(
    name: words.Name,
    data: words.Data,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help="A folder for the confusion matrix (CSV, picture) and more."),
    ] = None,
    model: words.ModelName = None,
    weights: words.Weights = None,
    unknown: Annotated[
        str | None,
        typer.Option(metavar="WHAT", help='Labels the model does not know: "wrong" counts them, or "leave-out".'),
    ] = None,
    replace: words.Replace = False,
    as_json: words.AsJson = False,
    quiet: words.Quiet = False,
) -> None:
    """Tell how good a model is on labelled pictures, with 95 % intervals.

    PATH is a folder or zip with one folder per class; an EcoTaxa project (folder, zip or table), of which the validated
    objects count; or a folder images with YOLO labels or masks beside it. Labels are matched to the model's classes by
    name, title, AphiaID or taxonomy.
    """
    from imagine_kernels import results
    from imagine_kernels.cli import figures
    from imagine_kernels.examination import examine

    place = None if out is None else results.free(out, data, replace=replace)
    found = examine(name, data, model=model, weights=words.file(weights), unknown=unknown, progress=not quiet)
    told = figures.told(found.evaluation)
    values = _values(found, told)
    if place is not None:
        results.put(place, _files(found, told, values))
    if as_json:
        words.print_json({**values, "out": None if place is None else str(place)})
    else:
        _print(found, told, place)


def _print(found: "Examination", told: "Told", place: Path | None) -> None:
    print(f"{found.model.title} ({found.model.name}) on {found.data}, {found.evaluation.count:,} pictures")
    words.print_lines(told.lines)
    print()
    words.print_table(told.classes)
    print()
    if told.matrix:
        print("confusion: people say (rows), the model says (columns)")
        words.print_table(told.matrix)
        print()
    words.print_lines(f"Note: {remark}" for remark in found.remarks)
    words.print_skipped(found.skipped)
    print("Nothing was written: -o OUT keeps it." if place is None else f"The figures are in {place}")


def _values(found: "Examination", told: "Told") -> dict[str, Any]:
    return {
        "use_case": found.case.name,
        "command": shlex.join(["imagine", *sys.argv[1:]]),
        "path": str(found.data.expanduser().absolute()),
        "data_sha256": found.data_sha256,
        "model": found.model.name,
        "weights_sha256": found.model.sha256,
        **told.values,
        "remarks": found.remarks,
        "skipped": [{"where": s.where, "why": s.why} for s in found.skipped],
    }


def _files(found: "Examination", told: "Told", values: Mapping[str, Any]) -> dict[str, bytes]:
    """The confusion matrix as CSV and picture, the classes, every answer beside the truth, what was left out, run."""
    from imagine_kernels import plots, results

    answers = (
        {**row, "people say": found.truth.get(str(row["sample"]))} for row in results.rows(found.samples, found.answers)
    )
    texts = {
        "classes.csv": results.as_csv(told.classes),
        "answers.csv": results.as_csv(answers, (*results.COLUMNS[:1], "people say")),
        "skipped.csv": results.as_csv([{"where": s.where, "why": s.why} for s in found.skipped], ("where", "why")),
        results.RUN: json.dumps(words.plain(values), indent=1, ensure_ascii=False) + "\n",
    }
    files = {name: text.encode() for name, text in texts.items()}
    if told.matrix:
        titles = {label.name: label.title for label in found.model.answers}
        head = f"{found.evaluation.count:,} pictures\n" + "\n".join(told.lines)
        files["confusion.csv"] = results.as_csv(told.matrix).encode()
        files["confusion.png"] = plots.png(plots.matrix(told.labels, told.confusion, titles, head))
    return files
