"""A kernel machine on measured features, as plain arrays: solved by numpy, asked by torch."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from imagine_kernels.tasks.arrays import Arrays

Floats = npt.NDArray[np.float64]

MOST = 1000
"""Pictures at most that it compares with: of more, as many of each class. Seconds grow with their cube, weights too."""
WIDTHS = (0.03, 0.1, 0.3, 1.0)
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)
_FARTHEST = 5.0
"""Deviations from the mean beyond which a feature says no more."""
_SHARPEST = 60.0


class Machine(Arrays):
    """Pictures it knows, and how much their likeness to a new one speaks for each class.

    `points` (pictures, F) are their features in deviations (`spread`) from the `mean`, `votes` (pictures, classes) what
    each says; `width` how fast likeness falls off, `sharpness` how sure the sum of the votes makes it.
    """

    mean: torch.Tensor
    spread: torch.Tensor
    points: torch.Tensor
    votes: torch.Tensor
    width: torch.Tensor
    sharpness: torch.Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        for name, shape in (
            ("mean", (1,)),
            ("spread", (1,)),
            ("votes", (1, classes)),
            ("width", ()),
            ("sharpness", ()),
        ):
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("points", torch.zeros(1, 1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """The score of each class, (N, classes), for features (N, F)."""
        seen = ((features - self.mean) / self.spread).clamp(-_FARTHEST, _FARTHEST).float()
        likeness = torch.exp(-self.width * _apart(seen, self.points).double())
        found: torch.Tensor = (self.sharpness * (likeness @ self.votes)).softmax(1).float()
        return found


def _apart(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The mean squared difference of each row of the one to each of the other."""
    squares = one.square().sum(1).unsqueeze(1) + other.square().sum(1)
    return (squares - 2 * one @ other.T).clamp(min=0) / one.shape[1]


class Solved(NamedTuple):
    """One choice of width and penalty: `loss` of what it says of each picture when that one has no vote."""

    loss: float
    width: float
    sharpness: float
    votes: Floats


def learn(features: npt.NDArray[np.float32], targets: npt.NDArray[np.int64], classes: int, seed: int) -> Machine:
    """Kernel ridge regression (Saunders et al. 1998) on the classes of `features` (N, F), each weighing the same.

    Width and penalty are those that tell each picture best from all the others: leaving one out costs no further fit.
    """
    kept = _drawn(targets, seed)
    features, targets = features[kept].astype(float), targets[kept]
    mean, spread = features.mean(0), features.std(0)
    spread[spread == 0] = 1.0
    points = np.clip((features - mean) / spread, -_FARTHEST, _FARTHEST).astype(np.float16).astype(np.float32)
    apart = _apart(torch.from_numpy(points), torch.from_numpy(points)).double().numpy()
    best = min((_solved(apart, targets, classes, w, p) for w in WIDTHS for p in PENALTIES), key=lambda one: one.loss)
    machine = Machine(classes)
    arrays = {"mean": mean, "spread": spread, "points": points, "votes": best.votes}
    numbers = {"width": best.width, "sharpness": best.sharpness}
    told = {name: torch.from_numpy(array) for name, array in arrays.items()}
    machine.load_state_dict(told | {name: torch.tensor(n, dtype=torch.float64) for name, n in numbers.items()})
    return machine


def _drawn(targets: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.int64]:
    """All pictures, or of too many the first of each class in turn, as a shuffle puts them."""
    order = np.random.default_rng(seed).permutation(len(targets))
    turn = np.zeros(len(targets), np.int64)
    for target in np.unique(targets):
        members = order[targets[order] == target]
        turn[members] = np.arange(len(members))
    return np.sort(order[np.argsort(turn[order], kind="stable")][:MOST])


def _solved(apart: Floats, targets: npt.NDArray[np.int64], classes: int, width: float, penalty: float) -> Solved:
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rows, counts = np.arange(len(targets)), np.bincount(targets, minlength=classes)
    weights = len(targets) / (np.count_nonzero(counts) * counts[targets])
    inverse = np.linalg.inv(np.exp(-width * apart) + np.diag(penalty / weights))
    wanted = np.eye(classes)[targets]
    votes = inverse @ (wanted - 1 / classes)
    said = wanted - votes / np.diag(inverse)[:, None]

    def loss(sharpness: float) -> float:
        return -float(np.average(log_softmax(sharpness * said, axis=1)[rows, targets], weights=weights))

    found = minimize_scalar(loss, bounds=(1.0, _SHARPEST), method="bounded")
    return Solved(float(found.fun), width, float(found.x), votes)
