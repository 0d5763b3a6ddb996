"""Density of what lies in the tray → the grey levels a flatbed scanner makes of it, with its lamp, sensor and noise."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, gaussian_filter, label

from imagine_kernels.use_cases.drawing import Density, Random

Mask = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.unsignedinteger[Any]]

VISIBLE = 243 / 255
"""What lets this share of the light through, or less, is an object: the threshold of ZooProcess."""
_BLUR = 1.1
"""Pixels over which the scanner's lens spreads a point."""
_MARGIN = 8


class Shadow(NamedTuple):
    """What one organism does to the light: the share let through (h, w), and which pixels are its body."""

    through: Density
    body: Mask


class Lamp(NamedTuple):
    """The light of a scan without objects: by column and by row, 0 to 1; and the deviation of the noise."""

    columns: Density
    rows: Density
    noise: float


def shadow(density: Density) -> Shadow:
    """The organism through the scanner's lens, cut to what can be seen of it and a small margin; in one piece."""
    through = np.exp(-gaussian_filter(np.pad(density, _MARGIN), _BLUR))
    through = np.where(_crumbs(through <= VISIBLE), 1, through)
    seen = through < 0.997
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    box = (
        slice(max(rows[0] - _MARGIN, 0), rows[-1] + _MARGIN + 1),
        slice(max(columns[0] - _MARGIN, 0), columns[-1] + _MARGIN + 1),
    )
    through = through[box].astype(np.float32)
    return Shadow(through, through <= VISIBLE)


def _crumbs(body: Mask) -> Mask:
    """What lies apart from the largest piece of a body, and the dim rim around it."""
    pieces, _count = label(body, np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    apart = body & (pieces != sizes.argmax())
    crumbs: Mask = binary_dilation(apart, iterations=4) & ~binary_dilation(body & ~apart)
    return crumbs


def lamp(rng: Random, width: int, height: int) -> Lamp:
    """Light that falls off towards the sides, drifts while the carriage moves, and pixels of the sensor that differ."""
    x, y = np.linspace(-1, 1, width), np.linspace(0, 1, height)
    level = rng.uniform(0.84, 0.9)
    fall = 1 - rng.uniform(0.03, 0.08) * np.abs(x - rng.normal(0, 0.1)) ** 2.5
    streaks = 1 + gaussian_filter(rng.normal(0, 0.002, width), 0.7)
    drift = 1 + rng.uniform(-0.015, 0.015) * y + 0.004 * np.sin(rng.uniform(3, 9) * y + rng.uniform(0, 6))
    return Lamp((level * fall * streaks).astype(np.float32), drift.astype(np.float32), rng.uniform(0.003, 0.006))


def develop(light: Density, lamp: Lamp, rng: Random, bits: int) -> Levels:
    """Light of 0 to 1 as grey levels of 8 or 16 bits, with the noise of the sensor."""
    white = 2**bits - 1
    levels = light + rng.standard_normal(light.shape, dtype=np.float32) * np.float32(lamp.noise)
    grey: Levels = np.clip(levels * white + 0.5, 0, white).astype(np.uint8 if bits == 8 else np.uint16)
    return grey
