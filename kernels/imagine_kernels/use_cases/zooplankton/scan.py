"""A tray of organisms → a whole ZooScan scan in a tiled TIFF, written band by band, whatever its size."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from imagine_kernels.use_cases.drawing import Density, Random
from imagine_kernels.use_cases.zooplankton.optics import Lamp, Levels, develop
from imagine_kernels.use_cases.zooplankton.tray import Placed

TILE = 512
DPI = 2400
_DUST = 2e-6
"""Specks per pixel: smaller than anything that is counted."""


def write(path: Path, size: tuple[int, int], placed: Sequence[Placed], lamp: Lamp, seed: int, bits: int = 8) -> None:
    """The scan (width, height) as a TIFF of tiles; memory holds one row of tiles and the patches."""
    import tifffile

    width, height = size
    half = path.with_name(f".{path.name}.half")
    try:
        tifffile.imwrite(
            half,
            _tiles(size, placed, lamp, seed, bits),
            shape=(height, width),
            dtype=np.uint8 if bits == 8 else np.uint16,
            tile=(TILE, TILE),
            compression="zstd",
            photometric="minisblack",
            resolution=(DPI, DPI),
            resolutionunit="INCH",
        )
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _tiles(size: tuple[int, int], placed: Sequence[Placed], lamp: Lamp, seed: int, bits: int) -> Iterator[Levels]:
    width, height = size
    for top in range(0, height, TILE):
        rng = np.random.default_rng([seed, 2, top])
        light = _light(placed, lamp, top, min(TILE, height - top), width)
        _dust(light, rng)
        levels = develop(light, lamp, rng, bits)
        padded = np.pad(levels, ((0, TILE - levels.shape[0]), (0, -width % TILE)))
        for left in range(0, width, TILE):
            yield np.ascontiguousarray(padded[:, left : left + TILE])


def _light(placed: Sequence[Placed], lamp: Lamp, top: int, height: int, width: int) -> Density:
    """The light of the rows from `top` on, as the organisms let it through."""
    light = lamp.rows[top : top + height, None] * lamp.columns[None, :]
    for one in placed:
        tall, wide = one.patch.through.shape
        rows = slice(max(one.y, top), min(one.y + tall, top + height))
        columns = slice(max(one.x, 0), min(one.x + wide, width))
        if rows.start < rows.stop and columns.start < columns.stop:
            part = one.patch.through[
                rows.start - one.y : rows.stop - one.y, columns.start - one.x : columns.stop - one.x
            ]
            light[rows.start - top : rows.stop - top, columns] *= part
    return light


def _dust(light: Density, rng: Random) -> None:
    height, width = light.shape
    for _ in range(rng.poisson(_DUST * light.size)):
        y, x = int(rng.integers(0, height)), int(rng.integers(0, width))
        side = int(rng.integers(1, 5))
        light[y : y + side, x : x + side] *= np.float32(rng.uniform(0.4, 0.9))
