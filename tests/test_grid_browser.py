"""The review grid in a real JupyterLab: a person's keys, mouse and patience, and what lies on disk afterwards."""

import json
import os
import signal
import time

import pytest
from browser import chromium
from house import ROOT
from jupyter_lab import Notebook, running
from playwright.sync_api import expect

from imagine_kernels.records import Annotation, Region
from imagine_widgets import Journal

pytestmark = pytest.mark.browser
PICTURES = ROOT / ".imagine" / "journey"
HEAD = """
import os, time
from imagine_kernels.records import Prediction, Region
from imagine_kernels.sources import open_samples
from imagine_kernels.use_case import Label
from imagine_widgets import Grid, Journal
samples = open_samples({folder!r}).samples
labels = [Label("Actinoptychus", "Actinoptychus"), Label("Tripos", "Tripos"), Label("debris", "Debris"),
          Label("arabic", "عوالق نباتية"), Label("evil", "<img src=x onerror=pwned=1>")]
def prediction(number, sample):
    score = 0.5 + number / 1000  # the order of the samples is the order of doubt
    return Prediction(sample.id, (Region(labels[number % 2].name, score),), "drawn", "0")
predictions = [prediction(*pair) for pair in enumerate(samples)]
open("pid", "w").write(str(os.getpid()))
"""
GRID = "grid = Grid(samples, predictions, labels, journal=Journal({path!r}), author='ada', page={page})\ngrid"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory, pictures):
    """One notebook in one JupyterLab: the samples are at hand, the second cell is each test's own."""
    folder = tmp_path_factory.mktemp("lab")
    drawn = os.path.commonpath([sample.uri for sample in pictures(48).samples])
    with running(folder) as (address, token), chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
        page = context.new_page()
        page.set_default_timeout(60_000)
        notebook = Notebook(page, address, token, folder, "review", [HEAD.format(folder=drawn), "", ""])
        notebook.run(0)
        notebook.kernel = int((folder / "work" / "pid").read_text())
        yield notebook
        context.close()


class Review:
    """A grid on the page and the journal behind it."""

    def __init__(self, notebook, path, page):
        self.notebook, self.page, self.journal = notebook, notebook.page, Journal(path)
        self.cell = notebook.run(1, GRID.format(path=str(path), page=page))
        self.cells = self.cell.locator(".im-cell")
        self.state = self.cell.locator(".im-saved")
        expect(self.cells.first.locator("img")).to_be_visible(timeout=60_000)

    def stand(self, index):
        self.cells.nth(index).focus()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self):
        expect(self.state).to_have_text("All saved", timeout=60_000)
        return {sample: a.regions[0].label for sample, a in self.journal.annotations().items()}

    def kinds(self):
        return self.cells.evaluate_all("cells => cells.map(cell => cell.dataset.kind)")

    def names(self):
        return self.cells.evaluate_all("cells => cells.map(cell => cell.title)")

    def focused(self):
        return self.page.evaluate("Number(document.activeElement.dataset.i ?? -1)")

    def heading(self):
        return self.cell.locator(".im-title bdi").inner_text()


@pytest.fixture
def review(notebook, tmp_path):
    return Review(notebook, tmp_path / "journal.jsonl", page=10)


def test_arrows_move_a_class_key_labels_and_goes_on_to_the_next_open_picture(review):
    review.stand(0)
    review.press("ArrowRight", "ArrowRight", "ArrowLeft", "3", "3")
    assert review.focused() == 3
    assert review.kinds()[:4] == ["open", "corrected", "corrected", "open"]
    names = review.names()
    saved = review.saved()
    assert sorted(saved.values()) == ["debris", "debris"]
    assert {sample.rsplit("/", 1)[-1] for sample in saved} == {names[1], names[2]}
    assert {a.author for a in review.journal.annotations().values()} == {"ada"}


def test_space_shift_and_clicks_select_and_one_key_labels_the_selection(review):
    review.stand(0)
    review.press("Space", "Home", "End", "Space")
    assert review.cell.locator("[aria-selected=true].im-cell").count() == 2
    review.press("Home", "Shift+ArrowRight", "Shift+ArrowRight")
    assert review.cell.locator("[aria-selected=true].im-cell").count() == 3
    review.press("2")
    review.cells.nth(5).click()
    review.cells.nth(7).click(modifiers=["Shift"])
    review.cell.locator(".im-chip", has_text="Debris").click()
    assert sorted(review.saved().values()) == ["Tripos"] * 3 + ["debris"] * 3
    assert review.kinds() == ["corrected"] * 3 + ["open"] * 2 + ["corrected"] * 3 + ["open"] * 2


def test_a_finger_labels_as_well(review):
    review.cells.nth(2).tap()
    review.cells.nth(4).tap()
    review.cell.locator(".im-chip", has_text="Debris").tap()
    assert list(review.saved().values()) == ["debris", "debris"]


def test_enter_confirms_what_is_open_goes_on_and_undo_comes_back(review):
    review.stand(0)
    review.press("3", "Enter")
    assert sorted(review.saved().values()) == ["Actinoptychus"] * 9 + ["debris"]
    assert "Page 2 of 3" in review.cell.locator(".im-where").inner_text()
    review.press("a", "a")
    assert review.heading() == "Tripos"
    assert len(review.saved()) == 24
    review.press("u", "Control+z", "u")
    assert review.heading() == "Actinoptychus"
    assert review.kinds() == ["corrected"] + ["open"] * 9
    assert list(review.saved().values()) == ["debris"]
    review.press("u")
    assert review.saved() == {}


def test_tab_goes_through_the_classes_and_then_out_of_the_grid(review):
    review.stand(0)
    review.press("Tab")
    assert review.heading() == "Tripos"
    assert review.focused() == 0
    review.press("Shift+Tab")
    assert review.heading() == "Actinoptychus"
    review.press("PageDown", "PageDown", "PageDown", "PageUp")
    assert "Page 2 of 3" in review.cell.locator(".im-where").inner_text()
    review.press("Escape", "Tab")
    assert not review.cells.nth(0).evaluate("cell => cell.parentElement.parentElement.contains(document.activeElement)")


def test_no_key_reaches_the_notebook_around_the_grid(review, notebook):
    before = notebook.cells()
    review.stand(3)
    review.press("b", "d", "d", "x", "y", "m", "c", "v", "Delete", "Control+z", "Control+s", "Shift+Enter", "0", "0")
    time.sleep(0.3)
    review.press("a")
    assert notebook.cells() == before
    assert review.heading() == "Actinoptychus"
    assert len(review.saved()) == 10


def test_saved_is_shown_only_when_the_kernel_has_it_on_disk(review, notebook):
    review.press("Escape")
    review.stand(0)
    os.kill(notebook.kernel, signal.SIGSTOP)
    try:
        review.press("3", "3")
        assert review.kinds()[:3] == ["corrected", "corrected", "open"], "the label shows at once"
        expect(review.state).to_have_text("Saving 2…")
        assert review.journal.annotations() == {}
    finally:
        os.kill(notebook.kernel, signal.SIGCONT)
    assert list(review.saved().values()) == ["debris", "debris"]


def test_pages_turn_while_the_kernel_stands_still(review, notebook):
    review.page.wait_for_function("() => performance.now() > 0")
    review.stand(0)
    review.press("PageDown")
    expect(review.cell.locator(".im-cell img")).to_have_count(10)
    review.press("PageUp")
    time.sleep(1)
    os.kill(notebook.kernel, signal.SIGSTOP)
    try:
        for _ in range(2):
            review.press("PageDown")
            expect(review.cell.locator(".im-cell img")).to_have_count(review.cells.count(), timeout=2000)
    finally:
        os.kill(notebook.kernel, signal.SIGCONT)


def test_a_running_cell_does_not_hold_up_the_labels(review, notebook, tmp_path):
    flag = tmp_path / "go on"
    notebook.run(2, f"while not os.path.exists({str(flag)!r}):\n    time.sleep(0.05)", wait=False)
    review.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
    )
    review.stand(0)
    review.press("3")
    assert list(review.saved().values()) == ["debris"]
    assert not flag.exists()
    flag.write_text("now")
    notebook.run(2, "grid.progress")
    assert notebook.outputs(2) == "Progress(total=48, confirmed=0, corrected=1)"


def test_a_disk_that_refuses_is_told_and_trying_again_saves(review):
    review.journal.path.mkdir()
    review.stand(0)
    review.press("3")
    expect(review.state).to_contain_text("1 not saved. The labels")
    assert "journal.jsonl" in review.state.inner_text()
    review.journal.path.rmdir()
    review.cell.get_by_text("Try again").click()
    assert list(review.saved().values()) == ["debris"]


def test_two_views_of_a_grid_and_the_page_loaded_again_show_the_same(review, notebook):
    twin = notebook.run(2, "grid")
    expect(twin.locator(".im-cell")).to_have_count(10)
    review.stand(1)
    review.press("3", "Enter")
    review.saved()
    assert twin.locator(".im-cell[data-kind=confirmed]").count() == 9
    review.page.reload()
    notebook.wait()
    notebook.run(2, "grid")
    assert notebook.page.locator(".im-grid").last.locator(".im-counts").inner_text() == "10 of 48 decided, 1 corrected"
    last = notebook.page.locator(".jp-CodeCell").nth(2)
    last.locator(".im-cell").first.focus()
    review.press("u")
    expect(last.locator(".im-counts")).to_have_text("1 of 48 decided, 1 corrected")
    expect(last.locator(".im-saved")).to_have_text("All saved")
    assert len(review.journal.annotations()) == 1


def test_labels_from_elsewhere_appear_when_a_cell_looks_or_the_person_comes_back(review, notebook):
    notebook.run(2, "ids = [sample.id for sample in samples]; print(repr(ids))")
    ids = json.loads(notebook.outputs(2).replace("'", '"'))
    review.journal.append(Annotation(ids[0], (Region("Copepoda"),), "bo"))
    notebook.run(2, "grid.progress")
    expect(review.cells.first).to_have_attribute("data-kind", "corrected")
    assert "Copepoda" in review.cells.first.inner_text()
    review.journal.append(Annotation(ids[2], (Region("debris"),), "bo"))
    time.sleep(2.1)
    review.stand(5)
    expect(review.cells.nth(1)).to_have_attribute("data-kind", "corrected")


def test_names_are_text_and_right_to_left_is_right(review):
    review.stand(0)
    review.press("5", "4")
    assert review.page.evaluate("window.pwned") is None
    assert review.cells.nth(0).locator("bdi").inner_text() == "<img src=x onerror=pwned=1>"
    direction = "element => getComputedStyle(element).direction"
    assert review.cells.nth(1).locator("bdi").evaluate(direction) == "rtl"
    assert review.cells.nth(0).locator("bdi").evaluate(direction) == "ltr"
    review.saved()


def test_readers_of_the_screen_find_a_grid_with_one_place_for_the_keyboard(review):
    grid = review.cell.get_by_role("grid")
    assert grid.get_by_role("gridcell").count() == 10
    assert grid.get_by_role("row").count() >= 1
    assert grid.locator("[tabindex='0']").count() == 1
    assert review.cell.get_by_role("tab").count() == 2
    assert review.cell.get_by_role("tab", selected=True).inner_text().startswith("Actinoptychus")
    review.stand(0)
    review.press("3")
    assert review.cell.get_by_role("status").inner_text() == "1 labelled Debris"
    assert review.cells.first.get_attribute("aria-label").endswith("predicted Actinoptychus, labelled Debris")
    review.saved()


def test_help_and_a_closer_look_open_and_close_by_keyboard(review):
    review.stand(1)
    review.press("?")
    sheet = review.cell.get_by_role("dialog")
    expect(sheet).to_be_visible()
    assert "Ctrl + Z" in sheet.inner_text()
    review.press("3", "Escape")
    expect(sheet).to_be_hidden()
    review.press("z")
    expect(sheet.locator("img")).to_be_visible()
    assert review.names()[1] in sheet.inner_text()
    review.press("z")
    expect(sheet).to_be_hidden()
    assert review.focused() == 1
    assert review.saved() == {}


def test_a_picture_that_cannot_be_read_says_so_and_can_be_labelled(review, notebook, tmp_path):
    source = "def fails(sample, side):\n    raise ValueError('cut off after 12 bytes.')\n"
    path = str(tmp_path / "broken.jsonl")
    cell = notebook.run(2, f"{source}Grid(samples, predictions, labels, journal=Journal({path!r}), thumbnail=fails)")
    expect(cell.locator(".im-broken").first).to_have_text("cut off after 12 bytes.")
    cell.locator(".im-cell").first.focus()
    review.press("3")
    expect(cell.locator(".im-saved")).to_have_text("All saved")
    assert len(Journal(path).annotations()) == 1


def test_pictures_are_given_back_when_the_output_is_cleared(review, notebook):
    urls = review.cell.locator(".im-cell img").evaluate_all("images => images.map(image => image.src)")
    alive = "urls => Promise.all(urls.map(url => fetch(url).then(() => true, () => false)))"
    assert all(review.page.evaluate(alive, urls))
    notebook.run(1, "None")
    expect(review.cells).to_have_count(0)
    assert not any(review.page.evaluate(alive, urls))


def test_light_and_dark_follow_the_notebook_and_keep_text_readable(review, notebook):
    PICTURES.mkdir(parents=True, exist_ok=True)
    review.stand(0)
    review.press("3", "2", "ArrowRight", "Shift+ArrowRight")
    contrast = """root => {
        const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
        const light = color => rgb(color).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const style = getComputedStyle(root), soft = getComputedStyle(root.querySelector('.im-muted'));
        const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        return [light(style.backgroundColor), ratio(light(style.color), light(style.backgroundColor)),
                ratio(light(soft.color), light(style.backgroundColor))];
    }"""
    for theme, is_light in (("Dark", False), ("Light", True)):
        notebook.theme(theme)
        ground, ink, soft = review.cell.locator(".im-grid").evaluate(contrast)
        assert (ground > 0.5) == is_light
        assert ink >= 7
        assert soft >= 4.5
        expect(review.page.locator("#jupyterlab-splash")).to_have_count(0)
        review.page.screenshot(path=PICTURES / f"grid-{theme.lower()}.png")
    review.saved()
