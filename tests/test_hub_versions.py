"""The same configuration on JupyterHub 5.5, which the standard Kubernetes chart ships."""

import httpx
import pytest
from house import write_settings
from hub_alone import running
from kernel_run import run

from imagine_kernels import use_case

pytestmark = pytest.mark.live
CASE = use_case.get(use_case.names()[0])


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    folder = tmp_path_factory.mktemp("older")
    with running(folder, write_settings(folder), environment="hub55", services=True) as house:
        yield house


def test_it_is_5_5_that_runs_here(older):
    admin = older.settings.users.admins[0]
    assert older.api(admin, "GET", "/info").json()["version"].startswith("5.5.")


def test_the_start_page_shows_the_use_case_and_the_ways_to_label_studio_and_mlflow(older):
    page = older.sign_in("gesa").get("/")
    assert page.url.path == "/hub/spawn"
    assert CASE.summary in page.text
    assert 'href="/services/label-studio/"' in page.text
    assert 'href="/services/mlflow/"' in page.text


def test_a_server_starts_from_the_card_and_opens_its_notebook_and_a_kernel_runs(older):
    older.start_server("gesa", use_case=CASE.name, profile="cpu")
    assert older.sign_in("gesa").get("/user/gesa/").url.path == f"/user/gesa/lab/tree/{CASE.notebook}"
    assert run(older, "gesa", "import os; print(os.environ['JUPYTERHUB_USER'])", kernel=CASE.name) == "gesa\n"
    older.stop_server("gesa")


def test_options_that_do_not_fit_are_refused_with_the_same_sentence(older):
    answer = older.api("gesa", "POST", "/users/gesa/server", json={"profile": "tpu"})
    assert answer.status_code == 400
    assert "is not a size of server here" in answer.json()["message"]


def test_a_server_may_open_the_services_with_its_own_token(older):
    older.start_server("hein", profile="cpu")
    code = "import json, os, urllib.request as u\n"
    code += "r = u.Request(os.environ['JUPYTERHUB_API_URL'] + '/user',"
    code += " headers={'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN']})\n"
    code += "print(json.load(u.urlopen(r))['scopes'])"
    assert "'access:services'" in run(older, "hein", code)
    asked = {"Authorization": f"token {older.token('hein')}"}
    assert httpx.get(f"{older.url}/user/hein/imagine-tiles/ping", headers=asked).json() == {"tiles": 1}
    older.stop_server("hein")
