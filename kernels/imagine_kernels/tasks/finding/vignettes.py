"""Pictures of one object each (vignettes) → the same samples with measures of size, and how like several they look.

What `finding.find` measures on an object of a scan, for those cut out before: by ZooProcess, a UVP, EcoTaxa.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from PIL import Image

from imagine_kernels import features, images
from imagine_kernels.features import Particle
from imagine_kernels.images import Pixels
from imagine_kernels.records import Quantity, Sample
from imagine_kernels.tasks import compute, reading
from imagine_kernels.tasks.finding.keeping import SEVERAL, quantities, sizes
from imagine_kernels.tasks.finding.separating import Parts, separate
from imagine_kernels.units import convert

_LIGHT = 128
"""The grey above which a background is the light of a tray, and below it the dark water before a UVP."""
_THRESHOLD = 243 / 255
"""The share of the background's grey at which an object begins, as in ZooProcess; on a dark field Otsu decides."""
_SMALLEST = 300.0
"""Micrometres. The diameter of the circle of the least area that counts as an organism of its own (ZooProcess)."""


class Seen(NamedTuple):
    """A sample with its measures, and whether its picture is light on dark, as a UVP takes them."""

    sample: Sample
    dark_field: bool


def measured(samples: Sequence[Sample], *, show: bool = False) -> Iterator[Seen]:
    """The samples in order; those whose instrument told no area get EcoTaxa's area, major, minor, esd and the others.

    Measured is the largest object of the picture: the scale bar below a vignette of ZooProcess is another one. All get
    "several" (0 to 1, see `separating`). A picture that cannot be read, or shows nothing, stays without.
    """
    with compute.free_threads() as threads:
        reads = reading.read(samples, _body, side=None, threads=threads)
        for item in reading.bar(reads, len(samples), "measured", "image", show=show):
            yield Seen(item.sample, dark_field=False) if item.ready is None else _with(item.sample, item.ready)


def parted(sample: Sample) -> tuple[Pixels, Parts]:
    """The picture of one sample (h, w, 3) and what its largest object is parted into, in a mask of the same size.

    Raises ValueError or OSError with a sentence where the picture cannot be read, or shows nothing.
    """
    picture = images.read(sample)
    body = _body(picture)
    parts = separate(body.filled, _least(sample))
    names = np.zeros(picture.shape[:2], np.int32)
    height, width = parts.names.shape
    names[body.y : body.y + height, body.x : body.x + width] = parts.names
    return picture, replace(parts, names=names)


def _with(sample: Sample, body: Particle) -> Seen:
    several = {SEVERAL: Quantity(separate(body.filled, _least(sample)).several, "dimensionless")}
    own = sample.measures if "area" in sample.measures else {**sample.measures, **quantities(sizes(body))}
    return Seen(replace(sample, measures={**own, **several}), body.inverted)


def _least(sample: Sample) -> float:
    """The pixels that an organism has at least."""
    if sample.pixel_size is None:
        return 1.0
    return math.pi / 4 * (_SMALLEST / convert(sample.pixel_size, "micrometer").value) ** 2


def _body(picture: Pixels) -> Particle:
    grey = np.asarray(Image.fromarray(picture).convert("L"))
    water = float(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
    return features.find(grey, background=water, threshold=water * _THRESHOLD if water >= _LIGHT else None)
