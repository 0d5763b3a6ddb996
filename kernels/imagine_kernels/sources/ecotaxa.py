"""EcoTaxa projects (folders, zips, exports) → samples with what people and models said, scale and water searched."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

from imagine_kernels import ecotaxa_tables, images
from imagine_kernels.ecotaxa_tables import Row, Table, values
from imagine_kernels.ecotaxa_tables import opinions as ecotaxa_opinions
from imagine_kernels.ecotaxa_tables import rules as ecotaxa_rules
from imagine_kernels.ecotaxa_tables import scale as ecotaxa_scale
from imagine_kernels.ecotaxa_tables.measures import measures
from imagine_kernels.ecotaxa_tables.pictures import Pictures
from imagine_kernels.ecotaxa_tables.rules import RefusedTablesError
from imagine_kernels.images.place import Place
from imagine_kernels.records import Annotation, Collection, Effort, Prediction, Quantity, Sample, Skipped
from imagine_kernels.sources.troubles import Troubles

__all__ = ["Project", "RefusedTablesError", "read", "read_tables"]

_Fact = TypeVar("_Fact")
_VARIANTS = 3
"""So many rows that differ are enough to see that an acquisition contradicts itself."""


@dataclass(frozen=True, slots=True)
class Project:
    """What EcoTaxa tables hold. `collection.annotations` are the validated ones; the dubious are kept apart.

    `states` is "validated", "predicted", "dubious" or "" by sample; `tables` still hold every column.
    """

    collection: Collection
    predictions: tuple[Prediction, ...]
    dubious: tuple[Annotation, ...]
    states: Mapping[str, str]
    tables: tuple[Table, ...]
    files: frozenset[str]

    def columns(self) -> Mapping[str, Row]:
        """Every column of every object as text, by sample id; the tables are read again for it."""
        found: dict[str, Row] = {}
        for table in self.tables:
            for _, row in table.rows():
                found.setdefault(row.get("object_id", ""), row)
        return found


def read(path: Path | str, *, limit: int | None = None, volume_unit: str | None = None) -> Project:
    """The project in a folder, a zip or one table. `volume_unit` ("m3", "L") is that of volumes that tell none.

    Raises RefusedTablesError (a ValueError) with the first breaches of EcoTaxa's rules, ValueError where no table is.
    """
    place, found = ecotaxa_tables.at(Path(path))
    if not found:
        raise ValueError(
            f"{images.named(path)} holds no EcoTaxa table (tab-separated, with columns such as object_id)."
        )
    return read_tables(place, found, limit=limit, volume_unit=volume_unit)


def read_tables(
    place: Place, tables: Sequence[Table], *, limit: int | None = None, volume_unit: str | None = None
) -> Project:
    """The project that these tables of one place are. Raises as `read` does."""
    if volume_unit is not None and volume_unit.lower() not in ecotaxa_scale.UNITS:
        raise ValueError(f"volume_unit must be 'm3', 'L' or 'mL', not {volume_unit!r}.")
    unit = None if volume_unit is None else ecotaxa_scale.UNITS[volume_unit.lower()]
    survey = _Survey()
    breaches = ecotaxa_rules.check(tables, each=survey.note)
    pictures, troubles = Pictures(place), Troubles()
    if breaches.count:
        _list_missing(tables, pictures, breaches)
    breaches.refuse(tables[0].name if len(tables) == 1 else place.name)
    reading = _Reading(survey, pictures, troubles, unit)
    return reading.project(islice(reading.entries(tables), limit), tuple(tables))


def _list_missing(tables: Sequence[Table], pictures: Pictures, breaches: ecotaxa_rules.Breaches) -> None:
    """A person who mends a table wants to hear of its missing pictures in the same breath."""
    for table in tables:
        for line, row in table.rows():
            given = row.get("img_file_name", "")
            if given and pictures.find(given, table.folder, row) is None:
                breaches.add(table, line, f"the picture {images.named(given)} is not there: copy it beside the table")


@dataclass
class _Survey:
    """What is gathered while the rules are checked.

    `acquisitions` holds what each says of scale and effort (once, where its rows agree); `first` the rank, table and
    line of the first picture of each object.
    """

    acquisitions: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    first: dict[str, tuple[float, str, int]] = field(default_factory=dict)

    def note(self, table: Table, line: int, row: Row) -> None:
        key = _acquisition(row)
        said = {column: text for column, text in row.items() if ecotaxa_scale.wanted(column)}
        before = self.acquisitions.setdefault(key, [])
        if len(before) < _VARIANTS and said not in before:
            before.append(said)
        rank = values.known(row.get("img_rank", "")) or 0.0
        name = row.get("object_id", "")
        if name not in self.first or rank < self.first[name][0]:
            self.first[name] = (rank, table.name, line)


@dataclass
class _Entry:
    """One object whose picture is there."""

    table: Table
    row: Row
    name: str
    uri: str
    size: tuple[int, int]


class _Reading:
    """One project while it is read for the second time, now known to keep the rules."""

    def __init__(self, survey: _Survey, pictures: Pictures, troubles: Troubles, unit: str | None) -> None:
        self.survey, self.pictures, self.troubles = survey, pictures, troubles
        self.notes: list[Skipped] = []
        self.parts = Counter(sample for sample, _ in survey.acquisitions)
        self.scales = {key: self._scale(key, said, unit) for key, said in survey.acquisitions.items()}
        self.files: set[str] = set()

    def _scale(self, key: tuple[str, str], said: list[Row], unit: str | None) -> tuple[Quantity | None, Effort | None]:
        name = key[1] or key[0] or "the table"
        pixel = self._agreed(name, [ecotaxa_scale.pixel_size(row) for row in said])
        return pixel, self._agreed(name, [ecotaxa_scale.effort(row, unit) for row in said])

    def _agreed(self, name: str, found: list[tuple[_Fact | None, str | None]]) -> _Fact | None:
        """What all rows of an acquisition say; nothing, with a sentence, where they differ or leave it open."""
        value, why = found[0]
        if any(other != found[0] for other in found):
            value, why = None, "its rows tell different scales, volumes or parts. Mend them, or these stay unknown."
        if why is not None:
            self.notes.append(Skipped(name, f"{images.named(name)}: {why}"))
        return value

    def entries(self, tables: Sequence[Table]) -> Iterator[_Entry]:
        with ThreadPoolExecutor(4) as readers:  # a shared disk answers slowly: four questions at a time
            for table in tables:
                rows = self._named(table)
                while portion := list(islice(rows, 512)):
                    for (row, name), size in zip(portion, readers.map(self._size, portion), strict=True):
                        if isinstance(size, str):
                            self.troubles.add(table.name, size, row["object_id"])
                        else:
                            yield _Entry(table, row, row["object_id"], self.pictures.place.uri(name), size)

    def _named(self, table: Table) -> Iterator[tuple[Row, str]]:
        """Rows whose picture is there: one of each object, or one animal would count twice."""
        for line, row in table.rows():
            given = row.get("img_file_name", "")
            name = self.pictures.find(given, table.folder, row) if given else None
            self.files |= set() if name is None else {name}
            if self.survey.first[row["object_id"]][1:] != (table.name, line):
                why = f"{table.name} has several pictures of one object; the one of the lowest img_rank is its sample."
                self.troubles.add(table.name, why, f"{images.named(given)} (row {line})")
            elif name is None and given:
                why = f"{table.name} names pictures that are not there. Copy them beside the table."
                self.troubles.add(table.name, why, f"{images.named(given)} (row {line})")
            elif name is None:
                why = f"{table.name} tells what objects are and names no pictures. Open it together with its pictures."
                self.troubles.add(table.name, why, f"{row['object_id']} (row {line})")
            else:
                yield row, name

    def _size(self, found: tuple[Row, str]) -> tuple[int, int] | str:
        try:
            return images.size(self.pictures.place.uri(found[1]))
        except (ValueError, OSError) as error:
            return str(error)

    def _sample(self, entry: _Entry) -> Sample:
        key = _acquisition(entry.row)
        pixel, effort = self.scales[key]
        sample, acquisition = key
        group = f"{sample}/{acquisition}" if self.parts[sample] > 1 else sample or acquisition
        return Sample(
            entry.name, entry.uri, *entry.size, group=group or None, pixel_size=pixel, effort=effort,
            taken_at=ecotaxa_opinions.moment(entry.row, "object"), measures=measures(entry.row),
        )  # fmt: skip

    def project(self, entries: Iterator[_Entry], tables: tuple[Table, ...]) -> Project:
        """Everything, row by row: a hundred thousand rows of a hundred columns need not lie in memory."""
        heard, samples = _Heard(), []
        for entry in entries:
            samples.append(self._sample(entry))
            heard.listen(entry.table, entry.row)
        for table in tables:
            for _, row in table.rows() if "img_file_name" not in table.columns else ():
                heard.listen(table, row)
        skipped = (*self.troubles.skipped(), *self.notes)
        collection = Collection(tuple(samples), tuple(heard.validated), skipped)
        return Project(
            collection, tuple(heard.predictions), tuple(heard.dubious), heard.states, tables, frozenset(self.files)
        )  # fmt: skip


@dataclass
class _Heard:
    """What rows say of their objects; tables without pictures speak of any object."""

    validated: list[Annotation] = field(default_factory=list)
    dubious: list[Annotation] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)

    def listen(self, table: Table, row: Row) -> None:
        state = values.state(row.get("object_annotation_status", ""))
        if state or row["object_id"] not in self.states:
            self.states[row["object_id"]] = state
        if state in {"validated", "dubious"}:
            (self.validated if state == "validated" else self.dubious).append(ecotaxa_opinions.annotation(table, row))
        if state == "predicted" or row.get(ecotaxa_opinions.MODEL["label"]):
            self.predictions.append(ecotaxa_opinions.prediction(row))


def _acquisition(row: Row) -> tuple[str, str]:
    return row.get("sample_id", ""), row.get("acq_id", "")
