"""Finds of overlapping tiles merged: every thing once, with its whole box and mask, and neighbours kept apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_kernels.images import Window, tiles
from imagine_kernels.records import Box, Region
from imagine_kernels.tasks.merging import Find, merge, placed

SIDE = 100


def seen(things, width=400, height=300, overlap=20, *, masks=False, labels=None):
    """What a perfect model finds of boxes in each tile: the part of each that the tile shows."""
    for tile in tiles(width, height, SIDE, overlap):
        for number, (x, y, wide, tall) in enumerate(things):
            left, top = max(x, tile.x), max(y, tile.y)
            right, bottom = min(x + wide, tile.x + tile.width), min(y + tall, tile.y + tile.height)
            if left < right and top < bottom:
                box = Box(left - tile.x, top - tile.y, right - left, bottom - top)
                mask = np.ones((bottom - top, right - left), bool) if masks else None
                yield placed(Region("thing" if labels is None else labels[number], 0.5, box), tile, mask)


def boxes(finds):
    return sorted((f.box.x, f.box.y, f.box.width, f.box.height) for f in finds)


ON_GRID = st.integers(0, 5).flatmap(
    lambda row: st.tuples(st.just(row), st.integers(2, 60), st.integers(2, 40), st.integers(0, 8), st.integers(0, 8))
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ON_GRID, min_size=1, max_size=6, unique_by=lambda t: t[0]), st.sampled_from([0, 10, 25]), st.booleans())
def test_every_thing_comes_back_once_and_whole(things, overlap, masks):
    """Things in rows of their own, wider than a tile or smaller, in tiles that overlap or only meet."""
    placed_ones = [(20 * r % 300 + dx, 48 * r + dy, 6 * wide, tall) for r, wide, tall, dx, dy in things]
    placed_ones = [(x, y, min(wide, 400 - x), tall) for x, y, wide, tall in placed_ones]
    found = merge(seen(placed_ones, overlap=overlap, masks=masks))
    assert boxes(found) == sorted(map(tuple, placed_ones))
    if masks:
        assert all(f.mask.all() and f.mask.shape == (f.box.height, f.box.width) for f in found)


def test_neighbours_that_one_tile_shows_apart_stay_two():
    things = [(85, 40, 9, 30), (95, 40, 12, 30)]
    assert boxes(merge(seen(things))) == things


def test_other_labels_are_other_things():
    things = [(70, 40, 40, 30)]
    finds = [*seen(things, labels=["fish"]), *seen(things, labels=["litter"])]
    assert len(merge(finds)) == 2


def test_two_finds_of_one_tile_are_never_merged():
    tile = Window(0, 0, 100, 100)
    finds = [Find(Region("a", 0.5, Box(10, 10, 30, 30)), tile) for _ in range(2)]
    assert len(merge(finds)) == 2


def test_box_seen_whole_counts_more_than_one_that_is_cut_and_the_surest_score_stays():
    left, right = Window(0, 0, 100, 100), Window(60, 0, 100, 100)
    cut, whole = Region("a", 0.9, Box(70, 20, 30, 40)), Region("a", 0.4, Box(71, 21, 45, 38))
    (one,) = merge([Find(cut, left), Find(whole, right)])
    assert one.box == whole.shape
    assert one.region.score == 0.9


def test_score_of_zero_is_a_score_and_none_is_none():
    left, right = Window(0, 0, 100, 100), Window(60, 0, 100, 100)
    box = Box(70, 20, 20, 20)
    assert merge([Find(Region("a", 0.0, box), left), Find(Region("a", None, box), right)])[0].region.score == 0.0
    assert merge([Find(Region("a", None, box), left)])[0].region.score is None


def test_masks_tell_apart_what_boxes_do_not():
    left, right = Window(0, 0, 100, 100), Window(60, 0, 100, 100)
    box, upper = Box(65, 10, 30, 30), np.triu(np.ones((30, 30), bool), 2)
    finds = [Find(Region("a", 0.5, box), left, upper), Find(Region("a", 0.5, box), right, upper.T)]
    assert len(merge(finds)) == 2
    assert len(merge([Find(find.region, find.tile) for find in finds])) == 1


def test_region_without_a_place_is_refused():
    with pytest.raises(ValueError, match="'a' has no box, so it cannot be merged"):
        merge([Find(Region("a"), Window(0, 0, 9, 9))])
    assert merge([]) == ()
