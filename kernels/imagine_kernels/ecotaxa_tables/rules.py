"""What EcoTaxa asks of a table before it takes it in, so that a person learns of every fault at once and before upload.

The rules are those of EcoTaxa's import (https://ecotaxa.obs-vlfr.fr, "How to format files for import"). A breach is a
sentence with file, row and remedy. A table that breaks a rule is refused whole, as EcoTaxa does.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from imagine_kernels.ecotaxa_tables import PREFIXES, Row, Table, values
from imagine_kernels.records import Skipped

FREE = {"object": (500, 20), "acq": (0, 30), "process": (0, 30), "sample": (0, 30)}
"""How many columns of one's own each part may have: numbers and texts; where 0, all count as texts."""
PREDEFINED = {
    "img_file_name", "img_rank", "object_id", "object_link", "object_lat", "object_lon", "object_date", "object_time",
    "object_depth_min", "object_depth_max", "object_annotation_status", "object_annotation_person_name",
    "object_annotation_person_email", "object_annotation_date", "object_annotation_time",
    "object_annotation_category", "object_annotation_category_id", "object_annotation_hierarchy",
    "sample_id", "sample_dataportal_descriptor", "acq_id", "acq_instrument", "process_id",
}  # fmt: skip
_EXPORTED = {
    "objid", "id", "projid", "acquisid", "sampleid", "processid", "classif_id", "classif_qual", "classif_when",
    "classif_who", "classif_auto_id", "classif_auto_score", "classif_auto_when", "complement_info", "imgid",
    "latitude", "longitude", "depth_min", "depth_max", "objdate", "objtime", "random_value", "similarity", "orig_id",
}  # fmt: skip
"""Columns without a prefix that EcoTaxa itself writes when it exports."""
_TYPES = {"[t]", "[f]", ""}
_CHECKS: Mapping[str, Callable[[str], object]] = {
    "object_lat": lambda text: values.degrees(text, 90),
    "object_lon": lambda text: values.degrees(text, 180),
    "object_depth_min": values.number, "object_depth_max": values.number,
    "object_date": values.day, "object_time": values.hour,
    "object_annotation_date": values.day, "object_annotation_time": values.hour,
    "object_annotation_status": values.state, "img_rank": values.number,
}  # fmt: skip
_KEPT = 1000
SHOWN = 10


class RefusedTablesError(ValueError):
    """Tables that break EcoTaxa's rules; `problems` holds a sentence for each breach."""

    def __init__(self, sentence: str, problems: tuple[Skipped, ...]) -> None:
        super().__init__(sentence)
        self.problems = problems


@dataclass
class Breaches:
    """What is wrong in the tables of one project, in the order it was found."""

    count: int = 0
    found: list[Skipped] = field(default_factory=list)
    seen: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    homes: dict[str, tuple[str, int]] = field(default_factory=dict)
    parents: dict[str, tuple[str, str, int]] = field(default_factory=dict)

    def add(self, table: Table, row: int, why: str) -> None:
        """One more breach; row 1 is the header."""
        self.count += 1
        if len(self.found) < _KEPT:
            self.found.append(Skipped(table.name, f"{table.name}, row {row}: {why}."))

    def refuse(self, name: str) -> None:
        """Raises RefusedTablesError with the first of them, where there are any."""
        if self.count:
            more = f" And {self.count - SHOWN:,} more." if self.count > SHOWN else ""
            told = " ".join(breach.why for breach in self.found[:SHOWN])
            things = "1 thing" if self.count == 1 else f"{self.count:,} things"
            sentence = (
                f"{name} holds {things} that EcoTaxa's rules do not allow, so nothing of it was read. {told}{more}"
            )
            raise RefusedTablesError(sentence, tuple(self.found))


def check(tables: Iterable[Table], *, each: Callable[[Table, int, Row], None] | None = None) -> Breaches:
    """Every breach in the tables of one project; `each` sees every row on the way."""
    breaches = Breaches()
    for table in tables:
        check_columns(table, breaches)
        numbers = _numbers(table)
        rows, row, cells = 0, 0, list[str]()
        for row, cells in table.lines():
            rows += 1
            if any(cells[len(table.columns) :]):
                told = f"it has {len(cells)} cells and the header {len(table.columns)}: take out a tab that is too many"
                breaches.add(table, row, told)
            given = table.row(cells)
            _check_row(table, row, given, numbers, breaches)
            if each is not None:
                each(table, row, given)
        if 0 < len(cells) < len(table.columns) and table.breaks_off():
            told = (
                f"the table breaks off in it, after {len(cells)} of {len(table.columns)} cells: export or copy it again"
            )
            breaches.add(table, row, told)
        if rows == 0:
            breaches.add(table, 2 + bool(table.types), "no object is listed below the header: export the table again")
    return breaches


def check_columns(table: Table, breaches: Breaches) -> None:
    """The header: form, prefixes, types, what must be there, and how much of one's own."""
    for column, count in Counter(table.columns).items():
        why = _wrong_name(column)
        if why is not None:
            breaches.add(table, 1, why)
        elif count > 1 and column:
            breaches.add(table, 1, f"the column {column!r} is there {count} times: keep one")
    types = dict(zip(table.columns, table.types, strict=False))
    for column, kind in types.items():
        if kind not in _TYPES:
            breaches.add(table, 2, f"the type of {column!r} is {kind!r}: write [t] for text or [f] for numbers")
    if "object_id" not in table.columns:
        breaches.add(table, 1, "there is no column object_id: name every object in one")
    if "img_file_name" not in table.columns and any(column.startswith("img_") for column in table.columns):
        breaches.add(table, 1, "there is no column img_file_name: name every picture in one")
    exported = any(c in _EXPORTED or c.endswith(("_internal_id", "_annotation_hierarchy")) for c in table.columns)
    if not exported:
        _check_free(table, types, breaches)


def _check_free(table: Table, types: Mapping[str, str], breaches: Breaches) -> None:
    for prefix, (most_numbers, most_texts) in FREE.items():
        own = [c for c in table.columns if c.startswith(prefix + "_") and c not in PREDEFINED]
        numbers = sum(types.get(column) == "[f]" for column in own) if most_numbers else 0
        if numbers > most_numbers or (len(own) - numbers > most_texts and (table.types or not most_numbers)):
            allowed = f"{most_numbers} numbers and {most_texts} texts" if most_numbers else str(most_texts)
            why = f"{len(own)} columns of one's own begin with {prefix}_, and EcoTaxa takes {allowed}: leave some out"
            breaches.add(table, 1, why)


def _wrong_name(column: str) -> str | None:
    if not column or column in _EXPORTED:
        return None
    if re.fullmatch(r"[^_]+_.+", column) is None:
        return f"the column {column!r} is not of the form prefix_name: rename it, such as object_{column or 'name'}"
    if column.partition("_")[0] not in PREFIXES:
        return f"the column {column!r} begins with no known prefix ({', '.join(PREFIXES)}): rename it, or leave it out"
    return None


def _numbers(table: Table) -> list[str]:
    """Columns of one's own that must hold numbers: EcoTaxa keeps all but those of objects as text."""
    types = zip(table.columns, table.types, strict=False)
    return [c for c, kind in types if kind == "[f]" and c.startswith("object_") and c not in PREDEFINED]


def _check_row(table: Table, row: int, given: Row, numbers: list[str], breaches: Breaches) -> None:
    checks = [(c, test) for c, test in _CHECKS.items() if c in given] + [(c, values.number) for c in numbers]
    for column, test in checks:
        try:
            test(given[column])
        except ValueError as error:
            breaches.add(table, row, f"{column} is {given[column]!r}, which {error}")
    _check_identity(table, row, given, breaches)
    _check_opinion(table, row, given, breaches)


def _check_identity(table: Table, row: int, given: Row, breaches: Breaches) -> None:
    name, picture = given.get("object_id", ""), given.get("img_file_name", "")
    if "object_id" in given and not name:
        breaches.add(table, row, "object_id is empty: name the object")
    if "img_file_name" in given and not picture:
        breaches.add(table, row, f"img_file_name is empty: name the picture of {name or 'the object'}")
    before = breaches.seen.setdefault((name, picture), (table.name, row))
    home = breaches.homes.setdefault(name, (table.name, row)) if picture else (table.name, row)
    if name and before != (table.name, row):
        told = f"the object {name!r} with the picture {picture!r}" if picture else f"the object {name!r}"
        breaches.add(table, row, f"{told} was listed before ({_where(table, before)}): keep one of the two")
    elif name and home[0] != table.name:
        told = f"the object {name!r} is listed in {home[0]}, too (row {home[1]}): give each its own name"
        breaches.add(table, row, f"{told}, or open the two by themselves")
    acquisition, sample = given.get("acq_id", ""), given.get("sample_id", "")
    if acquisition and sample:
        parent = breaches.parents.setdefault(acquisition, (sample, table.name, row))
        if parent[0] != sample:
            where = _where(table, parent[1:])
            told = (
                f"acq_id {acquisition!r} belongs to the sample {parent[0]!r} ({where}) and cannot belong to {sample!r}"
            )
            breaches.add(table, row, f"{told}, too: give each sample its own acquisitions")


def _where(table: Table, before: tuple[str, int]) -> str:
    return f"row {before[1]}" if before[0] == table.name else f"{before[0]}, row {before[1]}"


def _check_opinion(table: Table, row: int, given: Row, breaches: Breaches) -> None:
    status = given.get("object_annotation_status", "")
    if values.STATES.get(status.lower(), status) == "":
        status = ""
    category = given.get("object_annotation_category", "") or given.get("object_annotation_category_id", "")
    if status and not category:
        breaches.add(table, row, f"the state {status!r} has no category: name what it is, or empty the state")
    if category and not status:
        breaches.add(table, row, f"the category {category!r} has no state: write predicted, validated or dubious")
