"""A forest of decision trees on measured features, as plain arrays: grown by scikit-learn, asked by torch."""

import numpy as np
import numpy.typing as npt
import torch

from imagine_kernels.tasks.arrays import Arrays

TREES = 300
LEAVES = 250
"""Into so many leaves a tree may part its pictures: of many pictures, smaller ones tell one run from another."""
_LEAF = -1


class Forest(Arrays):
    """Trees as five arrays over all their nodes; its state travels in a safetensors file like that of any network.

    `roots` (trees,) are the first nodes; `feature`, `threshold`, `left`, `right` (nodes,) ask and lead on, `feature` is
    -1 in a leaf; `shares` (nodes, classes) are the classes of the training pictures in a leaf.
    """

    roots: torch.Tensor
    feature: torch.Tensor
    threshold: torch.Tensor
    left: torch.Tensor
    right: torch.Tensor
    shares: torch.Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        for name, kind in (("roots", torch.int32), ("feature", torch.int16), ("left", torch.int32)):
            self.register_buffer(name, torch.zeros(1, dtype=kind))
        self.register_buffer("right", torch.zeros(1, dtype=torch.int32))
        self.register_buffer("threshold", torch.zeros(1, dtype=torch.float64))
        self.register_buffer("shares", torch.zeros((1, classes)))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """The mean share of each class over all trees, (N, classes), for features (N, F)."""
        node = self.roots.long().unsqueeze(1).expand(-1, len(features))
        rows = torch.arange(len(features), device=features.device)
        while bool((asked := self.feature[node].long()).ge(0).any()):
            value = features[rows, asked.clamp(min=0)]
            onward = torch.where(value <= self.threshold[node], self.left[node], self.right[node]).long()
            node = torch.where(asked.ge(0), onward, node)
        found: torch.Tensor = self.shares[node].float().mean(0)
        return found


def grow(features: npt.NDArray[np.float32], targets: npt.NDArray[np.int64], classes: int, seed: int) -> Forest:
    """Extremely randomised trees (Geurts et al. 2006, doi:10.1007/s10994-006-6226-1) of `features` (N, F).

    Rare classes count as much as frequent ones; a leaf holds two pictures at least, of many pictures more (`LEAVES`).
    """
    from sklearn.ensemble import ExtraTreesClassifier

    model = ExtraTreesClassifier(
        TREES,
        max_features=0.3,
        min_samples_leaf=max(2, len(targets) // LEAVES),
        class_weight="balanced",
        random_state=seed,
        n_jobs=1,
    )
    model.fit(features, targets)
    trees = [tree.tree_ for tree in model.estimators_]
    first = np.cumsum([0, *(tree.node_count for tree in trees)])
    shares = np.zeros((first[-1], classes), np.float32)
    shares[:, model.classes_] = np.concatenate([tree.value[:, 0] for tree in trees])
    forest = Forest(classes)
    arrays = {
        "roots": first[:-1],
        "feature": np.maximum(np.concatenate([tree.feature for tree in trees]), _LEAF),
        "threshold": np.concatenate([tree.threshold for tree in trees]),
        "left": np.concatenate([tree.children_left + at for tree, at in zip(trees, first, strict=False)]),
        "right": np.concatenate([tree.children_right + at for tree, at in zip(trees, first, strict=False)]),
        "shares": shares,
    }
    forest.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    return forest
