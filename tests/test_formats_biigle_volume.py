"""BIIGLE's archives: ours with everything in them, others' with several people's labels, label trees, broken ones."""

import csv
import io
import json
import zipfile

import pytest

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Ellipse, Key, Mask, Point, Polygon, RotatedBox, Track
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels, Term

TREES = [{"id": 1, "name": "t", "labels": [
    {"id": 5, "name": "Fish", "parent_id": None, "color": "ff0000"},
    {"id": 6, "name": "Cod", "parent_id": 5, "color": "00ff00", "source_id": "126436"},
]}]  # fmt: skip
USERS = [{"id": 1, "firstname": "Ada", "lastname": "Byron"}, {"id": 2, "firstname": "Bob", "lastname": ""}]
TABLES = {
    "images.csv": "id,filename,volume_id,uuid\n1,a.jpg,1,x\n",
    "image_annotations.csv": 'id,image_id,shape_id,created_at,updated_at,points\n9,1,4,,,"[5,6,7]"\n10,1,1,,,"[1,2"\n',
    "image_annotation_labels.csv": (
        "annotation_id,label_id,user_id,confidence,created_at,updated_at\n"
        "9,6,1,0.5,2026-01-02 03:04:05,\n9,5,1,1,2026-01-03 03:04:05,\n9,5,2,1,,\n10,6,1,1,,\n11,6,1,1,,\n9,77,3,1,,\n"
    ),
    "image_labels.csv": "id,image_id,label_id,user_id,created_at,updated_at\n1,1,5,2,,\n",
    "videos.csv": "id,filename,volume_id,uuid\n1,b.mp4,2,y\n",
    "video_annotations.csv": 'id,video_id,shape_id,created_at,updated_at,points,frames\n9,1,1,,,"[[1,2]]","[3.5]"\n',
    "video_annotation_labels.csv": "id,annotation_id,label_id,user_id,created_at,updated_at\n1,9,6,1,,\n",
}


def archive(tmp_path, **more):
    """A zip of these members."""
    path = tmp_path / "volumes.zip"
    lists = {"users.json": USERS, "volumes.json": [], "label_trees.json": TREES}
    with zipfile.ZipFile(path, "w") as found:
        for name, content in {**TABLES, **{key: json.dumps(one) for key, one in lists.items()}, **more}.items():
            found.writestr(name, content)
    return path


def test_an_archive_is_read_with_each_persons_labels_and_what_is_broken_is_told(tmp_path):
    path = archive(tmp_path)
    assert formats.detect(path).name == "biigle_volume"
    found = formats.read(path)
    said = {(one.sample_id, one.author): one for one in found.annotations}
    ada, bob, video = said["a.jpg", "Ada Byron"], said["a.jpg", "Bob"], said["b.mp4", "Ada Byron"]
    assert (ada.regions[0].label, ada.regions[0].score, ada.at) == ("Cod", 0.5, "2026-01-03 03:04:05")
    assert [opinion.label for opinion in ada.regions[0].opinions] == ["Fish"]
    assert ada.regions[0].shape == Ellipse(5, 6, 7, 7)
    assert [(region.label, region.shape) for region in bob.regions] == [("Fish", Ellipse(5, 6, 7, 7)), ("Fish", None)]
    assert video.regions[0].shape == Track((Key(3.5, Point(1, 2)),))
    assert Term("Cod", "Fish", "6", "#00ff00", {"source": "126436"}) in found.terms
    told = [one.why for one in found.skipped]
    assert len(told) == 4
    assert "its label is in none of the archive's label trees." in told
    assert "the annotation that it labels is not in the archive." in told


def test_everything_comes_back_and_the_tables_say_it_too(tmp_path):
    samples = (Sample("a.png", "a.png", 640, 480, group="cast 3"), Sample("b.mp4", "b.mp4", 640, 480))
    drawn = (None, Box(1, 2, 3, 4), RotatedBox(50, 50, 20, 10, 30), Mask(9, 5, 4, 3, (0, 12)))
    still = Annotation("a.png", tuple(Region("Cod", shape=one, state="accepted") for one in drawn), "ada")
    track = Track((Key(0.5, Point(1, 2)), Key(1.5, Point(3, 4)), Key(2.0)))
    moving = Annotation("b.mp4", (Region("Eel", shape=track),), "bob")
    guess = Prediction("a.png", (Region("Cod", 0.0, Polygon(((0, 0), (9, 0), (9, 9)))),), "net", "abc")
    terms = (Term("Cod", "Fish", "7", "#00ff00"), Term("Eel", "Fish"), Term("Crab"))
    labels = Labels(samples, (still, moving), (guess,), terms)
    assert formats.write(labels, tmp_path / "a.zip", "biigle_volume", strict=True) == ()
    back = formats.read(tmp_path / "a.zip")
    assert not back.skipped
    assert [one.regions for one in back.annotations] == [still.regions, moving.regions]
    assert (back.samples, back.predictions, set(map(repr, back.terms))) == (samples, (guess,), set(map(repr, terms)))
    with zipfile.ZipFile(tmp_path / "a.zip") as found:
        rows = list(csv.DictReader(io.StringIO(found.read("image_annotations.csv").decode())))
        tree = json.loads(found.read("label_trees.json"))[0]["labels"]
    assert [row["shape_id"] for row in rows] == ["5", "5", "3", "3"]
    assert json.loads(rows[0]["points"]) == [1, 2, 4, 2, 4, 6, 1, 6]
    assert {one["name"]: one["parent_id"] for one in tree} == {"Cod": 4, "Eel": 4, "Crab": None, "Fish": None}


def test_a_label_tree_alone_gives_its_classes(tmp_path):
    path = tmp_path / "tree.zip"
    with zipfile.ZipFile(path, "w") as found:
        found.writestr("label_tree.json", json.dumps({"id": 1, "name": "t"}))
        found.writestr(
            "labels.csv", "id,name,parent_id,color,label_tree_id,source_id\n5,Fish,,ff0000,1,\n6,Cod,5,0f0,1,\n"
        )
    found = formats.read(path)
    assert [(term.name, term.parent) for term in found.terms] == [("Fish", None), ("Cod", "Fish")]


def test_a_table_that_leads_out_of_the_archive_or_breaks_off_is_refused(tmp_path):
    assert formats.read(archive(tmp_path, **{"../images.csv": "id\n"})).samples
    with pytest.raises(ValueError, match=r"users\.json .* breaks off"):
        formats.read(archive(tmp_path, **{"users.json": '[{"id": 1'}))
