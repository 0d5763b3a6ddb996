"""Which pictures teach and which examine: by instrument run where runs are known, else by class; always by seed."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """`held[i]` is True for the pictures that examine; `how` says in words how they were chosen."""

    held: Mask
    how: str


def choose(labels: Sequence[str], groups: Sequence[str | None], count: int, seed: int) -> list[Split]:
    """The folds of a cross-validation, or with `count` 0 the one split that holds a fifth out."""
    return folds(labels, groups, count, seed) if count else [hold_out(labels, groups, seed)]


def nothing(count: int) -> Split:
    """A split that holds none of `count` pictures out."""
    return Split(np.zeros(count, bool), "no picture held out")


def hold_out(labels: Sequence[str], groups: Sequence[str | None], seed: int, share: float = 0.2) -> Split:
    """About `share` of the pictures held out: whole runs where that leaves every class something to learn from.

    Pictures of one run resemble one another: held-out pictures of the same run flatter a model. Without runs, each
    class gives its share but keeps one picture at least; where no class has two, nothing is held out.
    """
    runs = _runs(labels, groups, seed, share)
    if runs is not None:
        return runs
    held = np.zeros(len(labels), bool)
    order = np.random.default_rng(seed)
    for name in sorted(set(labels)):
        members = order.permutation([i for i, label in enumerate(labels) if label == name])
        held[members[: min(len(members) - 1, max(1, round(len(members) * share)))]] = True
    return Split(held, f"{int(held.sum())} of {len(labels)} pictures held out, each class its share")


def _runs(labels: Sequence[str], groups: Sequence[str | None], seed: int, share: float) -> Split | None:
    names = sorted({group for group in groups if group is not None})
    if len(names) < 2 or any(group is None for group in groups):
        return None
    held = np.zeros(len(labels), bool)
    chosen = 0
    for name in np.random.default_rng(seed).permutation(names).tolist():
        wider = held | np.array([group == name for group in groups])
        kept = {label for label, out in zip(labels, wider, strict=True) if not out}
        if held.mean() >= share or kept != set(labels):
            continue
        held, chosen = wider, chosen + 1
    return Split(held, f"{chosen} of {len(names)} runs held out") if chosen else None


def folds(labels: Sequence[str], groups: Sequence[str | None], count: int, seed: int) -> list[Split]:
    """Every picture held out once: `count` folds, or as many as there are runs where runs are known.

    Raises ValueError with a sentence where the pictures do not suffice.
    """
    names = sorted({group for group in groups if group is not None})
    if len(names) >= 2 and all(group is not None for group in groups):
        return _folds_of_runs(names, groups, count, seed)
    if count < 2 or count > len(labels):
        raise ValueError(f"Cross-validation of {len(labels)} pictures needs 2 to {len(labels)} folds, not {count}.")
    fold = np.zeros(len(labels), int)
    order, dealt = np.random.default_rng(seed), 0
    for name in sorted(set(labels)):
        for member in order.permutation([i for i, label in enumerate(labels) if label == name]):
            fold[member], dealt = dealt % count, dealt + 1
    return [Split(fold == k, f"{count}-fold cross-validation") for k in range(count)]


def _folds_of_runs(names: list[str], groups: Sequence[str | None], count: int, seed: int) -> list[Split]:
    sizes = Counter(groups)
    bins: list[list[str]] = [[] for _ in range(min(count, len(names)))] if count >= 2 else [[name] for name in names]
    shuffled = np.random.default_rng(seed).permutation(names).tolist()
    for name in sorted(shuffled, key=lambda n: -sizes[n]) if count >= 2 else ():
        min(bins, key=lambda members: sum(sizes[m] for m in members)).append(name)
    how = f"leaving one of {len(names)} runs out" if len(bins) == len(names) else f"{len(bins)} folds of whole runs"
    return [Split(np.array([group in members for group in groups]), how) for members in bins]


def digest(ids: Sequence[str], splits: Sequence[Split]) -> str:
    """sha256 of who examined whom: the same for the same pictures in any order."""
    parts = sorted(
        f"{name}\t" + "".join("1" if split.held[i] else "0" for split in splits) for i, name in enumerate(ids)
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
