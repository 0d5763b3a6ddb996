"""The four widgets in one notebook, each ready to be tried: what all of them have to stand is tested over this."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from browser import chromium
from grids import labels
from jupyter_lab import Notebook
from PIL import Image
from playwright.sync_api import expect
from recordings import film, sound, uneven

from imagine_widgets import Store

HEAD = """
import os, time
from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import Box, Key, Polygon, TimeFrequency, Track
from imagine_kernels.sources import open_samples
from imagine_kernels.use_case import Label
from imagine_widgets import Grid, Labeler, Review, Sound, Store, Video
folder = {folder!r}
samples = open_samples({pictures!r}).samples
wide = Sample("wide", folder + "/wide.png", 1600, 1000)
deep = Sample("deep", folder + "/deep.tif", 900, 700)
labels = [Label("Tripos", "Tripos"), Label("debris", "Debris"), Label("arabic", "عوالق نباتية"),
          Label("evil", "<img src=x onerror=pwned=1>"), *(Label(f"c{{i}}", f"Class {{i}}") for i in range(8))]
def predicted(name, *regions): return [Prediction(name, regions, "drawn", "0")]
guesses = [Prediction(one.id, (Region("Tripos", 0.5 + i / 100),), "drawn", "0") for i, one in enumerate(samples)]
boxes = predicted("wide", Region("Tripos", 0.9, Box(200, 200, 300, 200), id="first"))
heard = predicted("sound.wav", Region("debris", 0.9, TimeFrequency(2.0, 4.0, 500.0, 2000.0), id="first"))
seen = predicted("film.mp4", Region("debris", 0.8, Track((Key(0.0, Box(40, 40, 60, 60)),)), id="first"))
open("pid", "w").write(str(os.getpid()))
"""
FRAMES = """(() => {
    const ask = window.requestAnimationFrame;
    window.framesAsked = 0;
    window.requestAnimationFrame = (work) => { window.framesAsked += 1; return ask.call(window, work); };
})()"""
MADE = {
    "Grid": "Grid(samples, guesses, labels, page=12, {more})",
    "Labeler": "Labeler([wide, deep], labels, boxes, {more})",
    "Sound": "Sound(folder + '/sound.wav', labels, heard, {more})",
    "Video": "Video(folder + '/film.mp4', labels, seen, {more})",
    "Review": "Review([wide, deep], labels, boxes, {more})",
}
READY = {
    "Grid": ".im-cell img",
    "Labeler": ".im-stage[data-loaded=true]",
    "Sound": ".im-stage[data-loaded=true]",
    "Video": ".im-stage[data-frame='0']",
    "Review": ".im-stage[data-loaded=true]",
}


def draw(folder):
    """A wide picture in colours, and one of 16 bits."""
    import tifffile

    y, x = np.mgrid[0:1000, 0:1600]
    colours = np.stack([x * 255 // 1600, y * 255 // 1000, (x + y) % 256], axis=2)
    Image.fromarray(colours.astype(np.uint8)).save(folder / "wide.png")
    tifffile.imwrite(folder / "deep.tif", (1000 + 3 * x[:700, :900]).astype(np.uint16), tile=(256, 256))


def heard(page):
    """The batches of edits that the kernel calls saved, and the sizes of what the page asks, as they come."""
    batches, asked = [], []

    def hear(frame):
        for found in re.findall(rb'"batches": *\[([^\]]*)\]', frame if isinstance(frame, bytes) else frame.encode()):
            batches.extend(json.loads(b"[" + found + b"]"))

    def meet(socket):
        socket.on("framereceived", hear)
        socket.on("framesent", lambda frame: asked.append(len(frame)))

    page.on("websocket", meet)
    return batches, asked


def begin(notebook, pid):
    """The first cell, in a kernel that knows nothing yet."""
    notebook.run(0)
    notebook.kernel = int(pid.read_text())


@pytest.fixture(scope="module")
def widgets_notebook(lab, tmp_path_factory, pictures):
    """One notebook: what is shown lies at hand, the second and the third cell are each test's own."""
    folder = tmp_path_factory.mktemp("shown")
    draw(folder)
    film(folder / "film.mp4", uneven(60))
    sound(folder / "sound.wav")
    drawn = os.path.commonpath([sample.uri for sample in pictures(48).samples])
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1400, "height": 1000}, has_touch=True)
        outside, errors = [], []
        context.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.add_init_script(FRAMES)
        acknowledged, asked = heard(page)
        head = HEAD.format(folder=str(folder), pictures=drawn)
        notebook = Notebook(page, lab.address, lab.token, lab.folder, folder.name, [head, "", "", ""])
        notebook.begin = lambda: begin(notebook, lab.folder / "work" / "pid")
        notebook.begin()
        notebook.outside, notebook.errors = outside, errors
        notebook.acknowledged, notebook.asked = acknowledged, asked
        notebook.wire = context.new_cdp_session(page)
        yield notebook
        notebook.shut()
        context.close()


class Shown:
    """One widget on the page and the store behind it."""

    def __init__(self, notebook, name, path, *, cell=1, source=None):
        self.notebook, self.page, self.name, self.store = notebook, notebook.page, name, Store(path)
        more = f"store=Store({str(path)!r}), author='ada'"
        self.cell = notebook.run(cell, "shown = " + (source or MADE[name]).format(more=more) + "\nshown")
        self.root = self.cell.locator(".im-grid")
        self.place = notebook.appears(self.cell, ".im-cells" if name == "Grid" else ".im-stage")
        self.place.scroll_into_view_if_needed()  # what is out of sight asks for nothing
        expect(self.cell.locator(READY[name]).first).to_be_visible()

    def stand(self):
        """The keyboard where a person's hands begin."""
        (self.cell.locator(".im-cell[tabindex='0']") if self.name == "Grid" else self.place).focus()

    def holds_focus(self):
        return self.root.evaluate("root => root.contains(document.activeElement)")

    def press(self, *keys):
        if not self.holds_focus():
            self.stand()
        for key in keys:
            self.page.keyboard.press(key)

    def label_one(self):
        """One label given or one region made, by keys alone."""
        if self.name == "Review":
            self.press("a")
        elif self.name == "Labeler":
            self.press("a", "a")
        elif self.name == "Grid":
            self.press("2")
        else:
            self.press("n")

    def saved(self):
        """What the store holds, once all is on disk: labels by sample, or regions by id."""
        expect(self.cell.locator(".im-saved")).to_have_text("All saved")
        if self.name == "Grid":
            return labels(self.store)
        return {one.id: one.region for sample in self.store.changed()[1] for one in self.store.current(sample)}

    def says_nothing_is_wrong(self):
        assert self.cell.locator(".im-failures summary").all_inner_texts() == []
        assert self.notebook.errors == []


@pytest.fixture
def show(widgets_notebook, tmp_path):
    """`show("Grid")`: a widget over a new store; `path` for one over a store that is there."""

    def make(name, path=None, **how):
        return Shown(widgets_notebook, name, path or Path(tmp_path) / f"{name}.labels", **how)

    return make


@pytest.fixture(params=["Grid", "Labeler", "Sound", "Video"])
def one(request, show):
    """Each of the widgets over a store of its own; Review, which is a Labeler otherwise, where a test asks for it."""
    return show(request.param)
