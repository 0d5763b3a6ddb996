"""Picture of one object → the object alone: what belongs to it, cut to its bounding box, dark on light."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]

EIGHT: npt.NDArray[np.int_] = np.ones((3, 3), int)
"""Pixels that touch at a corner belong together, as in ImageJ's particle analyser."""


@dataclass(frozen=True, slots=True)
class Particle:
    """One object: `grey` (h, w) dark on light, `body` what the threshold took, `filled` the same with its holes.

    `x`, `y` are the corner of its bounding box in the picture, `background` is the grey of the water, `inverted`
    tells that the picture was light on dark, `others` counts further objects of the picture.
    """

    grey: Grey
    body: Mask
    filled: Mask
    x: int
    y: int
    background: float
    inverted: bool
    others: int = 0


def find(
    picture: Grey,
    mask: Mask | None = None,
    *,
    background: float | None = None,
    threshold: float | None = None,
    dark: bool | None = None,
) -> Particle:
    """The largest object of `picture` (h, w), or the one that `mask` gives.

    `background` is the grey of the water, the median of the rim where nobody says. Without a mask, pixels of grey
    `threshold` or darker are the object (lighter, in a picture that is light on dark), as in ZooProcess, whose
    threshold for the ZooScan is 243; without a threshold Otsu's decides (1979, doi:10.1109/TSMC.1979.4310076). `dark`
    says whether objects are darker than water; by default the picture does. Raises ValueError with a sentence where
    nothing is found.
    """
    if picture.ndim != 2 or picture.dtype != np.uint8 or picture.size == 0:
        raise ValueError(f"Features need a grey picture of 8 bits, not {picture.dtype} of shape {picture.shape}.")
    water = rim(picture) if background is None else background
    inverted = not (_is_dark(picture, water) if dark is None else dark)
    if inverted:
        picture, water = 255 - picture, 255 - water
        threshold = None if threshold is None else 255 - threshold
    taken = picture <= (otsu(picture) if threshold is None else threshold) if mask is None else mask
    body, others = _largest(taken, picture.shape)
    rows, columns = ndimage.find_objects(body.astype(np.uint8))[0]
    body = body[rows, columns]
    filled = ndimage.binary_fill_holes(body)
    grey = np.ascontiguousarray(picture[rows, columns])
    return Particle(grey, body, filled, columns.start, rows.start, float(water), inverted, others)


def rim(picture: Grey) -> float:
    """The grey of the water: the median of the picture's outermost pixels."""
    return float(np.median(np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])))


def otsu(picture: Grey) -> float:
    """The grey that parts the two kinds of pixels best, of the darker side; an even picture gives its own grey."""
    counts = np.bincount(picture.ravel(), minlength=256).astype(float)
    found = parting(counts, np.arange(256.0))
    return float(picture.flat[0]) if found is None else found


def parting(counts: Floats, levels: Floats) -> float | None:
    """The level up to which pixels (`counts` of each of `levels`) are of the darker kind (Otsu 1979); None of one kind.

    Of several levels that part them equally well it is the middle.
    """
    below, above = np.cumsum(counts), counts.sum() - np.cumsum(counts)
    sums = np.cumsum(counts * levels)
    both = (below > 0) & (above > 0)
    if not both.any():
        return None
    between = np.zeros(counts.size)
    between[both] = (below * above)[both] * (sums[both] / below[both] - (sums[-1] - sums[both]) / above[both]) ** 2
    return float(np.mean(levels[between == between.max()]))


def _is_dark(picture: Grey, water: float) -> bool:
    """Whether what differs from the water most is darker than it."""
    return water - float(picture.min()) >= float(picture.max()) - water


def _largest(taken: Mask, shape: tuple[int, ...]) -> tuple[Mask, int]:
    if taken.shape != shape:
        raise ValueError(f"The mask has shape {taken.shape}, its picture {shape}: give one pixel for each.")
    named, count = _label(taken.astype(bool), EIGHT)
    if count == 0:
        raise ValueError("No object in the picture: no pixel passes the threshold. Give another one, or a mask.")
    sizes = np.bincount(named.ravel())
    sizes[0] = 0
    return named == int(sizes.argmax()), count - 1


_label: Callable[[Mask, npt.NDArray[np.int_]], tuple[npt.NDArray[np.int32], int]] = ndimage.label
