"""Label Studio's exports of the field, its painted pixels in the eyes of its own tools, and results that are broken."""

import json

import numpy as np
import pytest

from imagine_kernels.images import masks
from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Key, Line, Mask, MultiPolygon, Polygon, RotatedBox, TimeFrequency, Track
from imagine_widgets import formats
from imagine_widgets.formats import brush
from imagine_widgets.formats.labels import Labels, Term

HALF = Mask(10, 5, 4, 3, (1, 2, 2, 2, 2, 2, 1))


def exported(tmp_path, *entries, **more):
    """A file with one task and one annotation of these entries."""
    size = {"original_width": 1280, "original_height": 720}
    result = [{"id": f"r{n}", "from_name": "label", "to_name": "image", **size, **one} for n, one in enumerate(entries)]
    annotation = {"id": 1, "completed_by": {"email": "ada@example.org"}, "result": result}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"id": 7, "data": {"image": "a.png"}, "annotations": [annotation | more]}]))
    return path


@pytest.mark.parametrize(
    ("name", "samples", "regions", "guesses", "skipped"),
    [
        ("test_export_coco/data", 1, 4, 0, []),
        ("test_export_csv/csv_test", 2, 3, 2, []),
        ("test_export_json_min/data", 1, 1, 0, []),
        ("test_export_yolo/data", 2, 6, 0, []),
        ("test_export_yolo/data_polygons", 1, 1, 0, []),
    ],
)
def test_exports_of_the_field_are_told_by_their_content_and_read_whole(
    real_data, tmp_path, name, samples, regions, guesses, skipped
):
    path = real_data / "exports" / "label_studio" / f"{name}.json"
    assert formats.detect(path).name == "label_studio_json"
    found = formats.read(path)
    assert [one.why for one in found.skipped] == skipped
    assert len(found.samples) == samples
    assert sum(len(one.regions) for one in found.annotations) == regions
    assert sum(len(one.regions) for one in found.predictions) == guesses
    formats.write(found, tmp_path / "again.json", "label_studio_json", strict=True)
    again = formats.read(tmp_path / "again.json")
    assert again.annotations == found.annotations
    assert again.predictions == found.predictions


@pytest.mark.parametrize("name", ["test_polygon_labels", "opossum_snow_short_1"])
def test_answers_of_a_models_server_are_refused_with_what_they_lack(real_data, name):
    path = real_data / "exports" / "label_studio" / "ml_backend" / f"{name}.json"
    with pytest.raises(ValueError, match="results without the tasks"):
        formats.read(path)


@pytest.mark.parametrize(
    "mask", [HALF, Mask(-2, -1, 5, 4, (0, 20)), Mask(0, 0, 40, 30, (0, 1200)), Mask(38, 28, 5, 5, (0, 25))]
)
def test_painted_pixels_are_those_that_label_studios_own_tools_see(mask):  # fmt: skip
    theirs = pytest.importorskip("label_studio_sdk.converter.brush")
    packed = brush.encode(mask, 40, 30)
    seen = theirs.decode_rle(packed).reshape(30, 40, 4)[:, :, 3] > 0
    assert np.array_equal(seen, masks.inside(mask, masks.Window(0, 0, 40, 30)))
    wide = np.repeat(seen.astype(np.uint8) * 255, 4)
    again = brush.decode(theirs.encode_rle(wide), 40, 30)
    assert np.array_equal(masks.inside(again, masks.Window(0, 0, 40, 30)), seen)


def test_painted_pixels_as_a_browser_writes_them_are_read_from_their_opacity_alone():
    theirs = pytest.importorskip("label_studio_sdk.converter.brush")
    rng = np.random.default_rng(3)
    painted = rng.integers(0, 256, (30, 40, 4), np.uint8)
    painted[:, :, 3] = rng.random((30, 40)) < 0.3
    found = brush.decode(theirs.encode_rle(painted.ravel()), 40, 30)
    assert np.array_equal(masks.inside(found, masks.Window(0, 0, 40, 30)), painted[:, :, 3] > 0)


def test_a_turned_box_turns_about_its_corner_and_lies_where_it_was_drawn(tmp_path):
    value = {"x": 31.25, "y": 27.7777777778, "width": 23.4375, "height": 13.8888888889, "rotation": 30}
    path = exported(tmp_path, {"type": "rectanglelabels", "value": value | {"rectanglelabels": ["Cod"]}})
    shape = formats.read(path).annotations[0].regions[0].shape
    assert isinstance(shape, RotatedBox)
    corners = [number for corner in shape.corners() for number in corner]
    assert corners == pytest.approx([400, 200, 659.80762, 350, 609.80762, 436.60254, 350, 286.60254], abs=1e-4)


def test_classes_come_from_lists_from_choices_of_a_region_and_from_paths(tmp_path):
    box = {"x": 10, "y": 10, "width": 10, "height": 10, "rotation": 0}
    path = exported(
        tmp_path,
        {"type": "rectanglelabels", "value": box | {"rectanglelabels": ["Cod", "Fish"]}},
        {"type": "rectangle", "id": "one", "value": box},
        {"type": "choices", "id": "one", "value": {"choices": ["Plaice"]}},
        {"type": "taxonomy", "value": {"taxonomy": [["Animalia", "Fish", "Cod"]]}},
        {"type": "labels", "value": {"start": 1.5, "end": 2.5, "channel": 0, "labels": ["Whale"]}},
        {"type": "polygonlabels", "value": {"points": [[0, 0], [50, 50]], "closed": False, "polygonlabels": ["Net"]}},
    )
    found = formats.read(path)
    first, one, whole, sound, line = found.annotations[0].regions
    assert [opinion.label for opinion in first.opinions] == ["Fish"]
    assert (one.id, one.label, one.shape) == ("one", "Plaice", Box(128, 72, 128, 72))
    assert (whole.label, whole.shape) == ("Cod", None)
    assert {term.name: term.parent for term in found.terms}["Cod"] == "Fish"
    assert sound.shape == TimeFrequency(1.5, 2.5)
    assert line.shape == Line(((0, 0), (640, 360)))
    formats.write(found, tmp_path / "again.json", "label_studio_json")
    assert formats.read(tmp_path / "again.json").annotations == found.annotations
    again = json.loads((tmp_path / "again.json").read_text())[0]["annotations"][0]["result"]
    assert [one["type"] for one in again if one["id"] == "one"] == ["rectangle", "choices"]


def test_a_track_is_read_with_its_times_or_with_its_frames(tmp_path):
    box = {"x": 0, "y": 0, "width": 10, "height": 10, "rotation": 0}
    keys = [{**box, "frame": 1, "enabled": True}, {**box, "frame": 11, "enabled": False}]
    value = {"framesCount": 100, "duration": 10.0, "sequence": keys, "labels": ["Cod"]}
    path = exported(tmp_path, {"type": "videorectangle", "value": value})
    track = formats.read(path).annotations[0].regions[0].shape
    assert [(key.time, key.shape) for key in track.keys] == [
        (0, Box(0, 0, 128, 72)),
        (1, Box(0, 0, 128, 72)),
        (1.001, None),
    ]


def test_what_a_person_changed_in_label_studio_comes_back_and_the_rest_is_as_it_was(tmp_path):
    parts = MultiPolygon((Polygon(((1, 1), (30, 1), (30, 30))), Polygon(((50, 50), (60, 50), (60, 60)))))
    regions = tuple(Region("Cod", shape=s, state="accepted", id=n) for n, s in (("a", parts), ("b", parts)))
    labels = Labels((Sample("a.png", "a.png", 640, 480),), (Annotation("a.png", regions, "ada"),))
    path = tmp_path / "a.json"
    formats.write(labels, path, "label_studio_json", strict=True)
    tasks = json.loads(path.read_text())
    entry = tasks[0]["annotations"][0]["result"][1]
    entry["value"]["points"][0] = [0, 0]
    entry["value"]["polygonlabels"] = ["Plaice"]
    path.write_text(json.dumps(tasks))
    same, moved = formats.read(path).annotations[0].regions
    assert same == regions[0]
    assert (moved.label, moved.id, moved.state) == ("Plaice", "b", "accepted")
    assert [n for point in moved.shape.points for n in point] == pytest.approx([0, 0, 30, 1, 30, 30])


def test_everything_a_record_holds_comes_back(tmp_path):
    sample = Sample("a.png", "zip!/a.png", 640, 480, Box(5, 5, 640, 480), "cast 3", "2026-01-02T03:04:05+00:00")
    track = Track((Key(0.5, Box(1, 2, 3, 4)), Key(1.5, RotatedBox(9, 9, 3, 4, 20)), Key(2.5)))
    said = Annotation("a.png", (Region("Cod", 0.4, track, "t"), Region("Cod", shape=HALF, id="m")), "ada")
    guess = Prediction("a.png", (Region("Cod", 0.0, HALF, "g", {"Cod": 0.0, "Eel": 1.0}),), "net", "0123456789")
    terms = (Term("Cod", "Fish", "7", "#ff0000", {"aphia": "126436"}),)
    labels = Labels((sample,), (said,), (guess,), terms)
    assert formats.write(labels, tmp_path / "a.json", "label_studio_json", strict=True) == ()
    back = formats.read(tmp_path / "a.json")
    assert (back.samples, back.predictions, back.terms) == (labels.samples, labels.predictions, terms)
    assert (back.annotations[0].regions, back.annotations[0].at) == (said.regions, said.at)


def test_broken_results_are_told_and_the_others_are_read(tmp_path):
    box = {"x": 10, "y": 10, "width": 10, "height": 10, "rectanglelabels": ["Cod"]}
    path = exported(
        tmp_path,
        {"type": "rectanglelabels", "value": box},
        {"type": "rectanglelabels", "value": box | {"width": 0}},
        {"type": "rectanglelabels", "value": box | {"x": float("nan")}},
        {"type": "rectanglelabels", "value": box | {"rectanglelabels": []}},
        {"type": "brushlabels", "value": {"format": "rle", "rle": [0, 0, 1], "brushlabels": ["Cod"]}},
        {"type": "brushlabels", "value": {"format": "rle", "rle": [0, 56, 64, 0, 57, 55], "brushlabels": ["Cod"]}},
        {"type": "polygonlabels", "value": {"points": [[1, 1], [2, 2]], "polygonlabels": ["Cod"]}},
        {"type": "textarea", "value": {"text": ["a fine fish"]}},
    )
    found = formats.read(path)
    assert [len(one.regions) for one in found.annotations] == [1]
    assert [one.why for one in found.skipped] == [
        "A box needs a size, not 0 x 72 pixels.",
        "A box needs finite numbers, not nan, 72.",
        "it names no class: records hold no results of type rectanglelabels.",
        "its painted pixels break off.",
        "its painted pixels break off.",
        "An outline needs 3 points at least, not 2.",
        "it names no class: records hold no results of type textarea.",
    ]


def test_a_task_that_was_skipped_and_a_file_cut_in_half_are_told(tmp_path):
    found = formats.read(exported(tmp_path, was_cancelled=True))
    assert found.annotations == ()
    assert found.skipped[0].why == "ada@example.org skipped it instead of labelling it."
    half = tmp_path / "half.json"
    half.write_text('[{"id": 1, "annotations": [], "data": {"ima')
    with pytest.raises(ValueError, match=r"half\.json is not whole"):
        formats.read(half)
