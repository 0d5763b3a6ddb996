"""Pixels of any instrument become the square a network was trained on: even background, aspect kept, one size."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from imagine_kernels.use_case import Profile

Pixels = npt.NDArray[np.uint8]
WATER = 170
"""The grey that every background is brought to: leaves room for bright rims, dark bodies keep their contrast."""


def square(image: Pixels, profile: Profile) -> Pixels:
    """The picture (H, W, 3) as (size, size, channels): flat-fielded, its longer side resized to `size`, centred.

    The background is the median of the picture's rim. Dividing by it makes runs of different lamps alike, and lets the
    margin around a long particle be filled with the very same water.
    """
    grey = profile.colour == "grey"
    pixels = image if not grey else np.asarray(Image.fromarray(image).convert("L"))[..., None]
    height, width = pixels.shape[:2]
    scale = profile.size / max(height, width)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    flat = Image.fromarray(_flat(pixels).squeeze(2) if grey else _flat(pixels))
    small = flat if flat.size == inner else flat.resize(inner, Image.Resampling.BILINEAR, reducing_gap=2.0)
    canvas = np.full((profile.size, profile.size, pixels.shape[2]), WATER, np.uint8)
    left, top = (profile.size - inner[0]) // 2, (profile.size - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = np.asarray(small).reshape(inner[1], inner[0], -1)
    return canvas


def _flat(pixels: Pixels) -> Pixels:
    """Every channel scaled so that its background is WATER."""
    levels = np.arange(256, dtype=np.float32)
    flat = np.empty_like(pixels)
    for channel, background in enumerate(_background(pixels)):
        table = np.clip(levels * (WATER / max(background, 32.0)) + 0.5, 0, 255).astype(np.uint8)
        flat[..., channel] = table[pixels[..., channel]]
    return flat


def _background(pixels: Pixels) -> list[float]:
    rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return [float(np.median(rim[:, channel])) for channel in range(pixels.shape[2])]
