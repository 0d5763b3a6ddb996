"""The tables of an IFCB bin as they lie on disk: the triggers (.adc), the header (.hdr), and what a bin's name says.

Two layouts of .adc: "old" of instruments 1 to 6, whose bins are called IFCB1_2011_231_182610, and "new" of those
called D20220519T124533_IFCB134. Columns as told by the header's ADCFileFormat and WHOI's documentation of the
instrument (https://github.com/hsosik/ifcb-analysis/wiki, https://github.com/joefutrelle/pyifcb).
"""

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from imagine_kernels import images
from imagine_kernels.images.place import Place

_OLD = (
    "trigger", "adctime", "fluorescencelow", "fluorescencehigh", "scatteringlow", "scatteringhigh",
    "comparatorpulse", "triggeropen", "framegrab", "roix", "roiy", "roiwidth", "roiheight", "startbyte",
    "valvestatus",
)  # fmt: skip
_NEW = (
    "trigger", "adctime", "pmta", "pmtb", "pmtc", "pmtd", "peaka", "peakb", "peakc", "peakd", "timeofflight",
    "grabtimestart", "grabtimeend", "roix", "roiy", "roiwidth", "roiheight", "startbyte", "comparatorout",
    "startpoint", "signallength", "status", "runtime", "inhibittime",
)  # fmt: skip
_NEEDED = ("trigger", "roiwidth", "roiheight", "startbyte")
_NAME_NEW = re.compile(r"D(?P<time>\d{8}T\d{6})_IFCB(?P<instrument>\d+)", re.IGNORECASE)
_NAME_OLD = re.compile(r"IFCB(?P<instrument>\d+)_(?P<time>\d{4}_\d{3}_\d{6})", re.IGNORECASE)
_MAX_HEADER = 2**20

Row = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Name:
    """What a bin's name says: its time (UTC, ISO 8601), the instrument's number, and whether its layout is old."""

    time: str | None
    instrument: int | None
    old: bool | None


def name(stem: str) -> Name:
    """What the name of a bin's files says; nothing is known where it follows neither style."""
    for pattern, form, old in ((_NAME_NEW, "%Y%m%dT%H%M%S", False), (_NAME_OLD, "%Y_%j_%H%M%S", True)):
        found = pattern.match(stem)
        if found is not None:
            return Name(_time(found["time"].upper(), form), int(found["instrument"]), old)
    return Name(None, None, None)


def _time(text: str, form: str) -> str | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC).isoformat()
    except ValueError:
        return None


def header(place: Place, file_name: str | None) -> Mapping[str, str]:
    """The lines "name: value" of a .hdr file by their names in small letters; nothing where there is no file."""
    if file_name is None:
        return {}
    with place.open(file_name) as file:
        text = file.read(_MAX_HEADER).decode("utf-8-sig", "replace")
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def rows(place: Place, table: str, told: Mapping[str, str], known: Name) -> Iterator[tuple[int, Row | None]]:
    """Line number (the roi's number) and values of each line; None where a line is not whole.

    Raises ValueError with a sentence where the table has a layout nobody knows.
    """
    columns: Sequence[str] = ()
    with place.open(table) as file:
        lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace")
        for number, line in enumerate(lines, start=1):
            values = [value.strip() for value in line.strip().split(",")]
            if not line.strip():
                continue
            columns = columns or _columns(told, known, len(values))
            yield number, _numbers(columns, values) if columns else None
    if not columns:
        raise ValueError(
            f"{images.named(table)} is empty or no table of an IFCB bin, which has {len(_OLD)} columns (instruments 1"
            f" to 6) or {len(_NEW)}. Get a fresh copy of the bin."
        )


def _columns(told: Mapping[str, str], known: Name, count: int) -> Sequence[str]:
    """The columns of a table whose line has `count` values; none where that line cannot be whole."""
    named = [re.sub(r"[^a-z0-9]", "", part.lower()) for part in told.get("adcfileformat", "").split(",")]
    if len(named) >= count and set(_NEEDED) <= set(named):
        return named
    old = count <= len(_OLD) if known.old is None else known.old
    columns: Sequence[str] = _OLD if old else _NEW
    return columns if count > columns.index("startbyte") else ()


def _numbers(columns: Sequence[str], values: list[str]) -> Row | None:
    """By name; columns that a layout does not know are left, columns at the end that an old program lacks may miss."""
    found = {}
    for column, value in zip(columns, values, strict=False):
        try:
            found[column] = float(value)
        except ValueError:
            continue
    found = {column: value for column, value in found.items() if math.isfinite(value)}
    return found if set(_NEEDED) <= found.keys() else None
