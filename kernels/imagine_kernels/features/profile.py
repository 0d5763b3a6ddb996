"""The object seen from its middle: rings around it, how even each ring is, and the outline as a sum of waves."""

import numpy as np
from scipy import ndimage

from imagine_kernels.features.contrast import Floats
from imagine_kernels.features.particle import EIGHT

WAVES = 8
"""Harmonics of a ring or outline that are told: 2 for a rod, 5 for a star of five arms."""
_EVEN = 0.02
"""Contrast below which the unevenness of a ring is noise."""


def polar(values: Floats, y: float, x: float, radius: float, rings: int, directions: int) -> Floats:
    """`values` (H, W) on circles around (y, x) up to `radius` pixels, (rings, directions); 0 outside the picture."""
    lengths = (np.arange(rings) + 0.5)[:, None] / rings * radius
    angles = np.arange(directions) / directions * 2 * np.pi
    places = [y + lengths * np.sin(angles), x + lengths * np.cos(angles)]
    found: Floats = ndimage.map_coordinates(values, places, order=1, mode="constant")
    return found


def rings(values: Floats, y: float, x: float, radius: float, count: int = 12, directions: int = 64) -> list[float]:
    """Mean and unevenness of each ring, then the strength of eight waves in its inner, middle and outer third."""
    seen = polar(values, y, x, radius, count, directions)
    mean = seen.mean(axis=1)
    waves = np.abs(np.fft.rfft(seen, axis=1))[:, 1 : WAVES + 1] / directions
    thirds = np.split(np.arange(count), 3)
    strengths = [waves[third].mean(axis=0) / (np.abs(mean[third]).mean() + _EVEN) for third in thirds]
    return [*mean, *(seen.std(axis=1) / (np.abs(mean) + _EVEN)), *np.concatenate(strengths)]


def contour(amount: Floats, threshold: float, directions: int = 64, waves: int = 10) -> list[float]:
    """How strong each wave is in the outline of the largest object, as a share of its mean radius."""
    named, count = ndimage.label(amount > threshold, EIGHT)
    if count == 0:
        return [0.0] * waves
    body = ndimage.binary_fill_holes(named == int(np.bincount(named.ravel())[1:].argmax()) + 1)
    y, x = np.nonzero(body)
    middle = float(y.mean()), float(x.mean())
    far = float(np.hypot(y - middle[0], x - middle[1]).max()) + 1
    radii = polar(body.astype(float), *middle, far, 40, directions).sum(axis=0)
    strengths = np.abs(np.fft.rfft(radii))
    return list(strengths[1 : waves + 1] / (strengths[0] + 1e-6))
