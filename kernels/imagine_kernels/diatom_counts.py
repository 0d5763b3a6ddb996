"""Named valves → the relative abundance of each taxon with its 95 % interval: what a count of a slide is told as."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagine_kernels import confusion
from imagine_kernels.use_case import NONE, Model

VALVES = 400
"""How many valves a count should hold (EN 14407, NF T90-354)."""
DRAWS = 2000

Floats = npt.NDArray[np.float64]
Counts = Mapping[str, int]


@dataclass(frozen=True)
class Composition:
    """What may really be on a slide: `counts` (draws, names) of the valves seen, and of as many `others` of the slide.

    `told` is what was said of the valves, classes that are not counted and what got no name left out.
    """

    names: tuple[str, ...]
    counts: Floats
    others: Floats
    told: Counts

    @property
    def valves(self) -> int:
        """How many valves were named."""
        return sum(self.told.values())


@dataclass(frozen=True, slots=True)
class Share:
    """One taxon on one slide: how many `valves` were named so, and their share (0 to 1).

    `corrected` is the share once what the model confuses is put right, `low` and `high` bound its 95 % interval, which
    holds counting and confusion; None for a higher taxon: its valves are shared out to the species below it.
    """

    name: str
    code: str | None
    valves: int
    share: float
    corrected: float | None = None
    low: float | None = None
    high: float | None = None


def composition(named: Counts, model: Model | None, exact: Counts | None = None, *, seed: int = 0) -> Composition:
    """Draws of a slide's composition, where the model named so many valves of each taxon, and people so many (`exact`).

    Raises ValueError with a sentence where no valve has a name.
    """
    every = {name: named.get(name, 0) + (exact or {}).get(name, 0) for name in (*named, *(exact or {}))}
    told = {name: count for name, count in every.items() if count and counted(name, model)}
    if not told:
        raise ValueError("No valve has a name. Look at the fields, and at what was found in them.")
    drawn = confusion.true_counts(named, model, exact, draws=DRAWS, seed=seed)
    kept = [place for place, name in enumerate(drawn.names) if counted(name, model)]
    counts = drawn.counts[:, kept].astype(float)
    totals = counts.sum(1, keepdims=True)
    others = np.random.default_rng(seed).multinomial(totals[:, 0].astype(int), counts / totals.clip(1))
    return Composition(tuple(drawn.names[place] for place in kept), counts, others.astype(float), told)


def counted(name: str, model: Model | None) -> bool:
    """Whether a name is that of a valve: not of debris, nor of what the model could not name."""
    left_out = {label.name for label in model.labels if not label.counted} if model is not None else set()
    return name not in left_out and name != NONE


def codes(model: Model | None) -> Mapping[str, str | None]:
    """The OMNIDIA code of each name that the model may say."""
    return {} if model is None else {label.name: label.code("omnidia") for label in model.answers}


def abundance(named: Counts, model: Model | None, exact: Counts | None = None, *, seed: int = 0) -> tuple[Share, ...]:
    """The share of each taxon that was named, and of each species that may be there, the most frequent first.

    Raises as `composition` does.
    """
    found = composition(named, model, exact, seed=seed)
    totals = found.counts.sum(1, keepdims=True).clip(1)
    means = (found.counts / totals).mean(0)
    lows, highs = np.quantile(found.others / totals, (0.025, 0.975), axis=0)
    known, code = dict(zip(found.names, range(len(found.names)), strict=True)), codes(model)
    rows = [
        Share(name, code.get(name), valves, valves / found.valves, *_of(known.get(name), means, lows, highs))
        for name in dict.fromkeys((*found.told, *found.names))
        for valves in [found.told.get(name, 0)]
    ]
    return tuple(sorted(rows, key=lambda row: (-row.valves, -(row.corrected or 0), row.name)))


def _of(place: int | None, *columns: Floats) -> tuple[float | None, ...]:
    return tuple(None if place is None else float(column[place]) for column in columns)
