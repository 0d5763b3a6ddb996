"""Picture of any instrument → how each pixel differs from the water, so that lamps and cameras matter less."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagine_kernels.features.particle import Grey

Floats = npt.NDArray[np.float64]

DARK_FIELD = 32
"""A background darker than this is no water before a lamp: objects are light on dark, as the UVP sees them."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """`signed` (H, W, C) is how much lighter (+) or darker (-) than water, `amount` (H, W) how different at all.

    Both are shares of the water's grey; on a dark field the root of the share of white, so that what is faint counts.
    """

    signed: Floats
    amount: Floats
    dark_field: bool


def contrast(picture: Grey) -> Contrast:
    """The contrast of a grey (H, W) or colour (H, W, C) picture to the median of its rim."""
    pixels = np.atleast_3d(picture).astype(float)
    water = np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]), axis=0)
    if water.mean() < DARK_FIELD:
        signed = np.sqrt(pixels / 255) - np.sqrt(water / 255)
        return Contrast(signed, np.maximum(signed.max(axis=2), 0), dark_field=True)
    signed = (pixels - water) / np.maximum(water, DARK_FIELD)
    return Contrast(signed, np.abs(signed).max(axis=2), dark_field=False)


def unpadded(picture: Grey) -> Grey:
    """The picture without the black columns at its right, which an exporter adds where a legend is wider than it.

    They are no water: a UVP's own black has grains. Of the same vignette with and without them the same is measured.
    """
    lit = np.flatnonzero(np.atleast_3d(picture).any(axis=(0, 2)))
    return picture[:, : lit[-1] + 1] if len(lit) else picture


def middle(amount: Floats, least: float) -> tuple[float, float, float]:
    """Where the object is: y and x of the centre of what exceeds `least`, and the radius of gyration; in pixels."""
    weights = np.where(amount > least, amount, 0.0)
    total = float(weights.sum())
    if total == 0:
        return (amount.shape[0] - 1) / 2, (amount.shape[1] - 1) / 2, max(amount.shape) / 4
    y, x = np.arange(amount.shape[0]), np.arange(amount.shape[1])
    rows, columns = weights.sum(axis=1) / total, weights.sum(axis=0) / total
    my, mx = float(rows @ y), float(columns @ x)
    return my, mx, float(np.sqrt(rows @ (y - my) ** 2 + columns @ (x - mx) ** 2))
