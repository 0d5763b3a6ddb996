"""Objects put together across bands: the very ones of the whole picture, whatever the bands; none lost, none twice."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from imagine_kernels.tasks.finding.connecting import Piece, connect


def bands(mask, heights):
    top = 0
    while top < mask.shape[0]:
        tall = heights[top % len(heights)]
        yield top, mask[top : top + tall]
        top += tall


def whole(mask):
    """The same by labelling the whole mask at once."""
    named, _count = ndimage.label(mask, np.ones((3, 3)))
    for number, (rows, columns) in enumerate(ndimage.find_objects(named), start=1):
        body = named[rows, columns] == number
        first = (columns.start + int(np.argmax(body[0])), rows.start)
        yield Piece(columns.start, rows.start, columns.stop, rows.stop, int(body.sum()), first)


def key(piece):
    return piece.first[1], piece.first[0]


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 40), st.lists(st.integers(1, 9), min_size=1, max_size=4), st.floats(0.05, 0.95),
    st.integers(0, 2**32 - 1), st.booleans(),
)  # fmt: skip
def test_bands_give_the_objects_of_the_whole_picture(width, height, heights, share, seed, grainy):
    noise = np.random.default_rng(seed).random((height, width))
    mask = (noise if grainy else ndimage.gaussian_filter(noise, 1.2)) < np.quantile(noise, share)
    assert sorted(connect(bands(mask, heights)), key=key) == sorted(whole(mask), key=key)


def test_spiral_through_every_band_is_one_object():
    mask = np.zeros((41, 41), bool)
    for ring in range(0, 20, 4):
        mask[ring, ring : 41 - ring] = mask[40 - ring, ring : 41 - ring] = True
        mask[ring : 41 - ring, 40 - ring] = mask[ring + 4 : 41 - ring, ring] = True
        mask[ring + 4, ring : ring + 5] = True
    for tall in (1, 2, 3, 7, 41):
        (piece,) = connect(bands(mask, [tall]))
        assert (piece.left, piece.top, piece.right, piece.bottom, piece.pixels) == (0, 0, 41, 41, mask.sum())


def test_small_ones_are_left_out_but_not_rings_that_enclose_enough():
    mask = np.zeros((60, 60), bool)
    mask[2:5, 2:5] = True
    y, x = np.mgrid[:60, :60]
    ring = np.abs(np.hypot(x - 30, y - 30) - 20) < 0.8
    mask |= ring
    least = ndimage.binary_fill_holes(ring).sum()
    (piece,) = connect(bands(mask, [7]), least)
    assert piece.pixels == ring.sum()
    assert not list(connect(bands(mask, [7]), 60 * 60))
