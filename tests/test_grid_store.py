"""The store behind the review grid: order, steps, undo, the journal as the truth, threads."""

import threading

import pytest
from grids import LABELS, prediction, sample
from hypothesis import given
from hypothesis import strategies as st

from imagine_kernels.records import Annotation, Region
from imagine_widgets.grid_store import NONE, GridStore, Progress, margin
from imagine_widgets.journal import Journal


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "labels" / "journal.jsonl")


@pytest.fixture
def store(journal):
    predictions = [
        prediction("a", "Actino", 0.9, Actino=0.9, Tripos=0.1),
        prediction("b", "Actino", 0.5, Actino=0.5, Tripos=0.45),
        prediction("c", "Tripos", 0.0),
        prediction("d", "Tripos", 0.7),
        prediction("e", "Tripos"),
    ]
    return GridStore([sample(n) for n in "abcdef"], predictions, LABELS, journal, "ada")


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


def test_undo_leaves_a_label_that_came_later_from_elsewhere(store, journal):
    store.label("one", [0, 1], 2)
    Journal(journal.path).append(Annotation("a", (Region("Tripos"),), "bo"))
    store.undo("two", "one")
    assert store.decided[:2] == [1, NONE]


def test_the_same_message_twice_is_one_step(store, journal):
    store.label("one", [0], 2)
    store.label("one", [0], 2)
    store.undo("two", "one")
    store.undo("two", "one")
    assert store.decided[0] == NONE
    assert len(journal.path.read_text().splitlines()) == 2


def test_a_disk_that_refuses_leaves_the_grid_as_it_was_and_the_same_step_can_come_again(store, journal):
    journal.path.parent.write_text("a file where the folder should be")
    with pytest.raises(OSError, match="cannot be read: Not a directory"):
        store.label("one", [0], 2)
    assert store.decided[0] == NONE
    journal.path.parent.unlink()
    store.label("one", [0], 2)
    assert store.decided[0] == 2


@pytest.mark.parametrize(
    ("rows", "label", "sentence"), [([6], 0, "no row 6"), ([-1], 0, "no row -1"), ([0], 3, "no class number 3")]
)
def test_a_message_about_what_is_not_there_is_refused_and_writes_nothing(store, journal, rows, label, sentence):
    with pytest.raises(ValueError, match=sentence):
        store.label("one", rows, label)
    assert not journal.path.exists()


def test_labels_of_another_notebook_appear_and_unknown_classes_join_the_list(store, journal):
    Journal(journal.path).append(
        Annotation("a", (Region("Copepoda"),), "bo"), Annotation("b", (), "bo"), Annotation("of another grid", (), "bo")
    )
    assert sorted(store.refresh().rows) == [0, 1]
    assert store.classes[store.decided[0]].title == "Copepoda"
    assert store.classes[store.decided[1]].title == "nothing there"
    assert store.refresh().rows == []


def test_a_grid_made_again_shows_what_the_journal_holds(store, journal):
    store.label("one", [0, 3], 2)
    again = GridStore(store.samples, [], LABELS, Journal(journal.path), "ada")
    assert again.decided == store.decided


def test_samples_given_twice_are_refused_by_name(journal):
    with pytest.raises(ValueError, match="sample a was given twice"):
        GridStore([sample("a"), sample("b"), sample("a")], [], LABELS, journal, "ada")


def test_threads_label_and_read_at_once_and_every_label_arrives(journal):
    store = GridStore([sample(str(n)) for n in range(120)], [], LABELS, journal, "ada")

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
    assert len(journal.annotations()) == 120


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


@given(EDITS)
def test_any_series_of_steps_and_undos_equals_a_stack_of_whole_states(tmp_path_factory, edits):
    path = tmp_path_factory.mktemp("store") / "journal.jsonl"
    predictions = [prediction(name, "Tripos") for name in "abcde"]
    store = GridStore([sample(n) for n in "abcdef"], predictions, LABELS, Journal(path), "ada")
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
    assert GridStore(store.samples, predictions, LABELS, Journal(path), "ada").decided == states[-1]
