"""Records: refused at birth with a sentence, whole after a way through JSON."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imagine_kernels.records import (
    Annotation,
    Box,
    Effort,
    Prediction,
    Quantity,
    Region,
    Sample,
    Skipped,
    from_json,
    to_json,
)

TEXT = some.text(min_size=1, max_size=20)
SCORE = some.floats(0, 1)
NUMBER = some.floats(allow_nan=False, allow_infinity=False, width=32)
SIZE = some.floats(min_value=0.1, max_value=1e5)
BOXES = some.builds(Box, NUMBER, NUMBER, SIZE, SIZE)
QUANTITIES = some.builds(Quantity, NUMBER, TEXT)
REGIONS = some.builds(
    Region, TEXT, some.none() | SCORE, some.none() | BOXES, scores=some.dictionaries(TEXT, SCORE, max_size=4)
)
EFFORTS = some.builds(Effort, some.none() | some.builds(Quantity, SIZE, TEXT), SIZE)
SAMPLES = some.builds(
    Sample,
    TEXT,
    TEXT,
    some.integers(1, 9999),
    some.integers(1, 9999),
    some.none() | BOXES,
    some.none() | TEXT,
    pixel_size=some.none() | QUANTITIES,
    effort=some.none() | EFFORTS,
    measures=some.dictionaries(TEXT, QUANTITIES, max_size=3),
)
TUPLES = some.lists(REGIONS, max_size=3).map(tuple)
RECORDS = some.one_of(
    SAMPLES,
    REGIONS,
    some.builds(Prediction, TEXT, TUPLES, TEXT, TEXT),
    some.builds(Annotation, TEXT, TUPLES, TEXT),
    some.builds(Skipped, TEXT, TEXT),
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


def test_a_record_cannot_be_changed():
    sample = Sample("a", "a.png", 1, 1, measures={"area": Quantity(1.0, "µm²")})
    with pytest.raises(AttributeError):
        sample.width = 2
    with pytest.raises(TypeError):
        sample.measures["area"] = Quantity(2.0, "µm²")
