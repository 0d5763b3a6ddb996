"""BIIGLE's archive of volumes: a zip with pictures, videos, people, label trees and every annotation; or a label tree.

What BIIGLE has no place for lies in a member of our own, joined by the numbers of the annotations.
"""

import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from imagine_kernels.records import Annotation, Json, Opinion, Prediction, Region, Sample, Skipped, to_json
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import biigle_metadata, biigle_tables, carried
from imagine_widgets.formats.biigle_metadata import Notes
from imagine_widgets.formats.biigle_tables import Row
from imagine_widgets.formats.carried import Gathered
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import FACTS, IMPORTED, LONG_AGO, Holds, Labels, Term
from imagine_widgets.formats.likeness import settled
from imagine_widgets.formats.pictures import Pictures
from imagine_widgets.formats.place import Place, why

_KEPT, _TREE = "imagine.json", "label_tree.json"
_TIMED = (Track, TimeFrequency)


def _detect(head: Head) -> bool:
    names = set(head.names)
    return {_TREE, "labels.csv"} <= names or {"users.json", "volumes.json"} <= names


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """What BIIGLE does not know is drawn as what is nearest, with ours beside it."""
    del sample
    return () if isinstance(shape, Track) and all(key.shape is None for key in shape.keys) else (shape,)


@dataclass
class _Reading:
    """What the tables of one archive add up to."""

    place: Place
    pictures: Pictures
    terms: Mapping[str, Term]
    people: Mapping[str, str]
    kept: Mapping[str, Any]
    packed: Mapping[str, Any]
    order: Mapping[str, int]
    notes: Notes = field(default_factory=Notes)
    gathered: Gathered = field(default_factory=Gathered)
    found: list[tuple[int, str, Region, Json]] = field(default_factory=list)
    """Regions with their place in our own order: pictures, videos and whole pictures lie in tables of their own."""
    times: dict[tuple[str, str], str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def media(self, kind: str) -> None:
        """The pictures or the videos, and what was said of them."""
        files = {}
        for row in biigle_tables.rows(self.place, f"{kind}s.csv"):
            files[row.get("id", "")] = name = row.get("filename") or "?"
            facts = json.loads(row.get("attrs") or "{}") if (row.get("attrs") or "").startswith("{") else {}
            self.pictures.meet(name, facts.get("width"), facts.get("height"))
            self.notes.row(name, facts, None)
        drawn = {row.get("id", ""): row for row in biigle_tables.rows(self.place, f"{kind}_annotations.csv")}
        said: dict[str, dict[str, list[Row]]] = {}
        for row in biigle_tables.rows(self.place, f"{kind}_annotation_labels.csv"):
            said.setdefault(row.get("annotation_id", ""), {}).setdefault(row.get("user_id", ""), []).append(row)
        for number, people in said.items():
            for some in people.values():
                self._tried(f"{kind} annotation {number}", files, drawn.get(number), some, f"{kind}/{number}")
        for count, row in enumerate(biigle_tables.rows(self.place, f"{kind}_labels.csv"), start=1):
            self._tried(f"{kind} label {count}", files, row, [row], f"{kind}_label/{count}")

    def _tried(self, where: str, files: Mapping[str, str], drawn: Row | None, some: list[Row], key: str) -> None:
        try:
            self._region(files, drawn, some, key)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.skipped.append(why(f"{self.place.path}, {where}", error))

    def _region(self, files: Mapping[str, str], drawn: Row | None, some: list[Row], key: str) -> None:
        if drawn is None:
            raise ValueError("the annotation that it labels is not in the archive.")
        file = files.get(drawn.get("image_id") or drawn.get("video_id") or "")
        if file is None:
            raise ValueError("its picture or video is not in the archive.")
        names = [self.terms[row["label_id"]].name for row in some if row["label_id"] in self.terms]
        if not names:
            raise ValueError("its label is in none of the archive's label trees.")
        packed, order = self.packed.get(key, {}), self.order.get(key, len(self.order))
        known, shape = carried.carried(packed), biigle_tables.drawn(drawn)
        author = self.people.get(some[0].get("user_id", ""), IMPORTED)
        at = max((row.get("created_at") or LONG_AGO for row in some), default=LONG_AGO)
        region = carried.region(names[0], shape, known, {}, key)
        if known is not None:
            region, author, at = (
                replace(region, shape=settled(shape, known.shape, biigle_tables.through)),
                *_who(packed, author, at),
            )
        else:
            opinions = tuple(Opinion(name, author=author) for name in names[1:])
            score = float(some[0].get("confidence") or 1)
            region = replace(region, score=None if score == 1 else score, opinions=opinions)
        Annotation(file, (), author, at)  # refuses a time that is none
        if "model" not in packed:
            self.times[file, author] = max(at, self.times.get((file, author), at))
        self.found.append((order, file, region, packed if known is not None else {"author": author, "at": at}))
        self.pictures.span(file, region.shape)

    def labels(self, kept: Mapping[str, Sample]) -> Labels:
        """All of it."""
        for _, file, region, who in sorted(self.found, key=lambda one: one[0]):
            self.gathered.add(file, region, who)
        found, unsure = self.pictures.samples()
        said = self.gathered.all_annotations()
        timed = (replace(one, at=self.times.get((one.sample_id, one.author), one.at)) for one in said)
        ours = {one["name"]: Term(**one) for one in _tables(self.kept, "terms")}
        above = {term.parent for term in ours.values()} - {region.label for _, _, region, _ in self.found}
        terms = {term.name: term for term in self.terms.values() if term.name not in above} | ours
        samples = tuple(kept[one.id] if one.id in kept else self.notes.timed(one) for one in found)
        beside, guessed = self.notes.beside(samples), self.gathered.all_predictions()
        skipped = (*self.skipped, *self.notes.skipped, *unsure)
        return Labels(samples, tuple(timed), guessed, tuple(terms.values()), skipped, beside)


def _who(packed: Json, author: str, at: str) -> tuple[str, str]:
    return str(packed.get("author") or author), str(packed.get("at") or at)


def read(path: Path, images: Path | None = None) -> Labels:
    """An archive, or a label tree alone. Raises OSError or ValueError with a sentence."""
    place = Place(path)
    users = {
        str(one.get("id")): f"{one.get('firstname') or ''} {one.get('lastname') or ''}".strip() or IMPORTED
        for one in biigle_tables.listed(place, "users.json")
    }
    ours = next(iter(biigle_tables.listed(place, _KEPT)), {})
    packed = ours["regions"] if isinstance(ours.get("regions"), dict) else {}
    kept = {one.id: one for one in map(carried.sample, _tables(ours, "samples")) if one is not None}
    order = {key: number for number, key in enumerate(packed)}
    reading = _Reading(place, Pictures(path, images), biigle_tables.terms(place), users, ours, packed, order)
    for one in _tables(ours, "empty"):
        reading.gathered.empty(str(one.get("sample")), str(one.get("author")), one.get("at"))
    for kind in ("image", "video"):
        reading.media(kind)
    for name, found in biigle_tables.metadata(place):
        reading.notes.table(f"{path}, {name}", found)
    for one in _tables(ours, "attributes"):
        reading.notes.row(str(one.pop("sample", "")), one, None)
    for sample in kept.values():
        reading.pictures.meet(sample.id, sample.width, sample.height)
    return reading.labels(kept)


def _tables(ours: Mapping[str, Any], key: str) -> list[Json]:
    found = ours.get(key)
    return [one for one in (found if isinstance(found, list) else []) if isinstance(one, dict)]


def write(labels: Labels, path: Path) -> None:
    """One zip."""
    said: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    every = [(one, region) for one in said for region in one.regions]
    above = [term.parent for term in labels.terms if term.parent is not None]
    ids = {name: number for number, name in enumerate(dict.fromkeys([*(t.name for t in labels.terms), *above]), 1)}
    people = dict.fromkeys(one.author if isinstance(one, Annotation) else one.model for one, _ in every)
    users = {name: number for number, name in enumerate(people, start=1)}
    files = {sample.id: number for number, sample in enumerate(labels.samples, start=1)}
    timed = {one.sample_id for one, region in every if isinstance(region.shape, _TIMED)}
    still = {one.sample_id for one, region in every if not isinstance(region.shape, _TIMED)} | (files.keys() - timed)
    tables: dict[str, list[Mapping[str, object]]] = {name: [] for name in biigle_tables.COLUMNS}
    for kind, those in (("image", still), ("video", timed)):
        tables[f"{kind}s.csv"] = [
            {"id": files[s.id], "filename": s.id, "volume_id": 1 + (kind == "video"), "uuid": _uuid(s.id)}
            for s in labels.samples if s.id in those
        ]  # fmt: skip
    regions: Json = {}
    for one, region in every:
        who, at = (one.author, one.at) if isinstance(one, Annotation) else (one.model, LONG_AGO)
        common = {"user_id": users[who], "label_id": ids[region.label], "created_at": at, "updated_at": at}
        key = _add(tables, files[one.sample_id], region, common)
        regions[key] = carried.pack(one, region, exact=False)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, found in tables.items():
            biigle_tables.save(archive, name, found)
        columns, rows = biigle_metadata.table(labels)
        if rows:
            biigle_tables.save(archive, biigle_metadata.TABLE, rows, columns)
        told = {
            "users.json": [{"id": n, "firstname": name, "lastname": "", "email": ""} for name, n in users.items()],
            "label_trees.json": [biigle_tables.tree(labels.terms, ids)],
            "volumes.json": list(_volumes(path.stem, timed, still)),
            _KEPT: _ours(labels) | {"regions": regions},
        }
        for name, content in told.items():
            archive.writestr(name, json.dumps(content, ensure_ascii=False))


def _uuid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def _volumes(name: str, timed: set[str], still: set[str]) -> Iterator[Json]:
    for number, (kind, those) in enumerate((("image", still), ("video", timed)), start=1):
        if those:
            yield {"id": number, "name": name, "media_type_name": kind, "url": "", "attrs": None}


def _add(tables: dict[str, list[Mapping[str, object]]], file: int, region: Region, common: Json) -> str:
    """One region into its tables; gives the name under which the rest of it is kept."""
    if region.shape is None:
        tables["image_labels.csv"].append({"image_id": file, **common})
        return f"image_label/{len(tables['image_labels.csv'])}"
    kind = "video" if isinstance(region.shape, _TIMED) else "image"
    drawn = tables[f"{kind}_annotations.csv"]
    number = len(drawn) + 1
    times = {key: common[key] for key in ("created_at", "updated_at")}
    drawn.append({"id": number, f"{kind}_id": file, **biigle_tables.told(region.shape), **times})
    sure = {"confidence": 1 if region.score is None else region.score}
    tables[f"{kind}_annotation_labels.csv"].append({"annotation_id": number, **common, **sure})
    return f"{kind}/{number}"


def _ours(labels: Labels) -> Json:
    empty = [{"sample": a.sample_id, "author": a.author, "at": a.at} for a in labels.annotations if not a.regions]
    terms = [
        {"name": t.name, "parent": t.parent, "id": t.id, "colour": t.colour, "codes": dict(t.codes)}
        for t in labels.terms
    ]
    facts = [{**biigle_metadata.attributes(labels, one), "sample": one.id} for one in labels.samples]
    attributes = [one for one in facts if len(one) > 1]
    return {"samples": list(map(to_json, labels.samples)), "terms": terms, "empty": empty, "attributes": attributes}


FORMAT = Format(
    "biigle_volume",
    "BIIGLE volume archive",
    ".zip",
    _detect,
    read,
    write,
    Holds(frozenset(FACTS) | biigle_metadata.HOLDS, shapes),
)
