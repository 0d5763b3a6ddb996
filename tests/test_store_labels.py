"""The store of labels: one row per region and author, nobody's label lost, hostile names and hostile files."""

import json
import os
import sqlite3
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from some_records import REGIONS, SAMPLES

from imagine_kernels.records import Annotation, Box, Region, Sample
from imagine_widgets.store import Drop, Kind, Put, Seen, Stale, Store

BOX = Box(1, 2, 3, 4)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "labels" / "run.labels")


def label(sample, name, author="ada", id_="whole", **more):
    return Put(sample, Region(name, id=id_), author, **more)


def holds(store, sample="one"):
    return sorted((held.author, held.region.label) for held in store.current(sample))


def by_hand(store, statement, *values):
    store.close()
    connection = sqlite3.connect(store.path)
    with connection:
        connection.execute(statement, values)
    connection.close()


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


NAMES = [
    "a b",
    'quo"te',
    "it's",
    "new\nline",
    "\u2028",
    "عوالق",
    "🦠",
    "caf\udce9",
    "\ud83d",
    "\x00",
    "a\x00b",
    "<b>",
    "%",
    "\\x00",
    "\x00\\",
    "",
]


def test_names_of_every_kind_come_back_as_they_were(store):
    for name in NAMES:
        edits = [Put(f"in {name}", Region(name or "x", id=name or "x", raw={name: name}), name or "x", name)]
        step = store.write(edits, batch=f"batch {name}")
        assert step.samples == {f"in {name}"}
        (held,) = Store(store.path).current(f"in {name}")
        assert (held.region, held.author, held.id, held.tool) == (edits[0].region, name or "x", name or "x", name)
    assert store.changed()[1] == {f"in {name}" for name in NAMES}
    assert len([*store.annotations()]) == len(NAMES)
    assert {kind.label for kind in store.counts()} == {name or "x" for name in NAMES}
    assert {step.id for step in store.steps()} == {f"batch {name}" for name in NAMES}
    assert store.skipped == ()


@settings(deadline=None, max_examples=80)
@given(some.lists(REGIONS, min_size=1, max_size=4), SAMPLES)
def test_regions_and_samples_of_every_kind_come_back_as_they_were(tmp_path_factory, regions, sample):
    store = Store(tmp_path_factory.mktemp("store") / "run.labels")
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


BROKEN = [
    "not json", "[1, 2]", '"text"', "{}", '{"kind":"Region"}', '{"kind":"Region","label":"x","shape":7}', "[" * 5000,
    '{"kind":"Quantity","value":1,"unit":"m"}', b"\xff\xfe\x00", 7, '{"kind":"Region","label":"x","news":1}',
]  # fmt: skip


@pytest.mark.parametrize("record", BROKEN)
def test_a_row_that_somebody_else_wrote_is_named_and_harms_no_other(store, record):
    store.write([label("one", "Tripos"), label("two", "Tripos"), label("two", "Tripos", "bo", "another")])
    by_hand(store, "UPDATE words SET record = ? WHERE rev = 1", record)
    assert [held.sample_id for held in store.since(0)] == ["two", "two"]
    assert [one.sample_id for one in store.annotations()] == ["two", "two"]
    assert store.current("one") == ()
    assert sum(store.counts().values()) in (2, 3), "what cannot be read may be counted, if it has a label"
    (named,) = store.skipped
    assert str(store.path) in named.where
    assert "change 1, of the sample 'one'" in named.where
    store.write([label("one", "debris")])
    assert holds(store) == [("ada", "debris")]


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", "yesterday"), ("at", 7), ("tool", b"\xff"), ("id", "\udce9".encode("utf-8", "surrogatepass"))],
)
def test_a_row_with_a_faulty_field_is_named_or_read_and_harms_no_other(store, column, value):
    store.write([label("one", "Tripos"), label("two", "Tripos")])
    by_hand(
        store,
        f"UPDATE words SET {column} = CAST(? AS TEXT) WHERE rev = 1"
        if column != "at"
        else f"UPDATE words SET {column} = ? WHERE rev = 1",
        value,
    )
    assert "two" in [held.sample_id for held in store.since(0)]
    assert "two" in [one.sample_id for one in store.annotations()]
    store.write([label("two", "debris")])
    assert holds(store, "two") == [("ada", "debris")]


def test_a_sample_that_somebody_else_wrote_is_named_and_harms_no_other(store):
    good = Sample("one", "/data/one.jpg", 4, 3)
    store.know([good, Sample("two", "/data/two.jpg", 4, 3)])
    by_hand(store, "UPDATE samples SET record = ? WHERE id = 'two'", json.dumps({"kind": "Region", "label": "x"}))
    assert [*store.samples()] == [good]
    assert "the sample 'two'" in store.skipped[0].where


def other_program(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE words (rev)")
    connection.close()


def newer(path):
    Store(path).write([label("one", "x")])
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def torn(path):
    store = Store(path)
    store.write([label(f"sample {n}", "x") for n in range(500)])
    store.close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * 12288 + data[16384:])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda path: path.write_text("sample;label\n1;copepod\n" * 99),
            "this is no file of labels; it is left as it is",
        ),
        (other_program, "is a database of something else; it is left as it is"),
        (newer, "was written by another version of this software .* of version 99.* it is left as it is"),
        (torn, "the file is damaged; it is left as it is. Put a copy from a backup in its place"),
    ],
)
def test_a_file_that_is_no_store_is_refused_with_a_sentence_and_left_as_it_is(tmp_path, make, sentence):
    path = tmp_path / "run.labels"
    make(path)
    before = path.read_bytes()
    store = Store(path)
    with pytest.raises(OSError, match=sentence):
        [*store.since(0)]
    with pytest.raises(OSError, match=sentence):
        store.write([label(f"sample {n}", "y") for n in range(500)])
    store.close()
    assert path.read_bytes() == before


def test_a_folder_in_the_file_s_place_is_told_in_a_sentence(store):
    store.path.mkdir(parents=True)
    with pytest.raises(
        OSError, match=r"The labels in .*run\.labels could not be written: .*Nothing that was there is lost"
    ):
        store.write([label("one", "x")])
    with pytest.raises(OSError, match="could not be read: it cannot be opened there"):
        store.current("one")


def test_what_may_only_be_read_can_be_read_and_is_never_written():
    """By somebody without rights: an administrator's rights know no read-only file."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "run.labels")
        store.write([label("one", "Tripos")])
        store.close()
        store.path.chmod(0o444)
        store.path.parent.chmod(0o555)
        child = os.fork()
        if child == 0:
            os._exit(_only_reads(store))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        store.path.parent.chmod(0o755)
    assert code == 0


def _only_reads(store):
    try:
        if os.geteuid() == 0:
            os.setuid(65534)
        assert holds(store) == [("ada", "Tripos")]
        with pytest.raises(OSError, match="could not be written: the file or its folder may only be read"):
            store.write([label("one", "x")])
        with pytest.raises(PermissionError, match="could not be written: Permission denied"):
            Store(store.path.parent / "deeper" / "new.labels").write([label("one", "x")])
    except BaseException as error:  # noqa: BLE001 - the parent must never run twice
        print(repr(error), flush=True)
        return 1
    return 0
