"""A sample of any size, open in parts at the scale that a model was taught at: what tiles are cut from.

Where sample and model tell how large a pixel is, the view's pixels are those of the model.
"""

import math
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from imagine_kernels import images
from imagine_kernels.images import Pixels, Window, Windows, roi, zip_members
from imagine_kernels.records import Box, Sample
from imagine_kernels.units import convert
from imagine_kernels.use_case import Profile

AS_IT_IS = 1.15
"""Scales that differ by less are taken for the same: nothing is resized for so little."""
MOST = 8.0
"""A picture that shows things so many times larger or smaller than the model knows them is refused."""
_AROUND = 4
"""Pixels around a window that its resizing looks at, so that neighbouring windows fit together."""


class View:
    """An open sample; use it in a `with`. `width` and `height` are in the model's pixels.

    `scale` is how many pixels of the sample one of these spans. Raises ValueError or OSError with a sentence that names
    the file, here and when reading.
    """

    def __init__(self, sample: Sample, profile: Profile) -> None:
        self.sample, self.grey = sample, profile.colour == "grey"
        self.scale = scale(sample, profile)
        self._stack = ExitStack()
        self._whole: Pixels | None = None
        path, member = zip_members.split(sample.uri)
        turned = sample.crop is not None and not isinstance(sample.crop, Box)
        if turned or (member is not None and roi.holds(path, member)):
            self._whole = images.read(sample)
            self._window = Window(0, 0, self._whole.shape[1], self._whole.shape[0])
        else:
            self._picture = self._stack.enter_context(Windows(sample.uri, colours=not self.grey))
            self._window = self._cropped()
        self.width = max(1, round(self._window.width / self.scale))
        self.height = max(1, round(self._window.height / self.scale))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in the sample's own pixels."""
        return self._window.width, self._window.height

    def read(self, window: Window) -> Pixels:
        """Pixels (height, width, channels) of a window that lies inside, 1 channel where the model sees grey."""
        if self.scale == 1.0:
            return self._read(window)
        box = [start * self.scale for start in (window.x, window.y, window.x + window.width, window.y + window.height)]
        around = _AROUND * max(1.0, self.scale)
        left, top = max(0, math.floor(box[0] - around)), max(0, math.floor(box[1] - around))
        right = min(self._window.width, math.ceil(box[2] + around))
        bottom = min(self._window.height, math.ceil(box[3] + around))
        found = self._read(Window(left, top, right - left, bottom - top))
        part = (box[0] - left, box[1] - top, min(box[2], right) - left, min(box[3], bottom) - top)
        picture = Image.fromarray(found[:, :, 0] if self.grey else found)
        small = np.array(picture.resize((window.width, window.height), Image.Resampling.BILINEAR, box=part))
        return small.reshape(window.height, window.width, -1)

    def _cropped(self) -> Window:
        """The sample's window of its file."""
        crop = self.sample.crop
        if crop is None:
            return Window(0, 0, self._picture.width, self._picture.height)
        left, top = max(0, math.floor(crop.x)), max(0, math.floor(crop.y))
        right = min(self._picture.width, math.ceil(crop.x + crop.width))
        bottom = min(self._picture.height, math.ceil(crop.y + crop.height))
        if left >= right or top >= bottom:
            place = f"the crop at x {crop.x:g}, y {crop.y:g} lies outside it"
            name = images.named(self.sample.uri)
            raise ValueError(f"{name} has {self._picture.width} × {self._picture.height} pixels, and {place}.")
        return Window(left, top, right - left, bottom - top)

    def _read(self, window: Window) -> Pixels:
        """A window of the sample's own pixels."""
        x, y, width, height = window
        if self._whole is not None:
            part = self._whole[y : y + height, x : x + width]
            return part[:, :, :1] if self.grey else part
        inside = Window(x + self._window.x, y + self._window.y, width, height)
        if not self.grey:
            return self._picture.rgb(inside)
        levels = self._picture.grey(inside)
        if levels.dtype != np.uint8:
            levels = np.minimum(levels * (255.0 / self._picture.white) + 0.5, 255).astype(np.uint8)
        return levels[:, :, None]


def scale(sample: Sample, profile: Profile) -> float:
    """How many pixels of the sample one of the model's spans; 1.0 where either tells no size, or both about the same.

    Raises ValueError with the two values where they are too far apart.
    """
    if sample.pixel_size is None or profile.pixel_size_um is None:
        return 1.0
    own = convert(sample.pixel_size, "micrometer").value
    times = profile.pixel_size_um / own
    if not 1 / MOST <= times <= MOST:
        name = images.named(sample.uri)
        raise ValueError(
            f"A pixel of {name} is {own:g} µm, and the model was taught with pixels of {profile.pixel_size_um:g} µm: "
            "too different to find anything. Check the pixel size, or choose a model for this magnification."
        )
    return 1.0 if 1 / AS_IT_IS < times < AS_IT_IS else times


def padded(pixels: Pixels, side: int) -> Pixels:
    """The pixels made `side` × `side` by mirroring them beyond their right and lower border."""
    more = [(0, side - pixels.shape[0]), (0, side - pixels.shape[1]), (0, 0)]
    mirrored: npt.NDArray[np.uint8] = np.pad(pixels, more, mode="symmetric")
    return mirrored
