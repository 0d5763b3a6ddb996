"""Cut-outs of particles → the collages a FlowCam stores them in: rows of pictures on black, and their masks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from imagine_kernels.use_cases.phytoplankton.optics import Grey, Shot

WIDTH, HEIGHT = 1292, 964
_GAP = 2


class Placed(NamedTuple):
    """Where a particle lies: its number, the collage (from 1) and the corner of its cut-out in pixels."""

    number: int
    page: int
    x: int
    y: int


def _black() -> Grey:
    return np.zeros((HEIGHT, WIDTH), dtype=np.uint8)


@dataclass
class Collage:
    """One collage: grey values, mask (255: particle) and what lies where."""

    picture: Grey = field(default_factory=_black)
    mask: Grey = field(default_factory=_black)
    placed: list[Placed] = field(default_factory=list)


def collages(shots: Sequence[Shot]) -> Iterator[Collage]:
    """Row by row in the order of the particles; a full collage is given out and the next begun."""
    collage, page, x, y, tall = Collage(), 1, 0, 0, 0
    for number, shot in enumerate(shots):
        height, width = shot.grey.shape
        if x + width > WIDTH:
            x, y, tall = 0, y + tall + _GAP, 0
        if y + height > HEIGHT:
            yield collage
            collage, page, x, y, tall = Collage(), page + 1, 0, 0, 0
        collage.picture[y : y + height, x : x + width] = shot.grey
        collage.mask[y : y + height, x : x + width] = np.where(shot.mask, 255, 0)
        collage.placed.append(Placed(number, page, x, y))
        x, tall = x + width + _GAP, max(tall, height)
    yield collage
