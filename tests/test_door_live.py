"""The door on the running house: nobody in without signing in, nobody as somebody else."""

import contextlib
import re

import httpx
import psutil
import pytest
from neighbours import FORGED

from hub_config import door_rules, processes

pytestmark = pytest.mark.live

LABEL_STUDIO, MLFLOW = "/services/label-studio", "/services/mlflow"
HUB = "home spawn admin token metrics api/users api/user api/services"
SERVER = "lab api/contents api/kernels api/status files/x terminals/websocket/1"
BEHIND_LABEL_STUDIO = """
    / /projects /projects/1/data /user/login /user/signup /user/account /admin/ /api/projects/ /api/tasks/1/ /api/users/
    /api/current-user/token /api/organizations/ /api/version/ /version/ /static/css/main.css /data/upload/1/x.png
    /data/local-files/?d=etc/passwd /sw.js /django-rq/ /feature-flags/ /docs/api/schema/json/ /logout /health
"""
BEHIND_MLFLOW = """
    / /version /static-files/index.html /get-artifact?run_uuid=1&path=x /graphql /api/2.0/mlflow/experiments/search
    /ajax-api/2.0/mlflow/runs/get?run_id=1 /api/2.0/mlflow-artifacts/artifacts /api/3.0/mlflow/server-info
    /api/3.0/mlflow/workspaces /health
"""
EVERYWHERE = (
    *(f"/hub/{path}" for path in HUB.split()),
    *(f"/user/nina/{path}" for path in SERVER.split()),
    *(LABEL_STUDIO + path for path in BEHIND_LABEL_STUDIO.split()),
    *(MLFLOW + path for path in BEHIND_MLFLOW.split()),
    *(f"/services/models/{path}" for path in ("", "health", "phytoplankton/health")),
)


@pytest.fixture(scope="module")
def nina(house):
    house.start_server("nina")
    yield house.token("nina")
    house.stop_server("nina")


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml", "application/json"])
@pytest.mark.parametrize(
    "headers", [{}, FORGED, {"Authorization": "token 0123456789abcdef"}], ids=["bare", "forged", "wrong"]
)
@pytest.mark.usefixtures("nina")
def test_without_signing_in_no_address_shows_anything(house, accept, headers):
    with httpx.Client(base_url=house.url, headers={**headers, "Accept": accept}, timeout=60) as stranger:
        for path in EVERYWHERE:
            answer = stranger.get(path)
            led = answer.headers.get("Location", "")
            assert answer.status_code in (401, 403, 404) or (
                answer.status_code in (302, 307)
                and re.match(r"(http://127.0.0.1:\d+)?/hub/(login|api/oauth2/authorize)", led)
            ), (path, answer.status_code, led)
            assert answer.status_code != 404 or path.startswith("/hub/api/"), path


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_without_signing_in_nothing_is_written(house, method):
    for path in (
        f"{LABEL_STUDIO}/api/projects/",
        f"{MLFLOW}/api/2.0/mlflow/runs/create",
        f"{LABEL_STUDIO}/",
        f"{MLFLOW}/",
    ):
        answer = httpx.request(method, house.url + path, headers={"Accept": "text/html"}, content=b"{}")
        assert answer.status_code == 403, (path, answer.status_code)


def test_a_program_is_told_in_a_sentence_what_to_do(house):
    for path in (f"{LABEL_STUDIO}/api/projects/", f"{MLFLOW}/api/2.0/mlflow/experiments/search"):
        answer = httpx.get(house.url + path)
        assert answer.status_code == 403
        assert answer.json()["message"].startswith("Sign in at the hub first")


def test_a_page_leads_to_the_log_in_and_back_without_a_second_one(house):
    client = house.sign_in("alice")
    for path, title in ((f"{LABEL_STUDIO}/projects", "Label Studio"), (f"{MLFLOW}/", "MLflow"), (MLFLOW, "MLflow")):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.url.path.rstrip("/") == path.rstrip("/")
        assert title in answer.text


@pytest.mark.parametrize("part", ["label_studio_port", "mlflow_port", "models_port"])
def test_straight_to_a_backend_there_is_no_way(house, part):
    backend = house.settings.addresses.backend(getattr(house.settings.addresses, part))
    valid = {"Authorization": f"Token {house.token('alice')}"}
    session = {"Cookie": "; ".join(f"{c.name}={c.value}" for c in house.sign_in("alice").cookies.jar)}
    for path in (
        "/",
        "/api/projects/",
        "/static/css/main.css",
        f"{MLFLOW}/",
        f"{MLFLOW}/api/2.0/mlflow/experiments/search",
        "/x",
    ):
        for headers in ({}, FORGED, valid, session, {**FORGED, "X-Imagine-Secret": ""}):
            for method in ("GET", "POST", "OPTIONS"):
                answer = httpx.request(method, backend + path, headers=headers, timeout=60)
                assert answer.status_code == 401, (path, headers, method)


def test_the_secret_without_a_name_opens_nothing(house):
    addresses = house.settings.addresses
    secret = {door_rules.SECRET: house.credentials.door_secret}
    assert httpx.get(f"{addresses.backend(addresses.label_studio_port)}/", headers=secret).status_code == 401
    assert httpx.get(f"{addresses.backend(addresses.mlflow_port)}{MLFLOW}/", headers=secret).status_code == 401
    assert httpx.get(f"{addresses.backend(addresses.models_port)}/", headers=secret).status_code == 401


def test_a_token_speaks_for_its_owner_whatever_else_is_sent(house):
    headers = {**FORGED, "Authorization": f"Bearer {house.token('bob')}", "X_Imagine_User": "alice", "X-Api-Key": "x"}
    answer = httpx.get(f"{house.url}{LABEL_STUDIO}/api/current-user/whoami", headers=headers, timeout=60)
    assert answer.json()["username"] == "bob"


def test_services_of_the_hub_are_not_people(house):
    for token in house.credentials.service_tokens.values():
        answer = httpx.get(f"{house.url}{LABEL_STUDIO}/api/projects/", headers={"Authorization": f"token {token}"})
        assert answer.status_code == 403


def test_a_page_elsewhere_cannot_write_in_the_name_of_who_looks_at_it(house):
    client = house.sign_in("alice")
    client.get(f"{LABEL_STUDIO}/projects")
    url, project = f"{LABEL_STUDIO}/api/projects/", {"title": "from which page?"}
    own = {"Origin": house.url, "Referer": f"{house.url}{LABEL_STUDIO}/projects", "Sec-Fetch-Site": "same-origin"}
    foreign = [
        {"Origin": "https://evil.example"},
        {"Referer": f"{house.url}/user/bob/lab"},
        {"Sec-Fetch-Site": "cross-site"},
    ]
    for headers in [{**own, **other} for other in foreign] + [{"Origin": house.url}]:
        assert client.post(url, json=project, headers=headers).status_code == 403
    made = client.post(url, json=project, headers=own)
    assert made.status_code == 201
    assert client.delete(f"{url}{made.json()['id']}/", headers=own).status_code == 204


def test_signing_out_of_the_hub_closes_the_services(house):
    client = house.sign_in("leaving")
    assert client.get(f"{LABEL_STUDIO}/projects").status_code == 200
    assert client.get(f"{LABEL_STUDIO}/api/projects/").status_code == 200
    kept = {cookie.name: cookie.value for cookie in client.cookies.jar if cookie.path.startswith(LABEL_STUDIO)}
    assert kept
    assert client.get(f"{LABEL_STUDIO}/logout").url.path.startswith("/hub/log")
    assert client.get(f"{LABEL_STUDIO}/api/projects/").status_code == 403
    assert httpx.get(f"{house.url}{LABEL_STUDIO}/api/projects/", cookies=kept).status_code == 403
    house.clients.pop("leaving").close()


def test_secrets_are_in_no_log_no_command_line_and_no_open_file(house):
    kept = house.credentials
    secrets = {kept.class_password, kept.admin_password, kept.door_secret, kept.proxy_token, kept.label_studio_token}
    secrets |= {kept.label_studio_password, kept.cookie_secret, *kept.service_tokens.values(), *house.tokens.values()}
    assert all(len(secret) > 8 for secret in secrets)
    said = [
        file.read_text(encoding="utf-8", errors="replace")
        for file in house.settings.folders.logs.rglob("*")
        if file.is_file()
    ]
    assert any(said), "the house wrote no log"
    with contextlib.suppress(psutil.Error):
        said += [" ".join(one.cmdline()) for one in processes.ours(house.settings)]
    assert not [text for text in said for secret in secrets if secret in text]
    state = house.settings.folders.state
    private = [file for name in ("credentials.json", "label_studio/*", "mlflow/*") for file in state.glob(name)]
    assert len(private) > 2
    assert not [file for file in private if file.stat().st_mode & 0o077]
    assert not state.stat().st_mode & 0o066, "people's own accounts may pass through it, and no more"
