"""`imagine convert` and `imagine labels`: what they say, what they lose aloud, what they refuse."""

import json
import zipfile

import pytest
from command import imagine, refusal

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Polygon, RotatedBox
from imagine_widgets import formats
from imagine_widgets.formats import Labels


@pytest.fixture
def coco(tmp_path):
    """Two labelled pictures in a COCO file."""
    samples = tuple(Sample(name, name, 64, 48) for name in ("a.png", "b.png"))
    drawn = (Region("cod", shape=Box(1, 2, 3, 4)), Region("cod", shape=Polygon(((1, 1), (9, 1), (5, 8)))))
    guessed = (Region("ling", 0.25, Box(5, 6, 7, 8)),)
    labels = Labels(samples, (Annotation("a.png", drawn, "ada"),), (Prediction("b.png", guessed, "yolo", ""),))
    formats.write(labels, tmp_path / "in.json", "coco")
    return tmp_path / "in.json"


def test_labels_are_counted_by_class_shape_and_author(coco):
    said = imagine("labels", coco)
    assert said.code == 0
    assert "COCO: 2 labels of people and 1 of models of 2 samples" in said.out
    found = json.loads(imagine("labels", coco, "--json").out)
    assert found["class"] == {"cod": 2, "ling": 1}
    assert found["shape"] == {"Box": 2, "Polygon": 1}


def test_what_the_target_cannot_hold_is_told_and_the_rest_is_there(coco, tmp_path):
    said = imagine("convert", coco, tmp_path / "out", "--to", "voc")
    assert said.code == 0
    assert "voc cannot hold" in said.err
    assert "predictions of models" in said.err
    assert "2 samples were read; all but what is told above is in" in said.out
    assert "2 samples are in" in imagine("convert", coco, tmp_path / "whole.json", "--to", "coco").out
    back = formats.read(tmp_path / "out")
    assert [len(one.regions) for one in back.annotations] == [2]


def test_strict_refuses_and_leaves_nothing(coco, tmp_path):
    sentence = refusal("convert", coco, tmp_path / "out", "--to", "voc", "--strict")
    assert "Nothing was written" in sentence
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.json"]


def test_an_unknown_format_and_a_file_that_is_there_are_one_sentence(coco, tmp_path):
    assert "Did you mean 'yolo'" in refusal("convert", coco, tmp_path / "out", "--to", "yolov8")
    (tmp_path / "out").mkdir()
    nowhere = refusal("convert", coco, tmp_path / "no folder/out", "--to", "yolo")
    assert f"The folder {tmp_path / 'no folder'} does not exist: make it, or name another." in nowhere
    assert "there already" in refusal("convert", coco, tmp_path / "out", "--to", "yolo")
    assert "does not exist" in refusal("labels", tmp_path / "none.json")


def test_every_format_of_the_help_is_one_and_none_is_missing():
    text = " ".join(imagine("convert", "--help").out.split())
    for name in formats.formats():
        assert name in text


def test_turned_boxes_go_through_three_tools_and_back(tmp_path):
    region = Region("rip", shape=RotatedBox(30, 20, 12, 4, 30))
    labels = Labels((Sample("a.png", "a.png", 64, 48),), (Annotation("a.png", (region,), "ada"),))
    formats.write(labels, tmp_path / "0.json", "label_studio_json")
    for number, to in enumerate(("cvat", "labelme", "label_studio_json")):
        said = imagine(
            "convert",
            tmp_path / (f"{number}.json" if number == 0 else str(number)),
            tmp_path / str(number + 1),
            "--to",
            to,
        )
        assert said.code == 0, said.err
    (last,) = formats.read(tmp_path / "3").annotations[0].regions
    assert (last.shape, last.id) == (region.shape, region.id)


def test_a_zip_packed_on_a_mac_or_by_a_foe_is_one_sentence(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("__MACOSX/._table.txt", "../out.txt", "back\\slash.tsv", "table.csv"):
            archive.writestr(name, "a\tb\n1\t2\n")
    assert "in none of the formats known here" in refusal("labels", tmp_path / "a.zip")
