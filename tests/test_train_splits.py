"""Which pictures teach and which examine: whole runs, every class its share, the same for the same pictures."""

import numpy as np
import pytest

from imagine_kernels.tasks import lesson, splits


def test_runs_named_by_a_pattern_are_held_out_whole(pictures):
    samples = pictures(24).samples
    grouped = lesson.grouped(samples, r".*_(\d+)\.jpg")
    assert {s.group for s in grouped} == {f"{n:04}" for n in range(24)}
    with pytest.raises(ValueError, match="finds no run"):
        lesson.grouped(samples, r"x(.*)")
    with pytest.raises(ValueError, match="group in brackets"):
        lesson.grouped(samples, r".*")
    with pytest.raises(ValueError, match="group in brackets"):
        lesson.grouped(samples, r"(")


def test_hold_out_keeps_whole_runs_together():
    labels, groups = ["a", "b"] * 20, [f"run {i // 8}" for i in range(40)]
    split = splits.hold_out(labels, groups, seed=1)
    held = {g for g, out in zip(groups, split.held, strict=True) if out}
    assert len(held) == 1
    assert not any(g in held and not out for g, out in zip(groups, split.held, strict=True))


def test_run_that_alone_holds_a_class_is_not_held_out():
    labels = ["a"] * 10 + ["b"] * 10
    split = splits.hold_out(labels, ["one"] * 10 + ["two"] * 10, seed=0)
    assert "pictures held out" in split.how
    assert 0 < split.held.sum() < 20


@pytest.mark.parametrize("seed", range(5))
def test_hold_out_leaves_every_class_something_to_learn_from(seed):
    labels = ["a"] * 50 + ["b"] * 3 + ["c"]
    split = splits.hold_out(labels, [None] * 54, seed)
    assert {label for label, out in zip(labels, split.held, strict=True) if not out} == {"a", "b", "c"}
    assert split.held.sum() == 11


def test_folds_hold_every_picture_out_once_and_spread_the_classes():
    labels = ["a"] * 20 + ["b"] * 7 + ["c"]
    found = splits.folds(labels, [None] * 28, 5, seed=0)
    assert np.all(np.sum([split.held for split in found], axis=0) == 1)
    assert max(s.held.sum() for s in found) - min(s.held.sum() for s in found) <= 1
    assert all(np.array(labels)[split.held].tolist().count("a") == 4 for split in found)


def test_folds_of_runs_leave_one_run_out():
    groups = ["x"] * 5 + ["y"] * 3 + ["z"] * 2
    found = splits.folds(["a", "b"] * 5, groups, 9, seed=0)
    assert sorted(int(split.held.sum()) for split in found) == [2, 3, 5]
    assert found[0].how == "leaving one of 3 runs out"


def test_more_folds_than_pictures_are_refused():
    with pytest.raises(ValueError, match="2 to 3 folds"):
        splits.folds(["a", "b", "a"], [None] * 3, 4, seed=0)


def test_split_is_named_by_content_not_by_order():
    one = splits.Split(np.array([True, False]), "")
    other = splits.Split(np.array([False, True]), "")
    assert splits.digest(("p", "q"), [one]) == splits.digest(("q", "p"), [other])
    assert splits.digest(("p", "q"), [one]) != splits.digest(("p", "q"), [other])
