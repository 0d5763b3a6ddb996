"""Drawn organisms → vignettes: as they are cut out of a scan, alone or beside another, with or without scale bar."""

import numpy as np
from PIL import Image, ImageDraw

from imagine_kernels.use_cases.drawing import Density, Random
from imagine_kernels.use_cases.zooplankton.optics import Levels, develop, lamp
from imagine_kernels.use_cases.zooplankton.organisms import ORGANISMS
from imagine_kernels.use_cases.zooplankton.scan import DPI
from imagine_kernels.use_cases.zooplankton.tray import SMALLEST, alone, diameter, touching

_BESIDE = 0.2
"""How many of the vignettes show a piece of a neighbour, as those of separated organisms do."""
_PROCESSED = 0.3
"""How many look as ZooProcess leaves them, whose vignettes end with a scale bar."""
_ANY_SIZE, _LARGE = 0.25, 190.0
"""How many are of any size up to this one, in pixels: as often as in the sea, a model would hardly see a large one."""
_MARGIN, _STRIP = 16, 31
"""Pixels of water around an organism, and of the strip with the scale bar."""


def vignette(name: str, rng: Random) -> Levels:
    """An organism as it is cut out of a scan (h, w); some as ZooProcess leaves them, on white above a scale bar."""
    through = _cut_out(name, rng)
    if rng.random() < _PROCESSED:
        return _with_bar((255 * through + 0.5).astype(np.uint8))
    light = lamp(rng, through.shape[1], through.shape[0])
    return develop(through * light.columns[None, :] * light.rows.mean(), light, rng, 8)


def _cut_out(name: str, rng: Random) -> Density:
    """The light that an organism lets through; some have a piece of another one beside them that touched it."""
    if rng.random() >= _BESIDE:
        return np.pad(alone(name, _size(rng), rng).through, _MARGIN, constant_values=1)
    other = str(rng.choice(list(ORGANISMS)))
    patch = touching([other, name], [diameter(rng), diameter(rng)], rng)
    one, through = patch.organisms[1], np.pad(patch.through, 2 * _MARGIN, constant_values=1)
    rows, columns = np.flatnonzero(one.body.any(axis=1)), np.flatnonzero(one.body.any(axis=0))
    top, left = one.y + int(rows[0]) + _MARGIN, one.x + int(columns[0]) + _MARGIN
    return through[top : top + int(np.ptp(rows)) + 2 * _MARGIN, left : left + int(np.ptp(columns)) + 2 * _MARGIN]


def _size(rng: Random) -> float:
    """A diameter in pixels."""
    if rng.random() >= _ANY_SIZE:
        return diameter(rng)
    return float(np.exp(rng.uniform(np.log(SMALLEST), np.log(_LARGE))))


def _with_bar(picture: Levels) -> Levels:
    """The vignette above a bar of 1 mm, in a strip of 31 pixels."""
    bar = round(DPI / 25.4)
    image = Image.new("L", (max(picture.shape[1], bar + 24), picture.shape[0] + _STRIP), 255)
    image.paste(Image.fromarray(picture), (0, 0))
    pen = ImageDraw.Draw(image)
    pen.rectangle((12, image.height - 8, 12 + bar, image.height - 6), fill=0)
    pen.text((12, image.height - 24), "1 mm", fill=0)
    return np.asarray(image)
