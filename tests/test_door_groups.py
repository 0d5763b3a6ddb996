"""Projects of a hub group in Label Studio: its members, as the hub knows them now, and nobody else."""

import re
from urllib.parse import quote

import pytest
from browser import Visitor, chromium
from house import until
from neighbours import CONFIG, MARK, RESULT, caller, keep_project, picture
from playwright.sync_api import expect

pytestmark = [pytest.mark.live, pytest.mark.browser]

GROUP, OTHER = "obsea, north", "låbs"
"""Names as people give them."""
OUTSIDERS = ("group-bob", "admin")
"""The hub's admin sees what is the group's by joining it, as everybody does."""


def change(house, method, *people, group=GROUP):
    answer = house.api("admin", method, f"/groups/{quote(group)}/users", json={"users": list(people)})
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def project(house):
    """What group-grace keeps in a project of the group, in which group-linus is, too."""
    for person in ("group-grace", "group-linus", *OUTSIDERS):
        house.token(person)
    for group in (GROUP, OTHER):
        assert house.api("admin", "POST", f"/groups/{quote(group)}").status_code == 201
    change(house, "POST", "group-grace", "group-linus")
    change(house, "POST", "group-grace", group=OTHER)
    with caller(house, "group-grace", "label-studio") as grace:
        yield keep_project(grace, f"{MARK} together", group=GROUP)


def titles(person, **query):
    return [one["title"] for one in person.get("/api/projects/", params=query).json()["results"]]


def everywhere(project):
    """Where what is kept in the project can be asked for."""
    number, task, file = project["project"], project["task"], quote(project["file"])
    yield from (f"/api/projects/{number}/", f"/api/projects/{number}/export?exportType=JSON", f"/api/tasks/{task}/")
    yield from (f"/api/tasks?project={number}&fields=all", f"/api/tasks/?project={number}", f"/data/{file}")
    yield from (f"/api/annotations/{project['annotation']}/", f"/api/predictions/?task={task}")
    yield from (f"/api/dm/views/?project={number}", f"/api/projects/{number}/file-uploads?all=true")
    yield from (f"/api/projects/{number}/exports/", f"/api/projects/?title={MARK}", f"/projects/{number}/data")


def test_a_member_sees_labels_and_exports_what_another_member_made(house, project):
    with caller(house, "group-linus", "label-studio") as linus:
        assert f"{MARK} together" in titles(linus)
        for path in everywhere(project):
            assert linus.get(path).status_code == 200, path
        assert linus.get(f"/data/{quote(project['file'])}").content == picture()
        task = linus.get(f"/api/tasks/{project['task']}/").json()
        assert [one["model_version"] for one in task["predictions"]] == [MARK]
        assert [one["completed_by"]["email"] for one in task["annotations"]] == ["group-grace@hub.local"]
        made = linus.post(f"/api/tasks/{project['task']}/annotations/", json={"result": RESULT})
        assert made.status_code == 201
        exported = linus.get(f"/api/projects/{project['project']}/export?exportType=JSON").json()
        authors = [one["completed_by"] for one in exported[0]["annotations"]]
        names = {one["id"]: one["username"] for one in linus.get("/api/users/").json()}
        assert [names[author] for author in authors] == ["group-grace", "group-linus"]
        assert linus.delete(f"/api/annotations/{made.json()['id']}/").status_code == 204


@pytest.mark.parametrize("name", OUTSIDERS)
def test_whoever_is_not_in_the_group_neither_lists_nor_opens_nor_exports(house, project, name):
    with caller(house, name, "label-studio", **{"X-Imagine-Groups": quote(GROUP)}) as stranger:
        for path in everywhere(project):
            answer = stranger.get(path)
            assert MARK not in answer.text.replace(project["file"].rpartition("/")[2], ""), path
            assert picture() not in answer.content, path
        for method, path in (
            ("DELETE", f"/api/projects/{project['project']}/"),
            ("POST", f"/api/tasks/{project['task']}/annotations/"),
            ("PATCH", f"/api/annotations/{project['annotation']}/"),
        ):
            assert stranger.request(method, path, json={"result": []}).status_code == 404
        assert "group-grace" not in {one["username"] for one in stranger.get("/api/users/").json()}


@pytest.mark.parametrize("group", [GROUP, "no such group"])
def test_to_name_a_group_does_not_open_it_nor_tell_whether_there_is_one(house, project, group):
    with caller(house, "group-bob", "label-studio") as bob:
        for method, path in (("GET", "/api/projects/"), ("POST", "/api/projects/"), ("GET", "/projects/")):
            answer = bob.request(method, path, params={"group": group}, json={"title": "mine", "label_config": CONFIG})
            assert answer.status_code == 403
            sentence = f"You are not in the group {group!r} at the hub: ask whoever runs it to add you."
            assert answer.json()["detail"] == sentence
        assert bob.post("/api/webhooks/", json={"url": "http://127.0.0.1:1/"}).status_code == 403


def test_the_same_title_in_two_groups_and_of_one_person_are_three_projects(house, project):
    with caller(house, "group-grace", "label-studio") as grace:
        found = []
        for query in ({"group": GROUP}, {"group": OTHER}, {"group": ""}, {}):
            if query:
                said = {"title": "Autumn", "label_config": CONFIG}
                assert grace.post("/api/projects/", params=query, json=said).status_code == 201
            answer = grace.get("/api/projects/", params={**query, "title": "Autumn"}).json()["results"]
            found.append([one["id"] for one in answer])
        *single, every = found
        assert [len(one) for one in single] == [1, 1, 1]
        assert sorted(every) == sorted(number for (number,) in single)
        for number in every[1:]:
            assert grace.get(f"/api/projects/{number}/", params={"group": "" if number in single[0] else GROUP})
        elsewhere = grace.get(f"/api/projects/{single[1][0]}/", params={"group": GROUP})
        assert elsewhere.status_code == 404, "a request about one group met another's project"
        with caller(house, "group-linus", "label-studio") as linus:
            assert titles(linus).count("Autumn") == 1


def test_who_leaves_the_group_loses_its_projects_at_once_and_who_returns_has_them_again(house, project):
    with caller(house, "group-linus", "label-studio") as linus:
        assert linus.get(f"/api/projects/{project['project']}/").status_code == 200
        change(house, "DELETE", "group-linus")
        until(lambda: linus.get(f"/api/projects/{project['project']}/").status_code == 404, 3)
        for path in everywhere(project):
            answer = linus.get(path)
            assert MARK not in answer.text.replace(project["file"].rpartition("/")[2], ""), path
            assert picture() not in answer.content, path
        change(house, "POST", "group-linus")
        until(lambda: linus.get(f"/api/projects/{project['project']}/").status_code == 200, 3)


def test_on_a_page_whoever_made_a_project_gives_it_to_a_group_and_takes_it_back(house, project, tmp_path):
    with (
        caller(house, "group-grace", "label-studio") as grace,
        caller(house, "group-linus", "label-studio") as linus,
        chromium() as browser,
    ):
        own = grace.post("/api/projects/", json={"title": "Grace alone", "label_config": CONFIG}).json()["id"]
        assert "Grace alone" not in titles(linus)
        page = Visitor(browser, tmp_path / "shots", size=(1400, 900)).page
        page.goto(f"{house.url}/hub/login?next=/services/label-studio/projects")
        page.fill("input[name=username]", "group-grace")
        page.fill("input[name=password]", house.credentials.class_password)
        page.click("[type=submit]")
        page.get_by_text("Grace alone").wait_for()
        assert page.get_by_text(f"{MARK} together").is_visible(), "the group's project is not in the list"
        page.locator(".lsf-hamburger, [class*=hamburger], [class*=menu-trigger]").first.click()
        page.get_by_role("link", name="Groups").click()
        page.get_by_label("Who sees Grace alone").select_option(GROUP)
        expect(page.get_by_role("status")).to_have_text(re.compile("everybody in obsea, north sees it now"))
        assert "Grace alone" in titles(linus)
        back = linus.post("/api/groups/move", json={"project": own, "group": ""})
        assert (back.status_code, back.json()["detail"][:30]) == (403, "Only the person who made a pro")
        page.goto(f"{house.url}/services/label-studio/groups")  # as a person types it
        page.get_by_label("Who sees Grace alone").select_option("")
        expect(page.get_by_role("status")).to_have_text(re.compile("only you"))
        assert "Grace alone" not in titles(linus)
        stolen = linus.post("/api/groups/move", json={"project": own, "group": GROUP})
        assert stolen.status_code == 403
        page.context.close()
