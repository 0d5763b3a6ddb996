"""Detectors on drawn discs: they learn, find in windows what they find in one look, and load only what they claim."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from skimage.measure import label, regionprops
from torch import nn

from imagine_kernels import use_case
from imagine_kernels.evaluate_shapes import evaluate
from imagine_kernels.images import overlaps
from imagine_kernels.predict import predict
from imagine_kernels.records import Annotation, Box, Quantity, Region, Sample
from imagine_kernels.sources import open_samples
from imagine_kernels.tasks import detection, facts, matching
from imagine_kernels.tasks.detection import augment, lesson, training, trust, windows
from imagine_kernels.tasks.detection.network import build
from imagine_kernels.tasks.views import View
from imagine_kernels.train import train
from imagine_kernels.use_case import Label, Model, Profile, Source

CASE = use_case.get("phytoplankton")
MODEL = Model(
    *("discs", "Discs", "test_resnet", (Label("disc", "Disc"),), Profile(64), "w.safetensors", "0" * 64),
    *(Source("", "", "", ""), (), ""),
    options={"width": 32, "layers": 2, "queries": 20, "window": 96},
    task="detection",
)
SIDE = 96


def discs(folder, count, seed, width=SIDE, height=SIDE, most=3):
    """Pictures of dark discs on grey grain, and the truth about them as YOLO labels."""
    order = np.random.default_rng(seed)
    for number in range(count):
        picture = Image.fromarray(order.normal(150, 8, (height, width, 3)).clip(0, 255).astype(np.uint8))
        drawn, rows = ImageDraw.Draw(picture), []
        for _ in range(int(order.integers(1, most + 1))):
            radius = order.uniform(8, 16)
            x, y = order.uniform(radius, width - radius), order.uniform(radius, height - radius)
            drawn.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(40, 50, 60))
            rows.append(f"0 {x / width} {y / height} {2 * radius / width} {2 * radius / height}")
        for kind, name in (("images", f"{number}.png"), ("labels", f"{number}.txt")):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            if kind == "images":
                picture.save(folder / kind / name)
            else:
                (folder / kind / name).write_text("\n".join(rows))
    (folder / "data.yaml").write_text("names: [disc]\n")
    return open_samples(folder)


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A detector taught for some seconds."""
    folder = tmp_path_factory.mktemp("discs")
    data = discs(folder / "data", 80, seed=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.Plan, "__init__", _hurried(training.Plan.__init__))
        return train(
            CASE, data.samples, data.annotations, model=MODEL, scratch=True, epochs=EPOCHS, folder=folder / "out",
            progress=False,
        )  # fmt: skip


EPOCHS = 12


def _hurried(made):
    def hurried(self, epochs, **options):
        made(self, epochs, **{"rate": 4e-3, "average": 0.97, **options})

    return hurried


@pytest.fixture(scope="module")
def detector(taught):
    return detection.load(taught.model, taught.weights)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return discs(tmp_path_factory.mktemp("fresh"), 30, seed=7)


def precision(finder, data):
    """The average precision at an overlap of 0.5."""
    found = [finder.at(detection.LEAST).find(sample) for sample in data.samples]
    judged = matching.judge(found, [annotation.regions for annotation in data.annotations], ["disc"])
    return judged.precisions[0][0]


def test_some_seconds_of_teaching_find_discs_and_none_finds_nothing(detector, fresh):
    untaught = replace(detector, network=build(MODEL).eval())
    assert precision(untaught, fresh) < 0.1
    assert precision(detector, fresh) > 0.4


def test_what_is_kept_says_how_good_it_is_and_loads_by_its_file_alone(taught, fresh):
    assert {figure.name for figure in taught.model.figures} == {"AP50", "AP50-95", "precision", "recall", "f1"}
    assert taught.evaluation.count == 16
    assert taught.metrics["ap50"] == taught.model.figures[0].value
    assert facts.beside(taught.weights) == taught.model
    assert taught.model.command.startswith("imagine train phytoplankton DATA --model discs --scratch")
    run = predict(CASE, fresh.samples, weights=taught.weights, progress=False)
    assert [p.sample_id for p in run.predictions] == [s.id for s in fresh.samples]
    regions = [region for p in run.predictions for region in p.regions]
    assert all(region.score >= taught.model.reject_below for region in regions)
    figures = evaluate(run.predictions, fresh.annotations, ["disc"], threshold=taught.model.reject_below).overall
    assert figures.f1.low <= figures.f1.value <= figures.f1.high
    assert figures.f1.value > 0.4


class Dark(nn.Module):
    """A network that finds what is dark, with the box around it: what windows do to it is all that can go wrong."""

    def forward(self, batch):
        logits, boxes = torch.full((len(batch), 30, 1), -50.0), torch.full((len(batch), 30, 4), 0.5)
        for n, square in enumerate(batch[:, 0]):
            for q, part in enumerate(regionprops(label(square.numpy() < -1.0))):
                top, left, bottom, right = part.bbox
                logits[n, q] = 5.0
                boxes[n, q] = torch.tensor([left + right, top + bottom, 2 * (right - left), 2 * (bottom - top)]) / 2
        return logits, torch.where(logits > 0, boxes / batch.shape[-1], boxes)


@pytest.mark.parametrize(("size", "least"), [(96, 0.999), (64, 0.7), (128, 0.7)])
def test_large_picture_shows_each_thing_once_and_whole_wherever_windows_cut_it(tmp_path, size, least):
    order, drawn = np.random.default_rng(2), []
    picture = Image.new("RGB", (610, 433), (150, 150, 150))
    for x, y in ((x, y) for x in range(30, 550, 62) for y in range(30, 370, 62)):
        wide, tall = order.uniform(6, 52, 2)
        corner = x + order.uniform(-4, 0), y + order.uniform(-4, 0)
        box = [round(side) for side in (*corner, corner[0] + wide, corner[1] + tall)]
        ImageDraw.Draw(picture).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=(20, 20, 20))
        drawn.append(Box(box[0], box[1], box[2] - box[0], box[3] - box[1]))
    picture.save(tmp_path / "a.png")
    model = replace(MODEL, profile=Profile(size))
    finder = detection.Detector(model, "", Dark(), torch.device("cpu"))
    found = finder.find(Sample("a", str(tmp_path / "a.png"), 610, 433))
    assert len(found) == len(drawn)
    shared = overlaps.matrix([region.shape for region in found], drawn)
    assert shared.max(0).min() > least


def test_large_picture_is_searched_about_as_well_as_small_ones(detector, fresh, tmp_path):
    large = discs(tmp_path, 3, seed=3, width=230, height=180, most=6)
    assert precision(detector, large) > precision(detector, fresh) - 0.25


def test_windows_are_read_one_after_the_other(detector, tmp_path, monkeypatch):
    (sample,) = discs(tmp_path, 1, seed=1, width=500, height=300).samples
    read = []
    plain = View.read
    monkeypatch.setattr(View, "read", lambda view, window: read.append(window) or plain(view, window))
    with View(sample, MODEL.profile) as view:
        rest = windows.squares(view, MODEL)
        next(rest)
        assert len(read) == 1
        assert sum(1 for _ in rest) + 1 == len(read) > 20
    assert all(window.width == window.height == SIDE for window in read)


def test_square_says_the_same_alone_and_among_others(detector, fresh):
    seen = []
    for sample in fresh.samples[:5]:
        with View(sample, MODEL.profile) as view:
            seen += [square.pixels for square in windows.squares(view, MODEL)]
    together, alone = detector.outputs(seen)[0], [detector.outputs([square])[0][0] for square in seen]
    assert np.sort(together, 1) == pytest.approx(np.sort(np.stack(alone), 1), abs=1e-3)


def test_boxes_stay_inside_crops_of_other_scales(detector, fresh):
    sample = fresh.samples[0]
    scaled = replace(detector.model, profile=Profile(64, pixel_size_um=2.0))
    cut = replace(sample, crop=Box(10, 20, 70, 60), width=70, height=60, pixel_size=Quantity(1.0, "micrometer"))
    for model in (detector.model, scaled):
        for region in replace(detector, model=model).at(0.0).find(cut):
            box = region.shape
            assert 0 <= box.x < box.x + box.width <= 70
            assert 0 <= box.y < box.y + box.height <= 60


def test_scores_are_shares_of_right_finds_and_the_threshold_is_the_best(detector, fresh):
    found = [detector.at(0.0).find(sample) for sample in fresh.samples]
    judged = matching.judge(found, [annotation.regions for annotation in fresh.annotations], ["disc"])
    scores, right = judged.every()
    assert abs(scores.mean() - right.mean()) < 0.15
    assert trust.best(np.array([0.9, 0.8, 0.4, 0.2]), np.array([True, True, False, False]), 2) == pytest.approx(0.6)


def test_other_bytes_are_refused_with_both_sums(taught, tmp_path):
    other = tmp_path / "w.safetensors"
    other.write_bytes(taught.weights.read_bytes()[:-1] + b"x")
    for load in (detection.load, detection.preload):
        with pytest.raises(ValueError, match=rf"its sha256 is .*{taught.model.sha256[:12]}.* was expected"):
            load(taught.model, other)
    wider = replace(taught.model, options={**taught.model.options, "width": 64})
    with pytest.raises(ValueError, match="do not fit test_resnet"):
        detection.load(wider, taught.weights)


def test_warm_process_holds_it_without_a_thread_or_the_network_and_says_the_same(taught, detector, tmp_path):
    square = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    np.save(tmp_path / "square.npy", square)
    program = (
        "import sys, socket, threading, os, numpy as np\nfrom pathlib import Path\n"
        "def refuse(*_): raise AssertionError('the network was asked')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from imagine_kernels.tasks import detection, facts\n"
        "file, square = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "detection.preload(facts.beside(file), file)\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
        "assert len(os.listdir('/proc/self/task')) == 1, os.listdir('/proc/self/task')\n"
        "found = detection.load(facts.beside(file), file).outputs([np.load(square)])\n"
        "np.save(square.with_name('seen.npy'), found[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(taught.weights), str(tmp_path / "square.npy")],
        capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "seen.npy") == pytest.approx(detector.outputs([square])[0], abs=1e-3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"architecture": "hf-hub:somebody/model"}, "not a network of this house"),
        ({"architecture": "no_such_net"}, "backbone 'no_such_net'"),
        ({"options": {"checkpoint_path": "/etc/passwd"}}, "options that are not allowed"),
        ({"options": {"width": 100000}}, "needs width from 32 to 512, not 100000"),
        ({"options": {"queries": "300"}}, "needs queries from 10 to 1000"),
        ({"options": {"shift": "x"}}, "needs a shift of its scores"),
        ({"profile": Profile(100)}, "multiple of 32 pixels"),
    ],
)
def test_facts_of_strangers_ask_for_nothing_else(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(replace(MODEL, **change))


def test_starter_lends_what_it_knows_to_classes_of_the_same_name(detector):
    wider = replace(MODEL, labels=(Label("ring", "Ring"), Label("disc", "Disc")))
    network, old = detection.begin(wider, 1, detector).state_dict(), detector.network.state_dict()
    head = next(name for name in old if name.endswith("class_embed.1.weight"))
    assert torch.equal(network[head][1], old[head][0])
    body = next(name for name in old if "backbone" in name and name.endswith("weight"))
    assert torch.equal(network[body], old[body])


def test_boxes_move_with_what_they_surround():
    squares, draw = torch.zeros(16, 1, 64, 64), torch.Generator().manual_seed(0)
    squares[:, :, 20:36, 30:50] = 1.0
    targets = [{"boxes": torch.tensor([[40 / 64, 28 / 64, 20 / 64, 16 / 64]]), "class_labels": torch.tensor([0])}] * 16
    varied = augment.vary(squares, targets, draw, augment.Variety(light=0.0))
    joined = augment.joined(squares, targets, draw)
    for moved, found in (varied, joined):
        seen = 0
        for picture, target in zip(moved[:, 0], found, strict=True):
            for x, y, width, height in (target["boxes"] * 64).tolist():
                inside = picture[
                    round(y - height / 2) : round(y + height / 2), round(x - width / 2) : round(x + width / 2)
                ]
                seen += 1
                assert inside.mean() > 0.8
            assert len(target["boxes"]) or picture.max() < 0.5 or (picture > 0.5).sum() < 0.4 * 16 * 20 * 1.5**2
        assert seen >= 16


def test_lesson_holds_every_window_with_a_thing_and_pictures_without_any(tmp_path):
    data = discs(tmp_path, 2, seed=5, width=200, height=96, most=4)
    truth = {a.sample_id: a.regions for a in data.annotations}
    truth[data.samples[1].id] = ()
    told = lesson.prepare(data.samples, truth, MODEL, progress=False)
    assert {square.sample for square in told.squares if len(square.boxes)} == {0}
    assert any(square.sample == 1 for square in told.squares)
    assert all(box.min() >= 0 and box.max() <= 1 for square in told.squares for box in square.boxes)
    with pytest.raises(ValueError, match=r"hold none\. Draw boxes"):
        lesson.prepare(data.samples, dict.fromkeys(truth, ()), MODEL, progress=False)
    free = replace(MODEL, options={})
    assert lesson.fitted(free, [Sample("a", "a", 200, 96)]).options["window"] == 200
    assert lesson.fitted(free, [Sample("a", "a", 4000, 96)]).options["window"] == 256


def test_interrupted_training_keeps_what_was_learned(tmp_path, monkeypatch):
    data = discs(tmp_path, 6, seed=5)
    steps = []
    plain = training._step

    def interrupted(*told):
        if len(steps) == 2:
            raise KeyboardInterrupt
        steps.append(plain(*told))
        return steps[-1]

    monkeypatch.setattr(training, "_step", interrupted)
    said = [Annotation(a.sample_id, a.regions, "ana") for a in data.annotations]
    kept = train(CASE, data.samples, said, model=MODEL, scratch=True, epochs=1, folder=tmp_path, progress=False)
    assert kept.weights.is_file()
    assert detection.load(kept.model, kept.weights).model == kept.model


def test_options_of_other_tasks_are_refused(tmp_path):
    with pytest.raises(ValueError, match="draws boxes around things: --forest, --back-off cannot be used"):
        train(CASE, [], [], model=MODEL, scratch=True, forest=True, back_off=0.1, folder=tmp_path)


def test_class_that_the_model_lacks_becomes_one_of_it(tmp_path):
    data = discs(tmp_path, 2, seed=5)
    said = [replace(a, regions=(*a.regions, Region("ring", None, Box(5, 5, 20, 20)))) for a in data.annotations]
    names = lesson.classes({a.sample_id: a.regions for a in said}.values())
    assert names == ["disc", "ring"]
