"""A turned box of a picture → its pixels upright, as though the picture had been turned under it."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from imagine_kernels.images.decoding import MAX_PIXELS, Pixels
from imagine_kernels.images.tiles import Window
from imagine_kernels.shapes import Box, RotatedBox, bounds

_AROUND = 2
"""Pixels beyond the box that its resampling looks at."""


def upright(box: RotatedBox, inside: Callable[[Box], Window], read: Callable[[Window], Pixels]) -> Pixels:
    """The pixels (height, width, 3) of `box`, its width along x; its middle is where it was, nothing is scaled.

    `inside` gives the whole pixels of the picture that an upright box touches, `read` those pixels. Where the box
    reaches over the picture's edge, the outermost pixels go on. Raises ValueError where it lies outside.
    """
    size = max(1, round(box.width)), max(1, round(box.height))
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"has a turned crop of {size[0]} × {size[1]} pixels: more than a picture may have.")
    there = bounds(box)
    window = inside(there)
    left, top = math.floor(there.x) - _AROUND, math.floor(there.y) - _AROUND
    right, bottom = math.ceil(there.x + there.width) + _AROUND, math.ceil(there.y + there.height) + _AROUND
    beyond = (
        (max(0, window.y - top), max(0, bottom - window.y - window.height)),
        (max(0, window.x - left), max(0, right - window.x - window.width)),
        (0, 0),
    )
    part = np.pad(read(window), beyond, mode="edge")
    turn = math.radians(box.angle)
    cosine, sine = math.cos(turn), math.sin(turn)
    x = box.x - window.x + beyond[1][0] - cosine * size[0] / 2 + sine * size[1] / 2
    y = box.y - window.y + beyond[0][0] - sine * size[0] / 2 - cosine * size[1] / 2
    way = (cosine, -sine, x, sine, cosine, y)
    return np.array(Image.fromarray(part).transform(size, Image.Transform.AFFINE, way, Image.Resampling.BILINEAR))
