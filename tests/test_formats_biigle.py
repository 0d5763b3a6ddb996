"""BIIGLE's tables of the field, its shapes in any order of corners, and rows that are broken."""

import json
import math
import zipfile

import pytest

from imagine_kernels.records import Annotation, Region, Sample
from imagine_kernels.shapes import Box, Ellipse, Key, Point, Polygon, RotatedBox, TimeFrequency, Track
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels, Term

COLUMNS = (
    "annotation_label_id,label_id,label_name,label_hierarchy,user_id,firstname,lastname,image_id,filename,"
    "image_longitude,image_latitude,shape_id,shape_name,points,attributes,annotation_id,created_at"
)


def table(tmp_path, *rows, columns=COLUMNS):
    """A file with the rows; each a mapping of the columns that matter."""
    names = columns.split(",")

    def quoted(value):
        return '"' + str(value).replace('"', '""') + '"'

    lines = [",".join(quoted(row.get(name, "")) for name in names) for row in rows]
    path = tmp_path / "report.csv"
    path.write_text("\ufeff" + "\n".join([columns, *lines]), encoding="utf-8")
    return path


def row(shape, points, number=1, **more):
    told = {"annotation_id": number, "label_name": "Cod", "filename": "a.jpg", "firstname": "Ada", "lastname": "Byron"}
    size = {"attributes": json.dumps({"width": 4000, "height": 3000, "mimetype": "image/jpeg"})}
    return {**told, **size, "shape_name": shape, "points": json.dumps(points), **more}


def test_a_report_of_videos_without_attributes_is_read_whole(real_data, tmp_path):
    path = real_data / "exports" / "biigle_csv" / "video_annotations_MOV_0001_0002.csv"
    assert formats.detect(path).name == "biigle_video"
    found = formats.read(path)
    regions = [region for one in found.annotations for region in one.regions]
    assert len(regions) + sum(len(region.opinions) for region in regions) == 528
    assert regions[0].shape == Track((Key(106.910398, Point(1133.45, 783.87)),))
    assert next(term.parent for term in found.terms if term.name == "Carcinus maenas") == "True crabs"
    assert {one.author for one in found.annotations} <= {"Annotator One", "Annotator Two"}
    assert [one.why[:12] for one in found.skipped] == ["the sizes of"]
    formats.write(found, tmp_path / "again.csv", "biigle_video", strict=True)
    again = formats.read(tmp_path / "again.csv")
    assert again.annotations == found.annotations


def test_shapes_come_as_they_were_drawn_from_any_corner(tmp_path):
    turned = RotatedBox(100, 80, 40, 20, 30)
    corners = [number for point in turned.corners()[2:] + turned.corners()[:2] for number in point]
    path = table(
        tmp_path,
        row("Rectangle", [10, 30, 30, 30, 30, 10, 10, 10], 1),
        row("Rectangle", corners, 2),
        row("Circle", [5, 6, 7], 3),
        row("Ellipse", [90, 50, 50, 70, 10, 50, 50, 30], 4),
        row("Ellipse", [90, 50, 10, 50, 50, 70, 50, 30], 5),
        row("Polygon", [0, 0, 9, 0, 9, 9, 0, 0], 6),
    )
    found = formats.read(path)
    assert (found.samples[0].width, found.samples[0].height) == (4000, 3000)
    box, second, circle, one, other, outline = (region.shape for region in found.annotations[0].regions)
    assert box == Box(10, 10, 20, 20)
    assert (second.x, second.y, second.width, second.height) == pytest.approx((100, 80, 40, 20))
    assert math.isclose(second.angle % 180, 30)
    assert circle == Ellipse(5, 6, 7, 7)
    assert one == other == Ellipse(50, 50, 40, 20, 0)
    assert outline == Polygon(((0, 0), (9, 0), (9, 9)))


def test_labels_of_one_shape_stay_with_their_people(tmp_path):
    path = table(
        tmp_path,
        row("Point", [1, 2], label_hierarchy="Animalia > Fish > Cod", created_at="2026-01-02 10:00:00"),
        row("Point", [1, 2], label_name="Gadus", created_at="2026-01-03 10:00:00"),
        row("Point", [1, 2], firstname="Bob", lastname=""),
    )
    ada, bob = formats.read(path).annotations
    assert (ada.author, bob.author, ada.at) == ("Ada Byron", "Bob", "2026-01-03 10:00:00")
    assert [opinion.label for opinion in ada.regions[0].opinions] == ["Gadus"]
    assert ada.regions[0].id == bob.regions[0].id == "1"


def test_a_broken_row_is_told_and_the_others_are_read(tmp_path):
    path = table(
        tmp_path,
        row("Point", [1, 2]),
        row("Point", [1, 2, 3], 2),
        row("Spiral", [1, 2], 3),
        row("Circle", [1, 2, math.nan], 4),
        row("Point", [1, 2], 5, created_at="yesterday"),
        row("Point", [1, 2], 6, label_name=""),
    )
    with path.open("a", encoding="utf-8") as file:
        file.write("\n7,1,Cod")
    found = formats.read(path)
    assert [len(one.regions) for one in found.annotations] == [1]
    assert [one.where.rsplit(" ", 1)[-1] for one in found.skipped] == ["3", "4", "5", "6", "7", "8"]
    assert found.skipped[1].why == "BIIGLE's shape 'Spiral' is not known here."
    assert found.skipped[-1].why == "it does not have as many fields as the first line has columns."


def test_a_gap_in_a_track_is_where_the_thing_is_gone(tmp_path):
    columns = "label_name,video_filename,shape_name,points,frames,annotation_id"
    path = table(
        tmp_path,
        {
            "label_name": "Cod", "video_filename": "a.mp4", "shape_name": "Point",
            "points": "[[1,2],[3,4],[],[5,6]]", "frames": "[1.0,2.0,null,8.0]",
        },
        {"label_name": "Cod", "video_filename": "a.mp4", "shape_name": "WholeFrame", "points": "[]", "frames": "[3,9]"},
        columns=columns,
    )  # fmt: skip
    track, whole = (region.shape for region in formats.read(path).annotations[0].regions)
    assert [(key.time, key.shape is None) for key in track.keys] == [(1, False), (2, False), (2.001, True), (8, False)]
    assert whole == TimeFrequency(3, 9)


def test_a_shape_that_was_moved_in_the_file_comes_as_it_is_there(tmp_path):
    regions = (Region("Cod", shape=Polygon(((0, 0), (40, 0), (40, 40)), (((30, 5), (35, 5), (35, 10)),)), id="r"),)
    labels = Labels((Sample("a.png", "a.png", 640, 480),), (Annotation("a.png", regions, "ada"),), (), (Term("Cod"),))
    formats.write(labels, tmp_path / "a.csv", "biigle")
    assert formats.read(tmp_path / "a.csv").annotations[0].regions == regions
    text = (
        (tmp_path / "a.csv")
        .read_text(encoding="utf-8")
        .replace("[0, 0, 40", "[1, 0, 40")
        .replace("40, 0, 0]", "40, 1, 0]")
    )
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    moved = formats.read(tmp_path / "a.csv").annotations[0].regions[0]
    assert (moved.id, moved.shape) == ("r", Polygon(((1, 0), (40, 0), (40, 40))))


def test_a_class_whose_name_would_be_read_as_two_is_refused(tmp_path):
    regions = (Region("Fish > Cod", shape=Point(1, 2)),)
    labels = Labels((Sample("a.png", "a.png", 640, 480),), (Annotation("a.png", regions, "ada"),))
    labels = Labels(labels.samples, labels.annotations, (), (Term("Fish > Cod", "Animalia"),))
    with pytest.raises(ValueError, match="rename it"):
        formats.write(labels, tmp_path / "a.csv", "biigle")
    assert list(tmp_path.iterdir()) == []


METADATA = "file,SUB_datetime,lon,lat,gps_altitude,distance_to_ground,area,yaw\n"


def test_metadata_beside_a_report_comes_with_it_and_is_carried_on(real_data, tmp_path):
    attributes = {"attributes": json.dumps({"width": 9, "height": 8, "mimetype": "image/jpeg", "metadata": {"yaw": 3}})}
    path = table(tmp_path, row("Point", [1, 2], filename="abc.jpg", **attributes), row("Point", [1, 2], 2))
    given = (real_data / "exports" / "biigle_metadata_csv" / "image-metadata-with-bom.csv").read_text("utf-8-sig")
    (tmp_path / "first.csv").write_text("\ufeff" + given)
    (tmp_path / "second.csv").write_text(
        METADATA + "a.jpg,2016-12-19 12:27:00,52.2,,,,2.6\nabc.jpg,x,,,,,,\nq.jpg,,1.5,,,,,\n"
    )
    (tmp_path / "notes.csv").write_bytes(b"filename;lat\n\xff")
    found = formats.read(path)
    assert [(one.id, one.taken_at) for one in found.samples] == [("abc.jpg", "2016-12-19 12:27:00"), ("a.jpg", None)]
    known = found.beside["biigle"].samples
    columns, values = (line.split(",") for line in given.splitlines()[:2])
    assert known["abc.jpg"]["metadata"] == [dict(zip(columns, values, strict=True))]
    assert known["abc.jpg"]["attributes"] == {"mimetype": "image/jpeg", "metadata": {"yaw": 3}}
    assert "metadata" not in known["a.jpg"], "a row that is not whole is told"
    assert [one.where.rsplit("/", 1)[-1] for one in found.skipped] == ["second.csv, line 2", "q.jpg"]
    for name in ("biigle", "biigle_volume"):
        out = tmp_path / name / f"out{formats.formats()[name].ending}"
        out.parent.mkdir()
        formats.write(found, out, name, strict=True)
        again = formats.read(out)
        assert (again.samples, again.beside) == (found.samples, found.beside)
    with zipfile.ZipFile(out) as archive:
        assert archive.read("metadata.csv").decode().splitlines() == given.split()[:1] + given.splitlines()[1:2]
    assert [str(one) for one in formats.losses(found, "coco") if "biigle that" in one.what] == [
        "2 samples with fields of biigle that no record holds (the first: abc.jpg)"
    ]
