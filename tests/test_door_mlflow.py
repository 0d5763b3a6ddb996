"""What one person keeps in MLflow is not there for another: by number, path, header or workspace."""

import json
import subprocess
from urllib.parse import quote

import pytest
from neighbours import FORGED, MARK, caller

pytestmark = pytest.mark.live

LOGS = """
import mlflow, sys
mlflow.set_experiment("{mark} experiment")
with mlflow.start_run(run_name="{mark}") as run:
    mlflow.log_params({{"epochs": 3, "kind": "{mark}"}})
    for step in range(4):
        mlflow.log_metric("{mark}", step / 4, step=step)
    mlflow.log_text("{mark}", "notes/{mark}.txt")
    mlflow.set_tag("mlflow.user", "mallory")
client = mlflow.MlflowClient()
client.create_registered_model("{mark} model")
client.create_model_version("{mark} model", f"runs:/{{run.info.run_id}}/notes", run.info.run_id)
text = mlflow.artifacts.load_text(f"runs:/{{run.info.run_id}}/notes/{mark}.txt")
kept = client.get_run(run.info.run_id)
with mlflow.start_run(experiment_id="0"):
    pass
print("MADE", run.info.run_id, run.info.experiment_id, kept.data.tags["mlflow.user"], kept.info.user_id, text)
"""


@pytest.fixture(scope="module")
def run(house, kernel_python):
    """A run of alice, made by the plain client as a kernel has it."""
    variables = {"MLFLOW_TRACKING_URI": f"{house.url}/services/mlflow", "MLFLOW_TRACKING_TOKEN": house.token("alice")}
    done = subprocess.run(
        [kernel_python, "-c", LOGS.format(mark=MARK)],
        env={
            **variables,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "HOME": str(house.settings.folders.state),
            "USER": "mallory",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    number, experiment, user, owner, text = done.stdout.partition("MADE")[2].split()
    assert (user, owner, text) == ("alice", "alice", MARK), "the run bears the name that the hub knows"
    return {"run": number, "experiment": experiment}


def calls(run):
    """Everything that leads to a run, its numbers, its files and its model."""
    number, experiment = run["run"], run["experiment"]
    file, api, page = f"{experiment}/{number}/artifacts/notes/{MARK}.txt", "/api/2.0/mlflow", "/ajax-api/2.0/mlflow"
    artifacts, model = "/api/2.0/mlflow-artifacts/artifacts", quote(f"{MARK} model")
    asked = "query Q($run: MlflowGetRunInput!) { mlflowGetRun(input: $run) { run { info { runId userId runName } } } }"
    for path in (
        f"{api}/runs/get?run_id={number}",
        f"{api}/experiments/get?experiment_id={experiment}",
        f"{api}/experiments/get-by-name?experiment_name={MARK}%20experiment",
        f"{api}/experiments/search?max_results=1000",
        f"{api}/artifacts/list?run_id={number}",
        f"{api}/metrics/get-history?run_id={number}&metric_key={MARK}",
        f"{page}/metrics/get-history-bulk?run_id={number}&metric_key={MARK}",
        f"{page}/metrics/get-history-bulk-interval?run_ids={number}&metric_key={MARK}",
        f"{api}/registered-models/get?name={model}",
        f"{api}/registered-models/search",
        f"{api}/model-versions/search",
        f"{api}/model-versions/get-download-uri?name={model}&version=1",
        f"/get-artifact?run_uuid={number}&path=notes/{MARK}.txt",
        f"/model-versions/get-artifact?name={model}&version=1&path={MARK}.txt",
        f"{artifacts}/{file}",
        f"{artifacts}/workspaces/alice/{file}",
        f"/ajax-api/2.0/mlflow-artifacts/artifacts/workspaces/alice/{file}",
        f"{artifacts}?path=workspaces/alice/{experiment}",
        f"{artifacts}?path=..",
        "/api/3.0/mlflow/workspaces",
        "/api/3.0/mlflow/workspaces/alice",
        "/?workspace=alice",
    ):
        yield "GET", path, None
    for path, body in (
        (f"{api}/runs/search", {"experiment_ids": [experiment], "max_results": 100}),
        (f"{api}/logged-models/search", {"experiment_ids": [experiment]}),
        (f"{page}/experiments/search-datasets", {"experiment_ids": [experiment]}),
        ("/graphql", {"operationName": "Q", "query": asked, "variables": {"run": {"runId": number}}}),
        (f"{api}/runs/set-tag", {"run_id": number, "key": "mlflow.note.content", "value": "seen"}),
        (f"{api}/runs/log-metric", {"run_id": number, "key": MARK, "value": 9, "timestamp": 1}),
        (f"{api}/runs/delete", {"run_id": number}),
        (f"{api}/runs/create", {"experiment_id": experiment}),
        (f"{api}/experiments/delete", {"experiment_id": experiment}),
        (f"{api}/model-versions/create", {"name": "mine", "source": f"mlflow-artifacts:/workspaces/alice/{file}"}),
        ("/api/3.0/mlflow/workspaces", {"name": "alice2"}),
    ):
        yield "POST", path, body
    yield "PUT", f"{artifacts}/workspaces/alice/{file}", "overwritten"
    yield "DELETE", f"{artifacts}/workspaces/alice/{file}", None
    yield "DELETE", "/api/3.0/mlflow/workspaces/alice?mode=CASCADE", None


@pytest.mark.parametrize("headers", [{}, FORGED], ids=["plain", "forged"])
def test_by_no_call_does_another_see_or_change_a_run(house, run, headers):
    with caller(house, "alice", "mlflow") as alice, caller(house, "bob", "mlflow", **headers) as bob:
        seen = 0
        for method, path, body in calls(run):
            if method == "GET" or "search" in path or path == "/graphql":
                seen += MARK in alice.request(method, path, json=body).text
            answer = bob.request(method, path, json=body)
            told = json.dumps(answer.json()) if "json" in answer.headers["Content-Type"] else answer.text
            assert MARK not in told or answer.status_code in (400, 403, 404), (method, path, told[:300])
            assert answer.status_code < 500, (method, path, told[:300])
        assert seen >= 12, "the owner sees by these calls what others do not"
        kept = alice.get(f"/api/2.0/mlflow/runs/get?run_id={run['run']}").json()["run"]
        assert kept["info"]["lifecycle_stage"] == "active"
        assert {one["key"]: one["value"] for one in kept["data"]["metrics"]} == {MARK: 0.75}
        assert alice.get(f"/get-artifact?run_uuid={run['run']}&path=notes/{MARK}.txt").text == MARK


def test_artifacts_go_nowhere_but_to_the_persons_own_folder(house, run):
    with caller(house, "bob", "mlflow") as bob:
        body = {"name": "elsewhere", "artifact_location": f"file://{house.settings.folders.state}"}
        number = bob.post("/api/2.0/mlflow/experiments/create", json=body).json()["experiment_id"]
        kept = bob.get(f"/api/2.0/mlflow/experiments/get?experiment_id={number}").json()["experiment"]
        assert kept["artifact_location"] == f"mlflow-artifacts:/workspaces/bob/{number}"
        made = bob.post("/api/2.0/mlflow/runs/create", json={"experiment_id": number}).json()["run"]["info"]["run_id"]
        for source in ("file:///etc", "/etc", "http://127.0.0.1:1/", "mlflow-artifacts://127.0.0.1:1/x"):
            bob.post("/api/2.0/mlflow/registered-models/create", json={"name": "mine"})
            answer = bob.post(
                "/api/2.0/mlflow/model-versions/create", json={"name": "mine", "source": source, "run_id": made}
            )
            assert answer.status_code == 400, source
