"""The greys of an object: ImageJ's statistics over the filled object, and what ZooProcess reads off the histogram.

ImageJ: https://imagej.net/ij/docs/menus/analyze.html#set. ZooProcess: its manual, "Parameters measured by ZooProcess",
as far as the tables it writes bear it out.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagine_kernels.features.particle import EIGHT, Particle

Counts = npt.NDArray[np.int64]

_WHITE = 255
"""ZooProcess paints what is not the object white and leaves white out of its histogram."""
_RING = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]]) / 8
_LEAST = 5
"""Pixels that a remaining object must have to count in nb1 and nb2."""


def statistics(particle: Particle) -> dict[str, float]:
    """ImageJ's measures of the greys of the filled object; skew and kurt are nan where all greys are the same."""
    greys = particle.grey[particle.filled].astype(float)
    counts = np.bincount(particle.grey[particle.filled], minlength=256)
    mean, off = float(greys.mean()), greys - greys.mean()
    spread = float(np.mean(off**2))
    with np.errstate(invalid="ignore", divide="ignore"):
        skew, kurt = np.mean(off**3) / np.float64(spread) ** 1.5, np.mean(off**4) / np.float64(spread) ** 2 - 3
    return {
        "mean": mean,
        "stddev": float(np.sqrt((off**2).sum() / max(len(greys) - 1, 1))),
        "mode": float(counts.argmax()),
        "min": float(greys.min()),
        "max": float(greys.max()),
        "intden": float(greys.sum()),
        "median": float(np.argmax(np.cumsum(counts) > len(greys) / 2)),
        "skew": float(skew),
        "kurt": float(kurt),
    }


def histogram(particle: Particle) -> dict[str, float]:
    """What ZooProcess reads off the histogram of the object without its holes.

    `histcum1` to `3` are the last greys that a quarter, half, three quarters of the pixels do not reach; `slope` is the
    spread of the histogram over that of its 255 levels; `nb1` and `nb2` count what is left at histcum1 and 2.
    """
    counts = np.bincount(particle.grey[particle.body], minlength=256)[:_WHITE]
    total = max(int(counts.sum()), 1)
    levels = [int(np.count_nonzero(np.cumsum(counts) / total < share)) - 1 for share in (0.25, 0.5, 0.75)]
    cleared = np.where(particle.body, particle.grey, _WHITE)
    return {
        "slope": float(counts.std(ddof=1) / np.arange(_WHITE).std(ddof=1)),
        "histcum1": float(max(levels[0], 0)),
        "histcum2": float(max(levels[1], 0)),
        "histcum3": float(max(levels[2], 0)),
        "nb1": float(_remaining(cleared, levels[0])),
        "nb2": float(_remaining(cleared, levels[1])),
        "fcons": _contrast(cleared, counts, levels),
    }


def _remaining(cleared: npt.NDArray[np.uint8], level: int) -> int:
    """Objects of at least 5 pixels, holes included, that are left at grey `level` or darker after one erosion."""
    left = ndimage.binary_erosion(cleared.astype(int) <= level, EIGHT)
    named, count = ndimage.label(ndimage.binary_fill_holes(left), EIGHT)
    return int((np.bincount(named.ravel(), minlength=count + 1)[1:] >= _LEAST).sum())


def _contrast(cleared: npt.NDArray[np.uint8], counts: Counts, levels: list[int]) -> float:
    """How far pixels of some greys are from their eight neighbours (after Amadasun and King 1989).

    doi:10.1109/21.44046. ZooProcess takes, for each quartile, the lightest grey that no more pixels have than the
    quartile says; it adds sums up as it goes, so that the columns of the picture are read from left to right.
    """
    picked = {int(np.flatnonzero((counts > 0) & (counts <= level)).max(initial=0)) for level in levels}
    off = np.abs(cleared - ndimage.convolve(cleared.astype(float), _RING))[1:-1, 1:-1].T
    inner = cleared[1:-1, 1:-1].T
    parts = [(off[inner == grey], counts[grey] / 256) for grey in picked]
    summed = sum(float(np.cumsum(part).sum()) * share for part, share in parts)
    return float(summed / (1 + sum(len(part) for part, _ in parts)))
