"""The forest of a model: what it says, how it travels, and the features it asks for."""

import numpy as np
import pytest
import torch
from safetensors.torch import load as unpack
from sklearn.ensemble import ExtraTreesClassifier

from imagine_kernels import images, use_case
from imagine_kernels.features.extended import basic, extended
from imagine_kernels.tasks import calibration, classification, forest

NAMES = use_case.get("phytoplankton").model().label_names


@pytest.fixture(scope="module")
def measured(pictures):
    """Features, classes and ids of drawn particles."""
    found = pictures(72)
    truth = {annotation.sample_id: annotation.regions[0].label for annotation in found.annotations}
    features = np.stack([extended(images.read(sample)) for sample in found.samples])
    return features, np.array([NAMES.index(truth[sample.id]) for sample in found.samples])


def test_forest_says_what_scikit_learn_says(measured):
    features, targets = measured
    grown = forest.grow(features, targets, len(NAMES), seed=3)
    theirs = ExtraTreesClassifier(
        forest.TREES, max_features=0.3, min_samples_leaf=2, class_weight="balanced", random_state=3
    ).fit(features, targets)
    assert grown(torch.from_numpy(features)).numpy() == pytest.approx(theirs.predict_proba(features), abs=1e-6)


def test_leaves_grow_with_the_number_of_pictures(measured, monkeypatch):
    features, targets = measured
    monkeypatch.setattr(forest, "LEAVES", 12)
    grown = forest.grow(features, targets, len(NAMES), seed=3)
    theirs = ExtraTreesClassifier(
        forest.TREES, max_features=0.3, min_samples_leaf=6, class_weight="balanced", random_state=3
    ).fit(features, targets)
    assert grown(torch.from_numpy(features)).numpy() == pytest.approx(theirs.predict_proba(features), abs=1e-6)


def test_forest_travels_as_arrays_and_asks_the_same_questions(measured):
    features, targets = measured
    grown = forest.grow(features, targets, len(NAMES), seed=0)
    data, _ = classification.packed(grown)
    again = forest.Forest(len(NAMES))
    again.load_state_dict(unpack(data))
    seen = torch.from_numpy(features)
    assert torch.equal(grown.threshold, again.threshold)
    assert torch.allclose(grown(seen), again(seen), atol=1e-3)  # leaves are kept as half floats
    assert len(data) < 4 * 2**20


def test_class_without_pictures_gets_no_score(measured):
    features, targets = measured
    kept = targets != 2
    grown = forest.grow(features[kept], targets[kept], len(NAMES), seed=0)
    scores = grown(torch.from_numpy(features)).numpy()
    assert scores.shape == (len(features), len(NAMES))
    assert scores[:, 2].max() == 0
    assert scores.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_what_was_never_shown_scores_lower_than_what_was(measured):
    features, targets = measured
    strange, half = targets == NAMES.index("Noctilucales"), np.arange(len(targets)) % 12 < 6
    grown = forest.grow(features[half & ~strange], targets[half & ~strange], len(NAMES), seed=0)
    best = grown(torch.from_numpy(features)).numpy().max(axis=1)
    assert calibration.separation(best[~half & ~strange], best[strange]) > 0.75


def test_every_picture_has_as_many_features_all_finite():
    rng = np.random.default_rng(0)
    shapes = [(1, 1), (1, 300), (20, 24), (400, 90)]
    odd = [rng.integers(0, 255, shape, dtype=np.uint8) for shape in shapes]
    odd += [np.zeros((30, 30), np.uint8), np.full((30, 30), 255, np.uint8), np.eye(40, dtype=np.uint8) * 200]
    found = {extended(picture).shape for picture in odd}
    assert len(found) == 1
    assert all(np.isfinite(extended(picture)).all() and np.isfinite(basic(picture)).all() for picture in odd)
    colour = extended(np.dstack([odd[2]] * 3))
    assert len(colour) > found.pop()[0]


def test_columns_that_an_exporter_added_beside_a_vignette_are_not_measured():
    rng = np.random.default_rng(5)
    vignette = rng.integers(0, 3, (40, 50), dtype=np.uint8)  # the grains of a dark field
    vignette[12:26, 20:31] = rng.integers(60, 250, (14, 11), dtype=np.uint8)
    for picture in (vignette, np.dstack([vignette] * 3)):
        beside = ((0, 0), (0, 34), (0, 0))[: picture.ndim]
        assert np.array_equal(extended(np.pad(picture, beside)), extended(picture))
        assert not np.array_equal(extended(np.pad(picture, beside, constant_values=1)), extended(picture))  # water


def test_features_hardly_change_when_the_picture_is_turned(pictures):
    drawn = [images.read(sample) for sample in pictures(24).samples[:8]]
    plain = np.stack([extended(picture) for picture in drawn])
    turned = np.stack([extended(np.rot90(picture).copy()) for picture in drawn])
    apart = np.abs(plain - turned) / (plain.std(axis=0) + 1e-3)
    assert np.median(apart) < 0.02
    assert (apart < 0.5).mean() > 0.9
