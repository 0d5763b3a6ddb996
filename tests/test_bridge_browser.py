"""The labelling page in Chromium: every class by its letters, and what a person does there comes back."""

import pytest
from bridge_world import HOSTILE
from browser import Visitor, chromium
from label_studio_server import PEOPLE
from playwright.sync_api import expect

from imagine_kernels.records import Prediction, Region
from imagine_kernels.use_case import Label

pytestmark = [pytest.mark.live, pytest.mark.browser]


@pytest.fixture
def visitor(tmp_path):
    """Ada's window, signed in to Label Studio."""
    with chromium() as browser:
        made = Visitor(browser, tmp_path / "shots", size=(1400, 900))
        made.wrong = []
        made.page.on("dialog", lambda dialog: (made.wrong.append(dialog.message), dialog.dismiss()))
        made.page.on("pageerror", lambda error: made.wrong.append(str(error)))
        yield made
        assert made.wrong == []


@pytest.fixture
def hostile(world):
    """A project whose classes are called as no class should be; each is predicted once."""
    world.labels = [Label(name, name) for name in HOSTILE]
    world.samples = world.samples[:3]
    guesses = zip(world.samples, ("true", "$image", HOSTILE[0]), strict=True)
    world.predictions = [Prediction(sample.id, (Region(name, 0.5),), "net", "a" * 64) for sample, name in guesses]
    return world


def sign_in(page, url):
    page.goto(f"{url}/user/login/")
    page.fill("input[name=email]", "ada@hub.local")
    page.fill("input[name=password]", PEOPLE["ada"])
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)


def open_task(world, page, number):
    """The page of one sample's task; waits until its classes are there."""
    task = world.tasks()[world.samples[number].id]["id"]
    page.goto(f"{world.server.url}/projects/{world.project['id']}/data?task={task}")
    page.get_by_role("radio").nth(len(HOSTILE) - 1).wait_for()


def press(page, name):
    """Submit or Update, and wait until the server has it."""
    with page.expect_response(
        lambda answer: "/annotations" in answer.url and answer.request.method in ("POST", "PATCH")
    ):
        page.locator(f"button:has-text('{name}')").first.click()


def test_a_person_accepts_changes_and_corrects_hostile_classes_and_pull_brings_them(hostile, visitor):
    ours = hostile.label(2, "007")
    hostile.push()
    page = visitor.page
    sign_in(page, hostile.server.url)

    open_task(hostile, page, 0)
    visitor.shoot("classes")
    for name in HOSTILE:
        shown = " ".join(name.split()).replace("$", "$\u200b")
        expect(page.get_by_text(shown).first, name).to_be_visible()
    press(page, "Submit")
    open_task(hostile, page, 1)
    page.get_by_text("emoji").first.click()
    press(page, "Submit")
    open_task(hostile, page, 2)
    page.get_by_text("quoted").first.click()
    press(page, "Update")
    visitor.shoot("hostile")

    found = {a.sample_id: (a.author, a.regions[0].label) for a in hostile.pull().new}
    assert found == {
        hostile.samples[0].id: ("ada", "true"),
        hostile.samples[1].id: ("ada", "🦠 emoji"),
        hostile.samples[2].id: ("ada", 'it\'s "quoted" & co'),
    }
    regions = {a.sample_id: a.regions[0].id for a in hostile.store.annotations()}
    assert regions[ours.sample_id] == ours.id, "a region keeps its id through an edit in the page"
    assert hostile.push().labels == 0
