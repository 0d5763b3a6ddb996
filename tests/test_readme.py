"""Every command the README shows is run here, in its order, as a person types it."""

import os
import re
import shlex
import subprocess

import pytest
from house import ROOT, write_settings

from hub_config import processes, settings
from imagine_kernels.use_cases.phytoplankton import samples

pytestmark = pytest.mark.live
BLOCKS = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.strip()]
MEASURES = {command: pytest.mark.alone for command in COMMANDS if command.startswith("make bench-")}
BY_ITSELF = {"make test": "this very run", "make journey": "tests/test_journey.py, in this very run"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the drawn run the README speaks of, and an installation of its own on free ports."""
    folder = tmp_path_factory.mktemp("readme")
    samples.make_run(folder / "my_run", count=24, seed=5)
    write_settings(folder)
    yield folder
    here = settings.load(folder / "imagine.toml")
    processes_left = processes.ours(here)
    processes.finish(processes_left)
    assert not processes_left, "the README's commands left processes running"


def environment(folder):
    path = f"{settings.load().folders.python('kernel').parent}{os.pathsep}{os.environ['PATH']}"
    typed = {k: v for k, v in os.environ.items() if k not in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS")}  # not `make test`'s
    return {**typed, "PATH": path, "HOME": str(folder), settings.VARIABLE: str(folder / "imagine.toml")}


def test_the_readme_shows_the_two_commands():
    assert {"make up", "make test"} <= set(COMMANDS)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("command", [pytest.param(command, marks=MEASURES.get(command, ())) for command in COMMANDS])
def test_readme_command_works(command, place):
    words = shlex.split(command)
    if command in BY_ITSELF:
        subprocess.run(["make", "-C", str(ROOT), "-n", *words[1:]], check=True, capture_output=True)
        return
    where = ROOT if words[0] == "make" else place
    done = subprocess.run(
        words, cwd=where, env=environment(place), capture_output=True, text=True, timeout=800, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    if command == "make up":
        assert re.search(r"http://127\.0\.0\.1:\d+", done.stdout)
        assert "class password" in done.stdout
    if command == "make status":
        assert "Label Studio" in done.stdout
        assert "MLflow" in done.stdout
    if command.startswith("imagine report"):
        assert (place / "my_run.html").exists()
    if command == "make bench-first-light":
        print(done.stdout)
        last = done.stdout.strip().splitlines()[-1]
        assert float(last.removeprefix("ratio: ")) >= 2  # 3 and more where the machine has nothing else to do


def test_links_of_the_readme_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), f"README.md links to {target}, which is not there"
