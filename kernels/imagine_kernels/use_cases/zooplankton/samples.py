"""The sample maker: ZooScan-like vignettes and whole scans drawn by code, with the truth about every organism.

Everything follows from the seed. The truth of a scan lies beside it in NAME_truth.csv, one row per organism.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import binary_fill_holes

from imagine_kernels.use_cases.zooplankton import scan
from imagine_kernels.use_cases.zooplankton.optics import Mask, lamp
from imagine_kernels.use_cases.zooplankton.organisms import ORGANISMS
from imagine_kernels.use_cases.zooplankton.tray import Organism, Placed, fill
from imagine_kernels.use_cases.zooplankton.vignettes import vignette

PIXEL_SIZE_UM = 25_400 / scan.DPI
"""Micrometres per pixel of a scan of 2400 dots per inch: 10.58."""
_PER_MEGAPIXEL = 5.0
"""Organisms per million pixels: some 1,500 in a whole scan, as is aimed at when a sample is split."""


class Truth(NamedTuple):
    """One organism of a drawn scan: its box and its area in pixels, holes included; `cluster` names who touches whom.

    `edge` is 1 where the scan's edge cuts it.
    """

    number: int
    label: str
    cluster: int
    x: int
    y: int
    width: int
    height: int
    area: int
    edge: int


def make_images(folder: str | Path, count: int = 120, seed: int = 0) -> Path:
    """`count` organisms as PNG files, one folder per class, all classes alike often. The same seed, the same files."""
    root = Path(folder)
    names = list(ORGANISMS)
    for number in range(count):
        name = names[number % len(names)]
        rng = np.random.default_rng([seed, number, names.index(name)])
        picture = vignette(name, rng)
        path = root / name / f"{name}_{seed}_{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.half")
        Image.fromarray(picture).save(half, "PNG")
        half.replace(path)
    return root


def make_scan(
    path: str | Path,
    size: tuple[int, int] = (14000, 22000),
    count: int | None = None,
    seed: int = 0,
    *,
    together: float = 0.1,
    cut: int = 3,
    bits: int = 8,
) -> tuple[Truth, ...]:
    """A whole scan (width, height) as a tiled TIFF with its truth beside it, and that truth.

    Of about `count` organisms the share `together` touches another one and `cut` hang over the edge.
    """
    path = Path(path)
    rng = np.random.default_rng([seed, 1])
    wanted = max(1, round(size[0] * size[1] / 1e6 * _PER_MEGAPIXEL)) if count is None else count
    placed = sorted(fill(*size, wanted, rng, together=together, cut=cut), key=lambda one: one.y)
    scan.write(path, size, placed, lamp(rng, *size), seed, bits)
    found = tuple(truth(placed, size))
    _keep(path.with_name(f"{path.stem}_truth.csv"), _table(found))
    return found


def make_cast(
    folder: str | Path,
    size: tuple[int, int] = (3000, 3000),
    count: int = 90,
    seed: int = 0,
    *,
    volume: float = 40.0,
    parts: int = 64,
    together: float = 0.2,
) -> Path:
    """A scan as a ZooProcess project holds it, and gives the folder: what one of `parts` parts of a net's catch holds.

    The net filtered `volume` m³; the meta file and the log beside the scan tell that, and the scan's scale.
    """
    root, name = Path(folder), f"drawn_net{seed}_d1_1"
    root.mkdir(parents=True, exist_ok=True)
    make_scan(root / f"{name}.tif", size, count, seed, together=together)
    meta = {"SampleId": f"drawn_net{seed}", "Date": "20240612-0930", "FracId": "d1", "Fracnb": parts, "Vol": volume}
    log = {"Resolution": scan.DPI, "Threshold": 243}
    _keep(root / f"{name}_meta.txt", "".join(f"{key}= {value}\n" for key, value in meta.items()))
    _keep(root / f"{name}_log.txt", "[Image_Process]\n" + "".join(f"{key}= {value}\n" for key, value in log.items()))
    return root


def make_picture(path: str | Path) -> Path:
    """The card picture of the use case, as it lies in its folder."""
    from imagine_kernels.use_cases.zooplankton.portrait import paint

    _keep(Path(path), paint())
    return Path(path)


def truth(placed: Sequence[Placed], size: tuple[int, int]) -> Iterator[Truth]:
    """Every organism of a scan of `size` (width, height), from the top down."""
    number = 0
    for cluster, one in enumerate(placed):
        for organism in one.patch.organisms:
            body, x, y = _seen(organism, one, size)
            rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
            if rows.size:
                box = (x + columns[0], y + rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)
                left, top, width, height = (int(side) for side in box)
                edge = left == 0 or top == 0 or left + width == size[0] or top + height == size[1]
                area = int(np.count_nonzero(binary_fill_holes(body)))
                yield Truth(number, organism.label, cluster, left, top, width, height, area, int(edge))
                number += 1


def _seen(organism: Organism, placed: Placed, size: tuple[int, int]) -> tuple[Mask, int, int]:
    """The part of a body that lies in the scan, and its corner."""
    x, y = placed.x + organism.x, placed.y + organism.y
    left, top = max(-x, 0), max(-y, 0)
    return organism.body[top : size[1] - y, left : size[0] - x], x + left, y + top


def _keep(path: Path, data: bytes | str) -> None:
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(data.encode() if isinstance(data, str) else data)
    half.replace(path)


def _table(found: Sequence[Truth]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([Truth._fields, *found])
    return out.getvalue()
