"""Columns kept from a table that was read → as EcoTaxa asks for them: dates, times, numbers and states one way."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from imagine_kernels.ecotaxa_tables import PREFIXES, values
from imagine_kernels.ecotaxa_tables.measures import FEATURES
from imagine_kernels.ecotaxa_tables.rules import PREDEFINED

_BEGINNINGS = tuple(prefix + "_" for prefix in PREFIXES)


def settled(columns: Mapping[str, str]) -> dict[str, str]:
    """The same columns, without those that EcoTaxa adds when it exports; what breaks its rules stays and is told of."""
    found = {}
    for column, text in columns.items():
        if column.startswith(_BEGINNINGS):
            written = _WRITTEN.get(column)
            try:
                found[column] = plain(text) if written is None else written(text)
            except ValueError:
                found[column] = plain(text)
    return found


def numbers(rows: Sequence[dict[str, str]], columns: Iterable[str]) -> set[str]:
    """Of the features and the columns of one's own of objects, those that hold nothing but numbers, written plainly."""
    found = set()
    for column in columns:
        if not column.startswith("object_") or column in PREDEFINED:
            continue
        try:
            cells = [_number(row.get(column, "")) for row in rows]
        except ValueError:
            continue
        if any(cells) or column.removeprefix("object_") in FEATURES:
            found.add(column)
            for row, cell in zip(rows, cells, strict=True):
                row[column] = cell
    return found


def plain(text: str) -> str:
    """What breaks a line of a table becomes a space."""
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in text).strip()


def _number(text: str) -> str:
    value = values.number(text.strip())
    return "" if value is None else text.strip().replace(",", ".") if "," in text else text.strip()


def _degrees(text: str) -> str:
    value = values.degrees(text.strip(), 180)
    return "" if value is None else repr(value)


def _day(text: str) -> str:
    day = values.day(text.strip())
    return "" if day is None else day.strftime("%Y%m%d")


def _hour(text: str) -> str:
    hour = values.hour(text.strip())
    return "" if hour is None else hour.strftime("%H%M%S")


_WRITTEN: Mapping[str, Callable[[str], str]] = {
    "object_lat": _degrees, "object_lon": _degrees, "object_depth_min": _number, "object_depth_max": _number,
    "object_date": _day, "object_time": _hour,
    "object_annotation_date": _day, "object_annotation_time": _hour,
    "object_annotation_status": lambda text: values.state(text.strip()),
}  # fmt: skip
