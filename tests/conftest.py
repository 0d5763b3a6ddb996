"""What tests share: the running house, the real pictures where they are at hand, a browser."""

import functools
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
from house import ROOT, House, forget_people, lend_a_card, open_folder, write_settings
from xdist.workermanage import NodeManager

from hub_config import settings

BESIDE = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
"""For each of several workers and the programs it starts: threads that share a core wait for one another."""
DATA = ROOT.parent / "shared" / "data"


def pytest_configure(config):
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell's background job; its servers would end late
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput"):  # one of several processes of pytest-xdist; torch is not loaded yet
        os.environ.update(BESIDE)
    NodeManager.EXIT_TIMEOUT = 60  # seconds for each of them to stop what it had started


def pytest_keyboard_interrupt():
    """One of several is interrupted twice, by the person and by who began it: once is enough to end in order."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def pytest_collection_modifyitems(items):
    """Files that start servers come first: `make test` hands files to its workers in this order."""
    waiting = {item.path for item in items if item.get_closest_marker("live") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in waiting)


@pytest.fixture(autouse=True, scope="session")
def quiet():
    """No test inherits a person's hub, tracking server or token from the shell it was started in."""
    for name in [n for n in os.environ if n.startswith(("JUPYTERHUB_", "MLFLOW_", "IMAGINE_", "LABEL_STUDIO_"))]:
        del os.environ[name]


@pytest.fixture(scope="session")
def house():
    """The real hub, proxy, door, Label Studio and MLflow, started as `make up` starts them; one for all tests."""
    from hub_config import processes

    with open_folder() as folder:
        running = House(settings.load(lend_a_card(write_settings(folder))))
        started = running.command("start")
        assert started.returncode == 0, started.stderr + started.stdout
        yield running
        for client in running.clients.values():
            client.close()
        running.command("stop")
        forget_people(running.settings)
        assert not processes.ours(running.settings), "stopping the house left processes behind"


@pytest.fixture(scope="session")
def real_data():
    """The folder of real pictures; tests that need it skip aloud where it is missing."""
    if not DATA.is_dir():
        pytest.skip(f"the real pictures are not at hand ({DATA})")
    return DATA


@pytest.fixture(scope="session")
def kernel_python():
    """The interpreter of the kernel environment, as people's notebooks run on."""
    python = settings.load().folders.python("kernel")
    assert python.exists(), f"{python} is missing: run make test"
    return Path(python)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Drawn particles with their labels: `pictures(24)` is a collection of 24, made once."""
    from imagine_kernels.sources import open_samples
    from imagine_kernels.use_cases.phytoplankton import samples

    @functools.cache
    def make(count, seed=1):
        return open_samples(samples.make_images(tmp_path_factory.mktemp("drawn"), count=count, seed=seed))

    return make


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A JupyterLab for all tests of widgets in this process; each opens notebooks of its own in it."""
    import jupyter_lab

    folder = tmp_path_factory.mktemp("lab")
    with jupyter_lab.running(folder) as (address, token):
        yield SimpleNamespace(address=address, token=token, folder=folder)


@pytest.fixture(scope="session")
def label_studio(tmp_path_factory):
    """A Label Studio without a hub, which tests of the bridge may pause; one for all of them."""
    import label_studio_server

    with label_studio_server.running(tmp_path_factory.mktemp("label-studio")) as running:
        yield running


@pytest.fixture
def world(label_studio, tmp_path, monkeypatch):
    """One person's samples, predictions and store, and a project of her own in `label_studio`."""
    from bridge_world import World

    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / "work"))
    return World(label_studio, tmp_path)


@pytest.fixture
def pair(world):
    """Two regions of one sample that both sides agree on."""
    from bridge_world import box

    world.one, world.two = box(), box("chaetoceros", 20)
    world.draw(0, world.one)
    world.draw(0, world.two)
    world.push()
    return world
