"""BIIGLE's image labels: a CSV file with a row for each label of a whole picture."""

from pathlib import Path

from imagine_kernels.records import Region, Sample
from imagine_kernels.shapes import Shape
from imagine_widgets.formats import biigle_rows
from imagine_widgets.formats.biigle_rows import Row
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import Holds, Labels
from imagine_widgets.formats.pictures import Pictures

_COLUMNS = (
    "image_label_id", "image_id", "filename", "longitude", "latitude", "user_id", "firstname", "lastname", "label_id",
    "label_name", "label_hierarchy", "created_at", "attributes",
)  # fmt: skip


def _detect(head: Head) -> bool:
    found = set(biigle_rows.titles(head.start))
    return {"image_label_id", "filename", "label_name"} <= found and "points" not in found


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Labels of the whole sample, and no others."""
    del sample
    return (None,) if shape is None else ()


def read(path: Path, images: Path | None = None) -> Labels:
    """Every row. Raises OSError or ValueError with a sentence."""
    return biigle_rows.Reading(path, "filename", "image_label_id", _none, _none, Pictures(path, images)).all()


def _none(given: object) -> None:
    del given


def write(labels: Labels, path: Path) -> None:
    """One CSV file."""
    found = (
        {**row, "filename": row["file"], "image_id": row["file_id"], "image_label_id": row["annotation_id"]}
        for row in biigle_rows.told(labels, _fields)
    )
    biigle_rows.save(path, _COLUMNS, found)


def _fields(region: Region, sample: Sample) -> tuple[Row, bool]:
    del region, sample
    return {}, True


FORMAT = Format(
    "biigle_labels",
    "BIIGLE image labels",
    ".csv",
    _detect,
    read,
    write,
    Holds(frozenset(biigle_rows.FACTS), shapes),
)
