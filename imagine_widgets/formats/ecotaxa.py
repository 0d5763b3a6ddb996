"""EcoTaxa: tables of objects, alone, in a folder or in a zip with their pictures; an object is a sample with one label.

What breaks EcoTaxa's own rules is refused, in reading and in writing, with row and remedy. A table alone (.tsv) names
pictures that lie elsewhere; a .zip is written with the pictures in it, ready to be imported.
"""

import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from imagine_kernels import ecotaxa_tables, images
from imagine_kernels.ecotaxa_tables import Table, measures, packing, rows, rules, scale, values
from imagine_kernels.ecotaxa_tables.pictures import Pictures
from imagine_kernels.images.place import Folder, Place
from imagine_kernels.records import Annotation, Effort, Prediction, Quantity, Sample, Skipped
from imagine_kernels.shapes import Shape
from imagine_widgets.formats import ecotaxa_rows
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import Holds, Labels, Term

_FACTS = frozenset(
    {
        "predictions", "model", "score", "sureness", "author", "at", "state", "id", "unlabelled", "group", "taken_at",
        "pixel_size", "effort", "measures", "parents", "raw:ecotaxa",
    }
)  # fmt: skip
_LOOKED_AT = 20
_Said = TypeVar("_Said", Annotation, Prediction)
_Fact = TypeVar("_Fact")
_Told = tuple[_Fact | None, str | None]
_Key = tuple[tuple[str, str], ...]


def _detect(head: Head) -> bool:
    """Tables of objects; and of counts, so that reading can say that there are no labels in them."""
    try:
        place = ecotaxa_tables.placed(head.path)
        listed = head.names if head.path.is_dir() else place.names() if head.names else ()  # a zip names more
        names = [name for name in listed if PurePosixPath(name.lower()).suffix in ecotaxa_tables.SUFFIXES]
        found = [ecotaxa_tables.header(place, name) for name in (names or [head.path.name])[:_LOOKED_AT]]
    except (ValueError, OSError):
        return False
    known = [columns for columns, _, _ in filter(None, found)]
    return any(ecotaxa_tables.lists_objects(one) or ecotaxa_tables.lists_counts(one) for one in known)


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Labels of the whole sample, and no others."""
    del sample
    return (None,) if shape is None else ()


def facts_of(sample: Sample) -> Sample:
    """What comes back of a sample: measures by EcoTaxa's names, and quantities in its units."""
    kept: dict[str, Quantity] = {}
    for name, quantity in sample.measures.items():
        found = measures.measures(_columns(measures={name: quantity}))
        kept |= {name: found[name]} if name in found else {}
    pixel = None if sample.pixel_size is None else scale.pixel_size(_columns(pixel_size=sample.pixel_size))[0]
    effort = None if sample.effort is None else scale.effort(_columns(effort=sample.effort))[0]
    return replace(sample, measures=kept, pixel_size=pixel, effort=effort)


def _columns(**fact: Any) -> Mapping[str, str]:  # noqa: ANN401 - any field of a sample
    """The columns of one fact; none where its unit does not measure what EcoTaxa's does."""
    try:
        return rows.facts(Sample("?", "?", 1, 1, **fact), set())
    except ValueError:
        return {}


def read(path: Path, images: Path | None = None) -> Labels:
    """Every object. Raises OSError, or ValueError (with every breach of EcoTaxa's rules) with a sentence."""
    place, tables = ecotaxa_tables.at(path)
    if not tables:
        raise ValueError(_nothing(path, place))
    reading = _Reading(path, place, None if images is None else Pictures(Folder(images)))
    breaches = rules.check(tables, each=reading.note)
    breaches.refuse(path.name)
    for table in tables:
        for line, row in table.rows():
            reading.take(table, line, dict(row))
    return reading.all()


def _nothing(path: Path, place: Place) -> str:
    names = [path.name] if path.is_file() and isinstance(place, Folder) else place.names()
    heads = filter(None, (ecotaxa_tables.header(place, name) for name in names))
    if any(ecotaxa_tables.lists_counts(columns) for columns, _, _ in heads):
        return f"{path} holds counts of taxa as EcoTaxa exports them, and no objects: there are no labels in it."
    return f"{path} holds no EcoTaxa table (tab-separated, with columns such as object_id)."


@dataclass
class _Reading:
    """What the rows add up to. `first` is the rank, table and line of each object's first picture."""

    path: Path
    place: Place
    others: Pictures | None
    first: dict[str, tuple[float, str, int]] = field(default_factory=dict)
    parts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    samples: list[Sample] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)
    terms: dict[str, Term] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    where: dict[str, str] = field(default_factory=dict)
    scales: dict[_Key, tuple[_Told[Quantity], _Told[Effort]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pictures = Pictures(self.place)

    def note(self, table: Table, line: int, row: ecotaxa_tables.Row) -> None:
        """Each row while the rules are checked."""
        self.parts[row.get("sample_id", "")].add(row.get("acq_id", ""))
        name, rank = row.get("object_id", ""), values.known(row.get("img_rank", "")) or 0.0
        if name not in self.first or rank < self.first[name][0]:
            self.first[name] = (rank, table.name, line)

    def take(self, table: Table, line: int, row: dict[str, str]) -> None:
        """Each row, now known to keep the rules."""
        name = row["object_id"]
        if self.first[name][1:] != (table.name, line):
            self._tell(name, "have several pictures: the one of the lowest img_rank was taken")
            return
        sample = self._sample(table, row)
        person, model = ecotaxa_rows.annotation(row, {}), ecotaxa_rows.prediction(row, {})
        said = [one for one in (person, model) if one is not None]
        for label in {region.label for one in said for region in one.regions}:
            self.terms.setdefault(label, Term(label, ecotaxa_rows.above(row)))
        raw = ecotaxa_rows.rest(row, ecotaxa_rows.composed(sample, person, model, self.terms))
        if raw and not said:
            self._tell(name, "have no label, and so their columns that no field of a sample holds were not kept")
        self.samples.append(sample)
        self.annotations += [] if person is None else [_with(person, raw)]
        self.predictions += [] if model is None else [_with(model, {} if person is not None else raw)]

    def _sample(self, table: Table, row: dict[str, str]) -> Sample:
        given, name = row.get("img_file_name", ""), row["object_id"]
        uri = self._uri(given, table, row) or given or name
        pixel, effort = self._scale(row)
        return Sample(
            name, uri, *self._size(uri, row), group=self._group(row), pixel_size=pixel, effort=effort,
            taken_at=ecotaxa_rows.moment(row, "object"), measures=measures.measures(row),
        )  # fmt: skip

    def _group(self, row: ecotaxa_tables.Row) -> str | None:
        sample, part = row.get("sample_id", ""), row.get("acq_id", "")
        return (f"{sample}/{part}" if len(self.parts[sample]) > 1 else sample or part) or None

    def _scale(self, row: ecotaxa_tables.Row) -> tuple[Quantity | None, Effort | None]:
        said = {column: text for column, text in row.items() if scale.wanted(column)}
        key = tuple(said.items())
        if key not in self.scales:
            self.scales[key] = (scale.pixel_size(said), scale.effort(said))
        pixel, effort = self.scales[key]
        for why in filter(None, (pixel[1], effort[1])):
            self._tell(row["object_id"], f"leave their scale or effort open: {why.removesuffix('.')}")
        return pixel[0], effort[0]

    def _uri(self, given: str, table: Table, row: dict[str, str]) -> str | None:
        for pictures, folder in ((self.pictures, table.folder), (self.others, "")):
            found = pictures.find(given, folder, row) if pictures is not None and given else None
            if pictures is not None and found is not None:
                return pictures.place.uri(found)
        return None

    def _size(self, uri: str, row: Mapping[str, str]) -> tuple[int, int]:
        told = [values.known(row.get(side, "")) for side in ecotaxa_rows.SIDES]
        if all(side is not None and 1 <= side < 2**31 for side in told):
            return int(told[0] or 1), int(told[1] or 1)
        try:
            return images.scan_size(uri)
        except (ValueError, OSError):
            self._tell(row["object_id"], "have no picture that can be read here: they are taken for 1 x 1 pixels")
            return 1, 1

    def _tell(self, name: str, why: str) -> None:
        self.notes[why] += 1
        self.where.setdefault(why, name)

    def all(self) -> Labels:
        """The whole project."""
        told = ((f"{self.path}, {self.where[why]}", f"{count:,} object(s) {why}.") for why, count in self.notes.items())
        return Labels(
            tuple(self.samples), tuple(self.annotations), tuple(self.predictions), tuple(self.terms.values()),
            tuple(Skipped(*one) for one in told),
        )  # fmt: skip


def _with(one: _Said, raw: Mapping[str, str]) -> _Said:
    return replace(one, regions=tuple(replace(region, raw=raw) for region in one.regions))


def write(labels: Labels, path: Path) -> None:
    """A table (.tsv), or a zip (.zip) of a table and the pictures."""
    if not labels.samples:
        raise ValueError("There are no samples to write: an EcoTaxa table lists at least one object.")
    packed = path.suffix.lower() == ".zip"
    if not packed and not path.name.lower().startswith("ecotaxa"):
        raise ValueError(f"EcoTaxa takes only tables whose names begin with ecotaxa: call it ecotaxa_{path.name}.")
    found = list(_pictured(labels) if packed else _sized(labels))
    table = rows.written(found)
    table.check(path.name)
    if not packed:
        path.write_bytes(table.text(range(len(found))))
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(f"ecotaxa_{path.stem}.tsv", table.text(range(len(found))), zipfile.ZIP_DEFLATED)
        for sample, row in zip(labels.samples, found, strict=True):
            archive.writestr(row["img_file_name"], packing.content(sample))


def _sized(labels: Labels) -> Iterator[ecotaxa_rows.Row]:
    for sample, row in zip(labels.samples, ecotaxa_rows.told(labels), strict=True):
        yield row | dict(zip(ecotaxa_rows.SIDES, (str(sample.width), str(sample.height)), strict=True))


def _pictured(labels: Labels) -> Iterator[ecotaxa_rows.Row]:
    """Rows that name the pictures as they are packed."""
    taken: set[str] = set()
    for number, (sample, row) in enumerate(zip(labels.samples, ecotaxa_rows.told(labels), strict=True), start=1):
        name = packing.picture_name(sample, number, PurePosixPath(row["img_file_name"].replace("\\", "/")), taken)
        taken.add(name.lower())
        yield row | {"img_file_name": name}


FORMAT = Format("ecotaxa", "EcoTaxa", ".tsv", _detect, read, write, Holds(_FACTS, shapes, facts_of, single=True))
