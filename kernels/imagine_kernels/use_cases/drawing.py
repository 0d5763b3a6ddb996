"""Shapes as fields of distance and density: what the sample makers of the use cases draw their organisms with.

Lengths are pixels. A distance is negative inside an outline; a density of 0 is clear water, 1 lets a third of the light
through, 3 is black.
"""

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

Density = np.ndarray[tuple[Any, ...], np.dtype[Any]]
Grid = tuple[Density, Density]
Random = np.random.Generator


def plane(side: int, angle: float = 0.0) -> Grid:
    """Coordinates with the origin in the middle, turned by `angle` radians."""
    line = np.arange(side, dtype=np.float32) - np.float32(side / 2)
    x, y = np.meshgrid(line, line)
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cosine * x + sine * y, cosine * y - sine * x


def inside(distance: Density, soft: float = 1.0) -> Density:
    """1 inside, 0 outside, where `distance` to the outline is negative inside."""
    return np.clip(0.5 - distance / soft, 0, 1)


def limit(density: Density, most: float) -> Density:
    """The density within 0 and `most`, at 32 bits."""
    limited: Density = np.clip(density, 0, most).astype(np.float32)
    return limited


def noise(rng: Random, shape: tuple[int, int], scale: float) -> Density:
    """Smooth noise of mean 0 and deviation 1; grains of about `scale` pixels."""
    field = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), scale, mode="wrap")
    scaled: Density = field / field.std()
    return scaled


def wavy(rng: Random, around: Density, strength: float, order: int = 7) -> Density:
    """A factor near 1 that varies with the angle: nothing that lives is a circle."""
    factor: Density = np.ones_like(around)
    for n in range(2, order):
        factor += float(strength * rng.normal() / n) * np.cos(n * around + float(rng.uniform(0, 6.3)))
    return factor


def blob(rng: Random, grid: Grid, size: tuple[float, float], power: float = 2.0, wobble: float = 0.05) -> Density:
    """Distance to a rounded body of half axes `size`; a power of 1.3 makes a lozenge, 4 a cushion."""
    x, y = grid
    around = np.arctan2(y / size[1], x / size[0])
    reach = (np.abs(x / size[0]) ** power + np.abs(y / size[1]) ** power) ** np.float32(1 / power)
    return (reach / wavy(rng, around, wobble) - 1) * np.float32(min(size))


def thread(grid: Grid, points: Density, radii: list[float]) -> Density:
    """Distance to a line through `points` whose half width runs through `radii`: horns, stalks, tentacles, folds."""
    x, y = grid
    widths = np.interp(np.linspace(0, 1, len(points)), np.linspace(0, 1, len(radii)), radii).tolist()
    places = points.tolist()  # plain numbers keep the arrays at 32 bits
    nearest = np.full(x.shape, 1e6, dtype=np.float32)
    for (ax, ay), (bx, by), wide, thin in zip(places[:-1], places[1:], widths[:-1], widths[1:], strict=True):
        dx, dy = bx - ax, by - ay
        east, south = x - ax, y - ay
        along = np.clip((east * dx + south * dy) / max(dx * dx + dy * dy, 1e-6), 0, 1)
        away = np.sqrt((east - along * dx) ** 2 + (south - along * dy) ** 2)
        np.minimum(nearest, away - (wide + along * (thin - wide)), out=nearest)
    return nearest


def curve(start: tuple[float, float], angle: float, length: float, bend: float, steps: int = 9) -> Density:
    """Points of a line that sets out at `angle` and turns by `bend` radians on its way."""
    turns = angle + bend * np.linspace(0, 1, steps)
    hops = np.stack([np.cos(turns), np.sin(turns)], axis=1) * (length / steps)
    return np.vstack([start, np.array(start) + np.cumsum(hops, axis=0)])
