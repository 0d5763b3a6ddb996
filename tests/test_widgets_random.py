"""Random keys and mouse on each widget: no error, no region lost, no memory that grows.

By default sixty acts, most of them of four keys, as fast as they go; RANDOM_HANDS=600 goes on for 600 seconds.
"""

import os
import random
import sqlite3
import time
from contextlib import closing

import psutil
import pytest
from house import until

pytest_plugins = ["widgets_page"]
SECONDS = float(os.environ.get("RANDOM_HANDS", "0"))
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600 + SECONDS)]

ACTS = 60
KEYS = [
    *"0123456789abcdefghijklmnopqrstuvwxyz[],.+-/?",
    "Space",
    "Enter",
    "Escape",
    "Delete",
    "Backspace",
    "Home",
    "End",
]
KEYS += ["PageUp", "PageDown", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Control+z", "Control+y", "Control+a"]
KEYS += ["Shift+ArrowRight", "Shift+ArrowDown", "Alt+ArrowLeft", "Alt+Shift+ArrowUp", "Shift+A", "Shift+U"]
OFTEN = {
    "Grid": "23ugg",
    "Labeler": "bbvegmaxuu1",
    "Sound": "bbvnaxuu1",
    "Video": "bbvnkaxuu1",
    "Review": "aaxd,.u123v",
}
WEIGHED = 6
HERE = "(root, [x, y]) => root.contains(document.elementFromPoint(x, y))"
SHOWN = "rows => rows.map(row => row.id.split('-').pop())"


class Hands:
    """Random keys and mouse over one widget, and what memory the page and the kernel hold meanwhile."""

    def __init__(self, one, seed):
        self.one, self.dice, self.page = one, random.Random(seed), one.page
        self.kernel, self.heap, self.resident = psutil.Process(one.notebook.kernel), [], []
        self.keys = [*KEYS, *OFTEN[one.name] * 4]

    def act(self):
        """A few keys, or one way of the mouse."""
        if self.dice.random() < 0.25:
            self.drag()
        else:
            self.one.press(*self.dice.choices(self.keys, k=4))

    def drag(self):
        box = self.one.place.bounding_box()
        places = [(box["x"] + self.dice.random() * box["width"], box["y"] + self.dice.random() * box["height"])]
        if not self.one.root.evaluate(HERE, places[0]):  # out of sight: what lies there now is JupyterLab's own
            self.one.place.scroll_into_view_if_needed()
            return
        places.append((places[0][0] + self.dice.gauss(0, 60), places[0][1] + self.dice.gauss(0, 60)))
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        self.page.mouse.move(*places[1], steps=2)
        self.page.mouse.up()

    def weigh(self):
        """What lives in the page, after its garbage is gone, and what the kernel holds."""
        wire = self.one.notebook.wire
        wire.send("HeapProfiler.collectGarbage")
        metrics = {one["name"]: one["value"] for one in wire.send("Performance.getMetrics")["metrics"]}
        self.heap.append((metrics["JSHeapUsedSize"] / 1e6, metrics["JSEventListeners"], metrics["Nodes"]))
        self.resident.append(self.kernel.memory_info().rss / 1e6)

    def work(self):
        """All of it, weighed now and then."""
        begun, acts, weighed = time.monotonic(), 0, 0
        self.one.notebook.wire.send("Performance.enable")
        while (share := (time.monotonic() - begun) / SECONDS if SECONDS else acts / ACTS) < 1:
            if share * WEIGHED >= weighed:
                self.weigh()
                weighed += 1
            self.act()
            acts += 1
        self.weigh()
        return acts


def tells_its_store(one):
    """Whether the list shows the regions that the store holds of the sample in sight, and the model's if it is open."""
    name = one.cell.locator(".im-name").inner_text()
    held = one.store.current(name.removesuffix(".png").removesuffix(".tif"))
    kept = {one.id for one in held if one.region.state != "rejected"}
    shown = set(one.cell.locator(".im-region").evaluate_all(SHOWN))
    return shown <= {*kept, "first"} and (kept <= shown or len(shown) == 200)


def grew(numbers):
    """What the last third holds more than the second; the first still fills what is kept on purpose."""
    third = len(numbers) // 3
    return min(numbers[-third:]) - max(numbers[third : 2 * third])


@pytest.mark.parametrize("one", OFTEN, indirect=True)
def test_random_hands_leave_no_error_lose_nothing_and_hold_no_memory(one):
    one.notebook.acknowledged.clear()
    hands = Hands(one, 7)
    acts = hands.work()
    one.press("Escape", "Escape", "Escape")
    held = one.saved()
    print(f"{one.name}: {acts} acts, {len(held)} held, heap, listeners, nodes {hands.heap}, resident {hands.resident}")
    one.says_nothing_is_wrong()
    with closing(sqlite3.connect(one.store.path)) as file:
        written = {name for (name,) in file.execute("SELECT id FROM batches")}
    assert len(one.notebook.acknowledged) > acts / 20
    assert set(one.notebook.acknowledged) <= written
    if one.name == "Grid":
        assert one.cell.locator(".im-counts").inner_text().startswith(f"{len(held)} of 48 decided")
    else:
        until(lambda: tells_its_store(one))  # the last key may have turned to another sample
    heap, listeners, nodes = zip(*hands.heap, strict=True)
    assert grew(heap) < 4
    assert grew(listeners) < 2500  # some of the notebook's own come late
    assert grew(nodes) < 5000
    assert grew(hands.resident) < 60
