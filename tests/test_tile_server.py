"""Tiles by a real Jupyter server: the same as the kernel's, for who may see them, of files that change and break."""

import contextlib
import os
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import tifffile
from house import until
from served_tiles import (
    address,
    as_colours,
    behind_a_link,
    expired,
    forged,
    in_archive,
    makers,
    of_another_person,
    opened_to_others,
    process_of,
    renamed,
    said,
)

from imagine_kernels.records import Box, Sample
from imagine_kernels.shapes import RotatedBox
from imagine_widgets.pictures import Pictures
from imagine_widgets.tile_server import signing
from imagine_widgets.tiles import Look


@pytest.fixture
def kernel(lab, monkeypatch):
    """This process is what a kernel of the server is: it has the same private folder."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(lab.folder / "runtime"))
    monkeypatch.setenv(signing.SESSION, "a.ipynb")


@pytest.fixture
def server(lab, kernel):
    with httpx.Client(base_url=lab.address, headers={"Authorization": f"token {lab.token}"}, timeout=60) as client:
        yield client


@pytest.fixture
def deep(tmp_path):
    """16 bits in tiles, with numbers that a JPEG shows as they are drawn."""
    y, x = np.mgrid[0:1100, 0:1500]
    tifffile.imwrite(tmp_path / "deep.tif", (x + 2 * y).astype(np.uint16), tile=(256, 256), compression="zlib")
    return Sample("deep", str(tmp_path / "deep.tif"), 1500, 1100)


@pytest.fixture
def show():
    """A widget's pictures, shown as a kernel shows them: `show(sample)` gives them and the id of the first."""
    with contextlib.ExitStack() as stack:

        def pictures(*samples):
            made = Pictures(samples, lambda *_: None)
            stack.callback(made.close)
            return made, made.told(0)[0]["source"][0]

        yield pictures


@pytest.mark.parametrize("kind", ["16 bits", "a crop", "a turned crop", "in an archive", "by a relative path"])
def test_a_tile_is_the_one_that_the_kernel_would_have_sent_to_the_byte(server, show, deep, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    sample = {
        "16 bits": lambda: deep,
        "a crop": lambda: Sample("crop", as_colours(tmp_path), 120, 50, Box(100, 50, 120, 50)),
        "a turned crop": lambda: Sample("turned", as_colours(tmp_path), 40, 100, RotatedBox(160, 75, 40, 100, 90)),
        "in an archive": lambda: Sample("member", in_archive(tmp_path), 300, 200),
        "by a relative path": lambda: Sample("near", Path(as_colours(tmp_path)).name, 300, 200),
    }[kind]()
    pictures, name = show(sample)
    tiles = pictures.tiles(0)
    for level, look in ((tiles.deepest, Look(0, 4000, 1.5)), (tiles.deepest - 1, Look(12.25, 180.1))):
        answer = server.get(address(name, level, 0, 0, f"{look.low},{look.high},{look.gamma}"))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.content == tiles.tile(level, 0, 0, look)
    assert str(tmp_path) not in name


def test_a_picture_so_large_that_its_overview_takes_time_is_served_from_near_by_alone(server, show, tmp_path):
    numbers = np.tile(np.arange(6000, dtype=np.uint8), (4000, 1))
    tifffile.imwrite(tmp_path / "large.tif", numbers, tile=(512, 512), compression="zlib")
    pictures, name = show(Sample("large", str(tmp_path / "large.tif"), 6000, 4000))
    nearest = pictures.told(0)[0]["source"][1]
    assert nearest == pictures.tiles(0).deepest - 1
    assert server.get(address(name, nearest)).content == pictures.tiles(0).tile(nearest, 0, 0, Look(0, 4000, 1.5))
    refused = server.get(address(name, nearest - 1))
    assert (refused.status_code, said(refused)) == (404, "Only the kernel shows so much of a picture of this size.")


def test_nobody_gets_a_tile_or_a_ping_without_being_asked_who_he_is(lab, server, show, deep):
    _, name = show(deep)
    assert server.get("/imagine-tiles/ping").json() == {"tiles": 1}
    for path in ("/imagine-tiles/ping", address(name)):
        assert httpx.get(lab.address + path).status_code == 403
        assert httpx.get(lab.address + path, headers={"Authorization": "token wrong"}).status_code == 403
    with httpx.Client(base_url=lab.address) as browser:
        browser.get(f"/lab?token={lab.token}", follow_redirects=True)
        assert browser.get(address(name)).status_code == 200, "by its cookie"
        assert browser.get(address(name), headers={"Origin": "https://elsewhere.example"}).status_code == 404


UNSIGNED = "No kernel of yours signed this picture."
UNKNOWN = "No kernel of yours shows this picture."


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        (forged, 403, UNSIGNED),
        (renamed, 403, UNSIGNED),
        (of_another_person, 403, UNSIGNED),
        (expired, 403, "This picture was opened too long ago: open it again."),
        (opened_to_others, 403, "is not private"),
        (behind_a_link, 404, "Too many levels of symbolic links"),
        (lambda _: "0" * 64, 404, UNKNOWN),
    ],
)
def test_an_id_that_no_kernel_of_this_person_gave_is_refused_in_a_sentence(
    server, show, deep, change, status, sentence
):
    _, name = show(deep)
    answer = server.get(address(change(name)))
    assert answer.status_code == status
    assert sentence in said(answer)
    assert server.get(address(show(deep)[1])).status_code == 200, "her own pictures are shown on"


def test_a_closed_widget_has_its_pictures_withdrawn_and_another_one_keeps_its_own(server, show, deep):
    (closed, gone), (_, kept) = show(deep), show(deep)
    assert gone != kept
    closed.close()
    assert said(server.get(address(gone))) == UNKNOWN
    assert server.get(address(kept)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/imagine-tiles/..%2f..%2f..%2fetc%2fpasswd/1/0_0?look=0,255,1",
        "/imagine-tiles/%2fetc%2fpasswd/1/0_0?look=0,255,1",
        "/imagine-tiles/key/1/0_0?look=0,255,1",
        f"/imagine-tiles/{'a' * 63}%00/1/0_0?look=0,255,1",
        f"/imagine-tiles/{'a' * 64}/1/0_-1?look=0,255,1",
        f"/imagine-tiles/{'a' * 64}/1/0_0/../../key?look=0,255,1",
    ],
)
def test_an_address_that_is_none_is_not_there(server, show, deep, path):
    show(deep)
    answer = server.get(path)
    assert answer.status_code == 404
    assert b"root:" not in answer.content


@pytest.mark.parametrize("look", ["", "1,2", "0,255,nan", "0,inf,1", "0,255,0", "a,b,c", "0,255,1,1"])
def test_a_look_that_is_none_is_a_sentence(server, show, deep, look):
    answer = server.get(address(show(deep)[1], look=look))
    assert (answer.status_code, said(answer)) == (400, "A tile is asked for with ?look=dark,bright,gamma.")


def test_a_file_that_is_cut_short_changed_or_gone_is_a_sentence(server, show, deep):
    _, name = show(deep)
    assert "There is no tile" in said(server.get(address(name, 11, 9, 9)))
    whole = Path(deep.uri).read_bytes()
    Path(deep.uri).write_bytes(whole[: len(whole) // 2])
    answer = server.get(address(name))
    assert (answer.status_code, said(answer)) == (404, "deep.tif was changed since it was opened.")
    name = signing.Signer().sign(deep, deep.uri, signing.stamp(deep.uri))
    answer = server.get(address(name))
    assert answer.status_code == 404
    assert said(answer).startswith("deep.tif is broken and cannot be decoded")
    Path(deep.uri).unlink()
    answer = server.get(address(name))
    assert answer.status_code == 404
    assert "deep.tif" in said(answer)


def test_requests_that_are_given_up_are_not_made_and_a_maker_that_is_killed_comes_back(lab, server, show, deep):
    pictures, name = show(deep)
    wanted = pictures.tiles(0).tile(11, 1, 1, Look(0, 4000, 1.5))
    assert server.get(address(name, 11, 1, 1)).content == wanted
    [maker] = makers(lab)
    maker.suspend()
    place = urlsplit(lab.address)
    for column in range(40):  # three of them are handed over, the others wait
        with socket.create_connection((place.hostname, place.port)) as given_up:
            head = f"GET {address(name, 11, column % 3, 0, f'0,{column + 1},1')} HTTP/1.1\r\nHost: {place.netloc}"
            given_up.sendall(f"{head}\r\nAuthorization: token {lab.token}\r\n\r\n".encode())
    until(lambda: server.get("/imagine-tiles/ping").status_code == 200)
    found = []
    asking = threading.Thread(target=lambda: found.append(server.get(address(name, 11, 1, 1))))
    asking.start()
    before = maker.io_counters().write_count
    maker.resume()
    asking.join(60)
    assert found[0].content == wanted
    assert maker.io_counters().write_count - before <= 3 * (3 + 1), "at most three writes for each"
    maker.kill()
    until(lambda: server.get(address(name, 11, 1, 1)).status_code == 200)
    assert [one.pid for one in makers(lab)] != [maker.pid]


def test_a_server_never_loads_what_decodes_pictures_and_answers_others_meanwhile(lab, server, show, deep):
    _, name = show(deep)
    assert server.get(address(name)).status_code == 200
    [maker] = makers(lab)
    maker.suspend()
    try:
        asking = threading.Thread(target=lambda: server.get(address(name, 10)))
        asking.start()
        assert server.get("/api/status").status_code == 200
    finally:
        maker.resume()
    asking.join(60)
    assert "numpy" in Path(f"/proc/{maker.pid}/maps").read_text()
    assert not {"TOKEN", "JUPYTER_TOKEN"} & set(maker.environ())
    if not os.environ.get("COVERAGE_PROCESS_START"):
        assert "_multiarray_umath" not in Path(f"/proc/{process_of(lab).pid}/maps").read_text()
