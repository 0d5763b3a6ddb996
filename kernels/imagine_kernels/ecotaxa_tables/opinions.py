"""What a row of an EcoTaxa table says an object is, and who says so: a person's annotation or a model's prediction."""

import uuid
from datetime import UTC, datetime

from imagine_kernels.ecotaxa_tables import Row, Table, values
from imagine_kernels.records import Annotation, Prediction, Region

TOOL = "EcoTaxa"
MODEL = {n: f"object_model_{n}" for n in ("name", "label", "score", "sha256")}
"""Columns in which our tables name the model of a prediction; EcoTaxa has none of its own for it."""


def category(row: Row) -> str:
    """The category of a row by its name, or by its number where it has none."""
    return row.get("object_annotation_category", "") or row["object_annotation_category_id"]


def annotation(table: Table, row: Row) -> Annotation:
    """A person's opinion. Its ids are made of what it says: a project that is opened twice holds one opinion."""
    name, label = row["object_id"], category(row)
    author = row.get("object_annotation_person_name") or row.get("object_annotation_person_email") or TOOL
    at = moment(row, "object_annotation") or table.place.changed(table.name)
    stem = f"{TOOL}:{name}:{label}:{author}:{at}"
    region = Region(label, id=uuid.uuid5(uuid.NAMESPACE_URL, stem + ":region").hex)
    return Annotation(name, (region,), author, at, TOOL, uuid.uuid5(uuid.NAMESPACE_URL, stem).hex)


def prediction(row: Row) -> Prediction:
    """What a model said; a score that is none of 0..1 is no score."""
    name, label = row["object_id"], row.get(MODEL["label"]) or category(row)
    score = values.known(row.get(MODEL["score"], ""))
    score = score if score is not None and 0 <= score <= 1 else None
    region = Region(label, score, id=uuid.uuid5(uuid.NAMESPACE_URL, f"{TOOL}:{name}:{label}:predicted").hex)
    return Prediction(name, (region,), row.get(MODEL["name"]) or TOOL, row.get(MODEL["sha256"], ""))


def moment(row: Row, of: str) -> str | None:
    """Date and time, which EcoTaxa keeps in UTC."""
    date, time = row.get(f"{of}_date", ""), row.get(f"{of}_time", "")
    day, hour = values.day(date), values.hour(time)
    return None if day is None else datetime.combine(day, hour or datetime.min.time(), UTC).isoformat()
