"""One connected object of a scan → its body alone: its pixels, holes filled, its grey on an even background."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagine_kernels.features.particle import EIGHT, Particle, parting
from imagine_kernels.images import Window, Windows
from imagine_kernels.images.tiff import Array
from imagine_kernels.tasks.finding.background import WHITE, Background, Levels
from imagine_kernels.tasks.finding.connecting import Mask, Piece, label

MOST_PIXELS = 25_000_000
"""A box larger than this is no organism (53 mm of a ZooScan on each side) but a frame or a tangle of threads."""


@dataclass(frozen=True, slots=True)
class Tray:
    """A scan, its background, and the level (of 0 to 255, on an even background) at which objects begin."""

    scan: Windows
    background: Background
    threshold: float

    def mask(self, window: Window) -> Mask:
        """Which pixels are as dark as an object; a pixel is judged alike whatever window it is asked in."""
        return self._dark(self.scan.grey(window), self.background.levels(window))

    def _dark(self, grey: Array, levels: Levels) -> Mask:
        dark: Mask = grey <= levels * np.float32(self.threshold / WHITE * self.scan.white / WHITE)
        return dark

    def body(self, piece: Piece) -> Particle:
        """The object alone, as features are measured on; `x` and `y` are in the scan."""
        window = Window(piece.left, piece.top, piece.right - piece.left, piece.bottom - piece.top)
        grey, levels = self.scan.grey(window), self.background.levels(window)
        named, _count = label(self._dark(grey, levels), EIGHT)
        body: Mask = named == named[piece.first[1] - piece.top, piece.first[0] - piece.left]
        filled: Mask = ndimage.binary_fill_holes(body)
        even = grey * (np.float32(WHITE * WHITE / self.scan.white) / np.maximum(levels, 1))
        shown: npt.NDArray[np.uint8] = np.minimum(even + 0.5, WHITE).astype(np.uint8)
        return Particle(shown, body, filled, window.x, window.y, WHITE, inverted=False)


def otsu(background: Background) -> float:
    """The level that parts the scan's pixels best into two kinds (Otsu 1979, doi:10.1109/TSMC.1979.4310076)."""
    counts = background.counts
    found = parting(counts, np.arange(counts.size) * (WHITE / (counts.size - 1)))
    return WHITE if found is None else found
