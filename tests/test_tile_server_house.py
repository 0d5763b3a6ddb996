"""Tiles through the hub: a person's own kernel signs, her own server answers, and nobody else gets one."""

import asyncio
import hashlib
import json

import httpx
import kernel_run
import psutil
import pytest
from house import until
from tornado.httpclient import HTTPRequest

from hub_config import server_environment

pytestmark = pytest.mark.live
SHOW = """
import hashlib, json, pathlib, numpy, tifffile
from imagine_kernels.records import Sample
from imagine_widgets.pictures import Pictures
from imagine_widgets.tiles import Look
path = pathlib.Path.home() / "shown.tif"
tifffile.imwrite(path, (numpy.arange(1200 * 900).reshape(900, 1200) % 4096).astype("uint16"), tile=(256, 256))
pictures = Pictures([Sample("shown", str(path), 1200, 900)], print)
tile = pictures.tiles(0).tile(11, 1, 0, Look(0, 4095, 1))
print(json.dumps([pictures.told(0)[0]["source"][0], hashlib.sha256(tile).hexdigest()]))
"""


def bearer(house, user):
    return {"Authorization": f"token {house.token(user)}"}


def in_a_notebook(house, user, code):
    """What `code` prints in the kernel of a notebook, as JupyterLab starts it."""
    asked = {"path": "shown.ipynb", "type": "notebook", "name": "", "kernel": {"name": "python3"}}
    answer = house.sign_in(user).post(f"/user/{user}/api/sessions", json=asked, headers=bearer(house, user))
    assert answer.status_code == 201, answer.text
    address = f"{house.url}/user/{user}/api/kernels/{answer.json()['kernel']['id']}/channels".replace("http", "ws", 1)
    request = HTTPRequest(address, headers=bearer(house, user), request_timeout=90)
    return asyncio.run(asyncio.wait_for(kernel_run._ask(request, code, watched=True), 90))


@pytest.fixture(scope="module")
def shown(house):
    """Who shows a picture, and its tile: the person, the address, the tile's sign."""
    house.start_server("thea", profile="cpu")
    name, sign = json.loads(in_a_notebook(house, "thea", SHOW))
    yield f"imagine-tiles/{name}/11/1_0?look=0,4095,1", sign
    house.stop_server("thea")


def processes(house, user):
    mark = server_environment.mark(house.settings, user, "")
    return [one for one in psutil.process_iter() if _environment(one).get(server_environment.SERVER) == mark]


def _environment(process):
    try:
        return process.environ()
    except psutil.Error:
        return {}


def test_her_browser_gets_the_tile_that_her_kernel_signed(house, shown):
    path, sign = shown
    answer = httpx.get(f"{house.url}/user/thea/{path}", headers=bearer(house, "thea"), timeout=60)
    assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, sign)
    page = house.sign_in("thea").get("/user/thea/lab")
    xsrf = house.sign_in("thea").cookies.get("_xsrf", path="/user/thea/")
    asks = {"X-XSRFToken": xsrf, "Sec-Fetch-Mode": "cors", "Referer": str(page.url)}
    answer = house.sign_in("thea").get(f"/user/thea/{path}", headers=asks)
    assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, sign)


def test_nobody_else_gets_it_from_her_server_or_from_his_own(house, shown):
    path, _ = shown
    assert httpx.get(f"{house.url}/user/thea/{path}").status_code == 403
    assert httpx.get(f"{house.url}/user/thea/{path}", headers=bearer(house, "otto")).status_code == 403
    house.start_server("otto", profile="cpu")
    answer = httpx.get(f"{house.url}/user/otto/{path}", headers=bearer(house, "otto"), timeout=60)
    assert (answer.status_code, answer.json()["message"]) == (404, "No kernel of yours shows this picture.")
    house.stop_server("otto")


def test_stopping_her_server_leaves_no_maker_of_tiles(house, shown):
    path, _ = shown
    assert httpx.get(f"{house.url}/user/thea/{path}", headers=bearer(house, "thea"), timeout=60).status_code == 200
    [maker] = [one for one in processes(house, "thea") if "imagine_widgets.tile_server.maker" in one.cmdline()]
    assert house.token("thea") not in str(maker.environ())
    assert not {name for name in maker.environ() if "TOKEN" in name}
    house.stop_server("thea")
    until(lambda: not maker.is_running())
