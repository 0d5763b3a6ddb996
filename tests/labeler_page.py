"""A labeler in a real JupyterLab and the store behind it, for the tests of hands, shapes and keys."""

import numpy as np
import pytest
from browser import chromium
from jupyter_lab import Notebook
from PIL import Image
from playwright.sync_api import expect

from imagine_widgets import Store

HEAD = """
import os
from imagine_kernels.records import Prediction, Quantity, Region, Sample
from imagine_kernels.shapes import Box, Ellipse
from imagine_kernels.use_case import Label
from imagine_widgets import Labeler, Store
scale = Quantity(10.6, "micrometer")
samples = [Sample("wide", {folder!r} + "/wide.png", 1600, 1000, pixel_size=scale),
           Sample("deep", {folder!r} + "/deep.tif", 900, 700), Sample("gone", {folder!r} + "/gone.png", 10, 10)]
labels = [Label("Tripos", "Tripos"), Label("debris", "Debris"), Label("arabic", "عوالق نباتية"),
          Label("evil", "<img src=x onerror=pwned=1>"),
          *(Label(f"c{{i}}", f"Class {{i}}", parents=("Copepoda",) * (i < 20)) for i in range(500))]
model = [Region("Tripos", 0.9, Box(200, 200, 300, 200), id="first"),
         Region("debris", 0.4, Ellipse(1200, 600, 150, 80, 30.0), id="second")]
predictions = [Prediction("wide", tuple(model), "drawn", "0")]
open("pid", "w").write(str(os.getpid()))
"""
LABELER = "labeler = Labeler(samples, labels, predictions, store=Store({path!r}), author='ada')\nlabeler"


def draw(folder):
    """A wide picture in colours, one of 16 bits, and none where the third should be."""
    import tifffile

    y, x = np.mgrid[0:1000, 0:1600]
    colours = np.stack([x / 1600 * 255, y / 1000 * 255, 128 + 100 * np.sin(x / 40) * np.cos(y / 40)], axis=2)
    Image.fromarray(colours.astype(np.uint8)).save(folder / "wide.png")
    deep = (1000 + x[:700, :900] / 900 * 3000).astype(np.uint16)
    tifffile.imwrite(folder / "deep.tif", deep, tile=(256, 256))


@pytest.fixture(scope="module")
def labeler_notebook(lab, tmp_path_factory):
    """One notebook: samples and labels are at hand, the second cell is each test's own."""
    folder = tmp_path_factory.mktemp("pictures")
    draw(folder)
    outside = []
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
        page = context.new_page()
        cells = [HEAD.format(folder=str(folder)), "", ""]
        notebook = Notebook(page, lab.address, lab.token, lab.folder, folder.name, cells)
        notebook.run(0)
        notebook.kernel = int((lab.folder / "work" / "pid").read_text())
        notebook.outside = outside
        yield notebook
        notebook.shut()
        context.close()


class Labeling:
    """A labeler on the page and the store behind it."""

    def __init__(self, notebook, path):
        self.notebook, self.page, self.store = notebook, notebook.page, Store(path)
        self.cell = notebook.run(1, LABELER.format(path=str(path)))
        self.stage = notebook.appears(self.cell, ".im-stage")
        self.wait_for_picture()
        self.stage.scroll_into_view_if_needed()

    def again(self):
        """Both cells run once more, in a kernel that knows nothing yet."""
        self.notebook.run(0)
        return Labeling(self.notebook, self.store.path)

    def wait_for_picture(self):
        """Until the middle of the picture is drawn."""
        look = """stage => { const canvas = stage.querySelector('.im-ground-picture canvas');
            if (!canvas || !canvas.width) return false;
            const pixel = canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
            return pixel[3] > 0; }"""
        self.page.wait_for_function(f"stage => ({look})(stage)", arg=self.stage.element_handle())

    def calm(self):
        """Until the view stands still."""
        self.page.wait_for_timeout(450)

    def view(self):
        """Left, top and scale, by the place that the labeler says is under the pointer."""
        box = self.stage.bounding_box()
        places = []
        for at in (100, 500):
            self.page.mouse.move(box["x"] + at, box["y"] + at * 0.5)
            said = self.cell.locator(".im-place").inner_text().split(" (")[0].split(":")[0]
            places.append([int(number) for number in said.split(", ")])
        scale = 400 / (places[1][0] - places[0][0])
        return places[0][0] - 100 / scale, places[0][1] - 50 / scale, scale, box

    def at(self, x, y):
        """Where a place of the picture is on the page."""
        left, top, scale, box = self._view
        return box["x"] + (x - left) * scale, box["y"] + (y - top) * scale

    def look(self):
        self._view = self.view()

    def click(self, *places, **options):
        for place in places:
            self.page.mouse.click(*self.at(*place), **options)

    def drag(self, *places):
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=4)
        self.page.mouse.up()

    def press(self, *keys):
        if not self.stage.evaluate("stage => stage.closest('.im-grid').contains(document.activeElement)"):
            self.stage.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self, sample="wide"):
        """The regions in the store, once all are on disk."""
        expect(self.cell.locator(".im-saved")).to_have_text("All saved")
        return [one.region for one in self.store.current(sample)]


@pytest.fixture
def labeling(labeler_notebook, tmp_path):
    found = Labeling(labeler_notebook, tmp_path / "labels")
    found.look()
    return found
