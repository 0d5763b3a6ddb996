"""GeoJSON in pixels as other tools write it, ours in their eyes, and files that are on the earth or broken."""

import json

import pytest

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Box, Ellipse, Line, Mask, MultiPolygon, Point, Polygon, RotatedBox, bounds
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels, Term

RING = [[0, 0], [900, 0], [900, 900], [0, 0]]
HOLE = [[600, 100], [800, 100], [800, 300], [600, 100]]


def features(tmp_path, *found, **more):
    """A file of these features."""
    told = [{"type": "Feature", "properties": {"label": "Cod", "image": "a.png"}, **one} for one in found]
    path = tmp_path / "outlines.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": told} | more))
    return path


def test_outlines_of_a_microscopes_tool_are_read_with_their_holes_and_classes(tmp_path):
    facts = {"objectType": "annotation", "classification": {"name": "Nodularia", "color": [1, 2, 3]}}
    path = tmp_path / "slide 7.geojson"
    told = {"type": "Feature", "id": "q1", "geometry": {"type": "Polygon", "coordinates": [RING, HOLE]}}
    path.write_text(json.dumps([told | {"properties": facts}]))
    assert formats.detect(path).name == "geojson"
    found = formats.read(path)
    region = found.annotations[0].regions[0]
    assert (found.samples[0].id, region.label, region.id) == ("slide 7", "Nodularia", "q1")
    assert len(region.shape.points) == 3
    assert region.shape.holes == (((600, 100), (800, 100), (800, 300)),)
    assert region.raw == {"geojson": '{"objectType": "annotation"}'}


def test_every_geometry_of_one_thing_is_read(tmp_path):
    path = features(
        tmp_path,
        {"geometry": {"type": "Point", "coordinates": [1, 2, 77]}},
        {"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}},
        {"geometry": {"type": "MultiPolygon", "coordinates": [[RING], [HOLE]]}},
        {"geometry": None},
    )
    point, line, several, whole = (region.shape for region in formats.read(path).annotations[0].regions)
    assert (point, line, whole) == (Point(1, 2), Line(((1, 2), (3, 4))), None)
    assert [len(part.points) for part in several.parts] == [3, 3]


def test_everything_comes_back_and_others_see_its_outline(tmp_path):
    sample = Sample("a.png", "a.png", 640, 480, group="cast 3")
    drawn = (
        Box(1, 2, 30, 40), RotatedBox(50, 50, 20, 10, 30), Ellipse(50, 60, 20, 10, 15), Mask(9, 5, 4, 3, (0, 12)),
        MultiPolygon((Polygon(((0, 0), (9, 0), (9, 9))), Polygon(((20, 0), (29, 0), (29, 9))))), None, Point(1, 2),
    )  # fmt: skip
    said = Annotation("a.png", tuple(Region("Cod", shape=one, state="accepted") for one in drawn), "ada")
    guess = Prediction("a.png", (Region("Cod", 0.0, drawn[0]),), "net", "abc")
    labels = Labels((sample,), (said,), (guess,), (Term("Cod", "Fish"),))
    assert formats.write(labels, tmp_path / "a.geojson", "geojson", strict=True) == ()
    back = formats.read(tmp_path / "a.geojson")
    assert not back.skipped
    assert (back.samples, back.annotations[0].regions) == ((sample,), said.regions)
    assert (back.predictions, back.terms) == ((guess,), labels.terms)
    data = json.loads((tmp_path / "a.geojson").read_text())
    for shape, told in zip(drawn[:4], data["features"], strict=False):
        ring = told["geometry"]["coordinates"][0]
        assert ring[0] == ring[-1]
        seen, true = bounds(Polygon(tuple(map(tuple, ring)))), bounds(shape)
        assert [seen.x, seen.y, seen.width, seen.height] == pytest.approx(
            [true.x, true.y, true.width, true.height], abs=0.1
        )


def test_a_moved_outline_is_read_as_it_is_now(tmp_path):
    region = Region("Cod", shape=Box(1, 2, 30, 40), state="accepted")
    labels = Labels((Sample("a.png", "a.png", 640, 480),), (Annotation("a.png", (region,), "ada"),))
    path = tmp_path / "a.geojson"
    formats.write(labels, path, "geojson")
    data = json.loads(path.read_text())
    data["features"][0]["geometry"]["coordinates"][0][1] = [99, 2]
    path.write_text(json.dumps(data))
    moved = formats.read(path).annotations[0].regions[0]
    assert (moved.id, moved.state) == (region.id, "accepted")
    assert moved.shape == Polygon(((1, 2), (99, 2), (31, 42), (1, 42)))


def test_places_on_the_earth_are_refused_as_such(tmp_path):
    place = {"geometry": {"type": "Point", "coordinates": [9.98, 53.55]}, "properties": {"name": "Elbe"}}
    with pytest.raises(ValueError, match="not in pixels"):
        formats.read(features(tmp_path, place))
    far = {"geometry": {"type": "Point", "coordinates": [565000.0, 5934000.0]}}
    with pytest.raises(ValueError, match="not in pixels"):
        formats.read(features(tmp_path, far, crs={"type": "name"}))


def test_broken_features_are_told_and_the_others_are_read(tmp_path):
    path = features(
        tmp_path,
        {"geometry": {"type": "Point", "coordinates": [1, 2]}},
        {"geometry": {"type": "GeometryCollection", "geometries": []}},
        {"geometry": {"type": "Polygon", "coordinates": [[[1, 1], [2, 2]]]}},
        {"geometry": {"type": "Point", "coordinates": [float("nan"), 2]}},
        {"geometry": None, "properties": {"image": "a.png", "comment": "nice"}},
        {"type": "Nothing"},
    )
    found = formats.read(path)
    assert [len(one.regions) for one in found.annotations] == [1]
    assert [one.where[-1] for one in found.skipped[:-1]] == ["2", "3", "4", "5", "6"]
    path.write_text('{"type": "FeatureCollection", "featu')
    with pytest.raises(ValueError, match="not whole"):
        formats.read(path)


def test_what_lies_beside_our_features_is_not_believed(tmp_path):
    packed = {"region": {"kind": "Region", "label": "Cod", "id": 7, "shape": {"kind": "Line", "points": ["ab", "c"]}}}
    facts = {"label": "Cod", "image": "a.png", "imagine": packed}
    path = features(tmp_path, {"geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": facts, "id": "q"})
    region = formats.read(path).annotations[0].regions[0]
    assert (region.id, region.shape) == ("q", Point(1, 2))
    with pytest.raises(ValueError, match="is not as files of GeoJSON are"):
        formats.read(features(tmp_path, imagine={"terms": 7}))
