"""Named valves → what may really be on the slide, drawn again and again: what the interval of an index is told from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagine_kernels import confusion
from imagine_kernels.measure import UNLABELLED
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
    return name not in left_out and name not in {NONE, UNLABELLED}


def codes(model: Model | None) -> Mapping[str, str | None]:
    """The OMNIDIA code of each name that the model may say."""
    return {} if model is None else {label.name: label.code("omnidia") for label in model.answers}
