"""The running hub: who comes in, what they start, what their server is like, and what others cannot reach."""

import json
import stat
from pathlib import Path

import httpx
import pytest
from house import until
from kernel_run import run

from hub_config import credentials, processes, spawner
from imagine_kernels import use_case

pytestmark = pytest.mark.live
CASE = use_case.get(use_case.names()[0])
ANNA, BRAM = "anna", "bram"

ASK = """
import json, os, shutil, subprocess, sys
import jupyter_client
subprocess.Popen(["setsid", "sh", "-c", "sleep 7777 & wait"], stdin=subprocess.DEVNULL)  # a child that runs away
open("made-here.txt", "w").close()
print(json.dumps({
    "environ": dict(os.environ), "python": sys.executable, "cwd": os.getcwd(), "imagine": shutil.which("imagine"),
    "mode": os.stat("made-here.txt").st_mode & 0o777, "sockets": os.listdir(os.environ["JUPYTER_RUNTIME_DIR"]),
}))
"""


def choose(house, user, **fields):
    """What the start page's form does for `user`: the answer after following its redirects."""
    client = house.sign_in(user)
    page = client.get("/hub/spawn")
    assert f"Start {CASE.title}" in page.text
    token = client.cookies.get("_xsrf", path="/hub/")
    return client.post(f"/hub/spawn/{user}", params={"_xsrf": token}, data=fields)


@pytest.fixture(scope="module")
def server(house):
    """The server of Anna, started from the use case's card."""
    answer = choose(house, ANNA, use_case=CASE.name, profile="cpu")
    assert answer.status_code == 200, answer.text
    until(lambda: house.api(ANNA, "GET", f"/users/{ANNA}").json()["servers"].get("", {}).get("ready"), 120)
    yield house
    house.stop_server(ANNA)


@pytest.fixture(scope="module")
def kernel(server):
    """What a kernel of the use case on Anna's server says of itself."""
    return json.loads(run(server, ANNA, ASK, kernel=CASE.name))


def sign_in_by_form(house, name, password):
    with httpx.Client(base_url=house.url, timeout=60) as client:
        client.get("/hub/login")
        form = {"username": name, "password": password, "_xsrf": client.cookies.get("_xsrf", path="/hub/")}
        return client.post("/hub/login", data=form)


@pytest.mark.parametrize("password", ["wrong", "", "schlüssel"])
def test_a_wrong_password_is_refused_with_a_sentence(house, password):
    answer = sign_in_by_form(house, "mallory", password)
    assert answer.status_code == 403
    assert "This name and password do not fit together" in answer.text


@pytest.mark.parametrize("name", ["../../etc", "a b", "ä", "-rf", ".hidden"])
def test_a_name_that_is_no_name_is_refused(house, name):
    assert sign_in_by_form(house, name, house.credentials.class_password).status_code == 403
    assert not list(house.settings.folders.homes.glob(".*"))


def test_the_class_password_does_not_open_the_operators_account(house):
    admin = house.settings.users.admins[0]
    assert sign_in_by_form(house, admin, house.credentials.class_password).status_code == 403
    assert house.api(admin, "GET", "/user").json()["admin"] is True


def test_after_the_sign_in_comes_the_start_page(house):
    answer = sign_in_by_form(house, "carla", house.credentials.class_password)
    assert answer.status_code == 302
    page = house.sign_in("carla").get("/")
    assert page.url.path.startswith("/hub/spawn")
    assert CASE.summary in page.text


def test_the_use_cases_notebook_is_what_the_server_opens(server):
    page = server.sign_in(ANNA).get("/")
    assert page.url.path == f"/user/{ANNA}/lab/tree/{CASE.notebook}"
    assert (server.settings.folders.homes / ANNA / CASE.notebook).is_file()


def test_the_home_is_closed_to_other_accounts(server):
    assert stat.S_IMODE((server.settings.folders.homes / ANNA).stat().st_mode) == 0o700


def test_only_kernels_of_the_kernel_environment_are_listed(server):
    token = {"Authorization": f"token {server.token(ANNA)}"}
    listed = server.sign_in(ANNA).get(f"/user/{ANNA}/api/kernelspecs", headers=token).json()["kernelspecs"]
    assert set(listed) == {"python3", *use_case.names()}
    python = str(server.settings.folders.python("kernel"))
    assert {spec["spec"]["argv"][0] for spec in listed.values()} == {python}


def test_a_kernel_knows_its_person_its_services_and_its_limits(server, kernel):
    environ, url = kernel["environ"], server.url
    assert kernel["python"] == str(server.settings.folders.python("kernel"))
    assert kernel["imagine"] == str(server.settings.folders.environment("kernel") / "bin" / "imagine")
    assert kernel["cwd"] == environ["HOME"] == str(server.settings.folders.homes / ANNA)
    assert environ["JUPYTERHUB_USER"] == environ["USER"] == ANNA
    assert environ["IMAGINE_LABEL_STUDIO_URL"] == f"{url}/services/label-studio"
    assert environ["MLFLOW_TRACKING_URI"] == f"{url}/services/mlflow"
    assert environ["MLFLOW_TRACKING_TOKEN"] == environ["JUPYTERHUB_API_TOKEN"]
    assert environ["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environ["CUDA_VISIBLE_DEVICES"] == ""
    assert kernel["mode"] & 0o007 == 0


def test_a_kernel_holds_nothing_that_opens_the_house(server, kernel):
    known = json.loads(credentials.file(server.settings).read_text())
    secrets = [value for value in known.values() if isinstance(value, str)] + list(known["service_tokens"].values())
    assert not [name for name, value in kernel["environ"].items() if any(secret in value for secret in secrets)]


def test_kernels_talk_over_sockets_only_their_person_can_open(kernel):
    assert any("-ipc-" in name for name in kernel["sockets"])


def test_a_running_server_is_where_the_next_sign_in_leads(server):
    answer = sign_in_by_form(server, ANNA, server.credentials.class_password)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith((f"/user/{ANNA}", "/hub/"))
    page = server.sign_in(ANNA).get("/hub/spawn")
    assert page.url.path.startswith(f"/user/{ANNA}/")


def test_another_person_reaches_no_part_of_a_server(server):
    bram = server.sign_in(BRAM)
    for path in ("api/contents", "api/kernels", "lab", f"files/{CASE.notebook}", "api/terminals"):
        answer = bram.get(f"/user/{ANNA}/{path}")
        assert answer.status_code == 403, path
        assert CASE.notebook not in answer.text
    token = {"Authorization": f"token {server.token(BRAM)}"}
    assert httpx.get(f"{server.url}/user/{ANNA}/api/contents", headers=token).status_code == 403
    assert server.api(BRAM, "GET", f"/users/{ANNA}").status_code == 404
    assert server.api(BRAM, "DELETE", f"/users/{ANNA}/server").status_code in (403, 404)


@pytest.mark.parametrize("path", ["/hub/api/users", "/hub/api/user", f"/user/{ANNA}/api/contents", "/hub/api/services"])
def test_without_a_sign_in_an_api_is_forbidden(server, path):
    assert httpx.get(f"{server.url}{path}").status_code in (401, 403)
    assert httpx.get(f"{server.url}{path}", headers={"Authorization": "token wrong"}).status_code in (401, 403)


@pytest.mark.parametrize("path", ["/", "/hub/home", "/hub/spawn", "/hub/token", "/hub/admin", f"/user/{ANNA}/lab"])
def test_without_a_sign_in_a_page_leads_to_the_log_in(server, path):
    answer = httpx.get(f"{server.url}{path}", follow_redirects=True)
    assert answer.url.path == "/hub/login"


def test_straight_to_a_servers_port_there_is_nothing_without_a_sign_in(server):
    found = processes.family(spawner.SERVER, f"{server.settings.folders.state}|{ANNA}|")
    address = next(p.environ()["JUPYTERHUB_SERVICE_URL"] for p in found if processes.role(p).kind == "server")
    forged = {"X-Imagine-User": ANNA, "X-Forwarded-User": ANNA, "Remote-User": ANNA}
    assert httpx.get(f"{address}api/contents", headers=forged).status_code == 403


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"profile": "farm"}, "of the 999 shares of graphics cards it asks for"),
        ({"profile": "tpu"}, "is not a size of server"),
        ({"image": "evil:latest"}, "no option 'image'"),
        ({"use_case": "../phytoplankton"}, "is not a use case"),
        ({"profile": {"cpu": 1}}, "is a name, not dict"),
    ],
)
def test_options_that_do_not_fit_are_refused_by_the_api_with_a_sentence(house, options, says):
    answer = house.api(BRAM, "POST", f"/users/{BRAM}/server", json=options)
    assert answer.status_code == 400
    assert says in answer.json()["message"]


def test_options_that_do_not_fit_are_refused_by_the_page_with_a_sentence(house):
    answer = choose(house, BRAM, use_case=CASE.name, profile="<b>tpu</b>")
    assert answer.status_code == 400
    assert "is not a size of server here" in answer.text
    assert "<b>tpu" not in answer.text
    assert f"Start {CASE.title}" in answer.text


def test_a_server_that_cannot_start_says_why(house):
    house.settings.folders.homes.mkdir(parents=True, exist_ok=True)
    in_the_way = house.settings.folders.homes / "dora"
    in_the_way.write_text("a file where the home should be")
    answer = choose(house, "dora", use_case=CASE.name)
    in_the_way.unlink()
    assert "Your server could not start: File exists" in answer.text


@pytest.mark.parametrize(
    "path", ["../settings.py", "%2e%2e/settings.py", "pictures/../../imagine.toml", "pictures/nobody"]
)
def test_static_files_lead_nowhere_else(house, path):
    answer = httpx.get(f"{house.url}/hub/static/imagine/{path}")
    assert answer.status_code in (403, 404)


def test_pictures_and_styles_are_served_with_their_kind(house):
    style = httpx.get(f"{house.url}/hub/static/imagine/hub.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css")
    picture = httpx.get(f"{house.url}/hub/static/imagine/pictures/{CASE.name}")
    assert picture.content == (CASE.folder / CASE.picture).read_bytes()
    assert picture.headers["content-type"].startswith("image/")
    assert picture.headers["x-content-type-options"] == "nosniff"


def test_no_secret_stands_in_a_command_line_or_a_log(server, kernel):
    known = json.loads(credentials.file(server.settings).read_text())
    secrets = [value for value in known.values() if isinstance(value, str)] + list(known["service_tokens"].values())
    secrets += [kernel["environ"]["JUPYTERHUB_API_TOKEN"], server.token(ANNA)]
    said = "\n".join(" ".join(p.cmdline()) for p in processes.ours(server.settings))
    said += "".join(f.read_text(errors="replace") for f in server.settings.folders.logs.rglob("*") if f.is_file())
    assert len(said) > 1000
    assert not [secret[:4] for secret in secrets if secret in said]


def test_a_stopped_server_leaves_no_process_not_even_one_that_ran_away(house):
    house.start_server("emil", profile="cpu")
    sockets = Path(json.loads(run(house, "emil", ASK))["environ"]["JUPYTER_RUNTIME_DIR"])
    assert sockets.is_dir()
    mark = f"{house.settings.folders.state}|emil|"
    assert any("7777" in " ".join(p.cmdline()) for p in processes.family(spawner.SERVER, mark))
    house.stop_server("emil")
    assert processes.family(spawner.SERVER, mark) == []
    assert not sockets.exists()


def test_a_server_starts_again_with_what_was_chosen_last(house):
    house.start_server("finn", use_case=CASE.name, profile="cpu")
    house.stop_server("finn")
    house.start_server("finn")
    assert house.sign_in("finn").get("/user/finn/").url.path.endswith(CASE.notebook)
    house.stop_server("finn")
