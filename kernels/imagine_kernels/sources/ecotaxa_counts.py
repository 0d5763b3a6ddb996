"""Tables of counts, concentrations and biovolumes that EcoTaxa exports: figures, and no objects to be looked at."""

from dataclasses import dataclass
from pathlib import Path

from imagine_kernels import ecotaxa_tables, images
from imagine_kernels.ecotaxa_tables import values
from imagine_kernels.images.place import Folder
from imagine_kernels.records import Quantity

_UNITS = {"count": "dimensionless", "nbr": "dimensionless", "abundance": "dimensionless"}
_UNITS |= {"concentration": "1 / meter ** 3", "biovolume": "millimeter ** 3 / meter ** 3"}
"""EcoTaxa computes concentrations per m³ and biovolumes in mm³ per m³ of water."""
_GROUPS = ("sampleid", "sample_id", "sample", "orig_id", "acquisid", "acq_id", "acquisition", "subsampleid")


@dataclass(frozen=True, slots=True)
class Count:
    """One line: which sample or acquisition (None where all are one), which taxon in which state, and the figure."""

    group: str | None
    taxon: str
    state: str
    value: Quantity


def read(path: Path | str) -> tuple[Count, ...]:
    """The lines of one table of counts. Raises ValueError with a sentence that names file and row."""
    place, name = Folder(Path(path).expanduser().absolute().parent), Path(path).name
    head = ecotaxa_tables.header(place, name)
    if head is None or not ecotaxa_tables.lists_counts(head[0]):
        raise ValueError(f"{images.named(path)} is no table of counts as EcoTaxa exports them.")
    figure = next(column for column in head[0] if _unit(column) is not None)
    taxon = next(column for column in head[0] if column in ecotaxa_tables.COUNT_COLUMNS)
    group = next((column for column in head[0] if column in _GROUPS), None)
    found = []
    for line, row in ecotaxa_tables.table(place, name, head).rows():
        try:
            value = values.number(row[figure])
            state = values.state(row.get("status", ""))
        except ValueError as error:
            raise ValueError(f"{name}, row {line}: {figure} or status {error}.") from error
        if value is not None:
            told = row[group] if group else None
            found.append(Count(told, row[taxon], state, Quantity(value, str(_unit(figure)))))
    return tuple(found)


def _unit(column: str) -> str | None:
    return next((unit for name, unit in _UNITS.items() if column.startswith(name)), None)
