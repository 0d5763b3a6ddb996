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
