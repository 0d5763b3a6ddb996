"""The journal of labels: the latest holds, an undo is a line more, what was sent is known, nothing is rewritten."""

import json
import stat
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_kernels.records import Annotation, Region
from imagine_widgets.journal import Journal

OTHER = """
import sys
from imagine_kernels.records import Annotation, Region
from imagine_widgets.journal import Journal
journal = Journal(sys.argv[1])
journal.append(Annotation("two", (Region("x"),), "bo"))
print(len(journal.annotations()))
"""


def made(sample, label="Chaetoceros", author="ada"):
    return Annotation(sample, (Region(label),), author)


def ids(annotations):
    return {annotation.id for annotation in annotations}


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "labels" / "journal.jsonl")


def test_looking_makes_neither_file_nor_folder(journal):
    assert journal.annotations() == {}
    assert journal.unsent() == ()
    assert not journal.path.parent.exists()


def test_file_and_folder_are_for_the_person_alone(journal):
    journal.append(made("one"))
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


def test_the_latest_annotation_of_a_sample_holds_also_after_opening_again(journal):
    first, second, other = made("one"), made("one", "Skeletonema"), made("two")
    journal.append(first, other)
    journal.append(second)
    assert journal.annotations() == {"one": second, "two": other}
    assert Journal(journal.path).annotations() == {"one": second, "two": other}


def test_an_undo_brings_back_what_was_there_and_rewrites_nothing(journal):
    first, second = made("one"), made("one", "Skeletonema")
    journal.append(first)
    journal.append(second)
    before = journal.path.read_bytes()
    journal.withdraw([second.id], "ada")
    assert journal.annotations() == {"one": first}
    journal.withdraw([first.id], "ada")
    assert Journal(journal.path).annotations() == {}
    assert journal.path.read_bytes().startswith(before)
    assert [json.loads(line)["kind"] for line in journal.path.read_text().splitlines()] == ["Annotation"] * 2 + [
        "Withdrawn"
    ] * 2


def test_the_same_annotation_twice_is_one_line(journal):
    once = made("one")
    journal.append(once, made("two"))
    Journal(journal.path).append(once)
    assert len(journal.path.read_text().splitlines()) == 2


def test_what_was_sent_is_sent_once_until_the_label_changes(journal):
    first, other = made("one"), made("two")
    journal.append(first, other)
    assert journal.unsent() == (first, other)
    journal.mark_sent([first.id, other.id])
    assert Journal(journal.path).unsent() == ()
    assert journal.unsent("elsewhere") == (first, other)
    second = made("one", "Skeletonema")
    journal.append(second)
    assert journal.unsent() == (second,)
    journal.mark_sent([second.id])
    journal.withdraw([second.id], "ada")
    assert journal.unsent() == (first,), "the older label holds again and must go out again"


def test_a_label_that_was_sent_and_undone_is_recalled_once(journal):
    only = made("one")
    journal.append(only)
    journal.mark_sent([only.id])
    assert journal.recalled() == ()
    journal.withdraw([only.id], "ada")
    assert journal.recalled() == (only,)
    journal.mark_recalled([only.id])
    assert Journal(journal.path).recalled() == ()


def test_marking_an_unknown_annotation_is_refused_with_its_id(journal):
    with pytest.raises(LookupError, match="holds no annotation nowhere"):
        journal.mark_sent(["nowhere"])
    assert not journal.path.exists()


def test_another_process_appends_and_both_see_all(journal):
    journal.append(made("one"))
    done = subprocess.run([sys.executable, "-c", OTHER, journal.path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2"
    mark, samples = journal.changed(since=1)
    assert samples == {"two"}
    assert journal.changed(mark) == (mark, frozenset())
    assert journal.annotations()["two"].author == "bo"


def test_a_file_put_in_its_place_is_read_anew(journal, tmp_path):
    journal.append(made("one"))
    other = Journal(tmp_path / "other.jsonl")
    other.append(made("two"), made("three"))
    mark, _ = journal.changed()
    other.path.replace(journal.path)
    assert journal.changed(mark)[1] == {"one", "two", "three"}
    assert set(journal.annotations()) == {"two", "three"}
    journal.path.unlink()
    assert journal.annotations() == {}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[1, 2]",
        b'"text"',
        b"[" * 5000,
        b'{"kind":"Annotation"}',
        b'{"kind":"Annotation","sample_id":["a"],"id":"x"}',
        b'{"kind":"Annotation","sample_id":"one","id":"x","author":""}',
        b'{"kind":"Annotation","sample_id":"one","id":"x","author":"ada","at":"yesterday"}',
        b'{"kind":"Withdrawn","ids":3}',
        b'{"kind":"SomethingNewer","ids":[]}',
    ],
)
def test_a_line_that_is_no_record_is_named_kept_and_harms_no_other(journal, line):
    good = made("one")
    journal.append(good)
    with journal.path.open("ab") as file:
        file.write(line + b"\n")
    after = made("two")
    again = Journal(journal.path)
    again.append(after)
    assert again.annotations() == {"one": good, "two": after}
    assert len(again.skipped) == 1
    assert str(journal.path) in again.skipped[0].where
    assert line in journal.path.read_bytes()


def test_names_from_hostile_folders_come_back_as_they_were(journal):
    names = ["a b", 'quo"te', "new\nline", "\u2028", "عوالق", "🦠", "caf\udce9", "\x00"]
    journal.append(*[made(name) for name in names])
    assert list(Journal(journal.path).annotations()) == names
    assert Journal(journal.path).skipped == ()


def test_an_annotation_without_regions_is_an_annotation(journal):
    nothing_there = Annotation("one", (), "ada")
    journal.append(nothing_there)
    assert Journal(journal.path).annotations() == {"one": nothing_there}


def test_a_folder_in_the_file_s_place_is_told_in_a_sentence(journal):
    journal.path.mkdir(parents=True)
    with pytest.raises(OSError, match=r"The labels could not be written to .*journal\.jsonl: .*Nothing that was there"):
        journal.append(made("one"))
    with pytest.raises(OSError, match="cannot be read"):
        journal.annotations()


STEPS = st.lists(st.tuples(st.sampled_from(["label", "undo", "send", "reopen"]), st.integers(0, 3)), max_size=25)


@given(STEPS)
def test_any_order_of_labels_undos_and_deliveries_equals_a_plain_model(tmp_path_factory, steps):
    journal = Journal(tmp_path_factory.mktemp("model") / "journal.jsonl")
    stacks, sent = {}, {}
    for step, number in steps:
        sample = f"sample {number}"
        stack = stacks.setdefault(sample, [])
        if step == "label":
            stack.append(made(sample, f"label {len(stack)}"))
            journal.append(stack[-1])
        elif step == "undo" and stack:
            journal.withdraw([stack.pop().id], "ada")
        elif step == "send" and stack:
            journal.mark_sent([stack[-1].id])
            sent[sample] = stack[-1]
        else:
            journal = Journal(journal.path)
        expected = {sample: stack[-1] for sample, stack in stacks.items() if stack}
        assert journal.annotations() == expected
        assert ids(journal.unsent()) == ids(a for sample, a in expected.items() if sent.get(sample) != a)
        assert ids(journal.recalled()) == ids(a for sample, a in sent.items() if sample not in expected)
