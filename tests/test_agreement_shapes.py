"""Agreement on what is drawn: which shapes are one thing, of every kind, and what follows for finding and naming."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from imagine_kernels.records import Annotation, Region
from imagine_kernels.shapes import (
    Box,
    Ellipse,
    Key,
    Line,
    Mask,
    MultiPolygon,
    Point,
    Polygon,
    RotatedBox,
    TimeFrequency,
    Track,
)
from imagine_widgets.agreement import agree
from imagine_widgets.agreement.nearness import at, nearness
from imagine_widgets.agreement.pairing import things

SQUARE, FAR = Box(10, 10, 20, 20), Box(30, 10, 20, 20)


def moved(x, *, turn=False):
    return RotatedBox(20 + x, 20, 20, 20, 90 if turn else 0)


def track(*keys):
    return Track(tuple(Key(time, shape) for time, shape in keys))


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        (SQUARE, Box(20, 10, 20, 20), 1 / 3),
        (moved(0), moved(10, turn=True), 1 / 3),
        (SQUARE, Polygon(((10, 10), (30, 10), (30, 30))), 0.5),
        (Mask(0, 0, 4, 2, (0, 8)), Mask(2, 0, 4, 2, (0, 8)), 1 / 3),
        (Ellipse(20, 20, 8, 8), Ellipse(20, 20, 4, 16), 0.404),
        (MultiPolygon((Polygon(((10, 10), (30, 10), (30, 30))),)), SQUARE, 0.5),
        (Point(10, 10), Point(13, 14), 0.75),
        (Point(10, 10), Point(90, 10), 0),
        (Point(20, 20), SQUARE, 0),
        (Line(((0, 0), (100, 0))), Line(((100, 5), (0, 5))), 1),
        (Line(((0, 0), (100, 0))), Line(((0, 0), (50, 0))), 0.8),
        (Line(((0, 0), (100, 0))), Line(((0, 40), (100, 40))), 0),
        (TimeFrequency(0, 4), TimeFrequency(2, 6), 1 / 3),
        (TimeFrequency(0, 4, 100, 200), TimeFrequency(2, 6), 1 / 3),
        (TimeFrequency(0, 4, 100, 200), TimeFrequency(0, 4, 150, 250), 1 / 3),
        (TimeFrequency(0, 4, 100, 200), TimeFrequency(0, 4, 300, 400), 0),
        (track((0, SQUARE), (2, SQUARE)), track((1, SQUARE), (3, SQUARE)), 1 / 3),
        (track((0, SQUARE), (4, SQUARE)), track((0, SQUARE), (2, None), (4, None)), 1 / 2),
        (track((0, SQUARE), (4, FAR)), track((0, SQUARE), (2, Box(20, 10, 20, 20)), (4, FAR)), 1),
        (track((0, SQUARE)), track((0, SQUARE)), 1),
    ],
)  # fmt: skip
def test_shapes_are_as_alike_as_geometry_says(one, other, near):
    assert nearness(one, other) == pytest.approx(near, abs=0.03)
    assert nearness(other, one) == pytest.approx(near, abs=0.03)


def test_between_two_keys_a_thing_moves_evenly_and_turns_the_short_way():
    turning = track((0, RotatedBox(0, 0, 4, 2, 350)), (10, RotatedBox(10, 0, 4, 2, 10)))
    assert at(turning, 5) == RotatedBox(5, 0, 4, 2, 360)
    swimming = track((1, Polygon(((0, 0), (2, 0), (0, 2)))), (3, Polygon(((2, 0), (4, 0), (2, 2)))), (4, None))
    assert at(swimming, 2) == Polygon(((1, 0), (3, 0), (1, 2)))
    assert [at(swimming, time) is None for time in (0.9, 1, 3.5, 4, 5)] == [True, False, False, True, True]


NEAR = some.floats(-30, 30)
SIZE = some.floats(0.5, 30)
XY = some.tuples(NEAR, NEAR)
AREAS = some.one_of(
    some.builds(Box, NEAR, NEAR, SIZE, SIZE),
    some.builds(RotatedBox, NEAR, NEAR, SIZE, SIZE, some.floats(-360, 360)),
    some.builds(Ellipse, NEAR, NEAR, SIZE, SIZE, some.floats(-360, 360)),
    some.builds(Polygon, some.lists(XY, min_size=3, max_size=5).map(tuple)),
    some.builds(Mask, some.integers(-9, 9), some.integers(-9, 9), some.just(4), some.just(3), some.just((2, 7, 3))),
)
LINES = some.builds(Line, some.lists(XY, min_size=2, max_size=4).map(tuple))
FLAT = some.one_of(AREAS, some.builds(Point, NEAR, NEAR), LINES)
SOUNDS = some.builds(lambda start, long: TimeFrequency(start, start + long), NEAR, SIZE)
TRACKS = some.lists(some.none() | FLAT, min_size=1, max_size=3).map(lambda shapes: track(*enumerate(shapes)))


@settings(max_examples=50, deadline=None)
@given(some.lists(some.one_of(FLAT, SOUNDS, TRACKS), min_size=1, max_size=2), some.lists(FLAT | TRACKS, max_size=2))
def test_any_shapes_compare_to_0_to_1_and_become_things_that_hold_each_region_once(one, other):
    said = {name: [Region("a", shape=s) for s in shapes] for name, shapes in (("ada", one), ("bob", other))}
    for first, second in itertools.product(one, other):
        assert 0 <= nearness(first, second) <= 1 + 1e-9
    found = things(said)
    held = sorted(region.id for thing in found for region in thing.regions.values())
    assert held == sorted(region.id for regions in said.values() for region in regions)


def boxes(*sides, author="ada", sample="s", labels="cod", size=20):
    names = labels.split() * (len(sides) if " " not in labels else 1)
    regions = tuple(Region(name, shape=Box(x, 0, size, size)) for x, name in zip(sides, names, strict=True))
    return Annotation(sample, regions, author)


def test_finding_placing_and_naming_are_told_apart():
    """Of four things both find three, one of them named differently, one of them half beside."""
    told = [
        boxes(0, 100, 200, 300, labels="cod cod ling cod"),
        boxes(0, 105, 200, 400, author="bob", labels="cod cod cod hake"),
    ]
    drawn = agree(told).drawn
    (pair,) = drawn.pairs
    assert (pair.both, pair.first, pair.second) == (3, 1, 1)
    assert pair.found.value == pytest.approx(0.75)
    assert pair.near.value == pytest.approx((1 + 15 / 25 + 1) / 3)
    assert drawn.things == 5
    assert drawn.same.value == pytest.approx(2 / 5)
    # of matched: ada says cod, cod, ling; bob says cod three times
    assert pair.kappa.value == pytest.approx((2 / 3 - 2 / 3) / (1 / 3))
    chance = (3 * 3 + 1 * 1) / 25  # cod of both, not drawn of both; ling and hake are of one each
    assert pair.kappa_with_missing.value == pytest.approx((2 / 5 - chance) / (1 - chance))


def test_a_stricter_overlap_finds_less_and_a_farther_reach_more():
    told = [boxes(0, 100), boxes(5, 105, author="bob")]
    assert agree(told).drawn.found.value == 1
    assert agree(told, least=0.7).drawn.found.value == 0
    points = [Annotation("s", (Region("a", shape=Point(x, 0)),), author) for x, author in ((0, "ada"), (15, "bob"))]
    assert agree(points).drawn.found.value == 0
    assert agree(points, reach=30).drawn.found.value == 1
    with pytest.raises(ValueError, match="overlap above 0"):
        agree(told, least=0)


def test_an_empty_annotation_found_nothing_and_no_annotation_did_not_look():
    told = [boxes(0), boxes(author="bob"), boxes(0, 50, sample="t")]
    drawn = agree(told).drawn
    assert (drawn.samples, drawn.things) == (1, 1)
    assert drawn.pairs[0].found.value == 0
    named = Annotation("s", (Region("a cod somewhere"),), "eve")
    assert {pair.authors for pair in agree([*told, named]).drawn.pairs} == {("ada", "bob")}


def test_three_people_and_one_thing_are_one_thing_only_where_every_two_are_alike():
    near = [boxes(0), boxes(2, author="bob"), boxes(4, author="eve")]
    assert agree(near).drawn.things == 1
    assert agree(near).drawn.kappa.value is None  # all drew the same and named it the same
    chain = [boxes(0), boxes(6, author="bob"), boxes(12, author="eve")]
    found = agree(chain).drawn
    assert found.things == 2
    assert {pair.authors: pair.both for pair in found.pairs} == {
        ("ada", "bob"): 1,
        ("bob", "eve"): 1,
        ("ada", "eve"): 0,
    }


def test_most_alike_goes_first_and_between_equals_the_label_decides():
    said = {
        "ada": [Region("cod", shape=Box(0, 0, 20, 20)), Region("cod", shape=Box(4, 0, 20, 20))],
        "bob": [Region("cod", shape=Box(4, 0, 20, 20))],
    }
    pair = next(thing for thing in things(said) if len(thing.regions) == 2)
    assert pair.regions["ada"].shape.x == 4
    twice = {"ada": [Region("ling", shape=SQUARE), Region("cod", shape=SQUARE)], "bob": [Region("cod", shape=SQUARE)]}
    pair = next(thing for thing in things(twice) if len(thing.regions) == 2)
    assert [region.label for region in pair.regions.values()] == ["cod", "cod"]


def test_intervals_come_from_samples_not_from_regions():
    """A hundred boxes in one picture are one sample: nothing is known of the next picture."""
    crowded = [boxes(*range(0, 3000, 30)), boxes(*range(0, 1500, 30), author="bob")]
    assert agree(crowded).drawn.found.low is None
    spread = [
        boxes(0, author=author, sample=f"s{n}") if author == "ada" or n % 2 else boxes(author=author, sample=f"s{n}")
        for n in range(60)
        for author in ("ada", "bob")
    ]
    found = agree(spread).drawn.found
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(2 / 3)
