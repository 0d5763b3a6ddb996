"""Predictions of what nobody has labelled → the next batch for a person, its random part marked."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from imagine_kernels.records import Prediction, Sample
from imagine_widgets.active_learning import spread
from imagine_widgets.active_learning.uncertainty import of_all


@dataclass(frozen=True, slots=True)
class Choice:
    """One sample to label next: why (at random, or by what a model is unsure of) and how unsure, 0 to 1."""

    sample_id: str
    random: bool
    uncertainty: float


@dataclass(frozen=True, slots=True)
class Batch:
    """What to label next, in this order. Its random ones are drawn evenly from all `unlabelled` samples there were.

    Figures of how good a model is may be taken from the random ones alone: the others are the hard ones.
    """

    choices: tuple[Choice, ...]
    unlabelled: int

    def ids(self) -> tuple[str, ...]:
        """The samples, in this order."""
        return tuple(choice.sample_id for choice in self.choices)

    def random(self) -> tuple[str, ...]:
        """The samples that were drawn at random."""
        return tuple(choice.sample_id for choice in self.choices if choice.random)

    def of(self, samples: Iterable[Sample]) -> tuple[Sample, ...]:
        """The records of those of `samples` that were chosen, in this order: for a grid, or to push."""
        known = {sample.id: sample for sample in samples}
        return tuple(known[name] for name in self.ids() if name in known)


def next_batch(
    predictions: Iterable[Prediction],
    n: int,
    features: spread.Vectors | None = None,
    labelled: Collection[str] = (),
    *,
    random_share: float = 0.10,
    seed: int = 0,
    by: str = "margin",
    groups: Mapping[str, str] | None = None,
) -> Batch:
    """The `n` samples to label next, the same for the same seed: unsure and unlike one another, some at random.

    `features` are vectors by sample that say how alike samples look (`classification.features`); without them the
    batch is spread over `groups` (by sample its run or cast; else its folder) and predicted labels. Samples in
    `labelled` are never chosen. `by` is "margin" or "entropy". Raises ValueError or LookupError with a sentence.
    """
    if n < 1 or not 0 <= random_share <= 1:
        raise ValueError(f"A batch holds 1 sample or more, a share of 0 to 1 at random; not {n} and {random_share}.")
    unsure, labels = of_all(predictions, by)
    done = {sample for sample in labelled if features is None or sample in features}
    for sample in labelled:
        unsure.pop(sample, None)
    random, total = np.random.default_rng(seed), len(unsure)
    ids = sorted(unsure)
    count = min(round(n * random_share), total)
    lots = [ids[i] for i in random.choice(total, count, replace=False)] if count else []
    drawn = frozenset(lots)
    rest = {sample: value for sample, value in unsure.items() if sample not in drawn}
    wanted = min(n - len(lots), len(rest))
    if features is None:
        kinds = {sample: ((groups or {}).get(sample, _folder(sample)), labels[sample]) for sample in rest}
        chosen = spread.by_kind(rest, wanted, kinds)
    else:
        _need(rest, features)
        chosen = spread.by_features(rest, wanted, features, [*sorted(done), *lots], random)
    return Batch(tuple(Choice(s, s in drawn, unsure[s]) for s in _mixed(chosen, lots, random)), total)


def _folder(sample: str) -> str:
    return sample.rpartition("/")[0]


def _need(samples: Collection[str], features: spread.Vectors) -> None:
    lacking = [sample for sample in samples if sample not in features]
    if lacking:
        raise LookupError(
            f"{len(lacking):,} of {len(samples):,} samples have no features (the first: {lacking[0]}): give them for "
            "all, or for none."
        )


def _mixed(chosen: list[str], lots: list[str], random: np.random.Generator) -> list[str]:
    """The random ones among the others: nobody sees which they are, nor comes to them tired."""
    places = set(random.choice(len(chosen) + len(lots), len(lots), replace=False).tolist())
    others, drawn = iter(chosen), iter(lots)
    return [next(drawn) if place in places else next(others) for place in range(len(chosen) + len(lots))]
