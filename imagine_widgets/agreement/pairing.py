"""Regions that several authors drew in one sample → the things they mean: who drew which of them, and how alike."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from imagine_kernels.records import Region
from imagine_widgets.agreement.nearness import REACH, matrix

_SAME_LABEL = 1e-6
"""Between equally alike shapes the label decides."""

_Place = tuple[str, int]
"""An author, and which of the author's regions."""


@dataclass
class Thing:
    """One thing in a sample: the region of every author who drew it, and how alike any two of them are."""

    regions: dict[str, Region]
    nearness: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def least(self) -> float | None:
        """How alike the two least alike are; None where one author alone drew it."""
        return min(self.nearness.values(), default=None)


def things(drawn: Mapping[str, Sequence[Region]], least: float = 0.5, reach: float = REACH) -> list[Thing]:
    """Which regions of different authors are the same thing, whatever they call it.

    The most alike first, each region once; in one thing every two regions are alike by `least` or more. Regions need
    shapes.
    """
    near = _near(drawn, least, reach)
    groups: dict[_Place, list[_Place]] = {
        (author, n): [(author, n)] for author, regions in drawn.items() for n in range(len(regions))
    }
    for one, other in sorted(near, key=lambda pair: (-_rank(pair, near[pair], drawn), pair)):
        first, second = groups[one], groups[other]
        if first is not second and _fit(first, second, near):
            first.extend(second)
            groups.update(dict.fromkeys(second, first))
    every = {id(group): group for group in groups.values()}.values()
    return [_thing(sorted(group), drawn, near) for group in every]


_Near = dict[tuple[_Place, _Place], float]


def _near(drawn: Mapping[str, Sequence[Region]], least: float, reach: float) -> _Near:
    """Every two regions of different authors that are alike enough, the authors in the order of their names."""
    found: _Near = {}
    shapes = {author: [r.shape for r in regions if r.shape is not None] for author, regions in drawn.items()}
    for one, other in itertools.combinations(sorted(drawn), 2):
        alike = matrix(shapes[one], shapes[other], reach)
        for i, j in np.argwhere(alike >= least).tolist():
            found[(one, i), (other, j)] = float(alike[i, j])
    return found


def _rank(pair: tuple[_Place, _Place], alike: float, drawn: Mapping[str, Sequence[Region]]) -> float:
    one, other = (drawn[author][n].label for author, n in pair)
    return alike + (_SAME_LABEL if one == other else 0)


def _fit(first: list[_Place], second: list[_Place], near: _Near) -> bool:
    pairs = itertools.product(first, second)
    return all((min(pair), max(pair)) in near for pair in pairs)  # regions of one author are never near


def _thing(group: list[_Place], drawn: Mapping[str, Sequence[Region]], near: _Near) -> Thing:
    regions = {author: drawn[author][n] for author, n in group}
    return Thing(regions, {(a[0], b[0]): near[a, b] for a, b in itertools.combinations(group, 2)})
