"""Servers that are forked warm, wait in line and end when idle: one hub without Label Studio and MLflow for all of it.

One server starts at a time here, and a server ends after six idle seconds; the culler sleeps until its own test.
"""

import contextlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from house import until, write_settings
from hub_alone import running
from kernel_run import run

from hub_config import processes, server_process, services, singleuser, spawner

pytestmark = pytest.mark.live
BESIDE = """
from hub_config import services
c.JupyterHub.services = services.beside(c, load())
"""


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
    text = file.read_text().replace("starts = 0 ", "starts = 1 ").replace("kernels = true", "kernels = false")
    file.write_text(text.replace("server_minutes = 240", "server_minutes = 0.1"))
    with running(folder, file, more=BESIDE) as house:
        culler = until(lambda: service(house, services.CULLER))
        culler.suspend()
        until(lambda: server_process.servers_socket(house.settings).exists(), 120)
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


def test_who_gives_up_while_their_server_starts_leaves_nothing(small):
    warm = service(small, services.WARM_SERVERS)
    small.sign_in("dora")
    warm.suspend()
    with ThreadPoolExecutor(2) as pool, contextlib.ExitStack() as after:
        after.callback(warm.resume)
        pool.submit(small.api, "dora", "POST", "/users/dora/server", json={"profile": "cpu"})
        until(lambda: servers(small, "dora"))
        assert "JupyterLab is starting" in message(small, "dora")
        given_up = pool.submit(small.api, "dora", "DELETE", "/users/dora/server")
        until(lambda: "Interrupting spawner dora" in (small.settings.file.parent / "hub.log").read_text())
        warm.resume()
        assert given_up.result().status_code in (202, 204)
    until(lambda: not servers(small, "dora"))
    assert not family(small, "dora")
    small.start_server("dora")
    small.stop_server("dora")


def test_a_killed_server_leaves_nothing_and_is_noticed_at_once(small):
    run(small, "ada", "import subprocess; subprocess.Popen(['setsid', 'sleep', '7777']); print('away')")
    server = next(p for p in family(small, "ada") if processes.role(p).kind == "server")
    server.kill()
    until(lambda: not servers(small, "ada"), 60)
    until(lambda: not family(small, "ada"), 60)


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
    """What JupyterLab says of itself and what others see of its process, but for what differs between two people."""
    page = house.sign_in(user).get(f"/user/{user}/lab").text
    config = json.loads(re.search(r'jupyter-config-data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])
    server = next(p for p in family(house, user) if processes.role(p).kind == "server")
    environ, config["token"] = {**server.environ(), singleuser.LISTEN: ""}, ""
    with server.oneshot():
        facts = [
            [word for word in server.cmdline() if word],
            server.cwd(),
            server.uids(),
            server.gids(),
            config,
            environ,
        ]
    text = json.dumps(facts).replace(environ["JUPYTER_RUNTIME_DIR"], "SOCKETS").replace(user, "USER")
    umask = re.search(r"Umask:\s+(\d+)", Path(f"/proc/{server.pid}/status").read_text())[1]
    return umask, json.loads(re.sub(r"\b[0-9a-f]{32}\b|:\d{4,5}\b", "", text))


def test_an_idle_server_ends_and_one_whose_kernel_works_unwatched_does_not(small):
    small.start_server("wim", profile="cpu")
    run(small, "wim", "import time\nwhile True:\n    time.sleep(0.1)", watched=False)
    small.start_server("ida", profile="cpu")
    service(small, services.CULLER).resume()
    until(lambda: not servers(small, "ida"), 120)
    assert servers(small, "wim")[""]["ready"]
    small.stop_server("wim")


def test_the_hub_starts_a_warm_process_again_that_has_ended(small):
    until(lambda: service(small, services.WARM_SERVERS), 120)
