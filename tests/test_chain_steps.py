"""Chains: what a person says reaches every step, people's words go before the model's, numbers carry their units."""

from pathlib import Path

import pytest

from imagine_kernels import chain, measure, tables, use_case
from imagine_kernels.records import Annotation, Quantity, Region
from imagine_kernels.use_cases.phytoplankton import samples as practice

CASE = use_case.get("phytoplankton")
PLAIN = [chain.read, chain.classify, chain.count]
QUIET = chain.Options(progress=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A drawn FlowCam run of 24 particles in a known volume."""
    return practice.make_run(tmp_path_factory.mktemp("chain") / "run", count=24, seed=4)


@pytest.fixture(scope="module")
def work(run):
    return chain.run(CASE, run, QUIET, PLAIN)


def test_options_are_typed_and_told_again_in_the_same_words(tmp_path):
    typed = chain.Options.typed(
        pixel_size="10.58 um", volume="2.4 m3", weights=str(tmp_path / "w"), limits=[16, 12.5], rescale=True
    )
    assert typed.pixel_size == Quantity(10.58, "micrometer")
    assert typed.volume == Quantity(2.4, "meter ** 3")
    assert chain.Options.typed(**typed.words()) == typed
    assert chain.Options().words() == {}
    with pytest.raises(ValueError, match="'about 3' is no quantity"):
        chain.Options.typed(volume="about 3")


def test_counts_carry_their_units_and_their_intervals(work):
    rows, millilitres = work.tables["counts"], work.samples[0].effort.volume.value
    assert {row["class"] for row in rows} >= set(work.model.label_names)
    assert sum(row["count"] for row in rows) == 24
    for row in rows:
        assert row["1 / milliliter"] == pytest.approx(row["estimated count"] / millilitres)
        for name in ("estimated count", "share, %", "1 / milliliter"):
            assert row[f"{name}, 95 % from"] <= row[name] + 1e-9
            assert row[name] <= row[f"{name}, 95 % to"] + 1e-9
    assert sum(row["share, %"] for row in rows if row["share, %"] is not None) == pytest.approx(100)


@pytest.mark.parametrize(("per", "times"), [("liter", 1000), ("meter ** 3", 1e6)])
def test_per_any_volume(work, per, times):
    other = chain.count(work, per=per)
    for row, plain in zip(other.tables["counts"], work.tables["counts"], strict=True):
        assert row[f"1 / {per}"] == pytest.approx(times * plain["1 / milliliter"])


def test_decisions_of_people_are_asked_once_and_are_exact(run):
    asked = []

    def all_tripos(named):
        asked.append(len(named.predictions))
        return [Annotation(sample.id, (Region("Tripos"),), "ana") for sample in named.samples]

    found = chain.run(CASE, run, QUIET, PLAIN, review=all_tripos)
    assert asked == [24]
    counts = {row.label: row for row in found.rows}
    assert (counts["Tripos"].count, counts["Tripos"].estimate) == (24, 24)
    assert (counts["Tripos"].estimate_low, counts["Tripos"].estimate_high) == pytest.approx(measure.poisson(24))
    assert not any("confuse" in remark for remark in found.remarks), "no label is the model's"


def test_labels_that_the_model_lacks_are_told_with_both_lists(work):
    said = (Annotation(work.samples[0].id, (Region("Nauplius"),), "ana"),)
    found = chain.classify(chain.Work(CASE, Path(), QUIET, samples=work.samples[:3], annotations=said))
    (told,) = (remark for remark in found.remarks if "Nauplius" in remark)
    assert "Nauplius, and north_sea tells Actinoptychus, " in told


def test_unknown_water_is_a_remark_once_and_shares_are_told(work):
    from dataclasses import replace

    bare = replace(work, samples=tuple(replace(sample, effort=None) for sample in work.samples))
    found = chain.count(chain.count(bare))
    assert sum("volume imaged" in remark for remark in found.remarks) == 1
    assert all("1 / milliliter" not in row and "share, %" in row for row in found.tables["counts"])


def test_a_table_is_shown_with_titles_units_and_one_column_for_an_interval(work):
    shown = tables.of_chain(work.tables["counts"], CASE.titles())
    assert {"class", "count", "share, %", "share, %, 95 % interval", "per mL", "per mL, 95 % interval"} <= set(shown)
    assert "group" not in shown
    assert set(shown["class"]) <= set(CASE.titles().values())
    odd = tables.of_chain([{"group": "a", "x, 95 % from": None, "x, 95 % to": 2.0}, {"group": "b", "x, 95 % to": None}])
    assert odd["x, 95 % interval"].tolist() == ["? to 2", "–"]
    assert odd["group"].tolist() == ["a", "b"]
