"""Prediction of real files: order, batches, bad pictures, weights that are not what they claim, bounded memory."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagine_kernels import images, use_case
from imagine_kernels.predict import load, predict
from imagine_kernels.records import Box, Sample, from_json, to_json
from imagine_kernels.tasks import classification, compute, facts, inputs
from imagine_kernels.use_case import Profile

CASE = use_case.get("phytoplankton")
NAMES = CASE.model().label_names


def scores(run):
    return np.array([[p.regions[0].scores[name] for name in NAMES] for p in run.predictions])


def test_order_is_that_of_the_samples_whatever_the_batch(pictures):
    samples = pictures(24).samples
    whole = predict(CASE, samples, progress=False)
    assert [p.sample_id for p in whole.predictions] == [s.id for s in samples]
    single = predict(CASE, samples, batch_size=1, progress=False)
    assert np.allclose(scores(whole), scores(single), atol=1e-5)
    turned = predict(CASE, samples[::-1], batch_size=5, progress=False)
    assert np.allclose(scores(whole), scores(turned)[::-1], atol=1e-5)


def test_scores_of_all_classes_add_up_and_the_best_is_the_label(pictures):
    for prediction in predict(CASE, pictures(24).samples, progress=False).predictions:
        (region,) = prediction.regions
        assert region.shape is None
        assert tuple(region.scores) == NAMES
        assert sum(region.scores.values()) == pytest.approx(1.0, abs=1e-4)
        assert region.score == max(region.scores.values()) == region.scores[region.label]
        assert (prediction.model, prediction.weights) == (CASE.model().name, CASE.model().sha256)
        assert from_json(to_json(prediction)) == prediction


def test_bad_pictures_are_skipped_with_a_sentence_and_the_rest_goes_on(pictures, tmp_path):
    good = pictures(24).samples
    truncated, empty = tmp_path / "cut short.jpg", tmp_path / "empty.png"
    truncated.write_bytes(Path(good[0].uri).read_bytes()[:200])
    empty.write_bytes(b"")
    bad = [Sample(path.name, str(path), 50, 50) for path in (truncated, empty, tmp_path / "gone.jpg")]
    run = predict(CASE, [good[0], *bad, *good[1:]], progress=False)
    assert [p.sample_id for p in run.predictions] == [s.id for s in good]
    assert [Path(skipped.where).name for skipped in run.skipped] == ["cut short.jpg", "empty.png", "gone.jpg"]
    for skipped in run.skipped:
        assert Path(skipped.where).name in skipped.why
        assert "Traceback" not in skipped.why


def test_no_samples_is_an_empty_run():
    run = predict(CASE, [], progress=False)
    assert (run.predictions, run.skipped) == ((), ())


def test_only_bad_samples_is_a_run_of_skipped(tmp_path):
    run = predict(CASE, [Sample("x", str(tmp_path / "x.jpg"), 9, 9)], progress=False)
    assert run.predictions == ()
    assert len(run.skipped) == 1


def test_crop_of_a_collage_is_what_the_model_sees(pictures, tmp_path):
    sample = pictures(24).samples[0]
    pixels = images.read(sample)
    height, width = pixels.shape[:2]
    collage = np.full((height + 40, width + 300, 3), 90, np.uint8)
    collage[10 : 10 + height, 200 : 200 + width] = pixels
    Image.fromarray(collage).save(tmp_path / "collage.png")
    Image.fromarray(pixels).save(tmp_path / "alone.png")
    crop = Sample("crop", str(tmp_path / "collage.png"), width, height, crop=Box(200, 10, width, height))
    alone = Sample("alone", str(tmp_path / "alone.png"), width, height)
    found = scores(predict(CASE, [crop, alone], progress=False))
    assert np.allclose(found[0], found[1], atol=1e-5)


def test_samples_may_come_one_by_one_and_are_not_held_in_memory(pictures):
    samples = pictures(24).samples
    taken = []

    def stream():
        for number in range(2000):
            taken.append(number)
            yield replace(samples[number % len(samples)], id=str(number))

    from imagine_kernels.tasks import reading

    reads = reading.read(stream(), load(CASE).prepare, side=64, threads=2)
    assert next(reads).sample.id == "0"
    assert len(taken) < 600
    assert sum(1 for _ in reads) == 1999


def test_reading_that_is_given_up_leaves_no_thread_behind(pictures):
    import threading

    from imagine_kernels.tasks import reading

    before = threading.active_count()
    large = [replace(s, width=500, height=500) for s in pictures(24).samples] * 30
    reads = reading.read(large, load(CASE).prepare, side=64, threads=2)
    next(reads)
    reads.close()
    assert threading.active_count() == before


def test_progress_bar_shows_unless_told_not_to(pictures, capsys):
    predict(CASE, pictures(24).samples)
    assert "24/24" in capsys.readouterr().err
    predict(CASE, pictures(24).samples, progress=False)
    assert capsys.readouterr().err == ""


def test_unknown_model_names_the_nearest():
    with pytest.raises(LookupError, match="north_sea"):
        predict(CASE, [], "north_see")


def test_batch_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        predict(CASE, [], batch_size=0)


def test_weights_of_another_sha256_are_refused(tmp_path):
    forged = tmp_path / "north_sea.safetensors"
    forged.write_bytes((CASE.folder / CASE.model().weights).read_bytes()[:-2] + b"xy")
    with pytest.raises(ValueError, match="sha256"):
        predict(CASE, [], CASE.model(), weights=forged)


def test_missing_weights_are_an_os_error_naming_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        predict(CASE, [], CASE.model(), weights=tmp_path / "nowhere.safetensors")


def test_pickle_named_safetensors_is_refused_without_being_opened(tmp_path):
    import hashlib
    import pickle

    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    data = pickle.dumps(Evil())
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    told = replace(CASE.model(), sha256=hashlib.sha256(data).hexdigest())
    with pytest.raises(ValueError, match="do not fit"):
        predict(CASE, [], told, weights=path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"options": {"checkpoint_path": "/etc/passwd"}},
        {"options": {"pretrained": True}},
        {"architecture": "hf_hub:somebody/model"},
        {"profile": Profile(100_000)},
        {"labels": ()},
    ],
)
def test_facts_that_ask_for_what_facts_must_not_are_refused(change, tmp_path):
    facts.write(replace(CASE.model(), **change), tmp_path / "m.json")
    with pytest.raises(ValueError, match=CASE.model().name):
        facts.read(tmp_path / "m.json")


def test_facts_come_back_as_they_were_written(tmp_path):
    for model in CASE.models:
        facts.write(model, tmp_path / "m.json")
        assert facts.read(tmp_path / "m.json") == model


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1}', "null", "\x00"])
def test_file_that_holds_no_facts_is_a_sentence(text, tmp_path):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ValueError, match="does not hold the facts"):
        facts.read(tmp_path / "m.json")


def test_network_is_loaded_once_and_kept():
    assert load(CASE) is load(CASE, "north_sea")
    assert load(CASE, "culture") is not load(CASE)


def test_picture_keeps_its_aspect_and_the_margin_is_its_own_water():
    image = np.full((20, 60, 3), (180, 190, 200), np.uint8)
    image[8:12, 20:40] = 30
    square = inputs.square(image, Profile(64))
    assert square.shape == (64, 64, 3)
    assert np.all(square[:20] == inputs.WATER)
    dark = np.argwhere(square[..., 0] < 100)
    extent = dark.max(0) - dark.min(0)
    assert extent[1] / extent[0] == pytest.approx(5, rel=0.3)


def test_lamp_twice_as_bright_gives_the_same_square():
    rng = np.random.default_rng(1)
    dim = rng.integers(60, 100, (40, 40, 3), dtype=np.uint8)
    bright = (dim * 2).astype(np.uint8)
    apart = np.abs(inputs.square(dim, Profile(48)).astype(int) - inputs.square(bright, Profile(48)).astype(int))
    assert apart.mean() < 2


def test_zoom_keeps_small_particles_small():
    image = np.full((24, 24, 3), 200, np.uint8)
    image[4:20, 4:20] = 20
    assert np.ptp(np.argwhere(inputs.square(image, Profile(48, zoom=1.0))[..., 0] < 90), 0)[0] == 15
    assert np.ptp(np.argwhere(inputs.square(image, Profile(48))[..., 0] < 90), 0)[0] > 28


@pytest.mark.parametrize("shape", [(4, 4), (1, 1), (4, 2000), (900, 5)])
def test_odd_shapes_become_squares(shape):
    assert inputs.square(np.zeros((*shape, 3), np.uint8), Profile(32, "grey")).shape == (32, 32, 1)


def test_threads_follow_what_the_hub_granted(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert compute.granted() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert compute.threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "lots")
    assert compute.granted() >= 1


def test_new_head_keeps_what_the_old_one_knew_of_shared_classes():
    old = load(CASE)
    labels = (*CASE.model().labels[3:], replace(CASE.model().labels[0], name="New"))
    network = classification.begin(replace(CASE.model(), labels=labels), 0, old)
    before, after = old.network.get_classifier().weight, network.get_classifier().weight
    assert after.shape[0] == 4
    assert np.allclose(before[3].numpy(), after[0].detach().numpy())


def test_importing_predict_loads_no_torch():
    code = "import sys, imagine_kernels.predict; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
