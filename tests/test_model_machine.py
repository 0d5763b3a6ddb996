"""The kernel machine of a model: what it says, how it chooses, and how it travels."""

import numpy as np
import pytest
import torch
from safetensors.torch import load as unpack
from scipy.special import log_softmax, softmax
from sklearn.kernel_ridge import KernelRidge

from imagine_kernels.tasks import machine, weights

CLASSES = 3


@pytest.fixture
def clouds():
    """Features of three classes of which one is rare, and their targets; one feature never changes."""
    draw = np.random.default_rng(3)
    targets = np.repeat([0, 1, 2], [60, 30, 10])
    features = draw.normal(0, 1, (100, 6)) + np.eye(CLASSES, 6)[targets] * 3
    features = np.c_[features * [1, 10, 1e5, 1, 1, 1], np.full(100, 7.0)]
    return features.astype(np.float32), targets.astype(np.int64)


def asked(made, features):
    return made(torch.from_numpy(features)).numpy()


def test_machine_says_what_scikit_learn_says(clouds, monkeypatch):
    monkeypatch.setattr(machine, "WIDTHS", (0.3,))
    monkeypatch.setattr(machine, "PENALTIES", (0.1,))
    features, targets = clouds
    made = machine.learn(features, targets, CLASSES, seed=0)
    points, each = made.points.double().numpy(), len(targets) / (CLASSES * np.bincount(targets))[targets]
    theirs = KernelRidge(alpha=0.1, kernel="rbf", gamma=0.3 / features.shape[1])
    theirs.fit(points, np.eye(CLASSES)[targets] - 1 / CLASSES, sample_weight=each)
    expected = softmax(float(made.sharpness) * theirs.predict(points), axis=1)
    assert asked(made, features) == pytest.approx(expected, abs=5e-3)  # points are kept in short floats


def test_rare_classes_weigh_as_much_as_frequent_ones(clouds):
    features, targets = clouds
    called = asked(machine.learn(features, targets, CLASSES, seed=0), features).argmax(1)
    assert [(called[targets == k] == k).mean() >= 0.9 for k in range(CLASSES)] == [True] * CLASSES


def test_leaving_one_out_needs_no_further_fit(clouds):
    features, targets = clouds
    points = torch.from_numpy((features[:, :6] - features[:, :6].mean(0)) / features[:, :6].std(0))
    apart = machine._apart(points, points).double().numpy()
    solved = machine._solved(apart, targets, CLASSES, 0.3, 0.1)
    each, told = len(targets) / (CLASSES * np.bincount(targets))[targets], []
    for left in range(0, 100, 9):
        rest = np.arange(100) != left
        kernel = np.exp(-0.3 * apart[np.ix_(rest, rest)]) + np.diag(0.1 / each[rest])
        votes = np.linalg.solve(kernel, np.eye(CLASSES)[targets[rest]] - 1 / CLASSES)
        told.append(np.exp(-0.3 * apart[left, rest]) @ votes + 1 / CLASSES)
    inverse = np.linalg.inv(np.exp(-0.3 * apart) + np.diag(0.1 / each))
    quick = np.eye(CLASSES)[targets] - solved.votes / np.diag(inverse)[:, None]
    assert quick[::9] == pytest.approx(np.array(told), abs=1e-6)
    losses = -log_softmax(solved.sharpness * quick, axis=1)[np.arange(100), targets]
    assert solved.loss == pytest.approx(np.average(losses, weights=each))


def test_machine_travels_as_arrays_and_says_the_same(clouds):
    features, targets = clouds
    made = machine.learn(features, targets, CLASSES, seed=0)
    data, _ = weights.packed(made)
    again = machine.Machine(CLASSES)
    again.load_state_dict(unpack(data))
    assert np.array_equal(asked(again, features), asked(made, features))
    assert asked(made, features[:1]) == pytest.approx(asked(made, features)[:1], abs=1e-5)


def test_what_lies_far_from_everything_known_still_gets_scores(clouds):
    features, targets = clouds
    made = machine.learn(features, targets, CLASSES, seed=0)
    far = np.full((1, 7), 1e9, np.float32) * np.where(np.arange(7) % 2, 1, -1).astype(np.float32)
    assert asked(made, far).sum() == pytest.approx(1)


def test_of_too_many_pictures_every_class_keeps_its_own(clouds, monkeypatch):
    features, targets = clouds
    monkeypatch.setattr(machine, "MOST", 36)
    kept = machine._drawn(targets, seed=1)
    assert np.bincount(targets[kept]).tolist() == [13, 13, 10]
    assert len(machine.learn(features, targets, CLASSES, seed=1).points) == 36


def test_class_without_a_picture_is_never_called(clouds):
    features, targets = clouds
    assert asked(machine.learn(features, targets, CLASSES + 1, seed=0), features).argmax(1).max() < CLASSES
