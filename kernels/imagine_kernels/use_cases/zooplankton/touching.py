"""Samples of one scan → the outlines that looked like several organisms, whole, as they were before separation."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from scipy import ndimage

from imagine_kernels.chain import Rows
from imagine_kernels.images import Pixels
from imagine_kernels.records import Box, Sample
from imagine_kernels.shapes import bounds
from imagine_kernels.tasks.finding import vignettes
from imagine_kernels.tasks.finding.keeping import SEVERAL
from imagine_kernels.tasks.finding.separating import NECK

LIKELY = 1 - NECK
"""The measure "several" from which an outline is taken for that of several organisms."""
_RED = (200, 30, 30)


def outlines(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Outlines of several organisms: whole, as they were found, where they have been separated since."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        whole = _whole(sample)
        several = sample.measures.get(SEVERAL)
        if whole != sample.id or (sample.crop is None and several is not None and several.value >= LIKELY):
            found.setdefault(whole, []).append(sample)
    return tuple(parts[0] if len(parts) == 1 else _joined(name, parts) for name, parts in found.items())


def singles(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """The samples that were found alone."""
    every = tuple(samples)
    several = {sample.id for sample in outlines(every)}
    return tuple(sample for sample in every if _whole(sample) not in several)


def _whole(sample: Sample) -> str:
    """The id of the outline that a sample was separated from; its own where it wasn't."""
    number = sample.id.removeprefix(f"{sample.group}_")
    found = sample.crop is not None and SEVERAL in sample.measures and "_" in number
    return sample.id.rpartition("_")[0] if found else sample.id


def _joined(name: str, parts: list[Sample]) -> Sample:
    boxes = [bounds(part.crop) for part in parts if part.crop is not None]
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    width = max(box.x + box.width for box in boxes) - left
    height = max(box.y + box.height for box in boxes) - top
    box = Box(left, top, width, height)
    several = {SEVERAL: parts[0].measures[SEVERAL]}
    return replace(parts[0], id=name, crop=box, width=int(width), height=int(height), measures=several)


def drawn(whole: Sample) -> Pixels:
    """The picture of an outline (h, w, 3) with the lines along which it is parted in red."""
    picture, parts = vignettes.parted(whole)
    lines = ndimage.binary_dilation(parts.lines(), iterations=max(1, min(picture.shape[:2]) // 120))
    return np.where(lines[..., None], np.array(_RED, np.uint8), picture)


def table(samples: Iterable[Sample]) -> Rows:
    """Each outline of several: how like several it looks, and as how many it is counted."""
    every = tuple(samples)
    parts = Counter(_whole(sample) for sample in every)
    return tuple(
        {
            "group": whole.group, "object": whole.id, "several, 0 to 1": round(whole.measures[SEVERAL].value, 3),
            "counted as": parts[whole.id],
        }
        for whole in outlines(every)
    )  # fmt: skip
