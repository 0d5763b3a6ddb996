"""YOLO folders of other programs and of ours: all tasks, confidences, missing pictures, bad rows, and edges."""

import numpy as np
import pytest
from PIL import Image

from imagine_kernels.images import Window, masks
from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Mask, MultiPolygon, Point, Polygon, RotatedBox
from imagine_kernels.sources import open_samples
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels

SAMPLE = Sample("a.png", "a.png", 64, 40)
HOLED = Polygon(((5.0, 5.0), (40.0, 6.0), (20.0, 34.0)), (((18.1, 10.2), (26.3, 10.1), (20.2, 20.3)),))


def folder(path, files, picture="images/train/a.png"):
    for name, text in {"data.yaml": "names: [cod, no]\n", **files}.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    if picture:
        (path / picture).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((40, 64, 3), np.uint8)).save(path / picture)
    return path


def labels(*shapes, **more):
    return Labels((SAMPLE,), (Annotation("a.png", tuple(Region("cod", shape=one) for one in shapes), "ada"),), **more)


def shapes(found):
    return [region.shape for one in found.annotations for region in one.regions]


def test_boxes_outlines_and_confidences_of_a_folder_with_pictures_are_read(tmp_path):
    rows = "0 0.5 0.5 0.25 0.5\n1 0.25 0.25 0.5 0.25 0.25 0.75\n\n0 0.5 0.5 0.25 0.5 0.75\n"
    found = formats.read(folder(tmp_path, {"labels/train/a.txt": rows, "labels/train/b.txt": ""}))
    assert [(s.id, s.width, s.height) for s in found.samples] == [("train/a.png", 64, 40)]
    assert [(r.label, r.shape) for r in found.annotations[0].regions] == [
        ("cod", Box(24, 10, 16, 20)),
        ("no", Polygon(((16.0, 10.0), (32.0, 10.0), (16.0, 30.0)))),
    ]
    assert [(r.score, r.shape) for r in found.predictions[0].regions] == [(0.75, Box(24, 10, 16, 20))]
    assert [one.why for one in found.skipped] == [
        "labels/train/b.txt is of a picture whose size is not known: name the folder of the pictures."
    ]


def test_pictures_may_lie_in_another_folder_or_in_none(tmp_path):
    where = folder(tmp_path / "out", {"labels/a.txt": "0 0.5 0.5 0.25 0.5\n"}, picture=None)
    folder(tmp_path / "pictures", {}, picture="a.png")
    assert formats.read(where).samples == ()
    assert shapes(formats.read(where, images=tmp_path / "pictures")) == [Box(24, 10, 16, 20)]
    folder(where, {"sizes.csv": "name,width,height\na.png,640,400\nb.png,deep,1\n"}, picture=None)
    found = formats.read(where)
    assert shapes(found) == [Box(240, 100, 160, 200)]
    assert len(found.skipped) == 1


def test_bad_rows_are_told_and_a_file_of_only_bad_rows_does_not_say_that_nothing_is_there(tmp_path):
    bad = "0 0.5 0.5 0.25\n0 nan 0.5 0.1 0.1\n7 0.5 0.5 0.1 0.1\n0 3 0.5 0.1 0.1\ncod 0.5 0.5 0.1 0.1\n"
    found = formats.read(folder(tmp_path, {"labels/train/a.txt": bad}))
    assert found.annotations == ()
    assert [one.where[-5:] for one in found.skipped] == [f"row {n}" for n in (1, 2, 4, 5, 3)]
    good = formats.read(folder(tmp_path, {"labels/train/a.txt": bad + "0 0.5 0.5 0.25 0.5\n"}))
    assert shapes(good) == [Box(24, 10, 16, 20)]


def test_names_that_cannot_be_told_refuse_the_folder_as_every_label_would_be_wrong(tmp_path):
    for text in ("names: 3\n", "train: images\n", "names: [[cod]]\n", "names: {cod: 1}\n", "names: [cod"):
        with pytest.raises(ValueError, match="gives no names of classes"):
            formats.read(folder(tmp_path, {"data.yaml": text, "labels/a.txt": ""}))


def test_an_emoji_that_was_written_as_two_halves_is_one_character_and_half_a_one_is_refused(tmp_path):
    halves = 'names: ["\\ud83d\\udc1f", "\\U0001f980", "wei\\u00df"]\n'
    found = formats.read(folder(tmp_path / "in", {"data.yaml": halves, "labels/train/a.txt": "0 0.5 0.5 0.5 0.5\n"}))
    assert [term.name for term in found.terms] == ["🐟", "🦀", "weiß"]
    formats.write(found, tmp_path / "out", "yolo")
    assert formats.read(tmp_path / "out").terms == found.terms
    with pytest.raises(ValueError, match=r"data.yaml gives no names of classes \('a\\ud83d' has half a character\)"):
        formats.read(folder(tmp_path / "half", {"data.yaml": 'names: ["a\\ud83d"]\n', "labels/a.txt": ""}))


def test_what_reaches_over_the_border_is_cut_there_and_what_lies_outside_is_left_out(tmp_path):
    over = Box(-10, 30, 30, 30), Box(100, 1, 5, 5), Point(1, 1)
    formats.write(labels(*over), tmp_path / "out", "yolo")
    assert (tmp_path / "out/labels/a.txt").read_text() == "0 0.15625 0.875 0.3125 0.25\n"
    triangle = Polygon(((-20.0, 10.0), (20.0, 10.0), (20.0, 30.0)))
    formats.write(labels(triangle), tmp_path / "outlines", "yolo_segmentation")
    assert set(shapes(formats.read(tmp_path / "outlines"))[0].points) == {(0, 10), (20, 10), (20, 30), (0, 20)}
    turned = RotatedBox(60, 20, 30, 10, 30)
    formats.write(labels(turned), tmp_path / "turned", "yolo_oriented")
    written = (tmp_path / "turned/labels/a.txt").read_text().split()[1:]
    assert all(0 <= float(share) <= 1 for share in written)


@pytest.mark.parametrize(
    "shape",
    [
        HOLED,
        MultiPolygon((HOLED, Polygon(((45.0, 5.0), (60.0, 5.0), (60.0, 30.0))))),
        Mask(10, 4, 8, 5, (1, 6, 2, 7, 3, 1, 4, 16)),
    ],
)
def test_holes_parts_and_masks_keep_their_pixels_in_one_outline(shape, tmp_path):
    formats.write(labels(shape), tmp_path / "out", "yolo_segmentation")
    back = shapes(formats.read(tmp_path / "out"))
    window = Window(0, 0, 64, 40)
    assert len(back) == 1
    assert np.count_nonzero(masks.inside(back[0], window) ^ masks.inside(shape, window)) <= 2


def test_the_kernel_s_own_reader_of_folders_sees_the_same_boxes(tmp_path):
    boxes = Box(24, 10, 16, 20), Box(0.5, 1.25, 10, 3)
    predicted = Prediction("a.png", (Region("no", 0.5, boxes[0]),), "m", "")
    formats.write(labels(*boxes, predictions=(predicted,)), tmp_path / "out", "yolo")
    folder(tmp_path / "out", {"data.yaml": (tmp_path / "out/data.yaml").read_text()}, picture="images/a.png")
    theirs = open_samples(tmp_path / "out")
    seen = [r.shape for one in theirs.annotations for r in one.regions]
    assert [(b.x, b.y, b.width, b.height) for b in seen] == [
        pytest.approx((b.x, b.y, b.width, b.height)) for b in boxes
    ]
