"""The store against hostile names, rows and files that something else wrote, folders that may only be read."""

import json
import os
import sqlite3
import tempfile
from pathlib import Path

import pytest

from imagine_kernels.records import Box, Region, Sample
from imagine_widgets.store import Put, Store

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
    with pytest.raises(OSError, match=r"The labels in .*run\.labels could not be written: it cannot be opened there"):
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
