"""Samples and what was said of them → the rows of an EcoTaxa table, checked by EcoTaxa's own rules."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO

from imagine_kernels.ecotaxa_tables import Table, kept
from imagine_kernels.ecotaxa_tables import rules as ecotaxa_rules
from imagine_kernels.ecotaxa_tables import scale as ecotaxa_scale
from imagine_kernels.ecotaxa_tables.kept import plain
from imagine_kernels.ecotaxa_tables.measures import FEATURES, PLACES
from imagine_kernels.ecotaxa_tables.opinions import MODEL
from imagine_kernels.ecotaxa_tables.packing import picture_name
from imagine_kernels.records import Annotation, Prediction, Sample
from imagine_kernels.units import convert

_FIRST = (
    "img_file_name", "img_rank", "object_id", "object_lat", "object_lon", "object_date", "object_time",
    "object_depth_min", "object_depth_max", "object_annotation_status", "object_annotation_category",
    "object_annotation_person_name", "object_annotation_date", "object_annotation_time",
)  # fmt: skip
_NUMBERS = {"img_rank", *(f"object_{name}" for name in PLACES), MODEL["score"]}
_OPINION = "object_annotation_"
_SHORT = {
    "micrometer": "um", "micrometer ** 2": "um2", "micrometer ** 3": "um3", "millimeter": "mm", "pixel": "px",
    "pixel ** 2": "px2", "second": "s", "degree": "deg", "percent": "percent",
}  # fmt: skip

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of samples, by their ids: the latest annotation, the last prediction, features, columns to keep."""

    predictions: Mapping[str, Prediction]
    annotations: Mapping[str, Annotation]
    features: Mapping[str, Mapping[str, float]]
    columns: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(
        cls,
        predictions: Iterable[Prediction],
        annotations: Iterable[Annotation],
        features: Mapping[str, Mapping[str, float]],
        columns: Mapping[str, Mapping[str, str]],
    ) -> "Said":
        """Gathered by sample; of a person who changed her mind the later opinion counts."""
        latest = {a.sample_id: a for a in sorted(annotations, key=lambda a: _utc(a.at))}
        return cls({p.sample_id: p for p in predictions if p.regions}, latest, features, columns)


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of a table, in the order of the samples; `numbers` are the columns that hold numbers."""

    rows: Sequence[Row]
    columns: tuple[str, ...]
    numbers: frozenset[str]

    def text(self, some: Iterable[int]) -> bytes:
        """The table of these rows, tab-separated, with its row of types; only a mark tells EcoTaxa that it is UTF-8."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerow("[f]" if column in self.numbers else "[t]" for column in self.columns)
        writer.writerows([self.rows[i].get(column, "") for column in self.columns] for i in some)
        return out.getvalue().encode("utf-8-sig")

    def check(self, name: str) -> None:
        """Raises RefusedTablesError (a ValueError) where EcoTaxa would refuse the table."""
        types = tuple("[f]" if column in self.numbers else "[t]" for column in self.columns)
        inside = _Memory(name, self.text(range(len(self.rows))))
        ecotaxa_rules.check([Table(inside, name, self.columns, types, "\t", "utf-8-sig")]).refuse(name)


@dataclass(frozen=True)
class _Memory:
    """A table that lies nowhere yet, as a place of its own."""

    name: str
    data: bytes

    def names(self) -> list[str]:
        return [self.name]

    def open(self, name: str) -> IO[bytes]:  # noqa: ARG002
        return io.BytesIO(self.data)

    def uri(self, name: str) -> str:
        return name

    def changed(self, name: str) -> str:  # noqa: ARG002
        return datetime.now(UTC).isoformat()


def table(samples: Sequence[Sample], said: Said) -> Written:
    """All rows, of several pictures of one object (the same id) one each, by rank.

    Raises ValueError with a sentence where a feature is no number.
    """
    taken: set[str] = set()
    ranks: Counter[str] = Counter()
    found: list[Row] = []
    numbers: set[str] = set(_NUMBERS)
    for number, sample in enumerate(samples, start=1):
        row = kept.settled(said.columns.get(sample.id, {}))
        row |= {} if row else facts(sample, numbers)
        row |= _featured(sample, said.features.get(sample.id, {}), numbers)
        row |= _opinion(row, said.annotations.get(sample.id), said.predictions.get(sample.id))
        given = PurePosixPath(row.get("img_file_name", "").replace("\\", "/"))
        row |= {"object_id": plain(sample.id), "img_rank": str(ranks[sample.id])}
        ranks[sample.id] += 1
        row["img_file_name"] = picture_name(sample, number, given, taken)
        taken.add(row["img_file_name"].lower())
        found.append(row)
    return written(found, numbers)


def written(found: Sequence[Row], numbers: Iterable[str] = _NUMBERS) -> Written:
    """The table of finished rows: EcoTaxa's own columns first; `numbers` are some of those that hold numbers."""
    every = dict.fromkeys(column for row in found for column in row)
    columns = tuple(column for column in (*_FIRST, *(c for c in every if c not in _FIRST)) if column in every)
    return Written(found, columns, frozenset({*numbers} | kept.numbers(found, columns)))


def facts(sample: Sample, numbers: set[str]) -> Row:
    """What the sample itself tells; its measures' columns are added to those of `numbers`."""
    return {**_place(sample), **_measured(sample, numbers)}


def _place(sample: Sample) -> Row:
    """Where, when, at what scale and in how much water; the group is sample, acquisition and process at once."""
    row: Row = {}
    if sample.group:
        row |= dict.fromkeys(("sample_id", "acq_id", "process_id"), plain(sample.group))
    if sample.taken_at is not None:
        row |= times("object", sample.taken_at)
    if sample.pixel_size is not None:
        row["process_particle_pixel_size_mm"] = repr(convert(sample.pixel_size, "millimeter").value)
    if sample.effort is not None and sample.effort.volume is not None:
        row[ecotaxa_scale.SEARCHED] = repr(convert(sample.effort.volume, ecotaxa_scale.CUBIC_METRE).value)
        row[ecotaxa_scale.DILUTION] = repr(sample.effort.dilution)
    return row


def _measured(sample: Sample, numbers: set[str]) -> Row:
    """The instrument's measures: by their EcoTaxa names where they have one, else with the unit in the name."""
    row: Row = {}
    for name, quantity in sample.measures.items():
        unit = FEATURES.get(name) or PLACES.get(name)
        if unit is not None:
            column, value = f"object_{name}", convert(quantity, unit).value
        elif quantity.unit == "dimensionless":
            column, value = f"object_{name}", quantity.value
        else:
            short = _SHORT.get(quantity.unit) or "".join(c for c in quantity.unit if c.isalnum())
            column, value = f"object_{name}_{short}", quantity.value
        row[column.lower()] = repr(value)
        numbers.add(column.lower())
    return row


def _featured(sample: Sample, features: Mapping[str, float], numbers: set[str]) -> Row:
    row = {}
    for name, value in features.items():
        column = f"object_{name.removeprefix('object_')}".lower()
        if not math.isfinite(value):
            raise ValueError(f"The feature {name!r} of {sample.id} is {value}: leave out what has no value.")
        row[column] = repr(float(value))
        numbers.add(column)
    return row


def _opinion(before: Row, annotation: Annotation | None, prediction: Prediction | None) -> Row:
    """A person's word goes before a model's, and a kept state is not lowered to a prediction."""
    row: Row = {}
    kept = before.get(_OPINION + "status", "").lower() in {"validated", "dubious", "v", "d"}
    if prediction is not None:
        best = max(prediction.regions, key=lambda region: -1.0 if region.score is None else region.score)
        row |= {MODEL["name"]: plain(prediction.model), MODEL["label"]: plain(best.label)}
        row |= {MODEL["score"]: "" if best.score is None else repr(best.score), MODEL["sha256"]: prediction.weights}
        if not kept:
            row |= _named(before, "predicted", best.label)
    regions = () if annotation is None else annotation.regions
    said = [region for region in regions if region.state not in {"predicted", "rejected"}]
    if annotation is not None and said:
        row |= _named(before, "dubious" if said[0].state == "uncertain" else "validated", said[0].label)
        if before.get(_OPINION + "person_name") != annotation.author and _OPINION + "person_email" in before:
            row[_OPINION + "person_email"] = ""
        row |= {_OPINION + "person_name": plain(annotation.author), **times("object_annotation", annotation.at)}
    return row


def _named(before: Row, status: str, label: str) -> Row:
    """What else was kept of another opinion is emptied, or two would stand in one row."""
    if before.get(_OPINION + "category") == label:
        return {_OPINION + "status": status, _OPINION + "category": plain(label)}
    emptied = {column: "" for column in before if column.startswith(_OPINION)}
    return emptied | {_OPINION + "status": status, _OPINION + "category": plain(label)}


def times(of: str, text: str) -> Row:
    """The columns of a moment, in UTC."""
    time = _utc(text)
    return {f"{of}_date": time.strftime("%Y%m%d"), f"{of}_time": time.strftime("%H%M%S")}


def _utc(text: str) -> datetime:
    """EcoTaxa keeps times in UTC; one without a zone is taken as it stands."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
