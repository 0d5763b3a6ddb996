"""`imagine convert` and `imagine labels`: labels of one tool as those of another, and what is in a set of labels."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagine_kernels.cli import words
from imagine_kernels.records import Annotation, Prediction

if TYPE_CHECKING:
    from imagine_widgets.formats import Labels, Loss

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
    lost = formats.losses(labels, to)
    for sentence in _lost(lost, to):
        print(sentence, file=sys.stderr)
    formats.write(labels, target, to, strict=strict)
    if as_json:
        words.print_json({**_counted(labels), "out": str(target), "lost": [_as_values(one) for one in lost]})
        return
    _left_out(labels)
    print(f"{_said(labels)} of {len(labels.samples):,} samples are in {target} ({formats.formats()[to].title}).")


def labels(source: Set, from_: From = None, images: Images = None, as_json: words.AsJson = False) -> None:
    """Show what is in a set of labels: counts per class, shape, author and state."""
    from imagine_widgets import formats

    chosen = formats.detect(source).name if from_ is None else from_
    found = formats.read(source, chosen, images=images)
    if as_json:
        words.print_json({"format": chosen, **_counted(found)})
        return
    print(f"{formats.formats()[chosen].title}: {_said(found)} of {len(found.samples):,} samples")
    for title, counts in _kinds(found).items():
        if counts:
            words.print_table([{title: name, "regions": count} for name, count in counts.most_common()])
    _left_out(found)


def _lost(lost: "Iterable[Loss]", to: str) -> Iterator[str]:
    yield from (f"{to} cannot hold {one}" for one in lost)


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


def _left_out(labels: "Labels") -> None:
    for one in labels.skipped:
        print(f"left out: {one.where}: {one.why}", file=sys.stderr)
