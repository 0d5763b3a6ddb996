"""What people used, added up for a table or a file: seconds of lent cards, of cards at work, of processors. Pure."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

BY: Mapping[str, str] = {"user": "Person", "group": "Group", "use_case": "Use case", "day": "Day"}
"""What the figures can be added up by, and how the page calls it."""
NONE = {"group": "no group", "use_case": "no use case"}
COLUMNS = ("day", "user", "groups", "use_case", "gpu_seconds", "gpu_busy_seconds", "cpu_seconds")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be worked out by a spreadsheet rather than shown."""


@dataclass(frozen=True)
class Sum:
    """One line of the table, in hours: cards lent, cards at work, processors. What was not lent cannot have worked."""

    name: str
    lent: float = 0.0
    worked: float = 0.0
    cpu: float = 0.0


def within(rows: Iterable[Mapping[str, Any]], begin: date, end: date) -> list[Mapping[str, Any]]:
    """The records from the day `begin` to the day `end`, both included."""
    return [row for row in rows if begin.isoformat() <= row["day"] <= end.isoformat()]


def sums(rows: Iterable[Mapping[str, Any]], by: str) -> list[Sum]:
    """Added up by one of BY, the largest first, days in their order. A person of two groups counts in both."""
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in rows:
        for name in _names(row, by):
            for i, key in enumerate(("gpu_seconds", "gpu_busy_seconds", "cpu_seconds")):
                found[name][i] += row[key] / 3600
    lines = [Sum(name, *hours) for name, hours in found.items()]
    return sorted(lines, key=lambda one: one.name if by == "day" else (-one.lent, -one.cpu, one.name))


def total(rows: Iterable[Mapping[str, Any]]) -> Sum:
    """All of it together; nobody counts twice."""
    return next(iter(sums([{**row, "day": "all"} for row in rows], "day")), Sum("all"))


def most(lines: Iterable[Sum]) -> Sum:
    """The largest of each column, for the bars."""
    found = [Sum(""), *lines]
    return Sum("", *(max(getattr(one, part) for one in found) for part in ("lent", "worked", "cpu")))


def _names(row: Mapping[str, Any], by: str) -> list[str]:
    if by == "group":
        return list(row["groups"]) or [NONE[by]]
    return [row[by] or NONE.get(by, "")]


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Every record as a line of a file that spreadsheets read; times are seconds, groups are parted by a space."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        plain = {**row, "groups": " ".join(row["groups"])}
        writer.writerow([_cell(plain[name]) for name in COLUMNS])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3)
    return f"'{value}" if str(value).startswith(FORMULA) else value
