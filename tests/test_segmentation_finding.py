"""Pixels by class in pictures of any size: tiles leave no trace, memory stays bounded, weights are what they claim."""

import itertools
import os
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch import nn

from imagine_kernels.images import Window, masks, segments
from imagine_kernels.records import Box, Quantity, Sample
from imagine_kernels.shapes import RotatedBox
from imagine_kernels.tasks import facts, outlines, segmentation, things
from imagine_kernels.tasks.segmentation import Segmenter
from imagine_kernels.tasks.strips import Strip
from imagine_kernels.tasks.things import Wanted
from imagine_kernels.use_case import Label, Model, Profile, Source

LABELS = (Label("valve", "Valve"), Label("outline", "Outline", counted=False))
MODEL = Model(
    *("valves", "Valves", "mobilenetv4_conv_small_035", LABELS, Profile(64, "grey"), "w.safetensors", "0" * 64),
    *(Source("", "", "", ""), (), ""),
    options={"decoder_channels": (16, 16, 16, 8, 8)},
    task="segmentation",
)
"""Small tiles, so that small pictures have many."""


class Levels(nn.Module):
    """A network that looks at nothing but the pixel: dark is nothing, grey a valve, bright its outline."""

    def forward(self, batch):
        grey = batch * 0.25 + 0.5
        return 40 * torch.cat([-((grey - level) ** 2) for level in (0.0, 0.5, 1.0)], 1)


@pytest.fixture(autouse=True)
def one_thread():
    """Threads that share a core wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def seeing(model=MODEL):
    """A segmenter that sees levels."""
    return Segmenter(model, model.sha256, Levels(), torch.device("cpu"))


@pytest.fixture(scope="module")
def untaught(tmp_path_factory):
    """A real network with weights in a file, and its facts."""
    file = tmp_path_factory.mktemp("weights") / "w.safetensors"
    data, digest = segmentation.packed(segmentation.begin(MODEL, seed=3))
    segmentation.write(data, file)
    return replace(MODEL, sha256=digest), file


def saved(folder, levels, name="a.png", **known):
    path = folder / name
    if name.endswith(".tif"):
        tifffile.imwrite(path, levels, tile=(128, 128))
    else:
        Image.fromarray(levels).save(path)
    return Sample(name, str(path), levels.shape[1], levels.shape[0], **known)


def noise(height, width, seed=0):
    """Clouds of grey with edges, so that every tile shows something."""
    small = Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8), dtype=np.uint8))
    return np.array(small.resize((width, height), Image.Resampling.BICUBIC))


def test_what_looks_at_pixels_alone_sees_the_same_in_tiles_and_whole(tmp_path):
    levels = noise(200, 300)
    found = seeing().probabilities(saved(tmp_path, levels))
    outputs = Levels()(torch.from_numpy((levels / 255 - 0.5) / 0.25).float()[None, None])
    assert found == pytest.approx(outputs.softmax(1)[0].permute(1, 2, 0).numpy(), abs=1e-4)


def test_any_window_shows_what_the_whole_shows_there(untaught, tmp_path):
    segmenter = segmentation.load(*untaught)
    sample = saved(tmp_path, noise(200, 300))
    whole = segmenter.probabilities(sample)
    assert whole.sum(2) == pytest.approx(1, abs=1e-5)
    for window in (Window(0, 0, 300, 200), Window(37, 91, 5, 3), Window(100, 0, 64, 200), Window(299, 199, 1, 1)):
        rows, columns = slice(window.y, window.y + window.height), slice(window.x, window.x + window.width)
        assert segmenter.probabilities(sample, window) == pytest.approx(whole[rows, columns], abs=1e-5)
        assert segmenter.class_map(sample, window).shape == (window.height, window.width)
    with pytest.raises(ValueError, match="300 × 200 pixels, and the window"):
        segmenter.class_map(sample, Window(290, 0, 20, 20))


def test_a_tile_has_the_same_scores_alone_and_among_others(untaught):
    segmenter = segmentation.load(*untaught)
    tiles = np.random.default_rng(0).integers(0, 255, (5, 64, 64, 1), dtype=np.uint8)
    among = segmenter.look(tiles)
    for number in range(5):
        assert segmenter.look(tiles[number : number + 1])[0] == pytest.approx(among[number], abs=1e-5)


def test_seams_are_no_steeper_than_what_lies_between(untaught, tmp_path):
    segmenter = segmentation.load(*untaught)
    scores = segmenter.probabilities(saved(tmp_path, noise(64, 1024)))
    steps = np.abs(np.diff(scores, axis=1)).mean((0, 2))
    borders = np.array([x + edge for x in range(0, 1024, 48) for edge in (0, 16) if 20 < x + edge < 1000])
    assert steps[borders].mean() < 1.3 * np.median(steps)


def test_picture_smaller_than_a_tile_and_one_pixel_high(untaught, tmp_path):
    segmenter = segmentation.load(*untaught)
    for shape in ((5, 9), (64, 64), (4, 200)):
        assert segmenter.class_map(saved(tmp_path, np.full(shape, 90, np.uint8))).shape == shape


def fields():
    """Valves with outlines: two that touch, one across tiles, one that a thin bridge joins to nothing, one cut off."""
    levels = np.zeros((220, 260), np.uint8)
    rows, columns = np.mgrid[:220, :260]
    for y, x, half_y, half_x in ((40, 40, 30, 14), (40, 72, 30, 14), (150, 130, 12, 100), (219, 30, 20, 10)):
        away = np.hypot((rows - y) / half_y, (columns - x) / half_x)
        thin = np.hypot((rows - y) / (half_y - 4), (columns - x) / (half_x - 4))
        levels[away <= 1] = 255
        levels[thin <= 1] = 128
    return levels


RIM = replace(MODEL, options={"rim": "outline", "reach": 6, "least": 40})


def test_touching_things_are_told_apart_and_one_across_tiles_is_one(tmp_path):
    levels = fields()
    sample = saved(tmp_path, levels)
    found = seeing(RIM).find(sample)
    assert [region.label for region in found] == ["valve"] * 4
    seen = sum(masks.inside(region.shape, Window(0, 0, 260, 220)).astype(int) for region in found)
    assert (seen == (levels > 0)).all()
    assert all(0.9 < region.score <= 1 for region in found)
    turned = seeing(replace(RIM, options={**RIM.options, "shape": "rotated_box"})).find(sample)
    long = next(region.shape for region in turned if region.shape.width > 150)
    assert (long.x, long.y, long.width, long.height) == pytest.approx((130.5, 150.5, 201, 25), abs=1)
    assert long.angle == pytest.approx(0, abs=2)


def test_thin_bridge_joins_two_things_unless_they_have_cores(tmp_path):
    levels = np.zeros((64, 200), np.uint8)
    levels[20:40, 20:60] = levels[20:40, 100:140] = levels[29:31, 60:100] = 128
    sample = saved(tmp_path, levels)
    plain = replace(MODEL, options={"least": 40})
    assert len(seeing(plain).find(sample)) == 1
    cored = seeing(replace(plain, options={"core": 3, "reach": 6, "least": 40})).find(sample)
    assert len(cored) == 2
    assert all(masks.area(region.shape) == pytest.approx(800, abs=20) for region in cored)


def test_things_are_the_same_however_the_strips_are_cut():
    scores = np.random.default_rng(4).random((90, 70, 3), dtype=np.float32)
    small = Image.fromarray(np.random.default_rng(5).integers(0, 3, (15, 12), dtype=np.uint8)).resize((70, 90))
    scores += 2 * np.eye(3, dtype=np.float32)[np.asarray(small)]
    for wanted in (Wanted(1), Wanted(1, 2, 5), Wanted(1, 2, 7, 2, 20), Wanted(2, None, 4, 1)):
        whole = things.things([Strip(0, 0, scores)], wanted)
        assert whole
        for cuts in ((1, 2, 3, 50), tuple(range(1, 90)), (37,)):
            ends = (0, *cuts, 90)
            parts = things.things((Strip(0, a, scores[a:b]) for a, b in itertools.pairwise(ends)), wanted)
            seen = [[(thing.pixels, masks.of_runs(thing.runs)) for thing in some] for some in (parts, whole)]
            assert seen[0] == seen[1]


def test_turned_box_is_the_smallest_around():
    for angle in (-80, -45, -10, 0, 25, 60, 90):
        drawn = RotatedBox(100, 90, 120, 40, angle)
        mask = masks.encode(masks.inside(drawn, Window(0, 0, 200, 200)))
        found = outlines.box(masks.runs(masks.inside(mask, Window(0, 0, 200, 200))), 1.0)
        assert (found.x, found.y, found.width, found.height) == pytest.approx((100, 90, 120, 40), abs=2)
        assert (found.angle - angle + 90) % 180 == pytest.approx(90, abs=2)


def test_sample_of_another_scale_is_seen_at_the_models_and_drawn_at_its_own(tmp_path):
    model = replace(RIM, profile=Profile(64, "grey", pixel_size_um=1.0))
    levels = fields()
    large = np.kron(levels, np.ones((3, 3), np.uint8))
    plain = seeing(model).find(saved(tmp_path, levels, pixel_size=Quantity(1.05, "micrometer")))
    sample = saved(tmp_path, large, "large.png", pixel_size=Quantity(1 / 3, "micrometer"))
    found = seeing(model).find(sample)
    assert len(found) == len(plain) == 4
    for small, big in zip(plain, found, strict=True):
        assert masks.area(big.shape) == pytest.approx(9 * masks.area(small.shape), rel=0.05)
        assert (big.shape.x, big.shape.y) == pytest.approx((3 * small.shape.x, 3 * small.shape.y), abs=12)
    assert (seeing(model).class_map(sample) > 0).mean() == pytest.approx((large > 0).mean(), abs=0.01)
    with pytest.raises(ValueError, match=r"0\.05 µm, and the model was taught with pixels of 1 µm"):
        seeing(model).find(replace(sample, pixel_size=Quantity(50, "nanometer")))


def test_crop_of_a_collage_is_a_sample_like_any_other(tmp_path):
    levels = fields()
    sample = replace(saved(tmp_path, levels), crop=Box(30, 100, 230, 90), width=230, height=90)
    found = seeing(RIM).find(sample)
    seen = sum(masks.inside(region.shape, Window(0, 0, 230, 90)).astype(int) for region in found)
    assert (seen == (levels[100:190, 30:260] > 0)).all()


def test_memory_is_that_of_a_row_of_tiles_and_never_of_the_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(segments, "_KEPT", 2**18)  # the reader's own 64 MB would hide what is measured here
    short, tall = (saved(tmp_path, noise(high, 512), f"{high}.tif") for high in (512, 4096))
    segmenter, peaks = seeing(RIM), []
    for sample in (short, tall):
        tracemalloc.start()
        segmenter.write_map(sample, tmp_path / "map.tif")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert tifffile.imread(tmp_path / "map.tif").shape == (sample.height, sample.width)
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 4096 * 512 * 3  # not even a byte for each score
    assert [file.name for file in tmp_path.iterdir() if "part" in file.name] == []


def test_map_that_cannot_be_finished_leaves_nothing(tmp_path):
    sample = saved(tmp_path, noise(64, 64))
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"a\.png"):
        seeing().write_map(sample, tmp_path / "map.tif")
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_weights_of_another_model_or_file_are_refused(untaught, tmp_path):
    model, file = untaught
    with pytest.raises(ValueError, match="is not the file the model valves was measured with"):
        segmentation.load(replace(model, sha256="1" * 64), file)
    with pytest.raises(ValueError, match="do not fit"):
        segmentation.load(replace(model, architecture="lcnet_050"), file)
    with pytest.raises(FileNotFoundError):
        segmentation.load(model, tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"architecture": "no_such_net"}, "cannot be built"),
        ({"options": {"decoder": "pickle"}}, "decoder"),
        ({"options": {"rim": "halo"}}, "no class 'halo'"),
        ({"options": {"shape": "star"}}, "cannot draw 'star'"),
        ({"options": {"reach": -1}}, "reach"),
        ({"options": {"weights": "https://x"}}, "not allowed"),
        ({"profile": Profile(100)}, "multiple of 32"),
    ],
)
def test_facts_that_make_no_network_are_a_sentence(changed, words):
    with pytest.raises(ValueError, match=words):
        segmentation.build(replace(MODEL, **changed))


def test_facts_travel_as_a_file(tmp_path):
    facts.write(RIM, tmp_path / "w.json")
    assert facts.read(tmp_path / "w.json") == RIM


def test_warm_process_holds_it_without_a_thread_and_says_the_same(untaught, tmp_path):
    """In a process of its own: this one has threads already."""
    model, file = untaught
    facts.write(model, file.with_suffix(".json"))
    np.save(tmp_path / "tile.npy", np.random.default_rng(0).integers(0, 255, (1, 64, 64, 1), dtype=np.uint8))
    program = (
        "import sys, threading, os, numpy as np\nfrom pathlib import Path\n"
        "from imagine_kernels.tasks import facts, segmentation\n"
        "file, tile = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "model = facts.read(file.with_suffix('.json'))\n"
        "segmentation.preload(model, file)\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
        "assert len(os.listdir('/proc/self/task')) == 1, os.listdir('/proc/self/task')\n"
        "np.save(tile.with_name('seen.npy'), segmentation.load(model, file).look(np.load(tile)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(file), str(tmp_path / "tile.npy")],
        capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    here = segmentation.load(model, file).look(np.load(tmp_path / "tile.npy"))
    assert np.load(tmp_path / "seen.npy") == pytest.approx(here, abs=1e-5)
    assert threading.active_count() >= 1


def test_starter_lends_what_it_knows_to_classes_of_the_same_name(untaught):
    starter = segmentation.load(*untaught)
    wider = replace(MODEL, labels=(Label("girdle", "Girdle"), *LABELS))
    network = segmentation.begin(wider, seed=1, starter=starter)
    head, old = network.segmentation_head[0].weight, starter.network.segmentation_head[0].weight
    assert torch.equal(head[[0, 2, 3]], old)
    assert not torch.equal(head[1], old[1])
    with pytest.raises(ValueError, match="another architecture"):
        segmentation.begin(replace(MODEL, architecture="lcnet_050"), seed=1, starter=starter)
