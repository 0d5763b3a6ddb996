"""Delay of light by silica → the grey picture a microscope with a ×100 objective takes of it, at 0.1 µm per pixel.

A valve absorbs nothing: it is seen because it bends light. In bright field the picture of a thin phase object a little
out of focus is 1 - z ∇²φ (transport of intensity; Teague 1983, J. Opt. Soc. Am. 73:1434): bright or dark outlines, by
the side of the focal plane. Oblique light and differential interference contrast add the slope along their direction.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import gaussian_filter

from imagine_kernels.use_cases.drawing import Density, Random

Grey = npt.NDArray[np.uint8]

_SHARP = 1.05
"""Pixels: deviation of the spot into which the objective spreads a point, 0.21 wavelengths / aperture."""
_REACH = 6


class Microscope(NamedTuple):
    """How one slide is looked at: grey of the background, uneven light, slope seen (strength, direction), grain."""

    level: float
    tilt: tuple[float, float]
    relief: float
    direction: float
    grain: float


def microscope(rng: Random) -> Microscope:
    """One of the ways people set theirs: bright field, or with some relief."""
    relief = float(rng.choice([0.0, 0.25, 0.7])) * rng.uniform(0.7, 1.3)
    tilt = (float(rng.normal(0, 0.025)), float(rng.normal(0, 0.025)))
    return Microscope(rng.uniform(105, 190), tilt, relief, rng.uniform(0, 2 * np.pi), rng.uniform(0.008, 0.02))


def defocus(rng: Random) -> float:
    """How far out of the focal plane a valve lies: as a rule a little above or below it."""
    return float(rng.choice([-1, 1]) * (0.25 + abs(rng.normal(0, 0.45))))


def seen(delay: Density, scope: Microscope, focus: float) -> Density:
    """What the object adds to a light of 1, (h, w); `delay` needs a margin of nothing around it."""
    blur = _SHARP + 0.9 * max(0.0, abs(focus) - 0.4)
    soft = gaussian_filter(delay, blur)
    down, across = np.gradient(soft)
    curl = gaussian_filter(np.gradient(down, axis=0) + np.gradient(across, axis=1), 0.5)
    slope = np.cos(scope.direction) * across + np.sin(scope.direction) * down
    halo = gaussian_filter(delay, _REACH + 3) - gaussian_filter(delay, _REACH)
    added: Density = 2.2 * focus * curl + 2.2 * scope.relief * slope + 0.05 * halo - 0.05 * soft
    return np.clip(added, -0.75, 0.75).astype(np.float32)


def expose(added: Density, scope: Microscope, rng: Random) -> Grey:
    """The camera's picture: uneven light, out-of-focus dirt far below, grain, 8 bits."""
    height, width = added.shape
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
    light = 1 + scope.tilt[0] * x + scope.tilt[1] * y - 0.02 * (x * x + y * y)
    light = light + 0.006 * _clouds(rng, added.shape[1], added.shape[0])
    grain = gaussian_filter(rng.standard_normal(added.shape, dtype=np.float32), 0.5) * 1.6 * scope.grain
    levels = scope.level * (light + added + grain)
    grey: Grey = np.clip(levels + 0.5, 0, 255).astype(np.uint8)
    return grey


def _clouds(rng: Random, width: int, height: int) -> Density:
    """Smooth unevenness of deviation 1 or less, of grains of some 60 pixels."""
    coarse = rng.standard_normal((height // 60 + 3, width // 60 + 3), dtype=np.float32)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
