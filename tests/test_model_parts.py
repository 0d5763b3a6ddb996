"""Models of several parts: networks that look eight times beside a forest, what they are taught and keep."""

import itertools
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from imagine_kernels import images, use_case
from imagine_kernels.features import scattering
from imagine_kernels.predict import load, predict
from imagine_kernels.records import Annotation, Region
from imagine_kernels.tasks import calibration, classification, compute, facts, forest, inputs, networks, training
from imagine_kernels.train import train
from imagine_kernels.use_case import FOREST, MACHINE, NETWORK, NONE, TEXTURE, Profile

CASE = use_case.get("phytoplankton")
NAMES = CASE.model().label_names


@pytest.fixture
def short_epochs(monkeypatch):
    shorten(monkeypatch)


def shorten(monkeypatch):
    monkeypatch.setattr(forest, "TREES", 30)
    made = training.Plan.__init__
    monkeypatch.setattr(
        training.Plan, "__init__", lambda self, epochs, **options: made(self, epochs, **{**options, "draws": 16})
    )


@pytest.fixture(scope="module")
def committee(pictures, tmp_path_factory):
    """Two networks and a forest, taught for a moment."""
    found, folder = pictures(24), tmp_path_factory.mktemp("committee")
    with pytest.MonkeyPatch.context() as monkeypatch:
        shorten(monkeypatch)
        return train(
            CASE,
            found.samples,
            found.annotations,
            folder=folder,
            networks=2,
            forest=True,
            machine=True,
            texture=True,
            epochs=1,
            progress=False,
        )


def test_committee_is_kept_whole_with_the_facts_of_its_parts(committee, pictures):
    assert committee.model.parts == (NETWORK, NETWORK, FOREST, MACHINE, TEXTURE)
    assert committee.model.turns == 8
    assert facts.read(committee.weights.with_suffix(".json")) == committee.model
    assert "--networks 2 --forest --machine --texture" in committee.model.command
    assert [epoch.epoch for epoch in committee.history] == [1, 2]
    assert committee.model.temperature != 1
    samples = pictures(24).samples
    run = predict(CASE, samples, weights=committee.weights, progress=False)
    single = predict(CASE, samples, weights=committee.weights, batch_size=1, progress=False)
    for one, other in zip(run.predictions, single.predictions, strict=True):
        assert sum(one.regions[0].scores.values()) == pytest.approx(1, abs=1e-4)
        assert dict(one.regions[0].scores) == pytest.approx(dict(other.regions[0].scores), abs=1e-5)


def test_committee_answers_the_logarithmic_pool_of_its_parts(committee, pictures):
    loaded = load(CASE, weights=committee.weights)
    seen = [loaded.prepare(images.read(sample)) for sample in pictures(24).samples[:4]]
    squares, features = inputs.batch(seen, loaded.model.profile, loaded.device)
    with torch.inference_mode():
        each = [torch.stack([n(t).softmax(1) for t in turned(squares)]).mean(0) for n in loaded.network.networks]
        shape, texture = features[:, : -scattering.COUNT], features[:, -scattering.COUNT :]
        measured = [loaded.network.forest(shape), loaded.network.machine(shape), loaded.network.texture(texture)]
        pool = torch.stack([*each, *measured]).add(0.01).log().mean(0).softmax(1)
    expected = calibration.calibrated(pool.numpy(), loaded.model.temperature)
    assert loaded.scores(seen) == pytest.approx(expected, abs=1e-5)


def turned(squares):
    return [torch.rot90(s, k, (2, 3)) for s in (squares, squares.flip(3)) for k in range(4)]


def test_turning_a_square_changes_nothing_for_networks_that_look_eight_times():
    model = replace(CASE.model(), parts=(NETWORK, NETWORK), turns=8)
    network = networks.build(model).eval()
    squares = torch.rand(2, 1, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(network(squares), network(torch.rot90(squares, 1, (2, 3))), atol=1e-5)


def test_going_on_from_a_committee_teaches_each_of_its_networks(committee, pictures, tmp_path, short_epochs):
    found = pictures(24)
    again = train(
        CASE, found.samples, found.annotations, weights=committee.weights, folder=tmp_path, epochs=1, progress=False
    )
    assert again.model.parts == committee.model.parts
    assert again.parameters["start"].startswith(committee.model.name)


def test_preloaded_committee_is_the_loaded_one(committee):
    classification.preload(committee.model, committee.weights)
    ready = load(CASE, weights=committee.weights)
    assert any(found[1] is ready for found in classification.SHELF.preloaded.values())
    assert not any(value.is_meta for value in ready.network.state_dict().values())


def test_unsure_pictures_are_called_none_of_these(committee, pictures):
    samples = pictures(24).samples
    plain = predict(CASE, samples, committee.model, weights=committee.weights, progress=False)
    best = sorted(p.regions[0].score for p in plain.predictions)
    strict = replace(committee.model, reject_below=best[12])
    run = predict(CASE, samples, strict, weights=committee.weights, progress=False)
    called = [p.regions[0].label for p in run.predictions]
    assert called.count(NONE) == 12
    for before, after in zip(plain.predictions, run.predictions, strict=True):
        assert dict(before.regions[0].scores) == dict(after.regions[0].scores)
        if after.regions[0].label == NONE:
            assert after.regions[0].score == pytest.approx(1 - before.regions[0].score)


def test_threshold_is_found_on_the_pictures_held_out(pictures, tmp_path, short_epochs):
    found = pictures(72)
    trained = train(
        CASE, found.samples, found.annotations, folder=tmp_path, epochs=1, folds=2, reject=0.5, progress=False
    )
    assert trained.model.reject_below is not None
    assert 0 < trained.model.reject_below < 1
    assert "--reject 0.5" in trained.model.command


def test_promise_that_cannot_be_kept_leaves_nothing_behind(pictures, tmp_path, short_epochs):
    found = pictures(24)
    with pytest.raises(ValueError, match="under 1%"):
        train(CASE, found.samples, found.annotations, folder=tmp_path, epochs=1, reject=0.01, progress=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_interrupted_committee_keeps_what_was_learned(pictures, tmp_path, short_epochs, monkeypatch, threads):
    found, steps, plain = pictures(24), itertools.count(1), training._step

    def step(*given, **named):
        if next(steps) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return plain(*given, **named)

    monkeypatch.setattr(training, "_step", step)
    monkeypatch.setattr(compute, "threads", lambda: threads)
    trained = train(CASE, found.samples, found.annotations, folder=tmp_path, networks=3, epochs=99, progress=False)
    assert trained.model.parts == (NETWORK,) * 3
    assert len(trained.history) < 99
    assert [epoch.epoch for epoch in trained.history] == sorted(epoch.epoch for epoch in trained.history)
    predict(CASE, found.samples, weights=trained.weights, progress=False)


@pytest.mark.parametrize(
    "strange",
    [
        {"parts": ("network", "pickle")},
        {"parts": (FOREST, FOREST)},
        {"parts": (NETWORK, MACHINE, MACHINE)},
        {"parts": ()},
        {"parts": (NETWORK,) * 99},
        {"turns": 5},
        {"temperature": 0.0},
        {"temperature": float("nan")},
        {"profile": Profile(64, views=(0.01,))},
    ],
)
def test_facts_that_ask_for_strange_parts_are_refused(strange, tmp_path):
    facts.write(replace(CASE.model(), **strange), tmp_path / "strange.json")
    with pytest.raises(ValueError, match="needs"):
        facts.read(tmp_path / "strange.json")


def test_weights_without_their_forest_are_refused_with_a_sentence(committee):
    told = replace(committee.model, parts=(NETWORK, NETWORK), sha256=committee.model.sha256)
    with pytest.raises(ValueError, match="do not fit"):
        load(CASE, told, committee.weights)


def test_views_show_the_object_in_the_middle_at_its_own_size_and_at_half():
    picture = np.zeros((150, 200, 3), np.uint8)
    picture[20:36, 130:146] = 100
    profile = Profile(64, "grey", (0.0,) * 3, (0.25,) * 3, views=(1.0, 2.0))
    made = inputs.square(picture, profile)
    assert made.shape == (64, 64, profile.channels) == (64, 64, 2)
    rows, columns = np.nonzero(made[..., 0])
    assert (np.ptp(rows), np.ptp(columns)) == (15, 15)
    assert rows.mean() == pytest.approx(31.5, abs=0.5)
    assert columns.mean() == pytest.approx(31.5, abs=0.5)
    assert (made[..., 1] > 80).sum() == pytest.approx(64, abs=8)
    assert made.max() == pytest.approx(np.sqrt(100 / 255) * 255, abs=1)  # what is faint is seen
    moved = inputs.square(np.roll(picture, (40, -60), (0, 1)), profile)
    assert np.array_equal(moved[..., 0], made[..., 0])


def test_views_of_dark_on_light_stand_on_even_water_in_every_colour():
    picture = np.full((30, 300, 3), 120, np.uint8)
    picture[10:20, 10:30] = (40, 60, 90)
    made = inputs.square(picture, Profile(48, views=(1.0, 4.0)))
    assert made.shape == (48, 48, 6)
    assert made[0, 0].tolist() == [inputs.WATER] * 6
    assert made[24, 24, :3].tolist() == pytest.approx([inputs.WATER / 3, inputs.WATER / 2, inputs.WATER * 0.75], abs=1)
    assert inputs.tensor(made[None], Profile(48, views=(1.0, 4.0))).shape == (1, 6, 48, 48)


def test_size_counts_for_parts_that_measure(pictures):
    assert CASE.model().side == 64
    assert replace(CASE.model(), parts=(NETWORK, FOREST)).side is None
    assert replace(CASE.model(), profile=Profile(64, views=(1.0,))).side is None


def test_none_of_these_counts_against_the_model_where_people_said_a_class(pictures):
    from imagine_kernels.evaluate import evaluate
    from imagine_kernels.records import Prediction

    said = [Annotation(name, (Region("Tripos"),), "ana") for name in "ab"]
    found = evaluate(
        [Prediction("a", (Region("Tripos", 0.9),), "m", ""), Prediction("b", (Region(NONE, 0.6),), "m", "")],
        said,
        NAMES,
    )
    assert found.accuracy.value == 0.5
    assert found.labels[-1] == NONE
