"""Density of a drawn organism → the picture a FlowCam takes of it in bright field, cut out as the instrument cuts."""

from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from imagine_kernels.use_cases.drawing import Density, Random

Grey = np.ndarray[tuple[Any, ...], np.dtype[np.uint8]]
Mask = np.ndarray[tuple[Any, ...], np.dtype[np.bool_]]

BORDER = 6
"""Pixels of water around a particle in its cut-out, as the instrument is usually set."""


class Shot(NamedTuple):
    """One particle as photographed: grey values, and which pixels the instrument takes for the particle."""

    grey: Grey
    mask: Mask


def photograph(density: Density, rng: Random) -> Shot:
    """Light absorbed, refracted to a bright rim, blurred by what is out of focus, on uneven light with sensor noise."""
    density = np.pad(density, 2 * BORDER)
    blur = rng.uniform(0.7, 1.5)
    through = gaussian_filter(np.exp(-density), blur)
    solid = np.minimum(density, 1)
    rim = np.clip(gaussian_filter(solid, 2.6 + blur) - gaussian_filter(solid, blur + 0.4), 0, None)
    ring = np.clip(gaussian_filter(solid, 6.5) - gaussian_filter(solid, 4), 0, None)
    level = rng.choice([145, 172, 200]) + rng.normal(0, 7)
    height, width = density.shape
    slope = rng.normal(0, 4, 2)
    light = level + slope[0] * np.linspace(-1, 1, width)[None, :] + slope[1] * np.linspace(-1, 1, height)[:, None]
    grain = gaussian_filter(rng.standard_normal(density.shape, dtype=np.float32), 0.6) * 3.2
    image = light * (through + 0.34 * rim - 0.12 * ring) + 5 + grain
    mask = gaussian_filter(density, 0.8) > 0.12
    box = _frame(mask)
    return Shot(np.clip(image, 0, 255).round().astype(np.uint8)[box], mask[box])


def _frame(mask: Mask) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(rows[0] - BORDER, 0), rows[-1] + BORDER + 1),
        slice(max(columns[0] - BORDER, 0), columns[-1] + BORDER + 1),
    )
