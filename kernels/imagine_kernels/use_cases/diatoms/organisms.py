"""Valves built from the facts of `taxa`, as maps of how far silica delays light; `optics` takes the picture of them.

A valve is drawn in its own frame, x along it and y across, turned by its angle; pixels are 0.1 µm.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagine_kernels.use_cases.diatoms.taxa import DEBRIS, TAXA, Range, Taxon
from imagine_kernels.use_cases.drawing import Density, Random, blob, curve, inside, limit, noise, plane, thread

PER_UM = 10.0
"""Pixels in a micrometre."""
_MARGIN = 14
VALVE, GIRDLE, BROKEN = "valve", "girdle", "broken"
"""How a valve lies: as it should, on its side, or in part."""
Body = npt.NDArray[np.bool_]
_FINEST = 48.0
"""Lines in 10 µm that light of 0.53 µm no longer tells apart at an aperture of 1.3: 2 NA / wavelength."""


class Drawn(NamedTuple):
    """Something on the slide: the delay of light (h, w), the pixels of its body, and how it lies."""

    delay: Density
    body: Body
    view: str


class Frame(NamedTuple):
    """A valve's own frame: along and across in pixels, half the length, half the breadth."""

    x: Density
    y: Density
    long: float
    wide: float


def between(rng: Random, bounds: Range) -> float:
    """A number within the bounds."""
    return float(rng.uniform(*bounds))


def draw(name: str, angle: float, rng: Random, view: str = VALVE) -> Drawn:
    """One valve of the species `name`, or a piece of debris, turned by `angle` (radians, clockwise as seen)."""
    if name == DEBRIS:
        return _debris(rng, angle)
    taxon = TAXA[name]
    size = (between(rng, taxon.length), between(rng, taxon.breadth) * rng.uniform(0.97, 1.03))
    frame = _frame(taxon, size, angle, rng)
    distance, middle, reach = _outline(taxon, frame, rng)
    if view == GIRDLE:
        return _girdle(taxon, frame, rng)
    delay = _face(taxon, frame, distance, middle, reach, rng)
    body = distance < 0
    if view == BROKEN:
        kept = _crack(frame, rng)
        delay, body = delay * inside(kept, 2), body & (kept < 0)
    return Drawn(limit(delay, 4), body, view)


def _frame(taxon: Taxon, size: tuple[float, float], angle: float, rng: Random) -> Frame:
    long, wide = size[0] * PER_UM / 2, size[1] * PER_UM / 2
    bow = 1 + 2.2 * taxon.bend
    cosine, sine = abs(np.cos(angle)), abs(np.sin(angle))
    width = int(2 * (long * cosine + wide * bow * sine)) + 2 * _MARGIN
    height = int(2 * (long * sine + wide * bow * cosine)) + 2 * _MARGIN
    x, y = np.meshgrid(
        np.arange(width, dtype=np.float32) - np.float32(width / 2),
        np.arange(height, dtype=np.float32) - np.float32(height / 2),
    )
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along, across = c * x + s * y, c * y - s * x
    if rng.random() < 0.5:
        along = -along
    return Frame(along, -across if rng.random() < 0.5 else across, long, wide)


def _half(taxon: Taxon, t: Density, neck: float, wedge: float) -> Density:
    """Half the breadth at `t` of -1 to 1 along the valve, as a part of the largest."""
    ends = np.clip(1 - np.abs(t) ** taxon.power, 0, None) ** np.float32(1 / min(taxon.power, 2.0))
    if taxon.neck:
        near = np.exp(-(((np.abs(t) - 0.84) / 0.11) ** 2))
        heads = np.exp(-(((np.abs(t) - 0.95) / 0.05) ** 2))
        ends = ends * (1 - neck * near) + ends * (taxon.head - 1) * 1.2 * heads
    if taxon.wedge:
        ends = ends * (1 + wedge * t) / (1 + 0.35 * wedge)
        if taxon.wedge > 0.5:  # a waist below the head
            ends = ends * (1 - 0.2 * np.exp(-(((t - 0.42) / 0.16) ** 2)))
    return ends


def _outline(taxon: Taxon, frame: Frame, rng: Random) -> tuple[Density, Density, Density]:
    """Distance to the outline in pixels, the middle line and half the breadth at each pixel's place along the valve."""
    t = np.clip(frame.x / np.float32(frame.long), -1, 1)
    neck, wedge = taxon.neck * rng.uniform(0.75, 1.25), taxon.wedge * rng.uniform(0.8, 1.2)
    half = _half(taxon, t, neck, wedge) * frame.wide * (1 + 0.012 * rng.normal() * np.sin(rng.uniform(2, 5) * t))
    bow = taxon.bend * frame.wide * rng.uniform(0.75, 1.25)
    middle = bow * (1 - t * t) - np.float32(bow / 2)
    slope = np.abs(np.gradient(_profile(taxon, neck, wedge) * frame.wide, frame.long / 200))
    steep = np.interp(t, np.linspace(-1, 1, 401), np.hypot(1, np.minimum(slope, 6)))
    aside = (np.abs(frame.y - middle) - half) / steep
    beyond = np.abs(frame.x) - np.float32(frame.long)
    distance = np.where(beyond > 0, np.hypot(np.maximum(beyond, 0), np.maximum(np.abs(frame.y - middle), 0)), aside)
    return distance.astype(np.float32), middle.astype(np.float32), half.astype(np.float32)


def _profile(taxon: Taxon, neck: float, wedge: float) -> Density:
    return _half(taxon, np.linspace(-1, 1, 401), neck, wedge)


def _lines(places: Density, per_ten: float) -> Density:
    """Bright and dark lines along `places` (pixels), as strong as the objective still shows them."""
    seen = max(0.0, 1 - per_ten / _FINEST) ** 1.3
    lines: Density = np.float32(seen) * np.cos(places * np.float32(2 * np.pi * per_ten / (10 * PER_UM)))
    return lines


def _face(taxon: Taxon, frame: Frame, distance: Density, middle: Density, reach: Density, rng: Random) -> Density:
    """The valve seen from above: a plate with a thicker rim, striae, raphe, and what the genus shows besides."""
    off = frame.y - middle
    tall = between(rng, (0.8, 1.25))
    lean = np.float32(taxon.tilt) * np.abs(off) * (frame.x / np.float32(frame.long))
    curved = frame.x - lean + (0.15 * taxon.tilt * off * off / frame.wide) * np.sign(frame.x)
    marks = _lines(curved, between(rng, taxon.striae))
    bare = inside(np.abs(off) - taxon.axial * frame.wide, 2) if taxon.raphe in {"middle", "none"} else 0 * off
    if taxon.central:
        spot = np.hypot(frame.x / (0.9 * taxon.central + 0.35), off / max(taxon.central, 0.1)) - frame.wide
        bare = np.maximum(bare, inside(spot, 3))
    plate = inside(distance, 2)
    delay = plate * (0.5 + 0.22 * marks * (1 - bare) * inside(distance + 3, 3)) + 0.75 * _ridge(distance + 3.0, 2.6)
    delay = delay + plate * _own(taxon, frame, off, reach, rng) + plate * 0.03 * noise(rng, frame.x.shape, 4)
    delayed: Density = tall * delay
    return delayed


def _ridge(distance: Density, wide: float) -> Density:
    """1 where `distance` is 0, fading within `wide` pixels."""
    ridge: Density = np.exp(-((distance / np.float32(wide)) ** 2))
    return ridge


def _own(taxon: Taxon, frame: Frame, off: Density, reach: Density, rng: Random) -> Density:
    """Raphe, cross, fibulae or ribs."""
    x, long, wide = frame.x, frame.long, frame.wide
    ends = inside(np.abs(x) - long * 0.94, 3)
    if taxon.raphe == "middle":
        gap = 1 - inside(np.hypot(x, off) - max(0.16 * wide, 3), 2)
        own: Density = 0.45 * _ridge(off, 4.5) * ends - 0.55 * _ridge(off, 1.4) * gap * ends
        own = own + 0.4 * _ridge(np.hypot(x, off), 0.14 * wide + 2)
        if taxon.stauros:
            own = own + 0.75 * _ridge(x, 0.15 * wide + 2.5)
        return own
    if taxon.raphe == "edge":
        line = off - np.float32(taxon.axial) * reach
        dots = _lines(x + 4 * noise(rng, x.shape, 12), between(rng, taxon.fibulae or (10, 14)))
        return (0.35 + 0.75 * np.clip(dots * 1.6, 0, 1)) * _ridge(line, 3.0) * ends
    if taxon.raphe == "around":
        part = np.abs(off) / np.maximum(reach, 1)
        ribs = _lines(x * (1 + 0.12 * part), between(rng, taxon.ribs or (5, 6)))
        ribbed: Density = 0.5 * ribs * np.clip(1.25 * part - 0.3, 0, 1) + 0.3 * _ridge(off, 2.5) * ends
        return ribbed
    if taxon.raphe == "ends":
        return 0.55 * _ridge(np.hypot(np.abs(x) - long * 0.9, off + 0.45 * wide), 0.22 * wide + 2)
    return 0.12 * _ridge(off, 3.5) * ends


def _girdle(taxon: Taxon, frame: Frame, rng: Random) -> Drawn:
    """From the side: a box with straight bands, the ends of the striae along its two long sides."""
    deep = frame.wide * rng.uniform(0.55, 0.95)
    taper = 1 + 0.5 * taxon.wedge * frame.x / np.float32(frame.long)
    aside = np.abs(frame.y) - deep * taper
    distance = np.maximum(aside, np.abs(frame.x) - np.float32(frame.long * 0.96))
    corner = np.hypot(np.maximum(aside + 6, 0), np.maximum(np.abs(frame.x) - np.float32(frame.long * 0.96) + 6, 0)) - 6
    distance = np.maximum(distance, corner)
    marks = _lines(frame.x, between(rng, taxon.striae)) * inside(np.abs(aside + 5) - 5, 2)
    delay = inside(distance, 2) * (0.45 + 0.25 * marks) + 0.7 * _ridge(distance + 3, 2.6)
    for band in (-0.35, 0.35):
        delay = delay + 0.3 * _ridge(frame.y - band * deep * taper, 2.0) * inside(distance, 2)
    return Drawn(limit(delay * rng.uniform(0.8, 1.2), 4), distance < 0, GIRDLE)


def _crack(frame: Frame, rng: Random) -> Density:
    """Negative on the part that is left of a broken valve: a jagged line across, past the middle."""
    place = frame.long * rng.uniform(0.1, 0.6)
    slant, jag = rng.uniform(-0.6, 0.6), rng.uniform(2, 6)
    kept: Density = frame.x - place - slant * frame.y - jag * np.sin(frame.y * rng.uniform(0.15, 0.4))
    return kept


def _debris(rng: Random, angle: float) -> Drawn:
    """A grain, a splinter of silica or a thread."""
    kind = rng.choice(["grain", "splinter", "thread"], p=[0.5, 0.3, 0.2])
    size = float(rng.uniform(12, 60))
    grid = plane(int(3.4 * size) + 2 * _MARGIN, angle)
    if kind == "thread":
        line = curve((-size * 1.2, 0), 0.0, 2.4 * size, rng.normal(0, 1.2), 14)
        distance = thread(grid, line, [2.2, 2.6, 2.0])
        delay = 0.5 * inside(distance, 2) + 0.3 * _ridge(distance, 2)
    else:
        slim = rng.uniform(0.5, 1) if kind == "grain" else rng.uniform(0.12, 0.3)
        distance = blob(rng, grid, (size, size * slim), power=rng.uniform(1.1, 2.4), wobble=0.28)
        rough = noise(rng, distance.shape, rng.uniform(2, 6))
        distance = distance + 0.06 * size * slim * rough
        delay = inside(distance, 2) * np.clip(rng.uniform(0.4, 0.9) + rng.uniform(0.1, 0.35) * rough, 0, 2)
    return Drawn(limit(delay, 4), distance < 0, VALVE)
