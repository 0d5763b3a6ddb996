"""Masks ↔ Labels layers of napari: each mask a number, in as many layers as it needs for none to cover another."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from imagine_kernels.images import masks
from imagine_kernels.images.tiles import Window
from imagine_kernels.shapes import Mask

Numbers = npt.NDArray[np.int32]
"""(samples, height, width), or (height, width): 0 where nothing is painted. Memory is used where something is."""


@dataclass
class Painted:
    """One Labels layer: its numbers, and the region (sample, id) that each stands for."""

    numbers: Numbers
    regions: dict[int, tuple[str, str]] = field(default_factory=dict)

    def takes(self, page: int, mask: Mask) -> bool:
        """Paint the mask, unless it would cover another."""
        part, inside = self._part(page, mask)
        if part[inside].any():
            return False
        part[inside] = len(self.regions) + 1
        return True

    def _part(self, page: int, mask: Mask) -> tuple[Numbers, npt.NDArray[np.bool_]]:
        sheet = self.numbers[page] if self.numbers.ndim == 3 else self.numbers
        height, width = sheet.shape
        left, top = max(0, mask.x), max(0, mask.y)
        right, bottom = min(width, mask.x + mask.width), min(height, mask.y + mask.height)
        window = Window(left, top, max(0, right - left), max(0, bottom - top))
        return sheet[top : top + window.height, left : left + window.width], masks.inside(mask, window)


def paint(shape: tuple[int, ...], found: Iterable[tuple[int, str, str, Mask]]) -> list[Painted]:
    """Layers for masks, each with its page, sample and id; one empty layer where there are none."""
    layers = [Painted(np.zeros(shape, np.int32))]
    for page, sample, identity, mask in found:
        layer = next((layer for layer in layers if layer.takes(page, mask)), None)
        if layer is None:
            layers.append(layer := Painted(np.zeros(shape, np.int32)))
            layer.takes(page, mask)
        layer.regions[len(layer.regions) + 1] = (sample, identity)
    return layers


def read(numbers: npt.NDArray[np.integer], samples: Sequence[str]) -> Iterator[tuple[str, int, Mask]]:
    """What is painted: sample, number and mask of each."""
    sheets = numbers if numbers.ndim == 3 else numbers[None]
    for sample, sheet in zip(samples, sheets, strict=True):
        for number, rows, columns in _found(sheet):
            part = sheet[rows, columns] == number
            mask = masks.encode(part, columns.start, rows.start)
            if mask is not None:
                yield sample, number, mask


def _found(sheet: npt.NDArray[np.integer]) -> Iterator[tuple[int, slice, slice]]:
    from scipy import ndimage

    for number, place in enumerate(ndimage.find_objects(sheet), 1):
        if place is not None:
            yield number, place[0], place[1]
