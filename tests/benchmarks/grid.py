"""`make bench-grid`: a simulated expert corrects a model's labels of UVP6 crops in the real grid, beside a plain form.

The model is a forest on measured features that never saw the crop it names; some of its errors are mended by chance
(seeded) until 90 % are right, the rest are its own, as are its scores. The expert knows the truth (the folders' names),
looks at every crop, points at each wrong one, and uses what the grid offers. Seconds are those of the keystroke-level
model: key 0.2, pointing 1.1, click 0.2, making up one's mind which class 1.35 (before each class key), 0.2 a look.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import browser  # noqa: E402
from accuracy_sets import DATA  # noqa: E402
from grid_crops import crops, guesses  # noqa: E402
from jupyter_lab import Notebook, running  # noqa: E402

from imagine_kernels.sources import open_samples  # noqa: E402
from imagine_widgets import Store, bundle  # noqa: E402

CROPS = DATA / "02_zooplankton_ecotaxa" / "uvp6_vignettes"
MOST, FORM = 2000, 40
SECONDS = {"key": 0.2, "point": 1.1, "click": 0.2, "mind": 1.35, "look": 0.2}
SCREEN = {"width": 1920, "height": 1080}
HEAD = """
import json
from imagine_kernels.records import from_json
from imagine_kernels.sources import open_samples
from imagine_kernels.use_case import Label
from imagine_widgets import Grid, Store
samples = open_samples({folder!r}).samples
told = json.load(open({told!r}))
labels = [Label(name, name) for name in told["names"]]
predictions = [from_json(one) for one in told["predictions"]]
"""
GRID = "grid = Grid(samples, predictions, labels, store=Store({path!r}), author='expert', page=500)\ngrid"
FORM_CELL = """
import ipywidgets
from pathlib import Path
from IPython.display import display
answers, at = {{}}, 0
some = samples[::len(samples) // {form}][:{form}]
image, name = ipywidgets.Image(width=200), ipywidgets.Label()
choice = ipywidgets.Dropdown(options=["", *told["names"]], description="Class")
following = ipywidgets.Button(description="Next")
def show():
    choice.value, name.value = "", some[at].id if at < len(some) else "done"
    if at < len(some): image.value = Path(some[at].uri).read_bytes()
def go(_):
    global at
    answers[some[at].id] = choice.value
    at += 1
    show()
following.on_click(go)
show()
display(ipywidgets.VBox([name, image, choice, following]))
"""
IN_SIGHT = """root => {
    const box = root.querySelector('.im-scroll').getBoundingClientRect();
    return [...root.querySelectorAll('.im-cell')].filter(cell => {
        const at = cell.getBoundingClientRect();
        return at.top + at.height * 0.6 <= box.bottom && at.bottom - at.height * 0.6 >= box.top;
    }).map(cell => ({i: Number(cell.dataset.i), name: cell.title, kind: cell.dataset.kind,
                     second: cell.lastElementChild.textContent.slice(2)}));
}"""


class Expert:
    """Knows the truth, sees what is in sight, and counts what she does."""

    def __init__(self, page, root, truth, keys):
        self.page, self.root, self.truth, self.keys = page, root, truth, keys
        self.done = Counter()

    def press(self, key):
        self.done["key"] += 1
        self.page.keyboard.press(key)

    def point(self, cell, *, click):
        place = self.root.locator(f".im-cell[data-i='{cell['i']}']")
        self.done["point"] += 1
        if click:
            self.done["click"] += 1
            place.click()
        else:
            place.hover()

    def sight(self):
        """The open crops in sight, once all have come."""
        while True:
            cells = self.root.evaluate(IN_SIGHT)
            if all(cell["name"] for cell in cells):
                return [cell for cell in cells if cell["kind"] == "open"]
            self.page.wait_for_timeout(20)

    def review(self):
        """One screenful after the other until nothing is open."""
        self.press("-")
        while cells := self.sight():
            here = self.root.locator(".im-title bdi").inner_text()
            self.done["look"] += len(cells)
            self.correct([cell for cell in cells if self.truth[cell["name"]] != here])
            self.press("Enter")

    def correct(self, wrong):
        """Those whose second guess is right in one step, the others class by class."""
        second = [cell for cell in wrong if cell["second"] == self.truth[cell["name"]]]
        for cell in wrong:
            self.point(cell, click=cell in second)
        if second:
            self.press_for("g")
        others = Counter(self.truth[cell["name"]] for cell in wrong if cell not in second)
        for name in others:
            for cell in wrong:
                if cell not in second and self.truth[cell["name"]] == name:
                    self.point(cell, click=True)
            self.press_for(self.keys[name])

    def press_for(self, key):
        self.done["mind"] += 1
        self.press(key)


def main():
    if not CROPS.is_dir():
        print(f"skipped: there are no crops at {CROPS.name} in {CROPS.parent.name}")
        return
    bundle.make(HERE.parents[1] / "imagine_widgets")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = crops(
            CROPS, folder / "crops", len(list(CROPS.glob("*/*.png"))) if "--as-they-are" in sys.argv else MOST
        )
        samples = open_samples(str(folder / "crops")).samples
        guesses(samples, truth, folder / "told.json")
        with running(folder) as (address, token), browser.chromium() as chromium:
            page = chromium.new_page(viewport=SCREEN)
            head = HEAD.format(folder=str(folder / "crops"), told=str(folder / "told.json"))
            notebook = Notebook(page, address, token, folder, "grid", [head, "", ""])
            notebook.run(0)
            ours = in_grid(notebook, folder / "run.labels", truth)
            form = in_form(notebook, truth)
    print(f"ratio: {ours / form:.1f}")


def in_grid(notebook, path, truth):
    """Labels per hour in the grid; every label must be right in the store."""
    cell = notebook.run(1, GRID.format(path=str(path)))
    root = cell.locator(".im-grid")
    cell.locator(".im-cell img").first.wait_for()
    chips = cell.locator(".im-chip:has(bdi):has(kbd)").evaluate_all(
        "chips => chips.map(chip => ['bdi', 'kbd'].map(part => chip.querySelector(part).textContent))"
    )
    expert = Expert(notebook.page, root, truth, {name: key.lower() for name, key in chips})
    cell.locator(".im-cell").first.focus()
    begun = time.perf_counter()
    expert.review()
    spent = time.perf_counter() - begun
    cell.locator(".im-safe").wait_for()
    held = {one.sample_id: one.regions[0].label for one in Store(path).annotations()}
    wrong = [sample for sample, label in held.items() if truth[sample.rpartition("/")[2]] != label]
    if len(held) != len(truth) or wrong:
        raise SystemExit(f"{len(truth) - len(held)} labels are missing in the store, {len(wrong)} are wrong.")
    return told("grid", expert.done, len(truth), spent)


def in_form(notebook, truth):
    """Labels per hour in a form of a dropdown and a button, as notebooks have it, for some of the crops."""
    cell = notebook.run(2, FORM_CELL.format(form=FORM))
    done, begun = Counter(), time.perf_counter()
    name, choice, following = (
        cell.locator(".widget-label").first,
        cell.locator("select"),
        cell.get_by_role("button", name="Next"),
    )
    while (shown := name.inner_text()) != "done":
        done.update({"look": 1, "mind": 1, "point": 3, "click": 3})  # the list, the class in it, the button
        choice.select_option(truth[shown.rpartition("/")[2]])
        following.click()
        notebook.page.wait_for_function("([one, was]) => one.innerText !== was", arg=[name.element_handle(), shown])
    spent = time.perf_counter() - begun
    notebook.run(0, "assert len(answers) == %d" % FORM)  # noqa: UP031
    return told("form", done, FORM, spent)


def told(what, done, labels, spent):
    """Prints what it cost; labels per hour by the keystroke-level model."""
    seconds = sum(SECONDS[kind] * number for kind, number in done.items())
    actions = done["key"] + done["click"]
    counted = ", ".join(f"{number} {kind}" for kind, number in sorted(done.items()))
    print(
        f"{what}: {labels} labels, {actions / labels:.3f} actions a label ({counted}); labels an hour: "
        f"{3600 * labels / seconds:,.0f} by the keystroke-level model, "
        f"{3600 * labels / spent:,.0f} by the automaton's clock",
        flush=True,
    )
    return 3600 * labels / seconds


if __name__ == "__main__":
    main()
