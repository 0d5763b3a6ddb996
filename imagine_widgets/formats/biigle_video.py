"""BIIGLE's video annotations: a CSV file with a row for each label of each track, in pixels and seconds."""

import json
from pathlib import Path

from imagine_kernels.records import Region, Sample
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import biigle_rows, vertices
from imagine_widgets.formats.biigle import KINDS, NAMES, NUMBERS
from imagine_widgets.formats.biigle_rows import Row
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import Holds, Labels
from imagine_widgets.formats.pictures import Pictures

_WHOLE, _WHOLE_NUMBER = "WholeFrame", "7"
_FRAME = 0.04
"""Seconds that one frame lasts where a label is of one frame."""
_COLUMNS = (
    "video_annotation_label_id", "label_id", "label_name", "label_hierarchy", "user_id", "firstname", "lastname",
    "video_id", "video_filename", "shape_id", "shape_name", "points", "frames", "annotation_id", "created_at",
    "attributes",
)  # fmt: skip


def _detect(head: Head) -> bool:
    return {"label_name", "video_filename", "shape_name", "frames"} <= set(biigle_rows.titles(head.start))


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Tracks, and stretches of time as what the whole frame shows."""
    del sample
    seen = isinstance(shape, Track) and any(key.shape is not None for key in shape.keys)
    return (shape,) if seen or isinstance(shape, TimeFrequency) else ()


def read(path: Path, images: Path | None = None) -> Labels:
    """Every row. Raises OSError or ValueError with a sentence."""
    return biigle_rows.Reading(path, "video_filename", "annotation_id", _shape, _through, Pictures(path, images)).all()


def _shape(row: Row) -> Shape:
    return of_numbers(row["shape_name"], json.loads(row["points"] or "[]"), json.loads(row["frames"]))


def of_numbers(name: str, points: list[list[float]], times: list[float | None]) -> Shape:
    """The track of BIIGLE's name, places and times. Raises ValueError with a sentence."""
    if name == _WHOLE:
        known = [float(time) for time in times if time is not None]
        if not known:
            raise ValueError("it has no time at which it is seen.")
        return TimeFrequency(known[0], known[-1] if known[-1] > known[0] else known[0] + _FRAME)
    if name not in KINDS:
        raise ValueError(f"BIIGLE's shape {name!r} is not known here.")
    return vertices.track(KINDS[name], points, times)


def to_numbers(shape: Shape | None) -> tuple[str, list[list[float]], list[float | None]]:
    """BIIGLE's name, places and times of a track."""
    if isinstance(shape, TimeFrequency):
        return _WHOLE, [], [shape.start, shape.end]
    if not isinstance(shape, Track):
        raise TypeError("BIIGLE's videos hold tracks only: all else was to be left out before.")
    kind, points, times = vertices.frames(shape)
    return NAMES[kind], points, times


def _through(shape: Shape) -> Shape:
    return of_numbers(*to_numbers(shape))


def write(labels: Labels, path: Path) -> None:
    """One CSV file."""
    found = (
        row
        | {"video_filename": row["file"], "video_id": row["file_id"]}
        | {"video_annotation_label_id": row["annotation_label_id"]}
        for row in biigle_rows.told(labels, _fields)
    )
    biigle_rows.save(path, _COLUMNS, found)


def _fields(region: Region, sample: Sample) -> tuple[Row, bool]:
    del sample
    name, points, times = to_numbers(region.shape)
    exact = of_numbers(name, points, times) == region.shape
    number = _WHOLE_NUMBER if name == _WHOLE else NUMBERS[name]
    return {"shape_name": name, "shape_id": number, "points": json.dumps(points), "frames": json.dumps(times)}, exact


FORMAT = Format(
    "biigle_video",
    "BIIGLE video annotations",
    ".csv",
    _detect,
    read,
    write,
    Holds(frozenset(biigle_rows.FACTS), shapes),
)
