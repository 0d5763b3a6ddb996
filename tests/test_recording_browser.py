"""Sound and film in a real JupyterLab: what is drawn, changed, stepped to and heard, and what the store holds then."""

import io
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from house import ROOT, until
from PIL import Image
from playwright.sync_api import expect
from recordings import RATE, number_of, uneven

from imagine_kernels.shapes import Box, Point, TimeFrequency, Track
from imagine_widgets import Store
from imagine_widgets.video.track import at

pytest_plugins = ["recording_page"]
pytestmark = pytest.mark.browser
PICTURES = ROOT / ".imagine" / "journey"
TIMES = uneven(60)


def shown(watching):
    """The number that the frame in sight carries."""
    whole = Image.open(io.BytesIO(watching.stage.locator("canvas").screenshot())).convert("RGB")
    width, height = whole.size
    side = height * 320 / 240
    left = (width - side) / 2
    return number_of(np.asarray(whole.crop((left, height * 0.9, left + side, height * 0.95)).resize((320, 4))))


def go(watching, *keys, to):
    watching.press(*keys)
    expect(watching.stage).to_have_attribute("data-frame", str(to))
    assert shown(watching) == to


def test_each_step_shows_exactly_that_frame_though_the_rate_changes(watching):
    PICTURES.mkdir(parents=True, exist_ok=True)
    go(watching, "ArrowRight", to=1)
    go(watching, "Shift+ArrowRight", to=11)
    go(watching, "ArrowLeft", "ArrowLeft", to=9)
    go(watching, "End", to=59)
    go(watching, "Shift+ArrowLeft", "ArrowLeft", to=48)
    go(watching, "Home", to=0)
    after = max(i for i, time in enumerate(TIMES) if time <= 1 + 1e-6)
    go(watching, "ArrowDown", to=after)
    expect(watching.cell.locator(".im-clock")).to_contain_text(f"Frame {after + 1} of 60, {TIMES[after]:.3f} s")
    watching.page.screenshot(path=PICTURES / "video.png")


def test_playing_goes_on_by_the_clock_and_ends_with_the_last_frame(watching):
    watching.press("End", "Shift+ArrowLeft", " ")
    expect(watching.stage).to_have_attribute("data-frame", "59")
    assert shown(watching) == 59


def test_a_track_is_drawn_gets_key_frames_ends_is_split_joined_and_undone(watching):
    watching.press("2", "b")
    watching.drag((0.4, 0.2), (0.5, 0.5))
    [begun] = watching.saved()
    assert (begun.label, begun.state, len(begun.shape.keys)) == ("whale", "", 1)
    watching.press("v", "Shift+ArrowRight", "Shift+ArrowRight")
    watching.drag((0.45, 0.35), (0.55, 0.45))
    [moved] = watching.saved()
    assert [key.time for key in moved.shape.keys] == pytest.approx([0, TIMES[20]])
    first, last = (key.shape for key in moved.shape.keys)
    assert (last.width, last.height) == pytest.approx((first.width, first.height))
    assert last.x > first.x + 20
    middle = at(moved.shape, TIMES[10])
    assert middle.x == pytest.approx(first.x + (last.x - first.x) * TIMES[10] / TIMES[20])
    watching.press("Shift+ArrowRight", "e")
    [ended] = watching.saved()
    assert (ended.shape.keys[-1].time, ended.shape.keys[-1].shape) == (pytest.approx(TIMES[30]), None)
    watching.press("Shift+ArrowLeft", "Shift+ArrowLeft", "s")
    parts = watching.saved()
    assert sorted(len(one.shape.keys) for one in parts) == [2, 3]
    watching.press("j", ",", "j")
    [joined] = [one for one in watching.saved() if one.state != "rejected"]
    assert at(joined.shape, TIMES[15]).x == pytest.approx(at(moved.shape, TIMES[15]).x)
    watching.press("u", "u", "u")
    assert watching.saved() == [moved]
    watching.press("Shift+u", "Shift+u")
    assert sorted(len(one.shape.keys) for one in watching.saved()) == [2, 3]
    watching.press("u", "u", "Control+z", "Control+z")
    assert watching.saved() == []
    watching.says("Undone")


def test_what_a_model_followed_is_accepted_corrected_and_rejected(watching):
    watching.press("a", "a")
    [accepted] = watching.saved()
    assert (accepted.id, accepted.state, accepted.score, accepted.label) == ("first", "accepted", 0.8, "ship")
    watching.press("u", ".", "/", "9", "9", "Enter")
    [corrected] = watching.saved()
    assert (corrected.state, corrected.label, corrected.score) == ("corrected", "c99", None)
    watching.press("u", ".", "x")
    [rejected] = watching.saved()
    assert rejected.state == "rejected"
    expect(watching.cell.locator(".im-region")).to_have_count(0)


def test_a_track_is_made_by_keys_alone(watching):
    watching.press("ArrowRight", "n", "Alt+ArrowRight", "Alt+Shift+ArrowDown")
    [made] = watching.saved()
    [key] = made.shape.keys
    assert key.time == pytest.approx(TIMES[1])
    assert isinstance(key.shape, Box)
    assert key.shape.height > key.shape.width
    watching.press("ArrowRight", "k", "]", "[")
    expect(watching.stage).to_have_attribute("data-frame", "1")
    watching.press("p")
    watching.click(0.5, 0.5)
    assert {type(one.shape.keys[0].shape) for one in watching.saved()} == {Box, Point}
    assert watching.store.speed("ada").keys_per_label > 1
    assert all(isinstance(one.shape, Track) for one in watching.saved())


def test_a_box_drawn_on_a_spectrogram_is_in_the_store_in_seconds_and_hertz(hearing):
    hearing.page.screenshot(path=PICTURES / "sound.png")
    hearing.press("2", "b")
    hearing.drag((0.25, 0.5), (0.35, 0.75))
    [drawn] = hearing.saved()
    assert (drawn.label, drawn.state) == ("whale", "")
    pixel = 20 / hearing.box["width"], RATE / 2 / hearing.box["height"]
    assert (drawn.shape.start, drawn.shape.end) == pytest.approx((5, 7), abs=2 * pixel[0])
    assert (drawn.shape.low, drawn.shape.high) == pytest.approx((4000, 8000), abs=2 * pixel[1])
    hearing.press("v")
    hearing.drag((0.3, 0.6), (0.4, 0.6))
    [moved] = hearing.saved()
    assert (moved.shape.start, moved.shape.end) == pytest.approx((7, 9), abs=3 * pixel[0])
    assert (moved.shape.low, moved.shape.high) == (drawn.shape.low, drawn.shape.high), "these edges did not move"
    hearing.press("l")
    hearing.press("b")
    hearing.drag((0.6, 0.0), (0.7, 1.0))
    high = max(hearing.saved(), key=lambda one: one.shape.start)
    assert high.shape.high == pytest.approx(RATE / 2, rel=0.03)
    assert high.shape.low < 40
    hearing.press("u", "u", "u")
    assert hearing.saved() == []
    hearing.press("Shift+u")
    assert hearing.saved() == [drawn]


def loudest(hearing):
    """The hertz of the brightest row at a time without boxes, and half of what a row stands for."""
    picture = np.asarray(Image.open(io.BytesIO(hearing.stage.locator("canvas").screenshot())).convert("RGB"), float)
    column = picture[3:-3, int(picture.shape[1] * 0.8)].sum(axis=1)  # without the rim that shows the focus
    return (1 - (np.argmax(column) + 3.5) / len(picture)) * RATE / 2, 1.5 * RATE / 2 / len(picture)


def test_the_sine_is_seen_where_it_sounds(hearing):
    hertz, near = loudest(hearing)
    assert hertz == pytest.approx(1000, abs=near)
    hearing.press("c")
    expect(hearing.cell.locator(".im-clock")).to_contain_text("channel 2")
    expect(hearing.stage).to_have_attribute("data-loaded", "true")
    hertz, near = loudest(hearing)
    assert hertz == pytest.approx(5000, abs=near)


def test_a_sound_is_heard_from_the_cursor_and_a_box_to_its_end(hearing):
    hearing.click(0.7, 0.2)
    expect(hearing.cell.locator(".im-clock")).to_contain_text("14.0")
    hearing.press(" ")
    expect(hearing.stage).to_have_attribute("data-playing", "true")
    hearing.page.wait_for_function(
        "stage => parseFloat(stage.closest('.im-grid').querySelector('.im-clock').textContent) > 14.2",
        arg=hearing.stage.element_handle(),
    )
    hearing.press(" ")
    expect(hearing.stage).to_have_attribute("data-playing", "false")
    hearing.press("r", "r", ".", "p")
    expect(hearing.stage).to_have_attribute("data-playing", "true")
    expect(hearing.stage).to_have_attribute("data-playing", "false")
    expect(hearing.cell.locator(".im-failures details")).to_have_count(0)


def test_boxes_of_a_model_are_decided_and_the_view_goes_to_them(hearing):
    hearing.press("a", "f")
    expect(hearing.stage).to_have_attribute("data-loaded", "true")
    hearing.press("a", "x")
    states = {one.id: (one.state, one.shape) for one in hearing.saved()}
    assert states["first"] == ("accepted", TimeFrequency(2, 4, 500, 2000))
    assert states["second"] == ("rejected", TimeFrequency(10, 12))
    hearing.press("h", "n", "Alt+ArrowRight", "Alt+Shift+ArrowUp")
    [made] = [one for one in hearing.saved() if one.state == ""]
    assert made.shape.end > made.shape.start
    assert Store(hearing.store.path).speed("ada").labels >= 3


@pytest.mark.parametrize("widget", ["watching", "hearing"])
def test_keys_stay_inside_names_are_text_and_all_of_it_can_be_reached(widget, recording_notebook, request):
    one = request.getfixturevalue(widget)
    before = recording_notebook.cells()
    one.press("y", "d", "d", "z", "0", "0", "Control+s", "Shift+Enter", "Delete", "i", "m", "Escape", "Escape")
    one.page.wait_for_timeout(200)
    assert recording_notebook.cells() == before
    assert one.saved() == []
    assert one.page.evaluate("window.pwned") is None
    names = one.cell.locator(".im-label bdi")
    assert "<img src=x onerror=pwned=1>" in names.all_inner_texts()
    arabic = names.filter(has_text="عوالق")
    assert arabic.evaluate("element => getComputedStyle(element).direction") == "rtl"
    option = one.cell.get_by_role("listbox", name="Regions").get_by_role("option").first
    assert "by the model" in option.get_attribute("aria-label")
    one.press("?")
    sheet = one.cell.get_by_role("dialog")
    expect(sheet).to_contain_text("undo the last step")
    one.press("b", "Escape")
    expect(sheet).to_be_hidden()
    one.press(".", "Escape", "Escape")
    for _ in range(8):
        one.page.keyboard.press("Tab")
    assert not one.stage.evaluate("stage => stage === document.activeElement")


def test_a_finger_draws_and_what_is_let_go_of_gives_its_canvases_back(hearing, recording_notebook):
    hearing.press("b")
    start, end = hearing.at(0.6, 0.3), hearing.at(0.7, 0.5)
    fire = """(stage, [x, y, kind]) => stage.dispatchEvent(new PointerEvent(kind,
        {clientX: x, clientY: y, pointerId: 7, pointerType: 'touch', bubbles: true, isPrimary: true, buttons: 1}))"""
    hearing.stage.evaluate("stage => stage.setPointerCapture = () => {}")
    for kind, place in (("pointerdown", start), ("pointermove", end), ("pointerup", end)):
        hearing.stage.evaluate(fire, [*place, kind])
    assert len(hearing.saved()) == 1
    canvas = hearing.stage.locator("canvas").element_handle()
    recording_notebook.command("notebook:clear-cell-output")
    recording_notebook.run(1, "None")
    recording_notebook.page.wait_for_function("canvas => canvas.width * canvas.height === 0", arg=canvas)


def test_two_views_of_one_store_and_a_kernel_that_stops_and_dies(watching, recording_notebook, tmp_path):
    twin = recording_notebook.run(
        2, f"Video(folder + '/film.mp4', labels, store=Store({str(watching.store.path)!r}), author='ada')"
    )
    expect(twin.locator(".im-stage")).to_have_attribute("data-frame", "0")
    watching.stage.scroll_into_view_if_needed()
    os.kill(recording_notebook.kernel, signal.SIGSTOP)
    try:
        watching.press("n")
        expect(watching.cell.locator(".im-saved")).to_have_text("Saving 1…")
        expect(watching.cell.locator(".im-region")).to_have_count(2)
        assert watching.store.current("film.mp4") == ()
    finally:
        os.kill(recording_notebook.kernel, signal.SIGCONT)
    drawn = watching.saved()
    assert len(drawn) == 1
    twin.locator(".im-list").focus()
    expect(twin.locator(".im-region")).to_have_count(1)
    os.kill(recording_notebook.kernel, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{recording_notebook.kernel}").exists())
    assert [one.region for one in Store(watching.store.path).current("film.mp4")] == drawn
    recording_notebook.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    recording_notebook.page.locator(".jp-Dialog .jp-mod-accept").click()  # the notebook says that the kernel died
    again = watching.again()
    expect(again.cell.locator(".im-region")).to_have_count(2)
    again.press("u")
    assert again.saved() == []


def test_nothing_was_asked_of_any_outside_address(recording_notebook):
    assert recording_notebook.outside == []
