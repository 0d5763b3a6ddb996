"""What one person keeps in Label Studio is not there for another: by number, address, header or list."""

import itertools
import re
import subprocess
from urllib.parse import quote

import pytest
from house import write_settings
from neighbours import CONFIG, FORGED, MARK, RESULT, caller, keep_project, picture

from hub_config import settings

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def project(house):
    """A project of alice with a picture, a prediction, an annotation, a draft, an export and a view."""
    for person, group in (("alice", "alices"), ("bob", "bobs")):  # each sees what is not their own organisation's, too
        house.token(person)
        assert house.api("admin", "POST", f"/groups/{group}").status_code == 201
        assert house.api("admin", "POST", f"/groups/{group}/users", json={"users": [person]}).status_code == 200
    with caller(house, "alice", "label-studio") as alice:
        return keep_project(alice, f"{MARK} of alice", group="alices")


def test_the_owner_sees_it_all(house, project):
    with caller(house, "alice", "label-studio") as alice:
        task = alice.get(f"/api/tasks/{project['task']}/").json()
        assert task["data"]["sample"] == MARK
        assert task["predictions"][0]["score"] == 0.0
        assert alice.get(f"/data/{quote(project['file'])}").content == picture()
        assert [one["username"] for one in alice.get("/api/users/").json()] == ["alice"]


def paths(house, numbers):
    """Every address of Label Studio's API, with each of `numbers` wherever it takes one."""
    with caller(house, "alice", "label-studio") as alice:
        known = alice.get("/docs/api/schema/json/").json()["paths"]
    for path, methods in known.items():
        places = re.findall(r"{(\w+)}", path)
        for chosen in itertools.product(sorted(numbers), repeat=min(len(places), 1)):
            filled = re.sub(r"{\w+}", lambda _, chosen=chosen: str(chosen[0]), path)
            yield filled, [method for method in methods if method in ("get", "post", "patch", "put", "delete")]


def test_by_no_address_of_its_api_does_another_see_or_change_it(house, project):
    asked = 0
    with caller(house, "bob", "label-studio", **FORGED) as bob:
        for path, methods in paths(house, project["numbers"]):
            for method in methods:
                query = (
                    {"project": project["project"], "task": project["task"], "all": "true"} if method == "get" else {}
                )
                body = None if method in ("get", "delete") else {"project": project["project"], "task": project["task"]}
                answer = bob.request(method, path, params=query, json=body)
                assert MARK not in answer.text, (method, path, answer.status_code)
                assert answer.status_code != 500, (method, path, answer.text[:300])
                asked += 1
    assert asked > 150
    test_the_owner_sees_it_all(house, project)


def test_by_no_page_does_another_see_it(house, project):
    number, task, file = project["project"], project["task"], quote(project["file"])
    with caller(house, "bob", "label-studio", Accept="text/html") as bob:
        for path in (
            f"/projects/{number}/data?task={task}",
            f"/projects/{number}/settings",
            "/projects",
            "/people",
            "/",
        ):
            assert MARK not in bob.get(path).text, path
        for path in (
            f"/data/{file}",
            f"/storage-data/uploaded/?filepath={file}",
            f"/tasks/{task}/resolve/?fileuri={file}",
        ):
            answer = bob.get(path)
            assert answer.status_code in (403, 404, 406), path
            assert picture() not in answer.content


def test_the_data_manager_of_another_is_empty_whatever_it_is_asked_for(house, project):
    number = project["project"]
    with caller(house, "bob", "label-studio") as bob:
        own = bob.post(
            "/api/projects/", json={"title": "project of bob", "label_config": CONFIG.replace(MARK, "x")}
        ).json()["id"]
        for query in (
            f"project={number}",
            f"project={own}&fields=all",
            f"view={max(project['numbers'])}&project={own}",
        ):
            assert MARK not in bob.get(f"/api/tasks?{query}").text
        chosen = {"selectedItems": {"all": False, "included": [project["task"]]}, "project": own}
        for action in ("delete_tasks", "delete_tasks_annotations", "retrieve_tasks_predictions"):
            bob.post(f"/api/dm/actions?id={action}&project={own}", json=chosen)
        bob.post(f"/api/projects/{own}/import/predictions", json=[{"task": project["task"], "result": RESULT}])
        moved = bob.patch(f"/api/annotations/{project['annotation']}/", json={"task": 1, "project": own})
        assert moved.status_code == 404
        assert bob.delete(f"/api/projects/{own}/").status_code == 204
    test_the_owner_sees_it_all(house, project)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/users/", {"username": "carol", "email": "carol@hub.local", "first_name": "c"}),
        ("PATCH", "/api/users/{me}/", {"email": "carol@hub.local", "active_organization": 1}),
        ("PUT", "/api/users/{me}/", {"email": "carol@hub.local"}),
        ("PATCH", "/api/organizations/{organisation}", {"title": "all of you"}),
        ("POST", "/api/organizations/", {"title": "another"}),
        ("POST", "/api/storages/localfiles", {"path": "/etc", "project": 1}),
        ("POST", "/api/webhooks/", {"url": "http://127.0.0.1:1/"}),
        ("POST", "/api/ml/1/train", {}),
        ("POST", "/api/ml/1/interactive-annotating", {"task": 1}),
        ("POST", "/user/login/", {"email": "a@b.c", "password": "x"}),
        ("POST", "/user/signup/", {"email": "a@b.c", "password": "x"}),
    ],
)
def test_nobody_becomes_another_or_acts_for_the_machine(house, method, path, body):
    with caller(house, "bob", "label-studio") as bob:
        me = bob.get("/api/current-user/whoami").json()
        where = path.format(me=me["id"], organisation=me["active_organization"])
        answer = bob.request(method, where, json=body)
        assert answer.status_code == 403
        assert answer.json()["detail"].endswith(".")
        assert bob.get("/api/current-user/whoami").json()["email"] == me["email"]


def test_each_person_arrives_in_an_organisation_of_their_own(house):
    names = ("alice", "bob", "dots.and-dashes", "alice@example.org")
    found = []
    for name in names:
        with caller(house, name, "label-studio") as person:
            found.append(person.get("/api/current-user/whoami").json())
    assert [one["username"] for one in found] == list(names)
    assert len({one["active_organization"] for one in found}) == len({one["email"] for one in found}) == len(names)


INSIDE = """
from hub_config import label_studio_app, label_studio_wall
from hub_config.settings import load
label_studio_app.configure(load())
import django
django.setup()
{}
"""
ROUTES = """
from django.contrib.admindocs.views import extract_views_from_urlpatterns, simplify_regex
from django.urls import get_resolver
for _, route, _, _ in extract_views_from_urlpatterns(get_resolver().url_patterns):
    print("ROUTE", simplify_regex(route))
"""


def ask_inside(folder, code):
    """What Label Studio's own Python says to `code`, next to no running server."""
    file = write_settings(folder)
    python = settings.load(file).folders.python("labelstudio")
    variables = {settings.VARIABLE: str(file)}
    done = subprocess.run(
        [python, "-c", INSIDE.format(code)], env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_address_at_all_shows_it_to_another(house, project, tmp_path):
    """Those too that its description of the API leaves out."""
    routes = re.findall(r"^ROUTE (/\S*)$", ask_inside(tmp_path, ROUTES), re.MULTILINE)
    assert len(routes) > 150
    file, number = project["file"], project["project"]
    with caller(house, "bob", "label-studio") as bob:
        for route in sorted(set(routes)):
            for one in sorted(project["numbers"]) if "<" in route else [number]:
                path = re.sub(r"<(path|filename|filepath)>", file, route)
                path = re.sub(r"<\w+>|<[^>]*>", str(one), path)
                answer = bob.get(path, params={"project": number, "task": project["task"], "filepath": file})
                echoed = file.rpartition("/")[2]  # the page of a missing address repeats it
                assert MARK not in answer.text.replace(echoed, ""), (path, answer.status_code)
                assert picture() not in answer.content, (path, answer.status_code)


def test_every_kind_of_row_in_label_studio_leads_to_an_organisation(tmp_path):
    ways = ask_inside(tmp_path, "print(label_studio_wall.ways())")
    for kind in ("tasks.Task", "tasks.Annotation", "projects.Project", "data_import.FileUpload", "authtoken.Token"):
        assert f"'{kind}'" in ways
