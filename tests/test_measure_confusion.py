"""Counts corrected for what a model confuses: the truth of simulated fields lies in the intervals as often as told."""

import time
from dataclasses import replace

import numpy as np
import pytest

from imagine_kernels import biovolume, confusion, intervals, measure, tables, use_case
from imagine_kernels.records import Annotation, Effort, Quantity, Region, Sample
from imagine_kernels.use_case import NONE, Label


def model(counted, names=None, **changes):
    """A model whose held-out pictures were `counted`: (true class, answer)."""
    names = names or [f"c{i}" for i in range(len(counted))]
    labels = tuple(Label(name, name.upper()) for name in names)
    plain = {"reject_below": None, "back_off": None, "taxa": ()}
    table = tuple(tuple(int(cell) for cell in row) for row in counted)
    return replace(use_case.get("phytoplankton").model(), labels=labels, confusion=table, **{**plain, **changes})


def behaviour(rng, classes, right=0.85):
    """How often each class gets each answer: some classes easy, some hard, mistaken for a few others mostly."""
    rows = np.zeros((classes, classes))
    for i in range(classes):
        good = rng.beta(right * 15, (1 - right) * 15)
        rows[i] = np.insert(rng.dirichlet(np.full(classes - 1, 0.5)) * (1 - good), i, good)
    return rows


def test_truth_of_fields_unlike_the_training_lies_in_the_intervals():
    """200 fields whose compositions have nothing to do with that of the pictures held out."""
    rng = np.random.default_rng(5)
    expected, held, plain, shares = 500, [], [], []
    for _ in range(200):
        rows = behaviour(rng, 4)
        counted = [
            rng.multinomial(n, row) for n, row in zip(rng.multinomial(200, [0.4, 0.3, 0.2, 0.1]), rows, strict=True)
        ]
        truth = rng.dirichlet(np.full(4, 0.6)) * expected
        there = rng.poisson(truth)
        said = sum(rng.multinomial(n, row) for n, row in zip(there, rows, strict=True))
        named = {f"c{j}": int(n) for j, n in enumerate(said)}
        drawn = measure.true_counts(named, model(counted), draws=300, seed=int(rng.integers(2**31)))
        assert (drawn.counts.sum(1) == said.sum()).all()
        for i, value in enumerate(truth):
            low, high = intervals.unsure_poisson(drawn.counts[:, i])
            held.append(low <= value <= high)
            low, high = intervals.unsure_share(drawn.counts[:, i], drawn.counts.sum(1))
            shares.append(low <= value / expected <= high)
            low, high = measure.poisson(int(said[i]))
            plain.append(low <= value <= high)
    print(f"\ncounts {np.mean(held):.1%}, shares {np.mean(shares):.1%}; of counting alone {np.mean(plain):.1%}")
    assert 0.9 <= np.mean(held) <= 0.995
    assert 0.9 <= np.mean(shares) <= 0.995
    assert np.mean(plain) < 0.75


def test_composition_is_that_of_the_field_and_not_that_of_the_training():
    rows = np.array([[0.9, 0.1], [0.2, 0.8]])
    one = model(rows * 5000)
    for truth in ([900, 100], [100, 900]):
        said = np.array(truth) @ rows
        drawn = measure.true_counts({"c0": int(said[0]), "c1": int(said[1])}, one)
        assert drawn.counts.mean(0) == pytest.approx(truth, abs=25)


def test_a_class_nobody_held_out_has_a_wide_interval_and_many_pictures_a_narrow_one():
    widths = []
    for own in (0, 5, 500):
        one = model([[own * 0.9, own * 0.1, 0], [5, 195, 0], [0, 10, 190]])
        drawn = measure.true_counts({"c0": 100, "c1": 100, "c2": 100}, one)
        low, high = intervals.unsure_poisson(drawn.of("c0"))
        widths.append(high - low)
    assert widths[0] > 1.3 * widths[2]
    assert widths[0] > widths[1] > widths[2]


def test_what_people_named_is_exact_and_a_word_of_their_own_stays():
    one = model([[80, 20], [20, 80]])
    drawn = measure.true_counts({"c0": 10}, one, {"c0": 50, "Nauplius": 7})
    assert (drawn.of("Nauplius") == 7).all()
    assert (drawn.of("c0") >= 50).all()
    assert (drawn.counts.sum(1) == 67).all()
    assert (drawn.of("nobody's") == 0).all()
    alone = measure.true_counts({}, one, {"c0": 50})
    assert (alone.of("c0") == 50).all()


def test_a_model_whose_confusion_is_unknown_changes_nothing():
    for one in (None, model([[80, 20], [20, 80]], reject_below=0.7), replace(model([[1]]), confusion=())):
        drawn = measure.true_counts({"c0": 10, NONE: 3}, one)
        assert (drawn.of("c0") == 10).all()
        assert (drawn.of(NONE) == 3).all()
        assert intervals.unsure_poisson(drawn.of("c0")) == pytest.approx(measure.poisson(10), rel=1e-4)


def test_none_of_these_is_shared_out_as_far_as_the_classes_explain_it():
    one = model([[160, 0, 40], [0, 180, 20]], reject_below=0.5)
    usual = measure.true_counts({"c0": 80, "c1": 0, NONE: 20}, one)
    assert usual.mean["c0"] == pytest.approx(100, abs=6)
    strange = measure.true_counts({"c0": 80, "c1": 0, NONE: 120}, one)
    assert strange.mean[NONE] == pytest.approx(100, abs=15)
    assert strange.mean["c0"] == pytest.approx(100, abs=15)


def test_pictures_that_are_all_rejected_by_a_model_that_never_did_are_of_no_class():
    drawn = measure.true_counts({NONE: 500}, model([[200, 0, 0], [0, 200, 0]], reject_below=0.1))
    assert drawn.mean[NONE] > 450
    assert (drawn.counts.sum(1) == 500).all()


def test_a_higher_taxon_is_shared_out_to_the_classes_below_it():
    labels = tuple(Label(name, name, parents=("Copepoda",)) for name in ("c0", "c1"))
    one = replace(model([[60, 0, 40, 0], [0, 90, 10, 0]], back_off=0.8), labels=labels)
    drawn = measure.true_counts({"c0": 60, "Copepoda": 40}, one)
    assert drawn.mean["c0"] == pytest.approx(100, abs=5)
    assert "Copepoda" not in drawn.names
    some = samples(100)
    rows = measure.composition(some, {s.id: "c0" if i < 60 else "Copepoda" for i, s in enumerate(some)}, model=one)
    found = {row.label: row for row in rows}
    assert (found["Copepoda"].count, found["Copepoda"].estimate, found["Copepoda"].share) == (40, None, None)
    assert found["c0"].estimate == pytest.approx(100, abs=5)


def samples(count, group="run", volume=2.0):
    return [
        Sample(f"{group}/{i}", "a.png", 10, 10, group=group, effort=Effort(Quantity(volume, "milliliter")),
               pixel_size=Quantity(0.01, "millimeter"),
               measures={"major": Quantity(30, "pixel"), "minor": Quantity(10, "pixel")})
        for i in range(count)
    ]  # fmt: skip


def test_rows_give_the_count_as_named_the_estimate_and_what_follows_from_it():
    one = model([[180, 20], [60, 140]], names=["A", "B"])
    some = samples(300)
    labels = {s.id: "A" if i < 200 else "B" for i, s in enumerate(some)}
    rows = {r.label: r for r in measure.concentrations(some, labels, ("A", "B"), model=one, per="liter")}
    exact = {
        r.label: r for r in measure.concentrations(some, labels, ("A", "B"), model=one, per="liter", people=labels)
    }
    assert (rows["A"].count, rows["B"].count) == (200, 100)
    assert rows["A"].estimate == pytest.approx(110 / 0.6, abs=10)  # 0.9 a + 0.3 b = 200, a + b = 300
    for label, row in rows.items():
        assert row.share == pytest.approx(row.estimate / 300)
        assert (row.concentration.value, row.concentration.unit) == (pytest.approx(row.estimate * 500), "1 / liter")
        assert row.low.value < row.concentration.value < row.high.value
        sure = exact[label]
        assert (sure.estimate, sure.share) == (row.count, row.count / 300)
        assert row.high.value - row.low.value > 1.3 * (sure.high.value - sure.low.value)
    shown = tables.measured(list(rows.values()))
    assert {"count", "estimated count", "share", "per L", "per L, 95 % interval"} <= set(shown.columns)


def test_what_is_told_apart_only_to_be_left_out_has_no_share():
    one = model([[180, 20], [20, 180]], names=["A", "B"])
    one = replace(one, labels=(one.labels[0], replace(one.labels[1], counted=False)))
    some = samples(100)
    labels = {s.id: "A" if i < 60 else "B" for i, s in enumerate(some)}
    for known in (one, replace(one, confusion=())):
        found = {row.label: row for row in measure.composition(some, labels, ("A", "B"), model=known)}
        assert found["A"].share == pytest.approx(1)
        assert found["B"].share is None
        assert found["B"].count == 40
        assert found["B"].estimate > 0


def test_ten_classes_and_two_thousand_draws_take_a_moment():
    rng = np.random.default_rng(0)
    rows = behaviour(rng, 10)
    one = model(np.round(rows * 60))
    named = {f"c{j}": int(n) for j, n in enumerate(rng.multinomial(2000, np.full(10, 0.1)))}
    began = time.perf_counter()
    drawn = measure.true_counts(named, one, draws=2000)
    print(f"\n10 classes × 2,000 draws: {time.perf_counter() - began:.2f} s")
    assert drawn.counts.shape == (2000, 10)


def test_sentences_tell_how_far_the_numbers_can_be_trusted():
    known = confusion.trust({"c0"}, model([[80, 20], [1, 2]]))
    assert "103 pictures" in known[0]
    assert "c1" in known[1]
    (unknown,) = confusion.trust({"c0"}, replace(model([[1]]), confusion=()))
    assert "counting alone" in unknown


def test_folders_and_people_are_no_model():
    said = [Annotation("a", (Region("A"),), "folder"), Annotation("b", (), "ana")]
    assert measure.by_people(said) == {"a"}


def test_volumes_go_with_the_classes_that_the_pictures_may_be():
    one = model([[180, 20], [60, 140]], names=["A", "B"])
    some = samples(300)
    labels = {s.id: "A" if i < 200 else "B" for i, s in enumerate(some)}
    plain = {row.label: row for row in biovolume.biovolumes(some, labels, ("A", "B"))}
    rows = {row.label: row for row in biovolume.biovolumes(some, labels, ("A", "B"), model=one)}
    each = plain["A"].biovolume.value / 200
    assert rows["A"].biovolume.value == pytest.approx(each * 110 / 0.6, rel=0.07)
    assert sum(row.biovolume.value for row in rows.values()) == pytest.approx(each * 300)
    for label, row in rows.items():
        assert row.count == plain[label].count
        assert row.low.value < row.biovolume.value < row.high.value
        assert row.high.value - row.low.value > 1.3 * (plain[label].high.value - plain[label].low.value)
    exact = {row.label: row for row in biovolume.biovolumes(some, labels, ("A", "B"), model=one, people=labels)}
    assert exact["A"].high.value == pytest.approx(plain["A"].high.value)
