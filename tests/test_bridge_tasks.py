"""Records and Label Studio's JSON, and the sentences of push and pull: no server."""

import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_kernels.records import (
    Annotation,
    Box,
    Effort,
    Prediction,
    Quantity,
    Region,
    Sample,
    Skipped,
    from_json,
)
from imagine_kernels.use_case import Label
from imagine_widgets.label_studio import outcome, page, projects, tasks
from imagine_widgets.label_studio.wire import Made, Project

PROJECT = Project(7, "Lugol", "", page.page([Label("a", "A"), Label("b", "B")]), "")
SAMPLE = Sample("run1/3", "/data/run1/collage.tif", 80, 60, Box(5, 6, 80, 60), "run1", effort=Effort(Quantity(1, "mL")))


def made(result, **facts):
    return Made(
        **{"id": 3, "task": 9, "sample_id": "s", "import_id": None, "author": "ada", "is_skip": False, **facts},
        result=result,
    )


def of(region, **facts):
    return made(
        tuple(tasks.new_annotation(Annotation("s", (region,), "ada"))["result"]), at="2026-01-02T03:04:05Z", **facts
    )


def test_a_task_tells_where_its_crop_comes_from():
    task = tasks.new_task(SAMPLE, "/services/label-studio/data/upload/1/x.png", [], None)
    assert from_json(task["meta"]["imagine"]) == SAMPLE
    assert task["data"]["sample"] == SAMPLE.id
    assert task["data"]["file"] == "collage.tif"
    assert "/data/run1" not in str(task["data"]), "the table shows no folders"


def test_a_score_of_zero_is_sent_and_none_is_not():
    zero = tasks.new_prediction(Prediction("s", (Region("a", 0.0),), "net", "f" * 64))
    none = tasks.new_prediction(Prediction("s", (Region("a"),), "net", "f" * 64))
    assert zero["score"] == zero["result"][0]["score"] == 0.0
    assert "score" not in none
    assert "score" not in none["result"][0]
    assert zero["model_version"] == "net@ffffffff"


def test_what_we_send_is_valid_by_label_studios_own_rules():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from label_studio_sdk.label_interface import LabelInterface
    sent = tasks.new_prediction(Prediction("s", (Region("b", 0.25),), "net", "f" * 64))
    assert LabelInterface(PROJECT.page).validate_prediction(sent, return_errors=True) == []


@pytest.mark.parametrize(
    ("regions", "why"),
    [
        ((), "0 labels"),
        ((Region("a"), Region("b")), "2 labels"),
        ((Region("a", shape=Box(0, 0, 1, 1)),), "shape"),
        ((Region("z"),), "'z' is not a class"),
    ],
)
def test_what_the_page_cannot_hold_is_told(regions, why):
    assert why in tasks.fault(Prediction("s", regions, "net", "f"), {"a", "b"})
    assert tasks.fault(Annotation("s", (Region("a"),), "ada"), {"a", "b"}) is None


def test_a_stamp_stays_with_the_content_and_goes_with_any_change():
    one = tasks.new_annotation(Annotation("s", (Region("a", id="1"),), "ada"))["result"]
    two = tasks.new_annotation(Annotation("s", (Region("b", id="2"),), "ada"))["result"]
    assert tasks.stamp([*one, *two]) == tasks.stamp([*two, *one])
    edited = [{**one[0], "origin": "manual", "value": {"choices": ["a"]}}]
    assert tasks.stamp(edited) == tasks.stamp(one), "the page adds words of its own"
    assert len({tasks.stamp(one), tasks.stamp(two), tasks.stamp([]), tasks.stamp([*one, *two])}) == 4


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_a_stamp_fits_what_a_browser_can_count(labels):
    result = [{"id": "x", "type": "choices", "value": {"choices": labels}}]
    assert 0 <= tasks.stamp(result) < 2**53


def test_what_we_sent_is_known_until_somebody_changes_it():
    region = Region("a", id="r")
    mark = tasks.stamp(of(region).result)
    assert tasks.sent_by(of(region, import_id=mark)) == "ada"
    assert not tasks.is_untouched(of(Region("b", id="r"), import_id=mark))
    assert tasks.sent_by(of(Region("b", id="r"), import_id=mark)) is None
    assert not tasks.is_untouched(of(region, import_id=None))


def test_a_label_made_there_becomes_an_annotation():
    found = tasks.annotation(PROJECT, of(Region("b", 0.4, id="r1"), author="bob"))
    assert found.regions == (Region("b", id="r1"),), "a person's label has no score, whatever the model gave before"
    assert (found.sample_id, found.author, found.at, found.tool) == (
        "s",
        "bob",
        "2026-01-02T03:04:05.000+00:00",
        "label studio",
    )


def test_its_id_is_the_same_at_every_look_and_another_after_a_change():
    region = Region("a", id="r")
    first, again = (tasks.annotation(PROJECT, of(region)).id for _ in range(2))
    later = tasks.annotation(PROJECT, made(of(region).result, at="2026-01-02T03:04:06Z")).id
    assert first == again != later


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
item = st.fixed_dictionaries(
    {}, optional={"id": junk, "type": junk, "from_name": st.just("label") | junk, "value": junk, "meta": junk}
)


@given(st.lists(item, max_size=4))
def test_nonsense_that_a_program_sent_there_is_read_without_an_error(result):
    strange = made(tuple(result), at="2026-01-02T03:04:05.123456Z", import_id=-1)
    tasks.annotation(PROJECT, strange)
    assert tasks.sent_by(strange) is None


def test_times_with_and_without_a_zone_compare():
    assert tasks.when("2026-01-02T03:04:05") == tasks.when("2026-01-02T04:04:05+01:00")
    assert tasks.when("2026-01-02T03:04:05Z") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("title", ["", "ab", " padded", "x" * 51, "two\nlines", "\x00\x00\x00"])
def test_a_title_that_label_studio_refuses_is_refused_here_with_a_sentence(title):
    with pytest.raises(ValueError, match="3 to 50 letters"):
        projects.check_title(title)


def test_the_sentence_of_a_failed_push_counts_the_labels_and_says_where_they_are():
    file = Path.home() / "imagine" / "labels.jsonl"
    assert outcome.kept("It is down", 12, file) == (
        "It is down; your 12 labels are safe in ~/imagine/labels.jsonl and go out with the next push."
    )
    assert "your 1 label is safe in /data/l.jsonl and goes out" in outcome.kept("It is down", 1, Path("/data/l.jsonl"))
    assert outcome.kept("It is down", 0, file) == "It is down. Nothing is lost: push again."


def test_a_push_says_in_one_sentence_what_is_new():
    assert str(outcome.Push("t", images=1, predictions=2, total=1200)) == (
        "Pushed 1 image, 2 predictions to Label Studio; 1,200 images there now."
    )
    assert str(outcome.Push("t", total=3)) == "Label Studio has it all already; 3 images there now."


def test_names_of_files_and_labels_do_not_become_markdown_or_html():
    shown = outcome.Push("t", refused=(Skipped("<img src=x>_*a*_.png", "[no](http://x) `class`"),))._repr_markdown_()
    assert "<img" not in shown
    assert "\\_\\*a\\*\\_" in shown
    assert "\\[no\\]\\(" in shown


def test_many_left_out_things_are_counted_not_listed():
    left = tuple(Skipped(f"file{i}", "It is broken.") for i in range(9))
    shown = outcome.Pull("t", left_out=left)._repr_markdown_()
    assert "9 left out" in shown
    assert "file4" in shown
    assert "file5" not in shown
    assert "and 4 others" in shown
