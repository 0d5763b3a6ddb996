"""Labels → numbers a biologist reports: counts, shares and particles per millilitre, each with its 95 % interval.

The intervals are of counting alone: they tell how far another drop of the same water may differ. What a model confuses
is not in them.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from imagine_kernels.records import Annotation, Effort, Prediction, Quantity, Sample
from imagine_kernels.units import convert as convert  # noqa: PLC0414 - measures are told in other units with it
from imagine_kernels.units import units as units  # noqa: PLC0414

UNLABELLED = "(no label)"
"""Stands for samples that nobody and no model has named; they are counted, or all would seem rarer than it is."""
FOLDER = "folder"
_TAIL = 0.025
"""What lies outside a 95 % interval on each side."""


@dataclass(frozen=True, slots=True)
class Row:
    """One class in one group: its count, its share (0..1) and, where the volume is known, how many per millilitre.

    `share_low`, `share_high`, `low` and `high` bound the 95 % intervals.
    """

    group: str | None
    label: str
    count: int
    share: float
    share_low: float
    share_high: float
    concentration: Quantity | None = None
    low: Quantity | None = None
    high: Quantity | None = None


def best_labels(predictions: Iterable[Prediction], annotations: Iterable[Annotation] = ()) -> Mapping[str, str]:
    """The label of each sample: what a person said last, else what its folder says, else what the model says.

    Of several regions the surest counts. An annotation without a region says that nothing is there: no label.
    """
    found = {p.sample_id: _surest(p) for p in predictions if p.regions}
    for annotation in sorted(annotations, key=lambda a: (a.author != FOLDER, _time(a.at))):
        if annotation.regions:
            found[annotation.sample_id] = _surest(annotation)
        else:
            found.pop(annotation.sample_id, None)
    return found


def counts(samples: Iterable[Sample], labels: Mapping[str, str]) -> Mapping[str | None, Mapping[str, int]]:
    """How many samples of each group carry each label; samples without one count as `UNLABELLED`."""
    found: dict[str | None, Counter[str]] = {}
    for sample in samples:
        found.setdefault(sample.group, Counter())[labels.get(sample.id, UNLABELLED)] += 1
    return found


def composition(samples: Iterable[Sample], labels: Mapping[str, str], names: Sequence[str] = ()) -> tuple[Row, ...]:
    """The share of each class in its group, most frequent first, with the Wilson 95 % interval.

    Classes in `names`, and classes of other groups, are given where they were not found, too: with 0.
    """
    rows: list[Row] = []
    for group, found in _every_class(counts(samples, labels), names).items():
        total = sum(found.values())
        rows += [Row(group, label, n, n / total, *wilson(n, total)) for label, n in found.items()]
    return tuple(rows)


def concentrations(
    samples: Iterable[Sample], labels: Mapping[str, str], names: Sequence[str] = (), *, per: str = "milliliter"
) -> tuple[Row, ...]:
    """Organisms per millilitre of the original water of each class in each group, with the exact Poisson interval.

    count / volume imaged x dilution, and the same of the interval's ends; `per` is another volume, such as
    "meter ** 3". A class with 0 (see `composition`) has an upper end, too: so many may be there and have been missed.
    Raises ValueError with a sentence where the volume of a group is unknown or its images come from different volumes.
    """
    every = tuple(samples)
    shares = composition(every, labels, names)
    groups = dict.fromkeys(row.group for row in shares)
    searched = {group: water(group, {s.effort for s in every if s.group == group}, per) for group in groups}
    return tuple(_with_concentration(row, searched[row.group], per) for row in shares)


def _with_concentration(row: Row, searched: float, per: str) -> Row:
    middle, low, high = (
        Quantity(number / searched, f"1 / {per}") for number in (float(row.count), *poisson(row.count))
    )
    return replace(row, concentration=middle, low=low, high=high)


def _every_class(
    found: Mapping[str | None, Mapping[str, int]], names: Sequence[str]
) -> Mapping[str | None, Mapping[str, int]]:
    """The same counts with zeros for what a group lacks, most frequent first."""
    classes = dict.fromkeys([*names, *(label for counted in found.values() for label in counted)])
    return {
        group: dict(sorted(((name, counted.get(name, 0)) for name in classes), key=lambda item: (-item[1], item[0])))
        for group, counted in found.items()
    }


def wilson(count: int, total: int) -> tuple[float, float]:
    """95 % interval of a share, by Wilson (1927), J. Am. Stat. Assoc. 22:209-212; honest for few and rare ones too."""
    from scipy.special import ndtri

    z = float(-ndtri(_TAIL))
    share, room = count / total, z * z / total
    middle = (share + room / 2) / (1 + room)
    reach = z / (1 + room) * math.sqrt(share * (1 - share) / total + room / (4 * total))
    low = 0.0 if count == 0 else max(0.0, middle - reach)
    return low, 1.0 if count == total else min(1.0, middle + reach)


def poisson(count: int) -> tuple[float, float]:
    """Exact 95 % interval of a count, by Garwood (1936), Biometrika 28:437-442: gamma quantiles of n and n + 1."""
    from scipy.special import gammaincinv

    low = 0.0 if count == 0 else float(gammaincinv(count, _TAIL))
    return low, float(gammaincinv(count + 1, 1 - _TAIL))


def weighted_poisson(weights: Sequence[float]) -> tuple[float, float, float | None]:
    """The sum of what counted things weigh (volumes, parts of a sample), and its 95 % interval, by gamma quantiles.

    Fay and Feuer (1997), Stat. Med. 16:791-801; of equal weights it is the interval of `poisson`. Where nothing was
    counted the upper end is None: what was missed has no known weight.
    """
    from scipy.special import gammaincinv

    total, squares, most = sum(weights), sum(w * w for w in weights), max(weights, default=0.0)
    if total == 0:
        return 0.0, 0.0, None
    low = squares / total * float(gammaincinv(total**2 / squares, _TAIL))
    wide = (squares + most**2) / (total + most)
    return total, low, wide * float(gammaincinv((total + most) / wide, 1 - _TAIL))


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
            ' *_summary.csv beside the list; it holds "Sample Volume Imaged ml". For a scan, give its effort.'
        )
    return convert(effort.volume, unit).value / effort.dilution
