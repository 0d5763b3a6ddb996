"""`imagine convert` and `imagine labels`: labels of one tool as those of another, and what is in a set of labels."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagine_kernels.cli import words
from imagine_kernels.records import Annotation, Prediction, Skipped

if TYPE_CHECKING:
    from imagine_widgets.formats import Labels, Loss
    from imagine_widgets.overview import Overview
    from imagine_widgets.overview import Set as LabelSet

_SHOWN = 10
"""Disputes that are printed."""

Set = Annotated[Path, typer.Argument(metavar="IN", help="A file, folder or zip of labels.", show_default=False)]
Images = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="The pictures, where the labels do not tell their size.")
]
From = Annotated[str | None, typer.Option("--from", metavar="FORMAT", help="Its format, if not told by its content.")]


def convert(
    source: Set,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file or folder to write.", show_default=False)],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="The format to write; see below.")],
    from_: From = None,
    images: Images = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse where anything would be lost.")] = False,
    as_json: words.AsJson = False,
) -> None:
    """Write the labels of one tool as those of another; what the target cannot hold is told first.

    FORMAT is one of coco, yolo, yolo_segmentation, yolo_oriented, voc, cvat, labelme, ifdo, geojson, label_studio_json,
    labelbox, biigle, biigle_video, biigle_labels, biigle_volume, ecotaxa (ecotaxa_NAME.tsv, or .zip with pictures).
    """
    from imagine_widgets import formats

    labels = formats.read(source, from_, images=images)
    lost = formats.write(
        labels, target, to, strict=strict, tell=lambda one: print(f"{to} cannot hold {one}", file=sys.stderr)
    )
    if as_json:
        words.print_json({**_counted(labels), "out": str(target), "lost": [_as_values(one) for one in lost]})
        return
    _left_out(labels.skipped)
    told = "were read; all but what is told above is" if lost else "are"
    print(f"{_said(labels)} of {len(labels.samples):,} samples {told} in {target} ({formats.formats()[to].title}).")


def labels(
    source: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A file, folder or zip of labels; or a project's.", show_default=False),
    ],
    from_: From = None,
    images: Images = None,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="OUT.html", help="Write one page with pictures.")
    ] = None,
    as_json: words.AsJson = False,
) -> None:
    """Show what is in a set of labels: counts per class, shape, author and state, and how far its authors agree.

    PATH may also be a project: its pictures, or the .labels file of its labels.
    """
    from imagine_widgets.overview import kinds, overview, write

    found = overview(_set(source, from_, images))
    hidden = write(found, page) if page is not None else ()
    if as_json:
        words.print_json({**found.to_json(), "not_shown": [{"where": one.where, "why": one.why} for one in hidden]})
        return
    said = f"{found.people:,} labels of people and {found.models:,} of models"
    print(f"{found.given.title}: {said} of {found.samples:,} samples")
    for title, counts in kinds(found).items():
        if counts:
            words.print_table([{title: name, "regions": count} for name, count in counts.most_common()])
    _print_agreement(found)
    _left_out((*found.skipped, *hidden))
    if page is not None:
        print(f"The page with pictures is {page}.")


def _set(source: Path, from_: str | None, images: Path | None) -> "LabelSet":
    """Labels of another tool, of a project's store, or those of the pictures in a folder or run."""
    from imagine_kernels.sources import open_samples
    from imagine_widgets import formats, overview

    stores = [source] if overview.is_store(source) else overview.stores_in(source)
    if from_ is None and stores:
        if len(stores) > 1:
            raise ValueError(
                f"{source} holds the labels of several projects: name one of {', '.join(map(str, stores))}."
            )
        return overview.of_store(stores[0])
    try:
        chosen = formats.detect(source).name if from_ is None else from_
    except ValueError as error:
        try:
            found = overview.of_collection(open_samples(source), source)
        except (OSError, ValueError):
            found = None
        if found is None or not any(found.annotations()):
            raise error from None
        return found
    return overview.of_file(source, chosen, images=images)


def _print_agreement(found: "Overview") -> None:
    """Figures of agreement as a table, and the first things to settle."""
    rows = [{"agreement": what, "": str(figure)} for what, figure in found.figures()]
    if rows:
        words.print_table(rows)
    if found.disputes:
        print(f"{len(found.disputes):,} to settle, the most serious first:")
        words.print_lines(f"  {one.sample_id}: {one.said}" for one in found.disputes[:_SHOWN])
        if len(found.disputes) > _SHOWN:
            print(f"  and {len(found.disputes) - _SHOWN:,} more: all are in --json, with pictures in --html.")


def _as_values(loss: "Loss") -> dict[str, Any]:
    return {"what": loss.what, "count": loss.count, "example": loss.example}


def _opinions(labels: "Labels") -> tuple[Annotation | Prediction, ...]:
    return (*labels.annotations, *labels.predictions)


def _said(labels: "Labels") -> str:
    drawn, guessed = (sum(len(one.regions) for one in some) for some in (labels.annotations, labels.predictions))
    return f"{drawn:,} labels of people and {guessed:,} of models"


def _kinds(labels: "Labels") -> Mapping[str, Counter[str]]:
    said = [(one, region) for one in _opinions(labels) for region in one.regions]
    return {
        "class": Counter(region.label for _, region in said),
        "shape": Counter("whole sample" if r.shape is None else type(r.shape).__name__ for _, r in said),
        "author": Counter(one.author if isinstance(one, Annotation) else f"model {one.model}" for one, _ in said),
        "state": Counter(region.state for _, region in said if region.state),
    }


def _counted(labels: "Labels") -> dict[str, Any]:
    return {
        "samples": len(labels.samples),
        **{title: dict(counts.most_common()) for title, counts in _kinds(labels).items()},
        "left_out": [{"where": one.where, "why": one.why} for one in labels.skipped],
    }


def _left_out(skipped: Iterable[Skipped]) -> None:
    for one in skipped:
        print(f"left out: {one.where}: {one.why}", file=sys.stderr)
