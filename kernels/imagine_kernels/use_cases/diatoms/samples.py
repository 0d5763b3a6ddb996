"""The sample maker: single valves and whole fields of a diatom slide drawn by code, with the truth about every valve.

Everything follows from the seed. Pictures are grey PNG files of 0.1 µm per pixel.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from imagine_kernels.use_cases.diatoms import slide
from imagine_kernels.use_cases.diatoms.optics import Grey, defocus, expose, microscope, seen
from imagine_kernels.use_cases.diatoms.organisms import PER_UM
from imagine_kernels.use_cases.diatoms.taxa import DEBRIS, TAXA

PIXEL_SIZE_UM = 1 / PER_UM
NAMES = (*TAXA, DEBRIS)
"""The classes, in the order in which pictures of them are drawn."""
TRUTH = ("field", "number", "label", "code", "view", "x", "y", "width", "height", "angle", "edge")
MARGIN = 12
"""Pixels of slide around a valve in a picture of it alone."""


def make_images(folder: str | Path, count: int = 130, seed: int = 0) -> Path:
    """`count` pictures of one valve each, lying along x, one folder per class, all classes alike often.

    The same seed, the same files. A few lie on their side or are broken; neighbours reach into some pictures.
    """
    root = Path(folder)
    for number in range(count):
        name = NAMES[number % len(NAMES)]
        _write(root / name / f"{name.replace(' ', '_')}_{seed}_{number:04}.png", _png(alone(name, seed, number)))
    return root


def alone(name: str, seed: int, number: int) -> Grey:
    """The picture of one valve of the class `name`; the seed and its number decide how it looks."""
    rng = np.random.default_rng([seed, number, NAMES.index(name)])
    scope, angle = microscope(rng), float(rng.normal(0, 3))
    drawn = slide.one(name, angle, rng)
    rows, columns = np.flatnonzero(drawn.body.any(axis=1)), np.flatnonzero(drawn.body.any(axis=0))
    margins = rng.integers(MARGIN - 6, MARGIN + 5, 4)
    width, height = int(np.ptp(columns) + 1 + margins[:2].sum()), int(np.ptp(rows) + 1 + margins[2:].sum())
    valve = slide.Lying(name, drawn, int(margins[0] - columns[0]), int(margins[2] - rows[0]), angle)
    added = np.zeros((height, width), np.float32)
    for thing in (valve, *_neighbours(width, height, rng)):
        there, part = thing.window((width, height))
        added[there] += seen(thing.drawn.delay, scope, defocus(rng))[part]
    return expose(added, scope, rng)


def _neighbours(width: int, height: int, rng: np.random.Generator) -> list[slide.Lying]:
    """What reaches in from above or below, in a fifth of the pictures."""
    if rng.random() > 0.2:
        return []
    name, angle = NAMES[int(rng.integers(len(NAMES)))], float(rng.uniform(0, 180))
    drawn = slide.one(name, angle, rng)
    tall, wide = drawn.body.shape
    y = height - int(rng.integers(12, 26)) if rng.random() < 0.5 else int(rng.integers(12, 26)) - tall
    return [slide.Lying(name, drawn, int(rng.integers(-wide // 2, width)), y, angle)]


def make_fields(
    folder: str | Path,
    count: int = 4,
    seed: int = 0,
    size: tuple[int, int] = (1024, 1024),
    valves: int = 14,
    *,
    touching: float = 0.15,
    shares: Mapping[str, float] | None = None,
) -> Path:
    """`count` fields of one slide, (width, height) pixels, with about `valves` valves each and debris among them.

    `images/NAME.png` is the field; `masks/NAME.png` says of each pixel: 0 nothing (or debris), 1 inside of a valve, 2
    outline of a valve (4 pixels, within the valve), so that two that touch are parted by their outlines. `truth.csv`
    has a row for each valve: `field` (NAME), `number`, `label`, `code` (OMNIDIA), `view` (valve, girdle, broken), the
    box along the valve's own axis as centre `x`, `y`, `width` (along) and `height` in pixels and `angle` in degrees
    clockwise, and `edge`, 1 where the field's edge cuts it (its box is then of what is seen). The share `touching` of
    the valves touches another one. `shares` are those of the species, else the seed draws some. Light, focus and relief
    differ from field to field.
    """
    root = Path(folder)
    mixed = shares or slide.community(np.random.default_rng([seed, 7]))
    rows: list[tuple[object, ...]] = []
    for number in range(count):
        name, rng = f"field_{seed}_{number:03}", np.random.default_rng([seed, number, 8])
        lying = slide.scatter(size, valves, max(1, valves // 3), mixed, rng, touching)
        _write(root / "images" / f"{name}.png", _png(slide.picture(lying, size, microscope(rng), rng)))
        _write(root / "masks" / f"{name}.png", _png(slide.mask(lying, size)))
        for order, (thing, box, cut) in enumerate(slide.boxes(lying, size)):
            facts = (TAXA[thing.label].code, thing.drawn.view, *(f"{side:.1f}" for side in box), f"{thing.angle:.1f}")
            rows.append((name, order, thing.label, *facts, int(cut)))
    _write(root / "data.yaml", f"names: {{1: valve, 2: outline}}\npixel_size_um: {PIXEL_SIZE_UM}\n".encode())
    _write(root / "truth.csv", _comma([TRUTH, *rows]))
    return root


def make_table(path: str | Path) -> Path:
    """A table of sensitivity s and indicator value v to practise with. Its numbers are made up: they tell nothing.

    s runs from 1 to 5 and v from 1 to 3 in the order of the codes, whatever the species live in.
    """
    path = Path(path)
    codes = sorted(taxon.code for taxon in TAXA.values())
    names = {taxon.code: taxon.name for taxon in TAXA.values()}
    rows = [(code, names[code], 1 + place % 5, 1 + place % 3, "made up") for place, code in enumerate(codes)]
    _write(path, _comma([("code", "name", "s", "v", "source"), *rows]))
    return path


def make_picture(path: str | Path) -> Path:
    """The card picture of the use case, as it lies in its folder."""
    from imagine_kernels.use_cases.diatoms.portrait import paint

    _write(Path(path), paint())
    return Path(path)


def _png(grey: Grey | npt.NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG", compress_level=4)
    return out.getvalue()


def _comma(lines: Iterable[Iterable[object]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue().encode()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(data)
    half.replace(path)
