"""What goes wrong while people work: a server that ends as it starts, a hub that is killed and comes back."""

import contextlib
import subprocess

import psutil
import pytest
from house import until, write_settings
from hub_alone import running
from kernel_run import run

from hub_config import processes, server_process, spawner

pytestmark = pytest.mark.live


def test_a_server_that_ends_while_it_starts_says_so_and_leaves_the_hub_well(tmp_path):
    with running(
        tmp_path, write_settings(tmp_path), more='c.Spawner.cmd = ["sh", "-c", "echo no space >&2; exit 3"]'
    ) as house:
        client = house.sign_in("lena")
        client.get("/hub/spawn")
        token = {"_xsrf": client.cookies.get("_xsrf", path="/hub/")}
        answer = client.post("/hub/spawn/lena", params=token, data={"profile": "cpu"})
        page = answer.text

        def tells():
            nonlocal page
            page = page if "ended while it started" in page else client.get("/hub/spawn-pending/lena").text
            return "Your server ended while it started" in page

        until(tells, 30)
        said = house.settings.folders.logs / "servers" / "lena.log"
        assert str(said) in page
        assert said.read_text() == "no space\n"
        assert client.get("/hub/home").status_code == 200


# What the database remembers of Olaf's server after the machine was off: a number that is another process's now.
STALE = """
class Remembering(c.JupyterHub.spawner_class):
    def load_state(self, state):
        super().load_state({{**state, "pid": {pid}}} if self.user.name == "olaf" else state)

c.JupyterHub.spawner_class = Remembering
"""


FORKED = """
from hub_config import services
c.JupyterHub.services = [one for one in services.beside(c, load()) if one["name"] == services.WARM_SERVERS]
"""


@pytest.fixture
def stranger():
    """A process that has nothing to do with the house."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def test_a_killed_hub_finds_running_servers_again_and_leaves_strangers_alone(tmp_path, stranger):
    file = write_settings(tmp_path)
    file.write_text(file.read_text().replace("server_minutes = 240", "server_minutes = 0"))
    with running(tmp_path, file, more=FORKED) as house:
        until(lambda: server_process.servers_socket(house.settings).exists(), 120)
        for user in ("lena", "olaf"):
            house.start_server(user, profile="cpu")
        run(house, "lena", "left = 41")
        mark = f"{house.settings.folders.state}|lena|"
        before = {p.pid for p in processes.family(spawner.SERVER, mark)}
        processes.hub(house.settings).kill()
        until(lambda: processes.hub(house.settings) is None)
        until(lambda: "warm-servers" not in {processes.role(p).name for p in processes.ours(house.settings)})
        with running(tmp_path, file, more=FORKED + STALE.format(pid=stranger.pid)) as again:
            assert not again.api("olaf", "GET", "/users/olaf").json()["servers"]
            again.start_server("olaf")
            again.stop_server("olaf")
            assert again.api("lena", "GET", "/users/lena").json()["servers"][""]["ready"]
            token = {"Authorization": f"token {again.token('lena')}"}
            assert len(again.sign_in("lena").get("/user/lena/api/kernels", headers=token).json()) == 1
            assert {p.pid for p in processes.family(spawner.SERVER, mark)} == before
            again.stop_server("lena")
            assert processes.family(spawner.SERVER, mark) == []
    assert stranger.poll() is None


def test_the_warm_process_of_a_person_comes_again_when_it_was_killed(house):
    until(lambda: server_process.kernels_socket(house.settings).exists(), 120)
    house.start_server("gus", profile="cpu")
    mark = f"{house.settings.folders.state}|gus|"

    def warm():
        found = []
        for one in processes.family(spawner.SERVER, mark):
            with contextlib.suppress(psutil.Error):  # killed a moment ago
                found += [one] if processes.role(one).kind == "warm" else []
        return found

    (before,) = until(warm, 120)
    before.kill()
    until(lambda: set(warm()) - {before}, 120)
    house.stop_server("gus")
    assert processes.family(spawner.SERVER, mark) == []
