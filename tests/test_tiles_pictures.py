"""The pictures of a widget's samples: ready before they are asked for, told with their first tiles, let go in time."""

import io
import threading

import numpy as np
import pytest
from house import until
from PIL import Image

from imagine_kernels.records import Sample
from imagine_widgets.pictures import Pictures


def at_work():
    return [one for one in threading.enumerate() if one.name == "picture"]


@pytest.fixture
def samples(tmp_path):
    for number in range(5):
        Image.new("L", (3000, 2000), 40 * number).save(tmp_path / f"{number}.png")
    return [Sample(str(number), str(tmp_path / f"{number}.png"), 3000, 2000) for number in range(5)]


@pytest.fixture
def pictures(samples):
    sent = []
    found = Pictures(samples, lambda *message: sent.append(message))
    found.sent = sent
    yield found
    found.close()


def test_a_picture_that_was_prepared_is_there_without_its_file(pictures, samples, tmp_path):
    pictures.prepare(1)
    until(lambda: not at_work())
    (tmp_path / "1.png").unlink()
    facts, tiles = pictures.told(1, (600, 400))
    assert (facts["width"], facts["height"], facts["deepest"]) == (3000, 2000, 12)
    assert len(tiles) == len(facts["tiles"])
    pictures.prepare(7)  # there is none
    (tmp_path / "2.png").unlink()
    pictures.prepare(2)
    until(lambda: not at_work())
    with pytest.raises(OSError, match=r"2\.png"):
        pictures.told(2)
    Image.new("L", (30, 20)).save(tmp_path / "2.png")
    assert pictures.told(2)[0]["width"] == 30, "it is there again"


@pytest.mark.parametrize("page", [(300, 200), (600, 400), (1500, 1000), (9000, 9000)])
def test_the_tiles_that_come_along_cover_the_page_as_sharp_as_it_is(pictures, page):
    facts, tiles = pictures.told(1, page)
    levels = {level for level, _, _ in facts["tiles"]}
    assert min(levels) == 9, "one tile shows all"
    sharp = 2 ** (max(levels) - facts["deepest"])
    scale = min(page[0] / 3000, page[1] / 2000)
    assert 0.5 <= scale / sharp < 1 or (sharp == 1 and scale >= 0.5)
    shown = sum(Image.open(io.BytesIO(one)).size[0] * Image.open(io.BytesIO(one)).size[1] for one in tiles)
    assert shown == sum(-(-3000 // 2 ** (12 - level)) * -(-2000 // 2 ** (12 - level)) for level in levels)
    assert all(abs(float(np.asarray(Image.open(io.BytesIO(one))).mean()) - 40) < 2 for one in tiles)


def test_without_a_page_no_tiles_come_along(pictures):
    for page in ((), (0, 0), (float("nan"), 5)):
        assert pictures.told(0, page)[1] == []


def test_only_the_last_three_stay_open_and_none_when_nobody_looks(pictures):
    opened = [pictures.tiles(row) for row in range(5)]
    assert [one.ended for one in opened] == [True, True, False, False, False]
    assert pictures.tiles(4) is opened[4]
    pictures.clear()
    assert all(one.ended for one in opened)
    assert pictures.tiles(4) is not opened[4]


def test_whoever_asks_for_a_picture_that_is_being_opened_gets_the_same(pictures):
    found = []
    threads = [threading.Thread(target=lambda: found.append(pictures.tiles(3))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({id(one) for one in found}) == 1
