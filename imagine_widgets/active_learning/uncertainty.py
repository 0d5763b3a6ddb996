"""Predictions → how unsure their model is of each sample, 0 to 1."""

import heapq
import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from imagine_kernels.records import Prediction, Region


def margin(region: Region) -> float:
    """1 where the two likeliest labels are alike, 0 where one is all (Scheffer et al. 2001)."""
    best, second = heapq.nlargest(2, [*_scores(region), 0.0, 0.0])
    return 1 - min(1.0, best - second)


def entropy(region: Region) -> float:
    """1 where all labels are alike, 0 where one is all (Shannon 1948)."""
    scores = [score for score in _scores(region) if score > 0]
    total = math.fsum(scores)
    if len(scores) < 2:
        return 0.0
    spread = -math.fsum(score / total * math.log(score / total) for score in scores)
    return min(1.0, spread / math.log(max(2, len(region.scores))))


def _scores(region: Region) -> list[float]:
    """The scores of all classes; of one score what it leaves; of none: either is as likely."""
    if len(region.scores) > 1:
        return [*region.scores.values()]
    score = 0.5 if region.score is None else region.score
    return [score, 1 - score]


MEASURES: Mapping[str, Callable[[Region], float]] = MappingProxyType({"margin": margin, "entropy": entropy})


def of_sample(regions: Iterable[Region], measure: Callable[[Region], float]) -> float:
    """All regions of a sample together: the more of them are unsure, the more there is to learn.

    As the chance that at least one is wrong, if each were wrong with its own; 0 where a model found nothing.
    """
    return 1 - math.prod(1 - measure(region) for region in regions)


def of_all(predictions: Iterable[Prediction], name: str) -> tuple[dict[str, float], dict[str, str]]:
    """By sample, how unsure the models are, and what they call the region that they are least sure of."""
    if name not in MEASURES:
        raise LookupError(f"{name!r} is no measure of uncertainty; there are {', '.join(MEASURES)}.")
    measure, unsure, labels = MEASURES[name], dict[str, float](), dict[str, str]()
    for one in predictions:
        unsure[one.sample_id] = 1 - (1 - unsure.get(one.sample_id, 0.0)) * (1 - of_sample(one.regions, measure))
        labels[one.sample_id] = max(one.regions, key=measure).label if one.regions else ""
    return unsure, labels
