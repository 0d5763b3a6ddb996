"""Organisms in the tray: who lies there, how large, where, and who touches whom. `scan` takes the picture of it.

Sizes follow a normalised biovolume spectrum of slope -1 (Platt and Denman 1978): as many of a volume as 1 / volume².
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagine_kernels.use_cases.drawing import Density, Random
from imagine_kernels.use_cases.zooplankton.optics import VISIBLE, Mask, Shadow, shadow
from imagine_kernels.use_cases.zooplankton.organisms import ORGANISMS

SHARES: Mapping[str, float] = {
    "Copepoda": 0.44, "Chaetognatha": 0.08, "Hydrozoa": 0.07, "Appendicularia": 0.11, "detritus": 0.2, "fiber": 0.05,
    "bubble": 0.05,
}  # fmt: skip
SMALLEST, LARGEST = 34.0, 320.0
"""Diameters in pixels of the circle of the same area: 0.36 to 3.4 mm at 10.6 µm."""
_CELL = 16
"""Pixels. Side of the squares in which room is booked."""
_GRASP = (3, 60)
"""Pixels that bodies which touch share."""


@dataclass(frozen=True, slots=True)
class Organism:
    """One individual: its class, and its body (h, w) at x, y of the patch it was drawn in."""

    label: str
    body: Mask
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Patch:
    """What lies together: the light let through (h, w), and the organisms in it: one, or several that touch."""

    through: Density
    organisms: tuple[Organism, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A patch and the corner where it lies in the scan; a part may hang over the scan's edge."""

    patch: Patch
    x: int
    y: int


def diameter(rng: Random) -> float:
    """A diameter in pixels, of a number spectrum of 1 / volume²."""
    low, high = SMALLEST**-3, LARGEST**-3
    return float((low - rng.random() * (low - high)) ** (-1 / 3))


def draw(label: str, size: float, rng: Random) -> Shadow:
    """One organism of a class and a size, as it dims the light."""
    return shadow(ORGANISMS[label](rng, size))


def alone(label: str, size: float, rng: Random) -> Patch:
    """One organism by itself."""
    drawn = draw(label, size, rng)
    return Patch(drawn.through, (Organism(label, drawn.body, 0, 0),))


def touching(labels: Sequence[str], sizes: Sequence[float], rng: Random) -> Patch:
    """Several organisms, each pushed against those before it until they share a few pixels."""
    patch = alone(labels[0], sizes[0], rng)
    for label, size in zip(labels[1:], sizes[1:], strict=True):
        patch = _pushed(patch, label, draw(label, size, rng), rng)
    return patch


def _pushed(patch: Patch, label: str, drawn: Shadow, rng: Random) -> Patch:
    """Slides an organism from far away towards a pixel of those that are there, until it touches them."""
    there = patch.through <= VISIBLE
    angle, wanted = rng.uniform(0, 2 * np.pi), int(rng.integers(*_GRASP))
    aim, own = rng.choice(np.argwhere(there)), rng.choice(np.argwhere(drawn.body))
    y = x = 0
    for away in range(int(math.hypot(*there.shape) + math.hypot(*drawn.body.shape)), -1, -1):
        y, x = (int(side) for side in np.rint(aim - own + away * np.array([np.sin(angle), np.cos(angle)])))
        if _shared(there, drawn.body, x, y) >= wanted:
            break
    return _laid_over(patch, label, drawn, x, y)


def _shared(first: Mask, second: Mask, x: int, y: int) -> int:
    """Pixels that both have when the second is laid at x, y of the first."""
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + second.shape[0], first.shape[0]), min(x + second.shape[1], first.shape[1])
    if top >= bottom or left >= right:
        return 0
    return int(np.count_nonzero(first[top:bottom, left:right] & second[top - y : bottom - y, left - x : right - x]))


def _laid_over(patch: Patch, label: str, drawn: Shadow, x: int, y: int) -> Patch:
    """One patch that holds both; what lies over the other takes its share of the light that is left."""
    height, width = patch.through.shape
    top, left = min(y, 0), min(x, 0)
    bottom, right = max(y + drawn.through.shape[0], height), max(x + drawn.through.shape[1], width)
    through = np.ones((bottom - top, right - left), np.float32)
    through[-top : height - top, -left : width - left] = patch.through
    rows, columns = drawn.through.shape
    through[y - top : y - top + rows, x - left : x - left + columns] *= drawn.through
    there = [Organism(o.label, o.body, o.x - left, o.y - top) for o in patch.organisms]
    return Patch(through, (*there, Organism(label, drawn.body, x - left, y - top)))


class Tray:
    """The room in a scan: patches are laid where nothing lies yet, with a gap between them."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._taken: npt.NDArray[np.bool_] = np.zeros((-(-height // _CELL), -(-width // _CELL)), np.bool_)

    def lay(self, patch: Patch, rng: Random, *, over_edge: bool = False, tries: int = 60) -> Placed | None:
        """The patch at a free place, or None where none was found; over the left edge, if so asked."""
        height, width = patch.through.shape
        for _ in range(tries):
            y = int(rng.integers(_CELL, max(self.height - height - _CELL, _CELL + 1)))
            x = int(rng.integers(_CELL, max(self.width - width - _CELL, _CELL + 1)))
            x = -width // 2 if over_edge else x
            booked = self._cells(patch, x, y)
            if y + height < self.height and x + width < self.width and not self._taken[booked].any():
                self._taken[booked] = True
                return Placed(patch, x, y)
        return None

    def _cells(self, patch: Patch, x: int, y: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The squares around what can be seen of a patch."""
        rows, columns = np.nonzero(patch.through < 0.99)
        cells = np.unique(((rows + y) // _CELL) * 2**20 + np.maximum(columns + x, 0) // _CELL)
        near = [cells + dy * 2**20 + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        cells = np.unique(np.concatenate(near))
        down, across = cells >> 20, cells & (2**20 - 1)
        inside = (down >= 0) & (down < self._taken.shape[0]) & (across >= 0) & (across < self._taken.shape[1])
        return down[inside], across[inside]


def fill(width: int, height: int, count: int, rng: Random, *, together: float, cut: int) -> Iterator[Placed]:
    """About `count` organisms: the share `together` touches another one, `cut` of them hang over the edge."""
    tray = Tray(width, height)
    names, shares = list(SHARES), np.array(list(SHARES.values()))
    laid = 0
    while laid < count:
        many = int(rng.choice([2, 3], p=[0.8, 0.2])) if laid >= cut and rng.random() < together / 2.2 else 1
        labels = [str(name) for name in rng.choice(names, size=many, p=shares / shares.sum())]
        patch = touching(labels, [diameter(rng) for _ in labels], rng)
        placed = tray.lay(patch, rng, over_edge=laid < cut)
        if placed is None:
            break  # the tray is full
        laid += many
        yield placed
