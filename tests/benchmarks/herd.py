"""`make bench-herd`: 30 people log in at once, get a server and run their first prediction; ours beside a stock hub.

Stock is JupyterHub with its own local spawner and plain kernels that import and load the same. Both hubs run on free
ports; the rounds of one follow those of the other, so that both have the same machine.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from house import House, forget_people, open_folder, surroundings, until, write_settings
from hub_alone import answers
from kernel_run import run

from hub_config import credentials, processes, proxy, server_process, settings
from imagine_kernels import use_case
from imagine_kernels.use_cases.phytoplankton import samples as drawn

CASE = use_case.get("phytoplankton")
PATIENCE = 900.0
"""Seconds after which somebody who waits is counted as failed."""
PREDICT = """
from imagine_kernels import predict, use_case
from imagine_kernels.sources import open_samples
run = predict.predict(use_case.get({case!r}), open_samples({folder!r}).samples, progress=False)
print(len(run.predictions))
"""
STOCK = """
c = get_config()
c.JupyterHub.bind_url = {public!r}
c.JupyterHub.hub_bind_url = {hub!r}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.redirect_to_server = False
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.cmd = [{singleuser!r}]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"JUPYTER_PATH": "{folder}/jupyter"}}
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.api_url = {api!r}
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
"""


@dataclass(frozen=True)
class Round:
    """What one herd saw: `wall` seconds until the last was served, `waits` of each, `megabytes` private to each."""

    wall: float
    waits: tuple[float, ...]
    megabytes: float
    failures: tuple[str, ...]

    def __str__(self) -> str:
        middle, last = statistics.median(self.waits or [0.0]), max(self.waits or [0.0])
        said = f"{self.wall:7.1f} s   median {middle:6.1f}   last {last:6.1f}   failed {len(self.failures):2d}"
        return f"{said}   private {self.megabytes:5.0f} MB per user"


class Stock(House):
    """A JupyterHub as it comes."""

    @property
    def credentials(self):
        return replace(credentials.load(self.settings), class_password="stock")


@contextlib.contextmanager
def ours(folder):
    house = House(settings.load(write_settings(folder)))
    started = house.command("start")
    try:
        assert not started.returncode, started.stderr
        for socket in (server_process.servers_socket, server_process.kernels_socket):
            until(lambda socket=socket: socket(house.settings).exists(), 120)
        yield house
    finally:
        house.command("stop")
        forget_people(house.settings)


@contextlib.contextmanager
def stock(folder):
    house = Stock(settings.load(write_settings(folder)))
    at, bin_folder = house.settings.addresses, house.settings.folders.environment("hub") / "bin"
    kernel = folder / "jupyter" / "kernels" / "plain"
    kernel.mkdir(parents=True)
    argv = [str(house.settings.folders.python("kernel")), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "plain", "language": "python"}))
    facts = {"public": at.public, "hub": at.backend(at.hub_port), "api": at.backend(at.proxy_port), "folder": folder}
    facts |= {"singleuser": str(bin_folder / "jupyterhub-singleuser"), "proxy": proxy.command(house.settings)}
    config = folder / "stock_config.py"
    config.write_text(STOCK.format(**facts, password="stock", patience=round(PATIENCE)))
    command = [bin_folder / "jupyterhub", "-f", config]
    variables = {**surroundings(), **processes.mark(house.settings)}
    with (folder / "hub.log").open("wb") as log:
        hub = subprocess.Popen(command, env=variables, cwd=folder, stdout=log, stderr=log)
    try:
        until(lambda: answers(house, hub), 120)
        yield house
    finally:
        hub.terminate()
        hub.wait(120)
        processes.finish(processes.ours(house.settings))


def first_prediction(house, user, kernel, code, gate):
    """Seconds from the log-in to the first prediction. Raises whatever came between."""
    gate.wait()
    began = time.perf_counter()
    client = house.sign_in(user)
    client.timeout = PATIENCE
    asked = house.api(user, "POST", f"/users/{user}/server", json={"profile": "cpu"} if kernel == CASE.name else None)
    assert asked.status_code in (201, 202), f"{asked.status_code} {asked.text[:200]}"
    if asked.status_code == 202:
        until_ready(client, user)
    printed = run(house, user, code, kernel, patience=PATIENCE)
    assert int(printed) > 0, printed
    return time.perf_counter() - began


def until_ready(client, user):
    """Follows what the page of a person who waits is told, as a browser does."""
    event = {}
    with client.stream("GET", f"/hub/api/users/{user}/server/progress") as events:
        for line in events.iter_lines():
            event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else event
    assert event.get("ready"), event.get("message", "no word")


def private(house):
    """Megabytes that no other process shares, for each person: server, kernels and whatever else runs for them."""
    found = Counter()
    for process in processes.ours(house.settings):
        role = processes.role(process)
        if role.kind in ("server", "kernel", "other") and role.name:
            found[role.name] += process.memory_full_info().uss / 1e6
    return statistics.mean(found.values()) if found else 0.0


def herd(house, people, kernel, code):
    """All of them at the same moment."""
    gate, waits, failures = threading.Barrier(len(people) + 1), [], []
    with ThreadPoolExecutor(len(people)) as pool:
        asked = [pool.submit(first_prediction, house, user, kernel, code, gate) for user in people]
        gate.wait()
        began = time.perf_counter()
        for one in asked:
            try:
                waits.append(one.result(PATIENCE))
            except Exception as error:  # noqa: BLE001 - whatever came between is a failure to count
                failures.append(f"{type(error).__name__}: {str(error)[:300]}")
        wall = time.perf_counter() - began
        used = private(house)
        list(pool.map(house.stop_server, people))
    return Round(wall, tuple(waits), used, tuple(failures))


def rounds(houses, count, users, code):
    """`count` rounds of each house in turn, said while they come."""
    found = {name: [] for name in houses}
    for number in range(1, count + 1):
        people = [f"r{number}p{person}" for person in range(users)]
        for name, (house, kernel) in houses.items():
            found[name].append(herd(house, people, kernel, code))
            print(f"round {number}  {name:5} {found[name][-1]}", flush=True)
            for failure in found[name][-1].failures:
                print(f"    {failure}", flush=True)
    return found


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--users", type=int, default=30)
    asked.add_argument("--rounds", type=int, default=3)
    asked = asked.parse_args()
    with open_folder() as folder:
        for name in ("ours", "stock"):
            (folder / name).mkdir()
        samples = drawn.make_images(folder / "pictures", count=4, seed=1)
        code = PREDICT.format(case=CASE.name, folder=str(samples))
        with ours(folder / "ours") as house, stock(folder / "stock") as plain:
            found = rounds({"ours": (house, CASE.name), "stock": (plain, "plain")}, asked.rounds, asked.users, code)
    tell(found, asked.users)


def tell(found, users):
    pairs = list(zip(found["ours"], found["stock"], strict=True))
    memory = max(one.megabytes / other.megabytes for one, other in pairs)
    for name, all_rounds in found.items():
        failed = sum(len(one.failures) for one in all_rounds)
        print(f"{name}: {failed} of {users * len(all_rounds)} failed")
    print(f"private memory, ours over stock, worst round: {memory:.2f}")
    print(f"ratio: {min(other.wall / one.wall for one, other in pairs):.2f}")


if __name__ == "__main__":
    main()
