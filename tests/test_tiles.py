"""Tiles of samples of any size and kind, and the order in which they are made."""

import io
import threading

import numpy as np
import pytest
import tifffile
from house import until
from PIL import Image

from imagine_kernels.records import Box, Sample
from imagine_kernels.shapes import RotatedBox
from imagine_widgets.tile_queue import TileQueue
from imagine_widgets.tiles import SIDE, Look, Tiles


def seen(tile):
    return np.asarray(Image.open(io.BytesIO(tile)))


def ramp(width, height, kind=np.uint8, most=255):
    """Brighter to the right and downwards, smooth enough for a JPEG."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return ((x + y) / 2 * most).astype(kind)


@pytest.fixture
def tiff(tmp_path):
    def write(numbers, **options):
        path = tmp_path / "picture.tif"
        tifffile.imwrite(path, numbers, **options)
        return Sample("picture", str(path), numbers.shape[1], numbers.shape[0])

    return write


def test_tiles_of_every_level_put_together_are_the_picture_at_that_scale(tiff):
    numbers = ramp(1500, 1100)
    tiles = Tiles(tiff(numbers, tile=(256, 256), compression="zlib"))
    assert (tiles.width, tiles.height, tiles.deepest) == (1500, 1100, 11)
    for level in range(12):
        scale = 2 ** (11 - level)
        columns, rows = (-(-side // (SIDE * scale)) for side in (1500, 1100))
        whole = np.vstack([np.hstack([seen(tiles.tile(level, x, y)) for x in range(columns)]) for y in range(rows)])
        assert whole.shape == (-(-1100 // scale), -(-1500 // scale))
        for row, column in (
            (0, 0),
            (whole.shape[0] // 2, whole.shape[1] // 2),
            (whole.shape[0] - 1, whole.shape[1] - 1),
        ):
            covered = numbers[row * scale : (row + 1) * scale, column * scale : (column + 1) * scale]
            assert abs(float(whole[row, column]) - covered.mean()) < 4


def test_a_tile_that_does_not_exist_is_a_sentence(tiff):
    tiles = Tiles(tiff(ramp(600, 500)))
    for place in ((10, 2, 0), (11, 0, 0), (-1, 0, 0), (10, -1, 0)):
        with pytest.raises(ValueError, match="There is no tile"):
            tiles.tile(*place)


def test_sixteen_bits_keep_their_numbers_and_are_drawn_by_the_look(tiff):
    tiles = Tiles(tiff(ramp(700, 600, np.uint16, 4000)))
    assert tiles.value(699, 599) == [4000]
    assert tiles.brightest == 65535
    look = tiles.look()
    assert 0 <= look.low < 200
    assert 3800 < look.high <= 4000
    assert seen(tiles.tile(tiles.deepest - 1, 0, 0)).max() > 240
    narrow = seen(tiles.tile(tiles.deepest - 1, 0, 0, Look(1000, 1010)))
    assert np.mean((narrow < 20) | (narrow > 235)) > 0.95
    plain, bright = (seen(tiles.tile(tiles.deepest - 1, 0, 0, Look(0, 4000, gamma))).mean() for gamma in (1.0, 2.0))
    assert bright > plain + 20


def test_a_large_picture_shows_a_rough_overview_at_once_and_a_right_one_later(tiff):
    numbers = np.full((4000, 6000), 200, np.uint8)
    numbers[::8] = 0  # lines that looking at every eighth row misses or takes for all
    better = threading.Event()
    tiles = Tiles(tiff(numbers, rowsperstrip=1), better.set)
    tiles.tile(tiles.deepest - 4, 0, 0)
    assert better.wait(60)
    after = seen(tiles.tile(tiles.deepest - 4, 0, 0))
    assert abs(float(after.mean()) - 175) < 3


def test_nobody_is_told_of_a_better_overview_when_nobody_looks_any_more(tiff):
    told = []
    tiles = Tiles(tiff(ramp(6000, 4000), rowsperstrip=64), lambda: told.append(1))
    tiles.ended = True
    tiles.tile(tiles.deepest - 4, 0, 0)
    until(lambda: not [one for one in threading.enumerate() if one.name == "overview"])
    assert told == []


def test_colours_crops_and_turned_crops_are_shown_as_they_are_cut(tmp_path):
    colours = np.zeros((200, 300, 3), np.uint8)
    colours[50:100, 100:220] = (200, 30, 60)
    Image.fromarray(colours).save(tmp_path / "colours.png")
    crops = {
        "upright": (Box(100, 50, 120, 50), (120, 50)),
        "turned": (RotatedBox(160, 75, 40, 100, 90), (40, 100)),
        "over the rim": (Box(200, 80, 500, 500), (100, 120)),
    }
    for name, (crop, (width, height)) in crops.items():
        tiles = Tiles(Sample(name, str(tmp_path / "colours.png"), width, height, crop))
        assert (tiles.width, tiles.height) == (width, height)
        found = seen(tiles.tile(tiles.deepest, 0, 0))
        assert found.shape == (height, width, 3)
        assert np.abs(found[5, 5].astype(int) - (200, 30, 60)).max() < 12


def test_the_smallest_picture_has_one_tile(tmp_path):
    Image.new("L", (4, 4), 99).save(tmp_path / "small.png")
    tiles = Tiles(Sample("small", str(tmp_path / "small.png"), 4, 4))
    assert tiles.deepest == 2
    assert [seen(tiles.tile(level, 0, 0)).shape for level in range(3)] == [(1, 1), (2, 2), (4, 4)]


@pytest.mark.parametrize("kind", ["rotated", "cmyk", "palette", "floats with nan"])
def test_pictures_of_other_kinds_are_shown_upright(tmp_path, kind):
    path = tmp_path / f"{kind}.{'tif' if 'nan' in kind else 'jpg' if kind != 'palette' else 'png'}"
    if kind == "floats with nan":
        numbers = ramp(40, 30, np.float32, 1)
        numbers[0, 0] = np.nan
        tifffile.imwrite(path, numbers)
    elif kind == "rotated":
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(ramp(30, 40)).save(path, exif=exif)
    else:
        Image.fromarray(ramp(40, 30)).convert({"cmyk": "CMYK", "palette": "P"}[kind]).save(path)
    tiles = Tiles(Sample("odd", str(path), 40, 30))
    assert (tiles.width, tiles.height) == (40, 30)
    assert seen(tiles.tile(tiles.deepest, 0, 0)).shape[:2] == (30, 40)


def test_a_broken_and_a_missing_file_are_sentences(tmp_path):
    (tmp_path / "broken.tif").write_bytes(b"II*\0" + bytes(40))
    for name in ("broken.tif", "missing.png"):
        with pytest.raises((ValueError, OSError), match=name):
            Tiles(Sample(name, str(tmp_path / name), 40, 30))


def test_the_newest_wishes_are_made_first_and_forgotten_ones_never():
    gate, made = threading.Event(), []

    def make(place):
        if place[0] < 0:
            gate.wait(30)
        else:
            made.append(place)

    queue = TileQueue(make)
    queue.want([(-1, 0, number) for number in range(3)])  # all who make tiles are at work
    queue.want([(1, 0, 0), (1, 0, 1)])
    queue.want([(2, 0, 0), (2, 0, 1), (2, 0, 2)])
    queue.forget([(2, 0, 1), (1, 0, 1)])
    gate.set()
    until(lambda: len(made) == 3)
    assert sorted(made[:2]) == [(2, 0, 0), (2, 0, 2)]
    assert made[2] == (1, 0, 0)
    queue.want([(3, 0, 0)])
    until(lambda: (3, 0, 0) in made)
    queue.close()


def test_what_is_closed_makes_nothing_more():
    made = []
    queue = TileQueue(made.append)
    queue.close()
    with pytest.raises(RuntimeError):
        queue.want([(0, 0, 0)])
    assert made == []


def test_who_rests_has_the_tile_in_the_making_finished_first_and_the_others_never():
    made, rested, gate = [], [], threading.Event()

    def make(place):
        gate.wait(30)
        made.append(place)

    queue = TileQueue(make)
    queue.want([(0, 0, n) for n in range(50)])
    queue.rest(lambda: rested.append(len(made)))
    assert rested == []
    gate.set()
    until(lambda: rested)
    assert rested == [len(made)]
    assert 0 < len(made) <= 3
    queue.want([(1, 0, 0)])
    until(lambda: (1, 0, 0) in made)
    queue.rest(lambda: rested.append("again"))
    until(lambda: rested[-1] == "again")
    queue.close()
