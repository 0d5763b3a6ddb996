"""CVAT files of pictures and of videos: every kind of shape, its two digits, what changed there, and bad files."""

import re

import pytest

from imagine_kernels.records import Annotation, Opinion, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Ellipse, Key, Line, Mask, Point, Polygon, RotatedBox, TimeFrequency, Track
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels, Term

SAMPLE = Sample("deep/a.png", "deep/a.png", 60, 40)
HOLED = Polygon(((5.0, 5.0), (40.0, 6.0), (20.0, 34.0)), (((18.0, 10.0), (26.0, 10.0), (20.0, 20.0)),))
META = "<version>1.1</version><meta><task><name>dive</name>{}<labels><label><name>cod</name><color>#ff0000</color>"
META += "</label><label><name>ling</name></label></labels></task></meta>"
SIZE = "<original_size><width>60</width><height>40</height></original_size><source>dive.mp4</source>"


def file(path, content, told=""):
    path.write_text(f"<annotations>{META.format(told)}{content}</annotations>")
    return path


def picture(*shapes, name="a.png"):
    return f'<image id="0" name="{name}" width="60" height="40">{"".join(shapes)}</image>'


def regions(found):
    return [region for one in found.annotations for region in one.regions]


def test_a_file_of_the_field_is_told_by_its_content_and_what_has_no_label_is_told(real_data):
    path = real_data / "exports" / "cvat_xml" / "for_images" / "train.xml"
    assert formats.detect(path).name == "cvat"
    found = formats.read(path, images=path.parent / "images")
    assert [(s.id, s.width, s.height) for s in found.samples] == [("img0.jpg", 8, 8), ("img1.jpg", 10, 10)]
    seen = [(region.label, region.shape) for region in regions(found)]
    assert seen[0] == ("label1", Box(0, 2, 4, 2))
    assert [shape for label, shape in seen if label == "label2"] == [Point(1, 2), Point(3, 4), Point(5, 6)]
    assert [label for label, _ in seen if label.isdigit()] == ["2", "3", "4", "1", "2", "4"]
    assert [one.why for one in found.skipped] == ["it has no label."] * 2
    assert {term.name: term.colour for term in found.terms}["skeleton"] == "#0c81b5"


def test_every_kind_of_shape_is_read_and_a_models_are_predictions(tmp_path):
    path = file(
        tmp_path / "a.xml",
        picture(
            '<tag label="cod" source="manual"></tag>',
            '<box label="cod" xtl="20.00" ytl="10.00" xbr="40.00" ybr="20.00" rotation="30.50"></box>',
            '<box label="cod" xtl="1" ytl="2" xbr="4" ybr="6" rotation="360.00"></box>',
            '<ellipse label="cod" cx="30" cy="20" rx="8.00" ry="4.00" rotation="15"></ellipse>',
            '<polygon label="cod" points="1.00,2.00;9,2;5,8"></polygon>',
            '<polyline label="cod" points="1,2;9,2"></polyline>',
            '<points label="ling" points="1.5,2"></points>',
            '<mask label="ling" rle="1, 3, 1, 1" left="10" top="4" width="3" height="2"></mask>',
            '<box label="cod" source="auto" xtl="1" ytl="2" xbr="4" ybr="6"></box>',
        ),
    )
    found = formats.read(path)
    assert not found.skipped
    assert [region.shape for region in regions(found)] == [
        None,
        RotatedBox(30, 15, 20, 10, 30.5),
        Box(1, 2, 3, 4),
        Ellipse(30, 20, 8, 4, 15),
        Polygon(((1.0, 2.0), (9.0, 2.0), (5.0, 8.0))),
        Line(((1.0, 2.0), (9.0, 2.0))),
        Point(1.5, 2),
        Mask(10, 4, 3, 2, (1, 3, 1, 1)),
    ]
    assert [r.shape for one in found.predictions for r in one.regions] == [Box(1, 2, 3, 4)]


def test_tracks_keep_their_key_frames_and_frames_between_are_left(tmp_path):
    boxes = (
        '<box frame="0" keyframe="1" outside="0" xtl="0" ytl="0" xbr="4" ybr="4"></box>'
        '<box frame="1" keyframe="0" outside="0" xtl="1" ytl="0" xbr="5" ybr="4"></box>'
        '<box frame="50" keyframe="1" outside="0" xtl="8" ytl="0" xbr="12" ybr="4"></box>'
        '<box frame="75" keyframe="1" outside="1" xtl="8" ytl="0" xbr="12" ybr="4"></box>'
    )
    path = file(tmp_path / "a.xml", f'<track id="3" label="cod" source="manual">{boxes}</track>', SIZE)
    found = formats.read(path)
    assert [(s.id, s.width, s.height) for s in found.samples] == [("dive.mp4", 60, 40)]
    keys = Key(0.0, Box(0, 0, 4, 4)), Key(2.0, Box(8, 0, 4, 4)), Key(3.0)
    assert [region.shape for region in regions(found)] == [Track(keys)]
    assert [one.why for one in found.skipped] == [
        "a.xml does not tell the frames of a second: times are counted with 25."
    ]


def test_tracks_of_several_points_and_of_skeletons_are_a_track_of_each_point(tmp_path):
    several = '<points frame="0" outside="0" points="1,2;3,4"></points><points frame="25" outside="1" points="1,2;3,4">'
    inner = '<track id="4" label="ling"><points frame="0" points="5,6"></points></track>'
    skeleton = f'<skeleton frame="0" points="5,6"></skeleton>{inner}'
    uneven = '<points frame="0" points="1,2;3,4"></points><points frame="1" points="1,2"></points>'
    tracks = "".join(
        f'<track id="{n}" label="cod">{one}</track>' for n, one in enumerate((f"{several}</points>", skeleton, uneven))
    )
    size = "<original_size><width>60</width><height>40</height></original_size>"
    text = f"<annotations><meta><job><id>1</id></job>{size}<source>t.mp4</source></meta>{tracks}</annotations>"
    (tmp_path / "a.xml").write_text(text)
    found = formats.read(tmp_path / "a.xml")
    assert [s.id for s in found.samples] == ["t.mp4"]
    assert [(region.label, region.shape.keys) for region in regions(found)] == [
        ("cod", (Key(0.0, Point(1, 2)), Key(1.0))),
        ("cod", (Key(0.0, Point(3, 4)), Key(1.0))),
        ("ling", (Key(0.0, Point(5, 6)),)),
    ]
    assert len({region.id for region in regions(found)}) == 3
    assert found.skipped[0].why == "its points are not as many in every frame."


def test_what_only_cvat_knows_goes_back_as_it_came(tmp_path):
    box = '<box label="cod" occluded="1" z_order="4" group_id="7" xtl="1" ytl="2" xbr="4" ybr="6">'
    path = file(tmp_path / "a.xml", picture(box, '<attribute name="sex">female &amp; old</attribute></box>'))
    formats.write(formats.read(path), tmp_path / "out", "cvat", strict=True)
    text = (tmp_path / "out" / "images.xml").read_text()
    for told in ('occluded="1"', 'z_order="4"', 'group_id="7"', '<attribute name="sex">female &amp; old</attribute>'):
        assert text.count(told) == 1
    assert text.count("<name>sex</name>") == 2  # of both classes: CVAT drops attributes that it is not told of


def test_two_digits_of_cvat_move_nothing_and_what_a_person_moves_there_counts(tmp_path):
    turned = RotatedBox(30.123456, 20.654321, 10.1111, 4, -30)
    kept = Region("cod", 0.5, HOLED, "r1", state="accepted", opinions=(Opinion("ling", 0.25, "bob"),))
    said = (kept, Region("cod", shape=turned, id="r2"), Region("ling", id="r3"), Region("cod", shape=turned, id="r4"))
    track = Region("ling", 0.75, Track((Key(0.013, Point(1.23456, 2)), Key(1.5))), "r5", {"ling": 0.75})
    labels = Labels(
        (SAMPLE,),
        (Annotation(SAMPLE.id, said, "ada"),),
        (Prediction(SAMPLE.id, (track,), "m", "w"),),
        (Term("cod", colour="#00ff00"), Term("ling"), Term("unused")),
    )
    formats.write(labels, tmp_path / "out", "cvat", strict=False)
    assert not formats.losses(labels, "cvat")
    for name in ("images.xml", "videos/deep/a.xml"):
        text = (tmp_path / "out" / name).read_text()
        number = r'(?<=[",;])-?\d+\.\d+(?=[",;])'
        text = re.sub(number, lambda found: f"{float(found[0]):.2f}", text)
        (tmp_path / "out" / name).write_text(text)
    back = formats.read(tmp_path / "out")
    assert regions(back) == list(said)
    assert back.predictions == labels.predictions
    path = tmp_path / "out" / "images.xml"
    boxes = re.findall(r"<box [^>]*>", path.read_text())
    moved = re.sub(r'xtl="[^"]*"', 'xtl="1"', boxes[1].replace('label="cod"', 'label="ling"'))
    path.write_text(moved.join(path.read_text().rsplit(boxes[1], 1)))
    last = regions(formats.read(tmp_path / "out"))[-1]
    assert (last.id, last.label) == ("r4", "ling")
    assert last.shape != turned


def test_bad_shapes_and_bad_files_are_told_and_the_others_are_read(tmp_path):
    bad = [
        '<box label="cod" xtl="1" ytl="2" xbr="1" ybr="6"></box>',
        '<box label="cod" xtl="1" ytl="2" xbr="4"></box>',
        '<box label="cod" xtl="nan" ytl="2" xbr="4" ybr="6"></box>',
        '<polygon label="cod" points="1,2;3"></polygon>',
        '<mask label="cod" rle="1, 3" left="10" top="4" width="30" height="2"></mask>',
        '<mask label="cod" rle="1e300, 3" left="10" top="4" width="3" height="2"></mask>',
        '<cuboid label="cod" xtl1="1"></cuboid>',
    ]
    good = '<points label="cod" points="1,2"></points>'
    file(tmp_path / "a.xml", picture(*bad, good) + '<image name="b.png" width="wide" height="40"></image>')
    (tmp_path / "b.xml").write_text((tmp_path / "a.xml").read_text()[:300])
    (tmp_path / "c.xml").write_text(
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotations>&x;</annotations>'
    )
    (tmp_path / "d.xml").write_text("<svg></svg>")
    found = formats.read(tmp_path, "cvat")
    assert [region.shape for region in regions(found)] == [Point(1, 2)]
    assert len(found.skipped) == len(bad) + 4
    told = " ".join(one.why for one in found.skipped)
    for part in ("needs a size", "has no ybr", "<cuboid>", "no number", "not whole", "document type", "root is <svg>"):
        assert part in told
    with pytest.raises(ValueError, match="holds no XML of CVAT"):
        formats.read(tmp_path / "d.xml", "cvat")


def test_sounds_and_tracks_that_are_nowhere_are_told_as_lost(tmp_path):
    lost = Region("cod", shape=TimeFrequency(0, 1)), Region("cod", shape=Track((Key(0.0),)))
    labels = Labels((SAMPLE,), (Annotation(SAMPLE.id, lost, "ada"),))
    told = {loss.what for loss in formats.write(labels, tmp_path / "out", "cvat")}
    assert {"TimeFrequency regions, left out", "Track regions, left out"} <= told
    back = formats.read(tmp_path / "out")
    assert (back.annotations, [s.id for s in back.samples]) == ((), [SAMPLE.id])
