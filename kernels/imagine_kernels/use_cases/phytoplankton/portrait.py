"""The card picture of the use case: the drawn organisms drifting in lit water, near ones sharp, far ones soft."""

import io
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from imagine_kernels.use_cases.drawing import Density
from imagine_kernels.use_cases.phytoplankton.organisms import ORGANISMS

WIDTH, HEIGHT = 960, 540
Colours = np.ndarray[tuple[Any, ...], np.dtype[np.float32]]


class Drifter(NamedTuple):
    """One organism in the water: class, seed, middle (pixels of the picture), magnification, blur, brightness."""

    name: str
    seed: int
    x: int
    y: int
    zoom: float
    blur: float
    light: float


_DRIFTERS = (
    Drifter("Tripos", 1, 70, 470, 1.6, 3.0, 0.4),
    Drifter("Actinoptychus", 12, 872, 500, 1.3, 3.2, 0.4),
    Drifter("Bacillariophyceae", 4, 455, 500, 1.4, 2.8, 0.4),
    Drifter("Ciliophora", 6, 335, 58, 1.4, 2.8, 0.45),
    Drifter("Dinoflagellata", 9, 770, 55, 1.0, 3.0, 0.35),
    Drifter("Tripos", 8, 905, 190, 1.6, 2.4, 0.45),
    Drifter("Noctilucales", 6, 760, 350, 2.2, 0.7, 0.95),
    Drifter("Actinoptychus", 11, 165, 215, 3.4, 0.5, 1.0),
    Drifter("Tripos", 3, 440, 200, 3.4, 0.5, 1.0),
    Drifter("Bacillariophyceae", 12, 300, 420, 3.0, 0.6, 1.0),
    Drifter("Ciliophora", 11, 560, 395, 2.5, 0.6, 0.95),
    Drifter("Dinoflagellata", 13, 655, 145, 2.2, 0.6, 0.95),
)
_INSIDES = {
    "Actinoptychus": "a9d8d4", "Bacillariophyceae": "f2b95c", "Ciliophora": "ecd3a0",
    "Dinoflagellata": "dd7d5c", "Noctilucales": "9fd6d8", "Tripos": "eaae74",
}  # fmt: skip
"""Colours of the bodies: diatoms golden brown as their plastids are, dinoflagellates redder, skins like water."""


def paint() -> bytes:
    """The picture as a PNG of 960 x 540 pixels; always the same."""
    water = _water()
    for drifter in _DRIFTERS:
        _lay(water, drifter)
    image = Image.fromarray((255 * np.clip(water, 0, 1)).round().astype(np.uint8))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _colour(code: str) -> Colours:
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], dtype=np.float32)


def _water() -> Colours:
    """Light falls in from the top left and is gone at the bottom right; specks of marine snow."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32) / np.float32(HEIGHT)
    depth = np.clip(0.16 + 0.36 * x + 0.62 * y - 0.12 * np.sin(2.3 * x + 1.2 * y), 0, 1)[..., None]
    shallow, deep = _colour("2492a8"), _colour("0b2433")
    water = shallow * (1 - depth) + deep * depth
    rng = np.random.default_rng(5)
    for count, blur, light in ((260, 0.9, 1.0), (90, 2.2, 5.0)):
        snow = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
        snow[rng.integers(0, HEIGHT, count), rng.integers(0, WIDTH, count)] = rng.uniform(0.2, 1, count)
        water += (gaussian_filter(snow, blur) * light)[..., None] * _colour("cfe8ea")
    return np.asarray(water, dtype=np.float32)


def _lay(water: Colours, drifter: Drifter) -> None:
    """Add what the organism scatters: its inside softly, its outlines brightly, as in dark field."""
    rng = np.random.default_rng([drifter.seed, 77])
    density = _enlarged(ORGANISMS[drifter.name](rng), drifter.zoom)
    density = gaussian_filter(density, drifter.blur)
    body = 1 - np.exp(-0.75 * density)
    slope = np.hypot(*np.gradient(gaussian_filter(body, 1.1 + drifter.blur / 2)))
    edge = np.clip(slope * (7 + 2 * drifter.blur), 0, 1)
    halo = gaussian_filter(body, 9 + 2 * drifter.zoom)
    light = drifter.light * np.clip(0.56 * body + 0.55 * edge, 0, 1)[..., None]
    height, width = density.shape
    top, left = drifter.y - height // 2, drifter.x - width // 2
    rows, columns = slice(max(top, 0), min(top + height, HEIGHT)), slice(max(left, 0), min(left + width, WIDTH))
    cut = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
    tint = _colour("eef5f6") * edge[cut][..., None] + _colour(_INSIDES[drifter.name]) * (1 - edge[cut][..., None])
    under = water[rows, columns] + (0.16 * drifter.light * halo[cut])[..., None] * _colour("7cc9cf")
    water[rows, columns] = under * (1 - light[cut]) + tint * light[cut]


def _enlarged(density: Density, zoom: float) -> Density:
    side = round(density.shape[0] * zoom)
    large = Image.fromarray(np.pad(density, 12)).resize((side, side), Image.Resampling.BICUBIC)
    return np.pad(np.asarray(large), 40)
