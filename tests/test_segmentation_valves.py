"""The finder of valves: how much it finds on drawn fields, that tiles leave no trace in what it says, a real field."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from imagine_kernels import evaluate_masks, use_case
from imagine_kernels.predict import load, predict
from imagine_kernels.records import Quantity
from imagine_kernels.sources import open_samples
from imagine_kernels.use_cases.diatoms import samples as maker

CASE = use_case.get("diatoms")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that share a core wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    return open_samples(maker.make_fields(tmp_path_factory.mktemp("fields"), 2, seed=77))


def test_valves_of_drawn_fields_are_found_with_few_others(fields):
    found, skipped = evaluate_masks.examine(load(CASE, "valves"), fields.samples, fields.annotations)
    assert not skipped
    assert found.things.overall.true > 15
    assert found.things.overall.recall.value > 0.7
    assert found.things.overall.precision.value > 0.7
    assert found.iou["valve"].value > 0.8


def test_tiles_say_what_one_look_at_the_whole_field_says(fields):
    """1024 pixels of 0.1 µm are 512 of the model's: nine tiles, or one of twice the side."""
    tiled = load(CASE, "valves")
    whole = replace(tiled, model=replace(tiled.model, profile=replace(tiled.model.profile, size=512)))
    sample = fields.samples[0]
    ours, theirs = tiled.probabilities(sample), whole.probabilities(sample)
    assert np.abs(ours - theirs).mean() < 0.02
    assert (ours.argmax(2) == theirs.argmax(2)).mean() > 0.97
    assert abs(len(tiled.find(sample)) - len(whole.find(sample))) <= 1


def test_real_field_shows_valves_at_its_own_scale(real_data):
    collection = open_samples(real_data / "08_diatoms/diamorph_fields/43.png")
    sample = replace(collection.samples[0], pixel_size=Quantity(0.2, "micrometer"))
    (prediction,) = predict(CASE, [sample], "valves", progress=False).predictions
    boxes = [region.shape for region in prediction.regions]
    for x, y in ((406, 305), (137, 265), (224, 334), (358, 222)):  # valves that lie alone
        near = [box for box in boxes if np.hypot(box.x - x, box.y - y) < 20]
        assert near, f"no valve at {x}, {y}"
        assert all(20 < box.width < 160 for box in near)
