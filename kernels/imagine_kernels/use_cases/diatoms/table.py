"""A person's table of what each diatom tells about water → values by OMNIDIA code, for `index`.

Such tables belong to those who made them (OMNIDIA, standards): none is shipped. Two forms are read, told apart by their
columns: sensitivity s and indicator value v (IPS), or presence in seven classes of quality and a weight (IBD).
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from imagine_kernels.records import Skipped

IPS, IBD = "IPS", "IBD"
_LARGEST = 16 * 2**20
_CODE = re.compile(r"[A-Z0-9]{4,8}")
_CODES = ("code", "omnidia", "omnidia code", "taxon code", "acronym", "taxon")
_SENSITIVITY = ("s", "ips_s", "ipss", "sensitivity", "ips s")
_INDICATOR = ("v", "ips_v", "ipsv", "indicator value", "indicator", "ips v")
_WEIGHT = ("v", "ibd_v", "weight", "valence", "ve")
_CLASSES = tuple(tuple(f"{name}{n}" for name in ("p", "class", "cl", "classe")) for n in range(1, 8))
_KNOWS = "It needs the columns code, s and v (IPS), or code, p1 to p7 and v (IBD)"


@dataclass(frozen=True, slots=True)
class Values:
    """What one taxon tells: IPS sensitivity (1 to 5), or presence in seven classes, worst first; and its weight."""

    profile: tuple[float, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class IndexTable:
    """The values by OMNIDIA code, which index they make, and a sentence for every row that could not be used."""

    index: str
    path: Path
    values: Mapping[str, Values]
    skipped: tuple[Skipped, ...] = ()


class _RowError(ValueError):
    """What is wrong with one row."""


def read_table(path: Path | str) -> IndexTable:
    """The table in a CSV file (comma, semicolon or tab; decimal commas too where these do not part the columns).

    A row of values outside their range, without a code or for a code that was there before is left out with a
    sentence. A taxon whose values are all empty or 0 has none, as OMNIDIA writes it. Raises OSError, or ValueError with
    a sentence where the file is no such table.
    """
    path = Path(path)
    lines = list(_lines(path))
    columns = [name.strip().lower() for name in lines[0][1]] if lines else []
    index, places = _form(path, columns)
    values: dict[str, Values] = {}
    skipped: list[Skipped] = []
    for number, cells in lines[1:]:
        try:
            code, found = _row(index, [cells[place] if place < len(cells) else "" for place in places], values)
            if found is not None:
                values[code] = found
        except _RowError as wrong:
            skipped.append(Skipped(f"{path.name}, row {number}", f"{wrong}."))
    if not values:
        first = f" {skipped[0].where}: {skipped[0].why}" if skipped else ""
        raise ValueError(f"{path.name} holds no row with values of a taxon.{first} {_KNOWS}.")
    return IndexTable(index, path, values, tuple(skipped))


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Row number and cells of each row that is not empty."""
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"{path.name} is larger than {_LARGEST / 2**20:.0f} MB: no table of taxa is.")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    if "\0" in text:
        raise ValueError(f"{path.name} is no table of text. Save the sheet as CSV and name that file.")
    head = text.partition("\n")[0]
    separator = max("\t;,", key=head.count)
    reader = csv.reader(text.splitlines(), delimiter=separator)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise ValueError(f"{path.name}, row {reader.line_num}: cannot be read as a table ({error}).") from error


def _form(path: Path, columns: list[str]) -> tuple[str, list[int]]:
    """Which index the columns are for, and where its values stand: code, profile, weight."""
    for index, wanted in (
        (IBD, [_CODES, *_CLASSES, _WEIGHT]),
        (IPS, [_CODES, _SENSITIVITY, _INDICATOR]),
    ):
        places = [next((columns.index(name) for name in names if name in columns), None) for names in wanted]
        if None not in places:
            return index, [place for place in places if place is not None]
    there = ", ".join(columns[:12]) or "none"
    raise ValueError(f"{path.name} is no table of an index. {_KNOWS}; it has {there}.")


def _row(index: str, cells: list[str], before: Mapping[str, Values]) -> tuple[str, Values | None]:
    code = cells[0].upper()
    if not _CODE.fullmatch(code):
        raise _RowError(f"{cells[0]!r} is no OMNIDIA code: give the four letters, such as ADMI")
    if code in before:
        raise _RowError(f"{code} was there before: keep one row for each taxon")
    if not any(cell.replace("0", "").strip(" .,-") for cell in cells[1:]):
        return code, None
    *profile, weight = (_number(code, cell) for cell in cells[1:])
    if index == IPS and not 1 <= profile[0] <= 5:
        raise _RowError(f"the sensitivity s of {code} must lie in 1 to 5, not {profile[0]:g}")
    if index == IPS and not 1 <= weight <= 3:
        raise _RowError(f"the indicator value v of {code} must lie in 1 to 3, not {weight:g}")
    if index == IBD and not (all(0 <= share <= 1 for share in profile) and 0 < sum(profile) < 1.05):
        raise _RowError(
            f"the probabilities p1 to p7 of {code} must lie in 0 to 1 and add up to 1, not {sum(profile):g}"
        )
    if index == IBD and not 0 < weight <= 3:
        raise _RowError(f"the weight v of {code} must lie above 0 and up to 3, not {weight:g}")
    return code, Values(tuple(profile), weight)


def _number(code: str, cell: str) -> float:
    try:
        number = float(cell.replace(",", "."))
    except ValueError as error:
        said = repr(cell) if cell else "an empty cell"
        raise _RowError(f"{code} has {said} where a number is needed: write it, or leave all values empty") from error
    if number != number or abs(number) == float("inf"):  # noqa: PLR0124 - NaN is what differs from itself
        raise _RowError(f"{code} has {cell!r} where a number is needed")
    return number
