"""Pixels of any instrument become the square a network was trained on: even background, aspect kept, one size."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from imagine_kernels.tasks.resizing import resized
from imagine_kernels.use_case import Model, Profile

Pixels = npt.NDArray[np.uint8]
WATER = 170
"""The grey that every background is brought to: leaves room for bright rims, dark bodies keep their contrast."""
_DARKEST = 32
"""A background darker than this is not water before a lamp; it is not stretched further."""
_GREYS = np.arange(256, dtype=np.uint8)
_NOISE = 0.09
"""Contrast to the water below which a pixel says nothing about where the object is."""


class Seen(NamedTuple):
    """A picture as a model that measures looks at it: the square, and the features measured on the picture itself."""

    square: Pixels
    features: npt.NDArray[np.float32]


def prepare(image: Pixels, model: Model) -> Pixels | Seen:
    """What `model` looks at: the square, and beside it the features where a part asks for them."""
    made = square(image, model.profile)
    if not model.measuring:
        return made
    from imagine_kernels.tasks.measured import measure

    grey = model.profile.colour == "grey"
    return Seen(made, measure(np.asarray(Image.fromarray(image).convert("L")) if grey else image, model.parts))


def batch(seen: Sequence[Pixels | Seen], profile: Profile, where: torch.device) -> tuple[torch.Tensor, ...]:
    """Prepared pictures as what networks take: the squares and, where there are any, the features."""
    squares, *features = stacked(seen)
    return (normalised(squares, profile).to(where), *(one.to(where) for one in features))


def stacked(seen: Sequence[Pixels | Seen]) -> tuple[torch.Tensor, ...]:
    """The squares as bytes (N, C, S, S), laid out as the pictures are, and the features, where there are any."""
    squares = np.stack([one.square if isinstance(one, Seen) else one for one in seen])
    features = [one.features for one in seen if isinstance(one, Seen)]
    bytes_ = torch.from_numpy(squares).permute(0, 3, 1, 2)
    return (bytes_, torch.from_numpy(np.stack(features))) if features else (bytes_,)


def square(image: Pixels, profile: Profile) -> Pixels:
    """The picture (H, W, 3) as (size, size, channels): flat-fielded, resized to fit as the profile says, centred.

    The background is the median of the picture's rim. Dividing by it makes runs of different lamps alike, and lets the
    margin around a long particle be filled with the very same water. With views see `viewed`. Where the profile is grey
    the picture may come as (H, W).
    """
    if profile.views:
        return viewed(image, profile)
    if profile.colour == "grey" and image.ndim == 3:
        image = np.asarray(Image.fromarray(image).convert("L"))
    height, width = image.shape[:2]
    scale = min(profile.size / max(height, width), profile.zoom or math.inf)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    flat = _flattened(resized(image, *inner), background(image))
    canvas = np.full((profile.size, profile.size, *image.shape[2:]), WATER, np.uint8)
    left, top = (profile.size - inner[0]) // 2, (profile.size - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = flat
    return canvas if canvas.ndim == 3 else canvas[:, :, None]


def _flattened(picture: Pixels, water: npt.NDArray[np.float32]) -> Pixels:
    """The picture with each channel's water brought to `WATER`."""
    gain = np.atleast_1d(WATER / np.maximum(water, _DARKEST))
    if picture.ndim == 2:
        return np.minimum(_GREYS * gain + 0.5, 255).astype(np.uint8).take(picture)
    wide = np.tile(gain, picture.shape[1])  # whole rows at a time, not channel by channel
    rows = picture.reshape(len(picture), -1) * wide
    rows += 0.5
    return np.minimum(rows, 255, out=rows).astype(np.uint8).reshape(picture.shape)


def viewed(image: Pixels, profile: Profile) -> Pixels:
    """The object's middle at each of the profile's scales, (size, size, channels): one view's channels after another.

    Light on dark is shown as the root of its grey, so that what is faint is seen, on black; dark on light on `WATER`.
    """
    from imagine_kernels.features.contrast import contrast, middle

    picture = np.asarray(Image.fromarray(image).convert("L")) if profile.colour == "grey" else image
    seen = contrast(picture)
    y, x, _ = middle(seen.amount, _NOISE)
    flat = seen.signed * 255 if seen.dark_field else WATER * (1 + seen.signed)
    water = 0 if seen.dark_field else WATER
    whole = np.clip(flat + 0.5, 0, 255).astype(np.uint8)
    return np.concatenate([_view(whole, y, x, scale, profile.size, water) for scale in profile.views], axis=2)


def _view(whole: Pixels, y: float, x: float, scale: float, size: int, water: int) -> Pixels:
    """A square of `size` pixels of `scale` pixels each around (y, x); beyond the picture there is water."""
    canvas = np.full((size, size, whole.shape[2]), water, np.uint8)
    if scale != 1:
        shape = (max(1, round(whole.shape[1] / scale)), max(1, round(whole.shape[0] / scale)))
        small = [Image.fromarray(plane).resize(shape, Image.Resampling.BILINEAR) for plane in np.moveaxis(whole, 2, 0)]
        whole, y, x = np.stack([np.asarray(plane) for plane in small], axis=2), y / scale, x / scale
    top, left = round(size / 2 - y - 0.5), round(size / 2 - x - 0.5)
    rows = slice(max(0, top), min(size, top + whole.shape[0]))
    columns = slice(max(0, left), min(size, left + whole.shape[1]))
    canvas[rows, columns] = whole[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return canvas


def background(pixels: Pixels) -> npt.NDArray[np.float32]:
    """The colour of the water, one number a channel: the median of the picture's rim (H, W) or (H, W, C)."""
    rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    middle = len(rim) // 2
    found: npt.NDArray[np.float32] = np.partition(rim, middle, axis=0)[middle].astype(np.float32)
    return found


def tensor(squares: Pixels, profile: Profile) -> torch.Tensor:
    """Squares (N, S, S, C) of 0..255 as what networks take: float (N, C, S, S), the background near 0."""
    return normalised(torch.from_numpy(squares).permute(0, 3, 1, 2), profile)


def normalised(squares: torch.Tensor, profile: Profile) -> torch.Tensor:
    """Squares of bytes (N, C, S, S) as floats, the background near 0."""
    mean, std = colours(profile)
    return squares.float().sub_(mean).div_(std)


def colours(profile: Profile) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of each channel, of 0..255, (1, C, 1, 1)."""
    bands = 1 if profile.colour == "grey" else 3
    times = profile.channels // bands
    mean = torch.tensor(profile.mean[:bands] * times).mul(255).view(1, -1, 1, 1)
    return mean, torch.tensor(profile.std[:bands] * times).mul(255).view(1, -1, 1, 1)
