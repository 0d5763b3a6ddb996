"""The life of a labeler: saved or not, a kernel killed in the middle, pictures given back, random hands for a while."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from house import until
from playwright.sync_api import expect

from imagine_widgets import Store

pytest_plugins = ["labeler_page"]
pytestmark = pytest.mark.browser


def test_saved_is_shown_only_when_the_kernel_has_it_on_disk(labeling, notebook):
    labeling.press("b")
    os.kill(notebook.kernel, signal.SIGSTOP)
    try:
        labeling.drag((700, 100), (900, 260))
        expect(labeling.cell.locator(".im-region")).to_have_count(3)
        expect(labeling.cell.locator(".im-saved")).to_have_text("Saving 1…")
        assert labeling.store.current("wide") == ()
    finally:
        os.kill(notebook.kernel, signal.SIGCONT)
    assert len(labeling.saved()) == 1


def test_a_running_cell_does_not_hold_up_regions_and_tiles(labeling, notebook, tmp_path):
    flag = tmp_path / "go on"
    notebook.run(2, f"import time\nwhile not os.path.exists({str(flag)!r}):\n    time.sleep(0.05)", wait=False)
    labeling.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
    )
    labeling.stage.scroll_into_view_if_needed()
    labeling.look()
    labeling.press("b")
    labeling.drag((700, 100), (900, 260))
    assert len(labeling.saved()) == 1
    labeling.press("PageDown")
    labeling.wait_for_picture()
    assert not flag.exists()
    flag.write_text("now")
    notebook.run(2, "labeler")


def test_what_was_let_go_of_gives_its_canvases_back(labeling, notebook):
    count = "() => document.querySelectorAll('.im-labeler canvas').length"
    before = labeling.page.evaluate(count)
    assert before > 0
    canvas = labeling.cell.locator(".im-regions").element_handle()
    notebook.command("notebook:clear-cell-output")
    notebook.run(1, "None")
    until(lambda: labeling.page.evaluate(count) == 0 or labeling.page.evaluate(count) < before)
    assert canvas.evaluate("canvas => canvas.width * canvas.height") == 0


def test_random_keys_and_hands_leave_no_error_and_the_store_as_it_is_shown(labeling):
    dice = random.Random(7)
    keys = [
        *"123vplbregmaxuofh.,[]+-",
        "Enter",
        "Escape",
        "Delete",
        "Backspace",
        "Control+z",
        "Alt+ArrowLeft",
        "Shift+A",
    ]
    errors = []
    labeling.page.on("pageerror", lambda error: errors.append(str(error)))
    box = labeling.stage.bounding_box()
    end = time.monotonic() + float(os.environ.get("RANDOM_HANDS", "12"))
    while time.monotonic() < end:
        labeling.press(*dice.choices(keys, k=3))
        places = [(box["x"] + dice.random() * box["width"], box["y"] + dice.random() * box["height"]) for _ in range(2)]
        labeling.page.mouse.move(*places[0])
        labeling.page.mouse.down()
        labeling.page.mouse.move(*places[1], steps=2)
        labeling.page.mouse.up()
    labeling.press("Escape", "Escape")
    kept = {one.id: one.state for one in labeling.saved() if one.state != "rejected"}
    assert errors == []
    expect(labeling.cell.locator(".im-failures details")).to_have_count(0)
    shown = labeling.cell.locator(".im-region").evaluate_all("rows => rows.map(row => row.id.split('-').pop())")
    assert set(kept) <= set(shown) or len(shown) == 200
    assert set(shown) <= {*kept, "first", "second"}


def test_what_was_saved_is_there_after_the_kernel_was_killed(labeling, notebook):
    labeling.press("b")
    labeling.drag((700, 100), (900, 260))
    drawn = labeling.saved()
    os.kill(notebook.kernel, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{notebook.kernel}").exists())
    assert [one.region for one in Store(labeling.store.path).current("wide")] == drawn
    labeling.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    labeling.page.locator(".jp-Dialog .jp-mod-accept").click()  # the notebook says that the kernel died
    again = labeling.again()
    expect(again.cell.locator(".im-region")).to_have_count(3)
    again.press("u")
    assert again.saved() == []
