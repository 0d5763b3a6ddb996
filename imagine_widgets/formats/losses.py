"""What a format cannot hold of a data set, told before anything is written: what, how many, and one example."""

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_widgets.formats.labels import (
    FACTS,
    IMPORTED,
    LONG_AGO,
    Beside,
    Held,
    Holds,
    Labels,
    Term,
    is_bare,
    keep,
    named_in,
)

_EXTRAS = ("scores", "state", "opinions")
_OF_SAMPLES = ("group", "taken_at", "pixel_size", "effort", "crop", "measures")


@dataclass(frozen=True, slots=True)
class Loss:
    """One kind of thing that is lost or changed: how many of them, and where the first is."""

    what: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"{self.count:,} {self.what} (the first: {self.example})"


@dataclass
class _Tally:
    """What is lost, as it is found."""

    holds: Holds
    count: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.unnamed = "id" not in self.holds.facts

    def add(self, what: str, *where: str, more: int = 1) -> None:
        """One more, or several; only of the first it is told where."""
        if what not in self.first:
            self.first[what] = " of ".join(where)
        self.count[what] += more

    def miss(self, fact: str, *where: str) -> None:
        """One more of a fact, where the format does not hold it."""
        if fact not in self.holds.facts:
            self.add(FACTS[fact], *where)

    def annotation(self, one: Annotation) -> None:
        """All but its regions."""
        if not one.regions:
            self.miss("empty", one.sample_id)
        if one.at != LONG_AGO:
            self.miss("at", one.sample_id)
        if one.author != IMPORTED:
            self.miss("author", one.sample_id)

    def prediction(self, one: Prediction) -> None:
        """All but its regions."""
        if "predictions" not in self.holds.facts:
            self.add(FACTS["predictions"], one.sample_id)
        elif one.model != IMPORTED:
            self.miss("model", one.sample_id)

    def regions(self, sample: Sample, scored: str, pairs: Sequence[tuple[Region, Held]]) -> None:
        """Those of a prediction (`scored` is "score") or of a person ("sureness")."""
        numbered = f"{sample.id}#{scored[1]}"  # such names are only given when read
        named = [r for r, _ in pairs if not ("#" in r.id and r.id.startswith(numbered))] if self.unnamed else []
        if named:
            self.add(FACTS["id"], named[0].label, sample.id, more=len(named))
        for region, held in pairs:
            shape = region.shape
            if not is_bare(region):
                self.extras(region, scored, region.label, sample.id)
            if len(held) != 1 or (held[0] is not shape and held[0] != shape):
                kinds: tuple[type, ...] = (type(shape), *map(type, held))
                self.add(_change(kinds), region.label, sample.id)

    def extras(self, region: Region, scored: str, *where: str) -> None:
        """What few regions have."""
        facts = self.holds.facts
        has = {scored: region.score is not None, **{name: bool(getattr(region, name)) for name in _EXTRAS}}
        for fact, there in has.items():
            if there:
                self.miss(fact, *where)
        if region.raw and "raw" not in facts and any(f"raw:{tool}" not in facts for tool in region.raw):
            self.add(FACTS["raw"], *where)

    def doubled(self, kind: str, some: Iterable[Annotation | Prediction], samples: Mapping[str, Sample]) -> None:
        """Labels of a sample that can have one of people and one of models."""
        seen: set[str] = set()
        for one in some:
            for region in one.regions:
                if self.holds.shapes(region.shape, samples[one.sample_id]):
                    if one.sample_id in seen:
                        self.add(f"labels beside the one of a {kind} that a sample can have", one.sample_id)
                    seen.add(one.sample_id)

    def sample(self, sample: Sample, *, told: bool) -> None:
        there = [name for name in _OF_SAMPLES if getattr(sample, name)]
        held = self.holds.samples(sample)
        for name in there:
            if name not in self.holds.facts or not _is_held(getattr(sample, name), getattr(held, name)):
                self.add(FACTS[name], sample.id)
        if not told:
            self.miss("unlabelled", sample.id)

    def term(self, term: Term, *, used: bool) -> None:
        there = {"parents": term.parent, "codes": term.codes or term.id, "colour": term.colour, "unused": not used}
        for fact, value in there.items():
            if value:
                self.miss(fact, term.name)

    def beside(self, tool: str, said: Beside) -> None:
        """What a tool says of the set and its samples, where the format does not hold it."""
        if f"beside:{tool}" not in self.holds.facts:
            if said.whole:
                self.add(f"fields of {tool} about the whole data set", next(iter(said.whole)), more=len(said.whole))
            if said.samples:
                what = f"samples with fields of {tool} that no record holds"
                self.add(what, next(iter(said.samples)), more=len(said.samples))


def losses(labels: Labels, holds: Holds) -> tuple[Loss, ...]:
    """Everything of `labels` that the format changes or drops; nothing where it holds all."""
    return fitted(labels, holds)[0]


def fitted(labels: Labels, holds: Holds) -> tuple[tuple[Loss, ...], Labels]:
    """The losses, and what is left: each shape is put to the format's only once."""
    tally, samples = _Tally(holds), {sample.id: sample for sample in labels.samples}
    for one in labels.annotations:
        tally.annotation(one)
    for guess in labels.predictions:
        tally.prediction(guess)
    left = keep(labels, holds, tally.regions)
    if holds.single:
        tally.doubled("person", labels.annotations, samples)
        tally.doubled("model", labels.predictions, samples)
    said: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    told = {one.sample_id for one in said}
    for sample in labels.samples:
        tally.sample(sample, told=sample.id in told)
    for tool, beside in labels.beside.items():
        tally.beside(tool, beside)
    used = named_in(said)
    for term in labels.terms:
        tally.term(term, used=term.name in used)
    return tuple(Loss(what, count, tally.first[what]) for what, count in tally.count.items()), left


@functools.cache
def _change(kinds: tuple[type, ...]) -> str:
    """What became of a shape: its kind, and those of what comes back."""
    before, *after = map(_kind, kinds)
    if not after:
        return f"{before} regions, left out"
    if after != [before]:
        return f"{before} regions, written as {' and '.join(dict.fromkeys(after))}"
    return f"{before} regions, not exactly as they are"


def _kind(shape: type) -> str:
    return "whole-sample" if shape is type(None) else shape.__name__


def _is_held(before: object, after: object) -> bool:
    return len(before) == len(after) if isinstance(before, Mapping) and isinstance(after, Mapping) else bool(after)
