"""The labeler in a real JupyterLab: every shape drawn, changed and undone by hand, and what lies in the store then."""

import dataclasses
import os
import re
import signal
from pathlib import Path

import pytest
from house import ROOT, until
from playwright.sync_api import expect

from imagine_kernels.shapes import Box, Ellipse, Line, Mask, Point, Polygon, RotatedBox
from imagine_widgets import Store

pytest_plugins = ["labeler_page"]
pytestmark = pytest.mark.browser
PICTURES = ROOT / ".imagine" / "journey"


def numbers(shape):
    """All numbers of a shape in the order of its fields."""
    flat, left = [], [*dataclasses.astuple(shape)]
    while left:
        one = left.pop(0)
        left = [*one, *left] if isinstance(one, tuple) else left
        flat += [] if isinstance(one, tuple) else [one]
    return flat


def near(*wanted, by=4):
    """To the pixel of the page: about two of the picture here."""
    return pytest.approx([*wanted], abs=by)


def test_each_shape_is_drawn_and_is_in_the_store_as_drawn(labeling):
    labeling.press("2", "b")
    labeling.drag((700, 100), (900, 260))
    [box] = labeling.saved()
    assert (box.label, box.state) == ("debris", "")
    assert isinstance(box.shape, Box)
    assert numbers(box.shape) == near(700, 100, 200, 160)
    labeling.press("e")
    labeling.drag((1000, 100), (1200, 200))
    labeling.press("p")
    labeling.click((760, 700))
    labeling.press("l")
    labeling.click((600, 800), (700, 900), (800, 800))
    labeling.press("Enter", "g")
    labeling.click((900, 400), (1000, 400), (1000, 500), (900, 500), (900, 400))
    labeling.press("r")
    labeling.click((100, 600), (300, 600), (300, 700))
    shapes = {type(region.shape): region.shape for region in labeling.saved()}
    assert set(shapes) == {Box, Ellipse, Point, Line, Polygon, RotatedBox}
    assert numbers(shapes[Ellipse]) == near(1100, 150, 100, 50, 0)
    assert numbers(shapes[Point]) == near(760, 700)
    assert numbers(shapes[Line]) == near(600, 800, 700, 900, 800, 800)
    assert numbers(shapes[Polygon]) == near(900, 400, 1000, 400, 1000, 500, 900, 500)
    assert numbers(shapes[RotatedBox])[:4] == near(200, 650, 200, 100)
    PICTURES.mkdir(parents=True, exist_ok=True)
    labeling.page.screenshot(path=PICTURES / "labeler.png")


def test_a_region_is_picked_moved_changed_and_each_step_is_undone(labeling):
    labeling.press("b")
    labeling.drag((700, 100), (900, 260))
    labeling.press("v")
    labeling.drag((800, 180), (850, 300))
    [moved] = labeling.saved()
    assert isinstance(moved.shape, Box)
    assert numbers(moved.shape) == near(750, 220, 200, 160)
    labeling.drag((950, 380), (1000, 500))
    [larger] = labeling.saved()
    assert isinstance(larger.shape, Box)
    assert numbers(larger.shape) == near(750, 220, 250, 280)
    labeling.press("u")
    assert labeling.saved() == [moved]
    labeling.press("Control+z", "u")
    assert labeling.saved() == []
    labeling.press("u")
    expect(labeling.cell.get_by_role("status")).to_have_text("Nothing to undo")


def test_a_point_of_an_outline_is_added_and_taken_away(labeling):
    labeling.press("g")
    labeling.click((700, 100), (900, 100), (900, 300))
    labeling.press("Enter", "v")
    labeling.drag((800, 100), (800, 40))
    [more] = labeling.saved()
    assert len(more.shape.points) == 4
    labeling.page.keyboard.down("Alt")
    labeling.click((800, 40))
    labeling.page.keyboard.up("Alt")
    [fewer] = labeling.saved()
    assert len(fewer.shape.points) == 3


def test_the_brush_paints_a_mask_and_rubs_it_out(labeling):
    labeling.press("m")
    labeling.drag((700, 200), (900, 200))
    [painted] = labeling.saved()
    assert isinstance(painted.shape, Mask)
    inside = sum(painted.shape.counts[1::2])
    assert inside > 200 * 20
    labeling.page.keyboard.down("Shift")
    labeling.drag((800, 100), (800, 300))
    labeling.page.keyboard.up("Shift")
    [rubbed] = labeling.saved()
    assert rubbed.id == painted.id
    assert 0 < sum(rubbed.shape.counts[1::2]) < inside


def test_what_a_model_said_is_accepted_corrected_and_rejected_by_one_key_each(labeling):
    assert labeling.saved() == []
    labeling.press("a")
    labeling.press("a")
    [accepted] = labeling.saved()
    assert (accepted.id, accepted.state, accepted.score) == ("first", "accepted", 0.9)
    labeling.press("x")
    assert {region.id: region.state for region in labeling.saved()} == {"first": "accepted", "second": "rejected"}
    expect(labeling.cell.locator(".im-region")).to_have_count(1)
    labeling.press("u", "u")
    assert labeling.saved() == []
    expect(labeling.cell.locator(".im-region")).to_have_count(2)
    labeling.press("v")
    labeling.click((1200, 600))
    labeling.press("1")
    [corrected] = labeling.saved()
    assert (corrected.id, corrected.label, corrected.state) == ("second", "Tripos", "corrected")
    labeling.press("Shift+A")
    assert {region.state for region in labeling.saved()} == {"accepted", "corrected"}


def test_a_label_is_found_by_four_keys_among_five_hundred(labeling):
    labeling.press("b")
    labeling.drag((700, 100), (900, 260))
    labeling.press("/", "4", "9", "9", "Enter")
    assert [region.label for region in labeling.saved()] == ["c499"]


def test_names_are_text_and_right_to_left_is_right(labeling):
    assert labeling.page.evaluate("window.pwned") is None
    names = labeling.cell.locator(".im-label bdi")
    assert names.nth(3).inner_text() == "<img src=x onerror=pwned=1>"
    assert names.nth(2).evaluate("element => getComputedStyle(element).direction") == "rtl"


def test_no_key_reaches_the_notebook_and_tab_leaves(labeling, labeler_notebook):
    before = labeler_notebook.cells()
    labeling.stage.focus()
    labeling.press("y", "d", "d", "c", "z", "Control+s", "Shift+Enter", "0", "0", "Delete", "Space", "Escape", "Escape")
    labeling.page.wait_for_timeout(300)
    assert labeler_notebook.cells() == before
    assert labeling.saved() == []
    for _ in range(12):
        labeling.page.keyboard.press("Tab")
    assert not labeling.stage.evaluate("stage => stage === document.activeElement")


def test_zooming_keeps_regions_on_the_picture(labeling):
    labeling.click((350, 300))
    labeling.press("f")
    labeling.calm()
    labeling.look()
    left, top, scale, _ = labeling._view
    assert scale > 1.2
    assert left < 200
    assert top < 200
    labeling.press("b")
    labeling.drag((250, 260), (300, 330))
    [drawn] = labeling.saved()
    assert numbers(drawn.shape) == near(250, 260, 50, 70, by=2)


def test_the_next_picture_comes_its_numbers_are_kept_and_a_missing_one_is_a_sentence(labeling):
    labeling.press("PageDown")
    expect(labeling.cell.locator(".im-where")).to_have_text("2 of 3")
    labeling.wait_for_picture()
    box = labeling.stage.bounding_box()
    labeling.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(labeling.cell.locator(".im-place")).to_have_text(re.compile(r"^4\d\d, 3\d\d: 2[45]\d\d$"))
    labeling.press("b")
    labeling.page.mouse.down()
    labeling.page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2 + 60, steps=3)
    labeling.page.mouse.up()
    assert len(labeling.saved("deep")) == 1
    labeling.press("PageDown")
    expect(labeling.cell.locator(".im-why")).to_contain_text("gone.png")
    labeling.press("PageUp", "PageUp")
    expect(labeling.cell.locator(".im-region")).to_have_count(2)
    labeling.press("u")
    expect(labeling.cell.locator(".im-where")).to_have_text("2 of 3")
    assert labeling.saved("deep") == []


def test_a_ruler_tells_the_length_in_the_unit_of_the_sample_and_keeps_nothing(labeling):
    labeling.press("k")
    labeling.drag((700, 100), (1000, 500))
    said = re.match(r"([\d.]+) pixels, ([\d.]+) mm$", labeling.cell.get_by_role("status").inner_text())
    assert float(said[1]) == pytest.approx(500, abs=4)
    assert float(said[2]) == pytest.approx(float(said[1]) * 0.0106, rel=0.001)
    assert labeling.saved() == []


def test_fields_are_gone_over_one_by_one_and_on_from_where_it_stopped(labeling):
    status = labeling.cell.get_by_role("status")
    labeling.press("+", "+", "+")
    labeling.calm()
    labeling.press("t", "t", "t")
    first = re.match(r"Field (\d+) of (\d+)", status.inner_text())
    again = labeling.again()
    again.press("t")
    second = re.match(r"Field (\d+) of (\d+)", again.cell.get_by_role("status").inner_text())
    assert (int(second[1]), second[2]) == (int(first[1]) + 1, first[2])
    again.press(*["t"] * (int(second[2]) - int(second[1]) + 1))
    expect(again.cell.get_by_role("status")).to_have_text(f"All {second[2]} fields are seen")


def test_fields_of_another_size_go_on_from_here_and_another_project_has_its_own(labeling, labeler_notebook, tmp_path):
    field = lambda one: [int(n) for n in re.findall(r"\d+", one.cell.get_by_role("status").inner_text())]  # noqa: E731
    labeling.press("+", "+", "+", "t", "t", "t")
    at, many = field(labeling)
    labeling.press("+", "+", "t")
    assert field(labeling)[1] > 2 * many, "she came closer: the fields are smaller now"
    before = field(labeling)
    labeling.press("t")
    assert field(labeling) == [before[0] + 1, before[1]]
    other = type(labeling)(labeler_notebook, tmp_path / "other")
    other.press("+", "+", "+", "t")
    assert field(other)[1] == many
    assert field(other)[0] != at + 1


def test_readers_of_the_screen_find_the_regions_as_a_list(labeling):
    options = labeling.cell.get_by_role("listbox", name="Regions").get_by_role("option")
    assert options.count() == 2
    assert options.first.get_attribute("aria-label") == "Tripos, Box, by the model"
    labeling.press("i")
    assert options.first.get_attribute("aria-label") == "Tripos, Box, by the model, 90 %"
    labeling.press("i", ".")
    assert "%" not in options.first.inner_text() + labeling.stage.locator(".im-words").text_content()
    assert labeling.cell.get_by_role("status").inner_text() == "Tripos, Box"
    assert options.first.get_attribute("aria-selected") == "true"


def test_help_opens_and_closes_by_keyboard(labeling):
    labeling.press("?")
    sheet = labeling.cell.get_by_role("dialog")
    expect(sheet).to_be_visible()
    assert "brush" in sheet.inner_text()
    labeling.press("b", "Escape")
    expect(sheet).to_be_hidden()


def test_two_labelers_on_one_store_and_the_page_loaded_again_show_the_same(labeling, labeler_notebook):
    twin = labeler_notebook.run(
        2, f"Labeler(samples, labels, predictions, store=Store({str(labeling.store.path)!r}), author='ada')"
    )
    expect(twin.locator(".im-region")).to_have_count(2)
    labeling.stage.scroll_into_view_if_needed()
    labeling.look()
    labeling.press("b")
    labeling.drag((700, 100), (900, 260))
    assert len(labeling.saved()) == 1
    twin.locator(".im-list").focus()
    expect(twin.locator(".im-region")).to_have_count(3)


def test_saved_is_shown_only_when_the_kernel_has_it_on_disk(labeling, labeler_notebook):
    labeling.press("b")
    os.kill(labeler_notebook.kernel, signal.SIGSTOP)
    try:
        labeling.drag((700, 100), (900, 260))
        expect(labeling.cell.locator(".im-region")).to_have_count(3)
        expect(labeling.cell.locator(".im-saved")).to_have_text("Saving 1…")
        assert labeling.store.current("wide") == ()
    finally:
        os.kill(labeler_notebook.kernel, signal.SIGCONT)
    assert len(labeling.saved()) == 1


def test_a_running_cell_does_not_hold_up_regions_and_tiles(labeling, labeler_notebook, tmp_path):
    with labeler_notebook.busy(2, tmp_path):
        labeling.stage.scroll_into_view_if_needed()
        labeling.look()
        labeling.press("b")
        labeling.drag((700, 100), (900, 260))
        assert len(labeling.saved()) == 1
        labeling.press("PageDown")
        labeling.wait_for_picture()
    labeler_notebook.run(2, "labeler")


def test_what_was_let_go_of_gives_its_canvases_back(labeling, labeler_notebook):
    count = "() => document.querySelectorAll('.im-labeler canvas').length"
    before = labeling.page.evaluate(count)
    assert before > 0
    canvas = labeling.cell.locator(".im-regions").element_handle()
    labeler_notebook.command("notebook:clear-cell-output")
    labeler_notebook.run(1, "None")
    until(lambda: labeling.page.evaluate(count) == 0 or labeling.page.evaluate(count) < before)
    assert canvas.evaluate("canvas => canvas.width * canvas.height") == 0


def test_nothing_was_asked_of_any_outside_address(labeler_notebook):
    assert labeler_notebook.outside == []


def test_what_was_saved_is_there_after_the_kernel_was_killed(labeling, labeler_notebook):
    labeling.press("b")
    labeling.drag((700, 100), (900, 260))
    drawn = labeling.saved()
    os.kill(labeler_notebook.kernel, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{labeler_notebook.kernel}").exists())
    assert [one.region for one in Store(labeling.store.path).current("wide")] == drawn
    labeling.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    labeling.page.locator(".jp-Dialog .jp-mod-accept").click()  # the notebook says that the kernel died
    again = labeling.again()
    expect(again.cell.locator(".im-region")).to_have_count(3)
    again.press("u")
    assert again.saved() == []
