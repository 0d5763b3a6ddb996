"""COCO: one JSON file with pictures, classes, boxes, outlines and masks in pixels; scores where a model wrote them."""

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from imagine_kernels.images import masks
from imagine_kernels.records import Annotation, Prediction, Region, Sample, Skipped
from imagine_kernels.shapes import Box, Ellipse, Mask, MultiPolygon, Polygon, RotatedBox, Shape, bounds
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import IMPORTED, LONG_AGO, Holds, Labels, Term


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
    data = _json(path)
    pictures, skipped = _samples(data["images"], images, path)
    terms = {row["id"]: str(row["name"]) for row in data["categories"]}
    said: dict[bool, dict[str, list[Region]]] = {True: {}, False: {}}
    for row in data["annotations"]:
        try:
            _table(row)
            sample = _found(pictures, row, "image_id", "images")
            label = _found(terms, row, "category_id", "categories")
            region = Region(label, row.get("score"), _shape(row, sample), str(row.get("region_id", row["id"])))
        except (KeyError, TypeError, ValueError) as error:
            skipped.append(Skipped(f"{path}, annotation {row!r:.60}", _why(error)))
            continue
        said["score" in row].setdefault(sample.id, []).append(region)
    return Labels(
        tuple(pictures.values()),
        tuple(Annotation(s, tuple(r), IMPORTED, LONG_AGO, IMPORTED, f"{s}/{IMPORTED}") for s, r in said[False].items()),
        tuple(Prediction(s, tuple(r), IMPORTED, "") for s, r in said[True].items()),
        tuple(Term(str(row["name"]), str(row.get("supercategory") or "") or None) for row in data["categories"]),
        tuple(skipped),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not whole: its JSON breaks off or is wrong ({error}).") from error
    parts = ("images", "annotations", "categories")
    if not isinstance(data, dict) or not all(isinstance(data.get(part), list) for part in parts):
        raise ValueError(f"{path} is no COCO file of labels: it needs lists of images, annotations and categories.")
    return data


def _samples(rows: Iterable[Any], images: Path | None, path: Path) -> tuple[dict[Any, Sample], list[Skipped]]:
    found: dict[Any, Sample] = {}
    skipped = []
    for row in rows:
        try:
            _table(row)
            name = str(row["file_name"])
            uri = name if images is None else str(images / name)
            found[row["id"]] = Sample(name, uri, int(row["width"]), int(row["height"]))
        except (KeyError, TypeError, ValueError) as error:
            skipped.append(Skipped(f"{path}, image {row!r:.60}", _why(error)))
    return found, skipped


def _table(row: object) -> None:
    if not isinstance(row, dict):
        raise TypeError("it is no table of fields.")


def _found(known: Mapping[Any, Any], row: Mapping[str, Any], key: str, where: str) -> Any:  # noqa: ANN401
    if row[key] not in known:
        raise ValueError(f"its {key} {row[key]!r} is not among the {where} of the file.")
    return known[row[key]]


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]!r}."
    return str(error)


def _shape(row: Mapping[str, Any], sample: Sample) -> Shape:
    drawn = row.get("segmentation")
    if isinstance(drawn, Mapping):
        return _mask(drawn, sample)
    if drawn:
        parts = tuple(Polygon(tuple(zip(ring[::2], ring[1::2], strict=True))) for ring in drawn)
        return parts[0] if len(parts) == 1 else MultiPolygon(parts)
    return Box(*(float(side) for side in row["bbox"]))


def _mask(drawn: Mapping[str, Any], sample: Sample) -> Mask:
    """Run lengths down the columns of the whole picture, as numbers or packed into text."""
    height, width = drawn["size"]
    if (width, height) != (sample.width, sample.height):
        raise ValueError(
            f"its mask is of {width} x {height} pixels, and the picture has {sample.width} x {sample.height}."
        )
    if isinstance(drawn["counts"], str | bytes):
        from pycocotools import mask as packed

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of numpy, about pycocotools' own code
            inside = packed.decode({"size": [height, width], "counts": drawn["counts"]}).astype(bool)
    else:
        counts = np.array(drawn["counts"], np.int64)
        if counts.min(initial=0) < 0 or counts.sum() != height * width:
            raise ValueError(f"the runs of its mask do not fill {width} x {height} pixels.")
        inside = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(width, height).T
    found = masks.encode(inside)
    if found is None:
        raise ValueError("its mask is empty.")
    return found


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
        drawn = {"size": [sample.height, sample.width], "counts": _columns(shape, sample)}
    elif not isinstance(shape, Box):
        parts = shape.parts if isinstance(shape, MultiPolygon) else (shape,)
        drawn = [[number for point in part.points for number in point] for part in parts]
    sides = [box.x, box.y, box.width, box.height]
    return {"region_id": region.id, "bbox": sides, "area": masks.area(shape), "segmentation": drawn}


def _columns(mask: Mask, sample: Sample) -> Sequence[int]:
    """The mask as run lengths down the columns of the whole picture; no array of its size is made."""
    down = masks.runs(masks.decode(mask).T)
    first = (down[:, 0] + mask.x) * sample.height + mask.y
    turns = np.stack([first + down[:, 1], first + down[:, 2]], axis=1).ravel()
    counts: list[int] = np.diff(turns, prepend=0, append=sample.height * sample.width).tolist()
    return counts


FORMAT = Format(
    "coco",
    "COCO",
    ".json",
    _detect,
    read,
    write,
    Holds(frozenset({"predictions", "score", "id", "unlabelled", "unused", "parents"}), shapes),
)
