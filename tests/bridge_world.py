"""What the bridge's live tests stand on: one real Label Studio, pictures, a store, and a look past the bridge."""

import io
import json
import os
import threading
import uuid
from pathlib import Path

import httpx
import numpy as np
from label_studio_server import PEOPLE
from PIL import Image
from tqdm.auto import tqdm

from imagine_kernels.records import Box, Prediction, Region, Sample
from imagine_kernels.use_case import Label
from imagine_widgets.label_studio import pull, push
from imagine_widgets.store import Drop, Put, Store

tqdm.set_lock(threading.RLock())
"""tqdm's own lock is shared by forks: one that is killed while it draws a bar would hold up all the others for good."""

LABELS = (
    Label("skeletonema", "Skeletonema costatum", 149142, "species", "s"),
    Label("chaetoceros", "Chaetoceros", 148985, "genus", "c"),
)

HOSTILE = (
    '<b onclick="alert(1)">x</b>',
    'it\'s "quoted" & co',
    "عوالق نباتية",
    "🦠 emoji",
    "$image",
    "a/b\\c",
    "new\nline\ttab",
    "007",
    "true",
    "false",
    'name="label"',
    "{{7*7}}",
    " led by a space",
)
"""Names of classes that some part of Label Studio trips over."""


def make_samples(folder, count, group="run1"):
    """Samples that are crops of one collage, each of its own colours."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{group}.png"
    pixels = np.random.default_rng(7).integers(0, 255, (30, 40 * count, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, compress_level=1)
    return [Sample(f"{group}/{i}", str(file), 40, 30, Box(40 * i, 0, 40, 30), group) for i in range(count)]


def predict(samples, label="skeletonema", model="net", weights="a" * 64):
    return [Prediction(sample.id, (Region(label, 0.25),), model, weights) for sample in samples]


class World:
    """One project of one person, with her store; `api` looks at the server without the bridge."""

    def __init__(self, server, folder, count=6):
        self.server, self.folder, self.title = server, folder, f"World {uuid.uuid4().hex[:8]}"
        self.samples = make_samples(folder, count)
        self.predictions = predict(self.samples)
        self.store = Store(folder / "own.labels")
        self.labels = LABELS

    def push(self, **replace):
        wanted = {"samples": self.samples, "predictions": self.predictions, "store": self.store, **replace}
        samples, predictions = wanted.pop("samples"), wanted.pop("predictions")
        wanted = {"url": self.server.url, "token": PEOPLE["ada"], **wanted}
        return push(self.title, self.labels, samples, predictions, **wanted)

    def pull(self, **replace):
        return pull(self.title, **{"store": self.store, "url": self.server.url, "token": PEOPLE["ada"], **replace})

    def label(self, number, name, author="ada"):
        """What a widget writes when a person gives a sample a class; a second one takes the place of the first."""
        sample = self.samples[number].id
        before = [row.id for row in self.store.regions(sample) if row.author == author and row.region is not None]
        return self.draw(number, Region(name, **({"id": before[0]} if before else {})), author)

    def draw(self, number, region, author="ada"):
        """What a widget writes when a person draws something, or changes what she drew."""
        self.store.write([Put(self.samples[number].id, region, author)])
        return self.row(number, region.id, author)

    def drop(self, number, region, author="ada"):
        self.store.write([Drop(self.samples[number].id, region.id, author)])

    def row(self, number, name, author="ada"):
        rows = self.store.regions(self.samples[number].id)
        return next((row for row in rows if (row.id, row.author) == (name, author)), None)

    @property
    def waiting(self):
        """How many labels are not there yet."""
        return sum(self.store.agreed.pending(self.target).values())

    @property
    def target(self):
        return f"label-studio:{self.project['id']}:{self.project['created_at']}"

    def api(self, method, path, who="ada", **more):
        headers = {"Authorization": f"Token {PEOPLE[who]}"}
        answer = httpx.request(method, self.server.url + path, headers=headers, timeout=60, **more)
        assert answer.is_success, answer.text
        return answer

    @property
    def project(self):
        found = self.api("GET", "/api/projects/", params={"title": self.title, "page_size": 100}).json()["results"]
        first, *others = sorted((p for p in found if p["title"] == self.title), key=lambda project: project["id"])
        assert not any(project["task_number"] for project in others), "the samples lie in two projects"
        return first

    def tasks(self):
        """Every task with its annotations and predictions, by sample; fails where a sample has two."""
        query = {"project": self.project["id"], "fields": "all", "page_size": 5000}
        tasks = self.api("GET", "/api/tasks/", params=query).json()["tasks"]
        by_sample = {task["data"]["sample"]: task for task in tasks}
        assert len(by_sample) == len(tasks), "a sample lies there twice"
        return by_sample

    def annotate(self, number, name, who="ada", **more):
        """What the labelling page sends when a person chooses a class; its ids are its own."""
        said = {"type": "choices", "from_name": "label", "to_name": "image", "value": {"choices": [name]}}
        return self.submit(number, [{**said, "id": uuid.uuid4().hex[:10]}], who, **more)

    def submit(self, number, result, who="ada", **more):
        """What the page sends when a person submits."""
        task = self.tasks()[self.samples[number].id]["id"]
        send = {"result": [{**one, "origin": "manual"} for one in result], **more}
        return self.api("POST", f"/api/tasks/{task}/annotations/", who, json=send).json()

    def annotation(self, number, which=0):
        """An annotation as the page loads it."""
        return self.tasks()[self.samples[number].id]["annotations"][which]

    def change(self, number, name, who="ada", which=0):
        """What the page sends when a person changes the class of an annotation that is there: the ids stay."""
        made = self.annotation(number, which)
        return self.update(made, [{**item, "value": {"choices": [name]}} for item in made["result"]], who)

    def update(self, made, result, who="ada"):
        """What the page sends when a person changes an annotation that she has open."""
        send = {"result": [{**one, "origin": "manual"} for one in result]}
        return self.api("PATCH", f"/api/annotations/{made['id']}/", who, json=send).json()

    def check_whole(self, labelled=()):
        """Everything is there, and once: each sample, its prediction, and the labels of `labelled`."""
        tasks = self.tasks()
        assert tasks.keys() == {sample.id for sample in self.samples}
        assert {len(task["predictions"]) for task in tasks.values()} == {1}
        said = {
            sample: [item["value"]["choices"] for a in task["annotations"] for item in a["result"]]
            for sample, task in tasks.items()
            if task["annotations"]
        }
        assert said == {row.sample_id: [[row.region.label]] for row in labelled}
        assert not self.waiting

    def picture(self, number):
        """The pixels that Label Studio shows for a sample."""
        address = self.tasks()[self.samples[number].id]["data"]["image"]
        return np.asarray(Image.open(io.BytesIO(self.api("GET", address).content)))

    def for_child(self):
        """What a process of its own needs to push the same."""
        (self.folder / "world.json").write_text(
            json.dumps({"title": self.title, "url": self.server.url, "count": len(self.samples)})
        )
        return {**os.environ, "IMAGINE_WORK": str(self.folder / "work"), "PYTHONPATH": str(Path(__file__).parent)}


def push_from(folder):
    """In a child process: says "ready", then pushes the world of `folder`."""

    class Server:
        url = ""

    facts = json.loads((Path(folder) / "world.json").read_text())
    world = World(Server, Path(folder), facts["count"])
    world.title, world.server.url = facts["title"], facts["url"]
    print("ready", flush=True)
    done = world.push()
    assert done.problem is None, done.problem
    print("done", flush=True)


def box(label="skeletonema", x=1.0, **more):
    return Region(label, shape=Box(x, 2, 10, 10), **more)


def renamed(there, name, label):
    """The result with another class for one region."""
    return [
        {**one, "value": {**one["value"], "rectanglelabels": [label]}} if one["id"] == name else one
        for one in there["result"]
    ]
