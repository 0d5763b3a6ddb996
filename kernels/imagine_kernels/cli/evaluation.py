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
    from imagine_kernels.evaluate import Evaluation, Interval
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

    PATH has one folder per class, or is an EcoTaxa project (folder, zip or table), of which the validated objects
    count. Labels are matched to the model's classes by name, title, AphiaID or taxonomy.
    """
    from imagine_kernels import results
    from imagine_kernels.examination import examine

    place = None if out is None else results.free(out, data, replace=replace)
    found = examine(name, data, model=model, weights=weights, unknown=unknown, progress=not quiet)
    told = _told(found)
    if place is not None:
        results.put(place, _files(found, told))
    if as_json:
        words.print_json({**told, "out": None if place is None else str(place)})
    else:
        _print(found, place)


def _print(found: "Examination", place: Path | None) -> None:
    figures = found.evaluation
    print(f"{found.model.title} ({found.model.name}) on {found.data}, {figures.count:,} pictures")
    print(f"accuracy {figures.accuracy}, macro-F1 {figures.macro_f1} (95 % intervals)")
    print(f"calibration error {figures.calibration_error:.3f}")
    print()
    words.print_table(_recalls(figures))
    print()
    words.print_lines(f"Note: {remark}" for remark in found.remarks)
    words.print_skipped(found.skipped)
    print(
        "The confusion matrix was not written: -o OUT keeps it."
        if place is None
        else f"The confusion matrix and the rest are in {place}"
    )


def _recalls(figures: "Evaluation") -> list[dict[str, Any]]:
    counts = {label: sum(row) for label, row in zip(figures.labels, figures.confusion, strict=True)}
    return [
        {"class": label, "pictures": counts[label], "recall": share.value, "from": share.low, "to": share.high}
        for label, share in figures.recall.items()
    ]


def _told(found: "Examination") -> dict[str, Any]:
    figures = found.evaluation
    return {
        "use_case": found.case.name,
        "command": shlex.join(["imagine", *sys.argv[1:]]),
        "path": str(found.data.expanduser().absolute()),
        "data_sha256": found.data_sha256,
        "model": found.model.name,
        "weights_sha256": found.model.sha256,
        "pictures": figures.count,
        "without_prediction": figures.unmatched,
        "accuracy": _interval(figures.accuracy),
        "macro_f1": _interval(figures.macro_f1),
        "calibration_error": figures.calibration_error,
        "recall": {row.pop("class"): row for row in _recalls(figures)},
        "confusion": {"labels": figures.labels, "counts": figures.confusion},
        "remarks": found.remarks,
        "skipped": [{"where": s.where, "why": s.why} for s in found.skipped],
    }


def _interval(figure: "Interval") -> dict[str, float]:
    return {"value": figure.value, "low": figure.low, "high": figure.high}


def _files(found: "Examination", told: Mapping[str, Any]) -> dict[str, bytes]:
    """The confusion matrix as CSV and picture, recalls, every answer beside the truth, what was left out, the run."""
    from imagine_kernels import plots, results

    figures = found.evaluation
    titles = {label.name: label.title for label in found.model.answers}
    matrix = [
        {"people say": label, **dict(zip(figures.labels, row, strict=True))}
        for label, row in zip(figures.labels, figures.confusion, strict=True)
    ]
    answers = [
        {"sample": p.sample_id, "people say": found.truth[p.sample_id], "model says": r.label, "score": r.score}
        for p in found.answers
        for r in p.regions[:1]
    ]
    texts = {
        "confusion.csv": results.as_csv(matrix),
        "recall.csv": results.as_csv(_recalls(figures)),
        "answers.csv": results.as_csv(answers),
        "skipped.csv": results.as_csv([{"where": s.where, "why": s.why} for s in found.skipped], ("where", "why")),
        results.RUN: json.dumps(words.plain(told), indent=1, ensure_ascii=False) + "\n",
    }
    picture = plots.png(plots.confusion(figures, titles))
    return {"confusion.png": picture, **{name: text.encode() for name, text in texts.items()}}
