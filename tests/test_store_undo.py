"""Taking back in the store: an undo restores what held before, unless somebody said something newer since."""

import uuid
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from store_made import quick_folder

from imagine_kernels.records import Box, Region
from imagine_widgets.store import Drop, Put, Seen, Store

BOX = Box(1, 2, 30, 40)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "labels" / "run.labels")


def label(sample, name, author="ada", id_="whole", **more):
    return Put(sample, Region(name, id=id_), author, **more)


def labels(store, sample="one"):
    return Counter(held.region.label for held in store.current(sample))


def test_two_undos_in_a_row_take_back_two_steps_and_two_redos_bring_them_again(store):
    first, second = store.write([label("one", "Tripos")]), store.write([label("one", "debris")])
    undone = [store.undo(second.id, author="ada"), store.undo(first.id, author="ada")]
    assert store.current("one") == ()
    store.undo(undone[1].id, author="ada")
    assert labels(store) == {"Tripos": 1}
    again = store.undo(undone[0].id, author="ada")
    assert labels(store) == {"debris": 1}
    store.undo(again.id, author="ada")
    assert labels(store) == {"Tripos": 1}


def test_what_is_taken_back_is_not_taken_back_twice(store):
    store.write([label("one", "Tripos")])
    second = store.write([label("one", "debris")])
    for _ in range(3):
        step = store.undo(second.id, author="ada")
        assert labels(store) == {"Tripos": 1}
    assert step.samples == frozenset()


def test_an_undo_leaves_what_was_said_anew_since_in_one_region_and_restores_the_others(store):
    step = store.write([label("one", "Tripos"), label("two", "Tripos")])
    store.write([label("one", "debris")])
    undone = store.undo(step.id, author="ada")
    assert labels(store) == {"debris": 1}
    assert labels(store, "two") == {}
    assert undone.samples == {"two"}


def test_a_batch_that_says_one_region_several_times_is_taken_back_whole(store):
    store.write([label("one", "Tripos")])
    step = store.write([label("one", "a"), Drop("one", "whole", "ada"), label("one", "b"), label("one", "c")])
    assert labels(store) == {"c": 1}
    store.undo(step.id, author="ada")
    assert labels(store) == {"Tripos": 1}


def test_what_an_author_took_back_no_longer_hides_what_another_said(store):
    store.write([label("one", "Tripos", "bo")])
    over = store.write([label("one", "debris")])
    gone = store.write([Drop("one", "whole", "ada")])
    assert store.current("one") == ()
    store.undo(gone.id, author="ada")
    assert labels(store) == {"debris": 1}
    store.undo(over.id, author="ada")
    assert labels(store) == {"Tripos": 1}
    store.write([Drop("one", "whole", "ada")])
    assert store.current("one") == (), "she may delete it after all"


def test_the_undo_of_an_unknown_batch_is_refused_and_one_sent_twice_is_done_once(store):
    with pytest.raises(LookupError, match="holds no batch nothing: it cannot be undone"):
        store.undo("nothing", author="ada")
    step = store.write([label("one", "Tripos")])
    once = store.undo(step.id, author="ada", as_batch="undo")
    assert store.undo(step.id, author="ada", as_batch="undo") == once


def test_the_steps_that_can_be_undone_outlive_the_kernel_and_follow_undo_and_redo(store):
    names = [store.write([label("one", name)], seconds=1.5, keys=2).id for name in "abc"]
    store.write([label("one", "x", "bo")])
    store.write([])
    again = Store(store.path)
    assert [step.id for step in again.steps("ada")] == names
    assert [step.id for step in again.steps("ada", limit=2)] == names[1:]
    undone = again.undo(names[2], author="ada")
    assert [step.id for step in Store(store.path).steps("ada")] == names[:2]
    again.undo(undone.id, author="ada")
    last = Store(store.path).steps("ada")[-1]
    assert (last.id, last.samples, last.seconds, last.keys) == (names[2], {"one"}, 1.5, 2)
    assert [step.author for step in again.steps(tool="notebook")] == ["ada"] * 3 + ["bo"]
    (before,) = again.before(names[1])["one"]
    assert before.region.label == "a"


def test_what_can_be_done_again_outlives_the_kernel_until_something_new_is_done(store):
    one, two = (store.write([label("one", name)], batch=name) for name in "ab")
    for as_batch in ("first", "second"):
        store.undo(two.id, author="ada", as_batch=as_batch)
        assert [(step.id, by) for step, by in Store(store.path).undone("ada", "notebook")] == [("b", as_batch)]
        if as_batch == "first":
            store.undo("first", author="ada", as_batch="again")
            assert store.undone("ada", "notebook") == ()
    store.undo(one.id, author="ada", as_batch="third")
    assert [(step.id, by) for step, by in store.undone("ada", "notebook")] == [("b", "second"), ("a", "third")]
    store.write([label("one", "x", "bo")])
    assert len(store.undone("ada", "notebook")) == 2, "others' labels are no news for her"
    store.write([label("two", "y")])
    assert store.undone("ada", "notebook") == store.undone("bo", "notebook") == ()


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 1e300, "soon"])
def test_a_cost_that_cannot_be_is_not_counted_and_costs_no_label(store, seconds):
    store.write([label("one", "Tripos")], seconds=seconds, keys=10**40)
    assert labels(store) == {"Tripos": 1}
    assert store.speed("ada").labels == 0


SAMPLES, AUTHORS, IDS = some.sampled_from(["one", "two"]), some.sampled_from(["ada", "bo"]), some.sampled_from("xyz")
REGION = some.builds(Region, some.sampled_from("abc"), shape=some.sampled_from([None, BOX]), id=IDS)
AT = some.sampled_from(["", "2020-01-01T12:00:00+02:00", "2020-01-01T11:00:00", "2030-01-01T00:00:00Z"])
EDIT = some.one_of(
    some.builds(Put, SAMPLES, REGION, AUTHORS, at=AT),
    some.builds(Drop, SAMPLES, IDS, AUTHORS, at=AT),
    some.builds(Seen, SAMPLES, AUTHORS, at=AT),
)
BATCHES = some.lists(some.lists(EDIT, max_size=4), min_size=1, max_size=6)


def said(store, by=None):
    """What every author says of every sample, whatever the numbers of the changes."""
    told = (
        held for sample in ("one", "two") for held in store.regions(sample) if held.at and by in (None, held.author)
    )
    return {(held.sample_id, held.author, held.id): (held.at, held.tool, held.deleted, held.region) for held in told}


def state(store):
    held = (one for sample in ("one", "two") for one in store.current(sample))
    return said(store), {(one.sample_id, one.id): (one.author, one.at, one.region) for one in held}


@pytest.fixture(scope="module")
def folder():
    with quick_folder() as found:
        yield found


@settings(deadline=None, max_examples=60)
@given(BATCHES)
def test_undoing_everything_backwards_gives_every_state_again_and_redoing_forwards_too(folder, batches):
    store = Store(folder / f"{uuid.uuid4()}.labels")
    states, steps = [state(store)], []
    for edits in batches:
        steps.append(store.write(edits))
        states.append(state(store))
    undone = []
    for step, before in zip(reversed(steps), reversed(states[:-1]), strict=True):
        undone.append(store.undo(step.id, author="ada"))
        assert state(store) == before
    store.close()
    for step, after in zip(reversed(undone), states[1:], strict=True):
        store.undo(step.id, author="ada")
        assert state(store) == after


@settings(deadline=None, max_examples=60)
@given(BATCHES, some.data())
def test_an_undo_in_the_middle_changes_nothing_that_was_said_anew_or_by_others(folder, batches, data):
    store = Store(folder / f"{uuid.uuid4()}.labels")
    steps = [store.write(edits) for edits in batches]
    number = data.draw(some.integers(0, len(steps) - 1))
    mine = {(edit.sample_id, edit.author, edit.id) for edit in batches[number]}
    before, rev = said(store), store.changed()[0]
    store.undo(steps[number].id, author="ada")
    after = said(store)
    assert {place: word for place, word in after.items() if place not in mine} == {
        place: word for place, word in before.items() if place not in mine
    }
    changed = {(held.sample_id, held.author, held.id) for held in store.since(rev)}
    later = {(held.sample_id, held.author, held.id) for held in store.since(steps[number].rev) if held.rev <= rev}
    assert changed <= mine
    assert not changed & later
