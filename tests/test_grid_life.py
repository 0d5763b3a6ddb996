"""The life of a review grid: saved or not, busy and ended kernels, full disks, several views, pictures come and go."""

import json
import os
import signal
import time

import pytest
from grids import labels, say
from playwright.sync_api import expect

from imagine_widgets import Store

pytest_plugins = ["grid_review"]
pytestmark = pytest.mark.browser
MANY = """
from dataclasses import replace
many = [replace(one, id=f"{{one.id}}-{{n}}") for n in range(200) for one in samples]
sure = [Prediction(one.id, (Region("Tripos", 0.5),), "drawn", "0") for one in many]
Grid(many, sure, labels, store=Store({path!r}), author="ada")
"""


def test_saved_is_shown_only_when_the_kernel_has_it_on_disk(review, grid_notebook):
    review.press("Escape")
    review.stand(0)
    os.kill(grid_notebook.kernel, signal.SIGSTOP)
    try:
        review.press("3", "3")
        assert review.kinds()[:3] == ["corrected", "corrected", "open"], "the label shows at once"
        expect(review.state).to_have_text("Saving 2…")
        assert labels(review.store) == {}
    finally:
        os.kill(grid_notebook.kernel, signal.SIGCONT)
    assert list(review.saved().values()) == ["debris", "debris"]
    speed = review.store.speed("ada")
    assert (speed.labels, speed.keys) == (2, 2), "3 and 3"
    assert speed.seconds > 0


def test_pages_turn_while_the_kernel_stands_still(review, grid_notebook):
    review.page.wait_for_function("() => performance.now() > 0")
    review.stand(0)
    review.press("PageDown")
    expect(review.cell.locator(".im-cell img")).to_have_count(10)
    review.press("PageUp")
    time.sleep(1)
    os.kill(grid_notebook.kernel, signal.SIGSTOP)
    try:
        for _ in range(2):
            review.press("PageDown")
            expect(review.cell.locator(".im-cell img")).to_have_count(review.cells.count(), timeout=2000)
    finally:
        os.kill(grid_notebook.kernel, signal.SIGCONT)


def test_a_running_cell_does_not_hold_up_the_labels(review, grid_notebook, tmp_path):
    with grid_notebook.busy(2, tmp_path):
        review.stand(0)
        review.press("3")
        assert list(review.saved().values()) == ["debris"]
    grid_notebook.run(2, "grid.progress")
    assert grid_notebook.outputs(2) == "Progress(total=48, confirmed=0, corrected=1)"


def test_a_disk_that_refuses_is_told_and_trying_again_saves(review):
    review.store.path.mkdir()
    review.stand(0)
    review.press("3")
    expect(review.state).to_contain_text("1 not saved. The labels")
    assert "run.labels" in review.state.inner_text()
    review.store.path.rmdir()
    review.cell.get_by_text("Try again").click()
    assert list(review.saved().values()) == ["debris"]


def test_two_views_of_a_grid_and_the_page_loaded_again_show_the_same(review, grid_notebook):
    twin = grid_notebook.run(2, "grid")
    expect(twin.locator(".im-cell")).to_have_count(10)
    review.stand(1)
    review.press("3", "Enter")
    review.saved()
    expect(twin.locator(".im-cell[data-kind=confirmed]")).to_have_count(9)
    review.page.reload()
    grid_notebook.wait()
    grid_notebook.run(2, "grid")
    last = grid_notebook.page.locator(".jp-CodeCell").nth(2)
    expect(last.locator(".im-counts")).to_have_text("10 of 48 decided, 1 corrected")
    last.locator(".im-cell").first.focus()
    review.press("u")
    expect(last.locator(".im-counts")).to_have_text("1 of 48 decided, 1 corrected")
    expect(last.locator(".im-saved")).to_have_text("All saved")
    assert len(labels(review.store)) == 1


def test_labels_from_elsewhere_appear_when_a_cell_looks_or_the_person_comes_back(review, grid_notebook):
    grid_notebook.run(2, "ids = [sample.id for sample in samples]; print(repr(ids))")
    ids = json.loads(grid_notebook.outputs(2).replace("'", '"'))
    say(review.store, "Copepoda", ids[0])
    grid_notebook.run(2, "grid.progress")
    expect(review.cells.first).to_have_attribute("data-kind", "corrected")
    assert "Copepoda" in review.cells.first.inner_text()
    say(review.store, "debris", ids[2])
    time.sleep(2.1)
    review.stand(5)
    expect(review.cells.nth(1)).to_have_attribute("data-kind", "corrected")


def test_a_picture_that_cannot_be_read_says_so_and_can_be_labelled(review, grid_notebook, tmp_path):
    source = "def fails(sample, side):\n    raise ValueError('cut off after 12 bytes.')\n"
    path = str(tmp_path / "broken.labels")
    cell = grid_notebook.run(2, f"{source}Grid(samples, predictions, labels, store=Store({path!r}), thumbnail=fails)")
    expect(cell.locator(".im-broken").first).to_have_text("cut off after 12 bytes.")
    cell.locator(".im-cell").first.focus()
    review.press("3")
    expect(cell.locator(".im-saved")).to_have_text("All saved")
    assert len(labels(Store(path))) == 1


def test_what_goes_wrong_in_the_browser_or_behind_it_is_shown_below_the_grid(review, grid_notebook):
    below = review.cell.get_by_role("alert")
    grid_notebook.run(2, "grid.send({'type': 'changes'})")
    expect(below).to_contain_text("The grid stumbled: ")
    grid_notebook.run(2, "grid._rows.scores = None")
    review.stand(0)
    review.press("z")
    expect(below).to_contain_text("The grid could not answer 'closer'. TypeError: 'NoneType' object is not callable")
    review.press("3")
    assert list(review.saved().values()) == ["debris"], "and the grid goes on"


def test_pictures_are_given_back_when_the_output_is_cleared(review, grid_notebook):
    urls = review.cell.locator(".im-cell img").evaluate_all("images => images.map(image => image.src)")
    alive = "urls => Promise.all(urls.map(url => fetch(url).then(() => true, () => false)))"
    assert all(review.page.evaluate(alive, urls))
    grid_notebook.run(1, "None")
    expect(review.cells).to_have_count(0)
    assert not any(review.page.evaluate(alive, urls))


def test_a_class_on_one_long_page_has_cells_in_sight_only_and_enter_confirms_what_was_seen(
    review, grid_notebook, tmp_path
):
    path = str(tmp_path / "long.labels")
    cell = grid_notebook.run(2, MANY.format(path=path))
    expect(cell.locator(".im-cell img").first).to_be_visible()
    cell.locator(".im-cell").first.focus()
    review.press("w")
    expect(cell.locator(".im-where")).to_have_text("Whole class")
    assert cell.locator(".im-cell").count() < 400
    cell.locator(".im-scroll").evaluate("one => one.scrollTop = one.scrollHeight")
    expect(cell.locator(".im-cell[data-i='9599'] img")).to_be_visible()
    last = int(cell.locator(".im-cells").get_attribute("aria-rowcount"))
    assert cell.locator(f"[role=row][aria-rowindex='{last}']").count() == 1
    cell.locator(".im-cell[data-i='9599']").focus()
    review.press("Enter")
    expect(cell.locator(".im-saved")).to_have_text("All saved")
    decided = len(labels(Store(path)))
    assert 0 < decided < 1000, "what was leapt over is not confirmed"
    expect(cell.locator(".im-cell:focus")).to_have_attribute("data-kind", "open")


def test_a_kernel_that_ended_is_told_before_anybody_labels_into_nothing(review, grid_notebook):
    review.stand(0)
    review.press("3")
    review.saved()
    grid_notebook.page.evaluate("void jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    expect(review.state).to_have_text("The kernel has ended: run the cell again", timeout=60_000)
    review.press("3")
    assert review.kinds()[:2] == ["corrected", "open"]
    expect(review.cell.locator(".im-failures details")).to_have_count(0)
    grid_notebook.wait()
    grid_notebook.run(0)
    again = review.again()
    assert again.kinds()[:2] == ["corrected", "open"]
    assert len(labels(again.store)) == 1
    again.stand(0)
    again.press("u")
    assert again.saved() == {}, "the step of before can be taken back"
    assert again.kinds()[:2] == ["open", "open"]
