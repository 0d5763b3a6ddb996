"""Labels → numbers a biologist reports: counts, shares and particles per volume of water, each with its 95 % interval.

Where it is known what the model confuses, counts are corrected for it and the intervals hold it; else they are of
counting alone: they tell how far another drop of the same water may differ.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from imagine_kernels import confusion
from imagine_kernels.confusion import TrueCounts as TrueCounts  # noqa: PLC0414
from imagine_kernels.confusion import known as known  # noqa: PLC0414
from imagine_kernels.confusion import true_counts as true_counts  # noqa: PLC0414
from imagine_kernels.intervals import poisson as poisson  # noqa: PLC0414 - what counts are told with
from imagine_kernels.intervals import unsure_poisson, unsure_share
from imagine_kernels.intervals import weighted_poisson as weighted_poisson  # noqa: PLC0414
from imagine_kernels.intervals import wilson as wilson  # noqa: PLC0414
from imagine_kernels.records import Annotation, Effort, Prediction, Quantity, Sample
from imagine_kernels.truth import settled
from imagine_kernels.units import convert as convert  # noqa: PLC0414 - measures are told in other units with it
from imagine_kernels.units import units as units  # noqa: PLC0414
from imagine_kernels.use_case import Model

UNLABELLED = "(no label)"
"""Stands for samples that nobody and no model has named; they are counted, or all would seem rarer than it is."""
FOLDER = "folder"
_LEAST_DRAWS = 400
_MANY = 25
"""Classes; more make every draw long."""


@dataclass(frozen=True, slots=True)
class Row:
    """One class in one group: its count as named, its share (0..1) and, where the volume is known, how many in it.

    `estimate` is the count corrected for what the model confuses, or the count where that is unknown; share and
    concentration are those of the estimate. `..._low`, `..._high`, `low` and `high` bound the 95 % intervals. What is
    told apart only to be left out has no share; a higher taxon that the model fell back to has no estimate, because it
    is in those of the classes below it.
    """

    group: str | None
    label: str
    count: int
    share: float | None = None
    share_low: float | None = None
    share_high: float | None = None
    concentration: Quantity | None = None
    low: Quantity | None = None
    high: Quantity | None = None
    estimate: float | None = None
    estimate_low: float | None = None
    estimate_high: float | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted in one group: what the model `named`, and what people or folders did, which is `exact`."""

    named: Counter[str] = field(default_factory=Counter)
    exact: Counter[str] = field(default_factory=Counter)

    @property
    def every(self) -> Counter[str]:
        """Both."""
        return self.named + self.exact


def best_labels(predictions: Iterable[Prediction], annotations: Iterable[Annotation] = ()) -> Mapping[str, str]:
    """The label of each sample: what a person said last, else what its folder says, else what the model says.

    Of several regions the surest counts. An annotation without a region says that nothing is there: no label. What a
    person doubts is the model's to say, what she rejects is nobody's.
    """
    found = {p.sample_id: _surest(p) for p in predictions if p.regions}
    for annotation in sorted(settled(annotations), key=lambda a: (a.author != FOLDER, _time(a.at))):
        if annotation.regions:
            found[annotation.sample_id] = _surest(annotation)
        else:
            found.pop(annotation.sample_id, None)
    return found


def by_people(annotations: Iterable[Annotation]) -> frozenset[str]:
    """The samples whose label is a person's, or that of the folder they lie in: no model's confusion touches them."""
    return frozenset(annotation.sample_id for annotation in settled(annotations) if annotation.regions)


def tallies(
    samples: Iterable[Sample], labels: Mapping[str, str], people: Collection[str] = ()
) -> Mapping[str | None, Tally]:
    """How many samples of each group carry each label, `people`'s apart; those without one count as `UNLABELLED`."""
    found: dict[str | None, Tally] = {}
    for sample in samples:
        tally = found.setdefault(sample.group, Tally())
        sure = sample.id in people or sample.id not in labels
        (tally.exact if sure else tally.named)[labels.get(sample.id, UNLABELLED)] += 1
    return found


def counts(samples: Iterable[Sample], labels: Mapping[str, str]) -> Mapping[str | None, Mapping[str, int]]:
    """How many samples of each group carry each label; samples without one count as `UNLABELLED`."""
    return {group: tally.every for group, tally in tallies(samples, labels).items()}


def composition(
    samples: Iterable[Sample],
    labels: Mapping[str, str],
    names: Sequence[str] = (),
    *,
    model: Model | None = None,
    people: Collection[str] = (),
) -> tuple[Row, ...]:
    """The share of each class in its group, most frequent first, with its 95 % interval.

    Classes in `names`, and classes of other groups, are given where they were not found, too: with 0. With the `model`
    that named all but the samples of `people` (see `by_people`), what it confuses is corrected for and is in the
    intervals; without, they are Wilson's and Poisson's of the counts as named.
    """
    found = tallies(samples, labels, people)
    every = dict.fromkeys([*names, *(label for tally in found.values() for label in tally.every)])
    draws = _draws(len(found), model)
    rows: list[Row] = []
    for group, tally in found.items():
        told = _corrected(tally, model, draws) if tally.named and known(model) else _as_named(tally, every, model)
        fresh = [replace(told.get(label, Row(group, label, 0)), group=group) for label in every]
        rows += sorted(fresh, key=lambda row: (-row.count, row.label))
    return tuple(rows)


def _draws(groups: int, model: Model | None) -> int:
    """Fewer where there are many groups or classes: hundreds of casts, or of species, are counted in seconds."""
    many = 1.0 if model is None else max(1.0, (len(model.names) / _MANY) ** 2)
    return max(_LEAST_DRAWS, int(confusion.DRAWS / (max(1, groups) * many)))


def _left_out(model: Model | None) -> set[str]:
    return set() if model is None else {label.name for label in model.answers if not label.counted}


def _as_named(tally: Tally, names: Iterable[str], model: Model | None) -> dict[str, Row]:
    """The rows of `names` where nothing is known of confusion, or nothing was named by a model."""
    every, out = tally.every, _left_out(model)
    total = sum(count for label, count in every.items() if label not in out)
    rows = {}
    for label in names:
        count = every[label]
        low, high = poisson(count)
        row = Row(None, label, count, estimate=float(count), estimate_low=low, estimate_high=high)
        if label not in out and total:
            below, above = wilson(count, total)
            row = replace(row, share=count / total, share_low=below, share_high=above)
        rows[label] = row
    return rows


def _corrected(tally: Tally, model: Model | None, draws: int) -> dict[str, Row]:
    """The rows of everything the model may have meant, and of what people named."""
    every, drawn, out = tally.every, true_counts(tally.named, model, tally.exact, draws=draws), _left_out(model)
    totals = drawn.counts[:, [name not in out for name in drawn.names]].sum(1)
    rows = {label: Row(None, label, count) for label, count in every.items()}
    for label in drawn.names:
        some = drawn.of(label)
        low, high = unsure_poisson(some)
        row = Row(None, label, every[label], estimate=float(some.mean()), estimate_low=low, estimate_high=high)
        if label not in out:
            below, above = unsure_share(some, totals)
            share = float(np.mean(some / np.maximum(totals, 1)))
            row = replace(row, share=share, share_low=below, share_high=above)
        rows[label] = row
    return rows


def concentrations(
    samples: Iterable[Sample],
    labels: Mapping[str, str],
    names: Sequence[str] = (),
    *,
    per: str = "milliliter",
    model: Model | None = None,
    people: Collection[str] = (),
) -> tuple[Row, ...]:
    """As `composition`, and organisms per millilitre of the original water of each class in each group.

    estimated count / volume imaged x dilution, and the same of its interval, which is the exact one of Poisson where
    nothing is confused; `per` is another volume, such as "liter" or "meter ** 3". A class with 0 has an upper end, too:
    so many may be there and have been missed. Raises ValueError with a sentence where the volume of a group is unknown
    or its images come from different volumes.
    """
    every = tuple(samples)
    efforts: dict[str | None, set[Effort | None]] = {}
    for sample in every:
        efforts.setdefault(sample.group, set()).add(sample.effort)
    searched = {group: water(group, found, per) for group, found in efforts.items()}
    rows = composition(every, labels, names, model=model, people=people)
    return tuple(_with_concentration(row, searched[row.group], per) for row in rows)


def _with_concentration(row: Row, searched: float, per: str) -> Row:
    if row.estimate is None or row.estimate_low is None or row.estimate_high is None:
        return row
    ends = (row.estimate, row.estimate_low, row.estimate_high)
    middle, low, high = (Quantity(number / searched, f"1 / {per}") for number in ends)
    return replace(row, concentration=middle, low=low, high=high)


def _surest(opinion: Prediction | Annotation) -> str:
    whole = [region for region in opinion.regions if region.shape is None] or opinion.regions
    return max(whole, key=lambda region: -1.0 if region.score is None else region.score).label


def _time(text: str) -> float:
    from datetime import UTC, datetime

    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def water(group: str | None, efforts: set[Effort | None], unit: str = "milliliter") -> float:
    """The original water in which the samples of one group were found, in `unit`: volume imaged / dilution.

    The part of a sample that was scanned or imaged is in the effort's volume already. Raises ValueError with a sentence
    where the volume is unknown, is none, or differs within the group.
    """
    name = "these images" if group is None else group
    if len(efforts) > 1:
        raise ValueError(f"{name} mixes images of {len(efforts)} different volumes: give each run its own group.")
    effort = next(iter(efforts))
    if effort is None or effort.volume is None:
        raise ValueError(
            f"The volume imaged of {name} is unknown, so there is no concentration. For a FlowCam run, put its"
            ' *_summary.csv beside the list; it holds "Sample Volume Imaged ml". Or give the water that was searched:'
            ' volume=Quantity(2.4, "meter ** 3"), in a command --volume "2.4 m3".'
        )
    return convert(effort.volume, unit).value / effort.dilution
