"""Pascal VOC: files of the field, boxes of other tools, XML that attacks, and what is left of other shapes."""

import math
from xml.etree import ElementTree as ET

import pytest

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Point, Polygon, RotatedBox
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels

SIZE = "<size><width>60</width><height>40</height></size>"
BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>4</xmax><ymax>6.5</ymax></bndbox>"


def voc(objects, name="a.png"):
    return f"<annotation><filename>{name}</filename>{SIZE}{objects}</annotation>"


def test_a_file_of_the_field_is_told_by_its_content_and_read_whole_with_parts(real_data):
    path = real_data / "exports" / "voc_xml" / "2007_000001.xml"
    assert formats.detect(path).name == "voc"
    found = formats.read(path)
    assert [(s.id, s.width, s.height) for s in found.samples] == [("2007_000001.jpg", 20, 10)]
    assert [(r.label, r.shape) for r in found.annotations[0].regions] == [
        ("cat", Box(1, 2, 2, 2)),
        ("person", Box(4, 5, 2, 2)),
        ("head", Box(5.5, 6, 2, 2)),
    ]
    assert not found.skipped


def test_what_only_voc_knows_goes_back_as_it_came(real_data, tmp_path):
    found = formats.read(real_data / "exports" / "voc_xml" / "2007_000001.xml")
    told = {loss.what for loss in formats.write(found, tmp_path / "out", "voc", strict=True)}
    assert told == set()
    theirs, ours = (
        ET.parse(path).getroot().findall("object")
        for path in (real_data / "exports/voc_xml/2007_000001.xml", tmp_path / "out/Annotations/2007_000001.xml")
    )
    assert ours[0].findtext("truncated") == "1"
    actions = [{one.tag: one.text for one in objects[1].find("actions")} for objects in (theirs, ours)]
    assert len(actions[0]) == 11
    assert actions[0] == actions[1]


def test_turned_boxes_and_pictures_without_anything_are_read(tmp_path):
    turned = "<robndbox><cx>30</cx><cy>20</cy><w>10</w><h>4</h><angle>0.5</angle></robndbox>"
    (tmp_path / "a.xml").write_text(voc(f"<object><name>cod</name>{turned}</object>"))
    (tmp_path / "b.xml").write_bytes(voc("", "b.png").encode("utf-16"))
    found = formats.read(tmp_path)
    shapes = {one.sample_id: [region.shape for region in one.regions] for one in found.annotations}
    assert shapes == {"a.png": [RotatedBox(30, 20, 10, 4, math.degrees(0.5))], "b.png": []}


def test_a_bad_object_and_a_bad_file_are_told_and_the_others_are_read(tmp_path):
    bad = [
        "<object><name>cod</name></object>",
        f"<object>{BOX}</object>",
        f"<object><name>cod</name>{BOX.replace('6.5', 'deep')}</object>",
        f"<object><name>cod</name>{BOX.replace('>4<', '>1<')}</object>",
        f"<object><name>cod</name>{BOX.replace('>4<', '>nan<')}</object>",
    ]
    (tmp_path / "a.xml").write_text(voc("".join(bad) + f"<object><name>cod</name>{BOX}</object>"))
    (tmp_path / "b.xml").write_text(voc("")[:60])
    bomb = '<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;">]><annotation><filename>&y;</filename></annotation>'
    (tmp_path / "c.xml").write_text(bomb)
    (tmp_path / "d.xml").write_text(voc(""))
    found = formats.read(tmp_path)
    assert [len(one.regions) for one in found.annotations] == [1]
    told = [one.why for one in found.skipped]
    assert told[:2] == ["it has no <bndbox>.", "it has no <name>."]
    assert told[2:4] == ["its ymax is 'deep', which is no number.", "A box needs a size, not 0 x 4.5 pixels."]
    assert "finite numbers" in told[4]
    assert told[5].startswith("b.xml is not whole")
    assert told[6].startswith("c.xml declares a document type")
    assert told[7] == "d.xml says it is of a.png, and so does another file."


def test_a_name_that_leaves_the_folder_is_refused_before_anything_is_written(tmp_path):
    sample = Sample("../a.png", "a.png", 60, 40)
    with pytest.raises(ValueError, match="cannot name a file of labels"):
        formats.write(Labels((sample,), (Annotation(sample.id, (), "ada"),)), tmp_path / "out", "voc")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_a_box_is_told_and_a_picture_of_points_is_not_called_empty(tmp_path):
    samples = Sample("x/a.png", "a.png", 60, 40), Sample("b.png", "b.png", 60, 40)
    outline = Region("cod \\u0041 <b>\r ", shape=Polygon(((1.0, 2.0), (9.0, 2.0), (5.0, 8.0))))
    said = Annotation("x/a.png", (outline,), "ada"), Annotation("b.png", (Region("cod", shape=Point(1, 2)),), "ada")
    labels = Labels(samples, said, (Prediction("b.png", (Region("cod", 0.5, Box(1, 2, 3, 4)),), "m", ""),))
    told = {loss.what: loss.count for loss in formats.write(labels, tmp_path / "out", "voc")}
    assert told["Polygon regions, written as Box"] == 1
    assert told["Point regions, left out"] == 1
    assert told["predictions of models"] == 1
    root = ET.parse(tmp_path / "out" / "Annotations" / "x" / "a.xml").getroot()
    assert [root.findtext(f"object/bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")] == ["1", "2", "9", "8"]
    back = formats.read(tmp_path / "out")
    assert [(one.sample_id, one.regions[0].label) for one in back.annotations] == [("x/a.png", outline.label)]
