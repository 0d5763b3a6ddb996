"""Counts, shares and concentrations: the numbers against published tables and simulation, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imagine_kernels import measure
from imagine_kernels.records import Annotation, Box, Effort, Prediction, Quantity, Region, Sample
from imagine_kernels.results import as_csv
from imagine_kernels.units import spoken


def samples(count, group="run", volume=None, dilution=1.0, start=0):
    effort = None if volume is None else Effort(Quantity(*volume), dilution)
    return [Sample(f"{group}/{i}", "a.png", 10, 10, group=group, effort=effort) for i in range(start, start + count)]


def labelled(some, *names):
    return {sample.id: names[i % len(names)] for i, sample in enumerate(some)}


def test_concentration_is_count_by_volume_by_class():
    some = samples(30, volume=(0.5, "milliliter"))
    rows = measure.concentrations(some, labelled(some, "A", "A", "B"))
    assert [(r.label, r.count, r.concentration) for r in rows] == [
        ("A", 20, Quantity(40.0, "1 / milliliter")),
        ("B", 10, Quantity(20.0, "1 / milliliter")),
    ]
    assert all(isinstance(v, float) for r in rows for v in (r.share, r.concentration.value, r.low.value, r.high.value))
    assert all(r.low.value < r.concentration.value < r.high.value for r in rows)


@pytest.mark.parametrize(
    ("volume", "unit"), [(0.5, "milliliter"), (500, "microliter"), (5e-4, "liter"), (0.5, "cm**3")]
)
def test_volume_in_any_unit_gives_the_same_concentration(volume, unit):
    some = samples(20, volume=(volume, unit))
    (row,) = measure.concentrations(some, labelled(some, "A"))
    assert row.concentration.value == pytest.approx(40.0)


@pytest.mark.parametrize(("dilution", "expected"), [(1.0, 40.0), (2.0, 80.0), (0.01, 0.4)])
def test_dilution_leads_back_to_the_original_water(dilution, expected):
    some = samples(20, volume=(0.5, "milliliter"), dilution=dilution)
    (row,) = measure.concentrations(some, labelled(some, "A"))
    assert row.concentration.value == pytest.approx(expected)
    assert row.high.value / row.concentration.value == pytest.approx(measure.poisson(20)[1] / 20)


def test_unknown_volume_is_refused_with_what_to_do():
    for some in (samples(3), [*samples(3, volume=(1, "milliliter")), *samples(2, "other")]):
        with pytest.raises(ValueError, match=r"volume imaged of \w+ is unknown, .*_summary\.csv"):
            measure.concentrations(some, labelled(some, "A"))


def test_volume_that_is_no_volume_is_refused():
    some = samples(3, volume=(1, "millimeter"))
    with pytest.raises(ValueError, match="1 millimeter cannot be told in milliliter"):
        measure.concentrations(some, labelled(some, "A"))
    with pytest.raises(ValueError, match="cannot be told in milliliter"):
        measure.concentrations(samples(1, volume=(1, "buckets")), {})


def test_two_volumes_in_one_group_are_refused():
    some = [*samples(3, volume=(1, "milliliter")), *samples(3, volume=(2, "milliliter"), start=3)]
    with pytest.raises(ValueError, match="run mixes images of 2 different volumes"):
        measure.concentrations(some, labelled(some, "A"))
    half_known = [*samples(3, volume=(1, "milliliter")), *samples(3, start=3)]
    with pytest.raises(ValueError, match="mixes images"):
        measure.concentrations(half_known, {})


def test_groups_are_kept_apart_and_a_class_missing_in_one_is_zero_there_with_its_upper_limit():
    some = [*samples(4, "one", (1, "milliliter")), *samples(6, "two", (2, "milliliter"))]
    rows = measure.concentrations(some, {s.id: "A" if s.group == "one" else "B" for s in some})
    found = {(r.group, r.label): r for r in rows}
    assert found["one", "A"].concentration.value == 4.0
    assert found["two", "B"].concentration.value == 3.0
    nothing = found["two", "A"]
    assert (nothing.count, nothing.share, nothing.concentration.value, nothing.low.value) == (0, 0.0, 0.0, 0.0)
    assert nothing.high.value == pytest.approx(-math.log(0.025) / 2)


def test_class_that_was_looked_for_and_not_found_has_an_upper_limit():
    some = samples(10, volume=(0.5, "milliliter"))
    rows = measure.concentrations(some, labelled(some, "A"), names=("C", "A", "B"))
    assert [(r.label, r.count) for r in rows] == [("A", 10), ("B", 0), ("C", 0)]
    assert rows[2].high.value == pytest.approx(-math.log(0.025) / 0.5)
    assert rows[2].share_high == pytest.approx(measure.wilson(0, 10)[1])
    assert [r.label for r in measure.composition(some, labelled(some, "A"), ("B",))] == ["A", "B"]


def test_what_nobody_named_is_counted_as_such_and_not_forgotten():
    some = samples(10, volume=(1, "milliliter"))
    rows = measure.concentrations(some, labelled(some[:6], "A"))
    assert {r.label: (r.count, r.share) for r in rows} == {"A": (6, 0.6), measure.UNLABELLED: (4, 0.4)}
    assert sum(r.concentration.value for r in rows) == 10.0


def test_nothing_gives_nothing():
    assert measure.concentrations([], {}) == ()
    assert measure.composition([], {}) == ()
    assert measure.counts([], {}) == {}


# intervals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "low", "high"),  # Garwood's exact limits as printed in tables of the Poisson distribution
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (100, 81.364, 121.627)],
)
def test_poisson_limits_are_those_of_the_tables(count, low, high):
    assert measure.poisson(count) == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=6e-4))


@given(st.integers(0, 100_000))
def test_poisson_limits_leave_a_fortieth_of_chance_on_each_side(count):
    low, high = measure.poisson(count)
    assert low <= count < high
    assert stats.poisson.cdf(count, high) == pytest.approx(0.025, abs=1e-6)
    if count:
        assert stats.poisson.sf(count - 1, low) == pytest.approx(0.025, abs=1e-6)


@given(st.integers(1, 10_000), st.data())
def test_wilson_limits_agree_with_scipy_and_hold_the_share(total, data):
    count = data.draw(st.integers(0, total))
    low, high = measure.wilson(count, total)
    theirs = stats.binomtest(count, total).proportion_ci(method="wilson")
    assert (low, high) == (pytest.approx(theirs.low, abs=1e-9), pytest.approx(theirs.high, abs=1e-9))
    assert 0.0 <= low <= count / total <= high <= 1.0


def test_intervals_hold_the_truth_in_most_drawn_drops():
    """95 of 100 drops drawn from water of 37 particles per mL have the truth in their interval, or a few more."""
    rng = np.random.default_rng(2)
    truth, volume, hits = 37.0, 0.4, 0
    for count in rng.poisson(truth * volume, 400):
        low, high = measure.poisson(int(count))
        hits += low / volume <= truth <= high / volume
    assert 0.93 <= hits / 400 <= 1.0


# labels ---------------------------------------------------------------------------------------------------------------


def prediction(sample_id, *pairs):
    return Prediction(sample_id, tuple(Region(label, score) for label, score in pairs), "m", "0" * 64)


def annotation(sample_id, label, author="ana", at="2024-01-01T00:00:00+00:00"):
    return Annotation(sample_id, (Region(label),) if label else (), author, at)


def test_persons_word_goes_before_the_folders_and_that_before_the_models():
    predictions = [prediction(name, ("A", 0.9)) for name in "abc"]
    said = [annotation("a", "B"), annotation("a", "F", "folder", "2030-01-01T00:00:00+00:00")]
    said += [annotation("b", "F", "folder")]
    assert measure.best_labels(predictions, said) == {"a": "B", "b": "F", "c": "A"}


def test_later_word_of_a_person_wins_across_time_zones():
    early, late = "2024-01-01T12:00:00+02:00", "2024-01-01T10:30:00+00:00"
    for order in ([early, late], [late, early]):
        said = [annotation("a", at, at=at) for at in order]
        assert measure.best_labels([], said) == {"a": late}


def test_annotation_without_a_region_takes_the_models_label_away():
    assert measure.best_labels([prediction("a", ("A", 0.9))], [annotation("a", None)]) == {}


def test_surest_region_of_the_whole_sample_counts_and_a_score_of_zero_is_a_score():
    assert measure.best_labels([prediction("a", ("A", 0.2), ("B", 0.7), ("C", None))]) == {"a": "B"}
    assert measure.best_labels([prediction("a", ("C", None), ("A", 0.0))]) == {"a": "A"}
    part = Prediction("a", (Region("part", 0.99, Box(0, 0, 2, 2)), Region("whole", 0.3)), "m", "0" * 64)
    assert measure.best_labels([part]) == {"a": "whole"}
    assert measure.best_labels([Prediction("a", (), "m", "0" * 64)]) == {}


@pytest.mark.parametrize(
    ("quantity", "told"),
    [
        (Quantity(25, "meter ** 3"), "25 m³"),
        (Quantity(10.583, "micrometer"), "10.58 µm"),
        (Quantity(0.5, "milliliter"), "0.5 ml"),
        (Quantity(3, "counts of ours"), "3 counts of ours"),
        (None, "unknown"),
    ],
)
def test_quantities_are_told_as_people_write_them(quantity, told):
    assert spoken(quantity) == told


def test_files_name_their_columns_as_people_say_them():
    told = as_csv([{"class": "A", "1 / milliliter": 2.5, "1 / meter ** 3, 95 % from": None, "a, b": 1}])
    assert told == 'class,per mL,"per m³, 95 % from","a, b"\nA,2.5,,1\n'
