"""The grid where no kernel runs: counts and pictures as HTML that loads nothing, in notebooks and reports."""

import base64
import os
from html.parser import HTMLParser

import nbformat
import papermill
import pytest
from grids import DOT, LABELS, HeardGrid, Label, prediction, sample, six_samples

from imagine_kernels import report
from imagine_kernels.records import Sample
from imagine_widgets import Store

CELL = """
from imagine_kernels.records import Prediction, Region
from imagine_kernels.sources import open_samples
from imagine_kernels.use_cases.phytoplankton import USE_CASE
from imagine_widgets import Grid
from imagine_widgets.store import Put
samples = open_samples({folder!r}).samples
labels = USE_CASE.model().labels
predictions = [Prediction(sample.id, (Region(sample.id.split("/")[0], 0.8),), "drawn", "0") for sample in samples]
grid = Grid(samples, predictions, labels)
grid.store.write([Put(sample.id, Region(sample.id.split("/")[0]), "ada") for sample in samples[:2]])
grid
"""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "labels" / "run.labels")


@pytest.fixture
def grid(store):
    grid = six_samples(store)
    yield grid
    grid.close()


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.images, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))

    def handle_data(self, data):
        self.words.append(data)


def test_the_still_picture_holds_counts_and_pictures_and_loads_nothing(grid):
    grid.hear(type="edits", edits=[{"batch": "one", "kind": "label", "rows": [0], "label": 2}])
    page = Page(grid.still())
    assert "Review of 6 samples: 1 decided (0 confirmed, 1 corrected), 5 open." in page.words
    assert {"Actinoptychus", "Tripos", "Debris", "Not predicted"} <= set(page.words)
    assert len(page.images) == 6
    assert all(base64.b64decode(image["src"].removeprefix("data:image/png;base64,")) == DOT for image in page.images)
    assert not {"script", "link", "iframe"} & set(page.tags)


def test_a_display_without_a_kernel_has_the_still_picture_and_a_line_of_text(grid):
    data, _ = grid._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert "<table" in data["text/html"]
    assert "6 samples" in data["text/plain"]


def test_names_of_files_and_classes_are_text_in_the_still_picture(store):
    evil = "<img src=x onerror=alert(1)>\"'"
    samples = [Sample(evil, f"/data/{evil}", 10, 10), sample("b")]
    predictions = [prediction(evil, evil, 0.5), prediction("b", "عوالق", 0.5)]
    labels = [Label(evil, evil), Label("عوالق", "عوالق نباتية")]

    def make(one, _side):
        if one.id == "b":
            raise ValueError(evil)
        return DOT

    grid = HeardGrid(samples, predictions, labels, store=store, author=evil, thumbnail=make)
    page = Page(grid.still())
    assert len(page.images) == 1
    assert "onerror" not in page.images[0]
    assert evil in page.words
    assert "عوالق نباتية" in page.words
    grid.close()


def test_the_still_picture_stays_small_whatever_the_pictures_weigh(store):
    samples = [sample(str(n)) for n in range(500)]
    heavy = DOT + bytes(100_000)
    grid = HeardGrid(samples, [], LABELS, store=store, author="ada", thumbnail=lambda *_: heavy)
    text = grid.still()
    assert len(text) < 1_000_000
    assert "more</span>" in text
    grid.close()


def test_a_notebook_run_without_a_browser_shows_the_grid_in_its_html_page(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / "work"))
    folder = os.path.commonpath([one.uri for one in pictures(12).samples])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.format(folder=folder))])
    source, done = tmp_path / "source.ipynb", tmp_path / "done.ipynb"
    nbformat.write(notebook, source)
    papermill.execute_notebook(str(source), str(done), kernel_name="python3", progress_bar=False)
    page = Page(report.to_html(done, "A report"))
    assert "Review of 12 samples: 2 decided (2 confirmed, 0 corrected), 10 open." in page.words
    assert len(page.images) == 12
    assert all(image["src"].startswith("data:image/jpeg;base64,/9j/") for image in page.images)
    assert not {"script", "iframe"} & set(page.tags)
