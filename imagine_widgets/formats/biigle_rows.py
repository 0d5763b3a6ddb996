"""Rows of BIIGLE's CSV files: their users, classes with those above them, sizes, and what is carried for us."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from imagine_kernels.records import Annotation, Opinion, Region, Sample, Skipped
from imagine_kernels.shapes import Shape
from imagine_widgets.formats import biigle_metadata, carried
from imagine_widgets.formats.biigle_metadata import Notes
from imagine_widgets.formats.carried import Gathered
from imagine_widgets.formats.labels import IMPORTED, LONG_AGO, Labels, Term
from imagine_widgets.formats.likeness import settled
from imagine_widgets.formats.pictures import Pictures
from imagine_widgets.formats.place import why

FACTS = (carried.FACTS - {"predictions", "model", "score"}) | {"parents"} | biigle_metadata.HOLDS
OURS = "imagine"
ABOVE = " > "
_LONGEST = 2**28
_KEPT = ("label_name", "label_hierarchy", "firstname", "lastname", "points", "frames", "shape_name", "attributes")
"""Columns that are read into records; the others are kept as they are."""
Row = dict[str, str]
Read = Callable[[Row], Shape | None]
Back = Callable[[Shape], Shape | None]


def rows(path: Path) -> Iterator[tuple[int, Row]]:
    """The rows of a table by its first line, numbered. Raises OSError or ValueError with a sentence."""
    before = csv.field_size_limit(_LONGEST)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in (reader := csv.DictReader(file)):
                yield reader.line_num, row  # type: ignore[misc]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not in UTF-8, as BIIGLE writes it. Save it again as UTF-8.") from error
    except csv.Error as error:
        raise ValueError(f"{path} is no table that can be read: {error}.") from error
    finally:
        csv.field_size_limit(before)


def titles(start: str) -> list[str]:
    """The columns that the beginning of a file names."""
    return next(csv.reader(start.splitlines()[:1]), [])


@dataclass
class Reading:
    """What the rows of one file add up to. `file` is the column of the picture's or video's name."""

    path: Path
    file: str
    id: str
    read: Read
    back: Back
    pictures: Pictures
    notes: Notes = field(default_factory=Notes)
    gathered: Gathered = field(default_factory=Gathered)
    first: dict[tuple[str, str, str], Region] = field(default_factory=dict)
    """The region each author drew under an id: the author's further rows with that id are further labels of it."""
    times: dict[tuple[str, str], str] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def all(self) -> Labels:
        """The whole file."""
        for number, row in rows(self.path):
            try:
                self._row(row)
            except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
                self.skipped.append(why(f"{self.path}, line {number}", error))
        for other in biigle_metadata.siblings(self.path):
            self.notes.table(str(other), rows(other))
        samples, unsure = self.pictures.samples()
        beside = self.notes.beside(samples)
        return Labels(
            tuple(map(self.notes.timed, samples)), tuple(map(self._timed, self._with_opinions())), (),
            tuple(self.terms.values()), (*self.skipped, *self.notes.skipped, *unsure), beside,
        )  # fmt: skip

    def _row(self, row: Row) -> None:
        if None in row.values() or None in row:
            raise ValueError("it does not have as many fields as the first line has columns.")
        facts, name = _attributes(row), row[self.file]
        packed = facts.get(OURS, {})
        author, at = _author(row), row.get("created_at") or LONG_AGO
        Annotation(name or "?", (), author, at)  # refuses a time that is none
        kept, shape = carried.carried(packed), self.read(row)
        shape = shape if kept is None else settled(shape, kept.shape, self.back)
        raw = {} if kept else {"biigle": json.dumps({k: v for k, v in row.items() if k not in _KEPT and v})}
        region = carried.region(row["label_name"], shape, kept, raw, row[self.id] or f"{name}#u{len(self.first) + 1}")
        self._class(row)
        self._other_classes(region, packed)
        self.pictures.meet(name, facts.get("width"), facts.get("height"))
        self.notes.row(name, facts, packed.get("sample"))
        self.pictures.span(name, shape)
        self._add(name, author, at, region)

    def _add(self, name: str, author: str, at: str, region: Region) -> None:
        self.times[name, author] = max(at, self.times.get((name, author), at))
        known = self.first.get((name, author, region.id))
        if known is not None and known.shape == region.shape and known.label != region.label and not known.scores:
            self.first[name, author, region.id] = replace(
                known, opinions=(*known.opinions, _opinion(region.label, author, at))
            )
            return
        self.first.setdefault((name, author, region.id), region)
        self.gathered.add(name, region, {"author": author, "at": at})

    def _class(self, row: Row) -> None:
        name, path = row["label_name"], row.get("label_hierarchy", "")
        above = path.removesuffix(name).removesuffix(ABOVE) if path.endswith(ABOVE + name) else ""
        if name and name not in self.terms:
            self.terms[name] = Term(name, above.rsplit(ABOVE, 1)[-1] or None)

    def _other_classes(self, region: Region, packed: Mapping[str, Any]) -> None:
        for opinion in region.opinions:
            above = packed.get("above", {}).get(opinion.label)
            self.terms.setdefault(opinion.label, Term(opinion.label, above))

    def _with_opinions(self) -> Iterator[Annotation]:
        for one in self.gathered.all_annotations():
            found = (self.first.get((one.sample_id, one.author, r.id), r) for r in one.regions)
            yield replace(one, regions=tuple(found))

    def _timed(self, one: Annotation) -> Annotation:
        return replace(one, at=self.times.get((one.sample_id, one.author), one.at))


def _opinion(label: str, author: str, at: str) -> Opinion:
    return Opinion(label, author=author, at="" if at == LONG_AGO else at)


def _attributes(row: Row) -> dict[str, Any]:
    """What BIIGLE's column of attributes tells of the picture; older files have none."""
    found = json.loads(row.get("attributes") or "{}")
    return found if isinstance(found, dict) else {}


def _author(row: Row) -> str:
    first, last = row.get("firstname", ""), row.get("lastname", "")
    return (f"{first} {last}".strip() if last else first) or IMPORTED


def told(labels: Labels, fields: Callable[[Region, Sample], tuple[Row, bool]]) -> Iterator[Row]:
    """A row of text for every region. `fields` gives those of its shape, and whether they say all of it."""
    samples = {sample.id: sample for sample in labels.samples}
    named = partial(_path, known={term.name: term for term in labels.terms})
    above = {term.name: term.parent for term in labels.terms}
    numbers = {term.name: str(number) for number, term in enumerate(labels.terms, start=1)}
    users = {one.author: str(n) for n, one in enumerate({a.author: a for a in labels.annotations}.values(), start=1)}
    files = {sample.id: str(number) for number, sample in enumerate(labels.samples, start=1)}
    beside = {sample.id: biigle_metadata.packed(labels, sample) for sample in labels.samples}
    for number, (one, region) in enumerate(((a, r) for a in labels.annotations for r in a.regions), start=1):
        sample = samples[one.sample_id]
        drawn, exact = fields(region, sample)
        packed = carried.pack(one, region, exact=exact) | {"above": {o.label: above[o.label] for o in region.opinions}}
        if told := beside.pop(sample.id, None):
            packed["sample"] = told
        size = {"width": sample.width, "height": sample.height}
        facts = {**biigle_metadata.attributes(labels, sample), **size, OURS: packed}
        yield {
            "annotation_label_id": str(number), "label_id": numbers[region.label], "user_id": users[one.author],
            "file_id": files[sample.id], "created_at": one.at, "label_name": region.label,
            "label_hierarchy": named(region.label), "firstname": one.author, "lastname": "", "file": sample.id,
            "annotation_id": region.id, "attributes": json.dumps(facts, ensure_ascii=False), **_foreign(region),
            **drawn,
        }  # fmt: skip


def _foreign(region: Region) -> Row:
    """The columns as BIIGLE gave them."""
    try:
        found = json.loads(region.raw.get("biigle", "{}"))
    except ValueError:
        return {}
    kept = ("label_id", "user_id", "image_id", "video_id", "shape_id", "image_longitude", "image_latitude")
    return {key: str(found[key]) for key in kept if key in found} if isinstance(found, dict) else {}


def _path(name: str, known: Mapping[str, Term]) -> str:
    """The class after those above it, the highest first."""
    parts, above = [name], known[name].parent
    while above is not None and (len(parts) == 1 or above not in parts):
        parts.insert(0, above)
        above = known[above].parent if above in known else None
    if len(parts) > 1 and any(ABOVE in part for part in parts):
        raise ValueError(
            f"BIIGLE writes classes below each other with {ABOVE!r}, and one above {name!r}, or it itself, has that in "
            "its name: rename it."
        )
    return ABOVE.join(parts)


def save(path: Path, columns: Iterable[str], found: Iterable[Row]) -> None:
    """A table as BIIGLE writes it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, tuple(columns), restval="", extrasaction="ignore")
        table.writeheader()
        table.writerows(found)
