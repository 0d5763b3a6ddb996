"""A picture made smaller or larger on its way into a model's square: as Pillow does it, several times as fast."""

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

Pixels = npt.NDArray[np.uint8]

_REDUCED = 4
"""From here on Pillow first takes means of whole blocks of pixels: quicker than weighing every one of them."""


def resized(image: Pixels, width: int, height: int) -> Pixels:
    """The picture (H, W) or (H, W, 3), bilinear and without aliasing; its own array where it has that size already.

    Colour goes through torch's vector instructions, which differ from Pillow's sums by one grey at most. They know
    pictures of three channels: one channel is no quicker there, and stays with Pillow to the last bit.
    """
    if image.shape[:2] == (height, width):
        return image
    if image.ndim == 2 or image.shape[0] >= _REDUCED * height or image.shape[1] >= _REDUCED * width:
        small = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
        return np.asarray(small)
    pixels = torch.from_numpy(np.require(image, requirements=["C", "W"]))[None].permute(0, 3, 1, 2)
    made = torch.nn.functional.interpolate(pixels, (height, width), mode="bilinear", antialias=True)
    found: Pixels = made.permute(0, 2, 3, 1)[0].numpy()
    return found
