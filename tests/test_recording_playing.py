"""Sound and film as they are heard and gone through: speeds, windows, levels, a time to go to, a longer time line."""

import re

import pytest
from playwright.sync_api import expect
from recordings import RATE

from imagine_kernels.shapes import TimeFrequency

pytest_plugins = ["recording_page"]
pytestmark = pytest.mark.browser
LISTEN = """() => {
    window.started = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when) {
        const first = this.buffer.getChannelData(0).findIndex((level) => Math.abs(level) > 0.05);
        window.started.push({ when, context: this.context, beep: first / this.buffer.sampleRate });
        start.call(this, when);
    };
}"""


def clock(one):
    return one.cell.locator(".im-clock")


def go_to(one, text):
    one.press("t")
    one.page.keyboard.type(text)
    one.page.keyboard.press("Enter")


def test_a_film_is_seen_when_it_is_heard(singing):
    singing.page.evaluate(LISTEN)
    singing.press(" ")
    singing.page.wait_for_function(
        "() => window.started.some(({ beep }) => beep >= 0) && document.querySelector('.im-stage').dataset.frame > 20"
    )
    since, frame = singing.page.evaluate(
        """() => { const { when, context, beep } = window.started.findLast(({ beep }) => beep >= 0);
            return [context.currentTime - when - beep, Number(document.querySelector('.im-stage').dataset.frame)]; }"""
    )
    singing.press(" ")
    apart = (frame / 25 - 0.5 - since + 1) % 2 - 1  # of what is seen and what is heard: it beeps every 2 seconds
    assert abs(apart) < 0.4
    singing.press("m", "Home")
    before = singing.page.evaluate("window.started.length")
    singing.press(" ")
    singing.page.wait_for_function("() => document.querySelector('.im-stage').dataset.frame > 5")
    singing.press(" ")
    assert singing.page.evaluate("window.started.length") == before, "without its sound"
    assert singing.saved() == []


def test_a_time_and_a_frame_are_gone_to_and_nonsense_is_not(watching):
    go_to(watching, "#31")
    expect(watching.stage).to_have_attribute("data-frame", "30")
    go_to(watching, "0:00:01")
    expect(clock(watching)).to_contain_text(re.compile(r", (0\.9\d\d|1\.000) s"))
    field = watching.cell.locator(".im-jump")
    for nonsense in ("#999", "soon", "9:99:99"):
        watching.page.keyboard.press("t")
        watching.page.keyboard.type(nonsense)
        watching.page.keyboard.press("Enter")
        expect(field).to_have_attribute("aria-invalid", "true")
        watching.page.keyboard.press("Escape")
    expect(field).to_have_value("")
    assert watching.saved() == []


def test_less_time_on_the_time_line_lets_a_hand_be_exact(watching):
    strip = watching.cell.locator(".im-strip")

    def click(share, seconds):
        """Point at a place of the time line, and wait for the time there."""
        box = strip.bounding_box()
        watching.page.mouse.click(box["x"] + box["width"] * share, box["y"] + 5)
        watching.page.wait_for_function(
            "([strip, time]) => Math.abs(strip.getAttribute('aria-valuenow') - time) < 0.13",
            arg=[strip.element_handle(), seconds],
        )

    whole = float(strip.get_attribute("aria-valuemax"))
    click(0.5, whole / 2)
    watching.press("Home", "Shift+ArrowUp", "Shift+ArrowUp")
    click(0.8, whole / 4 * 0.8)
    watching.page.mouse.wheel(0, 5000)
    click(0.5, whole / 2)


def test_what_is_too_high_or_too_fast_is_heard_slowed(hearing):
    hearing.page.evaluate(LISTEN)
    hearing.press("Shift+r", ".", "p")
    expect(clock(hearing)).to_contain_text("× 0.5: 1 kHz is heard at 0.5 kHz")
    expect(hearing.stage).to_have_attribute("data-playing", "true")
    hearing.page.wait_for_function("() => window.started.length")
    hearing.press(" ")
    go_to(hearing, "0:07.5")
    expect(clock(hearing)).to_contain_text("7.500 s of 20.0 s")
    expect(hearing.cell.locator(".im-failures details")).to_have_count(0)
    hearing.press("o")
    assert [(one.shape, one.state) for one in hearing.saved()] == [(TimeFrequency(2.0, 4.0), "corrected")]


def test_windows_are_chosen_and_a_level_is_read_where_the_hand_points(hearing):
    for keys, choice in (([], "1024: 32 ms, 31.3 Hz"), (["]"] * 2, "4096: 128 ms, 7.81 Hz"), (["["] * 4, "256: 8 ms")):
        hearing.press(*keys)
        expect(hearing.stage).to_have_attribute("data-loaded", "true")
        chosen = hearing.cell.get_by_label("Window").evaluate("list => list.selectedOptions[0].text")
        assert chosen.startswith(choice)
        hearing.page.mouse.move(*hearing.at(0.8, 1 - 1000 / (RATE / 2)))
        pointed = re.compile(r"([\d.]+) s, (\d+) Hz, (-?\d+) dB re full scale \(uncalibrated\)")
        expect(hearing.cell.locator(".im-place")).to_have_text(pointed)
        time, hertz, level = pointed.fullmatch(hearing.cell.locator(".im-place").inner_text()).groups()
        assert (float(time), float(hertz)) == (pytest.approx(16, abs=0.1), pytest.approx(1000, abs=40))
        assert -15 < float(level) < -4, "half the full scale is -6 dB"
    hearing.cell.get_by_label("Colours").select_option("Inferno")
    hearing.cell.get_by_label("Overlap").select_option("50 %")
    expect(hearing.stage).to_have_attribute("data-loaded", "true")
    hearing.press("w")
    assert [region.shape for region in hearing.saved()] == [None]
