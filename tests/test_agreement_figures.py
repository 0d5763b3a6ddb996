"""Agreement on what whole samples are: known figures of the literature, public libraries, and intervals that hold."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from imagine_kernels.records import Annotation, Region
from imagine_widgets.agreement import agree

GWET = """
1 1 - 1
2 2 3 2
3 3 3 3
3 3 3 3
2 2 2 2
1 2 3 4
4 4 4 4
1 1 2 1
2 2 2 2
- 5 5 5
- - 1 1
- - 3 -
"""
"""Four people, twelve things, five labels, not all of them rated by all: Gwet (2014), page 120."""


def rated(table, at="2026-01-01T00:00:00+00:00"):
    """Annotations of a table: a row per sample, a label per author, None where the author did not look."""
    return [
        Annotation(f"s{row}", (Region(label),), f"author {column}", at)
        for row, labels in enumerate(table)
        for column, label in enumerate(labels)
        if label is not None
    ]


def of_two(one, other, times):
    return [(one, other)] * times


def test_two_people_on_fifty_proposals_agree_as_in_the_textbook():
    table = of_two("y", "y", 20) + of_two("y", "n", 5) + of_two("n", "y", 10) + of_two("n", "n", 15)
    (pair,) = agree(rated(table)).whole.pairs
    assert pair.same.value == pytest.approx(0.7)
    assert pair.kappa.value == pytest.approx(0.4)
    assert pair.samples == 50


def test_four_people_with_gaps_agree_as_published():
    table = [[None if mark == "-" else mark for mark in line.split()] for line in GWET.split("\n") if line]
    whole = agree(rated(table)).whole
    assert whole.kappa.value == pytest.approx(0.76117, abs=5e-6)  # irrCAC, by the author of the book
    assert whole.same.value == pytest.approx(0.81818, abs=5e-6)
    assert whole.samples == 11


LABEL = some.sampled_from(["cod", "ling", "hake"])


@settings(max_examples=60, deadline=None)
@given(some.lists(some.tuples(LABEL, LABEL), min_size=2, max_size=30))
def test_kappa_of_two_is_that_of_scikit_learn(table):
    one, other = zip(*table, strict=True)
    (pair,) = agree(rated(table), draws=0).whole.pairs
    assert pair.same.value == pytest.approx(np.mean([a == b for a, b in table]))
    if len({*one, *other}) == 1:
        assert pair.kappa.value is None
    else:
        assert pair.kappa.value == pytest.approx(cohen_kappa_score(one, other))


@settings(max_examples=60, deadline=None)
@given(some.integers(2, 5).flatmap(lambda n: some.lists(some.tuples(*[LABEL] * n), min_size=2, max_size=30)))
def test_kappa_of_many_is_that_of_statsmodels(table):
    assume(len({label for row in table for label in row}) > 1)
    counts, _ = aggregate_raters(np.array(table))
    whole = agree(rated(table), draws=0).whole
    assert whole.kappa.value == pytest.approx(fleiss_kappa(counts))


@settings(max_examples=40, deadline=None)
@given(some.lists(some.tuples(*[some.none() | LABEL] * 3), min_size=1, max_size=20))
def test_agreement_of_a_class_is_how_often_another_person_gives_it_too(table):
    whole = agree(rated(table), draws=0).whole
    pairs = [pair for row in table for pair in itertools.permutations([label for label in row if label], 2)]
    if not pairs:
        assert whole is None
        return
    for one in whole.classes:
        others = [other for label, other in pairs if label == one.label]
        assert one.same.value == pytest.approx(np.mean([other == one.label for other in others]))


def test_intervals_hold_the_true_kappa_about_as_often_as_they_say():
    """Two people who see the truth with 80 %: the kappa of a thousand times as many samples lies in most intervals."""

    def drawn(seed, count):
        random = np.random.default_rng(seed)
        truth = random.integers(0, 3, count)
        seen = [np.where(random.random(count) < 0.8, truth, random.integers(0, 3, count)) for _ in range(2)]
        return rated([(f"{a}", f"{b}") for a, b in zip(*seen, strict=True)])

    true = agree(drawn(0, 10_000), draws=0).whole.pairs[0].kappa.value
    held = [agree(drawn(seed, 150), draws=300).whole.pairs[0].kappa for seed in range(1, 31)]
    assert np.mean([figure.low <= true <= figure.high for figure in held]) >= 0.85
    wide = np.mean([figure.high - figure.low for figure in held])
    assert 0.1 < wide < 0.3  # by the formula of Cohen (1960) about 4 · 0.05


def test_same_seed_same_interval_and_another_seed_another_one():
    told = rated([("a", "a"), ("a", "b"), ("b", "b"), ("b", "a"), ("a", "a")] * 9)
    assert agree(told, seed=1) == agree(told, seed=1)
    assert agree(told, seed=1).whole.kappa != agree(told, seed=2).whole.kappa


def test_everybody_saying_one_label_is_full_agreement_and_no_kappa():
    whole = agree(rated([("cod", "cod")] * 8)).whole
    assert whole.same.value == 1
    assert whole.kappa.value is None
    assert str(whole.kappa) == "none"


def test_latest_word_counts_rejected_ones_do_not_and_one_author_alone_agrees_with_nobody():
    early, late = "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00"  # without a zone: in UTC
    told = [*rated([("cod", "ling")], early), *rated([("ling", None)], late)]
    assert agree(told).whole.same.value == 1
    assert agree(told[::-1]).whole.same.value == 1
    refused = Annotation("s0", (Region("cod", state="rejected"), Region("hake")), "author 2", late)
    assert agree([*told, refused]).whole.pairs[0].kappa.value is None
    assert {one.label for one in agree([*told, refused]).whole.classes} == {"ling", "hake"}
    assert agree(told, authors={"author 0"}).whole is None


def test_many_labels_of_one_sample_are_compared_label_by_label_and_as_a_whole():
    told = [
        Annotation("s", (Region("cod"), Region("ling")), "ada"),
        Annotation("s", (Region("ling"),), "bob"),
        Annotation("t", (Region("ling"), Region("cod")), "ada"),
        Annotation("t", (Region("cod"), Region("ling")), "bob"),
    ]
    whole = agree(told).whole
    assert whole.same.value == 0.5
    assert {one.label: one.same.value for one in whole.classes} == {"cod": pytest.approx(2 / 3), "ling": 1}


def test_many_samples_and_classes_cost_little_memory():
    import tracemalloc

    labels = [f"class {n}" for n in range(40)]
    random = np.random.default_rng(0)
    table = [(labels[a], labels[a if same else b]) for a, b, same in random.integers(0, [40, 40, 2], (5000, 3))]
    told = rated(table)
    tracemalloc.start()
    agree(told, draws=50)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6  # a table of classes by classes per sample would take 64 MB
