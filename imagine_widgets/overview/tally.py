"""A set of labels → its counts, some regions of each class to show, agreement and disputes of its authors."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from imagine_kernels.records import Annotation, Prediction, Region, Skipped
from imagine_widgets.agreement import Agreement, Dispute, Figure, agree, disputes
from imagine_widgets.overview.sets import Set

PICTURES = 12
"""Regions of each class that are shown."""
NO_STATE, WHOLE = "none told", "whole sample"
_SEED = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """One region to show, and who says it."""

    sample_id: str
    author: str
    region: Region


@dataclass(slots=True)
class OfClass:
    """One class: its regions, how many samples and authors have it, and some regions picked evenly among all."""

    name: str
    regions: int = 0
    by_models: int = 0
    samples: set[str] = field(default_factory=set)
    shown: list[Shown] = field(default_factory=list)

    def meet(self, one: Shown, dice: random.Random, *, by_model: bool) -> None:
        """Count one more, and keep it with the chance that each has (reservoir sampling, Vitter 1985)."""
        self.regions, self.by_models = self.regions + 1, self.by_models + by_model
        self.samples.add(one.sample_id)
        if len(self.shown) < PICTURES:
            self.shown.append(one)
        elif (place := dice.randrange(self.regions)) < PICTURES:
            self.shown[place] = one


@dataclass(frozen=True, slots=True)
class Overview:
    """What is in a set of labels."""

    given: Set
    classes: tuple[OfClass, ...]
    shapes: Counter[str]
    authors: Counter[str]
    states: Counter[str]
    people: int
    models: int
    empty: int
    samples: int
    unlabelled: int
    agreement: Agreement | None
    disputes: tuple[Dispute, ...]
    skipped: tuple[Skipped, ...]

    def figures(self) -> list[tuple[str, Figure]]:
        """The figures of agreement in the words of a table."""
        told = self.agreement
        rows: list[tuple[str, Figure]] = []
        if told is not None and told.whole is not None:
            rows += [("whole samples: same label", told.whole.same), ("whole samples: kappa", told.whole.kappa)]
            rows += [(f"{' and '.join(one.authors)}: kappa", one.kappa) for one in told.whole.pairs]
            rows += [(f"class {one.label}", one.same) for one in told.whole.classes]
        if told is not None and told.drawn is not None:
            rows += [("drawn: found by both (F1)", told.drawn.found), ("drawn: overlap of those", told.drawn.near)]
            rows += [("drawn: kappa, with not drawn", told.drawn.kappa)]
            rows += [(f"{' and '.join(one.authors)}: kappa of found by both", one.kappa) for one in told.drawn.pairs]
            rows += [(f"class {one.label}, drawn", one.same) for one in told.drawn.classes]
        return rows

    def to_json(self) -> dict[str, Any]:
        """All figures as plain values; disputes without their regions."""
        kinds = {"shape": self.shapes, "author": self.authors, "state": self.states}
        return {
            "format": self.given.name,
            "samples": self.samples,
            "unlabelled": self.unlabelled,
            "found_empty": self.empty,
            "labels": {"people": self.people, "models": self.models},
            "class": {one.name: one.regions for one in self.classes},
            **{title: dict(counts.most_common()) for title, counts in kinds.items()},
            "agreement": None if self.agreement is None else asdict(self.agreement),
            "disputes": [_as_values(one) for one in self.disputes],
            "left_out": [{"where": one.where, "why": one.why} for one in self.skipped],
        }


def _as_values(one: Dispute) -> dict[str, Any]:
    said = {author: [region.id for region in regions] for author, regions in one.regions.items()}
    return {"sample": one.sample_id, "kind": one.kind, "weight": one.weight, "said": one.said, "regions": said}


def overview(given: Set) -> Overview:
    """Looks through a set for its counts, and through what several people labelled for how far they agree."""
    classes: dict[str, OfClass] = {}
    shapes, authors, states = Counter[str](), Counter[str](), Counter[str]()
    told: set[str] = set()
    people = models = empty = 0
    dice = random.Random(_SEED)  # noqa: S311 - which pictures are shown, the same every time
    for one, by_model in _every(given):
        author = f"model {one.model}" if isinstance(one, Prediction) else one.author
        told.add(one.sample_id)
        empty += not one.regions
        for region in one.regions:
            found = classes.setdefault(region.label, OfClass(region.label))
            found.meet(Shown(one.sample_id, author, region), dice, by_model=by_model)
            shapes[WHOLE if region.shape is None else type(region.shape).__name__] += 1
            authors[author] += 1
            if region.state:
                states[region.state] += 1
        people, models = people + len(one.regions) * (not by_model), models + len(one.regions) * by_model
    order = tuple(sorted(classes.values(), key=lambda found: (-found.regions, found.name)))
    known = {sample.id for sample in given.samples}
    agreement, open_ones = _compared(given)
    number, unlabelled = len(known | told), len(known - told)
    counts = (people, models, empty, number, unlabelled)
    return Overview(given, order, shapes, authors, states, *counts, agreement, open_ones, given.skipped())


def _every(given: Set) -> Iterator[tuple[Annotation | Prediction, bool]]:
    yield from ((one, False) for one in given.annotations())
    yield from ((one, True) for one in given.predictions)


def _compared(given: Set) -> tuple[Agreement | None, tuple[Dispute, ...]]:
    """Of the samples that several people labelled alone; None where there are none."""
    some = [*given.shared()]
    if len({one.author for one in some}) < 2:
        return None, ()
    return agree(some), tuple(disputes(some))


def kinds(found: Overview) -> Mapping[str, Counter[str]]:
    """The counts by what a person calls them."""
    by_class = Counter({one.name: one.regions for one in found.classes})
    return {"class": by_class, "shape": found.shapes, "author": found.authors, "state": found.states}
