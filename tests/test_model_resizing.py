"""Pictures on their way into a model's square: resized as Pillow would, colour by torch's quicker instructions."""

import numpy as np
import pytest
from PIL import Image

from imagine_kernels.tasks.resizing import resized

RNG = np.random.default_rng(5)


def pillow(image, width, height):
    small = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(small).astype(int)


@pytest.mark.parametrize(
    ("sides", "wanted"),
    [((300, 400), (224, 168)), ((90, 60), (149, 224)), ((500, 31), (4, 64)), ((1, 7), (48, 7)), ((900, 700), (50, 64))],
)
def test_colour_differs_from_pillow_by_one_grey_at_most_and_grey_not_at_all(sides, wanted):
    colour = RNG.integers(0, 256, (*sides, 3), np.uint8)
    made = resized(colour, *wanted)
    assert made.shape == (wanted[1], wanted[0], 3)
    assert np.abs(made - pillow(colour, *wanted)).max() <= 1
    grey = np.ascontiguousarray(colour[:, :, 1])
    assert np.array_equal(resized(grey, *wanted), pillow(grey, *wanted))


def test_picture_that_may_not_be_written_to_or_is_a_part_of_another():
    whole = RNG.integers(0, 256, (80, 120, 3), np.uint8)
    whole.flags.writeable = False
    part = whole[10:70, 5:90]
    assert np.abs(resized(part, 50, 40) - pillow(np.ascontiguousarray(part), 50, 40)).max() <= 1


def test_picture_of_the_size_that_is_wanted_is_passed_on():
    image = RNG.integers(0, 256, (20, 30, 3), np.uint8)
    assert resized(image, 30, 20) is image
