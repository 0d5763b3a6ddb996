"""Models of pixels are taught from painted folders, examined on pictures they have not seen, and told in figures."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from imagine_kernels import evaluate_masks, use_case
from imagine_kernels.images import Window, masks
from imagine_kernels.predict import load, predict
from imagine_kernels.records import Annotation, Region
from imagine_kernels.shapes import Box, Point, Polygon
from imagine_kernels.sources import open_samples
from imagine_kernels.sources.masks import UNJUDGED
from imagine_kernels.tasks import facts, painting, pixel_training, segmentation
from imagine_kernels.tasks.views import View
from imagine_kernels.train import train, train_folder
from imagine_kernels.truth import latest
from imagine_kernels.use_case import Label, Model, Profile, Source

MODEL = Model(
    *("shore", "Shore", "mobilenetv4_conv_small_035", (Label("water", "Water", key="1"),), Profile(64, "grey")),
    *("w.safetensors", "0" * 64, Source("", "", "", ""), (), ""),
    options={"decoder_channels": (32, 24, 16, 8, 8)},
    task="segmentation",
)
CASE = use_case.get("phytoplankton")


@pytest.fixture(autouse=True)
def one_thread():
    """Threads that share a core wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def shores(tmp_path_factory):
    """Smooth water beside grained sand of the same mean grey, along a crooked shore; the truth is in `masks`."""
    root, rng = tmp_path_factory.mktemp("shores"), np.random.default_rng(0)
    (root / "images").mkdir()
    (root / "masks").mkdir()
    rows, columns = np.mgrid[:128, :128]
    for number in range(10):
        angle, level = rng.uniform(0, 2 * np.pi, 2)
        side = np.cos(angle) * (columns - 64) + np.sin(angle) * (rows - 64) + 12 * np.sin(rows / 15 + level)
        water = side > rng.uniform(-15, 15)
        grey = 128 + rng.normal(0, 1, (128, 128)) * np.where(water, 3, 40)
        Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(root / f"images/{number}.png")
        Image.fromarray(np.where(water, 255, 0).astype(np.uint8)).save(root / f"masks/{number}.png")
    (root / "classes.txt").write_text("water\n")
    return root


@pytest.fixture(scope="module")
def trained(shores, tmp_path_factory):
    torch.set_num_threads(1)
    found, folder = open_samples(shores), tmp_path_factory.mktemp("models")
    return train(
        CASE, found.samples, found.annotations, model=MODEL, folder=folder, scratch=True, epochs=5, progress=False
    )


def test_a_short_training_learns_to_tell_water_from_sand(trained):
    assert trained.history[-1].loss < trained.history[0].loss
    assert trained.evaluation.count == 2
    assert trained.evaluation.mean_iou.value > 0.6
    assert trained.metrics["iou.water"] == trained.evaluation.iou["water"].value
    named = {figure.name: figure for figure in trained.model.figures}
    assert named["mean IoU"].value == trained.evaluation.mean_iou.value
    assert "held out" in named["mean IoU"].split
    assert trained.model.command.startswith("imagine train phytoplankton DATA --model shore --scratch")


def test_what_was_learned_is_loaded_from_its_files_alone(trained, shores):
    assert facts.read(trained.weights.with_suffix(".json")) == trained.model
    found = open_samples(shores)
    run = predict(CASE, found.samples, weights=trained.weights, progress=False)
    assert len(run.predictions) == 10
    again = predict(CASE, found.samples[:1], weights=trained.weights, progress=False)
    assert [region.shape for region in again.predictions[0].regions] == [r.shape for r in run.predictions[0].regions]
    assert {region.label for prediction in run.predictions for region in prediction.regions} == {"water"}
    whole = load(CASE, weights=trained.weights)
    figures, skipped = evaluate_masks.examine(whole, found.samples, found.annotations)
    assert not skipped
    assert figures.iou["water"].value > 0.6


def test_training_goes_on_from_weights_and_takes_a_new_class_in(trained, shores, tmp_path):
    found = open_samples(shores)
    said = []
    for annotation in found.annotations:
        said += [replace(annotation, regions=(*annotation.regions, Region("buoy", shape=Box(60, 60, 8, 8))))]
    more = train(CASE, found.samples, said, weights=trained.weights, folder=tmp_path, epochs=1, progress=False)
    assert more.model.label_names == ("water", "buoy")
    assert more.evaluation.iou["water"].value > 0.5
    assert more.parameters["start"].startswith(trained.model.name)


def test_other_classes_than_those_of_a_model_of_things_make_a_plain_one(shores, tmp_path):
    labels = (Label("valve", "Valve", key="1"), Label("outline", "Outline", key="2", counted=False))
    options = {**MODEL.options, "rim": "outline", "reach": 6, "widen": 3, "shape": "rotated_box"}
    model, found = replace(MODEL, labels=labels, options=options, reject_below=0.9), open_samples(shores)
    made = train(
        CASE, found.samples, found.annotations, model=model, folder=tmp_path, scratch=True, epochs=1, progress=False
    )
    assert made.model.label_names == ("water",)
    assert dict(made.model.options) == dict(MODEL.options)
    assert made.evaluation.things is None
    run = predict(CASE, found.samples[:2], weights=made.weights, progress=False)
    assert not run.skipped


def test_whole_runs_are_held_out_where_names_tell_them(shores, tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        for file in (shores / kind).iterdir():
            run = "day1" if int(file.stem) < 5 else "day2"
            (tmp_path / kind / f"{run}_{file.name}").write_bytes(file.read_bytes())
    found = open_samples(tmp_path)
    made = train(
        CASE, found.samples, found.annotations, model=MODEL, folder=tmp_path / "out", scratch=True, epochs=1,
        runs="(.*)_", progress=False,
    )  # fmt: skip
    assert made.parameters["split"] == "1 of 2 runs held out"
    assert made.evaluation.count == 5


def test_what_cannot_be_learned_from_is_a_sentence(shores, tmp_path, monkeypatch):
    found = open_samples(shores)

    def teach(annotations, **options):
        train(CASE, found.samples, annotations, model=MODEL, folder=tmp_path, scratch=True, progress=False, **options)

    with pytest.raises(ValueError, match="--forest cannot be used"):
        teach(found.annotations, forest=True)
    with pytest.raises(ValueError, match="no picture with a mask can be read"):
        teach([])
    with pytest.raises(ValueError, match="all pixels are of one class"):
        teach([Annotation(found.samples[0].id, (), "me")])
    monkeypatch.setattr(use_case, "get", lambda _: replace(CASE, models=(MODEL,)))
    Image.new("L", (64, 64)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"has no labels: .*masks"):
        train_folder("shore", tmp_path)
    assert not list(tmp_path.glob("*.safetensors"))


def test_points_teach_nothing_and_are_left_out_with_a_sentence(shores):
    found = open_samples(shores)
    truth = latest(found.annotations)
    truth = {**truth, found.samples[0].id: (Region("water", shape=Point(3, 3)),)}
    gallery = painting.prepare(found.samples, truth, MODEL, progress=False)
    assert len(gallery.samples) == 9
    assert "has no area" in gallery.skipped[0].why


def test_smaller_regions_lie_on_larger_ones_and_unjudged_pixels_do_not_count(shores):
    sample = open_samples(shores).samples[0]
    model = replace(MODEL, labels=(*MODEL.labels, Label("buoy", "Buoy")))
    drawn = (
        Region("buoy", shape=Box(10, 10, 5, 5)),
        Region("water", shape=Polygon(((0, 0), (64, 0), (64, 64), (0, 64)))),
        Region(UNJUDGED, shape=masks.encode(np.ones((2, 128), bool), 0, 126)),
    )
    kinds = painting.prepare([sample], {sample.id: drawn}, model, progress=False).pieces[0].kinds
    counts = np.bincount(kinds.ravel(), minlength=256)
    assert (counts[1], counts[2], counts[255]) == (64 * 64 - 25, 25, 256)
    assert counts.sum() == 128 * 128
    outputs = torch.zeros(1, 3, 128, 128)
    right = torch.from_numpy(kinds[None].astype(np.int64))
    wrong = outputs.clone()
    wrong[:, 2, 126:] = 50  # said of pixels that nobody judged
    assert pixel_training.loss(wrong, right) == pixel_training.loss(outputs, right)


def test_rim_is_widened_inwards_the_same_in_every_window(shores):
    sample = open_samples(shores).samples[0]
    labels = (Label("valve", "Valve"), Label("outline", "Outline", counted=False))
    model = replace(MODEL, labels=labels, options={"rim": "outline", "widen": 3})
    drawn = (Region("outline", shape=Box(20, 20, 60, 40)), Region("valve", shape=Box(22, 22, 56, 36)))
    with View(sample, model.profile) as view:
        whole = painting.kinds(drawn, view, Window(0, 0, 128, 128), model)
        assert (whole[20:60, 20:80] > 0).all()
        assert (whole > 0).sum() == 60 * 40
        assert (whole[25:55, 25:75] == 1).all()
        assert (whole == 1).sum() == 50 * 30
        for window in (Window(0, 21, 128, 3), Window(23, 24, 30, 60), Window(25, 25, 1, 1)):
            rows, columns = slice(window.y, window.y + window.height), slice(window.x, window.x + window.width)
            assert (painting.kinds(drawn, view, window, model) == whole[rows, columns]).all()


def test_crops_keep_pictures_and_masks_together():
    rng = np.random.default_rng(0)
    kinds = (rng.random((9, 14)) < 0.5).astype(np.uint8).repeat(10, 0).repeat(10, 1)
    piece = painting.Piece(0, kinds[:, :, None] * 200, kinds)
    for _ in range(20):
        pixels, crop = pixel_training._crop([piece], 96, rng)
        assert pixels.shape == (96, 96, 1)
        assert ((pixels[:, :, 0] > 100) == (crop == 1)).mean() > 0.97


def matrices():
    """Two pictures of three classes, people's first."""
    return np.array([[[50, 5, 0], [10, 30, 0], [0, 0, 5]], [[80, 0, 0], [0, 15, 5], [0, 0, 0]]])


def test_figures_of_masks_are_those_counted_by_hand():
    found = evaluate_masks.figures(matrices(), ("nothing", "water", "buoy"))
    assert found.iou["water"].value == pytest.approx(45 / (60 + 50 - 45))
    assert found.f1["water"].value == pytest.approx(90 / 110)
    assert found.recall["water"].value == pytest.approx(45 / 60)
    assert found.precision["buoy"].value == pytest.approx(5 / 10)
    assert found.mean_iou.value == pytest.approx((45 / 65 + 5 / 10) / 2)
    assert found.accuracy.value == pytest.approx(180 / 200)
    assert found.confusion[1] == (10, 45, 5)
    for interval in (found.accuracy, found.mean_iou, *found.iou.values(), *found.f1.values()):
        assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_intervals_of_figures_are_those_of_pictures_not_of_pixels():
    one = np.array([[90, 10], [10, 90]])
    other = np.array([[60, 40], [40, 60]])
    mixed = evaluate_masks.figures(np.stack([one, other] * 10), ("nothing", "water"))
    even = evaluate_masks.figures(np.stack([one + other] * 20), ("nothing", "water"))
    assert even.accuracy.high - even.accuracy.low < 1e-9  # every picture alike: nothing to doubt
    assert 0.05 < mixed.accuracy.high - mixed.accuracy.low < 0.2
    days = [f"day{n % 2}" for n in range(20)]
    grouped = evaluate_masks.figures(np.stack([one, other] * 10), ("nothing", "water"), days)
    assert grouped.accuracy.high - grouped.accuracy.low > 2 * (mixed.accuracy.high - mixed.accuracy.low)


def test_class_that_occurs_nowhere_has_no_figure_and_one_only_found_counts_against():
    found = evaluate_masks.figures(np.array([[[9, 1, 0], [0, 0, 0], [0, 0, 0]]]), ("nothing", "water", "buoy"))
    assert "buoy" not in found.iou
    assert found.iou["water"].value == 0.0
    assert found.metrics()["iou.water"] == 0.0


def test_models_that_tell_things_apart_are_examined_by_things(tmp_path):
    levels, truth = np.full((96, 128), 20, np.uint8), np.zeros((96, 128), np.uint8)
    for x in (10, 60):
        truth[20:60, x : x + 30], levels[20:60, x : x + 30] = 2, 255
        truth[24:56, x + 4 : x + 26], levels[24:56, x + 4 : x + 26] = 1, 128
    levels[70:90, 100:120] = 128  # what the model takes for a third valve
    for kind, array in (("images", levels), ("masks", truth)):
        (tmp_path / kind).mkdir()
        Image.fromarray(array).save(tmp_path / kind / "a.png")
    (tmp_path / "classes.txt").write_text("valve\noutline\n")

    class Levels(torch.nn.Module):
        def forward(self, batch):
            return 40 * torch.cat([-((batch * 0.25 + 0.5 - level) ** 2) for level in (0.0, 0.5, 1.0)], 1)

    labels = (Label("valve", "Valve"), Label("outline", "Outline", counted=False))
    model = replace(MODEL, labels=labels, options={"rim": "outline", "reach": 6, "least": 20, "shape": "rotated_box"})
    looking = segmentation.Segmenter(model, "", Levels(), torch.device("cpu"))
    collection = open_samples(tmp_path)
    found, _ = evaluate_masks.examine(looking, collection.samples, collection.annotations)
    assert (found.things.overall.true, found.things.overall.found) == (2, 3)
    assert found.things.overall.recall.value == 1.0
    assert found.things.overall.precision.value == pytest.approx(2 / 3)
    assert found.recall["valve"].value == 1.0
    assert found.precision["valve"].value == pytest.approx(2 * 32 * 22 / (2 * 32 * 22 + 400))


def test_real_waters_and_slicks_are_learned_a_little(real_data, tmp_path):
    found = open_samples(real_data / "04_oil_spill_sar/mcan_pairs")
    model = replace(MODEL, labels=(Label("slick", "Slick"),))
    said = [replace(a, regions=tuple(replace(r, label="slick") for r in a.regions)) for a in found.annotations]
    made = train(CASE, found.samples, said, model=model, folder=tmp_path, scratch=True, epochs=4, progress=False)
    assert made.history[-1].loss < made.history[0].loss
    run = predict(CASE, found.samples, weights=made.weights, progress=False)
    assert len(run.predictions) == 5
    assert not run.skipped
