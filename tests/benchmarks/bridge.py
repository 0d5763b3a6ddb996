"""`make bench-bridge`: 10,000 regions of all types on 1,000 images to a real Label Studio and back, region by region.

Beside it the plain loop of label-studio-sdk: one call for each task, one for each annotation, one to read each back.
Then exchanges that are cut off at random moments.
"""

import argparse
import base64
import contextlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from bridge_world import LABELS
from label_studio_server import PEOPLE, running
from PIL import Image

from imagine_kernels import images
from imagine_kernels.images import masks
from imagine_kernels.records import Annotation, Box, Opinion, Prediction, Region, Sample
from imagine_kernels.shapes import Ellipse, Line, MultiPolygon, Point, Polygon, RotatedBox
from imagine_widgets.formats import label_studio_results
from imagine_widgets.label_studio import page, pull, push
from imagine_widgets.store import Put, Store

HERE = Path(__file__).resolve()
SIZE = (160, 120)
TITLE = "Bench"
TOGETHER = 5000


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--images", type=int, default=1000)
    asked.add_argument("--regions", type=int, default=10_000)
    asked.add_argument("--interruptions", type=int, default=500)
    asked.add_argument("--scale", action="store_true", help="20,000 images with 200,000 regions, without the loop")
    told = asked.parse_args()
    if told.scale:
        told.images, told.regions = 20_000, 200_000
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IMAGINE_WORK"] = f"{folder}/work"
        with running(Path(folder) / "label-studio") as server:
            samples, regions = make(Path(folder), told.images, told.regions)
            seconds, lost = ours(server, Path(folder), samples, regions)
            loop = None if told.scale else plain(server, samples, regions)
    cut = interrupted(told.interruptions) if told.interruptions and not told.scale else None
    kept = lost == 0 and (cut is None or cut["lost"] == cut["doubled"] == 0)
    print("kept" if kept else "NOT KEPT")
    if loop is not None:
        print(f"ratio: {loop / seconds:.1f}")
    return 0 if kept else 1


def make(folder, count, total):
    """Images of noise, and regions of every shape for each of them."""
    chance, drawn = random.Random(1), np.random.default_rng(1)
    samples, regions = [], {}
    for number in range(count):
        file = folder / "pictures" / f"{number}.png"
        if number < 1000:  # more of them show these again
            file.parent.mkdir(exist_ok=True)
            Image.fromarray(drawn.integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)).save(file, compress_level=0)
        sample = Sample(f"bench/{number}", str(file.with_name(f"{number % 1000}.png")), *SIZE, group="bench")
        samples.append(sample)
        regions[sample.id] = [region(kind, chance) for kind in range(total // count)]
    return samples, regions


def region(kind, chance):
    """One of nine shapes, with what Label Studio cannot say of it."""

    def at():
        return chance.uniform(10, 100), chance.uniform(10, 80)

    ring = tuple((x := at(), (x[0] + chance.uniform(1, 40), x[1]), (x[0], x[1] + chance.uniform(1, 30)))[0:3])
    makers = (
        lambda: None,
        lambda: Point(*at()),
        lambda: Line((at(), at(), at())),
        lambda: Box(*at(), chance.uniform(1, 50), chance.uniform(1, 40)),
        lambda: RotatedBox(*at(), chance.uniform(1, 50), chance.uniform(1, 40), chance.uniform(0, 360)),
        lambda: Ellipse(*at(), chance.uniform(1, 20), chance.uniform(1, 20), chance.uniform(0, 180)),
        lambda: Polygon(ring, (ring,)),
        lambda: MultiPolygon((Polygon(ring), Polygon((at(), at(), at())))),
        lambda: disc(chance),
    )
    opinions = (Opinion(LABELS[0].name, 0.25, "net@12345678", "2026-01-01T00:00:00", "rejected"),) if kind % 2 else ()
    label = chance.choice(LABELS).name
    shape = makers[1 + (kind - 1) % (len(makers) - 1)]() if kind else None  # one class of the whole image
    return Region(label, None, shape, state="uncertain", opinions=opinions, scores={label: 0.5})


def disc(chance):
    """A painted region."""
    radius = chance.randrange(4, 15)
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    canvas = np.zeros((SIZE[1], SIZE[0]), np.bool_)
    top, left = chance.randrange(SIZE[1] - 2 * radius - 1), chance.randrange(SIZE[0] - 2 * radius - 1)
    canvas[top : top + 2 * radius + 1, left : left + 2 * radius + 1] = x * x + y * y <= radius * radius
    return masks.encode(canvas)


def ours(server, folder, samples, regions):
    """Push from one store and pull into another; seconds, and regions that are not what they were."""
    store, other = Store(folder / "ada.labels"), Store(folder / "bob.labels")
    puts = [Put(sample, region, "ada") for sample, some in regions.items() for region in some]
    for start in range(0, len(puts), TOGETHER):
        store.write(puts[start : start + TOGETHER])
    guesses = [Prediction(s.id, tuple(r for r in regions[s.id][:3] if r.shape), "net", "1" * 64) for s in samples]
    ada, bob = ({"url": server.url, "token": PEOPLE[name]} for name in ("ada", "bob"))
    sent, there = timed(lambda: push(TITLE, LABELS, samples, guesses, store=store, **ada))
    assert (sent.problem, sent.refused, sent.waiting) == (None, (), 0), sent
    found, back = timed(lambda: pull(TITLE, store=other, **bob))
    assert (found.problem, found.left_out) == (None, ()), found
    has = {region.id: region for annotation in other.annotations() for region in annotation.regions}
    lost = sum(has.get(region.id) != region for some in regions.values() for region in some)
    extra = len(has) - sum(map(len, regions.values()))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"ours: {len(puts):,} regions on {len(samples):,} images there {there:.1f} s, back {back:.1f} s", end=", ")
    print(f"lost or changed {lost}, doubled {max(0, extra)}; peak memory {memory:,.0f} MB")
    again, nothing = timed(lambda: pull(TITLE, store=other, **bob))
    assert (again.problem, again.new) == (None, ()), again
    _, idle = timed(lambda: push(TITLE, LABELS, samples, guesses, store=store, **ada))
    print(f"again, with nothing new: pull {nothing:.1f} s, push {idle:.1f} s")
    changed = [
        Put(s, Region(LABELS[0].name, shape=Box(1, 1, 9, 9), id=some[3].id), "ada") for s, some in regions.items()
    ]
    store.write(changed[:200])
    merged, merging = timed(lambda: push(TITLE, LABELS, samples, guesses, store=store, **ada))
    taken, taking = timed(lambda: pull(TITLE, store=other, **bob))
    assert (merged.problem, merged.labels, len(taken.new)) == (None, 200, 200), (merged, taken)
    print(f"200 changed regions: push {merging:.1f} s, pull {taking:.1f} s")
    return there + back, lost + max(0, extra)


def plain(server, samples, regions):
    """One call for each thing, as label-studio-sdk's own pages show it; seconds."""
    from label_studio_sdk import LabelStudio

    client = LabelStudio(base_url=server.url, api_key=PEOPLE["ada"])
    config = page.page(LABELS, page.tools_for(region.shape for some in regions.values() for region in some))
    project = client.projects.create(title="Plain loop", label_config=config)
    sizes = {sample.id: sample for sample in samples}

    def loop():
        made = []
        for sample in samples:
            shown = f"data:image/png;base64,{base64.b64encode(images.png(sample)).decode()}"
            task = client.tasks.create(project=project.id, data={"image": shown})
            said = Annotation(sample.id, tuple(regions[sample.id]), "ada")
            result = [
                {key: value for key, value in one.items() if key != "meta"}
                for one in label_studio_results.result(said, sizes[sample.id], {})
            ]
            client.annotations.create(id=task.id, result=result)
            some = [one for one in result if one["type"] != "choices"][:2]
            client.predictions.create(task=task.id, model_version="net@11111111", result=some)
            made.append(task.id)
        return [client.annotations.list(id=task) for task in made]

    with contextlib.redirect_stderr(sys.stdout):
        back, seconds = timed(loop)
    assert len(back) == len(samples)
    count = sum(len(regions[sample.id]) for sample in samples)
    print(f"plain loop of label-studio-sdk: {count:,} regions on {len(samples):,} images {seconds:.1f} s", end="; ")
    print("without holes, states, opinions, authors")
    return seconds


def interrupted(count):
    """Exchanges that are cut off at random moments, on a server of their own."""
    command = [sys.executable, str(HERE.parents[1] / "interrupted.py"), str(count), "7"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    print("cut off at random: " + ", ".join(f"{name} {number:,}" for name, number in found.items()))
    return found


def timed(work):
    """What it gave, and its seconds."""
    began = time.monotonic()
    return work(), time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
