"""Measured outlines → volumes of organisms: from pixels and the side of a pixel to mm³, and to mm³ per m³ of water.

A volume is refused where the side of a pixel is unknown, and a volume per water where the water is. All is in
millimetres and cubic metres, whatever units the samples came with.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from imagine_kernels.measure import UNLABELLED, water, weighted_poisson
from imagine_kernels.records import Quantity, Sample
from imagine_kernels.units import convert

Shape = Literal["sphere", "ellipsoid"]
MM, MM3, M3 = "millimeter", "millimeter ** 3", "meter ** 3"
PER_WATER = f"{MM3} / {M3}"
_AREAS = ("area", "area_abd")
"""Where EcoTaxa's tables, our own and those of a FlowCam hold the area of an object, holes included."""


@dataclass(frozen=True, slots=True)
class Row:
    """One class in one group: how many, and their volume together, for each m³ of water, with its 95 % interval.

    The interval is of counting alone. `high` is None where none was found: how large one would be isn't known.
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
    samples: Iterable[Sample], labels: Mapping[str, str], names: Sequence[str] = (), *, shape: Shape = "ellipsoid"
) -> tuple[Row, ...]:
    """The volume of all organisms of each class (and of `names` that nobody saw) for each m³ of water, by group.

    Raises ValueError with a sentence where a size or the water of a group is unknown.
    """
    groups: dict[str | None, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.group, []).append(sample)
    rows: list[Row] = []
    for group, found in groups.items():
        searched = water(group, {sample.effort for sample in found}, M3)
        volumes: dict[str, list[float]] = {name: [] for name in names}
        for sample in found:
            label = labels.get(sample.id, UNLABELLED)
            volumes.setdefault(label, []).append(volume(sample, shape).value / searched)
        rows += [_row(group, label, some) for label, some in volumes.items()]
    return tuple(rows)


def _row(group: str | None, label: str, volumes: Sequence[float]) -> Row:
    total, low, high = weighted_poisson(volumes)
    upper = None if high is None else Quantity(high, PER_WATER)
    return Row(group, label, len(volumes), Quantity(total, PER_WATER), Quantity(low, PER_WATER), upper)


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
