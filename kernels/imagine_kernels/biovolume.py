"""Measured outlines → volumes of organisms: from pixels and the side of a pixel to mm³, and to mm³ per m³ of water.

A volume is refused where the side of a pixel is unknown, and a volume per water where the water is. All is in
millimetres and cubic metres, whatever units the samples came with.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from imagine_kernels.confusion import TrueCounts, assigned, known, true_counts
from imagine_kernels.intervals import unsure_weights, weighted_poisson
from imagine_kernels.measure import UNLABELLED, tallies, water
from imagine_kernels.records import Quantity, Sample
from imagine_kernels.units import convert
from imagine_kernels.use_case import Model

Shape = Literal["sphere", "ellipsoid"]
Floats = npt.NDArray[np.float64]
Ends = tuple[float, float, float | None]
"""A sum and the ends of its interval."""
_DRAWS = 400
MM, MM3, M3 = "millimeter", "millimeter ** 3", "meter ** 3"
PER_WATER = f"{MM3} / {M3}"
_AREAS = ("area", "area_abd")
"""Where EcoTaxa's tables, our own and those of a FlowCam hold the area of an object, holes included."""


@dataclass(frozen=True, slots=True)
class Row:
    """One class in one group: how many, and their volume together, for each m³ of water, with its 95 % interval.

    `count` are those named so; volume and interval are corrected for what the model confuses, where that is known,
    else the interval is of counting alone. `high` is None where none was found: how large one would be isn't known.
    """

    group: str | None
    label: str
    count: int
    biovolume: Quantity
    low: Quantity
    high: Quantity | None


def diameter(sample: Sample) -> Quantity:
    """The diameter of the circle of the same area (ESD), in millimetres. Raises ValueError with a sentence."""
    area = next((sample.measures[name] for name in _AREAS if name in sample.measures), None)
    if area is None:
        raise ValueError(f"{sample.id} has no area, so its size is unknown. Measure it first.")
    side = 1.0 if "pixel" not in area.unit else _pixel(sample)
    squared = area.value * side**2 if "pixel" in area.unit else convert(area, f"{MM} ** 2").value
    return Quantity(2 * math.sqrt(squared / math.pi), MM)


def volume(sample: Sample, shape: Shape = "ellipsoid") -> Quantity:
    """The volume of an organism in mm³, taken for a `shape`. Raises ValueError with a sentence.

    "sphere" is that of the same area, 4/3 π (√(area / π))³, as EcoTaxa computes it; "ellipsoid" the best fitting
    ellipse turned about its major axis, 4/3 π · major / 2 · (minor / 2)², which suits long animals (Gorsky et al. 2010,
    doi:10.1093/plankt/fbp124; Vandromme et al. 2012, doi:10.1016/j.mio.2012.06.001).
    """
    if shape == "sphere":
        return Quantity(math.pi / 6 * diameter(sample).value ** 3, MM3)
    major, minor = (_length(sample, name) for name in ("major", "minor"))
    return Quantity(math.pi / 6 * major * minor**2, MM3)


def biovolumes(
    samples: Iterable[Sample],
    labels: Mapping[str, str],
    names: Sequence[str] = (),
    *,
    shape: Shape = "ellipsoid",
    model: Model | None = None,
    people: Collection[str] = (),
) -> tuple[Row, ...]:
    """The volume of all organisms of each class (and of `names` that nobody saw) for each m³ of water, by group.

    `model` named all samples but those of `people` (see `measure.by_people`): what it confuses is corrected for, the
    volume of a particle going with the class that it may really have. Raises ValueError with a sentence where a size or
    the water of a group is unknown.
    """
    groups: dict[str | None, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.group, []).append(sample)
    rows: list[Row] = []
    for group, found in groups.items():
        searched = water(group, {sample.effort for sample in found}, M3)
        sized = np.array([volume(sample, shape).value / searched for sample in found])
        called = [labels.get(sample.id, UNLABELLED) for sample in found]
        told = {name: _named(sized, called, name) for name in dict.fromkeys([*names, *called])}
        if known(model) and (tally := tallies(found, labels, people)[group]).named:
            sure = [sample.id in people or sample.id not in labels for sample in found]
            told = dict.fromkeys(names, (0.0, 0.0, None)) | _unsure(
                sized, called, sure, true_counts(tally.named, model, tally.exact, draws=_DRAWS)
            )
        rows += [_row(group, name, called.count(name), ends) for name, ends in told.items()]
    return tuple(rows)


def _named(sized: Floats, called: Sequence[str], name: str) -> Ends:
    return weighted_poisson([float(size) for size, label in zip(sized, called, strict=True) if label == name])


def _unsure(sized: Floats, called: Sequence[str], sure: Sequence[bool], drawn: TrueCounts) -> dict[str, Ends]:
    """The sum of volumes of every class that may be there, and its interval: each volume goes with its class."""
    guessed = [place for place, exact in enumerate(sure) if not exact]
    classes = np.empty((len(drawn.counts), len(called)), np.int64)
    classes[:] = [drawn.names.index(label) if label in drawn.names else 0 for label in called]
    classes[:, guessed] = assigned(drawn, [called[place] for place in guessed])
    several = len(drawn.names)
    sums = np.stack([np.bincount(each, sized, several) for each in classes])
    squares = np.stack([np.bincount(each, sized**2, several) for each in classes])
    most = float(sized.max(initial=0.0))
    return {name: unsure_weights(sums[:, i], squares[:, i], most) for i, name in enumerate(drawn.names)}


def _row(group: str | None, label: str, count: int, ends: Ends) -> Row:
    total, low, high = ends
    upper = None if high is None else Quantity(high, PER_WATER)
    return Row(group, label, count, Quantity(total, PER_WATER), Quantity(low, PER_WATER), upper)


def _length(sample: Sample, name: str) -> float:
    """One of the sample's lengths in millimetres."""
    found = sample.measures.get(name)
    if found is None:
        raise ValueError(f"{sample.id} has no {name} axis, so its volume is unknown. Measure it first.")
    return found.value * _pixel(sample) if found.unit == "pixel" else convert(found, MM).value


def _pixel(sample: Sample) -> float:
    """The side of a pixel in millimetres."""
    if sample.pixel_size is None:
        raise ValueError(
            f"The size of a pixel of {sample.id} is unknown, so neither its size nor its volume can be told. "
            "Open its source with a pixel size."
        )
    return convert(sample.pixel_size, MM).value
