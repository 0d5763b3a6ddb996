"""The house calls nobody: every name its processes look up, and every address a browser asks for, is this machine's."""

import os
import re
import shutil
import socket
import subprocess
import textwrap

import httpx
import pytest
from browser import Visitor, chromium
from house import ROOT, House, until, write_settings
from neighbours import caller, picture
from playwright.sync_api import expect

from hub_config import parts, processes, settings

pytestmark = [pytest.mark.live, pytest.mark.browser]

SHOTS = ROOT / ".imagine" / "journey-services"
CONFIG = """<View><Image name="image" value="$image"/><Choices name="choice" toName="image">
<Choice value="Diatom"/><Choice value="Copepod"/></Choices></View>"""
WATCH = """
import os, sys
def note(text):
    with open({log!r}, "a") as out:
        out.write(text + "\\n")
def watch(event, values):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        note(f"name {{values[0]}}")
    if event in ("socket.connect", "socket.sendto") and isinstance(values[1], tuple):
        note(f"name {{values[1][0]}}")
note("process " + " ".join(sys.orig_argv))
sys.addaudithook(watch)
"""
WATCHED = """
import sys
load_subconfig({config!r})
for service in c.JupyterHub.services:
    service.get("environment", {{}})["PYTHONPATH"] = {folder!r}
c.Spawner.environment = {{"PYTHONPATH": {folder!r}}}
"""
LOG = """
import mlflow
mlflow.set_experiment("watched")
with mlflow.start_run(run_name="watched") as run:
    for step in range(5):
        mlflow.log_metric("loss", 1 / (1 + step), step=step)
    from matplotlib.figure import Figure
    figure = Figure()
    figure.add_subplot().imshow([[1, 0], [0, 1]])
    mlflow.log_figure(figure, "confusion.png")
print("MADE", run.info.experiment_id, run.info.run_id)
"""


class Watched(House):
    """A house of which every Python process writes down which names and addresses it asks for."""

    def __init__(self, folder):
        super().__init__(settings.load(write_settings(folder)))
        self.folder, self.log = folder / "watch", folder / "watch.log"
        self.folder.mkdir()
        (self.folder / "sitecustomize.py").write_text(WATCH.format(log=str(self.log)))
        real = str(ROOT / "hub_config" / "jupyterhub_config.py")
        self.config = self.folder / "config.py"
        self.config.write_text(textwrap.dedent(WATCHED.format(config=real, folder=str(self.folder))))

    def start(self):
        """What `make up` starts, with the watch in every process."""
        variables = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
            **processes.mark(self.settings),
            settings.VARIABLE: str(self.settings.file),
            "PYTHONPATH": str(self.folder),
        }
        command = [self.settings.folders.python("hub"), "-m", "jupyterhub", "-f", self.config]
        said = self.settings.folders.logs / "hub.log"
        said.parent.mkdir(parents=True, exist_ok=True)
        with said.open("wb") as log:
            self.hub = subprocess.Popen(command, env=variables, cwd=self.folder, stdout=log, stderr=log)
        addresses = [parts.login_page(self.settings), *(f"{one.address}/" for one in parts.parts(self.settings))]
        until(lambda: all(parts.answers(url, below=500) for url in addresses), 180)
        until(lambda: parts.answers(parts.login_page(self.settings), below=400), 60)

    def lines(self, kind):
        """What was written down after the word `kind`."""
        return {line.partition(" ")[2] for line in self.log.read_text().splitlines() if line.startswith(f"{kind} ")}


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    house = Watched(tmp_path_factory.mktemp("watched"))
    try:
        house.start()
        yield house
    finally:
        for client in house.clients.values():
            client.close()
        house.hub.terminate()
        house.hub.wait(60)  # a child that has ended is still there for `stop` until it is waited for
        house.command("stop")


@pytest.fixture(scope="module")
def visitor(watched):
    shutil.rmtree(SHOTS, ignore_errors=True)
    with chromium() as browser:
        visitor = Visitor(browser, SHOTS, size=(1400, 900))
        page = visitor.page
        page.set_default_timeout(60_000)
        page.goto(f"{watched.url}/hub/login")
        page.fill("input[name=username]", "ada")
        page.fill("input[name=password]", watched.credentials.class_password)
        page.click("[type=submit]")
        page.wait_for_url(re.compile("/hub/(home|spawn)"))
        yield visitor
        visitor.context.close()


@pytest.fixture(scope="module")
def run(watched, kernel_python):
    done = subprocess.run(
        [kernel_python, "-c", LOG],
        env={
            "MLFLOW_TRACKING_URI": f"{watched.url}/services/mlflow",
            "MLFLOW_TRACKING_TOKEN": watched.token("ada"),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PYTHONPATH": str(watched.folder),
            "HOME": str(watched.folder),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("MADE")[2].split()


def test_a_label_made_on_label_studios_page_is_there_with_author_and_time(watched, visitor):
    page = visitor.page
    with caller(watched, "ada", "label-studio") as ada:
        project = ada.post("/api/projects/", json={"title": "Seen in a browser", "label_config": CONFIG}).json()["id"]
        sent = {"file0": ("particle.png", picture(), "image/png")}
        upload = ada.post(f"/api/projects/{project}/import?commit_to_project=false", files=sent).json()[
            "file_upload_ids"
        ][0]
        file = ada.get(f"/api/projects/{project}/file-uploads", params={"ids": f"[{upload}]"}).json()[0]["file"]
        guess = [{"from_name": "choice", "to_name": "image", "type": "choices", "value": {"choices": ["Diatom"]}}]
        task = {
            "data": {"image": f"/services/label-studio/data/{file}"},
            "predictions": [{"model_version": "starter", "score": 0.7, "result": guess}],
        }
        number = ada.post(f"/api/projects/{project}/import?return_task_ids=true", json=[task]).json()["task_ids"][0]
        page.goto(f"{watched.url}/services/label-studio/projects/{project}/data")
        page.get_by_text("Label All Tasks").wait_for()
        visitor.shoot("label-studio-tasks")
        page.goto(f"{watched.url}/services/label-studio/projects/{project}/data?task={number}")
        page.get_by_text("Copepod").first.click()
        until(
            lambda: page.evaluate(
                "[...document.images].some(i => i.src.includes('/data/upload/') && i.naturalWidth > 1)"
            )
        )
        visitor.shoot("label-studio-editor")
        page.get_by_role("button", name="Submit").click()
        made = until(lambda: ada.get(f"/api/tasks/{number}/").json()["annotations"], 30)
        assert made[0]["result"][0]["value"]["choices"] == ["Copepod"]
        assert made[0]["completed_by"]["email"] == "ada@hub.local"
        assert made[0]["created_at"]


def test_the_page_of_mlflow_shows_runs_metrics_and_pictures(watched, visitor, run):
    page, (experiment, number) = visitor.page, run
    page.goto(f"{watched.url}/services/mlflow/")
    expect(page.get_by_text("watched").first).to_be_visible()
    expect(page.get_by_text("Welcome to MLflow Assistant")).to_have_count(0)
    visitor.shoot("mlflow-home")
    address = f"{watched.url}/services/mlflow/#/experiments/{experiment}/runs"
    page.goto(address)
    expect(page.get_by_text("1 matching run")).to_be_visible()
    visitor.shoot("mlflow-runs")
    page.goto(f"{address}/{number}")
    expect(page.get_by_text("ada", exact=True).first).to_be_visible()
    visitor.shoot("mlflow-run")
    page.goto(f"{address}/{number}/model-metrics")
    expect(page.locator(".js-plotly-plot .scatterlayer path.js-line").first).to_be_attached()
    visitor.shoot("mlflow-metrics")
    page.goto(f"{address}/{number}/artifacts/confusion.png")
    until(lambda: page.evaluate("[...document.images].some(i => i.naturalWidth > 300)"))
    visitor.shoot("mlflow-picture")


def test_the_other_pages_open_too(watched, visitor):
    page = visitor.page
    for path in ("", "/projects", "/user/account", "/organization", "/projects/1/settings"):
        page.goto(f"{watched.url}/services/label-studio{path}", wait_until="load")
        expect(page.locator("body")).to_contain_text(re.compile(r"\w"))
    for path in ("/#/models", "/#/settings", "/#/prompts", "/#/experiments"):
        page.goto(f"{watched.url}/services/mlflow{path}", wait_until="load")
        expect(page.locator("#root")).to_contain_text(re.compile(r"\w"))


def test_a_server_and_a_kernel_start(watched, visitor):
    watched.start_server("ada")
    visitor.page.goto(f"{watched.url}/user/ada/lab")
    visitor.page.locator(".jp-Launcher, .jp-Notebook").first.wait_for()
    headers = {"Authorization": f"token {watched.token('ada')}"}
    made = httpx.post(f"{watched.url}/user/ada/api/kernels", headers=headers, json={"name": "python3"}, timeout=60)
    assert made.status_code == 201
    until(lambda: [one for one in watched.lines("process") if "ipykernel" in one], 60)


def test_nobody_outside_was_asked_for(watched, visitor):
    """Last: all that the tests above did was watched."""
    started = " | ".join(watched.lines("process"))
    for part in (
        "jupyterhub",
        "hub_config.door",
        "hub_config.label_studio_app",
        "hub_config.mlflow_app",
        "imagine_kernels.serve",
        "ipykernel",
    ):
        assert part in started, f"{part} was not watched: {started}"
    here = {"None", "", "b''", "127.0.0.1", "localhost", "::1", "0.0.0.0", socket.gethostname()}
    names = watched.lines("name")
    assert "127.0.0.1" in names
    assert names <= here, names - here
    assert visitor.outside == []
