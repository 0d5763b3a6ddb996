"""The parts of the tile server without a server: what is private, what is signed, who comes first, what is freed."""

import asyncio
import os
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
import tifffile
from house import until
from test_tiles import ramp, seen

from imagine_kernels.records import Sample
from imagine_widgets.tile_server import private, signing
from imagine_widgets.tile_server.making import AT_ONCE, Making

LOOK = (0.0, 255.0, 1.0)


@pytest.fixture(autouse=True)
def kernel(tmp_path, monkeypatch):
    """This process is what a kernel is, with a private folder of its own."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv(signing.SESSION, "a.ipynb")


@pytest.fixture
def plain(tmp_path):
    tifffile.imwrite(tmp_path / "plain.tif", ramp(1500, 1100), tile=(256, 256))
    return Sample("plain", str(tmp_path / "plain.tif"), 1500, 1100)


def sign(sample, signer=None):
    return (signer or signing.Signer()).sign(sample, sample.uri, signing.stamp(sample.uri))


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_signed_is_found_again_and_nobody_else_may_read_it(plain):
    source = signing.find(sign(plain))
    assert source.picture() == plain
    assert source.python == sys.executable
    assert mode(private.folder()) == 0o700
    assert {mode(file) for file in private.folder().iterdir()} == {0o600}


def test_all_who_need_the_key_at_once_get_the_same(plain):
    private.make()
    ready = threading.Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: (ready.wait(30), private.secret(new=True))[1], range(8)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert [file.name for file in private.folder().iterdir()] == ["key"]


@pytest.mark.parametrize("open_to_all", ["folder", "key", "key by a link"])
def test_nothing_is_signed_or_believed_where_others_could_have_written(plain, tmp_path, open_to_all):
    name, key = sign(plain), private.folder() / "key"
    if open_to_all == "folder":
        private.folder().chmod(0o755)
    elif open_to_all == "key":
        key.chmod(0o640)
    else:
        key.rename(tmp_path / "key")
        key.symlink_to(tmp_path / "key")
    assert sign(plain) is None
    with pytest.raises(OSError, match=r"private|symbolic links"):
        signing.find(name)


def test_kernels_that_no_server_started_write_nothing(plain, monkeypatch):
    monkeypatch.delenv(signing.SESSION)
    assert sign(plain) is None
    assert not private.folder().exists()


def test_a_widget_keeps_few_ids_and_those_of_dead_kernels_are_swept(plain, monkeypatch):
    monkeypatch.setattr(signing, "_SIGNED", 2)
    left = sign(plain)
    os.utime(private.folder() / left, (0, 0))
    signer = signing.Signer()
    names = [sign(Sample(str(number), plain.uri, 1500, 1100), signer) for number in range(3)]
    assert {file.name for file in private.folder().iterdir()} == {"key", *names[1:]}
    assert sign(Sample("2", plain.uri, 1500, 1100), signer) == names[2], "the same picture is the same id"
    signer.withdraw()
    assert [file.name for file in private.folder().iterdir()] == ["key"]


def children():
    return [one for one in psutil.Process().children() if "imagine_widgets.tile_server.maker" in one.cmdline()]


def test_the_newest_is_made_first_and_what_is_given_up_never(plain):
    async def ask():
        making, done, source = Making(sys.executable), [], signing.find(sign(plain))
        answers = [making.ask(source, (11, 0, 0), (0, 1 + number, 1)) for number in range(60)]
        for number, one in enumerate(answers):
            one.add_done_callback(lambda _, number=number: done.append(number))
        for one in answers[30:50]:
            one.cancel()
        tiles = await asyncio.gather(*answers, return_exceptions=True)
        await making.close()
        return done, tiles

    done, tiles = asyncio.run(ask())
    made = [number for number in done if not 30 <= number < 50]
    assert all(isinstance(one, asyncio.CancelledError) for one in tiles[30:50])
    assert all(seen(one).shape == (512, 512) for one in tiles[:30] + tiles[50:])
    assert made[0] >= 60 - AT_ONCE
    late = [abs(made.index(number) - (59 - number if number >= 50 else 39 - number)) for number in made]
    assert sum(late) / len(late) <= AT_ONCE, "a thread may have to wait, all of them not"


def test_too_many_wishes_cost_the_oldest_ones(plain):
    async def ask():
        making, source = Making(sys.executable), signing.find(sign(plain))
        answers = [making.ask(source, (11, 0, 0), LOOK) for _ in range(230)]
        tiles = await asyncio.gather(*answers, return_exceptions=True)
        await making.close()
        return tiles

    tiles = asyncio.run(ask())
    assert {str(one) for one in tiles[:30]} == {"Too many tiles are asked for at once."}
    assert len({*tiles[30:]}) == 1


def test_a_maker_ends_when_nobody_asks_and_another_one_begins(plain):
    async def ask():
        making, source = Making(sys.executable, idle=0.2), signing.find(sign(plain))
        first = await making.ask(source, (11, 0, 0), LOOK)
        [process] = await asyncio.to_thread(children)
        await asyncio.to_thread(until, lambda: not process.is_running())
        assert await making.ask(source, (11, 0, 0), LOOK) == first
        await making.close()
        assert await asyncio.to_thread(children) == []

    asyncio.run(ask())


def test_an_interpreter_that_is_gone_or_knows_nothing_is_a_sentence_and_not_tried_for_each_wish(plain, tmp_path):
    silent = tmp_path / "python"
    silent.write_text(f"#!/bin/sh\necho run >>{tmp_path}/runs\n")
    silent.chmod(0o755)

    async def ask(python):
        making, source = Making(str(python)), signing.find(sign(plain))
        return await asyncio.gather(*(making.ask(source, (11, 0, 0), LOOK) for _ in range(20)), return_exceptions=True)

    said = {str(one) for one in asyncio.run(ask(tmp_path / "gone"))}
    assert said == {f"{tmp_path}/gone does not run here (No such file or directory)."}
    assert all(isinstance(one, OSError) for one in asyncio.run(ask(silent)))
    assert (tmp_path / "runs").read_text() == "run\n"


def test_a_float_is_told_as_it_is_stored(tmp_path):
    from imagine_widgets.tiles import Tiles

    for turn in (1, 6):
        numbers = np.zeros((30, 40), np.float32)
        numbers[3, 5], numbers[3, 6], numbers[3, 7], numbers[3, 8] = 0.1, np.nan, -1234.5, np.inf
        tifffile.imwrite(tmp_path / "floats.tif", numbers, compression="zlib", extratags=[(274, 3, 1, turn, True)])
        tiles = Tiles(Sample("floats", str(tmp_path / "floats.tif"), 40, 30))
        places = [(x, 3) for x in range(4, 9)] if turn == 1 else [(30 - 1 - 3, y) for y in range(4, 9)]
        assert [tiles.value(*place) for place in places] == [[0.0], [0.1], ["NaN"], [-1234.5], ["infinite"]]
