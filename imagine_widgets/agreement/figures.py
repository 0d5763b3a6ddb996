"""Counts of every sample → figures of agreement with their 95 % intervals, by drawing the samples anew."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DRAWS = 1000
_AT_ONCE = 50
_ENDS = (0.025, 0.975)

Floats = npt.NDArray[np.float64]
Name = tuple[Hashable, ...]
Counts = dict[Name, float]
"""What one sample adds to each of some sums, by their names."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its 95 % interval (percentiles of the bootstrap over samples, Efron and Tibshirani 1993).

    None where it has no value, as the kappa of people who all gave one and the same label. There is no interval where
    the samples tell none: one sample, or the same figure whichever are drawn.
    """

    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return "none"
        return f"{self.value:.2f}" + ("" if self.low is None else f" ({self.low:.2f} to {self.high:.2f})")


class Tally:
    """What every sample adds to some sums; equal samples are kept once, with their number."""

    def __init__(self, samples: Iterable[Counts]) -> None:
        kinds = Counter(frozenset(sample.items()) for sample in samples)
        self.columns: dict[Name, int] = {}
        self._times = np.array(list(kinds.values()), np.int64)
        rows = [(row, self._column(name), amount) for row, kind in enumerate(kinds) for name, amount in kind]
        self._cells = np.array(rows, np.float64).reshape(-1, 3)

    def __len__(self) -> int:
        return int(self._times.sum())

    def _column(self, name: Name) -> int:
        return self.columns.setdefault(name, len(self.columns))

    def sums(self, seed: int, draws: int = DRAWS) -> "Sums":
        """The sums over all samples, and below them over as many samples drawn with replacement, time and again."""
        from scipy.sparse import csr_array

        places = self._cells[:, :2].astype(int).T
        each = csr_array((self._cells[:, 2], (places[0], places[1])), (len(self._times), len(self.columns)))
        random = np.random.default_rng(seed)
        parts = (min(_AT_ONCE, draws - start) for start in range(0, draws if len(self) > 1 else 0, _AT_ONCE))
        drawn = (self._weights(random, part) @ each for part in parts)
        return Sums(self.columns, np.concatenate([self._times[None, :] @ each, *drawn]))

    def _weights(self, random: np.random.Generator, draws: int) -> npt.NDArray[np.int64]:
        """How often each kind of sample is drawn, (draws, kinds); whichever way is the faster."""
        kinds, total = len(self._times), len(self)
        if kinds * 4 < total:
            return random.multinomial(total, self._times / total, draws)
        owners = np.repeat(np.arange(kinds), self._times)
        return np.stack([np.bincount(owners[random.integers(0, total, total)], minlength=kinds) for _ in range(draws)])


@dataclass(frozen=True)
class Sums:
    """Sums by column, (1 + draws, columns): the first row is of the samples themselves."""

    columns: Mapping[Name, int]
    table: Floats

    def of(self, *name: Hashable) -> Floats:
        """One sum in every row; 0 where no sample ever added to it."""
        place = self.columns.get(name)
        found: Floats = np.zeros(len(self.table)) if place is None else self.table[:, place]
        return found

    def named(self, kind: str) -> dict[Name, Floats]:
        """The sums whose names are (kind, …), by what follows."""
        return {name[1:]: self.of(*name) for name in self.columns if name[0] == kind}

    def figure(self, formula: Callable[["Sums"], Floats]) -> Figure:
        """What `formula` makes of the sums, with its interval; draws without a value are left out."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values = formula(self)
        value, drawn = float(values[0]), values[1:][np.isfinite(values[1:])]
        if not np.isfinite(value):
            return Figure(None)
        low, high = np.quantile(drawn, _ENDS).tolist() if len(drawn) else (value, value)
        return Figure(value, low, high) if low < high else Figure(value)


def share(part: Name, whole: Name) -> Callable[[Sums], Floats]:
    """The formula of one sum by another."""
    return lambda sums: sums.of(*part) / sums.of(*whole)


def joined(counts: Iterable[Counts]) -> Counts:
    """What several add together."""
    total: Counts = {}
    for name, amount in (pair for one in counts for pair in one.items()):
        total[name] = total.get(name, 0) + amount
    return total
