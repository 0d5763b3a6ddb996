"""Fields of a slide → samples of one valve each, cut out along the valve: what the classifier looks at."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from imagine_kernels.measure import FOLDER
from imagine_kernels.records import Annotation, Prediction, Quantity, Region, Sample
from imagine_kernels.shapes import Flat, RotatedBox, TimeFrequency, Track, bounds
from imagine_kernels.tasks import scale
from imagine_kernels.units import convert
from imagine_kernels.use_case import Model
from imagine_kernels.use_cases.diatoms.samples import MARGIN, PIXEL_SIZE_UM

SMALLEST_UM = 38.4
"""A picture whose shorter side is less shows one valve, a larger one is a field."""
CUT = "cut by an edge"
"""The measure of a valve that is seen in part."""
_EDGE = 3.0
"""Pixels from the field's edge within which a box is taken to be cut by it."""


class Sorted(NamedTuple):
    """What a path holds: fields to be searched, pictures of single valves, and what people said of these."""

    fields: tuple[Sample, ...]
    valves: tuple[Sample, ...]
    annotations: tuple[Annotation, ...]


def sort(samples: Iterable[Sample], annotations: Iterable[Annotation], names: set[str], home: str) -> Sorted:
    """Fields apart from pictures of single valves, each with its slide as its group.

    A folder that is none of the class `names` names a slide; what lies in none is of the slide `home`.
    """
    said = {a.sample_id: a for a in annotations if a.regions and a.regions[0].shape is None}
    fields, valves, kept = [], [], []
    for sample in samples:
        annotation = said.get(sample.id)
        folder = annotation.regions[0].label if annotation is not None and annotation.author == FOLDER else None
        slide = sample.group or (folder if folder not in names else None) or home
        if is_field(sample):
            fields.append(replace(sample, group=slide))
            continue
        valves.append(replace(sample, group=slide))
        if annotation is not None and (folder is None or folder in names):
            kept.append(annotation)
    return Sorted(tuple(fields), tuple(valves), tuple(kept))


def is_field(sample: Sample) -> bool:
    """Whether a picture is too large to show a single valve."""
    return min(sample.width, sample.height) * _micrometres(sample) >= SMALLEST_UM


def scaled(samples: Iterable[Sample], model: Model, *, rescale: bool) -> tuple[Sample, ...]:
    """The samples, each with a pixel size: the model's where nobody told one.

    Raises ValueError with the two values where a picture shows valves larger or smaller than the model knows them.
    """
    usual = Quantity(model.profile.pixel_size_um or PIXEL_SIZE_UM, "micrometer")
    told = tuple(replace(sample, pixel_size=sample.pixel_size or usual) for sample in samples)
    return tuple(scale.checked(told, model, rescale=rescale))


def _micrometres(sample: Sample) -> float:
    """The side of a pixel."""
    return PIXEL_SIZE_UM if sample.pixel_size is None else convert(sample.pixel_size, "micrometer").value


def cut(region: Region, field: Sample) -> str:
    """Which edges of the field cut a found valve, as letters: l, t, r, b."""
    around = bounds(_flat(region))
    right, bottom = field.width - around.x - around.width, field.height - around.y - around.height
    near = zip("ltrb", (around.x, around.y, right, bottom), strict=True)
    return "".join(letter for letter, away in near if away < _EDGE)


def counts(edges: str) -> bool:
    """Whether a valve is counted: one that the right or the lower edge cuts is not, so that none is counted twice.

    Gundersen (1977), J. Microsc. 111:219-223: of the four edges of a field two take, two leave.
    """
    return "r" not in edges and "b" not in edges


def valves(field: Sample, found: Prediction) -> Iterator[Sample]:
    """Every counted valve of a field as a sample that lies along x, from the top of the field down."""
    regions = [region for region in found.regions if counts(cut(region, field))]
    margin = MARGIN * PIXEL_SIZE_UM / _micrometres(field)
    for number, region in enumerate(sorted(regions, key=_place), start=1):
        part = {CUT: Quantity(1.0, "dimensionless")} if cut(region, field) else {}
        box = along(region)
        wider = RotatedBox(box.x, box.y, box.width + 2 * margin, box.height + 2 * margin, box.angle)
        width, height = round(wider.width), round(wider.height)
        name = f"{field.id}#{number:03}"
        yield replace(field, id=name, width=width, height=height, crop=wider, measures={**field.measures, **part})


def size_um(valve: Sample) -> tuple[float, float] | None:
    """Length and breadth in µm of the box of a valve that was found on a field; None of one that came cut out."""
    if not isinstance(valve.crop, RotatedBox):
        return None
    pixel = _micrometres(valve)
    length, breadth = (side * pixel - 2 * MARGIN * PIXEL_SIZE_UM for side in (valve.crop.width, valve.crop.height))
    return length, breadth


def along(region: Region) -> RotatedBox:
    """The box of a found valve, its width along the valve."""
    shape = _flat(region)
    if not isinstance(shape, RotatedBox):
        upright = bounds(shape)
        middle = (upright.x + upright.width / 2, upright.y + upright.height / 2)
        shape = RotatedBox(*middle, upright.width, upright.height, 0.0)
    if shape.width >= shape.height:
        return shape
    return RotatedBox(shape.x, shape.y, shape.height, shape.width, shape.angle + 90)


def _flat(region: Region) -> Flat:
    if region.shape is None or isinstance(region.shape, TimeFrequency | Track):
        raise ValueError(f"What was found as {region.label!r} has no place in the picture.")
    return region.shape


def _place(region: Region) -> tuple[float, float]:
    box = bounds(_flat(region))
    return box.y, box.x


def more_fields(valves: int, fields: int, wanted: int) -> int:
    """How many fields more the count needs, if they hold as many valves as those before."""
    return math.ceil((wanted - valves) * fields / max(valves, 1))
