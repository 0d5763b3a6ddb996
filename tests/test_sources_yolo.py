"""Folders of YOLO labels as programs leave them: boxes, oriented boxes, outlines; what is broken is told by row."""

import math
import zipfile
from collections import Counter

import pytest
from conftest import DATA
from hostile import put
from hypothesis import given
from hypothesis import strategies as st

from imagine_kernels.images import yolo_rows
from imagine_kernels.records import Box
from imagine_kernels.shapes import Polygon, RotatedBox
from imagine_kernels.sources import open_samples

NAMES = "names: {0: fish, 1: 'sea star'}\n"


def data_set(root, labels, *, yaml=NAMES, pictures="images", texts="labels"):
    """Pictures of 64 × 48 pixels; None for one without a label file."""
    for number, (name, text) in enumerate(labels.items()):
        put(root / pictures / f"{name}.png", number)
        if text is not None:
            file = root / texts / f"{name}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    if yaml:
        (root / "data.yaml").write_text(yaml)
    return root


def regions(collection):
    return {a.sample_id.split("/")[-1].removesuffix(".png"): a.regions for a in collection.annotations}


def why(collection):
    return " ".join(skipped.why for skipped in collection.skipped)


def test_boxes_become_pixels_empty_files_say_nothing_is_there_and_missing_ones_say_nothing(tmp_path):
    found = open_samples(data_set(tmp_path, {"a": "0 0.5 0.5 0.25 0.5\n1 0.25 0.25 0.5 0.5 0.9\n", "b": "", "c": None}))
    assert [sample.id for sample in found.samples] == ["images/a.png", "images/b.png", "images/c.png"]
    fish, star = regions(found)["a"]
    assert (fish.label, fish.score, fish.shape) == ("fish", None, Box(24, 12, 16, 24))
    assert (star.label, star.score, star.shape) == ("sea star", 0.9, Box(0, 0, 32, 24))
    assert regions(found)["b"] == ()
    assert "c" not in regions(found)
    assert "1 picture(s) have no label file" in why(found)


def test_opening_twice_gives_the_same_records(tmp_path):
    root = data_set(tmp_path, {"a": "0 0.5 0.5 0.25 0.5\n"})
    assert open_samples(root) == open_samples(root)


@pytest.mark.parametrize(
    ("pictures", "texts"),
    [("images/train", "labels/train"), ("train/images", "train/labels"), ("set/images", "set/labels")],
)
def test_splits_may_lie_below_or_above_and_the_names_beside_them_all(tmp_path, pictures, texts):
    found = open_samples(data_set(tmp_path, {"a": "1 0.5 0.5 0.5 0.5"}, pictures=pictures, texts=texts))
    assert regions(found)["a"][0].label == "sea star"


def test_four_corners_are_oriented_boxes_where_all_outlines_have_four(tmp_path):
    box = RotatedBox(32, 24, 30, 10, 30)
    row = " ".join(f"{x / 64:.6f} {y / 48:.6f}" for x, y in box.corners())
    backwards = " ".join(f"{x / 64:.6f} {y / 48:.6f}" for x, y in reversed(box.corners()))
    found = regions(open_samples(data_set(tmp_path, {"a": f"0 {row}\n0 {backwards} 0.5\n"})))["a"]
    for region in found:
        assert isinstance(region.shape, RotatedBox)
        for one, other in zip(sorted(region.shape.corners()), sorted(box.corners()), strict=True):
            assert one == pytest.approx(other, abs=0.01)
        assert sorted([region.shape.width, region.shape.height]) == pytest.approx([10, 30], abs=0.01)
    assert [region.score for region in found] == [None, 0.5]
    first = found[0].shape
    assert (first.width, first.angle) == pytest.approx((30, 30), abs=0.05)


def test_four_corners_among_outlines_and_those_that_are_no_rectangle_are_outlines(tmp_path):
    square, kite = "0 0.25 0.25 0.5 0.25 0.5 0.5 0.25 0.5", "0 0.2 0.2 0.9 0.3 0.5 0.5 0.1 0.9"
    five = "0 0.1 0.1 0.5 0.1 0.7 0.4 0.5 0.9 0.1 0.5"
    mixed = open_samples(data_set(tmp_path / "mixed", {"a": f"{square}\n{five}"}))
    assert regions(mixed)["a"][0].shape == Polygon(((16, 12), (32, 12), (32, 24), (16, 24)))
    four = regions(open_samples(data_set(tmp_path / "four", {"a": f"{square}\n{kite}"})))["a"]
    assert [type(region.shape) for region in four] == [RotatedBox, Polygon]


BAD = {
    "0 0.5 0.5 0.25": "Row 1 has 3 numbers after the class",
    "0 0.5 0.5 0.25 fish": "Row 1 holds 'fish', which is no number",
    "0 0.5 0.5 0.2 0.2\n7 0.5 0.5 0.25 0.5": "Row 2 is of class 7, which has no name in data.yaml",
    "\n-1 0.5 0.5 0.25 0.5": "Row 2 begins with '-1'",
    "0 0.5 0.5 0 0.5": "Row 1 is a box without a size",
    "0 200 100 50 40": "Row 1 reaches to 175, outside the picture",
    "0 0.5 0.5 nan 0.5": "Row 1 holds 'nan', which is no finite number",
    "0 0.5 0.5 0.2 0.2 7": "Row 1 ends with 7, which is no confidence",
    "0 0.5 0.5 1e999 0.5": "Row 1 holds '1e999', which is no finite number",
}


@pytest.mark.parametrize(("text", "sentence"), BAD.items())
def test_bad_row_is_told_by_file_and_row_and_its_picture_is_not_labelled(tmp_path, text, sentence):
    found = open_samples(data_set(tmp_path, {"a": "0 0.5 0.5 0.25 0.5", "b": text}))
    assert list(regions(found)) == ["a"]
    assert len(found.samples) == 2
    (bad,) = found.skipped
    assert bad.where == "labels/b.txt"
    assert any(part in bad.why for part in sentence.split("|"))
    assert "b.png counts as not labelled" in bad.why


def test_file_that_is_no_text_is_told_and_a_box_a_little_over_the_border_is_cut(tmp_path):
    root = data_set(tmp_path, {"a": "0 0.5 0.5 1.02 1.0\n0 0.5 0.5 1.02 1.0\n", "b": ""})
    (root / "labels" / "b.txt").write_bytes(b"0 \xff\xfe 0.5 0.5 0.2")
    found = open_samples(root)
    assert [region.shape for region in regions(found)["a"]] == [Box(0, 0, 64, 48)]
    assert "b.txt: It is no text" in why(found)


def test_names_that_are_missing_are_numbers_and_broken_ones_stop_everything(tmp_path):
    plain = open_samples(data_set(tmp_path / "plain", {"a": "3 0.5 0.5 0.25 0.5"}, yaml=""))
    assert regions(plain)["a"][0].label == "class_3"
    for number, yaml in enumerate(
        ("names: [a, a]\n", "names: {x: y}\n", "names: [\n", "nc: 2\n", "!!python/object:os.x {}")
    ):
        with pytest.raises(ValueError, match=r"data\.yaml"):
            open_samples(data_set(tmp_path / str(number), {"a": "0 0.5 0.5 0.25 0.5"}, yaml=yaml))


def test_labelling_programs_leave_classes_txt_among_the_labels_with_the_first_name_for_0(tmp_path):
    root = data_set(tmp_path, {"a": "0 0.5 0.5 0.25 0.5"}, yaml="")
    (root / "labels" / "classes.txt").write_text("crab\neel\n")
    found = open_samples(root)
    assert regions(found)["a"][0].label == "crab"
    assert found.skipped == ()


def test_lists_choose_the_pictures_and_never_lead_out_of_the_folder(tmp_path):
    root = data_set(tmp_path, dict.fromkeys("abc", "0 0.5 0.5 0.25 0.5"))
    (root / "train.txt").write_text("./images/a.png\n/somewhere/else/images/b.png\n../../images/../../secret.png\n")
    found = open_samples(root)
    assert [sample.id for sample in found.samples] == ["images/a.png", "images/b.png"]
    assert "train.txt lists 1 picture(s) that are not here" in why(found)
    assert "1 picture(s) stand in no list" in why(found)


def test_boxes_of_poses_are_read_without_their_key_points(tmp_path):
    yaml = NAMES + "kpt_shape: [2, 3]\n"
    found = open_samples(data_set(tmp_path, {"a": "0 0.5 0.5 0.25 0.5 0.4 0.4 2 0.6 0.6 1"}, yaml=yaml))
    assert regions(found)["a"][0].shape == Box(24, 12, 16, 24)
    assert "Key points are not read" in why(found)


def test_zip_is_read_without_unpacking_and_limit_stops_early(tmp_path):
    root = data_set(tmp_path / "set", dict.fromkeys("abc", "0 0.5 0.5 0.25 0.5"))
    packed = tmp_path / "set.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(root.rglob("*.*")):
            archive.write(file, file.relative_to(tmp_path))
    found = open_samples(packed)
    assert len(found.annotations) == 3
    assert found.annotations[0].regions[0].shape == Box(24, 12, 16, 24)
    assert len(open_samples(root, limit=2).samples) == 2


def test_notes_in_a_folder_called_labels_are_no_labels(tmp_path):
    found = open_samples(data_set(tmp_path, {"a": "taken at noon, calm sea"}, yaml=""))
    assert found.annotations == ()
    assert len(found.samples) == 1


@given(st.text(max_size=200))
def test_whatever_a_file_holds_it_is_rows_or_one_sentence(text):
    told = []
    try:
        rows = yolo_rows.read(text)
    except ValueError as error:
        rows, told = [], [str(error)]
    assert all(sentence.startswith("Row ") for sentence in told)
    assert all(math.isfinite(share) for row in rows for share in row.shares)


REAL = {
    "03_underwater_video/deepfish_boxes": (2000, 2000, Counter({"Fish": 5538}), Box),
    "03_underwater_video/aquarium_boxes": (271, 271, Counter({"fish": 600, "jellyfish": 494}), Box),
    "03_underwater_video/fixed_camera_fish_boxes": (933, 933, Counter({"0": 2280, "5": 3}), Box),
    "07_beach_monitoring/socib_posidonia_wracks": (3, 2, Counter({"dense wrack": 5, "intermediate wrack": 7}), Polygon),
}


@pytest.mark.parametrize("name", REAL)
def test_real_sets_are_read_whole(name):
    if not (DATA / name).is_dir():
        pytest.skip(f"the shared set {name} is not here")
    pictures, labelled, some, shape = REAL[name]
    found = open_samples(DATA / name)
    assert (len(found.samples), len(found.annotations)) == (pictures, labelled)
    drawn = [region for annotation in found.annotations for region in annotation.regions]
    assert {type(region.shape) for region in drawn} == {shape}
    counts = Counter(region.label for region in drawn)
    assert {label: counts[label] for label in some} == some
    assert len(found.skipped) == pictures - labelled
