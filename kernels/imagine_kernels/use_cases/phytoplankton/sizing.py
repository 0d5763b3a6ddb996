"""Particles that no instrument has measured → the same with their sizes, measured on their pictures; a step of a chain.

A FlowCam's own measures are kept: it knows the threshold it was run with. An IFCB measures nothing.
"""

from dataclasses import replace

import numpy as np
from PIL import Image

from imagine_kernels.chain import Work
from imagine_kernels.features import sizes
from imagine_kernels.features.particle import Mask
from imagine_kernels.images import Pixels
from imagine_kernels.records import Quantity, Sample
from imagine_kernels.tasks import compute, reading

_CUT = "cut_by_edge"
"""What was measured here has this measure: 1 where the edge of the picture cuts the particle, else 0."""


def measured(work: Work) -> Work:
    """The work with sizes for every particle that had none and whose scale is known, and a remark on what is left."""
    bare = [sample for sample in work.samples if not is_measured(sample)]
    waiting = [sample for sample in bare if sample.pixel_size is not None]
    reads = reading.read(waiting, _body, side=None, threads=compute.granted())
    shown = reading.bar(reads, len(waiting), "measure", "image", show=work.options.progress)
    found = {item.sample.id: _with_sizes(item.sample, item.ready) for item in shown if item.ready is not None}
    work = replace(work, samples=tuple(found.get(sample.id, sample) for sample in work.samples))
    for sentence in _remarks(len(bare) - len(waiting), len(waiting) - len(found), list(found.values())):
        work = work.with_remark(sentence)
    return work


def is_measured(sample: Sample) -> bool:
    """Whether a particle's size and volume are known."""
    return {"area_abd", "diameter_abd"} <= sample.measures.keys()


def origin(sample: Sample) -> str:
    """Who measured a particle: its instrument, or this house on its picture, which may show only a part of it."""
    if _CUT not in sample.measures:
        return "instrument"
    return "picture, cut by its edge" if sample.measures[_CUT].value else "picture"


def _body(picture: Pixels) -> Mask:
    return sizes.body(np.asarray(Image.fromarray(picture).convert("L")))


def _with_sizes(sample: Sample, mask: Mask) -> Sample:
    if sample.pixel_size is None:
        return sample
    found = sizes.sizes(mask, sample.pixel_size)
    cut = Quantity(float(sizes.is_cut(mask)), "dimensionless")
    return replace(sample, measures={**sample.measures, **found, _CUT: cut})


def _remarks(bare: int, empty: int, found: list[Sample]) -> list[str]:
    told = []
    if bare:
        told.append(
            f"{bare:,} particle(s) have no size and no biovolume: nobody tells the side of a pixel of their pictures."
            " Give a pixel size."
        )
    if empty:
        told.append(f"{empty:,} particle(s) have no size: nothing in their pictures stands out, or they can't be read.")
    cut = sum(sample.measures[_CUT].value > 0 for sample in found)
    if cut:
        told.append(
            f"The edge of the picture cuts {cut:,} of {len(found):,} measured particles: their sizes and volumes are"
            " too small."
        )
    return told
