"""Tiles of pictures that are larger than memory should ever hold, and how soon something of them is seen."""

import threading
import tracemalloc

import numpy as np
import pytest
import tifffile
from test_tiles import seen

from imagine_kernels.images import Window
from imagine_kernels.records import Sample
from imagine_widgets import shrinking
from imagine_widgets.tiles import SIDE, Tiles

HUGE = 60_000


@pytest.fixture(scope="module")
def huge(tmp_path_factory):
    """3.6 thousand million pixels, most of them in tiles that were left out of the file."""
    path = tmp_path_factory.mktemp("huge") / "huge.tif"
    across = -(-HUGE // 512)
    stored = {0: 200, across * across // 2: 90}
    tiles = (np.full((512, 512), stored[i], np.uint8) if i in stored else None for i in range(across * across))
    tifffile.imwrite(path, tiles, shape=(HUGE, HUGE), dtype=np.uint8, tile=(512, 512), compression="zlib")
    return Sample("huge", str(path), HUGE, HUGE)


def test_a_picture_of_3600_million_pixels_is_seen_at_every_scale_in_bounded_memory(huge):
    tracemalloc.start()
    try:
        tiles = Tiles(huge)
        tiles.ended = True
        assert tiles.deepest == 16
        for level in range(9, 17):
            tile = seen(tiles.tile(level, 0, 0))
            drawn = 512 >> (16 - level)
            if drawn >= 8:
                assert abs(int(tile[drawn // 2, drawn // 2]) - 200) < 8
                assert level == 16 or tile[-8:, -8:].max() < 8
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 250e6, "as bytes, the whole picture has 3600 million"


def test_the_orders_of_rows_leave_none_out_and_are_even_from_the_start():
    for count in (1, 2, 3, 17, 1000):
        order = list(shrinking.coarse_to_fine(count))
        assert sorted(order) == list(range(count))
    sixteenth = sorted(list(shrinking.coarse_to_fine(1000))[:64])
    assert max(np.diff([*sixteenth, 1000])) <= 2 * 1000 / 64


def test_a_rough_overview_that_would_take_long_shows_neighbours_of_what_was_read(monkeypatch):
    numbers = np.arange(4096, dtype=np.uint16)[:, None].repeat(64, axis=1)
    read = []

    def part(window: Window):
        read.append(window.y)
        return numbers[window.y : window.y + window.height, window.x : window.x + window.width]

    monkeypatch.setattr(shrinking, "_PATIENCE", -1)
    assert (shrinking.rough(part, 64, 4096, 4) == numbers[read[0]][0]).all()
    assert len(read) == 1
    monkeypatch.setattr(shrinking, "_PATIENCE", 60)
    assert (shrinking.rough(part, 64, 4096, 4)[:, 0] == numbers[8::16, 0]).all()


def test_what_is_read_in_bands_is_what_is_read_at_once(monkeypatch):
    numbers = np.random.default_rng(0).integers(0, 65535, (333, 517), np.uint16)

    def part(window: Window):
        return numbers[window.y : window.y + window.height, window.x : window.x + window.width]

    whole = shrinking.smaller(numbers, 3)
    monkeypatch.setattr(shrinking, "_BAND", 517 * 20)
    assert (shrinking.shrunk(part, Window(0, 0, 517, 333), 3) == whole).all()
    assert (np.concatenate([rows for _, rows in shrinking.averaged(part, 517, 333, 3)]) == whole).all()


def test_a_picture_that_is_cut_off_tells_so_for_the_tiles_it_lacks_and_shows_the_others(tmp_path, monkeypatch):
    path = tmp_path / "cut.tif"
    numbers = np.random.default_rng(0).integers(100, 200, (6000, 5000), np.uint8)
    tifffile.imwrite(path, numbers, tile=(512, 512), compression="zlib")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    monkeypatch.setattr(shrinking, "_PATIENCE", -1)  # one row is read, the first
    gone = threading.Event()
    tiles = Tiles(Sample("cut", str(path), 5000, 6000), gone.set)
    assert seen(tiles.tile(tiles.deepest, 0, 0)).shape == (SIDE, SIDE)
    with pytest.raises((ValueError, OSError), match=r"cut\.tif"):
        tiles.tile(tiles.deepest, 4, 11)
    assert not gone.is_set()
