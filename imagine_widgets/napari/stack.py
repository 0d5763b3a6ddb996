"""Pictures of samples as one array that napari slices: each is read when its slice is looked at."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from imagine_kernels import images
from imagine_kernels.images import Window, Windows
from imagine_kernels.records import Sample

_OPEN = 8
"""Pictures that stay in memory: going back and forth does not read them again."""


class Stack:
    """Samples as (samples, height, width, 3) in uint8; smaller ones lie in the top-left corner, on black."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = tuple(samples)
        for sample in self._samples:
            if sample.width * sample.height > images.MAX_PIXELS:
                raise ValueError(
                    f"{sample.id} has {sample.width} × {sample.height} pixels: give it to napari alone, or its crops."
                )
        self.shape = (len(samples), max(s.height for s in samples), max(s.width for s in samples), 3)
        self.dtype = np.dtype(np.uint8)
        self.ndim = 4
        self._page = lru_cache(maxsize=_OPEN)(self._read)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, asked: Any) -> npt.NDArray[np.uint8]:  # noqa: ANN401 - whatever numpy takes
        first, *rest = asked if isinstance(asked, tuple) else (asked,)
        if first is Ellipsis:
            first, rest = slice(None), [Ellipsis, *rest]
        numbers = np.arange(len(self))[first]
        if numbers.ndim == 0:
            return np.asarray(self._page(int(numbers))[tuple(rest)])
        return np.stack([self._page(int(number)) for number in numbers])[(slice(None), *rest)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:  # noqa: ANN401, FBT001
        return np.asarray(self[:], dtype)

    def _read(self, number: int) -> npt.NDArray[np.uint8]:
        page = np.zeros(self.shape[1:], np.uint8)
        read = images.read(self._samples[number])
        page[: read.shape[0], : read.shape[1]] = read
        return page


def picture(sample: Sample) -> npt.NDArray[Any]:
    """One sample: (height, width, 3) in uint8; a scan too large for that as grey levels (height, width), 8 or 16 bits.

    Raises ValueError or OSError with a sentence that names the file.
    """
    if sample.crop is not None or sample.width * sample.height <= images.MAX_PIXELS:
        return images.read(sample)
    with Windows(sample.uri, colours=False) as scan:
        return scan.grey(Window(0, 0, scan.width, scan.height))
