"""COCO: one JSON file with pictures, classes, boxes, outlines and masks in pixels; scores where a model wrote them."""

import json
from pathlib import Path
from typing import Any

from imagine_kernels.images import masks
from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Ellipse, Mask, MultiPolygon, Polygon, RotatedBox, Shape, bounds
from imagine_widgets.formats import coco_masks, coco_rows
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import Holds, Labels


def _detect(head: Head) -> bool:
    return head.start.lstrip().startswith("{") and '"images"' in head.start and head.path.suffix == ".json"


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """COCO holds boxes, outlines without holes, and masks within the picture."""
    match shape:
        case MultiPolygon() if len(shape.parts) == 1:
            return shapes(shape.parts[0], sample)
        case Box() | Polygon() | MultiPolygon() if not _has_holes(shape):
            return (shape,)
        case RotatedBox():
            return (Polygon(shape.corners()),)
        case Polygon() | MultiPolygon() | Ellipse() | Mask():
            painted = masks.painted(shape, sample.width, sample.height)
            return () if painted is None else (painted,)
        case _:
            return ()


def _has_holes(shape: Box | Polygon | MultiPolygon) -> bool:
    parts = shape.parts if isinstance(shape, MultiPolygon) else (shape,)
    return any(isinstance(part, Polygon) and part.holes for part in parts)


def read(path: Path, images: Path | None = None) -> Labels:
    """The pictures, labels and classes of a COCO file. Raises OSError or ValueError with a sentence."""
    return coco_rows.Reading(path, images).all()


def write(labels: Labels, path: Path) -> None:
    """One JSON file; categories are numbered from 1 in their order, pictures and annotations too."""
    numbers = {term.name: n for n, term in enumerate(labels.terms, start=1)}
    pictures = {sample.id: n for n, sample in enumerate(labels.samples, start=1)}
    samples = {sample.id: sample for sample in labels.samples}
    said: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    told = [
        {"id": number, "image_id": pictures[one.sample_id], "category_id": numbers[region.label], "iscrowd": 0}
        | _drawn(region, samples[one.sample_id])
        | ({"score": region.score} if isinstance(one, Prediction) else {})
        for number, (one, region) in enumerate(((one, region) for one in said for region in one.regions), start=1)
    ]
    data = {
        "images": [
            {"id": pictures[s.id], "file_name": s.id, "width": s.width, "height": s.height} for s in labels.samples
        ],
        "categories": [{"id": numbers[t.name], "name": t.name, "supercategory": t.parent or ""} for t in labels.terms],
        "annotations": told,
    }
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _drawn(region: Region, sample: Sample) -> dict[str, Any]:
    shape = region.shape
    if not isinstance(shape, Box | Polygon | MultiPolygon | Mask):
        raise TypeError(f"COCO holds no {type(shape).__name__}: it was to be left out before.")
    box = bounds(shape)
    drawn: object = []
    if isinstance(shape, Mask):
        drawn = {"size": [sample.height, sample.width], "counts": coco_masks.told(shape, sample)}
    elif not isinstance(shape, Box):
        parts = shape.parts if isinstance(shape, MultiPolygon) else (shape,)
        drawn = [[number for point in part.points for number in point] for part in parts]
    sides = [box.x, box.y, box.width, box.height]
    return {"region_id": region.id, "bbox": sides, "area": masks.area(shape), "segmentation": drawn}


FORMAT = Format(
    "coco",
    "COCO",
    ".json",
    _detect,
    read,
    write,
    Holds(frozenset({"predictions", "score", "id", "unlabelled", "unused", "parents"}), shapes),
)
