"""Samples and regions through napari's own layers and back: what a person left alone is the very same record."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from napari.layers import Layer
from PIL import Image
from some_records import REGIONS

from imagine_kernels.images import masks
from imagine_kernels.records import Annotation, Quantity, Region, Sample
from imagine_kernels.shapes import (
    Box,
    Ellipse,
    Line,
    Mask,
    MultiPolygon,
    Point,
    Polygon,
    RotatedBox,
    TimeFrequency,
    Track,
    bounds,
)
from imagine_widgets.napari import from_napari, to_napari

WIDTH, HEIGHT = 64, 48


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    made = []
    for number, (width, height) in enumerate([(WIDTH, HEIGHT), (WIDTH - 9, HEIGHT - 5)]):
        path = folder / f"{number}.png"
        Image.fromarray(np.full((height, width, 3), 40 * (number + 1), np.uint8)).save(path)
        made.append(Sample(path.name, str(path), width, height))
    return made


def layers_of(samples, regions, **more):
    said = [Annotation(sample.id, tuple(some), "ana") for sample, some in zip(samples, regions, strict=False)]
    return [Layer.create(*layer) for layer in to_napari(samples, said, **more)]


def back(layers):
    return [annotation.regions for annotation in from_napari(layers, "me")]


def named(layers, name):
    return next(layer for layer in layers if layer.name == name)


def is_near(region):
    """napari draws what lies within reach of a screen; it takes minutes over a box of 1e30 pixels."""
    shape = region.shape
    if isinstance(shape, Track | TimeFrequency | Mask | None):
        return True
    box = bounds(shape)
    return max(abs(box.x), abs(box.y), box.width, box.height) < 1e5


DISTINCT = some.lists(REGIONS.filter(is_near), max_size=4, unique_by=lambda region: region.id)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DISTINCT, DISTINCT)
def test_what_nobody_touched_comes_back_as_the_very_same_records(samples, first, second):
    assert back(layers_of(samples, [first, second])) == [tuple(first), tuple(second)]
    assert back(layers_of(samples[:1], [first])) == [tuple(first)]


INSIDE = [
    Box(3, 4, 10, 6),
    RotatedBox(20, 20, 12, 5, 30),
    Ellipse(30, 20, 8, 3, 40),
    Line(((1, 2), (5, 9), (20, 9))),
    Polygon(((5, 5), (15, 6), (9, 17))),
    MultiPolygon((Polygon(((5, 5), (15, 6), (9, 17))), Polygon(((30, 5), (35, 6), (32, 17))))),
]


@pytest.mark.parametrize("shape", INSIDE, ids=lambda shape: type(shape).__name__)
def test_what_was_moved_there_is_moved_by_as_much_and_keeps_its_id(samples, shape):
    layers = layers_of(samples, [[], [Region("fish", 0.5, shape, "r")]])
    outlines = named(layers, "shapes")
    outlines.data = [corners + np.array([0, 2, 3]) for corners in outlines.data]
    (region,) = back(layers)[1]
    assert (region.id, region.label, region.score, region.state) == ("r", "fish", None, "corrected")
    for now, before in zip(numbers(region.shape), numbers(shape), strict=True):
        assert now == pytest.approx(before, abs=1e-6)


def numbers(shape):
    """Corners of a shape, (x, y), less the move of the test where it was moved."""
    around = INSIDE_AREA(shape)
    rows, columns = np.nonzero(around)
    move = (0, 0) if shape in INSIDE else (3, 2)
    return columns.mean() - move[0], rows.mean() - move[1], around.sum()


def INSIDE_AREA(shape):  # noqa: N802
    from imagine_kernels.images.tiles import Window

    if isinstance(shape, Line):
        grid = np.zeros((HEIGHT, WIDTH), bool)
        for x, y in shape.points:
            grid[int(y), int(x)] = True
        return grid
    return masks.inside(shape, Window(0, 0, WIDTH, HEIGHT))


def test_a_pixel_painted_there_is_that_pixel_here_and_a_point_on_its_centre_is_its_middle(samples):
    layers = layers_of(samples, [[Region("egg", shape=Mask(7, 5, 1, 1, (0, 1)), id="m")], []])
    painted = named(layers, "masks")
    assert painted.data[0, 5, 7] == 1
    painted.data[0, 5, 8] = 1
    named(layers, "points").add([0, 5, 7])
    first, _ = back(layers)
    assert [region.shape for region in first] == [Mask(7, 5, 2, 1, (0, 2)), Point(7.5, 5.5)]
    assert first[0].id == "m"
    assert first[1].id


def test_new_shapes_take_the_class_that_was_given_and_copies_get_ids_of_their_own(samples):
    layers = layers_of(samples, [[Region("fish", shape=Box(1, 1, 4, 4), id="r")], []], labels=["eel", "fish"])
    outlines = named(layers, "shapes")
    outlines.add_rectangles(np.array([[1, 9, 9], [1, 9, 19], [1, 15, 19], [1, 15, 9]]))
    outlines.selected_data = {0}
    outlines.mode = "select"
    outlines._copy_data()
    outlines._paste_data()
    first, second = back(layers)
    assert [region.label for region in second] == ["eel"]
    assert second[0].shape == Box(9.5, 9.5, 10, 6)
    assert first[0].id == "r"
    assert len({region.id for region in first}) == len(first) == 2


def test_deleted_regions_are_missing_and_unseen_ones_stay(samples):
    said = [
        Region("whole", id="w"),
        Region("fish", shape=Box(1, 1, 4, 4), id="r"),
        Region("p", shape=Point(2, 2), id="p"),
    ]
    layers = layers_of(samples[:1], [said])
    outlines = named(layers, "shapes")
    outlines.selected_data = {0}
    outlines.remove_selected()
    assert [region.id for region in back(layers)[0]] == ["w", "p"]


def test_masks_that_overlap_lie_in_layers_of_their_own(samples):
    said = [Region(f"m{n}", shape=Mask(5, 5, 4, 4, (0, 16)), id=f"m{n}") for n in range(3)]
    layers = layers_of(samples[:1], [said])
    assert [layer.name for layer in layers][1:4] == ["masks", "masks 2", "masks 3"]
    assert back(layers)[0] == tuple(said)


def test_pixels_of_a_number_without_a_name_are_asked_about(samples):
    layers = layers_of(samples, [[], []])
    named(layers, "masks").data[0, 2, 2] = 4
    with pytest.raises(ValueError, match=r"the number 4 is painted on 0\.png"):
        back(layers)


def test_layers_of_something_else_are_refused_and_own_layers_beside_ours_are_left_out(samples):
    with pytest.raises(ValueError, match="did not come from to_napari"):
        from_napari([(np.zeros((4, 4)), {"name": "x"}, "image")], "me")
    layers = layers_of(samples, [[], []])
    layers.append(Layer.create(np.array([[1.0, 1.0]]), {"name": "mine"}, "points"))
    assert back(layers) == [(), ()]


def test_stack_shows_each_sample_where_the_slider_stands_and_scale_is_physical(samples):
    sized = [replace(sample, pixel_size=Quantity(2.5, "micrometer")) for sample in samples]
    picture = layers_of(sized, [[], []])[0]
    assert picture.data.shape == (2, HEIGHT, WIDTH, 3)
    assert np.asarray(picture.data[1])[0, 0].tolist() == [80, 80, 80]
    assert np.asarray(picture.data[1])[HEIGHT - 1, WIDTH - 1].tolist() == [0, 0, 0]
    assert tuple(picture.scale) == (1, 2.5, 2.5)
    assert [str(unit) for unit in picture.units] == ["pixel", "micrometer", "micrometer"]


def test_no_samples_and_regions_of_others_are_refused(samples):
    with pytest.raises(ValueError, match="at least one sample"):
        to_napari([])
    with pytest.raises(ValueError, match=r"regions of other\.png"):
        to_napari(samples, [Annotation("other.png", (Region("a"),), "ana")])
