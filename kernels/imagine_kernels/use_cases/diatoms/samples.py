"""The sample maker: single valves and whole fields of a diatom slide drawn by code, with the truth about every valve.

Everything follows from the seed. Pictures are grey PNG files of 0.1 µm per pixel.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from imagine_kernels.images import Window
from imagine_kernels.images.turning import upright
from imagine_kernels.shapes import Box, RotatedBox
from imagine_kernels.use_cases.diatoms import slide
from imagine_kernels.use_cases.diatoms.optics import Grey, microscope
from imagine_kernels.use_cases.diatoms.organisms import PER_UM
from imagine_kernels.use_cases.diatoms.taxa import DEBRIS, TAXA

PIXEL_SIZE_UM = 1 / PER_UM
NAMES = (*TAXA, DEBRIS)
"""The classes, in the order in which pictures of them are drawn."""
TRUTH = ("field", "number", "label", "code", "view", "x", "y", "width", "height", "angle", "edge")
_ROOM = 40
"""Pixels of slide around a valve before it is cut out."""
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
    """The picture of one valve of the class `name`; the seed and its number decide how it looks.

    It lies at any angle on the slide, and is cut out along its length, as the chain cuts found valves out of fields.
    """
    rng = np.random.default_rng([seed, number, NAMES.index(name)])
    scope, angle = microscope(rng), float(rng.uniform(0, 180))
    drawn = slide.one(name, angle, rng)
    size = drawn.body.shape[1] + 2 * _ROOM, drawn.body.shape[0] + 2 * _ROOM
    valve = slide.Lying(name, drawn, _ROOM, _ROOM, angle)
    field = slide.picture([valve, *_neighbours(valve, size, rng)], size, scope, rng)
    x, y, width, height = slide.box(valve, size)
    wide, tall = (float(rng.uniform(MARGIN - 5, MARGIN + 5)) for _ in range(2))
    jitter = rng.normal(0, 2, 3)
    cut = RotatedBox(x + jitter[0], y + jitter[1], width + 2 * wide, height + 2 * tall, angle + jitter[2])

    def part(window: Window) -> Grey:
        return field[window.y : window.y + window.height, window.x : window.x + window.width, None].repeat(3, 2)

    grey: Grey = upright(cut, _whole_pixels, part)[:, :, 0]
    return grey


def _whole_pixels(around: Box) -> Window:
    """Those that a box touches."""
    left, top = math.floor(around.x), math.floor(around.y)
    return Window(left, top, math.ceil(around.x + around.width) - left, math.ceil(around.y + around.height) - top)


def _neighbours(valve: slide.Lying, size: tuple[int, int], rng: np.random.Generator) -> list[slide.Lying]:
    """What lies close to the valve, in a fifth of the pictures."""
    if rng.random() > 0.2:
        return []
    name, angle = NAMES[int(rng.integers(len(NAMES)))], float(rng.uniform(0, 180))
    drawn = slide.one(name, angle, rng)
    taken = np.zeros((size[1], size[0]), np.bool_)
    there, part = valve.window(size)
    taken[there] |= valve.drawn.body[part]
    place = slide.against(taken, drawn, rng)
    return [] if place is None else [slide.Lying(name, drawn, *place, angle)]


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
