"""Shapes of six groups of North Sea plankton as maps of optical density, drawn by code; `optics` photographs them.

Lengths are pixels of a 4x FlowCam. Every function takes a random generator and returns density (height, width): 0 is
clear water, 1 lets a third of the light through, 3 is black. No two individuals are alike.
"""

from collections.abc import Callable, Mapping

import numpy as np

from imagine_kernels.use_cases.drawing import Density, Random, blob, curve, inside, limit, noise, plane, thread


def actinoptychus(rng: Random) -> Density:
    """A centric diatom: a disc of sectors by turns raised and sunk, as a slice of lemon; often broken or empty."""
    radius = rng.uniform(27, 42)
    x, y = grid = plane(int(2.8 * radius), rng.uniform(0, 6.3))
    around, reach = np.arctan2(y, x), np.hypot(x, y)
    disc = blob(rng, grid, (radius, radius * rng.uniform(0.9, 1)), wobble=0.012)
    sectors = rng.choice([6, 8, 10], p=[0.6, 0.25, 0.15])
    wave = np.sin(around * sectors / 2)
    face = 0.42 + 0.2 * np.tanh(6 * wave) + 0.07 * noise(rng, x.shape, 1.1)
    ribs = 0.55 * np.exp(-((np.abs(wave) * reach / sectors * 2) ** 2) / 2.2)
    rim = 0.9 * np.exp(-((disc + 2.2) ** 2) / 3.2)
    centre = inside(reach - radius * 0.16, 2)
    density = inside(disc) * (face + ribs * (1 - centre) + rim - 0.25 * centre)
    if rng.random() < 0.25:  # alive: full of plastids around a clear nucleus
        nucleus = inside(blob(rng, (x - radius / 5, y), (radius / 2.6, radius / 2.2)), 5)
        density = density + inside(disc + 2, 2) * (1.25 + 0.35 * noise(rng, x.shape, 1.6)) * (1 - 0.8 * nucleus)
    if rng.random() < 0.6:  # a piece has broken out
        edge = rng.uniform(0, 6.3)
        cut = x * np.cos(edge) + y * np.sin(edge) - radius * rng.uniform(0.25, 0.8) + 2.5 * noise(rng, x.shape, 7)
        density = density * inside(cut, 1.2)
    return limit(density, 3)


def bacillariophyceae(rng: Random) -> Density:
    """Pennate and chain-forming diatoms: one to four oblong cells in a row, with plastids and clear gaps."""
    cells, tall = int(rng.choice([1, 2, 3, 4], p=[0.25, 0.4, 0.25, 0.1])), rng.uniform(7, 12)
    long = rng.uniform(9, 15) if cells > 1 else rng.uniform(14, 24)
    gap = rng.uniform(0.5, 4)
    step = 2 * long + gap
    x, y = plane(int(cells * step + 40), rng.uniform(0, 6.3))
    density = np.zeros_like(x)
    for number in range(cells):
        place = (number - (cells - 1) / 2) * step
        cell = blob(rng, (x - place, y + rng.normal(0, 0.8)), (long, tall), power=rng.uniform(4, 7), wobble=0.01)
        full = rng.uniform(0.5, 1.5) if rng.random() < 0.8 else 0.1
        plastids = np.clip(full + 0.55 * full * noise(rng, x.shape, 2.2), 0, 2.4)
        wall = 0.8 * np.exp(-((cell + 1.3) ** 2) / 2.2)
        density = np.maximum(density, inside(cell) * (0.3 + wall) + inside(cell + 3, 3) * plastids)
    for _ in range(rng.poisson(2.5)):  # small discs that cling to it
        at = rng.normal(0, 1, 2) * (cells * long * 0.7, tall)
        spot = blob(rng, (x - at[0], y - at[1]), (rng.uniform(2.5, 5), rng.uniform(2.5, 5)), wobble=0.1)
        density = np.maximum(density, inside(spot) * (0.7 + 0.5 * np.exp(-((spot + 1) ** 2) / 1.5)))
    return limit(density, 2.6)


def ciliophora(rng: Random) -> Density:
    """A ciliate on a stalk: a dark ruffled bell, cilia at its mouth, a thin stalk that ends in a foot."""
    bell, stalk = rng.uniform(11, 17), rng.uniform(26, 52)
    grid = x, y = plane(int(2.2 * (stalk + 2.4 * bell)), rng.uniform(0, 6.3))
    body = blob(rng, grid, (bell, bell * rng.uniform(0.75, 0.95)), wobble=0.16)
    density = inside(body, 1.5) * np.clip(1.9 + 0.5 * noise(rng, x.shape, 2), 0.4, 3)
    for angle in rng.uniform(-1.1, 1.1, rng.integers(8, 18)) + np.pi:
        hair = thread(
            grid,
            curve((bell * np.cos(angle) * 0.8, bell * np.sin(angle) * 0.8), angle, bell * 0.75, 0.3, 2),
            [1.1, 0.3],
        )
        density = np.maximum(density, 0.8 * inside(hair))
    points = curve((bell * 0.8, 0), rng.normal(0, 0.25), stalk, rng.normal(0, 0.35))
    line = thread(grid, points, [1.5, 0.9, 0.9])
    density = np.maximum(density, inside(line) * 0.85)
    foot = blob(rng, (x - points[-1, 0], y - points[-1, 1]), (rng.uniform(2, 6), rng.uniform(2.5, 7)), wobble=0.2)
    density = np.maximum(density, inside(foot, 1.5) * rng.uniform(0.7, 1.8))
    for _ in range(rng.poisson(3)):
        at = points[rng.integers(len(points))] + rng.normal(0, 6, 2)
        spot = blob(rng, (x - at[0], y - at[1]), (rng.uniform(1.5, 3.5), rng.uniform(1.5, 3.5)), wobble=0.15)
        density = np.maximum(density, inside(spot) * 0.7)
    return limit(density, 3)


def dinoflagellata(rng: Random) -> Density:
    """An armoured dinoflagellate fixed with Lugol: nearly black, a lozenge with a blunt tip and two small horns."""
    tall, wide = rng.uniform(22, 33), rng.uniform(17, 25)
    grid = x, y = plane(int(3.6 * tall), rng.uniform(0, 6.3))
    body = blob(rng, grid, (tall, wide), power=rng.uniform(1.5, 2.3), wobble=0.035)
    tip = thread(grid, np.array([[tall * 0.7, 0.0], [tall * rng.uniform(1.05, 1.2), 0]]), [5, 1.2])
    horns = [
        thread(
            grid,
            np.array([[-tall * 0.7, side * wide * 0.3], [-tall * rng.uniform(0.98, 1.12), side * wide * 0.4]]),
            [4, 1],
        )
        for side in (-1, 1)
    ]
    whole = np.minimum.reduce([body, tip, *horns])
    girdle = 0.7 * np.exp(-((x + 0.12 * tall * np.sin(y / wide * 2)) ** 2) / 7) * inside(body + 4, 3)
    return limit(inside(whole, 1.6) * (2.6 + 0.25 * noise(rng, x.shape, 3) - girdle), 3)


def noctilucales(rng: Random) -> Density:
    """Noctiluca, mostly collapsed: a large thin bag with folds, granules and a dark tentacle with a clear core."""
    size = rng.uniform(45, 110)
    grid = x, _y = plane(int(2.9 * size), rng.uniform(0, 6.3))
    crumpled = rng.uniform(0, 1)
    bag = blob(rng, grid, (size, size * rng.uniform(0.4, 0.85)), wobble=0.28)
    bag = bag + crumpled * size * 0.09 * np.abs(noise(rng, x.shape, size / 8))
    skin = 0.16 + 0.05 * noise(rng, x.shape, 1.3) + 0.35 * np.exp(-((bag + 1.6) ** 2) / 4)
    creases = np.exp(-((noise(rng, x.shape, size / 10) / 0.09) ** 2)) * np.clip(noise(rng, x.shape, 6), 0, 2)
    folds = 0.45 * crumpled * creases
    for _ in range(rng.integers(4, 10)):
        start = rng.normal(0, size * 0.35, 2)
        fold = thread(
            grid,
            curve((start[0], start[1]), rng.normal(0, 0.7), size * rng.uniform(0.4, 1.1), rng.normal(0, 0.7), 5),
            [0.4, rng.uniform(0.7, 1.8), 0.4],
        )
        folds = np.maximum(folds, inside(fold, 1.6) * rng.uniform(0.2, 0.6))
    grains = np.clip(noise(rng, x.shape, 1.5) - 2.1, 0, 1) * 0.9
    density = inside(bag) * (skin * (1 + crumpled) + folds + grains)
    if rng.random() < 0.75:
        hook = thread(
            grid,
            curve((size * 0.3, 0), rng.uniform(-0.8, 0.8), size * 1.1, rng.choice([-1, 1]) * rng.uniform(1.5, 3.6), 14),
            [3.4, 3, 2.2],
        )
        density = np.maximum(density, inside(hook) * (0.7 + 0.9 * np.exp(-((hook + 0.8) ** 2) / 1.6)))
    return limit(density, 2)


def tripos(rng: Random) -> Density:
    """Tripos (once Ceratium): a dark body that runs out into one long horn ahead and two behind."""
    size, kind = rng.uniform(9, 13), rng.choice(["fusus", "furca", "muelleri"], p=[0.3, 0.35, 0.35])
    front, back = size * rng.uniform(2.6, 4.6), size * rng.uniform(1.8, 3.4)
    grid = x, _y = plane(int(2.3 * max(front, back) + 4 * size), rng.uniform(0, 6.3))
    slim = 0.55 if kind == "fusus" else 0.9
    body = blob(rng, grid, (size * 1.15, size * slim), power=1.7, wobble=0.04)
    parts = [
        body,
        thread(grid, curve((size * 0.5, 0), 0, front, rng.normal(0, 0.12)), [size * slim * 0.6, 2.4, 1.5, 1.3]),
    ]
    sweep = {"fusus": 0.12, "furca": 0.25, "muelleri": rng.uniform(1.6, 2.5)}[str(kind)]
    for side in (-1, 1):
        length = back * (rng.uniform(0.2, 0.4) if kind == "fusus" and side < 0 else rng.uniform(0.85, 1.1))
        out = np.pi - side * (1.1 if kind == "muelleri" else 0.15)
        start = (-size * 0.5, side * size * slim * 0.55)
        parts.append(
            thread(
                grid,
                curve(start, out, length, -side * sweep if kind == "muelleri" else 0.0),
                [size * slim * 0.45, 2.2, 1.2],
            )
        )
    whole = np.minimum.reduce(parts)
    thick = np.clip(-whole / 4, 0.25, 1)
    return limit(inside(whole, 1.4) * (0.5 + 1.9 * thick + 0.2 * noise(rng, x.shape, 2)), 3)


ORGANISMS: Mapping[str, Callable[[Random], Density]] = {
    "Actinoptychus": actinoptychus,
    "Bacillariophyceae": bacillariophyceae,
    "Ciliophora": ciliophora,
    "Dinoflagellata": dinoflagellata,
    "Noctilucales": noctilucales,
    "Tripos": tripos,
}
