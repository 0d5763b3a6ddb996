"""COCO files of the field, files of ours in the eyes of COCO's own tools, and files that are no such thing."""

import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from imagine_kernels.images import Window, masks
from imagine_kernels.records import Annotation, Region, Sample
from imagine_kernels.shapes import Box, Ellipse, Mask, Polygon
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels


@pytest.mark.parametrize(
    ("name", "samples", "regions"),
    [("uavvaste_annotations", 386, 1943), ("labelbox_instances", 10, 62), ("datumaro_instances_val", 1, 2)],
)
def test_files_of_the_field_are_told_by_their_content_and_read_whole(real_data, name, samples, regions):
    path = real_data / "exports" / "coco" / f"{name}.json"
    assert formats.detect(path).name == "coco"
    found = formats.read(path)
    assert (len(found.samples), sum(len(a.regions) for a in found.annotations)) == (samples, regions)
    assert not found.skipped


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")  # pycocotools' own
def test_cocos_own_tools_see_the_same_pixels_in_a_file_of_ours(tmp_path, capsys):
    sample = Sample("a.png", "a.png", 60, 40)
    drawn = [
        Polygon(((5.0, 5.0), (30.0, 8.0), (20.0, 30.0)), (((12.0, 10.0), (18.0, 10.0), (15.0, 16.0)),)),
        Ellipse(40, 20, 12, 6, 30),
        Mask(50, 30, 4, 2, (1, 6, 1)),
    ]
    labels = Labels((sample,), (Annotation("a.png", tuple(Region("cod", shape=one) for one in drawn), "ada"),))
    formats.write(labels, tmp_path / "a.json", "coco")
    theirs = COCO(tmp_path / "a.json")
    capsys.readouterr()
    for shape, row in zip(drawn, theirs.loadAnns(theirs.getAnnIds()), strict=True):
        assert np.array_equal(theirs.annToMask(row) == 1, masks.inside(shape, Window(0, 0, 60, 40)))


def test_the_losses_are_told_before_anything_is_written(tmp_path):
    sample = Sample("a.png", "a.png", 60, 40)
    regions = (Region("cod"), Region("cod", shape=Box(1, 2, 3, 4), state="accepted"))
    labels = Labels((sample,), (Annotation("a.png", regions, "ada"),))
    told = {loss.what: loss.count for loss in formats.losses(labels, "coco")}
    assert told["authors"] == 1
    assert told["whole-sample regions, left out"] == 1
    assert told["states (accepted, rejected, …)"] == 1
    with pytest.raises(ValueError, match=r"cannot hold everything.*whole-sample"):
        formats.write(labels, tmp_path / "a.json", "coco", strict=True)
    assert list(tmp_path.iterdir()) == []


def test_a_bad_annotation_is_told_and_the_others_are_read(tmp_path):
    rows = [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]},
        {"id": 2, "image_id": 9, "category_id": 1, "bbox": [1, 2, 3, 4]},
        {"id": 3, "image_id": 1, "category_id": 1, "bbox": [1, 2, 0, 4]},
        {"id": 4, "image_id": 1, "category_id": 1},
        {"id": 5, "image_id": 1, "category_id": 1, "segmentation": {"size": [4, 4], "counts": [4, 12]}},
        "five",
    ]
    image = {"id": 1, "file_name": "a.png", "width": 60, "height": 40}
    data = {"images": [image], "categories": [{"id": 1, "name": "cod"}], "annotations": rows}
    (tmp_path / "a.json").write_text(json.dumps(data))
    found = formats.read(tmp_path / "a.json")
    assert [len(one.regions) for one in found.annotations] == [1]
    assert [one.why for one in found.skipped] == [
        "its image_id 9 is not among the images of the file.",
        "A box needs a size, not 0 x 4 pixels.",
        "it has no 'bbox'.",
        "its mask is of 4 x 4 pixels, and the picture has 60 x 40.",
        "it is no table of fields.",
    ]


def test_a_file_cut_in_half_and_a_file_of_something_else_are_refused_with_a_sentence(tmp_path):
    half = tmp_path / "half.json"
    half.write_text('{"images": [{"id": 1, "file_na')
    with pytest.raises(ValueError, match=r"half\.json is not whole"):
        formats.read(half)
    other = tmp_path / "other.json"
    other.write_text("[1, 2]")
    with pytest.raises(ValueError, match="none of the formats"):
        formats.read(other)
    with pytest.raises(LookupError, match="Did you mean 'coco'"):
        formats.read(half, "cocoo")
