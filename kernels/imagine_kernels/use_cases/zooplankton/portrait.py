"""The card picture of the use case: the drawn animals before the light of the scanner's lamp, near ones sharp."""

import io
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom

from imagine_kernels.use_cases.drawing import Density
from imagine_kernels.use_cases.zooplankton.organisms import ORGANISMS

WIDTH, HEIGHT = 960, 540
Colours = np.ndarray[tuple[Any, ...], np.dtype[np.float32]]


class Animal(NamedTuple):
    """One animal before the lamp: class, seed, size, middle (pixels of the picture), magnification, blur, strength."""

    name: str
    seed: int
    size: float
    x: int
    y: int
    zoom: float
    blur: float
    strength: float


_ANIMALS = (
    Animal("Copepoda", 21, 110, 890, 80, 0.8, 5.0, 0.45),
    Animal("Hydrozoa", 22, 110, 60, 470, 1.0, 5.0, 0.7),
    Animal("Appendicularia", 23, 60, 520, 60, 1.0, 4.0, 0.6),
    Animal("Copepoda", 24, 80, 400, 500, 0.9, 4.0, 0.5),
    Animal("Chaetognatha", 25, 90, 640, 470, 1.0, 3.0, 0.6),
    Animal("Hydrozoa", 12, 210, 735, 230, 1.25, 0.7, 1.5),
    Animal("Chaetognatha", 6, 105, 400, 120, 1.1, 0.7, 1.3),
    Animal("Copepoda", 5, 150, 215, 350, 1.2, 0.6, 1.0),
    Animal("Appendicularia", 2, 85, 490, 330, 1.1, 0.7, 1.5),
    Animal("Copepoda", 8, 105, 845, 430, 1.1, 0.8, 1.0),
)
_ABSORBED = {
    "Copepoda": (0.35, 1.0, 1.35), "Chaetognatha": (1.1, 0.75, 0.7),
    "Hydrozoa": (1.25, 0.8, 0.45), "Appendicularia": (0.65, 0.95, 0.9),
}  # fmt: skip
"""How strongly red, green and blue are taken away: copepods are orange of their carotenoids, jellies like water."""


def paint() -> bytes:
    """The picture as a PNG of 960 x 540 pixels; always the same."""
    light = _lamp()
    for animal in _ANIMALS:
        _lay(light, animal)
    image = Image.fromarray((255 * np.clip(light, 0, 1)).round().astype(np.uint8))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _lamp() -> Colours:
    """Light that falls off towards the corners, pale as sea water, with the dust of the tray."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    away = np.hypot((x - 0.42 * WIDTH) / WIDTH, 0.8 * (y - 0.38 * HEIGHT) / HEIGHT)[..., None]
    middle, rim = np.array([0.95, 0.985, 0.97], np.float32), np.array([0.36, 0.66, 0.72], np.float32)
    share = np.clip(1.25 * away, 0, 1) ** 1.4
    light = middle * (1 - share) + rim * share
    rng = np.random.default_rng(6)
    dust = np.zeros((HEIGHT, WIDTH), np.float32)
    dust[rng.integers(0, HEIGHT, 70), rng.integers(0, WIDTH, 70)] = rng.uniform(1, 4, 70)
    return np.asarray(light * np.exp(-gaussian_filter(dust, 1.4))[..., None], dtype=np.float32)


def _lay(light: Colours, animal: Animal) -> None:
    """Takes away the light that the animal absorbs."""
    density = ORGANISMS[animal.name](np.random.default_rng([animal.seed, 77]), animal.size)
    density = gaussian_filter(np.pad(zoom(density, animal.zoom, order=1), 20), animal.blur) * animal.strength
    height, width = density.shape
    top, left = animal.y - height // 2, animal.x - width // 2
    rows, columns = slice(max(top, 0), min(top + height, HEIGHT)), slice(max(left, 0), min(left + width, WIDTH))
    seen: Density = density[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    light[rows, columns] *= np.exp(-seen[..., None] * np.array(_ABSORBED[animal.name], np.float32))
