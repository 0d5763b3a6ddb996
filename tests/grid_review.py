"""A review grid in a real JupyterLab and the store behind it, for the tests of hands and of a grid's life."""

import os

import pytest
from browser import chromium
from grids import labels
from jupyter_lab import Notebook
from playwright.sync_api import expect

from imagine_widgets import Store

HEAD = """
import os, time
from imagine_kernels.records import Prediction, Region
from imagine_kernels.sources import open_samples
from imagine_kernels.use_case import Label
from imagine_widgets import Grid, Store
samples = open_samples({folder!r}).samples
labels = [Label("Actinoptychus", "Actinoptychus"), Label("Tripos", "Tripos"), Label("debris", "Debris"),
          Label("arabic", "عوالق نباتية"), Label("evil", "<img src=x onerror=pwned=1>"),
          Label("worm", "Tomopteris helgolandica", parents=("Tomopteridae", "Polychaeta"))]
def prediction(number, sample):
    name, score = labels[number % 2].name, 0.5 + number / 1000  # the order of the samples is the order of doubt
    return Prediction(sample.id, (Region(name, score, scores={{name: score, "debris": 0.1}}),), "drawn", "0")
predictions = [prediction(*pair) for pair in enumerate(samples)]
features = lambda some: [[number] for number in range(len(some))]
open("pid", "w").write(str(os.getpid()))
"""
GRID = """
grid = Grid(samples, predictions, labels, store=Store({path!r}), author='ada', page={page}, features=features)
grid
"""


@pytest.fixture(scope="module")
def grid_notebook(lab, pictures, tmp_path_factory):
    """One notebook in one JupyterLab: the samples are at hand, the second cell is each test's own."""
    drawn = os.path.commonpath([sample.uri for sample in pictures(48).samples])
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
        page = context.new_page()
        page.set_default_timeout(60_000)
        name, cells = tmp_path_factory.mktemp("review").name, [HEAD.format(folder=drawn), "", ""]
        notebook = Notebook(page, lab.address, lab.token, lab.folder, name, cells)
        notebook.run(0)
        notebook.kernel = int((lab.folder / "work" / "pid").read_text())
        yield notebook
        notebook.shut()
        context.close()


class Review:
    """A grid on the page and the store behind it."""

    def __init__(self, notebook, path, page):
        self.notebook, self.page, self.store = notebook, notebook.page, Store(path)
        self.cell = notebook.run(1, GRID.format(path=str(path), page=page))
        self.cells = self.cell.locator(".im-cell")
        self.state = self.cell.locator(".im-saved")
        expect(self.cells.first.locator("img")).to_be_visible(timeout=60_000)

    def again(self):
        """The same cell run once more."""
        return Review(self.notebook, self.store.path, page=10)

    def stand(self, index):
        self.cells.nth(index).focus()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self):
        expect(self.state).to_have_text("All saved", timeout=60_000)
        return labels(self.store)

    def kinds(self):
        return self.cells.evaluate_all("cells => cells.map(cell => cell.dataset.kind)")

    def names(self):
        return self.cells.evaluate_all("cells => cells.map(cell => cell.title)")

    def focused(self):
        return self.page.evaluate("Number(document.activeElement.dataset.i ?? -1)")

    def heading(self):
        return self.cell.locator(".im-title bdi").inner_text()


@pytest.fixture
def review(grid_notebook, tmp_path):
    return Review(grid_notebook, tmp_path / "run.labels", page=10)
