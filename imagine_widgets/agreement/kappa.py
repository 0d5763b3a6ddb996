"""What people call the same things → agreement beyond chance: Cohen's kappa of two, Fleiss' of many.

Each function of the first kind gives what one sample adds to the sums, each of the second makes a figure of the sums.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from imagine_widgets.agreement.figures import Counts, Floats, Sums, joined

Rating = tuple[str, ...]
"""What one person calls one thing: all labels that it is given; empty where it is not there for this person."""


def of_pair(ratings: Iterable[tuple[Rating, Rating]], kind: str = "cell") -> Counts:
    """What two people call the things of one sample."""
    return dict(Counter((kind, one, other) for one, other in ratings))


def cohen(sums: Sums, kind: str = "cell") -> Floats:
    """Cohen's kappa (1960, doi:10.1177/001316446002000104); nan where chance alone would make them agree."""
    cells = sums.named(kind)
    total = _added(cells.values(), sums)
    sides: tuple[dict[Hashable, Floats], dict[Hashable, Floats]] = ({}, {})
    for names, cell in cells.items():
        for side, name in zip(sides, names, strict=True):
            side[name] = side.get(name, 0) + cell
    chance = _added((sides[0][name] * sides[1][name] for name in sides[0].keys() & sides[1].keys()), sums) / total**2
    return _beyond(same_of_pair(sums, kind), chance)


def same_of_pair(sums: Sums, kind: str = "cell") -> Floats:
    """The share of things that both call the same."""
    cells = sums.named(kind)
    same = _added((cell for names, cell in cells.items() if names[0] == names[1]), sums)
    return same / _added(cells.values(), sums)


def of_many(things: Iterable[Sequence[Rating]]) -> Counts:
    """What any number of people, not always the same, call the things of one sample."""
    return joined(map(_of_thing, things))


def _of_thing(ratings: Sequence[Rating]) -> Counts:
    times, people = Counter(ratings), len(ratings)
    counts: Counts = {("rated",): 1, **{("share", rating): count / people for rating, count in times.items()}}
    if people > 1:
        same = sum(count * (count - 1) for count in times.values())
        counts |= {("compared",): 1, ("same",): same / (people * (people - 1))}
        for label, count in Counter(label for rating in ratings for label in rating).items():
            counts |= {("both", label): count * (count - 1), ("either", label): count * (people - 1)}
    return counts


def fleiss(sums: Sums) -> Floats:
    """Fleiss' kappa (1971, doi:10.1037/h0031619), where things need not all be rated by as many people.

    As Gwet has it (2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 2): things that one person alone rated tell
    how often a label is given, and only those that two or more rated tell how often people agree.
    """
    shares = _added((given**2 for given in sums.named("share").values()), sums)
    return _beyond(sums.of("same") / sums.of("compared"), shares / sums.of("rated") ** 2)


def _beyond(same: Floats, chance: Floats) -> Floats:
    found: Floats = np.where(chance < 1 - 1e-12, (same - chance) / (1 - chance), np.nan)
    return found


def _added(parts: Iterable[Floats], sums: Sums) -> Floats:
    total: Floats = np.zeros(len(sums.table))
    for part in parts:
        total = total + part
    return total
