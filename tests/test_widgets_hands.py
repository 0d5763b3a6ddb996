"""What hands, eyes and ears get from every widget: keys that stay inside, focus that is kept, names, contrast."""

import pytest

pytest_plugins = ["widgets_page"]
pytestmark = pytest.mark.browser

NAMED = ["Enter", "Space", "Escape", "Delete", "Backspace", "Home", "End", "PageUp", "PageDown", "Insert", "F2"]
NAMED += ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]
SIGNS = "abcdefghijklmnopqrstvwxyz0123456789[],./;'-=`\\"
HELD = ["", "Shift+", "Control+", "Alt+"]
WATCH = """() => {
    window.commanded = [];
    window.onCommand = (_, { id }) => window.commanded.push(id);
    jupyterapp.commands.commandExecuted.connect(window.onCommand);
}"""
NEXT = """(root, i) => {
    const found = [...root.querySelectorAll("button, .im-region, input")].filter((one) => one.offsetParent)[i];
    if (!found) return null;
    found.scrollIntoView({ block: "nearest" });
    const { left, top, width, height } = found.getBoundingClientRect();
    return [found.ariaLabel || found.textContent || found.type, left + width / 2, top + height / 2];
}"""
HALF = """(panel, isGrid) => {
    const [part] = panel.querySelectorAll(isGrid ? ".im-grid" : ".im-list");
    const { top, bottom } = panel.getBoundingClientRect();
    panel.scrollTop += part.getBoundingClientRect().top - (isGrid ? top + 5 : bottom - 20);
    return panel.scrollTop;
}"""
UNWATCH = "() => { jupyterapp.commands.commandExecuted.disconnect(window.onCommand); return window.commanded; }"
STATE = """() => {
    const { content } = jupyterapp.shell.currentWidget;
    return [content.mode, content.activeCellIndex, ...content.widgets.map(({ model }) =>
        [model.sharedModel.getSource(), model.executionCount])];
}"""


def test_no_key_of_all_there_are_reaches_the_notebook(one):
    one.stand()
    before = one.page.evaluate(STATE)
    one.page.evaluate(WATCH)
    keys, lost = [held + key for held in HELD for key in [*SIGNS, *NAMED]], []
    for start in range(0, len(keys), 8):
        some = keys[start : start + 8]
        one.press(*some)
        if not one.holds_focus():
            lost.append(some)
    assert one.page.evaluate(UNWATCH) == []
    assert one.page.evaluate(STATE) == before
    assert lost == []
    one.press("Escape", "Escape")
    one.says_nothing_is_wrong()


def test_the_keyboard_stays_inside_whatever_is_clicked(one):
    one.stand()
    one.label_one()
    lost, i = [], 0
    while (found := one.root.evaluate(NEXT, i)) is not None:
        one.page.mouse.click(*found[1:])
        if not one.holds_focus():
            lost.append(found[0])
        one.press("Escape", "Escape")
        i += 1
    assert i > 15
    assert lost == []
    one.says_nothing_is_wrong()


def test_the_notebook_neither_scrolls_nor_takes_anything_back_while_she_works_in_the_widget(one):
    outer, cells = one.page.locator(".jp-WindowedPanel-outer"), one.notebook.cells
    one.notebook.run(3, "print('far below\\n' * 150)")
    one.notebook.page.locator(".jp-CodeCell").nth(2).locator(".cm-content").click()
    one.page.keyboard.type("typed = 1")
    one.place.scroll_into_view_if_needed()
    one.stand()
    before = cells()
    assert "typed = 1" in before[2]
    top = outer.evaluate(HALF, one.name == "Grid")  # the list of regions is out of sight
    one.label_one()
    for key in ("PageUp", "Home", "ArrowUp", "End", "Space", "PageDown", "ArrowDown"):
        one.press("?", key)
        assert not one.cell.locator(".im-sheet").is_hidden()
        one.press("?", "/", "Control+z", "PageDown", "Escape")
    one.press("?", "Control+z", "Escape")
    one.page.wait_for_timeout(300)  # scrolling is smooth
    assert outer.evaluate("panel => panel.scrollTop") == top
    assert cells() == before
    assert one.holds_focus()


def test_a_press_with_shift_in_a_widget_selects_no_cells_of_the_notebook(one):
    one.page.evaluate("() => { jupyterapp.shell.currentWidget.content.activeCellIndex = 0 }")
    one.place.click(modifiers=["Shift"])
    assert one.page.locator(".jp-Cell.jp-mod-selected").count() == 1
    one.says_nothing_is_wrong()
