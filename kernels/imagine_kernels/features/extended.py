"""Picture → the features a forest tells classes by: EcoTaxa's, and what the object is like at many thresholds."""

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagine_kernels.features import levels, profile
from imagine_kernels.features.contrast import Contrast, Floats, contrast, middle, unpadded
from imagine_kernels.features.ecotaxa import measure
from imagine_kernels.features.particle import Grey, find

PLACES = frozenset({"bx", "by", "xstart", "ystart", "x", "y", "xm", "ym", "angle"})
"""EcoTaxa features that tell where an object lies, not what it is."""
LEVELS = (0.04, 0.09, 0.14, 0.2, 0.3, 0.45, 0.65)
"""Contrasts at which the object is looked at, beside a quarter, half and three quarters of its strongest."""
_NOISE = 0.09
_FAINT = 0.15
"""Contrast from which a pixel of a dark field is the object's: there Otsu's threshold takes bright cores alone."""
_NEAR = 24.0
"""Pixels: how far the rings reach that do not grow with the object."""
_RANKS = (0, 4, 16, 36, 64, 100, 200, 400)
"""How many pixels are stronger than the contrast that is told."""


def extended(picture: Grey) -> npt.NDArray[np.float32]:
    """The features of a grey (H, W) or colour (H, W, 3) picture, always as many; what cannot be told is 0."""
    picture = unpadded(picture)
    seen = contrast(picture)
    found = [
        *_ecotaxa(picture, seen),
        *_whole(seen.amount),
        *_levels(seen.amount),
        *_around(seen),
        *_bands(seen.amount),
    ]
    return np.nan_to_num(np.array(found, np.float32), posinf=0.0, neginf=0.0)


def basic(picture: Grey) -> npt.NDArray[np.float32]:
    """EcoTaxa's features alone, without places: what a forest has been trained on since 2005."""
    return np.nan_to_num(np.array(_ecotaxa(picture, contrast(picture)), np.float32), posinf=0.0, neginf=0.0)


def _ecotaxa(picture: Grey, seen: Contrast) -> list[float]:
    """EcoTaxa's features of the object that Otsu's threshold finds; on a dark field, of all that is no noise."""
    grey = picture if picture.ndim == 2 else np.rint(picture.mean(axis=2)).astype(np.uint8)
    faint = seen.amount > _FAINT if seen.dark_field and (seen.amount > _FAINT).any() else None
    return [value for name, value in measure(find(grey, faint)).items() if name not in PLACES]


def _whole(amount: Floats) -> list[float]:
    """Size of the picture, its strongest pixels, and the sum of all."""
    order = np.sort(amount.ravel())[::-1]
    ranked = [float(order[min(rank, len(order) - 1)]) for rank in _RANKS]
    total = float(amount.sum())
    return [*map(math.log, amount.shape), *ranked, math.log1p(total), total / amount.size, float(amount.std())]


def _levels(amount: Floats) -> list[float]:
    most = _strongest(amount)
    thresholds = [*LEVELS, *(most * share for share in (0.25, 0.5, 0.75))]
    return [value for threshold in thresholds for value in levels.at(amount, threshold)]


def _around(seen: Contrast) -> list[float]:
    y, x, radius = middle(seen.amount, _NOISE)
    found = [radius, *profile.contour(seen.amount, 0.3 * _strongest(seen.amount))]
    for reach in (_NEAR, max(2.5 * radius, 3.0)):
        found += profile.rings(seen.amount, y, x, reach)
    for channel in np.moveaxis(seen.signed, 2, 0):
        inner = profile.polar(channel, y, x, _NEAR / 2, 8, 32)
        found += [*inner.mean(axis=1), float(channel.min()), float(channel.max()), float(channel.std())]
    return found


def _strongest(amount: Floats) -> float:
    """The contrast that four pixels exceed, so that one hot pixel does not decide."""
    last = min(4, amount.size - 1)
    return max(float(np.partition(amount.ravel(), -1 - last)[-1 - last]), 1e-3)


def _bands(amount: Floats) -> list[float]:
    """Differences of Gaussians: how much happens at the scale of 1, 2, 4 and 8 pixels."""
    found, before = [], amount
    for scale in (1, 2, 4, 8):
        after = ndimage.gaussian_filter(amount, scale)
        band = before - after
        found += [float(band.std()), float(np.abs(band).max()), float(band.min())]
        before = after
    return found
