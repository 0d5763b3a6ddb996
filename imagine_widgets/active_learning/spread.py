"""Unsure samples → some of them that are unlike one another, and unlike what is labelled already."""

import heapq
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Vectors = Mapping[str, Sequence[float] | npt.NDArray[np.floating]]

_POOL = 2000
_TIMES = 10
"""So many of the least sure are looked at, or so many times as many as are wanted: what bounds time and memory."""
_CENTRES = 1000
"""Labelled samples that count as chosen; of more, some at random."""
_DIMENSIONS = 64


def by_features(
    unsure: Mapping[str, float], n: int, features: Vectors, labelled: Sequence[str], random: np.random.Generator
) -> list[str]:
    """Drawn as k-means++ draws its centres (Arthur and Vassilvitskii 2007), weighed by uncertainty.

    One after another, each with a chance that grows with its uncertainty and with the square of its distance to the
    nearest one drawn or labelled before: of near duplicates one is drawn. Ash et al. (2020, arXiv:1906.03671) show that
    such batches hold the unsure and the diverse in any measure a model needs.
    """
    if not (n and unsure):
        return []
    pool = sorted(unsure, key=lambda sample: (-unsure[sample], sample))[: max(_POOL, _TIMES * n)]
    known = [labelled[i] for i in random.permutation(len(labelled))[:_CENTRES]]
    rows = _comparable([features[sample] for sample in (*pool, *known)], random)
    own, centres = rows[: len(pool)], rows[len(pool) :]
    weights = np.array([unsure[sample] for sample in pool]) + 1e-6
    away = np.full(len(pool), np.inf)
    for centre in centres:
        _shorten(away, own, centre)
    chosen: list[int] = []
    while len(chosen) < min(n, len(pool)):
        chances = weights * (away if np.isfinite(away).all() else 1.0)
        chances[chosen] = 0
        if not chances.any():  # what is left equals what was drawn
            chances = np.where(np.isin(np.arange(len(pool)), chosen), 0, weights)
        chosen.append(int(random.choice(len(pool), p=chances / chances.sum())))
        _shorten(away, own, own[chosen[-1]])
    return [pool[row] for row in chosen]


def _shorten(away: npt.NDArray[np.float64], rows: Floats, centre: Floats) -> None:
    np.minimum(away, ((rows - centre) ** 2).sum(1), out=away)


def _comparable(vectors: Sequence[Sequence[float] | npt.NDArray[np.floating]], random: np.random.Generator) -> Floats:
    """Every column alike wide; many columns as fewer mixtures of them, which keeps distances nearly as they are.

    Johnson and Lindenstrauss (1984), as Achlioptas (2003) has it.
    """
    sizes = {len(vector) for vector in vectors}
    rows = np.asarray(vectors, np.float32) if len(sizes) == 1 and 0 not in sizes else None
    if rows is None or not np.isfinite(rows).all():
        raise ValueError("Every sample needs features of the same number, all of them finite.")
    wide = rows.std(0)
    rows = (rows - rows.mean(0)) / np.where(wide > 0, wide, 1)
    if rows.shape[1] > _DIMENSIONS:
        mix = random.choice(np.array([-1, 1], np.float32), (rows.shape[1], _DIMENSIONS))
        rows = rows @ mix / np.float32(_DIMENSIONS**0.5)
    return np.ascontiguousarray(rows, np.float32)


def by_kind(unsure: Mapping[str, float], n: int, kinds: Mapping[str, Hashable]) -> list[str]:
    """The least sure of every kind in turn: each that is taken makes the next of its kind count less."""
    queues: dict[Hashable, list[str]] = {}
    for sample in sorted(unsure, key=lambda sample: (unsure[sample], sample)):
        queues.setdefault(kinds[sample], []).append(sample)
    taken: Counter[Hashable] = Counter()
    heap = [(-unsure[queue[-1]], queue[-1], kind) for kind, queue in queues.items()]
    heapq.heapify(heap)
    chosen: list[str] = []
    while heap and len(chosen) < n:
        _, sample, kind = heapq.heappop(heap)
        chosen.append(sample)
        queues[kind].pop()
        taken[kind] += 1
        if queues[kind]:
            following = queues[kind][-1]
            heapq.heappush(heap, (-unsure[following] / (1 + taken[kind]), following, kind))
    return chosen
