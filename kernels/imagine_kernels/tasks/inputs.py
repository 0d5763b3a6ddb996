"""Pixels of any instrument become the square a network was trained on: even background, aspect kept, one size."""

import math

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from imagine_kernels.use_case import Profile

Pixels = npt.NDArray[np.uint8]
WATER = 170
"""The grey that every background is brought to: leaves room for bright rims, dark bodies keep their contrast."""
_DARKEST = 32
"""A background darker than this is not water before a lamp; it is not stretched further."""


def square(image: Pixels, profile: Profile) -> Pixels:
    """The picture (H, W, 3) as (size, size, channels): flat-fielded, resized to fit as the profile says, centred.

    The background is the median of the picture's rim. Dividing by it makes runs of different lamps alike, and lets the
    margin around a long particle be filled with the very same water.
    """
    picture = Image.fromarray(image)
    if profile.colour == "grey":
        picture = picture.convert("L")
    scale = min(profile.size / max(picture.size), profile.zoom or math.inf)
    inner = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    pixels = np.asarray(picture)
    gain = WATER / np.maximum(background(pixels), _DARKEST)
    if picture.size != inner:
        pixels = np.asarray(picture.resize(inner, Image.Resampling.BILINEAR, reducing_gap=2.0))
    flat = np.minimum(pixels * gain + 0.5, 255).astype(np.uint8)
    channels = 1 if flat.ndim == 2 else flat.shape[2]
    canvas = np.full((profile.size, profile.size, channels), WATER, np.uint8)
    left, top = (profile.size - inner[0]) // 2, (profile.size - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = flat.reshape(inner[1], inner[0], channels)
    return canvas


def background(pixels: Pixels) -> npt.NDArray[np.float32]:
    """The colour of the water, one number a channel: the median of the picture's rim (H, W) or (H, W, C)."""
    rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    middle = len(rim) // 2
    found: npt.NDArray[np.float32] = np.partition(rim, middle, axis=0)[middle].astype(np.float32)
    return found


def tensor(squares: Pixels, profile: Profile) -> torch.Tensor:
    """Squares (N, S, S, C) of 0..255 as what networks take: float (N, C, S, S), the background near 0."""
    channels = squares.shape[3]
    mean = torch.tensor(profile.mean[:channels]).mul(255).view(1, -1, 1, 1)
    std = torch.tensor(profile.std[:channels]).mul(255).view(1, -1, 1, 1)
    return torch.from_numpy(squares).permute(0, 3, 1, 2).float().sub_(mean).div_(std)
