"""What the door lets through, by its rules alone: headers, addresses, who may ask in a person's name."""

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from hub_config import door_rules, mlflow_wall, services, settings

PREFIX = services.PREFIXES["label-studio"]
HOST = "127.0.0.1:8000"
HERE = f"http://{HOST}"
SECRETS = {"authorization": "token abc", "cookie": "jupyterhub-session-id=abc; sessionid=x", "x-api-key": "abc"}


def sent(headers, *groups):
    return door_rules.backend_headers(headers, door_rules.Person("alice", groups), "the-secret", PREFIX)


def browser(**headers):
    return {"Host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}


def refusal(method="POST", *, api=True, **headers):
    return door_rules.refusal(method, browser(**headers), PREFIX, api=api)


@pytest.mark.parametrize("name", [*SECRETS, *(name.title() for name in SECRETS), "Origin", "Referer"])
def test_what_signs_a_person_in_stays_at_the_door(name):
    assert name.lower() not in {key.lower() for key, _ in sent([(name, SECRETS.get(name.lower(), HERE))])}


@pytest.mark.parametrize(
    "name",
    [
        "X-Imagine-User",
        "x-imagine-user",
        "X_Imagine_User",
        "X-IMAGINE-SECRET",
        "X-Imagine-Groups",
        "x_imagine_groups",
        "X-Imagine-Anything",
        "X-MLFLOW-WORKSPACE",
    ],
)
def test_nobody_says_for_the_door_who_they_are(name):
    headers = sent([(name, "bob")])
    assert [value for key, value in headers if key == door_rules.USER] == ["alice"]
    assert "bob" not in dict(headers).values()


def test_headers_of_one_connection_are_not_passed_on():
    headers = sent(
        [("Connection", "close, X-Private"), ("X-Private", "1"), ("Transfer-Encoding", "chunked"), ("TE", "x")]
    )
    own = {door_rules.USER, door_rules.GROUPS, door_rules.SECRET}
    assert {key for key, _ in headers} == {*own, "X-Forwarded-Prefix"}


@given(st.lists(st.text(min_size=1, max_size=20)))
@example(["a,b", "a", "%2C", "ålder ☃"])
def test_names_of_groups_reach_the_backend_as_they_are(groups):
    (told,) = [value for key, value in sent([], *groups) if key == door_rules.GROUPS]
    assert told.isascii()
    assert door_rules.read_groups(told) == tuple(groups)


def test_what_the_backend_needs_is_passed_on():
    kept = [
        ("Content-Type", "image/png"),
        ("Content-Length", "5"),
        ("Range", "bytes=0-9"),
        ("If-None-Match", '"a"'),
        ("Host", HOST),
    ]
    assert sent(kept)[: len(kept)] == kept


def test_sessions_and_permissions_of_the_backends_do_not_reach_the_browser():
    answer = [("Set-Cookie", "a=b"), ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true")]
    kept = [("Content-Type", "text/html"), ("ETag", '"1"'), ("Content-Range", "bytes 0-9/100")]
    assert door_rules.answer_headers([*answer, *kept, ("Connection", "keep-alive")]) == kept


def test_a_write_from_the_services_own_page_is_let_through():
    assert not refusal(Origin=HERE, Referer=f"{HERE}{PREFIX}projects/1/data", Sec_Fetch_Site="same-origin")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Referer": f"{HERE}{PREFIX}"},
        {"Origin": "null", "Referer": f"{HERE}{PREFIX}"},
        {"Referer": "https://evil.example/services/label-studio/"},
        {"Sec_Fetch_Site": "cross-site", "Referer": f"{HERE}{PREFIX}"},
        {"Sec_Fetch_Site": "same-site", "Referer": f"{HERE}{PREFIX}"},
        {"Origin": HERE, "Referer": f"{HERE}/user/mallory/lab"},
        {"Origin": HERE, "Referer": f"{HERE}/services/mlflow/"},
        {"Origin": HERE, "Referer": f"{HERE}/services/label-studio-of-mallory/"},
        {"Origin": HERE},
        {},
    ],
)
def test_a_write_in_somebodys_name_from_another_page_is_refused(headers):
    assert refusal(**headers).endswith((".", "Referer."))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "PROPFIND"])
def test_every_method_that_may_write_is_checked(method):
    assert refusal(method, Origin=HERE, Referer=f"{HERE}/user/mallory/lab")


def test_a_page_outside_the_service_reads_no_answers_of_its_api():
    assert refusal("GET", Referer=f"{HERE}/user/mallory/lab", Sec_Fetch_Site="same-origin")
    assert refusal("GET", Referer="https://evil.example/", Sec_Fetch_Site="cross-site")


def test_a_link_from_anywhere_opens_a_page():
    assert not refusal("GET", api=False, Referer="https://mail.example/", Sec_Fetch_Site="cross-site")


def test_an_api_read_without_a_page_is_an_ordinary_one():
    assert not refusal("GET")


@pytest.mark.parametrize(
    "path", ["/a/../b", "/a/%2e%2e/b", "/a/%2E./b", "/a/..%2fb", "/a/./b", "/a%5c..%5cb", "/a%00b", "/a%0d%0ab", "/.."]
)
def test_an_address_that_could_mean_another_is_no_address(path):
    assert not door_rules.is_plain(path)


@pytest.mark.parametrize("path", ["/services/mlflow/", "/a/b..c/.hidden/%D9%85.png", "/a//b", "/a%20b/c%25d"])
def test_ordinary_addresses_are_addresses(path):
    assert door_rules.is_plain(path)


def test_programs_get_answers_and_browsers_get_pages():
    assert door_rules.is_api(f"{PREFIX}api/projects/", "text/html", PREFIX)
    assert door_rules.is_api(f"{PREFIX}projects/", "*/*", PREFIX)
    assert not door_rules.is_api(f"{PREFIX}projects/", "text/html,application/xhtml+xml", PREFIX)
    assert not door_rules.is_api(f"{PREFIX}apiary/", "text/html", PREFIX)


def test_label_studio_hears_no_prefix_and_mlflow_does():
    label_studio, mlflow, _ = door_rules.services(settings.load(settings.FILE))
    assert (
        label_studio.target("/services/label-studio/api/tasks?project=1")
        == f"{label_studio.backend}/api/tasks?project=1"
    )
    assert label_studio.target("/services/label-studio//evil.example/") == f"{label_studio.backend}/evil.example/"
    assert mlflow.target("/services/mlflow/?x=%2F") == f"{mlflow.backend}/services/mlflow/?x=%2F"


def test_files_of_people_are_never_pages_of_the_hub():
    label_studio, mlflow, _ = door_rules.services(settings.load(settings.FILE))
    for service, path in ((label_studio, "data/upload/1/x.html"), (mlflow, "get-artifact"), (mlflow, "api/2.0/x")):
        assert service.guards(service.prefix + path) == {"Content-Security-Policy": "sandbox"}
    assert "default-src 'self'" in label_studio.guards(label_studio.prefix)["Content-Security-Policy"]


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
@example("Alice", "alice")
@example("a.b", "a-b")
@example("a.b", mlflow_wall.name_of("a.b"))
@example("x" * 40, "x" * 41)
def test_two_people_never_share_a_workspace(one, other):
    names = mlflow_wall.name_of(one), mlflow_wall.name_of(other)
    assert (names[0] == names[1]) == (one == other)


@hypothesis(deadline=None)  # the first one loads MLflow
@given(st.text(min_size=1, max_size=80))
def test_every_name_makes_a_workspace_that_mlflow_takes(name):
    workspaces = pytest.importorskip("mlflow.store.workspace.abstract_store")
    workspaces.WorkspaceNameValidator.validate(mlflow_wall.name_of(name))


@pytest.mark.parametrize("name", ["default", "api", "a--b", "a", "Alice", "ålice", "a@b.eu", "x" * 60, "-a", "a-"])
def test_a_name_that_mlflow_keeps_for_itself_or_cannot_write_gets_a_fingerprint(name):
    assert mlflow_wall.name_of(name) != name


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/3.0/mlflow/workspaces"),
        ("POST", "/api/3.0/mlflow/workspaces"),
        ("DELETE", "/api/3.0/mlflow/workspaces/alice"),
        ("POST", "/ajax-api/3.0/mlflow/assistant/message"),
        ("POST", "/ajax-api/3.0/mlflow/jobs/"),
        ("POST", "/api/2.0/mlflow/webhooks"),
        ("POST", "/ajax-api/3.0/mlflow/gateway/secrets/create"),
        ("POST", "/ajax-api/3.0/mlflow/scorer/invoke"),
        ("POST", "/ajax-api/3.0/mlflow/issues/invoke"),
        ("POST", "/ajax-api/2.0/mlflow/runs/create-promptlab-run"),
        ("POST", "/gateway/x/mlflow/invocations"),
        ("POST", "/v1/traces"),
        ("GET", "/metrics"),
        ("GET", "/experiments"),
        ("DELETE", "/"),
    ],
)
def test_parts_of_mlflow_that_act_outside_a_workspace_are_off(method, path):
    assert not mlflow_wall.is_allowed(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("POST", "/api/2.0/mlflow/runs/create"),
        ("GET", "/ajax-api/2.0/mlflow/experiments/get"),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/a/artifacts/x.png"),
        ("GET", "/get-artifact"),
        ("POST", "/graphql"),
        ("GET", "/static-files/static/js/main.js"),
    ],
)
def test_what_notebooks_and_the_page_need_of_mlflow_is_on(method, path):
    assert mlflow_wall.is_allowed(method, path)


def test_the_hub_starts_its_processes_and_has_three_addresses(tmp_path):
    from house import write_settings
    from traitlets.config import Config

    config, own = Config(), settings.load(write_settings(tmp_path))
    services.apply(config, own)
    known = {service["name"]: service for service in config.JupyterHub.services}
    served, beside = {"door", "label-studio-server", "mlflow-server"}, {"leases", "warm-servers", "warm-kernels"}
    beside |= {services.MODELS}
    assert set(known) == {*served, *beside, "idle-culler", *services.PREFIXES}
    tokens = {name: service["api_token"] for name, service in known.items() if "api_token" in service}
    assert set(tokens) == {*served, *services.PREFIXES}, "the hub makes up those of the rest, and tells nobody"
    assert len(set(tokens.values())) == len(tokens)
    for name in services.PREFIXES:
        assert "command" not in known[name]
        assert known[name]["oauth_no_confirm"]
    for service in known.values():
        told = [*service.get("command", []), *service.get("environment", {}).values()]
        assert not any(token in word for token in tokens.values() for word in told)
