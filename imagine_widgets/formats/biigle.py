"""BIIGLE's image annotations: a CSV file with a row for each label of each shape, in pixels."""

import json
from pathlib import Path

from imagine_kernels.records import Region, Sample
from imagine_kernels.shapes import Flat, Shape, TimeFrequency, Track
from imagine_widgets.formats import biigle_rows, vertices
from imagine_widgets.formats.biigle_rows import Row
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import Holds, Labels
from imagine_widgets.formats.pictures import Pictures

NAMES = {
    "point": "Point", "line": "LineString", "polygon": "Polygon", "circle": "Circle", "rectangle": "Rectangle",
    "ellipse": "Ellipse",
}  # fmt: skip
KINDS = {name: kind for kind, name in NAMES.items()}
NUMBERS = {"Point": "1", "LineString": "2", "Polygon": "3", "Circle": "4", "Rectangle": "5", "Ellipse": "6"}
_COLUMNS = (
    "annotation_label_id", "label_id", "label_name", "label_hierarchy", "user_id", "firstname", "lastname", "image_id",
    "filename", "image_longitude", "image_latitude", "shape_id", "shape_name", "points", "attributes", "annotation_id",
    "created_at",
)  # fmt: skip


def _detect(head: Head) -> bool:
    return {"label_name", "filename", "shape_name", "points"} <= set(biigle_rows.titles(head.start))


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Whatever lies in a picture. What BIIGLE does not know is drawn as what is nearest, with ours beside it."""
    del sample
    return () if shape is None or isinstance(shape, Track | TimeFrequency) else (shape,)


def read(path: Path, images: Path | None = None) -> Labels:
    """Every row. Raises OSError or ValueError with a sentence."""
    return biigle_rows.Reading(path, "filename", "annotation_id", _shape, through, Pictures(path, images)).all()


def _shape(row: Row) -> Flat:
    return of_numbers(row["shape_name"], json.loads(row["points"]))


def of_numbers(name: str, points: list[float]) -> Flat:
    """The shape of BIIGLE's name and numbers. Raises ValueError with a sentence."""
    if name not in KINDS:
        raise ValueError(f"BIIGLE's shape {name!r} is not known here.")
    return vertices.shape(KINDS[name], points)


def through(shape: Shape) -> Shape:
    """What BIIGLE's columns give back of a shape."""
    if isinstance(shape, Track | TimeFrequency):
        raise TypeError("Pictures hold no tracks and no sounds: they were to be left out before.")
    kind = vertices.kind(shape)
    return vertices.shape(kind, vertices.numbers(shape, kind))


def write(labels: Labels, path: Path) -> None:
    """One CSV file."""
    found = ({**row, "filename": row["file"], "image_id": row["file_id"]} for row in biigle_rows.told(labels, _fields))
    biigle_rows.save(path, _COLUMNS, found)


def _fields(region: Region, sample: Sample) -> tuple[Row, bool]:
    del sample
    shape = region.shape
    if shape is None or isinstance(shape, Track | TimeFrequency):
        raise TypeError("BIIGLE's pictures hold shapes only: all else was to be left out before.")
    kind = vertices.kind(shape)
    points = vertices.numbers(shape, kind)
    name = NAMES[kind]
    exact = vertices.shape(kind, points) == shape
    return {"shape_name": name, "shape_id": NUMBERS[name], "points": json.dumps(points)}, exact


FORMAT = Format(
    "biigle",
    "BIIGLE image annotations",
    ".csv",
    _detect,
    read,
    write,
    Holds(frozenset(biigle_rows.FACTS), shapes),
)
