"""What people called the objects of an EcoTaxa project: each category with its taxonomy, how often, and where first."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from imagine_kernels import ecotaxa_tables
from imagine_kernels.ecotaxa_tables import Table, values
from imagine_kernels.ecotaxa_tables import opinions as ecotaxa_opinions
from imagine_kernels.images.place import Archive, Folder


@dataclass(frozen=True, slots=True)
class Category:
    """One category as the tables spell it: its id there, the taxa above it (nearest first), its first row."""

    name: str
    number: str
    above: tuple[str, ...]
    table: str
    row: int


@dataclass(frozen=True)
class Categories:
    """Every category of a project by name, and how many rows carry each state ("validated", "predicted", …)."""

    known: Mapping[str, Category] = field(default_factory=dict)
    states: Mapping[str, int] = field(default_factory=dict)


def read(path: Path) -> Categories:
    """The categories of the tables in a folder (and zips in it), a zip, or one table; none where there is no table."""
    known: dict[str, Category] = {}
    states: Counter[str] = Counter()
    for table in _tables(path.expanduser().absolute()):
        for line, row in table.rows():
            state = values.state(row.get("object_annotation_status", ""))
            states[state] += 1
            if state == "validated":
                name = ecotaxa_opinions.category(row)
                hierarchy = [part.strip() for part in row.get("object_annotation_hierarchy", "").split(">")]
                above = tuple(part for part in reversed(hierarchy[:-1]) if part)
                number = row.get("object_annotation_category_id", "")
                known.setdefault(name, Category(name, number, above, table.name, line))
    return Categories(known, states)


def _tables(path: Path) -> Iterator[Table]:
    if path.is_dir():
        place = Folder(path)
        yield from ecotaxa_tables.find(place)
        for name in place.names():
            if name.lower().endswith(".zip"):
                yield from ecotaxa_tables.find(Archive(path / name))
    elif path.suffix.lower() in ecotaxa_tables.SUFFIXES:
        table = ecotaxa_tables.table_of(Folder(path.parent), path.name)
        yield from () if table is None else (table,)
    elif path.suffix.lower() == ".zip":
        yield from ecotaxa_tables.find(Archive(path))
