"""Every shape goes to a real Label Studio and comes back as it is, with all that Label Studio cannot say of it."""

import json

import pytest
from bridge_world import HOSTILE, LABELS, make_samples
from label_studio_server import PEOPLE

from imagine_kernels.records import Box, Opinion, Prediction, Region, Sample
from imagine_kernels.shapes import (
    Ellipse,
    Key,
    Line,
    Mask,
    MultiPolygon,
    Point,
    Polygon,
    RotatedBox,
    TimeFrequency,
    Track,
)
from imagine_kernels.use_case import Label
from imagine_widgets.label_studio import pull, views
from imagine_widgets.store import Store

pytestmark = pytest.mark.live

HOLED = Polygon(((1, 1), (35, 2), (30, 25), (2, 20)), (((10, 10), (14, 10), (12, 13)),))
SHAPES = (
    None,
    Point(3.5, 4.25),
    Line(((1, 1), (30, 20), (7, 9))),
    Box(1, 2, 30, 20),
    RotatedBox(2, 2, 30, 10, 45),
    Ellipse(20, 15, 9, 5, 10),
    HOLED,
    MultiPolygon((HOLED, Polygon(((30, 20), (39, 20), (35, 29))))),
    Mask(2, 3, 4, 2, (1, 3, 2, 2)),
)
ODD = (
    Box(3, 3, 1, 1),
    Box(-20, -10, 500, 300),
    RotatedBox(39, 29, 30, 20, 200),
    Polygon(((0, 0), (30, 20), (30, 0), (0, 20))),  # crosses itself
    Polygon(((-50, 5), (90, 5), (20, 90))),
    Point(39.999999, -3),
    Ellipse(0, 0, 0.5, 0.5),
    Line(((5, 5), (5, 5))),
)


def every(label="skeletonema"):
    """A region of each shape, each with more than Label Studio can say."""
    for number, shape in enumerate((*SHAPES, *ODD)):
        opinions = (Opinion("chaetoceros", 0.25, "net@abc", "2026-01-01T00:00:00", "rejected"),) if number % 2 else ()
        yield Region(
            label, number / 20, shape, state="uncertain", scores={label: 0.5}, opinions=opinions, raw={"x": "y"}
        )


def regions(store):
    return {region.id: region for annotation in store.annotations() for region in annotation.regions}


def test_every_shape_goes_there_and_another_person_gets_it_back_as_it_is(world, tmp_path):
    made = list(every())
    for number, region in enumerate(made):
        world.draw(number % 6 if region.shape is not None else 0, region)
    done = world.push()
    assert (done.problem, done.refused, done.labels, world.waiting) == (None, (), len(made), 0)
    assert world.push().labels == 0
    assert world.pull().new == ()
    assert regions(world.store) == {region.id: region for region in made}

    other = Store(tmp_path / "other.labels")
    found = pull(world.title, store=other, url=world.server.url, token=PEOPLE["bob"])
    assert found.left_out == ()
    assert regions(other) == {region.id: region for region in made}, "nothing is lost between two people's stores"
    assert pull(world.title, store=other, url=world.server.url, token=PEOPLE["bob"]).new == ()


def test_what_a_person_moves_there_keeps_all_that_she_did_not_touch(world):
    made = [Region("skeletonema", shape=shape, state="uncertain", raw={"x": "y"}) for shape in SHAPES[1:]]
    for region in made:
        world.draw(0, region)
    world.push()
    there = world.annotation(0)
    result = [
        {**one, "value": {**one["value"], "polygonlabels": ["chaetoceros"]}} if one["id"] == made[5].id else
        {**one, "value": {**one["value"], "x": one["value"]["x"] + 10}} if one["type"] == "rectanglelabels" else one
        for one in there["result"]
    ]  # fmt: skip
    world.update(there, result, "bob")
    changed = {region.id: region for annotation in world.pull().new for region in annotation.regions}
    assert changed.keys() == {made[2].id, made[3].id, made[5].id}, "regions keep their identity through edits"
    assert changed[made[5].id] == Region("chaetoceros", None, HOLED, made[5].id, state="corrected", raw={"x": "y"}), (
        "the holes, which the page does not know, are still there"
    )
    assert changed[made[2].id].shape.x == pytest.approx(made[2].shape.x + 4)
    assert changed[made[3].id].shape.angle == 45
    assert world.row(0, made[5].id).region == made[5], "her own word stays hers"


def test_sounds_and_tracks_stay_here_and_are_told(world):
    kept = [
        Region("skeletonema", shape=TimeFrequency(0, 1, 10, 20)),
        Region("skeletonema", shape=Track((Key(0.0, Box(1, 1, 2, 2)), Key(1.0)))),
    ]
    for region in kept:
        world.draw(0, region)
    for _ in range(2):
        done = world.push()
        assert {skipped.why for skipped in done.refused} == {
            "A TimeFrequency cannot be shown on a picture; it stays here.",
            "A Track cannot be shown on a picture; it stays here.",
        }
        assert (done.waiting, world.pull().removed) == (2, 0)
    assert regions(world.store) == {region.id: region for region in kept}


def test_predictions_of_every_shape_are_shown_though_the_server_drops_some_in_bulk(world):
    world.push(predictions=(), shapes=[type(shape) for shape in SHAPES])
    world.predictions = [
        Prediction(s.id, tuple(Region("chaetoceros", 0.5, shape) for shape in (*SHAPES, *ODD)), "net", "b" * 64)
        for s in world.samples[:2]
    ]
    done = world.push()
    assert (done.predictions, done.refused) == (2, ())
    guess = world.tasks()[world.samples[0].id]["predictions"][0]
    assert len(guess["result"]) == len(SHAPES) + len(ODD)
    assert world.push().predictions == 0


def test_hostile_classes_have_every_tool_and_come_back_letter_for_letter(world):
    world.labels = [Label(name, name) for name in HOSTILE]
    world.samples = make_samples(world.folder, len(HOSTILE))
    world.predictions = ()
    made = {}
    for i, name in enumerate(HOSTILE):
        region = Region(name, shape=SHAPES[1 + i % (len(SHAPES) - 1)], opinions=(Opinion(HOSTILE[i - 1]),))
        made[world.draw(i, region).id] = region
    assert world.push().refused == ()
    tasks = world.tasks()
    for i, sample in enumerate(world.samples):
        (there,) = tasks[sample.id]["annotations"]
        key = there["result"][0]["type"]
        value = {**there["result"][0]["value"], key: [HOSTILE[i - 2]]}
        world.update(there, [{**there["result"][0], "value": value}])
    found = {r.id: r for a in world.pull().new for r in a.regions}
    assert [found[name].label for name in made] == [HOSTILE[i - 2] for i in range(len(HOSTILE))]
    assert [found[name].shape for name in made] == [region.shape for region in made.values()]


def test_a_scan_too_large_for_a_browser_is_shown_in_tiles_and_its_regions_lie_where_they_lie(
    world, monkeypatch, tmp_path
):
    monkeypatch.setattr(views, "LARGEST", 25)
    sample = Sample("scan", world.samples[0].uri, 40, 30, Box(40, 0, 40, 30), "run1")
    world.samples, world.predictions = (
        [sample],
        [
            Prediction(
                "scan", (Region("skeletonema", 0.5, Point(3, 4)), Region("skeletonema", 0.5, Point(33, 24))), "n", "c"
            )
        ],
    )
    made = [
        Region("chaetoceros", shape=shape) for shape in (None, Point(35, 4), Box(18, 13, 6, 6), HOLED, Point(2, 28))
    ]
    for region in made:
        world.draw(0, region)
    done = world.push()
    assert (done.problem, done.images, done.predictions, done.labels) == (None, 4, 2, 5)
    tasks = world.tasks()
    assert {tuple(task["meta"].get("part", {}).values()) for task in tasks.values()} == {
        ("scan", x, y) for x in (0, 20) for y in (0, 15)
    }
    other = Store(tmp_path / "other.labels")
    assert pull(world.title, store=other, url=world.server.url, token=PEOPLE["bob"]).problem is None
    assert {i: r.shape for i, r in regions(other).items()} == {r.id: r.shape for r in made}

    corner = next(task for task in tasks.values() if task["meta"]["part"] == {"sample": "scan", "x": 20, "y": 15})
    said = {
        "id": "p",
        "type": "keypointlabels",
        "from_name": "point",
        "to_name": "image",
        "original_width": 20,
        "original_height": 15,
        "value": {"x": 50, "y": 20, "width": 1, "keypointlabels": ["chaetoceros"]},
    }
    world.api("POST", f"/api/tasks/{corner['id']}/annotations/", "bob", json={"result": [said]})
    (found,) = world.pull().new
    assert (found.sample_id, found.regions[0].shape) == ("scan", Point(30, 18))
    moved = Region("chaetoceros", shape=Point(36, 5), id=made[1].id)
    world.draw(0, moved)
    world.drop(0, made[4])
    assert (world.push().problem, world.waiting) == (None, 0)
    assert pull(world.title, store=other, url=world.server.url, token=PEOPLE["bob"]).problem is None
    assert regions(other).keys() == {region.id for region in made[:4]} | {"p"}
    assert regions(other)[moved.id].shape == moved.shape


def test_a_box_that_is_no_number_there_is_told_and_left_as_it_is(world):
    region = Region("skeletonema", shape=Box(1, 2, 3, 4))
    kept = Region("skeletonema", shape=Box(1, 2, 3, 5))
    world.draw(0, region)
    world.draw(0, kept)
    world.push()
    there = world.annotation(0)
    broken = [
        {**one, "value": {**one["value"], "x": "NaN"}} if one["id"] == region.id else one for one in there["result"]
    ]
    world.update(there, broken)
    found = world.pull()
    assert (found.new, found.removed, found.problem) == ((), 0, None)
    assert world.samples[0].id in found.left_out[0].where
    world.drop(0, kept)
    world.push()
    assert [one["value"]["x"] for one in world.annotation(0)["result"]] == ["NaN"], "what cannot be read is not deleted"
    assert regions(world.store) == {region.id: region}


def test_tools_that_come_later_join_the_page_and_what_a_person_put_there_stays(world):
    world.push()
    page = world.project["label_config"].replace("Chaetoceros", "My own word")
    world.api("PATCH", f"/api/projects/{world.project['id']}/", json={"label_config": page})
    world.draw(0, Region("chaetoceros", shape=SHAPES[5]))
    assert world.push().labels == 1
    assert "My own word" in world.project["label_config"]
    assert json.dumps(world.annotation(0)).count("ellipselabels") > 0
    assert LABELS[1].title in world.project["label_config"], "the new tool shows the class's title"
    assert world.pull().new == ()


def test_a_page_that_was_emptied_there_costs_no_label(world):
    made = world.draw(0, Region("chaetoceros", shape=SHAPES[3]))
    world.push()
    empty = '<View><Text name="t" value="$file"/><Choices name="x" toName="t"><Choice value="y"/></Choices></View>'
    number = world.project["id"]
    world.api("PATCH", f"/api/projects/{number}/", json={"label_config": empty})
    world.draw(0, Region("skeletonema", shape=SHAPES[5]))
    done = world.push()
    assert "put them back in its settings there" in done.problem
    assert "your 1 label is safe" in done.problem
    assert world.pull().removed == 0
    assert world.row(0, made.id) == made
