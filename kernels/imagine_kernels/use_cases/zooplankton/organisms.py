"""Shapes of what lies in a ZooScan's tray, as maps of optical density drawn by code; `optics` lets light through them.

`size` is about the diameter in pixels (of 10.6 µm) of the circle of the same area. Every function takes a random
generator and returns density (side, side). No two individuals are alike.
"""

from collections.abc import Callable, Mapping

import numpy as np

from imagine_kernels.use_cases.drawing import Density, Random, blob, curve, inside, limit, noise, plane, thread


def copepod(rng: Random, size: float) -> Density:
    """An oval dark prosome, a thin urosome with its furca, two long thin antennae, bundles of legs."""
    long = 1.25 * size
    wide = long * rng.uniform(0.17, 0.25)
    reach = long * rng.uniform(0.5, 1.1)
    grid = x, y = plane(int(2.4 * max(long, reach)) + 16, rng.uniform(0, 6.3))
    body = blob(rng, grid, (long / 2, wide), power=rng.uniform(2.0, 2.6), wobble=0.03)
    dark = rng.uniform(0.75, 1.25)
    density = inside(body, 2) * (dark * (0.75 + 0.12 * noise(rng, x.shape, long / 25)) + 0.35 * _rim(body, 2))
    gut = blob(rng, (x, y + wide * rng.uniform(-0.3, 0.3)), (long * 0.3, wide * 0.25), wobble=0.1)
    density = density + inside(gut, 4) * rng.uniform(0.1, 0.7)
    tail = curve((-long * 0.47, 0), np.pi + rng.normal(0, 0.08), long * rng.uniform(0.25, 0.45), rng.normal(0, 0.15))
    width = long * rng.uniform(0.03, 0.05)
    density = np.maximum(density, inside(thread(grid, tail, [width, width, width * 0.8]), 2) * dark * 0.8)
    for side in (-1, 1):
        fork = curve((tail[-1, 0], tail[-1, 1]), np.pi + side * 0.25, long * 0.12, 0, 3)
        density = np.maximum(density, inside(thread(grid, fork, [width * 0.5, 1.0])) * 0.5)
        sweep = side * rng.uniform(0.2, 2.2)
        arm = curve((long * 0.42, side * wide * 0.5), side * rng.uniform(1.2, 1.7), reach, sweep, 14)
        thick = max(1.6, long * 0.013)
        density = np.maximum(density, inside(thread(grid, arm, [thick * 1.5, thick, thick * 0.7])) * 0.3)
    for place in rng.uniform(-0.25, 0.3, 3):
        leg = curve((long * place, wide * 0.8), rng.uniform(1.2, 2.4), wide * rng.uniform(0.6, 1.1), 0.4, 4)
        density = np.maximum(density, inside(thread(grid, leg, [2.4, 1.2])) * 0.35)
    return limit(density, 3)


def chaetognath(rng: Random, size: float) -> Density:
    """An arrow worm: long, clear, with a dark line along it, a dark head with bristles, pale fins."""
    long = 3.6 * size
    wide = long * rng.uniform(0.025, 0.035)
    grid = x, _y = plane(int(1.15 * long) + 16, rng.uniform(0, 6.3))
    line = curve((-long / 2, 0), rng.normal(0, 0.1), long, rng.normal(0, 0.35), 12)
    body = thread(grid, line, [wide * 0.5, wide, wide * 1.05, wide, wide * 0.45])
    clear = rng.uniform(0.13, 0.3)
    density = inside(body, 2) * (clear + 0.02 * noise(rng, x.shape, 3) + 0.25 * _rim(body, 1.5))
    density = density + inside(thread(grid, line[2:-2], [1.2, wide * 0.3, wide * 0.2]), 3) * rng.uniform(0.1, 0.5)
    fins = thread(grid, line[7:11], [wide * 0.6, wide * 2.1, wide * 0.5])
    density = np.maximum(density, inside(fins, 2) * 0.11)
    head = blob(rng, (x - line[0, 0], grid[1] - line[0, 1]), (wide * 1.25, wide * 1.1), wobble=0.1)
    density = np.maximum(density, inside(head, 2) * rng.uniform(0.5, 0.9))
    for angle in rng.uniform(-0.9, 0.9, 8):
        hook = curve((line[0, 0], line[0, 1]), np.pi + angle, wide * 2.2, angle * 0.8, 4)
        density = np.maximum(density, inside(thread(grid, hook, [1.5, 0.9])) * 0.4)
    return limit(density, 2)


def jelly(rng: Random, size: float) -> Density:
    """A small medusa from above: a nearly clear bell with a firmer rim, radial canals, gonads, short tentacles."""
    radius = size / 2
    grid = x, y = plane(int(2.9 * radius) + 16, rng.uniform(0, 6.3))
    bell = blob(rng, grid, (radius, radius * rng.uniform(0.75, 1)), wobble=0.05)
    clear = rng.uniform(0.08, 0.14)
    density = inside(bell, 3) * (clear + 0.006 * noise(rng, x.shape, radius / 6)) + 0.3 * _rim(bell, radius / 25 + 1)
    around, canals = np.arctan2(y, x), int(rng.choice([4, 6, 8]))
    ray = np.abs(np.sin(canals / 2 * around)) * np.hypot(x, y)
    density = density + inside(bell + 3, 3) * 0.16 * np.exp(-((ray / (radius * 0.035 + 1)) ** 2))
    centre = blob(rng, grid, (radius * 0.2, radius * 0.2), wobble=0.15)
    density = density + inside(centre, 4) * rng.uniform(0.1, 0.5)
    for angle in rng.uniform(0, 6.3, rng.integers(4, 12)):
        start = (radius * 0.93 * np.cos(angle), radius * 0.85 * np.sin(angle))
        arm = curve(start, angle, radius * rng.uniform(0.1, 0.35), rng.normal(0, 0.8), 5)
        density = np.maximum(density, inside(thread(grid, arm, [1.9, 1.2])) * 0.2)
    return limit(density, 2)


def appendicularian(rng: Random, size: float) -> Density:
    """A dark little trunk at the end of a broad, pale, bent tail with a firmer axis."""
    trunk = 0.72 * size
    tail = trunk * rng.uniform(2.8, 4.2)
    grid = x, _y = plane(int(2.1 * (tail + trunk)) + 16, rng.uniform(0, 6.3))
    body = blob(rng, grid, (trunk / 2, trunk * rng.uniform(0.28, 0.4)), wobble=0.12)
    density = inside(body, 2) * np.clip(rng.uniform(0.5, 1.0) + 0.2 * noise(rng, x.shape, trunk / 9), 0.12, 2)
    line = curve((trunk * 0.15, trunk * 0.2), rng.uniform(0.6, 2.5), tail, rng.normal(0, 1.0), 12)
    wide = trunk * rng.uniform(0.1, 0.16)
    band = thread(grid, line, [wide * 0.5, wide, wide, wide * 0.35])
    density = np.maximum(density, inside(band, 2) * (rng.uniform(0.11, 0.22) + 0.1 * _rim(band, 1.5)))
    density = density + inside(thread(grid, line, [wide * 0.25, wide * 0.12]), 2) * 0.15
    return limit(density, 2)


def detritus(rng: Random, size: float) -> Density:
    """A flake of marine snow or a faecal clump: ragged, uneven, with holes."""
    radius = size * 0.55
    grid = x, _y = plane(int(3.2 * radius) + 16, rng.uniform(0, 6.3))
    shape = blob(rng, grid, (radius, radius * rng.uniform(0.45, 1)), wobble=0.3)
    ragged = shape + radius * 0.12 * noise(rng, x.shape, max(radius / 9, 1.5))
    thick = rng.uniform(0.25, 0.9)
    texture = 1 + 0.35 * noise(rng, x.shape, 2.5) + 0.3 * noise(rng, x.shape, max(radius / 5, 3))
    return limit(inside(ragged, 3) * np.clip(thick * texture, 0.03, 2), 2)


def fibre(rng: Random, size: float) -> Density:
    """A thread of the net or of clothes: even, thin, bent."""
    thick = rng.uniform(1.7, 2.6)
    long = min(np.pi / 4 * size**2 / (2 * thick), 1200.0)
    grid = plane(int(1.5 * long) + 16, rng.uniform(0, 6.3))
    line = curve((-long / 2.2, 0), rng.normal(0, 0.4), long, rng.normal(0, 1.2), 24)
    line = line + np.cumsum(rng.normal(0, long / 200, line.shape), axis=0)
    line = line - (line.max(axis=0) + line.min(axis=0)) / 2
    return limit(inside(thread(grid, line, [thick, thick])) * rng.uniform(0.4, 1.2), 2)


def bubble(rng: Random, size: float) -> Density:
    """A bubble of air: round, a dark ring that light is bent out of, a bright middle."""
    radius = size / 2
    x, y = plane(int(2.5 * radius) + 16)
    away = np.hypot(x, y) - radius
    ring = np.exp(-(((away + radius * 0.1) / (radius * rng.uniform(0.1, 0.16))) ** 2))
    return limit(inside(away, 1.5) * (0.06 + rng.uniform(1.0, 1.8) * ring), 3)


def _rim(distance: Density, wide: float) -> Density:
    """1 on the inner side of an outline, fading within `wide` pixels."""
    rim: Density = np.exp(-(((distance + wide) / wide) ** 2))
    return rim


ORGANISMS: Mapping[str, Callable[[Random, float], Density]] = {
    "Copepoda": copepod,
    "Chaetognatha": chaetognath,
    "Hydrozoa": jelly,
    "Appendicularia": appendicularian,
    "detritus": detritus,
    "fiber": fibre,
    "bubble": bubble,
}
"""By the names EcoTaxa gives these categories."""
