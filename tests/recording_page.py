"""Sound and film in a real JupyterLab, with the recordings that the tests of both make for it."""

import pytest
from browser import chromium
from jupyter_lab import Notebook
from playwright.sync_api import expect
from recordings import film, sound, uneven

from imagine_widgets import Store

HEAD = """
import os
from imagine_kernels.records import Prediction, Region
from imagine_kernels.shapes import Box, Key, TimeFrequency, Track
from imagine_kernels.use_case import Label
from imagine_widgets import Sound, Store, Video
labels = [Label("ship", "Ship"), Label("whale", "Whale"), Label("arabic", "عوالق نباتية"),
          Label("evil", "<img src=x onerror=pwned=1>"), *(Label(f"c{{i}}", f"Class {{i}}") for i in range(100))]
heard = [Region("ship", 0.9, TimeFrequency(2.0, 4.0, 500.0, 2000.0), id="first"),
         Region("whale", 0.4, TimeFrequency(10.0, 12.0), id="second")]
seen = [Region("ship", 0.8, Track((Key(0.0, Box(40, 40, 60, 60)), Key(0.9, Box(130, 40, 60, 60)))), id="first")]
guesses = {{"sound": heard, "film": seen, "heard": []}}
def predicted(name): return [Prediction(name, tuple(guesses[name.split(".")[0]]), "drawn", "0")]
folder = {folder!r}
open(folder + "/pid", "w").write(str(os.getpid()))
"""


@pytest.fixture(scope="module")
def recording_notebook(lab, tmp_path_factory):
    """One notebook: the recordings are at hand, the second cell is each test's own."""
    folder = tmp_path_factory.mktemp("hear")
    film(folder / "film.mp4", uneven(60))
    film(folder / "heard.mp4", [frame / 25 for frame in range(200)], beeps=(0.5, 2.5, 4.5, 6.5))
    sound(folder / "sound.wav", channels=2)
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1400, "height": 1000}, has_touch=True)
        outside = []
        context.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
        cells = [HEAD.format(folder=str(folder)), "", ""]
        notebook = Notebook(context.new_page(), lab.address, lab.token, lab.folder, folder.name, cells)
        notebook.run(0)
        notebook.kernel = int((folder / "pid").read_text())
        notebook.outside = outside
        yield notebook
        notebook.shut()
        context.close()


class Recording:
    """A widget of sound or film on the page and the store behind it."""

    def __init__(self, notebook, widget, name, path):
        self.notebook, self.page, self.widget, self.name = notebook, notebook.page, widget, name
        self.store = Store(path)
        made = f"{widget}(folder + '/{name}', labels, predicted({name!r}), store=Store({str(path)!r}), author='ada')"
        self.cell = notebook.run(1, made)
        self.stage = notebook.appears(self.cell, ".im-stage")
        expect(self.stage).to_have_attribute(*{"Sound": ("data-loaded", "true"), "Video": ("data-frame", "0")}[widget])
        self.stage.scroll_into_view_if_needed()
        self.box = self.stage.bounding_box()

    def again(self):
        """Both cells run once more, in a kernel that knows nothing yet."""
        self.notebook.run(0)
        return Recording(self.notebook, self.widget, self.name, self.store.path)

    def press(self, *keys):
        if not self.stage.evaluate("stage => stage.closest('.im-grid').contains(document.activeElement)"):
            self.stage.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def drag(self, *shares):
        """Press at the first place, move over the others, let go; places are shares of the stage."""
        places = [self.at(*one) for one in shares]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=3)
        self.page.mouse.up()

    def click(self, *share):
        self.page.mouse.click(*self.at(*share))

    def at(self, x, y):
        return self.box["x"] + x * self.box["width"], self.box["y"] + y * self.box["height"]

    def says(self, text):
        expect(self.cell.get_by_role("status")).to_have_text(text)

    def saved(self):
        """The regions in the store, once all are on disk."""
        expect(self.cell.locator(".im-saved")).to_have_text("All saved")
        return [one.region for one in self.store.current(self.name)]


@pytest.fixture
def watching(recording_notebook, tmp_path):
    return Recording(recording_notebook, "Video", "film.mp4", tmp_path / "labels")


@pytest.fixture
def hearing(recording_notebook, tmp_path):
    return Recording(recording_notebook, "Sound", "sound.wav", tmp_path / "labels")


@pytest.fixture
def singing(recording_notebook, tmp_path):
    """A film of 200 frames at 25 a second that beeps after half a second and every 2 seconds from then on."""
    return Recording(recording_notebook, "Video", "heard.mp4", tmp_path / "labels")
