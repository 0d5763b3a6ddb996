"""LabelMe files: every kind of shape, what a person changes there, fields we do not know, and files that attack."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from imagine_kernels.records import Annotation, Opinion, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Ellipse, Key, Line, Mask, Point, Polygon, RotatedBox, Track
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels

SAMPLE = Sample("deep/a.png", "deep/a.png", 60, 40)
HOLED = Polygon(((5.0, 5.0), (40.0, 6.0), (20.0, 34.0)), (((18.0, 10.0), (26.0, 10.0), (20.0, 20.0)),))


def png(inside):
    out = io.BytesIO()
    Image.fromarray(np.asarray(inside, np.uint8)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def file(path, *shapes, **more):
    data = {"version": "5.0", "flags": {}, "shapes": list(shapes), "imagePath": "..\\pics\\a.png", "imageData": None}
    path.write_text(json.dumps(data | {"imageHeight": 40, "imageWidth": 60} | more), encoding="utf-8-sig")
    return path


def drawn(kind, points, **more):
    return {"label": "cod", "points": points, "shape_type": kind, "group_id": None, "flags": {}} | more


def regions(found):
    return [region for one in found.annotations for region in one.regions]


def test_every_kind_of_shape_is_read(tmp_path):
    path = file(
        tmp_path / "a.json",
        drawn("polygon", [[1, 2], [9, 2], [5, 8]]),
        drawn("rectangle", [[9, 8], [1, 2]]),
        drawn("circle", [[20, 20], [23, 24]]),
        drawn("line", [[1, 2], [3, 4]]),
        drawn("linestrip", [[1, 2], [3, 4], [5, 9]]),
        drawn("point", [[1.5, 2]]),
        drawn("mask", [[10, 4], [12, 5]], mask=png([[0, 1, 1], [1, 0, 1]])),
        {"label": "cod", "points": [[1, 2], [9, 2], [5, 8]]},
        flags={"blurred": True, "dark": False},
    )
    assert formats.detect(path).name == "labelme"
    found = formats.read(path)
    assert not found.skipped
    assert [(s.id, s.width, s.height) for s in found.samples] == [("a.png", 60, 40)]
    triangle = Polygon(((1.0, 2.0), (9.0, 2.0), (5.0, 8.0)))
    assert [(r.label, r.shape) for r in regions(found)] == [
        ("blurred", None),
        ("cod", triangle),
        ("cod", Box(1, 2, 8, 6)),
        ("cod", Ellipse(20, 20, 5, 5)),
        ("cod", Line(((1.0, 2.0), (3.0, 4.0)))),
        ("cod", Line(((1.0, 2.0), (3.0, 4.0), (5.0, 9.0)))),
        ("cod", Point(1.5, 2)),
        ("cod", Mask(10, 4, 3, 2, (1, 3, 1, 1))),
        ("cod", triangle),
    ]


def test_fields_that_we_do_not_know_go_back_as_they_came(tmp_path):
    path = file(
        tmp_path / "a.json", drawn("point", [[1, 2]], group_id=7, flags={"hidden": True}, ours={"x": [1, None]})
    )
    formats.write(formats.read(path), tmp_path / "out", "labelme", strict=True)
    row = json.loads((tmp_path / "out" / "a.json").read_text())["shapes"][0]
    assert (row["group_id"], row["flags"], row["ours"]) == (7, {"hidden": True}, {"x": [1, None]})


def test_outlines_of_one_group_are_one_thing_and_go_back_as_outlines(tmp_path):
    one, two = [[1, 2], [9, 2], [5, 8]], [[20, 2], [29, 2], [25, 8]]
    grouped = [
        drawn("polygon", one, group_id=3),
        drawn("polygon", two, group_id=3),
        drawn("point", [[1, 2]], group_id=3),
    ]
    other = drawn("polygon", one, group_id=3, label="ling")
    path = file(tmp_path / "a.json", *grouped, drawn("polygon", two, group_id=4), other)
    found = formats.read(path)
    kinds = [type(region.shape).__name__ for region in regions(found)]
    assert kinds == ["MultiPolygon", "Point", "Polygon", "Polygon"]
    free = Region("cod", shape=regions(found)[0].shape, id="free")
    more = Labels(found.samples, (*found.annotations, Annotation("a.png", (free,), "ada")))
    formats.write(more, tmp_path / "out", "labelme")
    data = json.loads((tmp_path / "out" / "a.json").read_text())
    assert [row["points"] for row in data["shapes"]].count(two) == 3
    assert [row["group_id"] for row in data["shapes"]][:5] == [3, 3, 3, 4, 3]
    assert not any(row["mask"] for row in data["shapes"])
    back = formats.read(tmp_path / "out")
    assert [region.shape for region in regions(back)] == [region.shape for region in (*regions(found), free)]
    data["shapes"].append(drawn("polygon", [[40, 2], [49, 2], [45, 8]], group_id=3))
    (tmp_path / "out" / "a.json").write_text(json.dumps(data))
    assert len(regions(formats.read(tmp_path / "out"))[0].shape.parts) == 3


def test_what_a_person_changes_in_labelme_counts_and_what_it_cannot_show_stays(tmp_path):
    kept = Region("cod", None, HOLED, "r1", state="accepted", opinions=(Opinion("ling", 0.25, "bob"),))
    moved = Region("cod", 0.5, RotatedBox(30, 20, 10, 4, 30), "r2")
    guessed = Region("cod", 0.75, Ellipse(30, 20, 10, 4, 30), "r3", {"cod": 0.75, "ling": 0.25})
    labels = Labels(
        (SAMPLE,), (Annotation(SAMPLE.id, (kept, moved), "ada"),), (Prediction(SAMPLE.id, (guessed,), "m", "w"),)
    )
    formats.write(labels, tmp_path / "out", "labelme")
    path = tmp_path / "out" / "deep" / "a.json"
    data = json.loads(path.read_text())
    assert [row["shape_type"] for row in data["shapes"]] == ["mask", "polygon", "polygon"]
    data["shapes"][0]["label"] = "haddock"
    data["shapes"][1]["points"][0] = [1.0, 1.0]
    data["shapes"].append(dict(data["shapes"][1]))
    path.write_text(json.dumps(data))
    back = formats.read(tmp_path / "out")
    first, second, copy = regions(back)
    assert (first.label, first.shape, first.state, first.opinions) == ("haddock", HOLED, "accepted", kept.opinions)
    assert (second.id, second.score, second.shape.points[0]) == ("r2", 0.5, (1.0, 1.0))
    assert copy.shape == second.shape
    assert copy.id not in {"r1", "r2", "r3"}
    assert back.predictions == labels.predictions
    assert back.annotations[0].author == "ada"


def test_a_bad_shape_and_a_bad_file_are_told_and_the_others_are_read(tmp_path):
    huge = png(np.ones((50, 50)))
    bad = [
        drawn("polygon", [[1, 2], [3, 4]]),
        drawn("spiral", [[1, 2]]),
        drawn("mask", [[0, 0], [49, 49]], mask=huge),
        drawn("mask", [[0, 0], [2, 1]], mask=huge[:40]),
        drawn("rectangle", [[1, 2], [float("nan"), 4]]),
        {"points": [[1, 2]], "shape_type": "point"},
        "point",
    ]
    file(tmp_path / "a.json", *bad, drawn("point", [[1, 2]]))
    (tmp_path / "b.json").write_text('{"imagePath": "b.png", "shapes": [')
    (tmp_path / "c.json").write_text("[" * 100_000)
    found = formats.read(tmp_path)
    assert [region.shape for region in regions(found)] == [Point(1, 2)]
    assert len(found.skipped) == len(bad) + 2
    assert "more than its picture" in found.skipped[2].why
    assert found.skipped[5].why == "it has no 'label'."
    with pytest.raises(ValueError, match="holds no file of LabelMe"):
        formats.read(tmp_path / "b.json", "labelme")


def test_empty_files_say_that_nothing_is_there_and_tracks_are_told_as_lost(tmp_path):
    file(tmp_path / "a.json")
    assert [one.regions for one in formats.read(tmp_path).annotations] == [()]
    tracked = Region("cod", shape=Track((Key(0.0, Point(1, 2)),)))
    labels = Labels((SAMPLE,), (Annotation(SAMPLE.id, (tracked,), "ada"),))
    told = {loss.what for loss in formats.write(labels, tmp_path / "out", "labelme")}
    assert "Track regions, left out" in told
    assert formats.read(tmp_path / "out").annotations == ()
