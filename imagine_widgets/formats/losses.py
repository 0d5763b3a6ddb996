"""What a format cannot hold of a data set, told before anything is written: what, how many, and one example."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_widgets.formats.labels import FACTS, IMPORTED, LONG_AGO, Holds, Labels


@dataclass(frozen=True, slots=True)
class Loss:
    """One kind of thing that is lost or changed: how many of them, and where the first is."""

    what: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"{self.count:,} {self.what} (the first: {self.example})"


def losses(labels: Labels, holds: Holds) -> tuple[Loss, ...]:
    """Everything of `labels` that the format changes or drops; nothing where it holds all."""
    found: Counter[str] = Counter()
    first: dict[str, str] = {}
    for what, where in _lost(labels, holds):
        found[what] += 1
        first.setdefault(what, where)
    return tuple(Loss(what, count, first[what]) for what, count in found.items())


def _lost(labels: Labels, holds: Holds) -> Iterator[tuple[str, str]]:
    samples = {sample.id: sample for sample in labels.samples}
    for one in labels.annotations:
        yield from _missing(_of_annotation(one.at, empty=not one.regions), holds, one.sample_id)
        if one.author != IMPORTED:
            yield from _missing(["author"], holds, one.sample_id)
        for region in one.regions:
            yield from _of_region(region, samples[one.sample_id], holds, "sureness")
    for guess in labels.predictions:
        if "predictions" not in holds.facts:
            yield FACTS["predictions"], guess.sample_id
            continue
        if guess.model != IMPORTED:
            yield from _missing(["model"], holds, guess.sample_id)
        for region in guess.regions:
            yield from _of_region(region, samples[guess.sample_id], holds, "score")
    yield from _beside(labels, holds) if holds.single else ()
    yield from _of_samples(labels, holds)
    yield from _of_terms(labels, holds)


def _beside(labels: Labels, holds: Holds) -> Iterator[tuple[str, str]]:
    """Labels of a sample that can have one of people and one of models."""
    samples = {sample.id: sample for sample in labels.samples}
    for kind, some in (("person", labels.annotations), ("model", labels.predictions)):
        seen: set[str] = set()
        for one in some:
            for region in one.regions:
                if holds.shapes(region.shape, samples[one.sample_id]):
                    if one.sample_id in seen:
                        yield f"labels beside the one of a {kind} that a sample can have", one.sample_id
                    seen.add(one.sample_id)


def _missing(facts: Iterable[str], holds: Holds, where: str) -> Iterator[tuple[str, str]]:
    return ((FACTS[fact], where) for fact in facts if fact not in holds.facts)


def _of_annotation(at: str, *, empty: bool) -> Iterator[str]:
    if empty:
        yield "empty"
    if at != LONG_AGO:
        yield "at"


def _of_region(region: Region, sample: Sample, holds: Holds, scored: str) -> Iterator[tuple[str, str]]:
    where = f"{region.label} of {sample.id}"
    there = {name for name in ("scores", "state", "opinions") if getattr(region, name)}
    there |= {"raw"} if any(f"raw:{tool}" not in holds.facts for tool in region.raw) else set()
    there |= {scored} if region.score is not None else set()
    there |= set() if region.id.startswith(f"{sample.id}#{scored[1]}") else {"id"}  # else only numbered when read
    yield from _missing(sorted(there), holds, where)
    before, after = _kind(region.shape), [_kind(shape) for shape in holds.shapes(region.shape, sample)]
    if not after:
        yield f"{before} regions, left out", where
    elif after != [before]:
        yield f"{before} regions, written as {' and '.join(dict.fromkeys(after))}", where
    elif holds.shapes(region.shape, sample) != (region.shape,):
        yield f"{before} regions, not exactly as they are", where


def _kind(shape: object) -> str:
    return "whole-sample" if shape is None else type(shape).__name__


def _of_samples(labels: Labels, holds: Holds) -> Iterator[tuple[str, str]]:
    told = {one.sample_id for one in _said(labels)}
    for sample in labels.samples:
        there = [name for name in ("group", "taken_at", "pixel_size", "effort", "crop") if getattr(sample, name)]
        there += ["measures"] if sample.measures else []
        there += [] if sample.id in told else ["unlabelled"]
        held = holds.samples(sample)
        cut = [name for name in there if name in holds.facts and name != "unlabelled"]
        yield from (
            (FACTS[name], sample.id) for name in cut if not _is_held(getattr(sample, name), getattr(held, name))
        )
        yield from _missing(there, holds, sample.id)


def _is_held(before: object, after: object) -> bool:
    return len(before) == len(after) if isinstance(before, Mapping) and isinstance(after, Mapping) else bool(after)


def _of_terms(labels: Labels, holds: Holds) -> Iterator[tuple[str, str]]:
    regions = [region for one in _said(labels) for region in one.regions]
    used = {name for one in regions for name in (one.label, *(opinion.label for opinion in one.opinions))}
    for term in labels.terms:
        there = {"parents": term.parent, "codes": term.codes or term.id, "colour": term.colour}
        found = [name for name, value in there.items() if value]
        yield from _missing([*found, *([] if term.name in used else ["unused"])], holds, term.name)


def _said(labels: Labels) -> tuple[Annotation | Prediction, ...]:
    return (*labels.annotations, *labels.predictions)
