"""Labelbox: its exports are read, version 1 and 2; its imports too, and written beside the pictures they are of.

A written folder holds what Labelbox takes (`data_rows.json`, then `annotations.ndjson`), and `kept.json`: what Labelbox
has no place for, joined by the annotations' uuids when they come back.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from imagine_kernels.records import Annotation, Json, Opinion, Prediction, Region, Sample, Skipped, to_json
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import carried, labelbox_rows, labelbox_shapes
from imagine_widgets.formats.carried import Gathered
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labelbox_rows import Row
from imagine_widgets.formats.labels import FACTS, IMPORTED, Holds, Labels, Term
from imagine_widgets.formats.likeness import settled
from imagine_widgets.formats.pictures import Pictures
from imagine_widgets.formats.place import Place, why

_ANNOTATIONS, _PICTURES, _KEPT = "annotations.ndjson", "data_rows.json", "kept.json"
_WHOLE = "class"
"""The classification, in Labelbox's ontology, whose answers are the classes of whole pictures."""


def _detect(head: Head) -> bool:
    if head.path.is_dir():
        return {_ANNOTATIONS, _PICTURES} <= set(head.names)
    start = head.start.lstrip()
    marks = ('"data_row"', '"dataRow"', '"DataRow ID"', '"data_row":')
    return start.startswith(("{", "[")) and any(mark in start for mark in marks)


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Whatever lies in a picture or moves through a video; what Labelbox does not know is drawn as what is nearest."""
    del sample
    unseen = isinstance(shape, Track) and all(key.shape is None for key in shape.keys)
    return () if unseen or isinstance(shape, TimeFrequency) else (shape,)


@dataclass
class _Kept:
    """What we kept of a folder that we wrote."""

    samples: Mapping[str, Sample] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    regions: Mapping[str, Json] = field(default_factory=dict)
    empty: tuple[Json, ...] = ()


def read(path: Path, images: Path | None = None) -> Labels:
    """A file of Labelbox, or a folder that `write` made. Raises OSError or ValueError with a sentence."""
    kept = _kept(path) if path.is_dir() else _Kept()
    file = path / _ANNOTATIONS if path.is_dir() else path
    pictures, gathered = Pictures(path, images), Gathered()
    skipped: list[Skipped] = []
    for name, sample in kept.samples.items():
        pictures.meet(name, sample.width, sample.height)
    for one in kept.empty:
        gathered.empty(str(one.get("sample")), str(one.get("author")), one.get("at"))
    terms = {term.name: term for term in kept.terms}
    for row in labelbox_rows.rows(file, skipped):
        try:
            _add(row, kept, pictures, gathered, terms)
        except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
            skipped.append(why(row.where, error))
    found, unsure = pictures.samples()
    samples = tuple(_known(sample, kept.samples.get(sample.id), images) for sample in found)
    return Labels(
        samples, gathered.all_annotations(), gathered.all_predictions(), tuple(terms.values()), (*skipped, *unsure)
    )


def _known(sample: Sample, kept: Sample | None, images: Path | None) -> Sample:
    if kept is None:
        return sample
    return kept if images is None else replace(kept, uri=sample.uri)


def _add(row: Row, kept: _Kept, pictures: Pictures, gathered: Gathered, terms: dict[str, Term]) -> None:
    pictures.meet(row.sample, *row.size)
    if row.fields is None:
        return  # a picture without labels
    packed = kept.regions.get(row.id, {})
    known = carried.carried(packed)
    now = labelbox_shapes.drawn(row.fields, row.rate)
    label, *others = row.names
    sample = kept.samples.get(row.sample)
    if known is not None and sample is not None:
        now = settled(now, known.shape, lambda shape: labelbox_shapes.drawn(labelbox_shapes.told(shape, sample)))
    elif now is None and not row.whole:
        raise ValueError("it has no shape that can be read: its mask may lie on Labelbox's server.")
    raw = {} if known or not row.rest else {"labelbox": json.dumps(row.rest)}
    region = carried.region(label, now, known, raw, row.id)
    if known is None:
        region = replace(region, score=row.score, opinions=tuple(map(Opinion, others)))
    for name in (label, *(opinion.label for opinion in region.opinions)):
        terms.setdefault(name, Term(name))
    pictures.span(row.sample, now)
    who = {key: packed[key] for key in ("author", "at", "model", "weights") if key in packed}
    guess = {"model": IMPORTED, "weights": ""} if row.score is not None else {}
    gathered.add(row.sample, region, who or guess or {"author": row.author, "at": row.at})


def _kept(path: Path) -> _Kept:
    """Of a folder whose `kept.json` is gone or broken nothing is kept."""
    try:
        found = json.loads(Place(path).content(_KEPT))
        samples = [one for one in map(carried.sample, found["samples"]) if one is not None]
        terms = tuple(Term(**one) for one in found["terms"] if isinstance(one["name"], str))
        return _Kept({one.id: one for one in samples}, terms, dict(found["regions"]), tuple(found["empty"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _Kept()


def write(labels: Labels, path: Path) -> None:
    """A folder: the pictures to be made in Labelbox, the annotations to be imported then, and what we keep."""
    path.mkdir()
    samples = {sample.id: sample for sample in labels.samples}
    pictures = [{"row_data": s.uri, "global_key": s.id, "media_type": "IMAGE"} for s in labels.samples]
    _save(path / _PICTURES, pictures)
    regions: Json = {}
    with (path / _ANNOTATIONS).open("w", encoding="utf-8") as file:
        for one, region in _said(labels):
            number = _uuid(one, region, regions)
            regions[number] = carried.pack(one, region, exact=False)
            file.write(f"{json.dumps(_row(number, one, region, samples[one.sample_id]), ensure_ascii=False)}\n")
    empty = [{"sample": a.sample_id, "author": a.author, "at": a.at} for a in labels.annotations if not a.regions]
    terms = [
        {"name": t.name, "parent": t.parent, "id": t.id, "colour": t.colour, "codes": dict(t.codes)}
        for t in labels.terms
    ]
    told = {"samples": list(map(to_json, labels.samples)), "terms": terms, "regions": regions, "empty": empty}
    _save(path / _KEPT, told)


def _save(path: Path, told: object) -> None:
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def _said(labels: Labels) -> Iterator[tuple[Annotation | Prediction, Region]]:
    every: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    return ((one, region) for one in every for region in one.regions)


def _uuid(one: Annotation | Prediction, region: Region, taken: Json) -> str:
    """The region's own id where it is a uuid that nothing else has; Labelbox takes no other ids."""
    try:
        number = str(uuid.UUID(region.id))
    except ValueError:
        number = ""
    if number and number not in taken:
        return number
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PurePosixPath(one.sample_id)}/{region.id}/{len(taken)}"))


def _row(number: str, one: Annotation | Prediction, region: Region, sample: Sample) -> Json:
    row: Json = {"uuid": number, "dataRow": {"globalKey": sample.id}}
    if region.shape is None:
        row |= {"name": _WHOLE, "answer": {"name": region.label}}
    else:
        row |= {"name": region.label, "classifications": []} | labelbox_shapes.told(region.shape, sample)
    if isinstance(one, Prediction) and region.score is not None:
        row["confidence"] = region.score
    return row


FORMAT = Format(
    "labelbox",
    "Labelbox NDJSON",
    "",
    _detect,
    read,
    write,
    Holds(frozenset(FACTS), shapes),
)
