"""What the authors do not agree on, sample by sample, the most serious first: the list a judge works through."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from imagine_kernels.records import Annotation, Region
from imagine_widgets.agreement.looks import ADJUDICATION, called, drawn, looks
from imagine_widgets.agreement.nearness import REACH, nearness
from imagine_widgets.agreement.pairing import Thing, things

KINDS = ("label", "missing", "place", "unsure")
"""What a dispute is about, the most serious first: what it is, whether it is there, where it ends, somebody's doubt."""

_TOUCHING = 0.1
"""Shapes that one author each drew, and that overlap so much, are one question to a judge, though `agree` counts two
things."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """One thing that the authors see differently.

    `regions` holds what each author who looked says of it: several labels of a whole sample, none where it was not
    drawn. `weight`, 0 to 1, says how serious it is among others of its kind; `said` tells it as a sentence.
    """

    sample_id: str
    kind: str
    regions: Mapping[str, tuple[Region, ...]]
    weight: float
    said: str


def disputes(
    annotations: Iterable[Annotation],
    *,
    authors: Collection[str] | None = None,
    least: float = 0.5,
    close: float = 0.75,
    reach: float = REACH,
) -> list[Dispute]:
    """Everything the authors differ in: labels, then shapes that one alone drew, then shapes that overlap by less than
    `close`, then what somebody marked as uncertain. What `settle` has settled is left out.

    `least` and `reach` say which shapes are one thing, as in `agree`.
    """
    told = [*annotations]
    settled = _settled(told)
    found: list[Dispute] = []
    for sample, said in looks(told, authors).items():
        whole = {author: tuple(r for r in regions if r.shape is None) for author, regions in said.items()}
        shaped = {author: drawn(regions) for author, regions in said.items() if not regions or drawn(regions)}
        seen = _joined(things(shaped, least, reach), min(least, _TOUCHING), reach)
        some = [*_of_whole(sample, whole), *_of_drawn(sample, seen, shaped, close)]
        found += [one for one in some if not _is_over(one, settled.get(sample, ()), least, reach)]
    return sorted(found, key=lambda one: (KINDS.index(one.kind), -one.weight, one.sample_id))


def _of_whole(sample: str, said: Mapping[str, tuple[Region, ...]]) -> Iterator[Dispute]:
    named = {author: regions for author, regions in said.items() if regions}
    ratings = {author: called(regions) or () for author, regions in named.items()}
    if len(set(ratings.values())) > 1:
        calls = {author: " and ".join(rating) for author, rating in ratings.items()}
        yield Dispute(sample, "label", named, _discord([*ratings.values()]), f"{_calls(calls)}.")
    elif unsure := [author for author, regions in named.items() if _is_unsure(regions)]:
        label = " and ".join(next(iter(ratings.values())))
        yield Dispute(sample, "unsure", named, len(unsure) / len(named), f"{_names(unsure)} cannot tell: {label}?")


def _joined(found: Iterable[Thing], least: float, reach: float) -> list[Thing]:
    """Things, those of one author alone taken together where they touch."""
    several, alone = [], dict[str, list[Region]]()
    for thing in found:
        if len(thing.regions) > 1:
            several.append(thing)
        for author, region in thing.regions.items() if len(thing.regions) == 1 else ():
            alone.setdefault(author, []).append(region)
    return several + things(alone, least, reach)


def _of_drawn(sample: str, found: Iterable[Thing], looked: Collection[str], close: float) -> Iterator[Dispute]:
    for thing in found:
        regions = {author: (thing.regions[author],) if author in thing.regions else () for author in sorted(looked)}
        labels = {author: region.label for author, region in thing.regions.items()}
        missed = [author for author in regions if author not in labels]
        unsure = [author for author, region in thing.regions.items() if _is_unsure([region])]
        what = " or ".join(dict.fromkeys(labels.values()))
        if len(set(labels.values())) > 1:
            yield Dispute(sample, "label", regions, _discord([*labels.values()]), f"{_calls(labels)}.")
        elif missed:
            said = f"{_names(labels)} drew {what}, {_names(missed)} did not."
            yield Dispute(sample, "missing", regions, _discord([author in labels for author in regions]), said)
        elif thing.least is not None and thing.least < close:
            said = f"{what}: the shapes of {_names(labels)} overlap by {thing.least:.0%} only."
            yield Dispute(sample, "place", regions, 1 - thing.least, said)
        elif unsure:
            yield Dispute(
                sample, "unsure", regions, len(unsure) / len(labels), f"{_names(unsure)} cannot tell: {what}?"
            )


def _discord(ratings: Sequence[object]) -> float:
    """The share of pairs of people who differ."""
    people = len(ratings)
    return 1 - sum(n * (n - 1) for n in Counter(ratings).values()) / (people * (people - 1))


def _is_unsure(regions: Iterable[Region]) -> bool:
    return any(region.state == "uncertain" for region in regions)


def _calls(calls: Mapping[str, str]) -> str:
    """As in: ada and bob call it cod, eve calls it ling."""
    by_call: dict[str, list[str]] = {}
    for author, call in calls.items():
        by_call.setdefault(call, []).append(author)
    told = sorted(by_call.items(), key=lambda each: -len(each[1]))
    return ", ".join(f"{_names(some)} {'call' if len(some) > 1 else 'calls'} it {call}" for call, some in told)


def _names(authors: Iterable[str]) -> str:
    *others, last = authors
    return f"{', '.join(others)} and {last}" if others else last


def _settled(annotations: Iterable[Annotation]) -> dict[str, list[Region]]:
    found: dict[str, list[Region]] = {}
    for one in annotations:
        if one.tool == ADJUDICATION:
            found.setdefault(one.sample_id, []).extend(one.regions)
    return found


def _is_over(dispute: Dispute, settled: Iterable[Region], least: float, reach: float) -> bool:
    """Whether a judge has spoken on this thing: on the whole sample, or on a shape where this one is."""
    shapes = [region.shape for regions in dispute.regions.values() for region in regions]
    for judged in settled:
        for shape in shapes:
            if judged.shape is None or shape is None:
                if judged.shape is shape:
                    return True
            elif nearness(judged.shape, shape, reach) >= least:
                return True
    return False
