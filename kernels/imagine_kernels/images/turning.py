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
    reaches over the picture's edge, there is background: the median of the rim of what is there. Raises ValueError
    where it lies outside.
    """
    size, there = (max(1, round(box.width)), max(1, round(box.height))), bounds(box)
    if there.width * there.height > MAX_PIXELS:
        raise ValueError(f"has a turned crop across {there.width:.0f} × {there.height:.0f} pixels: more than is read.")
    left, top = math.floor(there.x) - _AROUND, math.floor(there.y) - _AROUND
    right, bottom = math.ceil(there.x + there.width) + _AROUND, math.ceil(there.y + there.height) + _AROUND
    inside(there)  # refuses what lies beside the picture
    window = inside(Box(left, top, right - left, bottom - top))
    seen = read(window)
    canvas = np.empty((bottom - top, right - left, seen.shape[2]), np.uint8)
    canvas[:] = np.median(np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]]), axis=0)
    x, y = window.x - left, window.y - top
    canvas[y : y + window.height, x : x + window.width] = seen
    turn = math.radians(box.angle)
    cosine, sine = math.cos(turn), math.sin(turn)
    x0 = box.x - left - cosine * size[0] / 2 + sine * size[1] / 2
    y0 = box.y - top - sine * size[0] / 2 - cosine * size[1] / 2
    way = (cosine, -sine, x0, sine, cosine, y0)
    return np.array(Image.fromarray(canvas).transform(size, Image.Transform.AFFINE, way, Image.Resampling.BILINEAR))
