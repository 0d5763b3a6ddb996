"""Servers that are forked warm, wait in line and end when idle: one hub without Label Studio and MLflow for all of it.

One server starts at a time here, and a server ends after six idle seconds; the culler sleeps until its own test.
"""

import contextlib
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from house import until, write_settings
from hub_alone import running
from kernel_run import run

from hub_config import processes, server_process, services, spawner

pytestmark = pytest.mark.live
BESIDE = """
from hub_config import services
c.JupyterHub.services = services.beside(c, load())
"""
AROUND = "import json, os, site, sys; print(json.dumps([dict(os.environ), sys.path, site.getuserbase(), os.getcwd()]))"


def service(house, name):
    """The running process of a service, when there is one."""
    for process in processes.ours(house.settings):
        if processes.role(process) == processes.Role("service", name):
            return process
    return None


def starts(house, kind):
    """How many servers started so, as the hub tells Prometheus."""
    text = house.api(house.settings.users.admins[0], "GET", "/../metrics").text
    return int(float(re.search(rf'^imagine_server_starts_total{{kind="{kind}"}} (\S+)$', text, re.MULTILINE)[1]))


def servers(house, user):
    return house.api(user, "GET", f"/users/{user}").json()["servers"]


def family(house, user):
    return processes.family(spawner.SERVER, f"{house.settings.folders.state}|{user}|")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    file = write_settings(folder)
    text = (
        file.read_text().replace("starts = 0 ", "starts = 1 ").replace("server_minutes = 240", "server_minutes = 0.1")
    )
    file.write_text(text)
    with running(folder, file, more=BESIDE) as house:
        culler = until(lambda: service(house, services.CULLER))
        culler.suspend()
        until(lambda: server_process.servers_socket(house.settings).exists())
        yield house
        culler.resume()


def message(house, user):
    """What the page of a person who waits says of the start."""
    with house.sign_in(user).stream("GET", f"/hub/api/users/{user}/server/progress") as events:
        told = (json.loads(line.removeprefix("data:")) for line in events.iter_lines() if line.startswith("data:"))
        return next(event["message"] for event in told if event["message"] != "Server requested")


def test_a_server_is_forked_from_the_warm_process_and_counted(small):
    before = starts(small, "warm")
    small.start_server("wanda", profile="cpu")
    assert starts(small, "warm") == before + 1
    server = next(p for p in family(small, "wanda") if processes.role(p).kind == "server")
    assert server.parent() == service(small, services.WARM_SERVERS)
    assert not [name for name in service(small, services.WARM_SERVERS).environ() if "TOKEN" in name]


def test_who_comes_while_another_server_starts_waits_in_line_and_may_leave_it(small):
    warm = service(small, services.WARM_SERVERS)
    for user in ("ada", "bo", "cleo"):
        small.sign_in(user)
    warm.suspend()
    with ThreadPoolExecutor(3) as pool, contextlib.ExitStack() as after:
        after.callback(warm.resume)
        begun = []
        for user, told in {"ada": "JupyterLab is starting", "bo": "You are 1st in", "cleo": "You are 2nd in"}.items():
            begun.append(pool.submit(small.api, user, "POST", f"/users/{user}/server", json={"profile": "cpu"}))
            until(lambda user=user: servers(small, user))
            assert told in message(small, user)
        assert small.api("bo", "DELETE", "/users/bo/server").status_code in (202, 204)
        assert "You are 1st in line; your server starts by itself." in message(small, "cleo")
        warm.resume()
        assert {one.result().status_code for one in begun} <= {201, 202, 500}
    until(lambda: servers(small, "ada").get("", {}).get("ready") and servers(small, "cleo").get("", {}).get("ready"))
    assert not servers(small, "bo")
    assert not family(small, "bo")
    small.stop_server("cleo")


def test_a_killed_server_leaves_nothing_and_is_noticed_at_once(small):
    run(small, "ada", "import subprocess; subprocess.Popen(['setsid', 'sleep', '7777']); print('away')")
    server = next(p for p in family(small, "ada") if processes.role(p).kind == "server")
    server.kill()
    until(lambda: not servers(small, "ada"), 20)
    until(lambda: not family(small, "ada"), 20)


def test_without_the_warm_process_servers_start_cold_and_are_otherwise_the_same(small):
    warm, cold = service(small, services.WARM_SERVERS), starts(small, "cold")
    warm.kill()
    assert servers(small, "wanda")[""]["ready"]
    small.start_server("cora", profile="cpu")
    assert starts(small, "cold") == cold + 1
    of = {user: around(small, user) for user in ("wanda", "cora")}
    assert of["wanda"] == of["cora"]
    small.stop_server("cora")


def around(house, user):
    """What a server and its kernel have around them, but for what must differ between two people."""
    page = house.sign_in(user).get(f"/user/{user}/lab").text
    config = json.loads(
        re.search(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', page, re.DOTALL)[1]
    )
    text = json.dumps([config, json.loads(run(house, user, AROUND))])
    for found in re.findall(r'"JUPYTER_RUNTIME_DIR": "([^"]+)"', text):
        text = text.replace(found, "SOCKETS")
    text = re.sub(r"\b[0-9a-f]{32}\b|:\d{4,5}\b|\d+\b(?=\"})", "", text.replace(user, "USER"))
    config, kernel = json.loads(text)
    for varies in ("token", "appNamespace"):
        config.pop(varies, None)
    for varies in ("JPY_SESSION_NAME", "JPY_PARENT_PID"):
        kernel[0].pop(varies, None)
    return config, kernel


def test_an_idle_server_ends_and_one_whose_kernel_works_unwatched_does_not(small):
    small.start_server("wim", profile="cpu")
    run(small, "wim", "import time\nwhile True:\n    time.sleep(0.1)", watched=False)
    small.start_server("ida", profile="cpu")
    service(small, services.CULLER).resume()
    until(lambda: not servers(small, "ida"), 60)
    assert servers(small, "wim")[""]["ready"]
    small.stop_server("wim")


def test_the_hub_starts_a_warm_process_again_that_has_ended(small):
    until(lambda: service(small, services.WARM_SERVERS), 60)
