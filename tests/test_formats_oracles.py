"""Boxes and classes of ours as globox and ifdo read them, and theirs as we read them: tools of other people."""

import json

import pytest
from globox import Annotation as TheirAnnotation
from globox import AnnotationSet, BoundingBox
from ifdo import iFDO
from PIL import Image

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Point
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels, Term

NEAR = 0.01
"""Pixels: globox writes YOLO's shares with few digits."""
NAMES = ("cod", "herring", "näkki 🦐")
SIZES = {"a.png": (640, 480), "b.png": (333, 77)}
DRAWN = {
    "a.png": [("cod", (10, 20, 110.5, 60.25)), ("herring", (0, 0, 640, 480)), ("cod", (600.5, 1, 640, 479))],
    "b.png": [("näkki 🦐", (30, 5, 31, 6)), ("herring", (1, 2, 300, 76))],
}
"""Left, top, right, bottom of each box."""


@pytest.fixture
def ours():
    samples = tuple(Sample(name, name, *size) for name, size in SIZES.items())
    said = tuple(
        Annotation(name, tuple(Region(label, shape=Box(x, y, r - x, b - y)) for label, (x, y, r, b) in boxes), "ada")
        for name, boxes in DRAWN.items()
    )
    return Labels(samples, said, (), tuple(map(Term, NAMES)))


@pytest.fixture
def theirs():
    return AnnotationSet(
        TheirAnnotation(name, SIZES[name], [BoundingBox(label=label, **sides(corners)) for label, corners in boxes])
        for name, boxes in DRAWN.items()
    )


def sides(corners):
    return dict(zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True))


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, size in SIZES.items():
        Image.new("L", size).save(folder / name)
    return folder


def read_by_them(name, path, pictures):
    match name:
        case "yolo":
            found = AnnotationSet.from_yolo_v5(path / "labels", image_folder=pictures, image_extension=".png")
            return found.map_labels({str(number): label for number, label in enumerate(NAMES)})
        case "voc":
            return AnnotationSet.from_pascal_voc(path / "Annotations")
        case "labelme":
            return AnnotationSet.from_labelme(path)
        case "coco":
            return AnnotationSet.from_coco(path)
        case _:
            return AnnotationSet.from_cvat(next(path.glob("*.xml")))


def written_by_them(name, theirs, path):
    match name:
        case "yolo":
            (path / "labels").mkdir(parents=True)
            theirs.save_yolo_v5(path / "labels", label_to_id={label: n for n, label in enumerate(NAMES)})
            (path / "data.yaml").write_text(json.dumps({"names": NAMES}, ensure_ascii=False), encoding="utf-8")
        case "voc":
            theirs.save_pascal_voc(path)
        case "labelme":
            theirs.save_labelme(path)
        case "coco":
            theirs.save_coco(path, auto_ids=True)
        case _:
            theirs.save_cvat(path)


EVERY = ("yolo", "voc", "labelme", "coco", "cvat")


@pytest.mark.parametrize("name", EVERY)
def test_globox_reads_the_boxes_and_classes_that_we_write(name, ours, pictures, tmp_path):
    path = tmp_path / f"ours{formats.formats()[name].ending}"
    formats.write(ours, path, name)
    found = read_by_them(name, path, pictures)
    boxes = {one.image_id: [(box.label, (box.xmin, box.ymin, box.xmax, box.ymax)) for box in one.boxes]
             for one in found}  # fmt: skip
    same(boxes)


@pytest.mark.parametrize("name", EVERY)
def test_we_read_the_boxes_and_classes_that_globox_writes(name, theirs, pictures, tmp_path):
    path = tmp_path / f"theirs{'.xml' if name == 'cvat' else formats.formats()[name].ending}"
    written_by_them(name, theirs, path)
    found = formats.read(path, images=pictures)
    assert not found.skipped
    assert {sample.id: (sample.width, sample.height) for sample in found.samples} == SIZES
    boxes = {one.sample_id: [(r.label, corners(r.shape)) for r in one.regions] for one in found.annotations}
    same(boxes)


def corners(box):
    assert isinstance(box, Box)
    return box.x, box.y, box.x + box.width, box.y + box.height


def same(boxes):
    assert boxes.keys() == DRAWN.keys()
    for name, some in DRAWN.items():
        found, wanted = sorted(boxes[name]), sorted(some)
        assert [label for label, _ in found] == [label for label, _ in wanted]
        for (_, one), (_, other) in zip(found, wanted, strict=True):
            assert one == pytest.approx(other, abs=NEAR)


def test_ifdo_reads_what_we_write_but_for_the_handle_that_only_an_archive_gives(ours, tmp_path):
    guess = Prediction("a.png", (Region("cod", 0.25, Point(3, 4)),), "net", "abc")
    path = tmp_path / "ours.json"
    formats.write(Labels(ours.samples, ours.annotations, (guess,), ours.terms), path, "ifdo")
    told = json.loads(path.read_text())
    told["image-set-header"]["image-set-handle"] = "https://hdl.handle.net/20.500.12085/x"
    found = iFDO.from_dict(told)
    names = {label.id: label.name for label in found.image_set_header.image_annotation_labels}
    items = {name: item[0] if isinstance(item, list) else item for name, item in found.image_set_items.items()}
    boxes = {
        name: [
            (names[one.labels[0].label], (*one.coordinates[0][:2], *one.coordinates[0][4:6]))
            for one in item.image_annotations
            if one.shape == "rectangle"
        ]
        for name, item in items.items()
    }
    same(boxes)
    (point,) = (one for one in items["a.png"].image_annotations if one.shape == "single-pixel")
    assert (point.coordinates[0], point.labels[0].confidence) == ([3, 4], 0.25)


def test_we_read_what_ifdo_saves_of_ours(ours, pictures, tmp_path):
    path, saved = tmp_path / "ours.json", tmp_path / "theirs.json"
    formats.write(ours, path, "ifdo")
    told = json.loads(path.read_text())
    told["image-set-header"]["image-set-handle"] = "https://hdl.handle.net/20.500.12085/x"
    iFDO.from_dict(told).save(saved)
    found = formats.read(saved, "ifdo", images=pictures)
    assert not found.skipped
    same({one.sample_id: [(r.label, corners(r.shape)) for r in one.regions] for one in found.annotations})
