"""A training as a run of a real MLflow server, and back; and what a person reads where there is no server."""

import json
import math
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace

import httpx
import pytest
from house import free_port

from imagine_kernels import environment, tracking, use_case
from imagine_kernels.predict import predict
from imagine_kernels.records import Skipped
from imagine_kernels.train import train

CASE = use_case.get("phytoplankton")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """`mlflow server` on a free port with its data in a folder of its own."""
    folder = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    places = [
        "--backend-store-uri",
        f"sqlite:///{folder}/runs.sqlite",
        "--artifacts-destination",
        f"{folder}/artifacts",
    ]
    quiet = {**environment.QUIET, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([*command, *places], cwd=folder, stdout=log, stderr=log, env={**os.environ, **quiet})
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 240
        while True:
            assert running.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            try:
                if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield url
    finally:
        running.terminate()
        running.wait(30)


@pytest.fixture
def tracked(server, monkeypatch, tmp_path):
    monkeypatch.setenv(environment.MLFLOW_URL, server)
    monkeypatch.setenv(environment.USER, "ana")
    monkeypatch.setenv(environment.WORK, str(tmp_path / "work"))
    return server


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    collection = pictures(36)
    made = train(
        CASE, collection.samples, collection.annotations, epochs=2, progress=False, folder=tmp_path_factory.mktemp("m")
    )
    return replace(made, skipped=(Skipped("a b\n.jpg", "is no picture."),))


def test_run_carries_figures_by_epoch_hashes_versions_picture_and_person(tracked, trained):
    run = tracking.log(CASE, trained, name="first try")
    from mlflow import MlflowClient

    client = MlflowClient(tracked)
    found = client.get_run(run.run_id)
    assert found.info.run_name == "first try"
    assert found.info.status == "FINISHED"
    assert found.data.tags["mlflow.user"] == "ana"
    assert found.data.tags["imagine.data_sha256"] == trained.data_sha256
    assert found.data.tags["imagine.split_sha256"] == trained.split_sha256
    assert found.data.tags["imagine.weights_sha256"] == trained.model.sha256
    assert found.data.tags["imagine.version.torch"] == trained.versions["torch"]
    assert found.data.params["seed"] == "0"
    assert [(m.step, m.value) for m in client.get_metric_history(run.run_id, "loss")] == [
        (epoch.epoch, epoch.loss) for epoch in trained.history
    ]
    assert found.data.metrics["macro_f1"] == trained.metrics["macro_f1"]
    names = {item.path for item in client.list_artifacts(run.run_id)}
    assert {"confusion.png", "evaluation.json", "skipped.txt", "model"} <= names
    assert run.run_id in run.url
    assert run.url.startswith(tracked)
    assert run.url in run._repr_html_()


def test_model_comes_back_by_run_and_predicts_the_same(tracked, trained, pictures):
    samples = pictures(12).samples
    run = tracking.log(CASE, trained)
    model, weights = tracking.load(run.run_id)
    assert model == trained.model
    assert weights.is_relative_to(environment.work_folder())
    before = predict(CASE, samples, trained.model, weights=trained.weights, progress=False)
    after = predict(CASE, samples, model, weights=weights, progress=False)
    assert [p.regions[0].scores for p in after.predictions] == [p.regions[0].scores for p in before.predictions]
    assert tracking.load(run.run_id) == (model, weights)


def test_runs_are_compared_newest_first(tracked, trained):
    tracking.log(CASE, trained, name="older")
    time.sleep(0.01)
    tracking.log(CASE, trained, name="newer")
    table = tracking.compare(CASE)
    assert list(table["name"][:2]) == ["newer", "older"]
    assert table["macro_f1"][0] == trained.metrics["macro_f1"]
    assert table["data"][0] == trained.data_sha256[:12]


def test_no_runs_yet_is_an_empty_table(tracked):
    assert tracking.compare(replace(CASE, name="nothing_here")).empty


def test_figure_that_is_not_a_number_is_left_out(tracked, trained):
    unsure = replace(trained, evaluation=replace(trained.evaluation, calibration_error=math.nan))
    run = tracking.log(CASE, unsure)
    from mlflow import MlflowClient

    assert "calibration_error" not in MlflowClient(tracked).get_run(run.run_id).data.metrics


def test_model_without_held_out_pictures_is_logged_without_figures(tracked, trained):
    run = tracking.log(CASE, replace(trained, evaluation=None))
    from mlflow import MlflowClient

    names = {item.path for item in MlflowClient(tracked).list_artifacts(run.run_id)}
    assert "confusion.png" not in names
    assert "model" in names


def test_run_without_a_model_of_ours_is_said(tracked):
    from mlflow import MlflowClient

    client = MlflowClient(tracked)
    run = client.create_run(client.create_experiment("somebody else's")).info.run_id
    client.log_text(run, json.dumps({"name": "x"}), "model/facts.json")
    with pytest.raises(ValueError, match="facts of a model"):
        tracking.load(run)


def test_unknown_run_is_a_sentence(tracked):
    with pytest.raises(ConnectionError, match="could not do it"):
        tracking.load("0" * 32)


def test_weights_changed_on_the_server_are_refused(tracked, trained, tmp_path):
    from mlflow import MlflowClient

    run = tracking.log(CASE, trained)
    forged = tmp_path / trained.weights.name
    forged.write_bytes(trained.weights.read_bytes()[:-1] + b"x")
    MlflowClient(tracked).log_artifact(run.run_id, str(forged), "model")
    with pytest.raises(ValueError, match="not those that were logged"):
        tracking.load(run.run_id)


def test_server_that_does_not_answer_is_said_with_where_the_model_is(trained, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refuses at once
        monkeypatch.setenv(environment.MLFLOW_URL, f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ConnectionError, match="does not answer") as told:
            tracking.log(CASE, trained)
    assert str(trained.weights) in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning")  # MLflow 3.17 on SQLAlchemy 2.1
def test_away_from_the_hub_a_run_goes_to_the_persons_own_file_and_comes_back(trained, monkeypatch, tmp_path):
    monkeypatch.delenv(environment.MLFLOW_URL, raising=False)
    monkeypatch.setenv(environment.WORK, str(tmp_path))
    run = tracking.log(CASE, trained)
    assert run.url == ""
    assert (tmp_path / "mlflow" / "mlflow.sqlite").is_file()
    model, weights = tracking.load(run.run_id)
    assert model.sha256 == trained.model.sha256
    assert weights.read_bytes() == trained.weights.read_bytes()
    assert list(tracking.compare(CASE)["run"]) == [run.run_id]


def test_variables_of_the_person_are_left_as_they_were(tracked, trained, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    before = dict(os.environ)
    tracking.log(CASE, trained)
    assert {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"} == {
        k: v for k, v in before.items() if k != "PYTEST_CURRENT_TEST"
    }
