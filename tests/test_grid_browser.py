"""The review grid in a real JupyterLab: keys, mouse and touch, and what lies on disk afterwards."""

import json
import re
import time

import pytest
from house import ROOT
from playwright.sync_api import expect

pytest_plugins = ["grid_review"]
pytestmark = pytest.mark.browser
PICTURES = ROOT / ".imagine" / "journey"


def test_arrows_move_a_class_key_labels_and_goes_on_to_the_next_open_picture(review):
    review.stand(0)
    review.press("ArrowRight", "ArrowRight", "ArrowLeft", "3", "3")
    assert review.focused() == 3
    assert review.kinds()[:4] == ["open", "corrected", "corrected", "open"]
    names = review.names()
    saved = review.saved()
    assert sorted(saved.values()) == ["debris", "debris"]
    assert {sample.rsplit("/", 1)[-1] for sample in saved} == {names[1], names[2]}
    assert {a.author for a in review.store.annotations()} == {"ada"}


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
    touch = "new PointerEvent('contextmenu', {pointerType: 'touch', bubbles: true, cancelable: true})"
    held = f"cell => cell.dispatchEvent({touch})"
    assert review.cells.nth(4).evaluate(held) is False, "no menu comes between"
    review.cell.locator(".im-chip", has_text="Debris").tap()
    assert list(review.saved().values()) == ["debris"] * 3


def test_enter_confirms_what_is_open_goes_on_and_undo_comes_back(review):
    review.stand(0)
    review.press("3", "Enter")
    assert sorted(review.saved().values()) == ["Actinoptychus"] * 9 + ["debris"]
    assert "Page 2 of 3" in review.cell.locator(".im-where").inner_text()
    expect(review.cell.locator(".im-head")).to_contain_text(re.compile(r"[\d,]+ labels an hour, 0\.2 keys each"))
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


def test_no_key_reaches_the_notebook_around_the_grid(review, grid_notebook):
    before = grid_notebook.cells()
    review.stand(3)
    review.press("b", "d", "d", "x", "y", "m", "c", "v", "Delete", "Control+z", "Control+s", "Shift+Enter", "0", "0")
    time.sleep(0.3)
    review.press("a")
    assert grid_notebook.cells() == before
    assert review.heading() == "Actinoptychus"
    assert len(review.saved()) == 10


def test_names_are_text_and_right_to_left_is_right(review):
    review.stand(0)
    review.press("5", "4")
    assert review.page.evaluate("window.pwned") is None
    assert review.cells.nth(0).locator("bdi:not([aria-hidden])").inner_text() == "<img src=x onerror=pwned=1>"
    direction = "element => getComputedStyle(element).direction"
    assert review.cells.nth(1).locator("bdi:not([aria-hidden])").evaluate(direction) == "rtl"
    assert review.cells.nth(0).locator("bdi:not([aria-hidden])").evaluate(direction) == "ltr"
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


def test_light_and_dark_follow_the_notebook_and_keep_text_readable(review, grid_notebook):
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
        grid_notebook.theme(theme)
        ground, ink, soft = review.cell.locator(".im-grid").evaluate(contrast)
        assert (ground > 0.5) == is_light
        assert ink >= 7
        assert soft >= 4.5
        expect(review.page.locator("#jupyterlab-splash")).to_have_count(0)
        review.page.screenshot(path=PICTURES / f"grid-{theme.lower()}.png")
    review.saved()


def test_a_grid_without_samples_says_so(grid_notebook):
    cell = grid_notebook.run(1, "Grid([], [], labels)")
    expect(cell.locator(".im-title")).to_contain_text("No pictures")
    cell.locator(".im-main-button").click()
    expect(cell.locator(".im-failures details")).to_have_count(0)


def test_a_batch_to_label_next_is_shown_in_its_order_and_called_so(grid_notebook):
    made = "Grid(samples, predictions, labels, order=[samples[6].id, samples[4].id], features=features)"
    cell = grid_notebook.run(1, made)
    expect(cell.locator(".im-top")).to_contain_text("24 predicted, in the order given")
    expect(cell.locator(".im-orders")).to_contain_text("As given")
    names = grid_notebook.run(2, "print(samples[6].id, samples[4].id, samples[0].id)").inner_text().split()[-3:]
    for at, name in enumerate(names):
        expect(cell.locator(".im-cell").nth(at)).to_have_attribute(
            "aria-label", re.compile(re.escape(name.rpartition("/")[2]))
        )


def test_a_few_letters_find_a_class_and_enter_labels_what_is_selected(review):
    review.stand(0)
    review.press("Shift+ArrowRight", "/")
    review.page.keyboard.type("tohe")
    option = review.cell.get_by_role("option", selected=True)
    expect(option).to_contain_text("Tomopteris helgolandica")
    assert "Tomopteridae › Polychaeta" in option.inner_text()
    review.press("Enter")
    assert list(review.saved().values()) == ["worm", "worm"]
    review.press("Control+k")
    review.page.keyboard.type("<img")
    expect(option).to_contain_text("<img src=x onerror=pwned=1>")
    review.page.keyboard.press("Control+a")
    review.page.keyboard.type("نبا")
    expect(option).to_contain_text("عوالق نباتية")
    assert option.locator("bdi").first.evaluate("one => getComputedStyle(one).direction") == "rtl"
    review.press("Escape")
    assert review.page.evaluate("window.pwned") is None
    assert len(review.saved()) == 2


def test_a_favourite_lies_on_its_key_here_and_in_the_next_grid(review):
    review.stand(0)
    review.press("/")
    review.page.keyboard.type("tomo")
    review.press("Shift+Digit7", "Escape", "7")
    assert list(review.saved().values()) == ["worm"]
    again = review.again()
    again.stand(2)
    again.press("7")
    assert list(again.saved().values()) == ["worm", "worm"]


def test_what_was_undone_is_done_again_until_something_new_is_done(review):
    review.stand(0)
    review.press("3", "3", "u", "u", "r")
    assert len(review.saved()) == 1
    review.press("Control+y")
    assert list(review.saved().values()) == ["debris", "debris"]
    review.press("u", "2", "r")
    assert sorted(review.saved().values()) == ["Tripos", "debris"]
    assert review.cell.get_by_role("status").inner_text() == "Nothing to do again"


def test_one_key_gives_each_of_the_selected_the_model_s_second_guess(review):
    review.stand(0)
    review.press("Shift+ArrowRight")
    assert review.cells.nth(1).locator(".im-second").inner_text() == "G Debris"
    review.press("g", "u", "r")
    assert list(review.saved().values()) == ["debris", "debris"]


def test_scores_are_seen_only_when_they_are_asked_for_and_the_order_is_the_same(review):
    names, score = review.names(), "cell => getComputedStyle(cell, '::after').content"
    assert review.cells.nth(1).evaluate(score) == "none"
    review.stand(1)
    review.press("z")
    expect(review.cell.get_by_role("dialog")).to_contain_text("Actinoptychus")
    assert "%" not in review.cell.get_by_role("dialog").inner_text()
    review.press("Escape", "i")
    expect(review.cells.nth(1)).to_have_attribute("data-score", "50 %")
    assert review.cells.nth(1).evaluate(score) == '"50 %"'
    assert "predicted Actinoptychus 50 %, open" in review.cells.nth(1).get_attribute("aria-label")
    review.press("z")
    expect(review.cell.get_by_role("dialog")).to_contain_text("50 %")
    review.press("Escape", "i")
    assert review.cells.nth(1).evaluate(score) == "none"
    assert review.names() == names
    assert review.saved() == {}


def test_without_features_outliers_are_found_by_how_pictures_look(grid_notebook, tmp_path):
    made = f"Grid(samples, predictions, labels, store=Store({str(tmp_path / 'plain.labels')!r}), author='ada', page=10)"
    cell = grid_notebook.run(1, made)
    expect(cell.locator(".im-cell img").first).to_be_visible()
    cell.locator(".im-cell").first.focus()
    grid_notebook.page.keyboard.press("o")
    expect(cell.locator(".im-top")).to_contain_text("24 predicted, outliers first", timeout=60_000)
    expect(cell.get_by_role("status")).to_have_text("outliers first")
    expect(cell.locator(".im-orders [aria-checked=true]")).to_contain_text("Outliers")
    grid_notebook.page.keyboard.press("p")
    expect(cell.locator(".im-top")).to_contain_text("most like the pinned one first", timeout=60_000)
    assert cell.locator(".im-failures summary").all_inner_texts() == []


def test_outliers_and_those_like_a_pinned_one_come_first_by_one_key_each(review, grid_notebook):
    grid_notebook.run(2, "print([sample.uri.rpartition('/')[2] for sample in samples[::2]])")
    names = json.loads(grid_notebook.outputs(2).replace("'", '"'))
    review.stand(0)
    review.press("o")
    expect(review.cells.first).to_have_attribute("title", names[0])
    expect(review.cells.nth(1)).to_have_attribute("title", names[-1])
    review.press("s")
    expect(review.cells.nth(1)).to_have_attribute("title", names[1])
    review.stand(5)
    review.press("p")
    expect(review.cells.first).to_have_attribute("title", names[5])
    assert set(review.names()[1:3]) == {names[4], names[6]}
    expect(review.cell.locator(".im-pin")).to_be_visible()
    review.press("s", "l")
    expect(review.cells.first).to_have_attribute("title", names[5])
    assert review.saved() == {}
