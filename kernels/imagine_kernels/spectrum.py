"""Volumes of organisms → the normalised biovolume size spectrum of the water and its slope, with their intervals.

Platt and Denman (1978), The structure of pelagic marine ecosystems, Rapp. P.-v. Réun. Cons. int. Explor. Mer 173:60-65:
the volume of all organisms of a size class, divided by the width of that class. On logarithmic axes it is about a line;
its slope is near -1 in the open sea.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from imagine_kernels.biovolume import M3, MM3, Shape, volume
from imagine_kernels.measure import water, weighted_poisson
from imagine_kernels.records import Quantity, Sample

OCTAVE = 2.0
TENTH = 10**0.1
"""Each class ends at so many times the volume it begins at."""
_NORMALISED = f"1 / {M3}"
"""mm³ of organisms per m³ of water and mm³ of class width."""


@dataclass(frozen=True, slots=True)
class Class:
    """One size class: its bounds in mm³, how many, and the normalised biovolume with its 95 % interval of counting.

    `fitted` tells whether the slope was drawn through it. `high` is None where the class is empty.
    """

    begin: Quantity
    end: Quantity
    count: int
    normalised: Quantity
    low: Quantity
    high: Quantity | None
    fitted: bool


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Classes by size, and the line through the logarithms (to base 10): `slope` and its 95 % interval.

    `intercept` is the logarithm of the normalised biovolume at 1 mm³.
    """

    classes: tuple[Class, ...]
    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    shape: Shape


def spectrum(
    samples: Iterable[Sample], *, shape: Shape = "ellipsoid", step: float = OCTAVE, fractions: bool = False
) -> Spectrum:
    """The spectrum of one group; leave out of `samples` what isn't alive. Classes are counted from 1 mm³.

    With `fractions` the groups are size fractions of one sample, each scanned in its own part, and are added. The line
    goes from the fullest class (smaller ones are lost through the net, and the smallest of all is never whole) to the
    last one before an empty one; each class weighs what its counting error allows, so that a single large animal does
    not turn it. Raises ValueError with a
    sentence where a size or the water is unknown, or fewer than three classes are left for the line.
    """
    if step <= 1:
        raise ValueError(f"Size classes must grow: a step of {step:g} does not. Take 2 (octaves) or 10 ** 0.1.")
    every = tuple(samples)
    groups = dict.fromkeys(sample.group for sample in every)
    if len(groups) > 1 and not fractions:
        raise ValueError(
            f"A spectrum is of one sample of water, and these are {len(groups)}: choose one, or say fractions=True "
            "where they are size fractions of the same."
        )
    searched = {group: water(group, {s.effort for s in every if s.group == group}, M3) for group in groups}
    filled: dict[int, list[float]] = {}
    for sample in every:
        size = volume(sample, shape).value
        filled.setdefault(math.floor(math.log(size, step)), []).append(size / searched[sample.group])
    return _drawn(filled, shape, step)


def _drawn(filled: dict[int, list[float]], shape: Shape, step: float) -> Spectrum:
    numbers = range(min(filled), max(filled) + 1) if filled else range(0)
    widths = [step**n * (step - 1) for n in numbers]
    heights = [sum(filled.get(n, [])) / wide for n, wide in zip(numbers, widths, strict=True)]
    used = _used(heights)
    if len(used) < 3:
        raise ValueError(
            f"{sum(map(len, filled.values()))} organisms fill {len(used)} size classes in a row, and a slope needs 3: "
            "scan more of the sample."
        )
    middles = [(n + 0.5) * math.log10(step) for n in numbers]
    errors = [_error(filled[numbers[k]]) for k in used]
    slope, reach, intercept = _line([middles[k] for k in used], [math.log10(heights[k]) for k in used], errors)
    classes = tuple(
        _class(step**n, step ** (n + 1), filled.get(n, []), fitted=k in used) for k, n in enumerate(numbers)
    )
    return Spectrum(classes, slope, slope - reach, slope + reach, intercept, shape)


def _used(heights: Sequence[float]) -> range:
    """From the fullest class to the last before an empty one; the first of all begins below what was looked for."""
    first = max(range(1, len(heights)), key=heights.__getitem__, default=0)
    last = next((k for k in range(first, len(heights)) if heights[k] == 0), len(heights))
    return range(first, last)


def _error(volumes: Sequence[float]) -> float:
    """The standard error of the logarithm of a sum of counted volumes."""
    return math.sqrt(sum(v * v for v in volumes)) / sum(volumes) / math.log(10)


def _line(x: Sequence[float], y: Sequence[float], errors: Sequence[float]) -> tuple[float, float, float]:
    """Slope, half its 95 % interval, and intercept of the line of least squares, weighted by the errors.

    Where the classes lie further off the line than counting explains, the interval is as wide as they say.
    """
    from scipy.special import stdtrit

    across, up, weight = np.array(x), np.array(y), 1 / np.square(errors)
    middle_x, middle_y = np.average(across, weights=weight), np.average(up, weights=weight)
    spread = float((weight * (across - middle_x) ** 2).sum())
    slope = float((weight * (across - middle_x) * (up - middle_y)).sum()) / spread
    intercept = float(middle_y - slope * middle_x)
    off = float((weight * (up - intercept - slope * across) ** 2).sum()) / (len(x) - 2)
    return slope, float(stdtrit(len(x) - 2, 0.975)) * math.sqrt(max(off, 1.0) / spread), intercept


def _class(begin: float, end: float, volumes: Sequence[float], *, fitted: bool) -> Class:
    total, low, high = (None if v is None else v / (end - begin) for v in weighted_poisson(volumes))
    upper = None if high is None else Quantity(high, _NORMALISED)
    return Class(
        Quantity(begin, MM3), Quantity(end, MM3), len(volumes), Quantity(total or 0.0, _NORMALISED),
        Quantity(low or 0.0, _NORMALISED), upper, fitted,
    )  # fmt: skip
