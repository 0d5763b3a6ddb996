"""Labelbox's exports and imports of the field, what it takes of ours, and rows that are broken."""

import base64
import io
import json
import uuid

import numpy as np
import pytest
from PIL import Image

from imagine_kernels.images import Window, masks
from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Key, Mask, Point, Polygon, RotatedBox, Track
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels

PICTURE = Sample("a.png", "a.png", 64, 48)
HALF = Mask(10, 5, 4, 3, (1, 2, 2, 2, 2, 2, 1))


@pytest.mark.parametrize(
    ("name", "regions", "guesses", "masks_elsewhere"),
    [
        ("labelbox_v1/image_export", 9, 0, 1),
        ("labelbox_v1/video_export", 7, 0, 0),
        ("ndjson/image_import", 1, 2, 1),
        ("ndjson/polyline_import", 0, 1, 0),
        ("ndjson/rectangle_import", 1, 0, 0),
    ],
)
def test_files_of_the_field_are_read_and_masks_that_lie_elsewhere_are_told(
    real_data, name, regions, guesses, masks_elsewhere
):
    path = real_data / "exports" / "labelbox" / f"{name}.json"
    assert formats.detect(path).name == "labelbox"
    found = formats.read(path)
    assert sum(len(one.regions) for one in found.annotations) == regions
    assert sum(len(one.regions) for one in found.predictions) == guesses
    assert len([one for one in found.skipped if "mask" in one.why]) == masks_elsewhere


def test_an_export_of_version_2_is_read_with_its_people_classes_and_tracks(tmp_path):
    details = {"created_by": "ada@example.org", "created_at": "2026-01-02T03:04:05.000+00:00"}
    box = {"feature_id": "f1", "name": "Cod", "bounding_box": {"top": 2, "left": 1, "height": 4, "width": 3}}
    answer = {"feature_id": "f2", "name": "place", "radio_answer": {"name": "Reef"}}
    label = {"label_details": details, "annotations": {"objects": [box], "classifications": [answer]}}
    still = {
        "data_row": {"id": "d1", "external_id": "a.png"}, "media_attributes": {"width": 64, "height": 48},
        "projects": {"p1": {"labels": [label]}},
    }  # fmt: skip
    seen = {"feature_id": "f3", "name": "Eel", "point": {"x": 1, "y": 2}}
    frames = {number: {"objects": {"f3": seen}} for number in ("1", "2", "9")}
    video = {
        "data_row": {"id": "d2"}, "media_attributes": {"width": 64, "height": 48, "frame_rate": 10},
        "projects": {"p1": {"labels": [{"label_details": details, "annotations": {"frames": frames}}]}},
    }  # fmt: skip
    path = tmp_path / "export.ndjson"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in (still, video)))
    assert formats.detect(path).name == "labelbox"
    found = formats.read(path)
    assert not found.skipped
    assert [(s.id, s.width, s.height) for s in found.samples] == [("a.png", 64, 48), ("d2", 64, 48)]
    of_still, of_video = found.annotations
    assert (of_still.author, of_still.at) == ("ada@example.org", "2026-01-02T03:04:05.000+00:00")
    assert [(one.label, one.shape) for one in of_still.regions] == [("Cod", Box(1, 2, 3, 4)), ("Reef", None)]
    keys = of_video.regions[0].shape.keys
    assert [(key.time, key.shape) for key in keys] == [
        (0.0, Point(1, 2)), (0.1, Point(1, 2)), (pytest.approx(0.15), None), (0.8, Point(1, 2)),
    ]  # fmt: skip


def test_what_is_written_is_what_an_import_takes(tmp_path):
    track = Track((Key(0, Box(1, 2, 3, 4)), Key(1, Box(5, 6, 7, 8)), Key(2), Key(4, Box(1, 1, 1, 1))))
    drawn = [Box(1, 2, 3, 4), RotatedBox(20, 20, 8, 4, 90), Point(1.5, 2.5), HALF, track, None]
    said = Annotation("a.png", tuple(Region("Cod", shape=one, state="accepted") for one in drawn), "ada")
    guess = Prediction("a.png", (Region("Cod", 0.0, HALF, "not a uuid"),), "net", "abc")
    labels = Labels((PICTURE,), (said,), (guess,))
    formats.write(labels, tmp_path / "out", "labelbox", strict=True)
    rows = [json.loads(line) for line in (tmp_path / "out" / "annotations.ndjson").read_text().splitlines()]
    assert all(set(row["dataRow"]) == {"globalKey"} and row["name"] and uuid.UUID(row["uuid"]) for row in rows)
    assert len({row["uuid"] for row in rows}) == len(rows)
    assert rows[0]["bbox"] == {"top": 2, "left": 1, "height": 4, "width": 3}
    painted = np.array(Image.open(io.BytesIO(base64.b64decode(rows[3]["mask"]["png"]))))
    assert np.array_equal(painted > 0, masks.inside(HALF, Window(0, 0, 64, 48)))
    assert [[key["frame"] for key in part["keyframes"]] for part in rows[4]["segments"]] == [[1, 26], [101]]
    assert rows[5]["answer"] == {"name": "Cod"}
    assert rows[6]["confidence"] == 0.0
    assert formats.detect(tmp_path / "out").name == "labelbox"
    back = formats.read(tmp_path / "out")
    assert (back.annotations[0].regions, back.predictions) == (said.regions, (guess,))


def test_what_was_moved_or_deleted_there_is_moved_or_gone_here(tmp_path):
    corners = ((1.0, 1.0), (9.0, 1.0), (9.0, 9.0))
    regions = tuple(Region("Cod", shape=Polygon(corners, (((4, 2), (6, 2), (6, 4)),)), state="accepted") for _ in "abc")
    labels = Labels((PICTURE,), (Annotation("a.png", regions, "ada"),))
    formats.write(labels, tmp_path / "out", "labelbox")
    path = tmp_path / "out" / "annotations.ndjson"
    first, second, _ = path.read_text().splitlines()
    path.write_text(first + "\n" + second.replace('{"x": 1.0, "y": 1.0}', '{"x": 0.0, "y": 1.0}') + "\n")
    same, moved = formats.read(tmp_path / "out").annotations[0].regions
    assert same == regions[0]
    assert moved.state == "accepted"
    assert moved.shape == Polygon(((0.0, 1.0), *corners[1:]))


def test_broken_rows_are_told_and_a_file_that_breaks_off_at_once_is_refused(tmp_path):
    good = {"uuid": "1", "dataRow": {"globalKey": "a.png"}, "name": "Cod", "point": {"x": 1, "y": 2}}
    rows = [
        good,
        good | {"name": ""},
        good | {"dataRow": {}},
        good | {"point": {"x": 1}},
        good | {"point": None, "mask": {"png": "no picture"}},
        good | {"confidence": 3},
    ]
    path = tmp_path / "import.ndjson"
    path.write_text("\n".join(map(json.dumps, rows)) + '\n{"uuid": "7", "dataR')
    found = formats.read(path)
    assert [len(one.regions) for one in found.annotations] == [1]
    assert [one.where.split("line ")[-1] for one in found.skipped[:-1]] == ["2", "3", "4", "5", "6", "7"]
    path.write_text('{"uuid": "7", "dataRow": {"glob')
    with pytest.raises(ValueError, match="breaks off or is wrong at character 26"):
        formats.read(path)
