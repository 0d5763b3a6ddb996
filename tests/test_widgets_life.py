"""The life of every widget: several on one store, out of sight, thrown away, killed, and what it says when it fails."""

import os
import signal
from pathlib import Path

import pytest
from house import until
from playwright.sync_api import expect

from imagine_widgets import Store

pytest_plugins = ["widgets_page"]
pytestmark = pytest.mark.browser

HELD = """
import os, threading
def opened():
    for one in os.listdir("/proc/self/fd"):
        try: yield os.readlink(f"/proc/self/fd/{one}")
        except OSError: pass
print([one for one in opened() if one.startswith(folder)], end=" ")
print([one.name for one in threading.enumerate() if one.name in OURS])
"""
OURS = "OURS = {'tiles', 'overview', 'survey', 'picture'}"
COUNT = """() => {
    window.alive = new Set();
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => { const url = createObjectURL.call(URL, blob); window.alive.add(url); return url; };
    URL.revokeObjectURL = (url) => { window.alive.delete(url); revokeObjectURL.call(URL, url); };
}"""
DRAWN = "() => [...document.querySelectorAll('canvas')].filter((one) => one.width * one.height).length"


def weigh(wire):
    wire.send("Performance.enable")
    wire.send("HeapProfiler.collectGarbage")
    return {one["name"]: one["value"] for one in wire.send("Performance.getMetrics")["metrics"]}


def test_what_is_thrown_away_gives_everything_back_in_the_page_and_in_the_kernel(show, widgets_notebook, request):
    widgets_notebook.run(3, OURS)
    widgets_notebook.page.evaluate(COUNT)
    canvases = widgets_notebook.page.evaluate(DRAWN)
    before, grown = None, []
    while len(grown) < 4 and not any(more[0] < 150 and more[1] < 500 for more in grown):
        for name in ("Grid", "Labeler", "Sound", "Video"):
            one = show(name)
            one.press("+", "+")
        widgets_notebook.run(1, "None")
        now = weigh(widgets_notebook.wire)
        if before is not None:  # a leak grows each time; what JupyterLab itself makes late does not
            grown.append([now[kind] - before[kind] for kind in ("JSEventListeners", "Nodes")])
        before = now
    assert widgets_notebook.page.evaluate(DRAWN) == canvases
    assert widgets_notebook.page.evaluate("() => window.alive.size") == 0
    assert any(listeners < 150 and nodes < 500 for listeners, nodes in grown), grown
    until(lambda: widgets_notebook.run(3, HELD) and widgets_notebook.outputs(3).strip() == "[] []")


def test_a_grid_and_a_labeler_on_one_store_show_each_other_s_labels_and_lose_none(show, tmp_path):
    path = tmp_path / "shared.labels"
    grid = show("Grid", path, source="Grid([wide, deep], [], labels, {more})")
    labeler = show("Labeler", path, cell=2)
    grid.stand()
    grid.press("2")
    assert grid.saved() == {"wide": "debris"}
    labeler.cell.locator(".im-list").focus()
    expect(labeler.cell.locator(".im-side")).to_contain_text("Debris")
    labeler.press("a", "a")
    labeler.saved()
    grid.stand()
    grid.press("ArrowRight", "3")
    grid.saved()
    grid.press("u", "u")
    assert set(grid.saved()) == {"wide"}, "by the box that was accepted"
    assert [(one.id, one.region.state) for one in labeler.store.current("wide")] == [("first", "accepted")]
    labeler.press("u")
    assert labeler.saved() == {}
    labeler.says_nothing_is_wrong()
    grid.says_nothing_is_wrong()
    grid.notebook.run(2, "None")


def test_what_goes_wrong_behind_and_before_it_is_told_below_the_widget_which_goes_on(one):
    below = one.cell.get_by_role("alert").last
    one.notebook.run(3, "shown.send({'type': 'changes'})")
    expect(below).to_contain_text("stumbled: ")
    one.notebook.run(3, "shown._receive(shown, {'type': 'dance', 'to': ''}, [])")
    expect(below).to_contain_text("could not answer 'dance'")
    one.label_one()
    assert len(one.saved()) == 1


def rests(one):
    """Whether nothing is asked for in half a second, neither frames (the notebook's own few aside) nor parts."""
    one.notebook.asked.clear()
    before = one.page.evaluate("window.framesAsked")
    one.page.wait_for_timeout(500)
    return one.page.evaluate("window.framesAsked") - before < 6 and one.notebook.asked == []


def test_a_widget_out_of_sight_asks_for_nothing_and_draws_nothing(one):
    outer = one.page.locator(".jp-WindowedPanel-outer")
    one.notebook.run(3, "print('far below\\n' * 150)")
    one.place.scroll_into_view_if_needed()
    if one.name == "Video":
        one.press("Space")
    outer.evaluate("panel => panel.scrollTo(0, panel.scrollHeight)")
    expect(one.root).not_to_be_in_viewport()
    until(lambda: rests(one))
    one.place.scroll_into_view_if_needed()
    one.label_one()
    assert len(one.saved()) == 1


def test_what_was_shown_as_saved_is_there_when_the_kernel_was_killed_in_the_middle(show, widgets_notebook, tmp_path):
    ones = [show(name, cell=cell) for cell, name in enumerate(("Grid", "Labeler", "Sound"), 1)]
    for one in ones:
        one.place.scroll_into_view_if_needed()
        one.stand()
        one.label_one()
    saved = [one.saved() for one in ones]
    assert all(saved)
    os.kill(widgets_notebook.kernel, signal.SIGSTOP)
    ones[0].stand()
    ones[0].label_one()
    expect(ones[0].cell.locator(".im-saved")).to_have_text("Saving 1…")
    os.kill(widgets_notebook.kernel, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{widgets_notebook.kernel}").exists())
    widgets_notebook.wait()
    widgets_notebook.page.locator(".jp-Dialog .jp-mod-accept").click()  # the notebook says that the kernel died
    widgets_notebook.begin()
    for cell, (one, before) in enumerate(zip(ones, saved, strict=True), 1):
        again = show(one.name, one.store.path, cell=cell)
        assert Store(one.store.path).path.exists()
        assert again.saved() == before
        again.stand()
        again.press("u")
        assert again.saved() == {}
