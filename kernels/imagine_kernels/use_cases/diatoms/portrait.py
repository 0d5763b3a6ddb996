"""The card picture of the use case: drawn valves in dark field, as glass lit from one side, near ones sharp."""

import io
import math
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from imagine_kernels.use_cases.diatoms.organisms import draw
from imagine_kernels.use_cases.drawing import Density

WIDTH, HEIGHT = 960, 540
Colours = np.ndarray[tuple[Any, ...], np.dtype[np.float32]]


class Piece(NamedTuple):
    """One valve of the picture: species, seed, middle (pixels), degrees, magnification, blur, brightness."""

    name: str
    seed: int
    x: int
    y: int
    angle: float
    zoom: float
    blur: float
    light: float


_PIECES = (
    Piece("Nitzschia palea", 3, 830, 80, 160, 0.8, 2.6, 0.4),
    Piece("Fragilaria capucina", 5, 90, 470, 20, 0.9, 2.8, 0.4),
    Piece("Navicula gregaria", 2, 640, 505, 5, 1.1, 2.4, 0.45),
    Piece("Achnanthidium minutissimum", 4, 330, 60, 130, 1.2, 2.2, 0.5),
    Piece("Gomphonema parvulum", 6, 905, 300, 75, 1.2, 2.0, 0.5),
    Piece("Surirella brebissonii", 8, 160, 200, 62, 1.05, 0.8, 1.0),
    Piece("Navicula tripunctata", 7, 400, 300, -38, 1.05, 0.6, 1.0),
    Piece("Cymbella affinis", 9, 655, 150, 18, 1.1, 0.7, 1.0),
    Piece("Stauroneis smithii", 12, 745, 385, -62, 1.2, 0.7, 0.95),
    Piece("Gomphonema truncatum", 10, 560, 420, 24, 0.95, 0.8, 0.95),
    Piece("Eunotia bilunaris", 11, 265, 445, -12, 0.9, 0.8, 0.9),
    Piece("Cocconeis placentula", 3, 880, 470, 30, 0.9, 0.9, 0.9),
)
_INSIDE, _EDGE = "d9a441", "e9f4f2"
"""Colours of silica in dark field: warm where it is thin, white where it bends the light most."""


def paint() -> bytes:
    """The picture as a PNG of 960 x 540 pixels; always the same."""
    ground = _ground()
    for piece in _PIECES:
        _lay(ground, piece)
    image = Image.fromarray((255 * np.clip(ground, 0, 1)).round().astype(np.uint8))
    out = io.BytesIO()
    image.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(out, "PNG", optimize=True)
    return out.getvalue()


def _colour(code: str) -> Colours:
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], dtype=np.float32)


def _ground() -> Colours:
    """A dark slide, a little lighter where the condenser shines."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32) / np.float32(HEIGHT)
    near = np.exp(-((x - 0.85) ** 2 + (y - 0.45) ** 2) / 0.7)[..., None]
    ground = _colour("0d1f2b") * (1 - near) + _colour("1d5060") * near
    rng = np.random.default_rng(5)
    dust = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
    dust[rng.integers(0, HEIGHT, 160), rng.integers(0, WIDTH, 160)] = rng.uniform(0.3, 1, 160)
    return np.asarray(ground + (gaussian_filter(dust, 0.9) * 1.5)[..., None] * _colour("cfe8ea"), dtype=np.float32)


def _lay(ground: Colours, piece: Piece) -> None:
    """Adds what the valve scatters: its outline and striae brightly, its plate softly."""
    rng = np.random.default_rng([piece.seed, 78])
    delay = draw(piece.name, math.radians(piece.angle), rng).delay
    delay = gaussian_filter(_enlarged(delay, piece.zoom), piece.blur)
    down, across = np.gradient(delay)
    slope = np.clip(np.hypot(down, across) * (3.2 + piece.blur), 0, 1)
    lit = np.clip(0.5 - 3 * (down + across), 0, 1) * slope
    light = piece.light * np.clip(0.24 * np.minimum(delay, 1) + 0.5 * slope + 0.5 * lit, 0, 1)[..., None]
    height, width = delay.shape
    top, left = piece.y - height // 2, piece.x - width // 2
    rows, columns = slice(max(top, 0), min(top + height, HEIGHT)), slice(max(left, 0), min(left + width, WIDTH))
    cut = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
    tint = _colour(_EDGE) * slope[cut][..., None] + _colour(_INSIDE) * (1 - slope[cut][..., None])
    ground[rows, columns] = ground[rows, columns] * (1 - light[cut]) + tint * light[cut]


def _enlarged(delay: Density, zoom: float) -> Density:
    size = round(delay.shape[1] * zoom), round(delay.shape[0] * zoom)
    return np.pad(np.asarray(Image.fromarray(delay).resize(size, Image.Resampling.BICUBIC)), 20)
