"""A sample of any size → the squares that a detector looks at, window by window, and boxes back to its pixels."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from imagine_kernels.images import Pixels, Window, tiles
from imagine_kernels.tasks.detection import network
from imagine_kernels.tasks.views import View
from imagine_kernels.use_case import Model

Boxes = npt.NDArray[np.float64]
"""(N, 4): left, top, right, bottom."""
_SHARED = 4
"""Neighbouring windows share a fourth of their side: what is no larger lies whole in one of them."""


@dataclass(frozen=True)
class Square:
    """One window of a view as the network sees it: (size, size, channels), the window in its left upper part."""

    window: Window
    pixels: Pixels
    scale: float
    """Pixels of the square to one of the view."""


def squares(view: View, model: Model) -> Iterator[Square]:
    """Every window of the view, row by row; one is in memory at a time."""
    side = network.window(model)
    for window in tiles(view.width, view.height, side, side // _SHARED):
        yield square(view.read(window), window, model)


def square(pixels: Pixels, window: Window, model: Model) -> Square:
    """The pixels of a window (height, width, channels) at the scale of the input; the rest of the square is plain."""
    size, colours = model.profile.size, pixels.shape[2]
    scale = size / network.window(model)
    shape = (min(size, max(1, round(window.width * scale))), min(size, max(1, round(window.height * scale))))
    if shape != (window.width, window.height):
        picture = Image.fromarray(pixels[:, :, 0] if colours == 1 else pixels)
        pixels = np.asarray(picture.resize(shape, Image.Resampling.BILINEAR)).reshape(shape[1], shape[0], colours)
    plain = np.round(np.array(model.profile.mean[:colours]) * 255).astype(np.uint8)
    canvas = np.tile(plain, (size, size, 1))
    canvas[: shape[1], : shape[0]] = pixels
    return Square(window, canvas, scale)


def in_view(boxes: npt.NDArray[np.floating], seen: Square) -> Boxes:
    """Boxes of the network (N, 4: centre and size as shares of the square) in pixels of the window, cut at its edge."""
    size = seen.pixels.shape[0] / seen.scale
    low, high = (boxes[:, :2] - boxes[:, 2:] / 2) * size, (boxes[:, :2] + boxes[:, 2:] / 2) * size
    most = np.array([seen.window.width, seen.window.height], np.float64)
    found: Boxes = np.concatenate([np.clip(low, 0, most), np.clip(high, 0, most)], axis=1).astype(np.float64)
    return found


def in_square(boxes: Boxes, window: Window, side: int, least: float = 0.35) -> tuple[Boxes, npt.NDArray[np.bool_]]:
    """Boxes of the view as shares of the square (centre and size), and which of them the window shows.

    Shown is what lies in the window with `least` of its area; it is cut at the border.
    """
    corner, far = np.array([window.x, window.y] * 2), np.array([window.width, window.height] * 2)
    cut = np.clip(boxes - corner, 0, far)
    sizes, whole = cut[:, 2:] - cut[:, :2], boxes[:, 2:] - boxes[:, :2]
    shown = (sizes.min(1, initial=np.inf) > 0) & (sizes.prod(1) >= least * whole.prod(1))
    share = np.concatenate([(cut[:, :2] + cut[:, 2:]) / 2, sizes], axis=1) / side
    return share, shown
