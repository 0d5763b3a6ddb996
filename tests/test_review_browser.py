"""The review in a real JupyterLab: one key for each region across pictures, none waits for the kernel, none is lost."""

import os
import re
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from browser import chromium
from house import ROOT, until
from jupyter_lab import Notebook
from PIL import Image
from playwright.sync_api import expect

from imagine_widgets import Store

pytestmark = pytest.mark.browser
PICTURES = ROOT / ".imagine" / "journey"
HEAD = """
import os
from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import Box, Ellipse
from imagine_kernels.use_case import Label
from imagine_widgets import Review, Store
folder = {folder!r}
samples = [Sample("wide", folder + "/wide.png", 1600, 1000), Sample("deep", folder + "/deep.png", 3000, 2600),
           Sample("crop", folder + "/crop.png", 120, 90)]
labels = [Label("Tripos", "Tripos"), Label("debris", "Debris"), Label("evil", "<img src=x onerror=pwned=1>"),
          *(Label(f"c{{i}}", f"Class {{i}}") for i in range(20))]
def said(id_, shape, **scores):
    label = max(scores, key=scores.get)
    return Region(label, scores[label], shape, id_, scores=scores)
predictions = [
    Prediction("wide", (said("first", Box(200, 200, 120, 80), Tripos=0.45, debris=0.4, c7=0.1),
                        said("fourth", Ellipse(1200, 600, 90, 50, 30.0), debris=0.6, evil=0.3),
                        said("fifth", Box(900, 100, 60, 60), Tripos=0.9, debris=0.1)), "drawn", "0"),
    Prediction("deep", (said("second", Box(2500, 2200, 100, 60), Tripos=0.5, c3=0.4),), "drawn", "0"),
    Prediction("crop", (said("third", None, debris=0.6, Tripos=0.4),), "drawn", "0")]
open("pid", "w").write(str(os.getpid()))
"""
REVIEW = "review = Review(samples, labels, predictions, store=Store({path!r}), author='ada')\nreview"
MANY = """
many = [said(f"r{{i}}", Box(40 + 190 * (i % 8), 40 + 190 * (i // 8), 60, 60), Tripos=0.8, debris=0.1, c7=0.05)
        for i in range(40)]
guesses = [Prediction("wide", tuple(many), "drawn", "0")]
review = Review(samples, labels, guesses, store=Store({path!r}), author='ada')
review
"""
ORDER = ["first", "second", "third", "fourth", "fifth"]


def draw(folder):
    """Pictures with something at each place: no two parts look the same."""
    y, x = np.mgrid[0:2600, 0:3000]
    waves = (128 + 60 * np.sin(x / 23) * np.cos(y / 31) + x / 60).astype(np.uint8)
    Image.fromarray(waves).save(folder / "deep.png")
    Image.fromarray(np.stack([waves, waves.T[:2600, :2600].repeat(2, 1)[:, :3000], waves], 2)[:1000, :1600]).save(
        folder / "wide.png"
    )
    Image.fromarray(waves[:90, :120]).save(folder / "crop.png")


@pytest.fixture(scope="module")
def notebook(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reviewed")
    draw(folder)
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        page = context.new_page()
        notebook = Notebook(
            page, lab.address, lab.token, lab.folder, folder.name, [HEAD.format(folder=str(folder)), "", ""]
        )
        notebook.run(0)
        notebook.pid = lab.folder / "work" / "pid"
        yield notebook
        notebook.shut()
        context.close()


class Reviewing:
    """A review on the page and the store behind it."""

    def __init__(self, notebook, path, made=REVIEW):
        self.notebook, self.page, self.store = notebook, notebook.page, Store(path)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.cell = notebook.run(1, made.format(path=str(path)))
        self.stage = self.cell.locator(".im-stage")
        self.shows_picture()
        self.stage.focus()

    @property
    def kernel(self):
        return int(self.notebook.pid.read_text())

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def shows_picture(self):
        expect(self.cell.locator(".im-stage[data-loaded=true]")).to_be_visible()

    def asks(self, question, name):
        """Until this is asked, of that sample, and the picture is drawn."""
        expect(self.cell.locator(".im-question")).to_have_text(question)
        expect(self.cell.locator(".im-name")).to_have_text(name)
        self.shows_picture()

    def says(self, words):
        expect(self.cell.locator(".im-progress-words")).to_have_text(words)

    def middle(self):
        """The place of the picture in the middle of the view, once the view stands still."""
        self.page.wait_for_timeout(450)
        box = self.stage.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return [int(number) for number in re.findall(r"-?\d+", self.cell.locator(".im-place").inner_text())[:2]]

    def saved(self):
        """What became of each region in the store, once all is on disk."""
        expect(self.cell.locator(".im-saved")).to_have_text("All saved")
        words = [one for sample in ("wide", "deep", "crop") for one in self.store.current(sample)]
        return {one.id: (one.region.label, one.region.state) for one in words}


def rests(process):
    """Whether a process does nothing for a while."""
    spent = lambda: Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]  # noqa: E731
    before = spent()
    time.sleep(0.5)
    return spent() == before


@pytest.fixture
def reviewing(notebook, tmp_path):
    found = Reviewing(notebook, tmp_path / "labels")
    yield found
    assert found.errors == []
    assert found.cell.locator(".im-failures details").all_text_contents() == []


def test_each_region_takes_one_key_and_at_the_end_it_is_told(reviewing):
    reviewing.asks("Tripos?", "wide.png")
    reviewing.says("0 of 5 looked at")
    assert reviewing.middle() == pytest.approx([260, 240], abs=25)
    answers = reviewing.cell.locator(".im-answer").all_inner_texts()
    assert [re.sub(r"\s+", " ", one) for one in answers[:4]] == ["Accept A", "Debris 2", "Class 7 3", "Reject X"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    reviewing.page.screenshot(path=PICTURES / "review.png")
    reviewing.press("2")
    reviewing.asks("Tripos?", "deep.png")
    assert reviewing.middle() == pytest.approx([2550, 2230], abs=25)
    reviewing.press("Enter")
    reviewing.asks("Debris?", "crop.png")
    reviewing.press("x")
    reviewing.asks("Debris?", "wide.png")
    assert reviewing.middle() == pytest.approx([1200, 600], abs=25)
    reviewing.press("d", "4")
    reviewing.says("All 5 looked at: 2 accepted, 1 corrected, 1 rejected, 1 uncertain")
    became = [("debris", "corrected"), ("Tripos", "accepted"), ("debris", "rejected"), ("debris", "uncertain")]
    assert reviewing.saved() == dict(zip(ORDER, [*became, ("Tripos", "accepted")], strict=True))
    speed = reviewing.store.speed("ada", "review")
    assert (speed.labels, speed.keys_per_label) == (5, 1)
    assert reviewing.page.evaluate("window.pwned") is None


def test_no_step_waits_for_the_kernel(reviewing):
    reviewing.asks("Tripos?", "wide.png")
    until(lambda: rests(reviewing.kernel))  # what is asked for ahead is made
    os.kill(reviewing.kernel, signal.SIGSTOP)
    try:
        reviewing.press("a")
        reviewing.asks("Tripos?", "deep.png")
        assert reviewing.middle() == pytest.approx([2550, 2230], abs=25)
        reviewing.shows_picture()
        reviewing.press("a")
        reviewing.asks("Debris?", "crop.png")
        assert reviewing.store.current("wide") == ()
    finally:
        os.kill(reviewing.kernel, signal.SIGCONT)
    assert {state for _, state in reviewing.saved().values()} == {"accepted"}


def test_where_nine_of_ten_guesses_are_right_a_label_takes_1_1_keys_and_none_waits_for_a_running_cell(
    notebook, tmp_path
):
    reviewing = Reviewing(notebook, tmp_path / "many", MANY)
    with notebook.busy(2, tmp_path):
        reviewing.stage.scroll_into_view_if_needed()
        reviewing.stage.focus()
        for right in range(36):
            reviewing.says(f"{right} of 40 looked at" if right < 5 else re.compile(f"^{right} of 40 looked at, "))
            reviewing.press("a")
        reviewing.press("2", "3", "x")
        reviewing.press("/", *"c18", "Enter")
        reviewing.says("All 40 looked at: 36 accepted, 3 corrected, 1 rejected")
        expect(reviewing.cell.locator(".im-speed")).to_have_text(re.compile(r"^[\d,]+ labels an hour, 1\.1 keys each$"))
        became = reviewing.saved()
        assert not (tmp_path / "over").exists(), "the cell runs still, and all is saved"
    assert [became[f"r{i}"][0] for i in range(40)] == ["Tripos"] * 36 + ["debris", "c7", "Tripos", "c18"]
    speed = reviewing.store.speed("ada", "review")
    assert (speed.labels, speed.keys) == (40, 36 + 3 + 5), "the letters of a search are keys, too"
    assert speed.keys_per_label <= 1.1
    notebook.run(2, "None")


def test_what_is_skipped_comes_again_and_undo_goes_back_to_the_region(reviewing):
    reviewing.press(".")
    reviewing.asks("Tripos?", "deep.png")
    reviewing.press("a")
    reviewing.asks("Debris?", "crop.png")
    reviewing.press("u")
    reviewing.asks("Tripos?", "deep.png")
    reviewing.says("0 of 5 looked at")
    assert reviewing.saved() == {}
    reviewing.press("Shift+U")
    reviewing.says("1 of 5 looked at")
    reviewing.press("a")
    for name, question in zip(("crop", "wide", "wide"), ("Debris?", "Debris?", "Tripos?"), strict=True):
        reviewing.asks(question, f"{name}.png")
        reviewing.press("x")
    reviewing.asks("Tripos?", "wide.png")
    reviewing.says("4 of 5 looked at")
    assert reviewing.middle() == pytest.approx([260, 240], abs=25)
    assert set(reviewing.saved()) == {*ORDER[1:]}
    reviewing.press("x", ",")
    reviewing.says("All 5 looked at: 1 accepted, 4 rejected")


def test_a_shape_may_be_changed_and_another_picture_looked_at_meanwhile(reviewing):
    reviewing.press("PageDown")
    reviewing.asks("Tripos?", "deep.png")
    reviewing.press("a")
    reviewing.asks("Tripos?", "wide.png")
    assert reviewing.saved() == {}
    reviewing.press("Alt+ArrowRight")
    reviewing.asks("Tripos", "wide.png")
    assert reviewing.saved() == {"first": ("Tripos", "corrected")}
    reviewing.press("a")
    reviewing.asks("Tripos?", "deep.png")
    assert reviewing.saved() == {"first": ("Tripos", "corrected")}


def test_it_goes_on_where_she_stopped_after_the_kernel_was_killed(reviewing, notebook):
    reviewing.press("a")
    reviewing.asks("Tripos?", "deep.png")
    reviewing.press("x")
    reviewing.asks("Debris?", "crop.png")
    before = reviewing.saved()
    kernel = reviewing.kernel
    os.kill(kernel, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{kernel}").exists())
    reviewing.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    reviewing.page.locator(".jp-Dialog .jp-mod-accept").click()  # the notebook says that the kernel died
    notebook.run(0)
    again = Reviewing(notebook, reviewing.store.path)
    again.asks("Debris?", "crop.png")
    again.says("2 of 5 looked at")
    assert again.saved() == before
    again.press("u")
    again.asks("Tripos?", "deep.png")
    assert again.saved() == {"first": ("Tripos", "accepted")}
