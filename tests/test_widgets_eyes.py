"""What eyes, ears and fingers get from every widget: contrast by light and dark, focus that is seen, names, touch."""

import numpy as np
import pytest
from playwright.sync_api import expect

from imagine_widgets import palette

pytest_plugins = ["widgets_page"]

DIM = """root => {
    const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
    const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = (colour) => colour.map((v) => linear(v / 255))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (one) => {
        const above = [];
        for (let at = one; at; at = at.parentElement) {
            const { backgroundColor, backgroundImage } = getComputedStyle(at);
            const found = numbers(backgroundColor);
            above.push(found);
            if ((found[3] ?? 1) === 1) break;
        }
        return above.reverse().reduce((below, one) => over(one, below), [255, 255, 255]);
    };
    const dim = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        const one = text.parentElement;
        if (!text.data.trim() || !one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        if (one.closest("button:disabled, .im-unseen, .im-ground, option")) continue;
        const below = ground(one), ink = over(numbers(getComputedStyle(one).color), below);
        const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
        const contrast = (a + 0.05) / (b + 0.05);
        if (contrast < 4.5) dim.push(`${one.className || one.tagName} "${text.data}" ${contrast.toFixed(1)}`);
    }
    return [...new Set(dim)];
}"""
NAMELESS = """root => [...root.querySelectorAll("button, input, select, img, [role], [tabindex='0']")]
    .filter((one) => one.checkVisibility() && !["presentation", "none", "row", "alert", "status"].includes(one.role))
    .filter((one) => !one.ariaHidden && !one.hasAttribute("alt"))
    .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.length || one.title))
    .map((one) => one.outerHTML.slice(0, 120))"""
UNSEEN = """() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    const isSeen = (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
    return isSeen ? null : document.activeElement.outerHTML.slice(0, 120);
}"""
# Machado, Oliveira and Fernandes (2009): what is left of red, green and blue light for people without one kind of cone.
BLIND = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.browser
def test_all_words_are_read_by_light_and_dark(one, widgets_notebook):
    one.stand()
    one.label_one()
    try:
        for theme in ("Dark", "Light"):
            widgets_notebook.theme(theme)
            expect(one.page.locator("#jupyterlab-splash")).to_have_count(0)
            one.page.wait_for_timeout(250)  # colours that change slowly
            assert one.root.evaluate(DIM) == [], theme
            one.press("?")
            assert one.root.evaluate(DIM) == [], f"help, {theme}"
            one.press("Escape")
    finally:
        widgets_notebook.theme("Light")


@pytest.mark.browser
def test_everything_has_a_name_and_what_is_done_is_told(one):
    one.stand()
    one.label_one()
    assert one.root.evaluate(NAMELESS) == []
    expect(one.cell.get_by_role("status")).not_to_be_empty()
    if one.name != "Grid":
        rows = one.cell.get_by_role("listbox", name="Regions").get_by_role("option")
        assert rows.count() == len({"first", *one.saved()})
        assert all(rows.nth(i).get_attribute("aria-label") for i in range(rows.count()))


@pytest.mark.browser
def test_who_goes_by_the_tab_key_sees_where_she_is_and_comes_out_at_the_end(one):
    one.stand()
    one.press("Escape", "Escape")
    for _ in range(60):
        assert one.page.evaluate(UNSEEN) is None
        one.page.keyboard.press("Tab")
        if not one.holds_focus():
            break
    assert not one.holds_focus()


class Fingers:
    """Fingers on the screen, as the browser gets them from its glass."""

    def __init__(self, one):
        self.one, self.wire = one, one.notebook.wire

    def choose(self, mode):
        """A tool; the click comes a while after the tap."""
        tool = self.one.root.locator(f"[data-mode='{mode}']").first
        tool.tap()
        expect(tool).to_have_attribute("aria-pressed", "true")

    def touch(self, kind, *places):
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        self.wire.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    def draw(self, start, end):
        self.touch("Start", start)
        for share in (0.3, 0.6, 1):
            self.touch("Move", tuple(a + share * (b - a) for a, b in zip(start, end, strict=True)))
        for _ in range(3):  # a finger that leaves while it moves flings, and what it taps next only ends the fling
            self.one.page.wait_for_timeout(60)
            self.touch("Move", end)
        self.touch("End")

    def pinch(self, x, y, near, far):
        self.touch("Start", (x - near, y), (x + near, y))
        for share in (0.25, 0.5, 0.75, 1):
            wide = near + share * (far - near)
            self.touch("Move", (x - wide, y), (x + wide, y))
        self.touch("End")


@pytest.mark.browser
@pytest.mark.parametrize("name", ["Labeler", "Sound", "Video"])
def test_fingers_draw_select_and_bring_closer(show, name):
    one = show(name)
    fingers, box = Fingers(one), one.place.bounding_box()
    middle = box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.6
    fingers.choose("box")
    fingers.draw((middle[0] - 30, middle[1] - 30), (middle[0] + 30, middle[1] + 30))
    [drawn] = one.saved().values()
    fingers.choose("select")
    one.press("Escape", "Escape")
    one.page.touchscreen.tap(*middle)
    chosen = one.cell.locator(".im-region[aria-selected=true]")
    expect(chosen).to_have_count(1)
    assert chosen.get_attribute("id").endswith(drawn.id)
    one.press("Escape", "Escape")
    before = one.root.locator("canvas").first.screenshot()
    fingers.pinch(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5, 40, 160)
    one.page.wait_for_timeout(500)
    assert one.root.locator("canvas").first.screenshot() != before
    assert len(one.saved()) == 1
    one.says_nothing_is_wrong()


def lab(colours):
    """CIE L*a*b* of linear light."""
    xyz = (
        colours
        @ np.array(
            [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
        ).T
    )
    share = xyz / [0.95047, 1, 1.08883]
    root = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.stack([116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], axis=1)


@pytest.mark.parametrize("kind", BLIND)
def test_colours_of_classes_are_told_apart_by_colour_blind_eyes(kind):
    codes = np.array([[int(code[at : at + 2], 16) for at in (1, 3, 5)] for code in palette.COLOURS]) / 255
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    seen = lab(np.clip(linear @ np.array(BLIND[kind]).T, 0, 1))
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)[np.triu_indices(len(seen), 1)]
    assert apart.min() > 10, "an eye just notices 1 to 2"
