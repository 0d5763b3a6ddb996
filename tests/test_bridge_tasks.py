"""Records and Label Studio's JSON, and the sentences of push and pull: no server."""

import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
import some_records
from hypothesis import given
from hypothesis import strategies as st

from imagine_kernels.records import Annotation, Box, Effort, Prediction, Quantity, Region, Sample, Skipped, from_json
from imagine_kernels.shapes import Ellipse, Line, Mask, Point, Polygon, RotatedBox, TimeFrequency
from imagine_kernels.use_case import Label
from imagine_widgets.label_studio import outcome, page, plan, projects, regions, slots, tasks
from imagine_widgets.label_studio.views import View, home, views
from imagine_widgets.label_studio.wire import Made

SHAPES = (
    None,
    Point(3, 4),
    Box(1, 2, 30, 40),
    RotatedBox(2, 2, 30, 10, 45),
    Ellipse(40, 30, 9, 5, 10),
    Polygon(((0, 0), (80, 0), (40, 50))),
    Mask(2, 3, 2, 2, (0, 1, 2, 1)),
    Line(((1, 1), (70, 50))),
)
WRITTEN = page.page([Label("a", "A"), Label("b", "B")], page.tools_for(SHAPES))
OFFERS = page.offers(WRITTEN)
SAMPLE = Sample("run1/3", "/data/run1/collage.tif", 80, 60, Box(5, 6, 80, 60), "run1", effort=Effort(Quantity(1, "mL")))
VIEW = View(SAMPLE.id, SAMPLE, 0, 0)
LARGE = Sample("scan", "/data/scan.tif", 9000, 5000, RotatedBox(6000, 4000, 9000, 5000, 30))


def made(result, **facts):
    return Made(
        **{"id": 3, "import_id": None, "creator": "ada", "editor": "ada", "at": "2026-01-02T03:04:05Z"} | facts,
        result=tuple(result),
        is_skip=False,
    )


def sent(*some, view=VIEW, turn=1):
    """The entries of these regions as a push sends them."""
    said = Annotation(view.of, some, "ada", "2026-01-01T00:00:00+00:00")
    return [one for region in some for one in regions.entries(said, region, view, OFFERS, turn)]


def guess(*some):
    return tasks.new_prediction(Prediction(SAMPLE.id, some, "net", "f" * 64), VIEW, OFFERS)


def read(result, view=VIEW):
    return regions.lying(made(result), view, [])[0]


def test_a_task_tells_where_its_crop_comes_from():
    task = tasks.new_task(VIEW, "/services/label-studio/data/upload/1/x.png", [], [])
    assert from_json(task["meta"]["imagine"]) == SAMPLE
    assert task["data"]["sample"] == SAMPLE.id
    assert task["data"]["file"] == "collage.tif"
    assert "/data/run1" not in str(task["data"]), "the table shows no folders"


def test_a_score_of_zero_is_sent_and_none_is_not():
    zero, none = guess(Region("a", 0.0)), guess(Region("a"))
    assert zero["score"] == zero["result"][0]["score"] == 0.0
    assert "score" not in none
    assert "score" not in none["result"][0]
    assert zero["model_version"] == "net@ffffffff"


def test_what_we_send_is_valid_by_label_studios_own_rules():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from label_studio_sdk.label_interface import LabelInterface
    said = guess(*(Region("b", 0.25, shape) for shape in SHAPES))
    assert LabelInterface(WRITTEN).validate_prediction(said, return_errors=True) == []


@pytest.mark.parametrize(
    ("region", "why"),
    [
        (Region("a", shape=TimeFrequency(0, 1)), "A TimeFrequency cannot be shown"),
        (Region("z"), "'z' is not a class"),
        (Region("z", shape=Box(0, 0, 1, 1)), "'z' is not a class"),
        (Region("a"), None),
    ],
)
def test_what_the_page_cannot_hold_is_told(region, why):
    found = regions.fault(region, OFFERS)
    assert found is None if why is None else why in found
    assert "no tool" in regions.fault(Region("a", shape=Point(1, 1)), page.offers(page.page([Label("a", "A")])))


@given(st.lists(some_records.REGIONS, max_size=3, unique_by=lambda region: region.id))
def test_every_region_that_can_go_there_comes_back_as_it_is(some):
    """Labels, scores, states, opinions, holes: nothing is rounded or forgotten on the way."""
    able = [region for region in some if type(region.shape) in page.DRAWN]
    found = {name: one.region for name, one in read(sent(*able)).items()}
    assert {name: regions.joined(one, None) for name, one in read(sent(*able)).items()} == found
    for region in able:
        back = regions.joined(read(sent(*able))[region.id], region)
        assert back == region
        assert (found[region.id].label, found[region.id].state) == (region.label, region.state)


def test_a_mark_stays_with_the_content_and_goes_with_any_change():
    one, two = sent(Region("a", id="1")), sent(Region("b", id="2", shape=Box(1, 1, 2, 2)))
    assert regions.marked([*one, *two]) == regions.marked([*two, *one])
    edited = [{**one[0], "origin": "manual", "meta": {}, "value": {"choices": ["a"]}}]
    assert regions.marked(edited) == regions.marked(one), "the page adds words of its own"
    noisy = [{**two[0], "value": {**two[0]["value"], "x": two[0]["value"]["x"] + 1e-12}}]
    assert regions.marked(noisy) == regions.marked(two), "a browser's rounding is no change"
    assert len({regions.marked(some) for some in (one, two, [], [*one, *two])}) == 4


def test_the_number_of_an_annotation_fits_what_a_browser_can_count():
    assert all(0 <= slots.number("s", author) < 2**53 for author in ("ada", "ü", "", "\udcff"))
    assert slots.number("s", "ada") != slots.number("s", "bob")


def test_what_we_sent_is_known_until_somebody_changes_it():
    result = sent(Region("a", id="r"))
    mark = slots.number(SAMPLE.id, "ada")
    assert slots.is_untouched(SAMPLE.id, made(result, import_id=mark))
    changed = [{**one, "value": {"choices": ["b"]}} for one in result]
    assert not slots.is_untouched(SAMPLE.id, made(changed, import_id=mark))
    assert not slots.is_untouched(SAMPLE.id, made(result))


def test_a_label_made_there_becomes_a_region_of_its_maker():
    said = {"id": "r1", "type": "choices", "from_name": "label", "to_name": "image", "value": {"choices": ["b"]}}
    (found,) = read([{**said, "score": 0.4, "origin": "manual"}]).values()
    assert regions.joined(found, None) == Region("b", id="r1"), "a person's label has no score of its own"


def test_what_a_person_takes_over_from_a_model_says_so():
    result = guess(Region("a", 0.75, Box(1, 2, 3, 4), id="r", scores={"a": 0.75}))["result"]
    kept = regions.joined(read(result)["r"], None)
    assert kept == Region("a", None, Box(1, 2, 3, 4), "r", state="accepted")
    changed = [{**one, "value": {**one["value"], "rectanglelabels": ["b"]}} for one in result]
    assert regions.joined(read(changed)["r"], None).state == "corrected"


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["choices", "rectanglelabels", "polygonlabels", "brushlabels", "keypointlabels", "relation"])
item = st.fixed_dictionaries(
    {}, optional={"id": junk, "type": kinds | junk, "from_name": st.just("label") | junk, "value": junk, "meta": junk}
)


@given(st.lists(item, max_size=4))
def test_nonsense_that_a_program_sent_there_is_read_without_an_error(result):
    skipped: list[Skipped] = []
    found, unread = regions.lying(made(result), VIEW, skipped)
    assert len(found) + len(unread) <= len(result)
    assert all(regions.joined(one, None).label for one in found.values())
    assert not slots.is_untouched(SAMPLE.id, made(result))


@pytest.mark.parametrize("x", [float("nan"), float("inf"), "wide", None])
def test_a_box_that_is_no_box_is_told_and_stays_there(x):
    skipped: list[Skipped] = []
    broken = {**sent(Region("a", shape=Box(1, 1, 2, 2), id="r"))[0], "meta": {}}
    broken["value"] = {**broken["value"], "x": x}
    found, unread = regions.lying(made([broken]), VIEW, skipped)
    assert (found, unread) == ({}, {"r"})
    assert skipped


def test_a_sample_that_no_browser_can_show_goes_in_tiles():
    pictures = views(LARGE)
    assert {view.size for view in pictures} == {(3000, 2500)}
    assert {(view.x, view.y) for view in pictures} == {(x, y) for x in (0, 3000, 6000) for y in (0, 2500)}
    assert len({view.shown.id for view in pictures}) == 6
    middle = pictures[4].shown.crop
    assert (middle.angle, middle.width) == (30, 3000)
    assert middle.x == pytest.approx(6000 - 1250 * 0.5)
    assert middle.y == pytest.approx(4000 + 1250 * 3**0.5 / 2)


@given(some_records.FLAT)
def test_a_shape_goes_onto_the_tile_that_shows_it_and_comes_back_to_its_place(shape):
    view = home(views(Sample("s", "s.png", 900, 500), 300), shape)
    region = Region("a", shape=shape, id="r")
    back = read(sent(region, view=view), view)["r"]
    assert regions.joined(back, region) == region


def test_times_with_and_without_a_zone_compare():
    assert plan.moment("2026-01-02T03:04:05") == plan.moment("2026-01-02T04:04:05+01:00")
    assert plan.moment("2026-01-02T03:04:05Z") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("title", ["", "ab", " padded", "x" * 51, "two\nlines", "\x00\x00\x00"])
def test_a_title_that_label_studio_refuses_is_refused_here_with_a_sentence(title):
    with pytest.raises(ValueError, match="3 to 50 letters"):
        projects.check_title(title)


def test_the_sentence_of_a_failed_push_counts_the_labels_and_says_where_they_are():
    file = Path.home() / "imagine" / "own.labels"
    assert outcome.kept("It is down", 12, file) == (
        "It is down; your 12 labels are safe in ~/imagine/own.labels and go out with the next push."
    )
    assert "your 1 label is safe in /data/l.labels and goes out" in outcome.kept(
        "It is down", 1, Path("/data/l.labels")
    )
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
