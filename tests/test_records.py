"""Records: refused at birth with a sentence, whole after a way through JSON."""

import json
import math

import pytest
from hypothesis import given
from some_records import FLAT, RECORDS

from imagine_kernels import shapes
from imagine_kernels.records import (
    Annotation,
    Box,
    Effort,
    Opinion,
    Quantity,
    Region,
    Sample,
    from_json,
    to_json,
)


@given(RECORDS)
def test_a_record_comes_back_whole_from_json(record):
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


def test_a_score_of_zero_stays_a_score():
    back = from_json(to_json(Region("diatom", 0.0, scores={"diatom": 0.0})))
    assert back.score == 0.0
    assert back.scores == {"diatom": 0.0}


def test_a_class_may_be_called_kind():
    assert from_json(to_json(Region("kind", 0.5, scores={"kind": 0.5}))).scores == {"kind": 0.5}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Sample("", "a.png", 1, 1), "needs an id"),
        (lambda: Sample("a", "a.png", 0, 1), "0 x 1 pixels"),
        (lambda: Region(""), "needs a label"),
        (lambda: Region("a", 1.2), "0..1"),
        (lambda: Region("a", scores={"b": -0.1}), "'b'"),
        (lambda: Region("a", math.nan), "0..1"),
        (lambda: Box(0, 0, 0, 5), "size"),
        (lambda: Box(math.nan, 0, 1, 5), "finite"),
        (lambda: shapes.Point(math.inf, 1), "finite"),
        (lambda: shapes.Line(((1, 1),)), "2 points"),
        (lambda: shapes.Polygon(((1, 1), (2, 2))), "3 points"),
        (lambda: shapes.Polygon(((1, 1), (2, 2), (2, 1)), (((1, 1), (2, 2)),)), "3 points"),
        (lambda: shapes.RotatedBox(1, 1, 0, 2, 30), "size"),
        (lambda: shapes.Ellipse(1, 1, 1, math.nan), "finite"),
        (lambda: shapes.Mask(0, 0, 2, 2, (1, 2)), "fill its 2 x 2"),
        (lambda: shapes.Mask(0, 0, 2, 2, (5, -1)), "fill"),
        (lambda: shapes.TimeFrequency(2, 2), "after it begins"),
        (lambda: shapes.TimeFrequency(1, 2, 50, 40), "after it begins"),
        (lambda: shapes.Track(()), "key frames"),
        (lambda: shapes.Track((shapes.Key(2.0), shapes.Key(1.0))), "later"),
        (lambda: Region("a", state="seen"), "'seen'"),
        (lambda: Opinion("a", at="yesterday"), "yesterday"),
        (lambda: Quantity(math.inf, "mL"), "finite"),
        (lambda: Quantity(1.0, ""), "unit"),
        (lambda: Effort(Quantity(0.0, "mL")), "above 0"),
        (lambda: Effort(dilution=-1), "above 0"),
        (lambda: Annotation("s", (), ""), "author"),
        (lambda: Annotation("s", (), "ada", "yesterday"), "yesterday"),
        (lambda: from_json({"kind": "Regiom"}), "Regiom"),
        (lambda: from_json({"kind": "Region", "lable": "a"}), "lable"),
        (lambda: from_json({"kind": "Region"}), "label"),
        (lambda: to_json(object()), "not a record"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@given(FLAT)
def test_bounds_hold_every_corner_of_a_shape(shape):
    box = shapes.bounds(shape)
    corners = shape.corners() if isinstance(shape, shapes.RotatedBox) else getattr(shape, "points", ())
    room = 1e-6 * max(1.0, abs(box.x) + box.width, abs(box.y) + box.height)
    for x, y in corners:
        assert box.x - room <= x <= box.x + box.width + room
        assert box.y - room <= y <= box.y + box.height + room


def test_a_turned_box_has_its_corners_where_a_person_sees_them():
    quarter = shapes.RotatedBox(10, 20, 8, 2, 90)
    assert [(round(x, 9), round(y, 9)) for x, y in quarter.corners()] == [(11, 16), (11, 24), (9, 24), (9, 16)]
    assert shapes.bounds(shapes.Ellipse(0, 0, 3, 1, 90)).height == pytest.approx(6)


def test_a_record_cannot_be_changed():
    sample = Sample("a", "a.png", 1, 1, measures={"area": Quantity(1.0, "µm²")})
    with pytest.raises(AttributeError):
        sample.width = 2
    with pytest.raises(TypeError):
        sample.measures["area"] = Quantity(2.0, "µm²")
