"""Two people and one graphics card: what the notebook of the one who waits shows, and what becomes of an idle card."""

import csv
import re
from pathlib import Path

import httpx
import nbformat
import pytest
from browser import Visitor, chromium
from house import until
from kernel_run import run
from playwright.sync_api import expect

pytestmark = [pytest.mark.live, pytest.mark.browser]
HOLDER, WAITER = "gesine", "henk"
CODE = "import os; print('cards:', os.environ['CUDA_VISIBLE_DEVICES'] or 'none')"
SHOTS = Path(__file__).parents[1] / ".imagine" / "cards"
MINUTE = 60_000


def call(house, user, method, path, **kwargs):
    """A request to the server of `user`."""
    token = {"Authorization": f"token {house.token(user)}"}
    return house.sign_in(user).request(method, f"/user/{user}/{path}", headers=token, **kwargs)


def panel(house, user=WAITER):
    """What the start page tells `user` of the cards."""
    return house.sign_in(user).get("/hub/cards").json()


def names(people):
    return [one["user"] for one in people]


@pytest.fixture(scope="module")
def people(house):
    """The server of one person whose busy kernel holds every card, and the server of another, with a notebook."""
    house.start_server(HOLDER, profile="gpu")
    run(house, HOLDER, "import time; time.sleep(600)", watched=False)
    house.start_server(WAITER, profile="gpu")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    saved = call(house, WAITER, "PUT", "api/contents/cards.ipynb", json={"type": "notebook", "content": notebook})
    assert saved.status_code == 201, saved.text
    yield house
    house.stop_server(WAITER)
    house.stop_server(HOLDER)


@pytest.fixture(scope="module")
def visitor(people):
    """The browser of the one who waits, signed in."""
    with chromium() as browser:
        visitor = Visitor(browser, SHOTS)
        visitor.page.set_default_timeout(MINUTE)
        visitor.page.goto(f"{people.url}/hub/login")
        visitor.page.fill("input[name=username]", WAITER)
        visitor.page.fill("input[name=password]", people.credentials.class_password)
        visitor.page.click("[type=submit]")
        yield visitor


@pytest.fixture
def banner(visitor):
    """The strip above the cells of the notebook."""
    return visitor.page.locator(".imagine-banner")


def prints(page, text):
    """Runs the notebook's cell and waits until it has printed `text`."""
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".jp-OutputArea-output").first).to_have_text(re.compile(text), timeout=MINUTE)


def test_who_waits_sees_the_place_in_line_and_who_holds_the_card(people, visitor, banner):
    visitor.page.goto(f"{people.url}/user/{WAITER}/lab/tree/cards.ipynb")
    expect(banner).to_contain_text("Next in line for a graphics card", timeout=MINUTE)
    expect(banner).to_contain_text(f"{HOLDER} has had")
    expect(banner).to_contain_text("Pretend since")
    visitor.shoot("waiting")
    now = panel(people)
    assert (now["free"], names(now["holders"]), names(now["line"])) == (0, [HOLDER], [WAITER])
    assert now["line"][0]["mine"]


def test_a_page_that_is_loaded_again_keeps_the_place(people, visitor, banner):
    visitor.page.reload()
    expect(banner).to_contain_text("Next in line", timeout=MINUTE)
    assert len(call(people, WAITER, "GET", "api/kernels").json()) == 1
    assert names(panel(people)["line"]) == [WAITER]


def test_a_kernel_that_is_shut_down_while_it_waits_leaves_the_line(people):
    asked = call(people, WAITER, "POST", "api/kernels", json={"name": "python3"})
    assert asked.status_code == 201, asked.text
    until(lambda: len(panel(people)["line"]) == 2)
    ended = call(people, WAITER, "DELETE", f"api/kernels/{asked.json()['id']}")
    assert ended.status_code == 204
    until(lambda: len(panel(people)["line"]) == 1)


def test_nobody_decides_for_the_kernel_of_another(people):
    other = call(people, HOLDER, "GET", "api/kernels").json()[0]["id"]
    assert call(people, WAITER, "POST", f"imagine/cards/{other}/cpu").status_code == 404
    assert httpx.get(f"{people.url}/user/{WAITER}/imagine/cards").status_code == 403


def test_one_click_starts_on_the_cpu_instead(people, visitor, banner):
    visitor.page.get_by_role("button", name="Start on CPU instead").click()
    expect(banner).to_be_hidden(timeout=MINUTE)
    prints(visitor.page, "cards: none")
    visitor.shoot("on-the-cpu")
    assert names(panel(people)["holders"]) == [HOLDER], "a busy kernel keeps its card, though nobody looks at it"


def test_a_card_that_is_free_again_is_lent_at_the_next_restart(people, visitor):
    for kernel in call(people, HOLDER, "GET", "api/kernels").json():
        call(people, HOLDER, "DELETE", f"api/kernels/{kernel['id']}")
    until(lambda: panel(people)["free"])
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("button", name=re.compile("^Restart the kernel")).first.click()
    visitor.page.locator(".jp-Dialog .jp-mod-warn, .jp-Dialog .jp-mod-accept").last.click()
    until(lambda: names(panel(people)["holders"]) == [WAITER])
    prints(visitor.page, "cards: .*PRETEND-0")
    expect(visitor.page.locator(".imagine-status")).to_contain_text("Pretend")


def test_an_idle_kernel_is_warned_and_one_click_keeps_the_card(people, visitor, banner):
    expect(banner).to_contain_text(re.compile(r"goes back in \d:\d\d"), timeout=MINUTE)
    visitor.shoot("warned")
    visitor.page.get_by_role("button", name="I still need it").click()
    until(
        lambda: (
            [one["left"] for one in call(people, WAITER, "GET", "imagine/cards").json()["kernels"].values()] == [None]
        )
    )


def test_a_card_that_is_not_needed_is_taken_back_and_can_be_had_again(people, visitor, banner):
    page = visitor.page
    page.locator(".jp-Dialog", has_text="Kernel Restarting").get_by_role("button").last.click()  # JupyterLab's own
    expect(banner).to_contain_text("The graphics card was taken back", timeout=MINUTE)
    expect(banner).to_contain_text("files are safe, variables are lost")
    visitor.shoot("taken-back")
    assert panel(people)["free"] == panel(people)["shares"]
    prints(page, "cards: none")
    page.get_by_role("button", name="Restart with a card").click()
    expect(banner).to_be_hidden(timeout=MINUTE)
    until(lambda: names(panel(people)["holders"]) == [WAITER])
    assert visitor.outside == []


def test_a_program_that_ended_for_want_of_memory_is_told_once(visitor):
    page, ended = visitor.page, 1

    def one_more(route):
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "ended_for_memory": ended})

    page.route(re.compile(r"/imagine/cards(\?|$)"), one_more)
    expect(page.get_by_text("all memory of your server was in use")).to_have_count(1, timeout=MINUTE)
    visitor.shoot("out-of-memory")
    page.unroute_all(behavior="wait")


def test_what_was_used_is_shown_to_admins_and_to_everybody_their_own(people):
    admin = people.settings.users.admins[0]

    def users(who):
        table = people.sign_in(who).get("/hub/usage.csv")
        assert table.headers["content-type"].startswith("text/csv")
        return {line["user"] for line in csv.DictReader(table.text.splitlines()) if float(line["gpu_seconds"]) > 0}

    until(lambda: {HOLDER, WAITER} <= users(admin))
    assert users(WAITER) == {WAITER}
    assert HOLDER in people.sign_in(admin).get("/hub/usage?by=user").text
    mine = people.sign_in(WAITER).get("/hub/usage?by=user")
    assert WAITER in mine.text
    assert HOLDER not in mine.text
    for path in ("/hub/usage", "/hub/usage.csv", "/hub/cards"):
        assert httpx.get(f"{people.url}{path}").status_code in (302, 403)


@pytest.mark.parametrize("query", ["from=yesterday", "to=2026-13-01", "by=<b>", "from=0000-01-01"])
def test_a_question_about_usage_that_makes_no_sense_is_answered_with_a_sentence(people, query):
    answer = people.sign_in(WAITER).get(f"/hub/usage?{query}")
    assert answer.status_code == 400
    assert "<b>" not in answer.text


def test_the_first_day_of_all_is_a_day_like_others(people):
    assert people.sign_in(WAITER).get("/hub/usage?to=0001-01-01").status_code == 200


def test_prometheus_reads_starts_waits_and_the_line_beside_jupyterhubs_own_figures(people):
    admin = people.settings.users.admins[0]
    made = people.api(admin, "POST", f"/users/{admin}/tokens", json={"scopes": ["read:metrics"], "expires_in": 60})
    answer = httpx.get(f"{people.url}/hub/metrics", headers={"Authorization": f"token {made.json()['token']}"})
    assert answer.status_code == 200
    figures = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert float(figures["jupyterhub_running_servers"]) >= 2
    assert float(figures["imagine_lease_wait_seconds_count"]) >= 2
    assert float(figures['imagine_leases_ended_total{outcome="taken back"}']) >= 1
    assert float(figures["imagine_lease_queue_length"]) == 0
    assert sum(float(count) for name, count in figures.items() if name.startswith("imagine_kernel_starts_total")) >= 4
    assert httpx.get(f"{people.url}/hub/metrics").status_code == 403
