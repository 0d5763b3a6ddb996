"""The browser journey: a biologist logs in, predicts, reviews, labels, trains, compares and reports, in Chromium.

The screenshots are kept under .imagine/journey/. By itself: make journey.
"""

import contextlib
import json
import re
import shutil
import time

import pytest
from browser import Visitor, chromium
from house import ROOT, until
from playwright.sync_api import expect

from imagine_widgets import Store

pytestmark = [pytest.mark.live, pytest.mark.browser]
PERSON = "rachel"
SHOTS = ROOT / ".imagine" / "journey"
NOTEBOOK = "phytoplankton.ipynb"


@pytest.fixture(scope="module")
def visitor(house):
    shutil.rmtree(SHOTS, ignore_errors=True)
    with chromium() as browser:
        visitor = Visitor(browser, SHOTS)
        visitor.page.set_default_timeout(60_000)
        yield visitor
        visitor.context.close()
    house.stop_server(PERSON)


@pytest.fixture(scope="module")
def home(house):
    return house.settings.folders.homes / PERSON


def cells(home):
    """The cells of the person's notebook as they are on disk; the server may just be writing it."""

    def read():
        with contextlib.suppress(ValueError):
            return json.loads((home / NOTEBOOK).read_text())["cells"]

    return until(read, 10)


def outputs(home, source):
    """Outputs of the first cell whose source holds `source`, joined as text."""
    cell = next(c for c in cells(home) if source in "".join(c["source"]) and c["cell_type"] == "code")
    return json.dumps(cell["outputs"], ensure_ascii=False)


def menu(page, *path):
    """Clicks through JupyterLab's menu bar."""
    page.get_by_role("menuitem", name=path[0], exact=True).click()
    for entry in path[1:]:
        page.locator(".lm-Menu-item", has_text=re.compile(rf"^{re.escape(entry)}")).first.click()


def save(page):
    page.keyboard.press("Control+s")
    time.sleep(0.5)


def wait_until_run(page, home, seconds=240):
    """Saves until every code cell has run and none is waiting; fails on the first error in a cell."""

    def finished():
        save(page)
        code = [c for c in cells(home) if c["cell_type"] == "code"]
        for cell in code:
            for output in cell["outputs"]:
                assert output["output_type"] != "error", "".join(cell["source"]) + "\n".join(output["traceback"])
        return all(c["execution_count"] for c in code)

    until(finished, seconds, pause=2)


def show_cell(page, text):
    """Scrolls to the cell that holds `text` and returns it."""
    cell = page.locator(".jp-Cell", has_text=text).first
    cell.scroll_into_view_if_needed()
    return cell


def test_01_logging_in(visitor, house):
    page = visitor.page
    page.goto(house.url)
    expect(page).to_have_url(re.compile("/hub/login"))
    visitor.shoot("log-in")
    page.fill("input[name=username]", PERSON)
    page.fill("input[name=password]", "wrong password")
    page.click("[type=submit]")
    expect(page.locator("body")).to_contain_text("This name and password do not fit together")
    page.fill("input[name=username]", PERSON)
    page.fill("input[name=password]", house.credentials.class_password)
    page.click("[type=submit]")
    expect(page.locator("body")).to_contain_text("Phytoplankton")
    expect(page.locator("body")).to_contain_text("Apache-2.0")
    visitor.shoot("start-page")


def test_02_starting_opens_the_notebook_with_its_kernel(visitor, home):
    page = visitor.page
    page.get_by_role("button", name="Start Phytoplankton").click()
    page.wait_for_url(re.compile(rf"/user/{PERSON}/lab.*"), timeout=120_000)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=120_000)
    expect(page.locator(".jp-KernelName, .jp-Toolbar-kernelName").first).to_contain_text("Phytoplankton")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    visitor.shoot("notebook")
    assert (home / NOTEBOOK).exists()


def test_03_every_cell_runs(visitor, home):
    page = visitor.page
    menu(page, "Run", "Run All Cells")
    wait_until_run(page, home)
    picture = show_cell(page, "plots.composition").locator(".jp-OutputArea-output img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    page.wait_for_timeout(1000)
    visitor.shoot("composition")
    assert "per mL" in outputs(home, "measure.concentrations")


def test_04_reviewing_by_keyboard_is_on_disk(visitor, home):
    page = visitor.page
    show_cell(page, "grid = Grid(")
    grid = page.locator("[role=grid]").first
    grid.scroll_into_view_if_needed()
    visitor.shoot("review-grid")
    before = len(cells(home))
    grid.locator("[role=gridcell]").first.click()
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    until(lambda: len(labelled(home)) > 2, 20)
    visitor.shoot("reviewed")
    save(page)
    assert len(cells(home)) == before, "a key leaked to the notebook"


def test_05_labels_reach_label_studio_and_come_back_with_author_and_time(visitor, home):
    page = visitor.page
    run_cell(page, "label_studio.push(")
    address = until(lambda: saved_address(page, home), 90)
    studio = visitor.context.new_page()
    studio.set_default_timeout(60_000)
    studio.goto(address)
    expect(studio).not_to_have_url(re.compile("login"))
    visitor.shoot("label-studio-project", studio)
    studio.locator(".dm-table, [class*=table]").first.wait_for()
    studio.get_by_role("button", name=re.compile("Label All|Label Tasks|Label \\d+")).first.click()
    choice = studio.locator("[class*=choice]", has_text="Ciliates").first
    choice.wait_for()
    choice.click()
    visitor.shoot("label-studio-task", studio)
    studio.get_by_role("button", name=re.compile("submit|update", re.IGNORECASE)).first.click()
    studio.wait_for_timeout(1500)
    studio.close()
    run_cell(page, "label_studio.pull(")
    pulled = until(lambda: from_label_studio(home), 60)
    assert pulled[0].author == PERSON
    assert pulled[0].regions[0].label == "Ciliophora"
    visitor.shoot("pulled")


def run_cell(page, text):
    """Selects the cell that holds `text` and runs it."""
    cell = show_cell(page, text)
    cell.locator(".jp-InputArea-prompt, .jp-InputPrompt").first.click()
    page.keyboard.press("Control+Enter")


def saved_address(page, home):
    """The address in Label Studio that the push cell links to, once it is there."""
    save(page)
    link = re.search(r"\(<(https?://[^>]*/services/label-studio/[^>]*)>\)", outputs(home, "label_studio.push("))
    return link and link[1]


def from_label_studio(home):
    """Annotations in the person's store that were made in Label Studio."""
    return [one for one in labelled(home) if one.tool == "label studio"]


def labelled(home):
    """All annotations in the person's stores."""
    return [one for file in (home / "imagine" / "labels").glob("*.labels") for one in Store(file).annotations()]


def test_06_training_run_is_in_mlflow_under_her_name(visitor, house):
    mlflow = visitor.context.new_page()
    mlflow.set_default_timeout(60_000)
    mlflow.goto(f"{house.url}/services/mlflow/")
    mlflow.get_by_role("link", name="Experiments").first.click()
    mlflow.get_by_role("link", name="phytoplankton", exact=True).first.click()
    run = mlflow.get_by_role("link", name=re.compile("north_sea-")).first
    run.wait_for()
    visitor.shoot("mlflow-runs", mlflow)
    run.click()
    expect(mlflow.locator("body")).to_contain_text(PERSON)
    expect(mlflow.locator("body")).to_contain_text("macro_f1")
    visitor.shoot("mlflow-run", mlflow)
    mlflow.close()


def test_07_report_can_be_read_without_jupyter(visitor, home):
    report = home / "phytoplankton-report.html"
    assert report.exists()
    reader = visitor.context.new_page()
    reader.goto(report.as_uri())
    expect(reader.locator("h1")).to_contain_text("Phytoplankton")
    visitor.shoot("report", reader)
    reader.screenshot(path=SHOTS / "report-whole.png", full_page=True)
    reader.close()


def test_08_the_browser_asked_nobody_outside(visitor):
    assert visitor.outside == []
