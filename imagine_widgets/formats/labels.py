"""What every format is read into and written from: samples, what people and models said of them, and the classes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from imagine_kernels.records import NOTHING, Annotation, Prediction, Region, Sample, Skipped
from imagine_kernels.shapes import Shape

IMPORTED = "import"
"""The author of labels whose author a file does not tell, and the model of such predictions."""
LONG_AGO = "1970-01-01T00:00:00+00:00"
"""The time of labels whose time a file does not tell: whatever is known to be later counts more."""


@dataclass(frozen=True, slots=True)
class Term:
    """One class of a data set: its name, that of the class above it, and what other tools and registers call it."""

    name: str
    parent: str | None = None
    id: str = ""
    colour: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", MappingProxyType(dict(self.codes)))


@dataclass(frozen=True, slots=True)
class Beside:
    """What a tool says of a data set as a `whole`, and of its samples by id, that is to be given back as it came."""

    whole: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Labels:
    """A data set as labels know it. `skipped` names what a reader could not use, each with a sentence.

    `beside` is, by tool, what no record holds: names of the set, licences, places, cameras.
    """

    samples: tuple[Sample, ...]
    annotations: tuple[Annotation, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    terms: tuple[Term, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    beside: Mapping[str, Beside] = field(default_factory=dict)


def unchanged(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """For formats that hold every shape as it is."""
    del sample
    return (shape,)


def as_it_is(sample: Sample) -> Sample:
    """For formats that hold whole what they hold of samples."""
    return sample


@dataclass(frozen=True)
class Holds:
    """What a format can hold: which of the facts named in `FACTS`, and what becomes of each shape.

    "raw" is the fields of every other tool, "raw:voc" only those of that tool, "beside:ifdo" what that tool says
    beside.

    `shapes(shape, sample)` gives what comes back of a shape: itself, another one, several, or none at all;
    `samples(sample)` what comes back of the facts of a sample that are held. With `single` a sample has one label of
    people, the latest, and one of models, the best of the last.
    """

    facts: frozenset[str]
    shapes: Callable[[Shape | None, Sample], tuple[Shape | None, ...]] = unchanged
    samples: Callable[[Sample], Sample] = as_it_is
    single: bool = False


FACTS: Mapping[str, str] = MappingProxyType(
    {
        "predictions": "predictions of models",
        "model": "names of models and weights",
        "score": "scores of predictions",
        "sureness": "scores of people's labels",
        "scores": "scores of the other classes",
        "author": "authors",
        "at": "times of labels",
        "state": "states (accepted, rejected, …)",
        "opinions": "further labels of a region",
        "id": "names (ids) of regions",
        "raw": "fields of other tools",
        "empty": "samples a person found empty",
        "unlabelled": "samples that nobody has labelled",
        "group": "groups of samples",
        "taken_at": "times at which samples were taken",
        "pixel_size": "sizes of pixels",
        "effort": "efforts (volumes, dilutions)",
        "measures": "measures of samples",
        "crop": "places that samples were cut from",
        "unused": "classes without a label",
        "parents": "classes above classes",
        "codes": "codes of classes",
        "colour": "colours of classes",
    }
)
"""What may be lost, as a person reads it."""
_OF_SAMPLES: Mapping[str, object] = {
    "group": None, "taken_at": None, "pixel_size": None, "effort": None, "measures": MappingProxyType({}), "crop": None,
}  # fmt: skip


Held = tuple[Shape | None, ...]
Seen = Callable[[Sample, str, Sequence[tuple[Region, Held]]], None]
"""Is told of each sample whether its regions have a "score" or "sureness", and what comes back of each one's shape."""


def keep(labels: Labels, holds: Holds, seen: Seen | None = None) -> Labels:
    """What is left of `labels` in a format: exactly what reading gives after writing. `seen` sees it happen."""
    samples = {sample.id: sample for sample in labels.samples}
    annotations = tuple(_annotations(labels.annotations, samples, holds, seen))
    predictions = tuple(_predictions(labels.predictions, samples, holds, seen)) if "predictions" in holds.facts else ()
    if holds.single:
        annotations = tuple(replace(one, regions=one.regions[:1]) for one in _latest(annotations))
        predictions = tuple(replace(one, regions=(_best(one),)) for one in _last(predictions))
    said: tuple[Annotation | Prediction, ...] = (*annotations, *predictions)
    told = {one.sample_id for one in said}
    kept = [_sample(s, holds) for s in labels.samples if "unlabelled" in holds.facts or s.id in told]
    used = named_in(said)
    beside = _beside(labels.beside, {sample.id for sample in kept}, holds)
    return Labels(tuple(kept), annotations, predictions, tuple(_terms(labels.terms, used, holds)), (), beside)


def _beside(given: Mapping[str, Beside], ids: set[str], holds: Holds) -> Mapping[str, Beside]:
    held = {tool: one for tool, one in given.items() if f"beside:{tool}" in holds.facts}
    return {t: Beside(b.whole, {n: said for n, said in b.samples.items() if n in ids}) for t, b in held.items()}


def named_in(said: Iterable[Annotation | Prediction]) -> set[str]:
    """The classes that labels and further labels name."""
    regions = [region for one in said for region in one.regions]
    used = {region.label for region in regions}
    return used | {opinion.label for region in regions if region.opinions for opinion in region.opinions}


def _sample(sample: Sample, holds: Holds) -> Sample:
    gone = {name: empty for name, empty in _OF_SAMPLES.items() if name not in holds.facts}
    return holds.samples(replace(sample, **gone))  # type: ignore[arg-type]


def _latest(annotations: Iterable[Annotation]) -> Iterable[Annotation]:
    return {one.sample_id: one for one in sorted(annotations, key=_moment)}.values()


def _moment(one: Annotation) -> datetime:
    """Times without a zone are taken for UTC."""
    time = datetime.fromisoformat(one.at)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _last(predictions: Iterable[Prediction]) -> Iterable[Prediction]:
    return {one.sample_id: one for one in predictions}.values()


def _best(one: Prediction) -> Region:
    return max(one.regions, key=lambda region: -1.0 if region.score is None else region.score)


def _terms(terms: Iterable[Term], used: set[str], holds: Holds) -> Iterable[Term]:
    known = {term.name: term for term in terms}
    every = {**known, **{name: Term(name) for name in sorted(used - known.keys())}}
    for term in every.values():
        if "unused" in holds.facts or term.name in used:
            yield Term(
                term.name,
                term.parent if "parents" in holds.facts else None,
                term.id if "codes" in holds.facts else "",
                term.colour if "colour" in holds.facts else "",
                term.codes if "codes" in holds.facts else {},
            )


def _annotations(
    given: Iterable[Annotation], samples: Mapping[str, Sample], holds: Holds, seen: Seen | None
) -> Iterable[Annotation]:
    """By sample, and by author where that is held: what one file says of one sample is one annotation."""
    found: dict[tuple[str, str], list[Annotation]] = {}
    for one in given:
        author = one.author if "author" in holds.facts else IMPORTED
        found.setdefault((one.sample_id, author), []).append(one)
    for (sample_id, author), some in found.items():
        at = max(one.at for one in some) if "at" in holds.facts else LONG_AGO
        regions = _regions((r for one in some for r in one.regions), samples[sample_id], holds, "sureness", seen)
        found_nothing = not any(one.regions for one in some)  # not: nothing of what was found can be held
        if regions or (found_nothing and "empty" in holds.facts):
            yield Annotation(sample_id, regions, author, at, IMPORTED, f"{sample_id}/{author}")


def _predictions(
    given: Iterable[Prediction], samples: Mapping[str, Sample], holds: Holds, seen: Seen | None
) -> Iterable[Prediction]:
    found: dict[tuple[str, str, str], list[Prediction]] = {}
    for one in given:
        model = (one.model, one.weights) if "model" in holds.facts else (IMPORTED, "")
        found.setdefault((one.sample_id, *model), []).append(one)
    for (sample_id, model_name, weights), some in found.items():
        regions = _regions((r for one in some for r in one.regions), samples[sample_id], holds, "score", seen)
        if regions:
            yield Prediction(sample_id, regions, model_name, weights)


def _regions(
    given: Iterable[Region], sample: Sample, holds: Holds, scored: str, seen: Seen | None
) -> tuple[Region, ...]:
    """Where regions have no names in the format they are numbered, by sample and by who says it."""
    pairs = [(region, holds.shapes(region.shape, sample)) for region in given]
    if seen is not None:
        seen(sample, scored, pairs)
    kept = [(region, shape) for region, held in pairs for shape in held]
    if "id" in holds.facts:
        return tuple(_region(region, shape, region.id, holds, scored) for region, shape in kept)
    numbered = f"{sample.id}#{scored[1]}"
    return tuple(
        _region(region, shape, f"{numbered}{n}", holds, scored) for n, (region, shape) in enumerate(kept, start=1)
    )


def is_bare(region: Region) -> bool:
    """Whether it has no more than a class and a shape, as most have."""
    return region.score is None and not (region.scores or region.state or region.opinions or region.raw)


def _region(region: Region, shape: Shape | None, name: str, holds: Holds, scored: str) -> Region:
    if is_bare(region):
        return Region(region.label, None, shape, name, NOTHING, "", (), NOTHING)  # told, not asked for: quicker
    facts = holds.facts
    return Region(
        region.label,
        region.score if scored in facts else None,
        shape,
        name,
        region.scores if "scores" in facts else {},
        region.state if "state" in facts else "",
        region.opinions if "opinions" in facts else (),
        {tool: text for tool, text in region.raw.items() if facts & {"raw", f"raw:{tool}"}} if region.raw else {},
    )
