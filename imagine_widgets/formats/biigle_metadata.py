"""What BIIGLE knows of pictures beside their labels: its metadata table, and the attributes of an annotation's row."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from imagine_kernels.records import Sample, Skipped
from imagine_widgets.formats.labels import Beside, Labels
from imagine_widgets.formats.place import why

TOOL, TABLE = "biigle", "metadata.csv"
HOLDS = frozenset({"taken_at", f"beside:{TOOL}"})
_FILE = ("filename", "file")
_TIME = ("taken_at", "sub_datetime")
_KNOWN = frozenset({
    *_TIME, "lng", "lon", "longitude", "sub_longitude", "lat", "latitude", "sub_latitude", "gps_altitude",
    "sub_altitude", "distance_to_ground", "sub_distance", "area", "yaw", "heading", "sub_heading",
})  # fmt: skip
_LABELLED = frozenset({"label_name", "label_id", "points", "shape_name"})
_SIBLINGS = 200
Row = Mapping[str, str]


def is_metadata(columns: Iterable[str]) -> bool:
    """Whether a table with these columns tells of pictures, and of nothing else."""
    found = {column.strip().lower() for column in columns}
    return bool(found & {*_FILE} and found & _KNOWN) and not found & _LABELLED


def siblings(path: Path) -> Iterator[Path]:
    """The tables of metadata that lie beside a file of annotations."""
    for other, _ in zip(sorted(path.parent.glob("*.csv")), range(_SIBLINGS), strict=False):
        if other != path and other.is_file() and is_metadata(_columns(other)):
            yield other


def _is_row(given: object) -> bool:
    return isinstance(given, Mapping) and all(isinstance(value, str) for value in given.values())


def _columns(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader([file.readline(2**16)]), [])
    except (OSError, ValueError, csv.Error):
        return []


def _first(row: Row, names: Iterable[str]) -> str:
    found = {column.strip().lower(): value for column, value in row.items() if column and isinstance(value, str)}
    return next((found[name] for name in names if found.get(name)), "")


@dataclass
class Notes:
    """What is known of each picture or video: its rows of metadata, its attributes, and when it was taken."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    attributes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    times: dict[str, str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def table(self, where: str, given: Iterable[tuple[int, Row]]) -> None:
        """A table of metadata; a picture of which another one told is not told of twice."""
        before = {*self.rows}
        try:
            for number, row in given:
                name = _first(row, _FILE)
                if None in row or None in row.values() or not name:
                    told = "it does not name a picture, or does not have as many fields as there are columns."
                    self.skipped.append(Skipped(f"{where}, line {number}", told))
                elif name not in before:
                    self.rows.setdefault(name, []).append(dict(row))
        except (OSError, ValueError) as error:
            self.skipped.append(why(where, error))

    def row(self, name: str, attributes: Mapping[str, Any], carried: object) -> None:
        """The attributes of a row of annotations, and what we carried in them."""
        rest = {key: value for key, value in attributes.items() if key not in ("width", "height", "imagine")}
        if rest:
            self.attributes.setdefault(name, rest)
        if isinstance(carried, Mapping):
            self.carried(name, carried)

    def carried(self, name: str, packed: Mapping[str, Any]) -> None:
        """What `packed` made."""
        rows, at = packed.get("metadata"), packed.get("taken_at")
        if isinstance(rows, list) and all(_is_row(one) for one in rows):
            self.rows[name] = rows
        if isinstance(at, str) and at:
            self.times.setdefault(name, at)

    def timed(self, sample: Sample) -> Sample:
        """The sample with the time at which it was taken, where that is a time."""
        if sample.id in self.times:
            return replace(sample, taken_at=self.times[sample.id])
        at = _first(next(iter(self.rows.get(sample.id, ())), {}), _TIME)
        try:
            datetime.fromisoformat(at)
        except ValueError:
            return sample
        return replace(sample, taken_at=at)

    def beside(self, samples: Iterable[Sample]) -> Mapping[str, Beside]:
        """What is to be given back of these samples; what is known of others is noted as left out."""
        found: dict[str, Any] = {}
        others = self.rows.keys() - {sample.id for sample in samples}
        if others:
            told = f"{len(others):,} pictures or videos of which only metadata are told have no labels: left out."
            self.skipped.append(Skipped(min(others), told))
        for sample in samples:
            known = {"metadata": self.rows.get(sample.id), "attributes": self.attributes.get(sample.id)}
            if any(known.values()):
                found[sample.id] = {key: value for key, value in known.items() if value}
        return {TOOL: Beside(samples=found)} if found else {}


def attributes(labels: Labels, sample: Sample) -> Mapping[str, Any]:
    """What BIIGLE's attributes said of a sample."""
    found: Mapping[str, Any] = _known(labels, sample).get("attributes", {})
    return found


def packed(labels: Labels, sample: Sample) -> dict[str, Any]:
    """What is carried for us of a sample where there is no table: its metadata, and when it was taken."""
    rows = _known(labels, sample).get("metadata")
    taken = {"taken_at": sample.taken_at} if sample.taken_at else {}
    return {**taken, **({"metadata": rows} if rows else {})}


def _known(labels: Labels, sample: Sample) -> Mapping[str, Any]:
    found: Mapping[str, Any] = labels.beside.get(TOOL, Beside()).samples.get(sample.id, {})
    return found


def table(labels: Labels) -> tuple[list[str], list[Row]]:
    """The columns and rows of all metadata of these samples, as BIIGLE takes them."""
    rows = [row for sample in labels.samples for row in _known(labels, sample).get("metadata", ())]
    return [*dict.fromkeys(column for row in rows for column in row)], rows
