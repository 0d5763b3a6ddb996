"""A region of a sample → a picture of the place where it is, with its outline, as one piece of SVG."""

import base64
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from imagine_kernels.images import Window, masks
from imagine_kernels.records import Box, Region, Sample
from imagine_kernels.shapes import (
    XY,
    Ellipse,
    Flat,
    Line,
    Mask,
    MultiPolygon,
    Point,
    Polygon,
    RotatedBox,
    Track,
    bounds,
)
from imagine_widgets.overview.writing import text
from imagine_widgets.thumbnails import Thumbnail

SIDE = 192
"""Pixels along the longer side of a picture."""
_AROUND = 0.4
"""So much of a region's longer side is shown around it."""
_LEAST = 48.0
"""Pixels of the sample that are shown at least."""
_STEPS = 96


@dataclass(frozen=True, slots=True)
class Stroke:
    """How one region is drawn: whose it is stands beside it in words, for colour alone tells not everybody."""

    region: Region
    colour: str
    dashes: str = ""


def flat(region: Region) -> Flat | None:
    """The shape of a region that lies in a picture; of a track where it begins."""
    shape = region.shape
    if isinstance(shape, Track):
        shape = next((key.shape for key in shape.keys if key.shape is not None), None)
    return shape if isinstance(shape, Flat) else None


def view(sample: Sample, regions: Iterable[Region]) -> Box:
    """The part of a sample to show: around the regions, or all of it where they fill it or have no shape."""
    boxes = [bounds(shape) for region in regions if (shape := flat(region)) is not None]
    whole = Box(0, 0, sample.width, sample.height)
    if not boxes or isinstance(sample.crop, RotatedBox):
        return whole
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
    side = max(right - left, bottom - top) * (1 + 2 * _AROUND)
    side = max(side, _LEAST)
    x, width = _within((left + right) / 2 - side / 2, side, sample.width)
    y, height = _within((top + bottom) / 2 - side / 2, side, sample.height)
    return Box(x, y, width, height)


def _within(start: float, long: float, end: float) -> tuple[float, float]:
    """A stretch moved and cut to lie between 0 and `end`, in whole pixels."""
    first = math.floor(max(0.0, min(start, end - long)))
    last = math.ceil(min(end, max(first + 1.0, first + long)))
    return float(min(first, last - 1)), float(max(1, last - first))


def part(sample: Sample, seen: Box) -> Sample:
    """The part of a sample as a sample of its own, to be read."""
    if (seen.width, seen.height) == (sample.width, sample.height):
        return sample
    corner = sample.crop if isinstance(sample.crop, Box) else Box(0, 0, 1, 1)
    crop = Box(corner.x + seen.x, corner.y + seen.y, seen.width, seen.height)
    return replace(sample, crop=crop, width=int(seen.width), height=int(seen.height))


def svg(seen: Box, picture: Thumbnail, strokes: Sequence[Stroke], title: str) -> str:
    """The picture with the outlines upon it; each line has a dark and a light rim, to be seen on any ground."""
    place = f'x="{seen.x:g}" y="{seen.y:g}" width="{seen.width:g}" height="{seen.height:g}"'
    data = f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"
    drawn = "".join(_drawn(stroke, seen) for stroke in strokes)
    ratio = SIDE / max(seen.width, seen.height)
    size = f'width="{max(1, round(seen.width * ratio))}" height="{max(1, round(seen.height * ratio))}"'
    box = f"{seen.x:g} {seen.y:g} {seen.width:g} {seen.height:g}"
    return (
        f'<svg role="img" aria-label="{text(title)}" viewBox="{box}" {size}><title>{text(title)}</title>'
        f'<image {place} preserveAspectRatio="none" href="{data}"/>{drawn}</svg>'
    )


def _drawn(stroke: Stroke, seen: Box) -> str:
    shape = flat(stroke.region)
    if shape is None:
        return ""
    lines = _path(shape, seen)
    dashes = f' stroke-dasharray="{stroke.dashes}"' if stroke.dashes else ""
    return (
        f'<path class="rim" d="{lines}"/><path class="halo" d="{lines}"/>'
        f'<path class="line" stroke="{stroke.colour}"{dashes} d="{lines}"/>'
    )


def _path(shape: Flat, seen: Box) -> str:
    end = "" if isinstance(shape, Line) else "z"
    rings = _rings(shape, seen)
    return "".join("M" + "L".join(f"{x:.6g} {y:.6g}" for x, y in ring) + end for ring in rings)


def _rings(shape: Flat, seen: Box) -> Iterable[Sequence[XY]]:
    """The lines that show a shape; a point as a small ring."""
    match shape:
        case Point():
            reach = max(seen.width, seen.height) / 24
            rings: Iterable[Sequence[XY]] = [masks.rim(Ellipse(shape.x, shape.y, reach, reach))]
        case Line():
            rings = [shape.points]
        case Box():
            right, bottom = shape.x + shape.width, shape.y + shape.height
            rings = [((shape.x, shape.y), (right, shape.y), (right, bottom), (shape.x, bottom))]
        case RotatedBox():
            rings = [shape.corners()]
        case Ellipse():
            rings = [masks.rim(shape)]
        case Polygon():
            rings = (shape.points, *shape.holes)
        case MultiPolygon():
            rings = [ring for one in shape.parts for ring in _rings(one, seen)]
        case Mask():
            rings = _outlines(shape, seen)
    return rings


def _outlines(mask: Mask, seen: Box) -> list[Sequence[XY]]:
    """Outlines of a mask where it is seen, no finer than the picture shows."""
    import numpy as np
    from skimage.measure import find_contours

    window = Window(math.floor(seen.x), math.floor(seen.y), math.ceil(seen.width), math.ceil(seen.height))
    step = max(1, max(window.width, window.height) // _STEPS)
    grid = np.pad(masks.inside(mask, window)[::step, ::step].astype(float), 1)
    x, y = window.x - step / 2, window.y - step / 2  # the grid has a rim of one
    return [[(float(c) * step + x, float(r) * step + y) for r, c in ring[:-1]] for ring in find_contours(grid, 0.5)]
