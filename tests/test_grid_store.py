"""The store behind the review grid: order, steps, undo, the store as the truth, threads."""

import threading
import uuid

import pytest
from grids import LABELS, labels, prediction, sample, say
from hypothesis import given, settings
from hypothesis import strategies as st
from store_made import quick_folder

from imagine_kernels.records import Box, Region
from imagine_widgets.grid.guesses import NONE, margin
from imagine_widgets.grid.still import words
from imagine_widgets.grid.truth import Cost, GridStore, Progress
from imagine_widgets.store import Put, Seen, Store


@pytest.fixture
def kept(tmp_path):
    return Store(tmp_path / "labels" / "run.labels")


@pytest.fixture
def store(kept):
    predictions = [
        prediction("a", "Actino", 0.9, Actino=0.9, Tripos=0.1),
        prediction("b", "Actino", 0.5, Actino=0.5, Tripos=0.45),
        prediction("c", "Tripos", 0.0),
        prediction("d", "Tripos", 0.7),
        prediction("e", "Tripos"),
    ]
    return GridStore([sample(n) for n in "abcdef"], predictions, LABELS, kept, "ada")


def test_pictures_stand_by_predicted_class_least_sure_first_and_unpredicted_last(store):
    assert [(group.label, group.rows) for group in store.groups()] == [(0, (1, 0)), (1, (4, 2, 3)), (NONE, (5,))]


def test_the_margin_of_the_two_best_scores_decides_and_a_score_of_zero_is_a_score():
    assert margin(Region("x", 0.6, scores={"x": 0.6, "y": 0.3, "z": 0.1})) == pytest.approx(0.3)
    assert margin(Region("x", 0.0)) == 0.0
    assert margin(Region("x", 0.4, scores={"x": 0.4})) == 0.4
    assert margin(Region("x")) is None


def test_accepting_a_page_confirms_only_what_nobody_decided_and_what_was_predicted(store):
    store.label("one", [0], 2)
    store.accept("two", range(6))
    assert store.decided == [2, 0, 1, 1, 1, NONE]
    assert store.progress() == Progress(6, confirmed=4, corrected=1)
    assert [a.regions[0].label for a in store.annotations()] == ["debris", "Actino", "Tripos", "Tripos", "Tripos"]
    assert {a.author for a in store.annotations()} == {"ada"}


def test_undo_takes_back_a_whole_step_and_the_label_before_it_holds_again(store):
    store.label("one", [0, 1], 2)
    store.label("two", [1, 2], 1)
    undone = store.undo("three", "two")
    assert store.decided == [2, 2, NONE, NONE, NONE, NONE]
    assert undone.undone == ["two"]
    store.undo("four", "one")
    assert store.decided == [NONE] * 6
    assert store.steps() == []


def test_undo_leaves_a_label_that_came_later_from_elsewhere(store, kept):
    store.label("one", [0, 1], 2)
    say(Store(kept.path), "Tripos", "a")
    store.undo("two", "one")
    assert store.decided[:2] == [1, NONE]


def test_the_same_message_twice_is_one_step(store, kept):
    store.label("one", [0], 2)
    store.label("one", [0], 2)
    store.undo("two", "one")
    store.undo("two", "one")
    assert store.decided[0] == NONE
    assert kept.changed()[0] == 2


def test_a_disk_that_refuses_leaves_the_grid_as_it_was_and_the_same_step_can_come_again(store, kept):
    kept.path.parent.write_text("a file where the folder should be")
    with pytest.raises(OSError, match="could not be read: Not a directory"):
        store.label("one", [0], 2)
    assert store.decided[0] == NONE
    kept.path.parent.unlink()
    store.label("one", [0], 2)
    assert store.decided[0] == 2


@pytest.mark.parametrize(
    ("rows", "label", "sentence"), [([6], 0, "no row 6"), ([-1], 0, "no row -1"), ([0], 3, "no class number 3")]
)
def test_a_message_about_what_is_not_there_is_refused_and_writes_nothing(store, kept, rows, label, sentence):
    with pytest.raises(ValueError, match=sentence):
        store.label("one", rows, label)
    assert not kept.path.exists()


def test_labels_of_another_notebook_appear_and_unknown_classes_join_the_list(store, kept):
    other = Store(kept.path)
    say(other, "Copepoda", "a", "of another grid")
    other.write([Seen("b", "bo")])
    assert sorted(store.refresh().rows) == [0, 1]
    assert store.classes[store.decided[0]].title == "Copepoda"
    assert store.classes[store.decided[1]].title == "nothing there"
    assert store.refresh().rows == []


def test_a_grid_made_again_shows_what_the_store_holds(store, kept):
    store.label("one", [0, 3], 2)
    again = GridStore(store.samples, [], LABELS, Store(kept.path), "ada")
    assert again.decided == store.decided


def test_samples_given_twice_are_refused_by_name(kept):
    with pytest.raises(ValueError, match="sample a was given twice"):
        GridStore([sample("a"), sample("b"), sample("a")], [], LABELS, kept, "ada")


def test_threads_label_and_read_at_once_and_every_label_arrives(kept):
    store = GridStore([sample(str(n)) for n in range(120)], [], LABELS, kept, "ada")

    def work(start):
        for row in range(start, 120, 3):
            store.label(f"step {row}", [row], row % 3)
            assert store.progress().decided > 0

    threads = [threading.Thread(target=work, args=(start,)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.decided == [row % 3 for row in range(120)]
    assert len(labels(kept)) == 120


def test_a_label_says_whether_it_agrees_with_the_model_and_stays_one_region_through_every_change(store, kept):
    store.accept("one", [0, 1])
    store.label("two", [0, 5], 2)
    store.label("three", [0, 5], 1)
    said = {held.sample_id: held for held in kept.since(0)}
    assert {name: (one.region.label, one.region.state) for name, one in said.items()} == {
        "a": ("Tripos", "corrected"),
        "b": ("Actino", "accepted"),
        "f": ("Tripos", "corrected"),
    }
    assert [len(kept.regions(name)) for name in "abf"] == [1, 1, 1]
    assert said["a"].tool == "review grid"


def test_labels_of_others_and_regions_with_a_shape_are_never_changed(store, kept):
    drawn = Region("seta", shape=Box(1, 2, 3, 4))
    kept.write([Put("a", drawn, "ada"), Put("a", Region("Copepoda", opinions=()), "bo")])
    theirs = list(kept.regions("a"))
    store.label("one", [0], 2)
    assert [held for held in kept.regions("a") if held in theirs] == theirs
    assert labels(kept)["a"] in ("debris", "seta")
    assert store.classes[store.decided[0]].name == "debris"
    store.undo("two", "one")
    assert store.classes[store.decided[0]].name == "Copepoda"


def test_of_several_labels_of_mine_one_stays_and_an_undo_brings_the_others_back(store, kept):
    kept.write([Put("a", Region("Tripos", 0.2), "ada"), Put("a", Region("Actino", 0.7), "ada")])
    store.label("one", [0], 2)
    assert [held.region.label for held in kept.current("a")] == ["debris"]
    store.undo("two", "one")
    assert {held.region.label for held in kept.current("a")} == {"Tripos", "Actino"}


def test_steps_can_be_undone_after_the_kernel_was_started_again(store, kept):
    store.label("one", [0, 1], 2)
    store.label("two", [1], 1)
    kept.write([Put("a", Region("by a cell"), "ada")])
    GridStore([sample("z")], [], LABELS, Store(kept.path), "ada").label("elsewhere", [0], 0)
    again = GridStore(store.samples, [], LABELS, Store(kept.path), "ada")
    assert [(step.id, step.rows, step.before) for step in again.steps()] == [
        ("one", (0, 1), (NONE, NONE)),
        ("two", (1,), (2,)),
    ]
    again.undo("three", "two")
    assert again.decided[1] == 2
    third = GridStore(store.samples, [], LABELS, Store(kept.path), "ada")
    assert [step.id for step in third.steps()] == ["one"]
    assert GridStore(store.samples, [], LABELS, Store(kept.path), "bo").steps() == []


def test_what_the_labels_cost_is_kept_with_them(store, kept):
    assert kept.speed("ada").per_hour is None
    store.accept("one", range(5), Cost(9.0, 1))
    store.label("two", [5], 1, Cost(1.0, 2))
    store.label("three", [0], 1)
    speed = kept.speed("ada")
    assert (speed.labels, speed.seconds, speed.keys) == (6, 10.0, 3)
    assert speed.per_hour == 6 * 360
    assert speed.keys_per_label == 0.5
    assert kept.speed("bo").labels == 0
    assert words(store).endswith("0 open. 2,160 labels an hour.")
    store.undo("four", "two")
    assert (kept.speed("ada").labels, kept.speed("ada").seconds) == (5, 10.0), "what was taken back took its time"


EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("label"), st.sets(st.integers(0, 5), min_size=1), st.integers(0, 2)),
        st.tuples(st.just("accept"), st.sets(st.integers(0, 5), min_size=1), st.none()),
        st.tuples(st.just("undo"), st.none(), st.none()),
    ),
    max_size=20,
)


def after(before, kind, rows, label):
    """What six rows are after one step, the last of them without a prediction."""
    wanted = rows if kind == "label" else {row for row in rows if before[row] == NONE and row < 5}
    return [(label if kind == "label" else 1) if row in wanted else old for row, old in enumerate(before)]


@pytest.fixture(scope="module")
def folder():
    with quick_folder() as found:
        yield found


@settings(deadline=None, max_examples=30)
@given(EDITS)
def test_any_series_of_steps_and_undos_equals_a_stack_of_whole_states(folder, edits):
    path = folder / f"{uuid.uuid4()}.labels"
    predictions = [prediction(name, "Tripos") for name in "abcde"]
    store = GridStore([sample(n) for n in "abcdef"], predictions, LABELS, Store(path), "ada")
    states, steps = [[NONE] * 6], []
    for number, (kind, rows, label) in enumerate(edits):
        if kind == "undo" and steps:
            store.undo(str(number), steps.pop())
            states.pop()
        elif kind != "undo":
            given_rows = sorted(rows)
            done = (
                store.label(str(number), given_rows, label)
                if label is not None
                else store.accept(str(number), given_rows)
            )
            if done.done:
                states.append(after(states[-1], kind, rows, label))
                steps.append(str(number))
        assert store.decided == states[-1]
    assert GridStore(store.samples, predictions, LABELS, Store(path), "ada").decided == states[-1]
