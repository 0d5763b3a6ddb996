"""What passes the door: large files in pieces, parts of files, and a word while a server starts."""

import contextlib
import os
import re
import socket
import subprocess
import time

import httpx
import pytest
from house import free_ports, until

from hub_config import processes, services, settings

pytestmark = pytest.mark.live

LABEL_STUDIO, MLFLOW = "/services/label-studio", "/services/mlflow"


def process(house, part):
    """The process of `part`, which is in its command line."""
    return next(one for one in processes.ours(house.settings) if part in " ".join(one.cmdline()))


def test_no_cookie_of_a_backend_reaches_the_browser(house):
    client = house.sign_in("alice")
    client.get(f"{LABEL_STUDIO}/projects")
    client.get(f"{MLFLOW}/")
    client.get("/services/models/")
    names = {cookie.name for cookie in client.cookies.jar}
    assert not names & {"sessionid", "csrftoken", "session"}
    paths = {cookie.path for cookie in client.cookies.jar if cookie.name.startswith("service-")}
    assert paths == set(services.PREFIXES.values())


def test_a_large_file_passes_in_pieces_and_comes_back_in_parts(house):
    door, size = process(house, "hub_config.door"), 96 * 2**20
    url = f"{house.url}{MLFLOW}/api/2.0/mlflow-artifacts/artifacts/large.bin"
    headers = {"Authorization": f"Bearer {house.token('alice')}"}
    before = door.memory_info().rss
    block = os.urandom(2**20)
    with httpx.Client(headers=headers, timeout=120) as client:
        assert client.put(url, content=(block for _ in range(size // len(block)))).status_code == 200
        assert client.put(url, content=block * 96).status_code == 200
        highest, got = 0, 0
        with client.stream("GET", url) as answer:
            for piece in answer.iter_bytes():
                assert piece == (block * 2)[got % 2**20 :][: len(piece)] or len(piece) > 2**20
                got += len(piece)
                highest = max(highest, door.memory_info().rss)
        assert got == size
        assert highest - before < size / 3, "the door held the file in memory"
        part = client.get(url, headers={"Range": f"bytes={2**20 - 5}-{2**20 + 4}"})
        assert part.status_code == 206
        assert part.content == block[-5:] + block[:5]
        assert client.delete(url).status_code < 300


def test_an_address_that_climbs_is_refused_before_any_backend(house):
    token = house.token("alice")
    for path in (
        f"{LABEL_STUDIO}/../mlflow/",
        f"{MLFLOW}/%2e%2e/label-studio/",
        f"{LABEL_STUDIO}/data/..%2f..%2fcredentials.json",
    ):
        with socket.create_connection((house.settings.addresses.ip, house.settings.addresses.door_port)) as raw:
            raw.sendall(
                f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: token {token}\r\nConnection: close\r\n\r\n".encode()
            )
            assert b" 400 " in raw.recv(64)


@pytest.fixture
def early_door(house, tmp_path):
    """Another door of the same house, to a Label Studio and an MLflow that do not listen yet."""
    text, ports = house.settings.file.read_text(encoding="utf-8"), free_ports(3)
    for name, port in zip(("door_port", "label_studio_port", "mlflow_port"), ports, strict=True):
        text = re.sub(rf"^{name} = \d+", f"{name} = {port}", text, flags=re.MULTILINE)
    file = tmp_path / "imagine.toml"
    file.write_text(text, encoding="utf-8")
    python = house.settings.folders.python("hub")
    started = subprocess.Popen([python, "-m", "hub_config.door"], env={**os.environ, settings.VARIABLE: str(file)})
    url = f"http://127.0.0.1:{ports[0]}"
    try:
        until(lambda: _listens(ports[0]), 30)
        yield url
    finally:
        started.terminate()
        started.wait(20)


def _listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_while_a_server_starts_people_see_a_page_that_looks_again(house, early_door):
    headers = {"Authorization": f"token {house.token('alice')}"}
    for path, title in ((f"{LABEL_STUDIO}/projects", "Label Studio"), (f"{MLFLOW}/", "MLflow")):
        page = httpx.get(early_door + path, headers={**headers, "Accept": "text/html"})
        assert page.status_code == 503
        assert f"<h1>{title} is starting…</h1>" in page.text
        assert 'http-equiv="refresh"' in page.text
        answer = httpx.get(early_door + path, headers=headers)
        assert answer.status_code == 503
        assert answer.json()["message"].endswith(".")
        assert answer.headers["Retry-After"]


def test_an_upload_to_a_server_that_is_not_there_ends_with_a_sentence(house, early_door):
    began = time.monotonic()
    answer = httpx.put(
        f"{early_door}{MLFLOW}/api/2.0/mlflow-artifacts/artifacts/x",
        headers={"Authorization": f"token {house.token('alice')}"},
        content=b"x" * (8 * 2**20),
        timeout=60,
    )
    assert answer.status_code == 503, time.monotonic() - began
