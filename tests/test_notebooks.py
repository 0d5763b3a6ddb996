"""Every use case's notebook runs top to bottom by papermill, as a kernel of the hub would run it."""

import json
import os
import subprocess

import pytest
from hostile import make_hostile_folder
from house import ROOT

from hub_config import server_process
from imagine_kernels import environment, use_case

pytestmark = pytest.mark.live
NOTEBOOKS = ROOT / "notebooks" / "use_cases"
PERSON = "pat"
TOLD = {"phytoplankton": "per mL", "zooplankton": "mm³/m³"}
"""What a notebook shows with its interval, where the practice samples tell their water."""


@pytest.fixture(scope="module")
def papermill(house, kernel_python, tmp_path_factory):
    """Runs a notebook with parameters as PERSON, with the hub's token; gives the executed cells."""
    home = tmp_path_factory.mktemp("home")

    def run(notebook, *, at_the_hub=True, **parameters):
        out = home / f"executed-{len(list(home.glob('executed-*')))}.ipynb"
        hub = {
            environment.USER: PERSON,
            environment.HUB_TOKEN: house.token(PERSON),
            environment.LABEL_STUDIO_URL: f"{house.url}/services/label-studio",
            environment.MLFLOW_URL: f"{house.url}/services/mlflow",
            environment.MLFLOW_TOKEN: house.token(PERSON),
            environment.ZYGOTE: str(server_process.kernels_socket(house.settings)),
        }
        words = [word for name, value in parameters.items() for word in ("-p", name, str(value))]
        done = subprocess.run(
            [str(kernel_python.with_name("papermill")), str(notebook), str(out), *words, "--cwd", str(home)],
            env={**os.environ, "HOME": str(home), "USER": PERSON, "TQDM_DISABLE": "1", **(hub if at_the_hub else {})},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        token = house.token(PERSON)
        assert token not in out.read_text(), "the token is in the notebook"
        return [c for c in json.loads(out.read_text())["cells"] if c["cell_type"] == "code"]

    run.home = home
    return run


def said(cells, source):
    """What the cell with `source` shows, as one text."""
    cell = next(c for c in cells if source in "".join(c["source"]))
    return json.dumps(cell["outputs"], ensure_ascii=False)


@pytest.mark.parametrize("name", use_case.names())
def test_notebook_runs_on_its_practice_samples(papermill, name):
    case = use_case.get(name)
    cells = papermill(NOTEBOOKS / case.notebook)
    assert "Open in Label Studio" in said(cells, "label_studio.push(")
    assert "is in MLflow." in said(cells, "tracking.log(")
    shown = json.dumps([cell["outputs"] for cell in cells], ensure_ascii=False)
    assert f"{TOLD.get(name, '')}, 95 % interval" in shown
    report = (papermill.home / f"{name}-report.html").read_text()
    for part in ("What was found", "95 % interval", case.model().sha256, f"imagine report {name} --images"):
        assert part in report


def test_notebook_runs_on_a_real_flowcam_run(papermill, real_data):
    run = real_data / "05_flowcam_phytoplankton" / "flowcam_raw_run"
    cells = papermill(NOTEBOOKS / "phytoplankton.ipynb", IMAGES=run, MODEL="culture", EPOCHS=1)
    assert "per mL" in said(cells, "measure.concentrations(")


def test_notebook_runs_on_real_class_folders_without_volume(papermill, real_data):
    folder = real_data / "05_flowcam_phytoplankton" / "vliz_flowcam"
    cells = papermill(NOTEBOOKS / "phytoplankton.ipynb", IMAGES=folder, EPOCHS=1)
    concentrations = said(cells, "measure.concentrations(")
    assert "volume" in concentrations
    assert "per mL" not in concentrations


@pytest.fixture(scope="module")
def away(papermill, tmp_path_factory):
    """The notebook on a folder of bad files, away from the hub: two situations of one run, which takes its time."""
    folder = make_hostile_folder(tmp_path_factory.mktemp("drop") / "dropped files")
    return papermill(NOTEBOOKS / "phytoplankton.ipynb", at_the_hub=False, IMAGES=folder, EPOCHS=1)


def test_notebook_runs_on_a_folder_of_bad_files_and_names_them(away):
    for name in ("truncated.jpg", "empty.png", "really_a.pdf.jpg", "huge.png"):
        assert name in said(away, "tables.left_out(")


def test_notebook_away_from_the_hub_says_so_in_a_sentence_and_goes_on(away):
    assert "Label Studio is known only to kernels started by the hub" in said(away, "label_studio.push(")
