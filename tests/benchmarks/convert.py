"""`make bench-convert`: 200,000 COCO annotations → records → YOLO, beside datumaro doing the same.

Each takes its turn in a process of its own: seconds from file to folder, libraries loaded before, and peak memory. The
figure is the median over the rounds of datumaro's seconds of a processor over ours, and that of the seconds on the
clock is told too. Files lie in memory where there is room: to create 3,000 on a busy disk takes both longer than all
else. Both folders must hold the same labels. Datumaro lives in an environment of its own: it wants older pandas and
Pillow than the kernels have.
"""

import json
import math
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import yaml

from hub_config import environments, settings
from hub_config.environments import Environment
from hub_config.workshop import Workshop

ANNOTATIONS, PICTURES, CLASSES, ROUNDS = 200_000, 3000, 20, 5
WIDTH, HEIGHT = 1920, 1080
DATUMARO = Environment("datumaro", (), 0.6, ("datumaro==1.13.12",), compiled=False)
ROOM = 2**30
NEAR = 2e-6
"""Datumaro writes six digits."""
MEASURED = """
import json, resource, sys, time
{load}
began, worked = time.perf_counter(), time.process_time()
{work}
seconds = time.perf_counter() - began
print(json.dumps([seconds, time.process_time() - worked, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
OURS = {
    "load": "from imagine_widgets import formats; formats.formats()",
    "work": "formats.convert(sys.argv[1] + '/annotations/instances_train.json', sys.argv[2], 'yolo')",
}
THEIRS = {
    "load": "from datumaro import Dataset",
    "work": "Dataset.import_from(sys.argv[1], 'coco_instances').export(sys.argv[2], 'yolo', save_media=False)",
}


def main():
    house = settings.load()
    workshop = Workshop(house)
    workshop.make_tools()
    if not environments.is_made(house, DATUMARO):
        print("making the environment of datumaro", flush=True)
        workshop.make(DATUMARO)
    with tempfile.TemporaryDirectory(dir=roomy()) as folder:
        data = drawn(Path(folder, "coco"))
        ratios, on_the_clock = [], []
        for number in range(1, ROUNDS + 1):
            ours, theirs = Path(folder, f"ours_{number}"), Path(folder, f"theirs_{number}")
            seconds, worked, peak = measured(sys.executable, OURS, data, ours)
            other, other_worked, other_peak = measured(house.folders.python("datumaro"), THEIRS, data, theirs)
            ratios.append(other_worked / worked)
            on_the_clock.append(other / seconds)
            told = f"round {number}: ours {seconds:.2f} s ({worked:.2f} s of a processor), {peak:.0f} MB; "
            told += f"datumaro {other:.2f} s ({other_worked:.2f} s of a processor), {other_peak:.0f} MB"
            print(f"{told}; ratio {ratios[-1]:.2f}", flush=True)
            if number == 1:
                print(f"{same(ours, theirs):,} labels in {PICTURES:,} files are the same", flush=True)
    print(f"ratio: {median(ratios):.2f} (on the clock {median(on_the_clock):.2f})")


def roomy():
    """Where files lie in memory, if there is room for them."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > ROOM else None


def drawn(folder):
    """A COCO data set without its pictures: half of the annotations are boxes, half outlines of 4 to 14 corners."""
    chance = random.Random(11)
    names = [{"id": n + 1, "name": f"class {n}", "supercategory": "thing"} for n in range(CLASSES)]
    pictures = [{"id": n, "file_name": f"{n:05}.jpg", "width": WIDTH, "height": HEIGHT} for n in range(PICTURES)]
    rows = [annotation(chance, n) for n in range(ANNOTATIONS)]
    (folder / "images").mkdir(parents=True)
    (folder / "annotations").mkdir()
    told = {"info": {}, "images": pictures, "annotations": rows, "categories": names}
    (folder / "annotations" / "instances_train.json").write_text(json.dumps(told))
    return folder


def annotation(chance, number):
    wide, high = chance.uniform(5, 400), chance.uniform(5, 250)
    x, y = chance.uniform(0, WIDTH - 2 * wide), chance.uniform(0, HEIGHT - 2 * high)
    corners = [(x, y), (x + wide, y + high)]
    if outlined := number % 2:
        sides = chance.randint(4, 14)
        turns = [2 * math.pi * k / sides for k in range(sides)]
        corners = [(x + wide / 2 * (1 + math.cos(a)), y + high / 2 * (1 + math.sin(a))) for a in turns]
    corners = [(round(a, 2), round(b, 2)) for a, b in corners]
    left, top = map(min, zip(*corners, strict=True))
    right, bottom = map(max, zip(*corners, strict=True))
    return {
        "id": number + 1, "image_id": number % PICTURES, "category_id": chance.randint(1, CLASSES), "iscrowd": 0,
        "bbox": [left, top, round(right - left, 2), round(bottom - top, 2)], "area": wide * high,
        "segmentation": [[side for corner in corners for side in corner]] if outlined else [],
    }  # fmt: skip


def measured(python, how, data, target):
    program = MEASURED.format(**how)
    done = subprocess.run([python, "-c", program, data, target], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def same(ours, theirs):
    """How many labels the two folders hold; ends the program where they are not the same."""
    names = yaml.safe_load((ours / "data.yaml").read_text())["names"]
    others = (theirs / "obj.names").read_text().splitlines()
    files = sorted(path.name for path in (ours / "labels").iterdir())
    if files != sorted(path.name for path in (theirs / "obj_train_data").iterdir()):
        sys.exit("The two folders hold labels of different pictures.")
    found = 0
    for file in files:
        labels, mine = rows(ours / "labels" / file, names)
        other_labels, other = rows(theirs / "obj_train_data" / file, others)
        apart = np.abs(mine[:, None] - other[None]).max(axis=2)  # datumaro sorts them
        partners = apart.argmin(axis=1)
        paired = sorted(partners.tolist()) == list(range(len(other_labels))) and apart.min(axis=1).max() <= NEAR
        if not paired or [other_labels[n] for n in partners] != labels:
            sys.exit(f"{file}: the labels of the two are not the same.")
        found += len(labels)
    return found


def rows(path, names):
    parts = [line.split() for line in path.read_text().splitlines()]
    return [names[int(kind)] for kind, *_ in parts], np.array([sides for _, *sides in parts], float)


if __name__ == "__main__":
    main()
