"""Annotations of several authors → how far they agree, on what whole samples are and on what is drawn in them."""

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from imagine_kernels.records import Annotation, Region
from imagine_widgets.agreement import kappa
from imagine_widgets.agreement.figures import DRAWS, Counts, Figure, Floats, Sums, Tally, joined, share
from imagine_widgets.agreement.kappa import Rating
from imagine_widgets.agreement.looks import Looks, called, drawn, looks
from imagine_widgets.agreement.nearness import REACH
from imagine_widgets.agreement.pairing import Thing, things

_PAIRS = 100
"""Pairs of authors that are told apart, at most."""


@dataclass(frozen=True, slots=True)
class OfClass:
    """Of the times a person gives a label, how often another one gives it too (Uebersax 1982, specific agreement)."""

    label: str
    same: Figure


@dataclass(frozen=True, slots=True)
class Pair:
    """Two authors on the samples that both named: the share they name alike, and Cohen's kappa."""

    authors: tuple[str, str]
    samples: int
    same: Figure
    kappa: Figure


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """Two authors on the samples where both drew, or looked and drew nothing.

    `both`, `first` and `second` count things drawn by both and by one alone; `found` is 2 · both / all regions (the F1
    of finding), `near` the mean overlap of what both drew; `kappa` is Cohen's on the labels of what both drew;
    `kappa_with_missing` has "not drawn" as one more label (there are no things that neither drew, so it may be low).
    """

    authors: tuple[str, str]
    samples: int
    both: int
    first: int
    second: int
    found: Figure
    near: Figure
    kappa: Figure
    kappa_with_missing: Figure


@dataclass(frozen=True, slots=True)
class Whole:
    """On what whole samples are: the mean share of pairs of people who say the same, Fleiss' kappa, classes, pairs."""

    samples: int
    same: Figure
    kappa: Figure
    classes: tuple[OfClass, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """On what is drawn; "not drawn" counts as a label in `same` and `kappa`; `found` and `near` are over all pairs."""

    samples: int
    things: int
    found: Figure
    near: Figure
    same: Figure
    kappa: Figure
    classes: tuple[OfClass, ...]
    pairs: tuple[DrawnPair, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far `authors` agree; None where no sample was named, or drawn in, by two of them."""

    authors: tuple[str, ...]
    whole: Whole | None
    drawn: Drawn | None


def agree(
    annotations: Iterable[Annotation],
    *,
    authors: Collection[str] | None = None,
    least: float = 0.5,
    reach: float = REACH,
    seed: int = 0,
    draws: int = DRAWS,
) -> Agreement:
    """How far the authors agree, each figure with its 95 % interval by a bootstrap over samples.

    Shapes are the same thing where they overlap by `least`, points within `reach` pixels of one another by half; see
    `pairing.things`. The latest annotation of an author counts; an empty one says that nothing is there.
    """
    if not 0 < least <= 1 or reach <= 0:
        raise ValueError(f"Shapes are one thing from an overlap above 0 up to 1 on, not {least}; reach {reach} > 0.")
    seen = looks(annotations, authors)
    figured = _Figured(seed, draws)
    whole, shapes = figured.whole(seen), figured.drawn(seen, least, reach)
    return Agreement(tuple(sorted({author for said in seen.values() for author in said})), whole, shapes)


@dataclass(frozen=True, slots=True)
class _Figured:
    """Counts of samples as figures, all by the same draws."""

    seed: int
    draws: int

    def sums(self, samples: Iterable[Counts]) -> Sums:
        return Tally(samples).sums(self.seed, self.draws)

    def whole(self, seen: Looks) -> Whole | None:
        ratings = [
            {author: rating for author, regions in said.items() if (rating := called(regions)) is not None}
            for said in seen.values()
        ]
        compared = sum(len(said) > 1 for said in ratings)
        if not compared:
            return None
        sums = self.sums(kappa.of_many([tuple(said.values())]) for said in ratings if said)
        pairs = tuple(self._pair(two, ratings) for two in _pairs(ratings))
        return Whole(compared, *self._of_many(sums), pairs)

    def _of_many(self, sums: Sums) -> tuple[Figure, Figure, tuple[OfClass, ...]]:
        labels = sorted(str(name[0]) for name in sums.named("either"))
        classes = tuple(OfClass(name, sums.figure(share(("both", name), ("either", name)))) for name in labels)
        return sums.figure(share(("same",), ("compared",))), sums.figure(kappa.fleiss), classes

    def _pair(self, two: tuple[str, str], ratings: Sequence[dict[str, Rating]]) -> Pair:
        both = [(said[two[0]], said[two[1]]) for said in ratings if two[0] in said and two[1] in said]
        sums = self.sums(kappa.of_pair([pair]) for pair in both)
        return Pair(two, len(both), sums.figure(kappa.same_of_pair), sums.figure(kappa.cohen))

    def drawn(self, seen: Looks, least: float, reach: float) -> Drawn | None:
        regions = [{a: drawn(r) for a, r in said.items() if not r or drawn(r)} for said in seen.values()]
        shared = [said for said in regions if len(said) > 1 and any(said.values())]
        if not shared:
            return None
        found = [things(said, least, reach) for said in shared]
        rated = [[_ratings(one, said) for one in some] for some, said in zip(found, shared, strict=True)]
        same, fleiss, classes = self._of_many(self.sums(kappa.of_many(some) for some in rated))

        def of_two(two: tuple[str, str]) -> list[Counts]:
            known = (some if len(said) == 2 else None for some, said in zip(found, shared, strict=True))
            return [_of_two(said, two, some, (least, reach)) for said, some in zip(shared, known, strict=True)]

        two_by_two = {two: of_two(two) for two in _pairs(shared)}
        every = self.sums(joined(some) for some in zip(*two_by_two.values(), strict=True))
        pairs = tuple(self._drawn_pair(two, samples) for two, samples in two_by_two.items())
        number = sum(map(len, found))
        return Drawn(len(shared), number, every.figure(_F1), every.figure(_NEAR), same, fleiss, classes, pairs)

    def _drawn_pair(self, two: tuple[str, str], samples: Sequence[Counts]) -> DrawnPair:
        looked = [sample for sample in samples if sample]
        sums = self.sums(looked)
        both, regions = sums.of("both")[0], [sums.of("of", author)[0] for author in two]
        kappas = [sums.figure(_kappa(kind)) for kind in ("matched", "any")]
        counts = (int(both), int(regions[0] - both), int(regions[1] - both))
        return DrawnPair(two, len(looked), *counts, sums.figure(_F1), sums.figure(_NEAR), *kappas)


def _pairs(said: Iterable[Iterable[str]]) -> list[tuple[str, str]]:
    """Every two authors who have a sample in common; of very many those who have most."""
    groups = Counter(tuple(sorted(each)) for each in said)
    shared: Counter[tuple[str, str]] = Counter()
    for group, times in groups.items():
        shared.update(dict.fromkeys(itertools.combinations(group, 2), times))
    return sorted(two for two, _ in shared.most_common(_PAIRS))


def _ratings(thing: Thing, looked: Iterable[str]) -> list[Rating]:
    return [(thing.regions[author].label,) if author in thing.regions else () for author in looked]


def _of_two(
    said: dict[str, tuple[Region, ...]], two: tuple[str, str], known: list[Thing] | None, alike: tuple[float, float]
) -> Counts:
    """What one sample adds to the sums of two authors; nothing where one of them did not look."""
    if not (two[0] in said and two[1] in said):
        return {}
    found = things({author: said[author] for author in two}, *alike) if known is None else known
    first, second = (float(len(said[author])) for author in two)
    counts: Counts = {("looked",): 1.0, ("regions",): first + second, ("of", two[0]): first, ("of", two[1]): second}
    return joined([counts, *(_of_thing(thing, two) for thing in found)])


def _of_thing(thing: Thing, two: tuple[str, str]) -> Counts:
    one, other = _ratings(thing, two)
    counts, near = kappa.of_pair([(one, other)], "any"), thing.least
    if near is None:
        return counts
    return counts | kappa.of_pair([(one, other)], "matched") | {("both",): 1, ("twice",): 2, ("near",): near}


def _kappa(kind: str) -> Callable[[Sums], Floats]:
    return lambda sums: kappa.cohen(sums, kind)


_F1 = share(("twice",), ("regions",))
_NEAR = share(("near",), ("both",))
