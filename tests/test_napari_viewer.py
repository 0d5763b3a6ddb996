"""A real window of napari on a screen of its own: what is drawn in it comes back as regions."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def screen():
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1000x700x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="module")
def seen(screen, tmp_path_factory):
    folder = tmp_path_factory.mktemp("napari")
    sea = np.zeros((120, 200, 3), np.uint8)
    sea[:, :, 2] = np.linspace(60, 200, 200)
    Image.fromarray(sea).save(folder / "sea.png")
    script = Path(__file__).with_name("napari_window.py")
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(folder), "DISPLAY": screen, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, script, folder], env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads((folder / "said.json").read_text())


def test_what_a_person_draws_in_the_window_comes_back_beside_what_was_there(seen):
    regions = seen[1]["regions"]
    assert [region["id"] for region in regions[:3]] == ["box", "mask", "point"]
    drawn = next(region for region in regions[3:] if region["shape"]["kind"] == "Polygon")
    assert drawn["shape"]["points"] == [[100.5, 80.5], [100.5, 110.5], [140.5, 110.5]]


def test_a_class_that_is_chosen_is_that_of_what_is_selected_and_of_what_is_drawn_next(seen):
    labels = {region["shape"]["kind"]: region["label"] for region in seen[1]["regions"]}
    assert (labels["Box"], labels["Polygon"]) == ("fish", "eel")
    assert [r["label"] for r in seen[1]["regions"] if r["shape"]["kind"] == "Point"] == ["eye", "eel"]


def test_the_window_shows_picture_mask_and_shapes(seen):
    folder, said = seen
    shown = np.asarray(Image.open(folder / "window.png").convert("RGB")).astype(int)
    is_sea = (shown[:, :, 2] > 55) & (shown[:, :, :2].max(axis=2) < 8)
    assert is_sea.mean() > 0.2
    assert said["colours"] > 50
    is_line = np.abs(shown - [0, 114, 178]).max(axis=2) < 40
    assert is_line.any()
