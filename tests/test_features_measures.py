"""EcoTaxa's features of shapes whose truth is known: what turning, moving and enlarging may and may not change."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_kernels import features
from imagine_kernels.features import outline, particle
from imagine_kernels.records import Quantity

PLACED = {"bx", "by", "xstart", "ystart"}
TURNED = {*PLACED, "x", "y", "xm", "ym", "width", "height", "angle", "convperim", "fcons", "thickr"}
"""What a quarter turn changes by its definition; fcons and thickr are read along the columns of the picture."""
FOLDED = {"symetrieh", "symetriev", "symetriehc", "symetrievc"}
SCALE_FREE = ("circ.", "elongation", "perimferet", "perimmajor", "feretareaexc", "circex")
GREY_FREE = ("area", "perim.", "feret", "major", "minor", "convarea", "stddev", "range", "skew", "kurt", "slope")


def drawn(shape, side=120, grey=90, water=240):
    """A picture with the pixels of `shape`(y, x) in grey, a little lighter to the right."""
    y, x = np.mgrid[:side, :side] + 0.5
    body = shape(y - side / 2, x - side / 2)
    return np.where(body, grey + (x * 0.3).astype(int), water).astype(np.uint8)


def ellipse(long, short, angle=0.0):
    """A shape whose axes measure `long` and `short`, turned by `angle` degrees counter-clockwise."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))

    def inside(y, x):
        along, across = x * cosine - y * sine, x * sine + y * cosine
        return (2 * along / long) ** 2 + (2 * across / short) ** 2 < 1

    return inside


def blob(seed, size=24):
    """A ragged object with holes, in the middle of water."""
    rng = np.random.default_rng(seed)
    rough = rng.random((size, size))
    for _ in range(2):
        rough = (rough + np.roll(rough, 1, 0) + np.roll(rough, 1, 1) + np.roll(rough, -1, 0)) / 4
    grey = (rng.integers(60, 180, (size, size))).astype(np.uint8)
    picture = np.full((3 * size, 3 * size), 240, np.uint8)
    picture[size : 2 * size, size : 2 * size] = np.where(rough > 0.5, grey, 240)
    return picture


def measured(picture, **how):
    return features.measure(features.find(picture, threshold=200, **how))


def test_disc_of_known_area_is_round():
    found = measured(drawn(ellipse(60, 60)))
    assert found["area"] == pytest.approx(math.pi * 30**2, rel=0.01)
    assert found["esd"] == pytest.approx(60, rel=0.005)
    assert found["major"] == pytest.approx(60, rel=0.005)
    assert found["elongation"] == pytest.approx(1, abs=0.01)
    assert found["feret"] == pytest.approx(60, abs=1.5)
    assert found["perim."] == pytest.approx(math.pi * 60, rel=0.06)  # ImageJ's rule is some 5 % too long on slants
    assert found["convarea"] == pytest.approx(found["area"], rel=0.02)
    assert found["%area"] == 0
    assert found["centroids"] == pytest.approx(0, abs=2)


def test_square_and_line_have_the_lengths_that_imagej_documents():
    one, four = np.ones((1, 1), bool), np.ones((2, 2), bool)
    assert outline.perimeter(outline.trace(one)) == pytest.approx(4 - 2 * (2 - math.sqrt(2)))
    assert outline.perimeter(outline.trace(four)) == pytest.approx(8 - 4 * (2 - math.sqrt(2)))
    diagonal = outline.trace(np.eye(5, dtype=bool))  # pixels that touch at corners have one outline
    assert np.abs(np.diff(diagonal, axis=0, append=diagonal[:1])).sum() == 20


@pytest.mark.parametrize("angle", [0, 30, 90, 144])
def test_ellipse_is_told_by_its_axes_and_its_angle(angle):
    found = measured(drawn(ellipse(80, 30, angle)))
    assert found["major"] == pytest.approx(80, rel=0.01)
    assert found["minor"] == pytest.approx(30, rel=0.02)
    assert min(abs(found["angle"] - angle), 180 - abs(found["angle"] - angle)) < 1


def test_ring_has_a_hole_and_a_disc_with_an_edge_of_grey_has_contrast():
    hole, disc = ellipse(30, 30), ellipse(60, 60)
    found = measured(drawn(lambda y, x: disc(y, x) & ~hole(y, x)))
    assert found["%area"] == pytest.approx(25, abs=0.5)
    assert found["area_exc"] == pytest.approx(math.pi * (30**2 - 15**2), rel=0.01)
    assert found["skelarea"] == pytest.approx(math.pi * 45, rel=0.15)
    assert found["fractal"] > measured(drawn(disc))["fractal"]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.integers(1, 3))
def test_quarter_turns_change_places_alone(seed, turns):
    plain, turned = measured(blob(seed)), measured(np.rot90(blob(seed), turns).copy())
    for name in plain.keys() - TURNED - FOLDED - {"skelarea", "fractal"}:
        if not name.startswith(("perim", "circ")):
            assert turned[name] == pytest.approx(plain[name], rel=1e-6, abs=1e-6, nan_ok=True), name
    for name in ("perim.", "fractal", "skelarea", "symetrieh"):  # they begin somewhere, or lie on a grid
        assert turned[name] == pytest.approx(plain[name], rel=0.25), name


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.integers(0, 20), st.integers(0, 20))
def test_moving_changes_the_place_in_the_picture_alone(seed, down, right):
    plain, moved = measured(blob(seed)), measured(np.roll(blob(seed), (down, right), (0, 1)))
    assert moved["bx"] - plain["bx"] == right
    assert moved["ystart"] - plain["ystart"] == down
    for name in plain.keys() - PLACED:
        assert moved[name] == pytest.approx(plain[name], nan_ok=True), name


@settings(max_examples=10, deadline=None)
@given(st.integers(30, 70), st.integers(20, 30), st.integers(0, 179))
def test_enlarging_keeps_shape_and_squares_areas(long, short, angle):
    plain = measured(drawn(ellipse(long, short, angle), side=100))
    large = measured(drawn(ellipse(3 * long, 3 * short, angle), side=300))
    assert large["area"] == pytest.approx(9 * plain["area"], rel=0.03)
    assert large["feret"] == pytest.approx(3 * plain["feret"], rel=0.06)
    for name in SCALE_FREE:
        assert large[name] == pytest.approx(plain[name], rel=0.08), name


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 999), st.integers(-50, 15))
def test_another_lamp_moves_greys_not_shapes(seed, lighter):
    picture = blob(seed)
    plain = features.measure(features.find(picture, threshold=200))
    other = features.measure(features.find((picture.astype(int) + lighter).astype(np.uint8), threshold=200 + lighter))
    assert other["mean"] - plain["mean"] == pytest.approx(lighter)
    for name in GREY_FREE:
        assert other[name] == pytest.approx(plain[name]), name


def test_light_on_dark_is_the_same_object_upside_down():
    picture = blob(3)
    dark, light = features.find(picture, threshold=200), features.find(255 - picture, threshold=55)
    assert light.inverted
    assert not dark.inverted
    assert features.measure(light) == pytest.approx(features.measure(dark), nan_ok=True)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (2, 2), (256, 3)])
def test_smallest_objects_have_every_feature(shape):
    picture = np.full((260, 20), 255, np.uint8)
    picture[2 : 2 + shape[0], 3 : 3 + shape[1]] = 7
    found = measured(picture)
    assert found["area"] == shape[0] * shape[1]
    assert found["feret"] == pytest.approx(math.hypot(*shape))
    assert math.isnan(found["skew"])
    assert math.isnan(found["sr"])
    finite = [name for name, value in found.items() if math.isfinite(value)]
    assert len(finite) >= 48


def test_the_largest_object_is_taken_and_the_others_are_counted():
    picture = drawn(ellipse(40, 40))
    picture[2:6, 2:6] = 10
    found = features.find(picture, threshold=200)
    assert found.others == 1
    assert found.x > 10
    given = np.zeros(picture.shape, bool)
    given[2:6, 2:6] = True
    assert features.find(picture, given).filled.sum() == 16


@pytest.mark.parametrize(
    ("picture", "how", "sentence"),
    [
        (np.full((9, 9), 250, np.uint8), {"threshold": 200}, "No object in the picture"),
        (np.zeros((9, 9), np.uint16), {}, "8 bits, not uint16"),
        (np.zeros((9, 9, 3), np.uint8), {}, "grey picture"),
        (np.zeros((0, 9), np.uint8), {}, "grey picture"),
        (np.zeros((9, 9), np.uint8), {"mask": np.ones((3, 3), bool)}, "shape"),
    ],
)
def test_what_is_no_object_is_told_in_a_sentence(picture, how, sentence):
    with pytest.raises(ValueError, match=sentence):
        features.find(picture, **how)


def test_even_picture_is_one_object_of_all_pixels():
    assert features.find(np.full((6, 5), 77, np.uint8)).filled.all()


def test_otsu_parts_two_greys_and_the_rim_tells_the_water():
    picture = drawn(ellipse(60, 40), grey=40, water=200)
    assert 40 < particle.otsu(picture) < 200
    assert particle.rim(picture) == 200


def test_sizes_have_units_only_where_the_pixel_is_known():
    found = measured(drawn(ellipse(60, 60)))
    assert features.physical(found, None) == {}
    sizes = features.physical(found, Quantity(10.6, "micrometer"))
    assert sizes["esd"].value == pytest.approx(found["esd"] * 10.6)
    assert sizes["esd"].unit == "micrometer"
    assert sizes["area"] == Quantity(found["area"] * 10.6**2, "micrometer ** 2")
    assert sizes["volume_esd"].unit == "micrometer ** 3"
    radius = math.sqrt(found["area"] / math.pi) * 10.6
    assert sizes["volume_esd"].value == pytest.approx(4 / 3 * math.pi * radius**3)
    assert sizes["volume_ellipsoid"].value == pytest.approx(sizes["volume_esd"].value, rel=0.02)
