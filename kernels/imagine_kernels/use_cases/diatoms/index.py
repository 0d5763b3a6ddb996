"""Valves by taxon → the diatom index of the water with its 95 % interval, and the class of its ecological status.

IPS, the specific pollution sensitivity index: x = Σ a s v / Σ a v (Zelinka and Marvan 1961, Arch. Hydrobiol. 57:389;
Coste in Cemagref 1982, Étude des méthodes biologiques), told as 4.75 x - 3.75, from 1 to 20. IBD, the biological diatom
index: of the presence P(i) in seven classes F(i) = Σ a P(i) V / Σ a V, B = Σ i F(i) / Σ F(i), told as 4.75 B - 8.5
within 1 and 20 (Prygiel and Coste 1998, Hydrobiologia 387/388; NF T90-354). No taxon is left out for being rare.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagine_kernels import confusion
from imagine_kernels.use_case import Model
from imagine_kernels.use_cases.diatoms.counts import Composition, Floats, codes, composition
from imagine_kernels.use_cases.diatoms.table import IBD, IPS, IndexTable

LEAST = 0.75
"""The share of the valves whose taxa must be in the table: of fewer no index is told."""
STATUS = ("high", "good", "moderate", "poor", "bad")


@dataclass(frozen=True, slots=True)
class Limits:
    """The lowest values of high, good, moderate and poor, and who says so.

    The Water Framework Directive leaves them to the countries, by the type of water body: give those of yours.
    """

    lowest: tuple[float, ...]
    source: str

    def __post_init__(self) -> None:
        falling = list(self.lowest) == sorted(set(self.lowest), reverse=True)
        if len(self.lowest) != len(STATUS) - 1 or not falling or not all(1 < n < 20 for n in self.lowest):
            given = ", ".join(f"{number:g}" for number in self.lowest)
            raise ValueError(f"Class limits are four numbers that fall from high to poor within 1 and 20, not {given}.")

    def status(self, values: Floats) -> npt.NDArray[np.intp]:
        """The place in `STATUS` of each value."""
        places: npt.NDArray[np.intp] = (values[:, None] < np.array(self.lowest)).sum(1)
        return places


LIMITS: Mapping[str, Limits] = {
    IPS: Limits((16, 13.5, 11, 7), "Prygiel, Lévêque and Iserentant (1996), Rev. Sci. Eau 9:97-113"),
    IBD: Limits((17, 13, 9, 5), "Prygiel and Coste (2000), Guide méthodologique pour la mise en œuvre de l'IBD"),
}
"""Five classes of water quality of the authors: no country's limits of ecological status."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index of one sample, 1 (worst) to 20.

    `value` is corrected for what the model confuses, `as_named` is not: it is what the list of counted names gives.
    `low` and `high` bound the 95 % interval, which holds the counting and, where `confused` is True, the confusion.
    `covered` is the share of the `valves` whose taxa the table knows, `missing` how many are of which other ones.
    `chances` are those of each class of status, of which `status` is the one that `value` lies in.
    """

    name: str
    value: float
    low: float
    high: float
    as_named: float
    confused: bool
    valves: int
    covered: float
    missing: Mapping[str, int]
    status: str
    chances: Mapping[str, float]
    limits: Limits


def index(
    named: Mapping[str, int],
    table: IndexTable,
    model: Model | None = None,
    exact: Mapping[str, int] | None = None,
    *,
    limits: Limits | None = None,
    seed: int = 0,
) -> Index:
    """The index of a sample in which the model named so many valves of each taxon, and people so many (`exact`).

    Names are those of the model's classes, which tell their OMNIDIA codes, or codes themselves. What is not counted
    (debris) or was given no name is left out. Raises ValueError with a sentence where the table knows too few.
    """
    chosen, found = limits or LIMITS[table.index], composition(named, model, exact, seed=seed)
    covered, taxa = _covered(found, table, model), [_code(name, table, model) for name in found.names]
    values = _values(taxa, found.others, table)
    low, middle, high = (float(part) for part in np.nanquantile(values, (0.025, 0.5, 0.975)))
    chances = np.bincount(chosen.status(values[~np.isnan(values)]), minlength=len(STATUS)) / len(values)
    told = found.told
    plain = _values([_code(name, table, model) for name in told], np.array([list(told.values())], float), table)
    return Index(
        *(table.index, middle, low, high, float(plain[0]), confusion.known(model), found.valves, covered),
        missing={name: count for name, count in told.items() if _code(name, table, model) is None},
        status=STATUS[int(chosen.status(np.array([middle]))[0])],
        chances=dict(zip(STATUS, chances.tolist(), strict=True)),
        limits=chosen,
    )


def _covered(found: Composition, table: IndexTable, model: Model | None) -> float:
    """The share of the valves whose taxa are in the table. Raises ValueError with a sentence where it is too little."""
    known = np.array([_code(name, table, model) is not None for name in found.names])
    share = float((found.counts * known).sum() / max(found.counts.sum(), 1))
    if share < LEAST:
        told = found.told
        others = sorted((name for name in told if _code(name, table, model) is None), key=lambda name: -told[name])
        most = ", ".join(f"{name} ({told[name]} valves)" for name in others[:5])
        raise ValueError(
            f"{table.path.name} tells values of the taxa of {share:.0%} of the valves: too few for an index, "
            f"which needs {LEAST:.0%}. Add those of {most or 'the taxa that were found'}."
        )
    return share


def _code(name: str, table: IndexTable, model: Model | None) -> str | None:
    """The code under which the table knows a name; None where it doesn't."""
    code = codes(model).get(name) or name.upper()
    return code if code in table.values else None


def _values(codes: list[str | None], counts: Floats, table: IndexTable) -> Floats:
    """The index (draws,) of valves (draws, names); NaN where none is of a taxon in the table."""
    size = len(next(iter(table.values.values())).profile)
    profiles = np.array([table.values[code].profile if code else (0.0,) * size for code in codes])
    weights = np.array([table.values[code].weight if code else 0.0 for code in codes])
    weighed = counts * weights
    with np.errstate(invalid="ignore", divide="ignore"):
        means = weighed @ profiles / weighed.sum(1, keepdims=True)
        if table.index == IPS:
            twenty: Floats = 4.75 * means[:, 0] - 3.75
            return twenty
        balance = means @ np.arange(1, size + 1) / means.sum(1)
    bounded: Floats = np.clip(4.75 * balance - 8.5, 1, 20)
    return bounded
