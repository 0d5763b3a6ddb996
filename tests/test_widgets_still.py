"""Every widget where no kernel runs: papermill and nbconvert leave a picture with regions and a table, no scripts."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import nbformat
import papermill
import pytest
from PIL import Image
from recordings import film, sound, uneven

HEAD = """
from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import Box, Key, TimeFrequency, Track
from imagine_kernels.use_case import Label
from imagine_widgets import Grid, Labeler, Sound, Store, Video
from imagine_widgets.store import Put
folder = {folder!r}
labels = [Label("Tripos", "Tripos <b>"), Label("whale", "عوالق نباتية")]
def over(sample, *regions):
    store = Store(folder + "/" + sample + ".labels")
    store.write([Put(sample, region, "ada") for region in regions])
    return store
heard, seen = TimeFrequency(2, 4, 500, 900), Track((Key(0, Box(40, 40, 60, 60)),))
picture = Sample("wide.png", folder + "/wide.png", 400, 300)
"""
SHOWN = {
    "Grid": "Grid([picture], [], labels, store=over('wide.png', Region('Tripos')))",
    "Labeler": "Labeler([picture], labels, store=over('wide.png', Region('Tripos', shape=Box(20, 30, 200, 100))))",
    "Sound": "Sound(folder + '/a.wav', labels, store=over('a.wav', Region('whale', shape=heard)))",
    "Video": "Video(folder + '/a.mp4', labels, store=over('a.mp4', Region('whale', shape=seen)))",
}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.sources = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href") and value]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A notebook with each of the widgets, run by papermill: nobody looked at it in a browser."""
    folder = tmp_path_factory.mktemp("still")
    Image.effect_noise((400, 300), 60).save(folder / "wide.png")
    film(folder / "a.mp4", uneven(20))
    sound(folder / "a.wav", seconds=6)
    cells = [HEAD.format(folder=str(folder)), *SHOWN.values()]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, folder / "made.ipynb")
    papermill.execute_notebook(folder / "made.ipynb", folder / "ran.ipynb", progress_bar=False, cwd=folder)
    return nbformat.read(folder / "ran.ipynb", 4)


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_that_ran_alone_holds_a_picture_with_the_regions_and_a_table(ran, name):
    output = ran.cells[1 + list(SHOWN).index(name)].outputs[-1]
    page = Page(output.data["text/html"])
    assert "table" in page.tags
    assert {"img", "image"} & set(page.tags), "a picture"
    assert name == "Grid" or {"rect", "polygon", "path"} & set(page.tags), "and what is drawn in it"
    assert not {"script", "iframe", "object", "link", "b"} & set(page.tags)
    assert all(source.startswith("data:") for source in page.sources)
    assert any(title in page.words for title in ("Tripos <b>", "عوالق نباتية"))


def test_the_exported_page_shows_the_pictures_and_not_views_that_wait_for_a_kernel(ran, tmp_path):
    nbformat.write(ran, tmp_path / "ran.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(tmp_path / "ran.ipynb")]
    subprocess.run(command, check=True, capture_output=True)
    page = (tmp_path / "ran.html").read_text()
    for name, output in zip(SHOWN, (cell.outputs[-1] for cell in ran.cells[1:]), strict=True):
        [picture, *_] = re.findall(r"data:image/[a-z]+;base64,[\w+/=]{200}", output.data["text/html"])
        assert picture in page, name
    assert '<script type="application/vnd.jupyter.widget-view+json">' not in page
