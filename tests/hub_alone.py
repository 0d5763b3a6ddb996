"""A hub by itself, without Label Studio and MLflow or with another JupyterHub, for tests of what it does alone."""

import contextlib
import subprocess

import httpx
from house import ROOT, House, surroundings, until

from hub_config import processes, settings

PARTS = """
from hub_config import hub, metrics, pages, profiles, spawner, usage_page, users
from hub_config.lab import culling
from hub_config.settings import load

for part in (hub, users, profiles, spawner, culling, pages, usage_page, metrics):
    part.apply(get_config(), load())
c = get_config()
"""


@contextlib.contextmanager
def running(folder, file, *, environment="hub", services=False, more=""):
    """The hub of the settings in `file` as a House, run by `environment`; ended with all its processes after use.

    `more` are further lines of its configuration.
    """
    house = House(settings.load(file))
    program = house.settings.folders.environment(environment) / "bin" / "jupyterhub"
    assert program.exists(), f"{program} is missing: run make test"
    config = ROOT / "hub_config" / "jupyterhub_config.py"
    if not services:
        config = folder / "jupyterhub_config.py"
        config.write_text(PARTS + more)
    variables = {**surroundings(), settings.VARIABLE: str(file), **processes.mark(house.settings)}
    with (folder / "hub.log").open("wb") as log:
        hub = subprocess.Popen([program, "-f", config], env=variables, cwd=ROOT, stdout=log, stderr=log)
    try:
        until(lambda: answers(house, hub), 120)
        yield house
    finally:
        for client in house.clients.values():
            client.close()
        hub.terminate()
        hub.wait(60)
        processes.finish(processes.ours(house.settings))


def answers(house, hub):
    """Whether the log-in page is there; fails when the hub has ended."""
    assert hub.poll() is None, (house.settings.file.parent / "hub.log").read_text()
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{house.url}/hub/login").status_code == 200
    return False
