"""The store of labels: one row per region and author, nobody's label lost, hostile names and hostile files."""

import stat
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from some_records import REGIONS, SAMPLES
from store_made import quick_folder

from imagine_kernels.records import Annotation, Box, Region
from imagine_widgets.store import Drop, Kind, Put, Seen, Stale, Store

BOX = Box(1, 2, 3, 4)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "labels" / "run.labels")


def label(sample, name, author="ada", id_="whole", **more):
    return Put(sample, Region(name, id=id_), author, **more)


def holds(store, sample="one"):
    return sorted((held.author, held.region.label) for held in store.current(sample))


def test_looking_makes_neither_file_nor_folder(store):
    assert store.current("one") == ()
    assert store.changed() == (0, frozenset())
    assert [*store.annotations(), *store.samples(), *store.since(0), *store.steps(), *store.counts()] == []
    assert store.speed().per_hour is None
    assert store.agreed.places("label-studio") == {}
    assert not store.path.parent.exists()


def test_file_and_folder_are_for_the_person_alone(store):
    store.write([label("one", "Tripos")])
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700


def test_each_author_has_her_own_word_and_the_last_one_holds(store):
    store.write([label("one", "Tripos"), Put("one", Region("seta", shape=BOX, id="box"), "ada")])
    store.write([label("one", "debris", "bo"), Put("one", Region("spine", shape=BOX, id="box"), "bo")])
    assert holds(store) == [("bo", "debris"), ("bo", "spine")]
    store.write([label("one", "Actino", "ada", "another id")])
    assert holds(store) == [("ada", "Actino"), ("bo", "spine")]
    assert {(one.author, one.region.label) for one in store.regions("one")} == {
        ("ada", "Tripos"),
        ("ada", "seta"),
        ("ada", "Actino"),
        ("bo", "debris"),
        ("bo", "spine"),
    }


def test_a_live_edit_holds_whatever_the_clocks_of_other_tools_showed(store):
    store.write([label("one", "imported", "bo", at="2199-01-01T00:00:00+02:00")])
    store.write([label("one", "Tripos")])
    store.write([label("one", "debris", "cy")])
    assert holds(store) == [("cy", "debris")]
    store.write([label("one", "pulled", "bo", at="2026-01-01T00:00:00Z")])
    assert holds(store) == [("cy", "debris")], "what was said before does not undo what was said after"


def test_times_are_compared_as_instants_whatever_their_zone(store):
    store.write([label("one", "later", "ada", at="2026-01-01T12:00:00")])
    store.write([label("one", "sooner", "bo", at="2026-01-01T13:30:00+02:00")])
    assert holds(store) == [("ada", "later")]


def test_a_deletion_leaves_a_tombstone_and_others_may_say_it_anew(store):
    store.write([Put("one", Region("seta", shape=BOX, id="box"), "bo")])
    store.write([Drop("one", "box", "ada")])
    assert store.current("one") == ()
    assert [(one.author, one.deleted) for one in store.regions("one")] == [("bo", False), ("ada", True)]
    rev = store.changed()[0]
    store.write([Drop("one", "box", "ada")])
    assert store.changed()[0] == rev, "it is gone already"
    store.write([Put("one", Region("seta", shape=BOX, id="box"), "bo")])
    assert holds(store) == [("bo", "seta")]
    store.write([Drop("one", "box", "ada")])
    assert store.current("one") == ()


def test_saying_what_is_said_already_is_no_change(store):
    edits = [label("one", "Tripos", at="2026-01-01T12:00:00"), Drop("two", "box", "ada", at="2026-01-01T12:00:00")]
    store.write(edits)
    rev = store.changed()[0]
    assert store.write(edits).samples == frozenset()
    assert store.changed() == (rev, {"one", "two"})


def test_who_saw_a_sample_and_found_nothing_has_said_so(store):
    store.write([Seen("one", "ada"), Seen("two", "ada"), label("two", "Tripos")])
    assert store.current("one") == ()
    assert {one.sample_id: len(one.regions) for one in store.annotations()} == {"one": 0, "two": 1}
    assert all(isinstance(one, Annotation) for one in store.annotations())


def test_a_batch_sent_twice_is_entered_once(store):
    once = store.write([label("one", "Tripos")], batch="message 7")
    assert store.write([label("one", "debris")], batch="message 7") == once
    assert holds(store) == [("ada", "Tripos")]


def test_an_edit_of_an_old_revision_is_refused_and_nothing_of_its_batch_is_written(store):
    store.write([label("one", "Tripos")])
    (seen,) = store.regions("one")
    store.write([label("one", "debris")])
    with pytest.raises(Stale, match=r"whole of one was changed meanwhile \(revision 2, not 1\)") as refused:
        store.write([label("two", "debris"), label("one", "Actino", expect=seen.rev)])
    assert refused.value.rev == 2
    assert holds(store) == [("ada", "debris")]
    assert holds(store, "two") == []
    with pytest.raises(Stale):
        store.write([label("one", "Actino", expect=0)])
    store.write([label("one", "Actino", expect=2), label("new", "x", expect=0)])
    step = store.write([label("undone", "x")])
    store.undo(step.id, author="ada")
    store.write([label("undone", "y", expect=0)])
    assert holds(store, "undone") == [("ada", "y")]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (Put("one", Region("x"), ""), "The label of one needs an author"),
        (Put("one", Region("x", id=""), "ada"), "A region of one needs an id"),
        (Put("one", Region("x"), "ada", at="yesterday"), "'yesterday' is no time"),
    ],
)
def test_a_faulty_edit_is_refused_with_all_of_its_batch(store, edit, sentence):
    with pytest.raises(ValueError, match=sentence):
        store.write([label("two", "x"), edit])
    assert store.changed() == (0, frozenset())


@pytest.fixture(scope="module")
def folder():
    with quick_folder() as found:
        yield found


@settings(deadline=None, max_examples=80)
@given(some.lists(REGIONS, min_size=1, max_size=4), SAMPLES)
def test_regions_and_samples_of_every_kind_come_back_as_they_were(folder, regions, sample):
    store = Store(folder / f"{uuid.uuid4()}.labels")
    given_ids = {region.id: region for region in regions}
    store.write([Put(sample.id, region, "ada") for region in regions])
    store.know([sample, sample])
    store.close()
    assert {held.id: held.region for held in store.regions(sample.id)} == given_ids
    assert [*store.samples()] == [sample]


def test_what_is_in_a_store_is_counted_without_what_was_deleted(store):
    boxes = [Put("one", Region("seta", shape=BOX, state="predicted"), "model", "forest") for _ in range(5)]
    store.write([*boxes, label("one", "Tripos"), label("two", "Tripos"), label("three", "debris"), Seen("four", "bo")])
    store.write([Drop("one", boxes[0].id, "model"), label("two", "debris")])
    assert store.counts() == {
        Kind("model", "forest", "seta", "Box", "predicted"): 4,
        Kind("ada", "notebook", "Tripos", "", ""): 1,
        Kind("ada", "notebook", "debris", "", ""): 2,
    }
