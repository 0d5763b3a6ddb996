"""What was used, added up: every record counts once, in the days asked for, and a file of it holds no formula."""

import csv
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config import usage_table

NAMES = st.sampled_from(["mara", "noor", "ove"])
SECONDS = st.floats(0, 1e6)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.dates(date(2026, 1, 1), date(2026, 1, 9)).map(date.isoformat),
            "user": NAMES,
            "groups": st.lists(st.sampled_from(["class", "staff"]), unique=True),
            "use_case": st.sampled_from(["", "phytoplankton", "litter"]),
            "gpu_seconds": SECONDS,
            "gpu_busy_seconds": SECONDS,
            "cpu_seconds": SECONDS,
        }
    )
)


def row(**values):
    plain = {"day": "2026-01-05", "user": "mara", "groups": [], "use_case": "", "gpu_seconds": 0.0}
    return {**plain, "gpu_busy_seconds": 0.0, "cpu_seconds": 0.0, **values}


@given(ROWS, st.sampled_from(["user", "use_case", "day"]))
def test_the_lines_together_are_the_total(rows, by):
    lines, total = usage_table.sums(rows, by), usage_table.total(rows)
    for part in ("lent", "worked", "cpu"):
        assert sum(getattr(line, part) for line in lines) == pytest.approx(getattr(total, part))
    assert len({line.name for line in lines}) == len(lines)


def test_a_person_of_two_groups_counts_in_both_and_once_in_the_total():
    rows = [row(groups=["class", "staff"], gpu_seconds=3600.0), row(user="noor", gpu_seconds=1800.0)]
    assert [(one.name, one.lent) for one in usage_table.sums(rows, "group")] == [
        ("class", 1.0),
        ("staff", 1.0),
        ("no group", 0.5),
    ]
    assert usage_table.total(rows).lent == 1.5


def test_the_largest_comes_first_and_days_in_their_order():
    rows = [
        row(day=f"2026-01-0{day}", user=name, gpu_seconds=day) for day, name in ((2, "ove"), (5, "mara"), (3, "noor"))
    ]
    assert [one.name for one in usage_table.sums(rows, "user")] == ["mara", "noor", "ove"]
    assert [one.name for one in usage_table.sums(rows, "day")] == ["2026-01-02", "2026-01-03", "2026-01-05"]


def test_both_ends_of_the_days_asked_for_count():
    rows = [row(day=f"2026-01-0{day}") for day in range(1, 8)]
    kept = usage_table.within(rows, date(2026, 1, 3), date(2026, 1, 5))
    assert [one["day"] for one in kept] == ["2026-01-03", "2026-01-04", "2026-01-05"]


def test_nothing_used_is_zero_and_not_an_error():
    assert usage_table.sums([], "user") == []
    assert usage_table.total([]) == usage_table.Sum("all")


@given(ROWS)
def test_the_file_holds_every_record(rows):
    lines = list(csv.DictReader(usage_table.as_csv(rows).splitlines()))
    assert [(line["day"], line["user"], line["groups"].split()) for line in lines] == [
        (one["day"], one["user"], one["groups"]) for one in rows
    ]
    for line, one in zip(lines, rows, strict=True):
        assert float(line["gpu_seconds"]) == pytest.approx(one["gpu_seconds"], abs=0.001)


@pytest.mark.parametrize("group", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_group_that_is_a_formula_is_shown_and_not_worked_out(group):
    (line,) = csv.DictReader(usage_table.as_csv([row(groups=[group])]).splitlines(keepends=True))
    assert line["groups"] == f"'{group}"
