"""Training on real files: few labels, new classes, odd sets, interruptions, repetition; what is left in the folder."""

import json
from dataclasses import replace

import pytest

from imagine_kernels import use_case
from imagine_kernels.evaluate import evaluate_folder
from imagine_kernels.predict import predict
from imagine_kernels.records import Annotation, Collection, Region, Sample
from imagine_kernels.tasks import facts, training
from imagine_kernels.train import train, train_folder

CASE = use_case.get("phytoplankton")
NAMES = CASE.model().label_names


def labelled(samples, labels, author="ana"):
    return [Annotation(s.id, (Region(label),), author) for s, label in zip(samples, labels, strict=True)]


def quick(collection, folder, **options):
    options = {"epochs": 1, "progress": False, **options}
    return train(CASE, collection.samples, collection.annotations, folder=folder, **options)


@pytest.fixture(autouse=True)
def short_epochs(monkeypatch):
    """Epochs of two steps: these tests are about what surrounds the learning."""
    monkeypatch.setattr(training.Plan, "__init__", _short(training.Plan.__init__))


def _short(made):
    def short(self, epochs, **options):
        made(self, epochs, **{"draws": 16, "batch": 16, **options})

    return short


def test_twelve_labels_and_a_class_with_one_picture_are_enough(pictures, tmp_path):
    samples = pictures(60).samples[:12]
    labels = ["Tripos"] * 6 + ["Ciliophora"] * 5 + ["Noctilucales"]
    trained = quick(Collection(samples, tuple(labelled(samples, labels))), tmp_path)
    assert trained.model.label_names == NAMES
    assert 2 <= trained.evaluation.count <= 4
    assert "Noctilucales" not in trained.evaluation.recall
    assert [epoch.epoch for epoch in trained.history] == [1]


def test_one_class_only_is_refused_with_a_sentence(pictures, tmp_path):
    samples = pictures(24).samples
    with pytest.raises(ValueError, match=r"two classes at least.*'Tripos'"):
        quick(Collection(samples, tuple(labelled(samples, ["Tripos"] * 24))), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_labels_are_refused_with_a_sentence(pictures, tmp_path):
    with pytest.raises(ValueError, match="Label some more"):
        quick(Collection(pictures(24).samples), tmp_path)


def test_two_pictures_of_two_classes_teach_without_figures(pictures, tmp_path):
    samples = pictures(24).samples[:2]
    trained = quick(Collection(samples, tuple(labelled(samples, ["Tripos", "Ciliophora"]))), tmp_path)
    assert trained.evaluation is None
    assert trained.metrics == {}
    assert trained.model.figures == ()


def test_new_label_becomes_a_class_with_a_key_of_its_own(pictures, tmp_path):
    samples = pictures(24).samples
    labels = ["سمكة 🐟"] * 8 + list(NAMES[:2]) * 8
    trained = quick(Collection(samples, tuple(labelled(samples, labels))), tmp_path)
    assert trained.model.label_names == (*NAMES, "سمكة 🐟")
    assert trained.model.labels[-1].key == "7"
    assert trained.model.labels[0] == CASE.model().labels[0]
    run = predict(CASE, samples, weights=trained.weights, progress=False)
    assert set(run.predictions[0].regions[0].scores) == {*NAMES, "سمكة 🐟"}


def test_classes_of_another_kind_replace_those_of_the_model(pictures, tmp_path):
    samples = pictures(24).samples
    trained = quick(Collection(samples, tuple(labelled(samples, ["Protist", "Junk"] * 12))), tmp_path)
    assert trained.model.label_names == ("Junk", "Protist")
    assert [label.title for label in trained.model.labels] == ["Debris", "Protist cell"]
    assert len({label.key for label in trained.model.labels}) == 2


def test_later_label_of_a_sample_is_the_one_that_teaches(pictures, tmp_path):
    collection = pictures(24)
    changed = Annotation(collection.samples[0].id, (Region("Other"),), "ana", at="2999-01-01T00:00:00+00:00")
    trained = quick(replace(collection, annotations=(changed, *collection.annotations)), tmp_path)
    assert "Other" in trained.model.label_names


def test_unreadable_pictures_are_told_and_the_rest_teaches(pictures, tmp_path):
    collection = pictures(24)
    gone = Sample("gone", str(tmp_path / "gone.jpg"), 20, 20)
    more = Collection((gone, *collection.samples), (*labelled([gone], ["Tripos"]), *collection.annotations))
    trained = quick(more, tmp_path / "models")
    assert [skipped.where for skipped in trained.skipped] == [gone.uri]
    assert trained.parameters["pictures"] == 24
    assert trained.data_sha256 == quick(collection, tmp_path / "models").data_sha256


def test_same_seed_and_data_give_the_same_weights_in_any_order(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # sums in another order differ in the last digit
    collection = pictures(24)
    first, second = quick(collection, tmp_path, seed=3), quick(collection, tmp_path, seed=3)
    assert first.model.sha256 == second.model.sha256
    assert first.split_sha256 == second.split_sha256
    other = quick(collection, tmp_path, seed=4)
    assert other.model.sha256 != first.model.sha256
    turned = replace(collection, samples=collection.samples[::-1])
    assert quick(turned, tmp_path, seed=3).data_sha256 == first.data_sha256


def test_weights_and_facts_are_whole_and_go_on_from_there(pictures, tmp_path):
    collection = pictures(24)
    trained = quick(collection, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{trained.model.name}.json",
        f"{trained.model.name}.safetensors",
    ]
    assert facts.read(trained.weights.with_suffix(".json")) == trained.model
    assert trained.weights.stat().st_size < 6 * 2**20
    again = quick(collection, tmp_path, weights=trained.weights)
    assert again.parameters["start"].startswith(trained.model.name)
    assert again.model.name.count("-") == 1
    assert again.model.title.count("·") == 1


def test_what_was_held_out_is_what_the_figures_are_of(pictures, tmp_path):
    collection = pictures(60)
    trained = quick(collection, tmp_path)
    assert trained.evaluation.count == 12
    assert trained.model.figures[0].value == trained.metrics["macro_f1"]
    assert "12 of 60" in trained.parameters["split"]


def test_cross_validation_examines_every_picture_once(pictures, tmp_path):
    collection = pictures(24)
    trained = quick(collection, tmp_path, folds=3)
    assert trained.evaluation.count == 24
    assert trained.model.figures[0].split == "3-fold cross-validation"
    assert [epoch.accuracy for epoch in trained.history] == [None]
    assert "--folds 3" in trained.model.command


def test_interrupted_training_keeps_what_was_learned(pictures, tmp_path, monkeypatch):
    collection = pictures(24)
    seen = []

    def stop(*_, **__):
        seen.append(1)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return 0.5

    monkeypatch.setattr(training, "_step", stop)
    trained = quick(collection, tmp_path, epochs=50)
    assert 1 <= len(trained.history) < 5
    assert trained.weights.is_file()
    assert trained.evaluation is not None


def test_interrupted_cross_validation_leaves_nothing_half_made(pictures, tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "_step", stop)
    with pytest.raises(KeyboardInterrupt):
        quick(pictures(24), tmp_path, folds=2)
    assert list(tmp_path.iterdir()) == []


def test_from_scratch_reads_no_weights(pictures, tmp_path):
    gone = replace(CASE.model(), weights="gone.safetensors")
    trained = quick(pictures(24), tmp_path, model=gone, scratch=True)
    assert trained.parameters["start"] == "nothing"
    assert "--scratch" in trained.model.command


def test_drawn_pictures_come_before_the_real_ones(pictures, tmp_path):
    trained = quick(pictures(24), tmp_path, scratch=True, drawn=12)
    assert "12 drawn pictures" in trained.parameters["start"]
    assert "--drawn 12" in trained.model.command


def test_drawing_other_classes_than_the_model_tells_is_refused(pictures, tmp_path):
    with pytest.raises(ValueError, match="sample maker draws"):
        quick(pictures(24), tmp_path, model="culture", drawn=12)


def test_no_epochs_are_refused(pictures, tmp_path):
    with pytest.raises(ValueError, match="at least 1 epoch"):
        quick(pictures(24), tmp_path, epochs=0)


def test_folder_per_class_trains_and_evaluates_from_its_path(pictures, tmp_path):
    data = _folder(pictures(24))
    trained = train_folder("phytoplankton", data, tmp_path, epochs=1, progress=False)
    assert trained.parameters["pictures"] == 24
    found = evaluate_folder("phytoplankton", data, weights=trained.weights, progress=False)
    assert found.count == 24
    with pytest.raises(ValueError, match="no labels"):
        train_folder("phytoplankton", data / "Tripos", tmp_path)
    with pytest.raises(ValueError, match="no labels"):
        evaluate_folder("phytoplankton", data / "Tripos")


def _folder(collection):
    from pathlib import Path

    return Path(collection.samples[0].uri).parents[1]


def test_runs_are_examined_apart_and_the_command_says_so(pictures, tmp_path):
    trained = quick(pictures(24), tmp_path, folds=9, runs=r".*_\d+(\d)\.jpg")
    assert trained.parameters["split"] == "9 folds of whole runs"
    assert "--runs '.*_" in trained.model.command


def test_facts_file_is_plain_json(pictures, tmp_path):
    trained = quick(pictures(24), tmp_path)
    told = json.loads(trained.weights.with_suffix(".json").read_text(encoding="utf-8"))
    assert told["sha256"] == trained.model.sha256
    assert told["profile"]["size"] == trained.model.profile.size
