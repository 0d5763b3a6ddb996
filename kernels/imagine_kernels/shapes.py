"""Where in a sample a label holds: points, lines, boxes, outlines, masks, stretches of sound. Standard library only.

Pixels are absolute, x right, y down, from the corner of the sample's top-left pixel; seconds and hertz on sound.
Angles are in degrees, clockwise as the picture is seen.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

XY = tuple[float, float]


def _finite(what: str, *numbers: float) -> None:
    if not math.isfinite(sum(numbers)) and not all(map(math.isfinite, numbers)):
        raise ValueError(f"{what} needs finite numbers, not {', '.join(f'{n:g}' for n in numbers)}.")


def _sized(what: str, width: float, height: float) -> None:
    _finite(what, width, height)
    if width <= 0 or height <= 0:
        raise ValueError(f"{what} needs a size, not {width:g} x {height:g} pixels.")


@dataclass(frozen=True, slots=True)
class Point:
    """A place, in pixels."""

    x: float
    y: float

    def __post_init__(self) -> None:
        _finite("A point", self.x, self.y)


@dataclass(frozen=True, slots=True)
class Line:
    """A line through two points or more, in pixels."""

    points: tuple[XY, ...]

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise ValueError(f"A line needs 2 points at least, not {len(self.points)}.")
        _finite("A line", *itertools.chain(*self.points))


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box, in pixels: its top-left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x + self.y + self.width + self.height) and self.width > 0 < self.height):
            _finite("A box", self.x, self.y)
            _sized("A box", self.width, self.height)


@dataclass(frozen=True, slots=True)
class RotatedBox:
    """A box around the centre (x, y), its `width` along `angle`: degrees clockwise from the x axis."""

    x: float
    y: float
    width: float
    height: float
    angle: float

    def __post_init__(self) -> None:
        _finite("A rotated box", self.x, self.y, self.angle)
        _sized("A rotated box", self.width, self.height)

    def corners(self) -> tuple[XY, XY, XY, XY]:
        """Its corners in turn, the first at the start of both sides."""
        turn = math.radians(self.angle)
        along = (math.cos(turn) * self.width / 2, math.sin(turn) * self.width / 2)
        across = (-math.sin(turn) * self.height / 2, math.cos(turn) * self.height / 2)
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        first, second, third, fourth = (
            (self.x + a * along[0] + b * across[0], self.y + a * along[1] + b * across[1]) for a, b in signs
        )
        return first, second, third, fourth


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse around the centre (x, y): half its extent along `angle` and across."""

    x: float
    y: float
    radius_x: float
    radius_y: float
    angle: float = 0.0

    def __post_init__(self) -> None:
        _finite("An ellipse", self.x, self.y, self.angle)
        _sized("An ellipse", self.radius_x, self.radius_y)


@dataclass(frozen=True, slots=True)
class Polygon:
    """An outline of three points or more, and the outlines of its holes."""

    points: tuple[XY, ...]
    holes: tuple[tuple[XY, ...], ...] = ()

    def __post_init__(self) -> None:
        for ring in (self.points, *self.holes):
            if len(ring) < 3:
                raise ValueError(f"An outline needs 3 points at least, not {len(ring)}.")
            _finite("An outline", *itertools.chain(*ring))


@dataclass(frozen=True, slots=True)
class MultiPolygon:
    """Several outlines that are one thing, such as an animal behind a stalk."""

    parts: tuple[Polygon, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("Several outlines need at least one.")


@dataclass(frozen=True, slots=True)
class Mask:
    """Pixels of a crop: its top-left corner and size in whole pixels, and run lengths along its rows.

    `counts` begins with pixels outside, then inside, and so on in turn; together they are width × height.
    """

    x: int
    y: int
    width: int
    height: int
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        _sized("A mask", self.width, self.height)
        if min(self.counts, default=-1) < 0 or sum(self.counts) != self.width * self.height:
            raise ValueError(f"The runs of a mask must fill its {self.width} x {self.height} pixels.")


@dataclass(frozen=True, slots=True)
class TimeFrequency:
    """A stretch of sound: seconds from the start of the sample, and hertz where a band is meant."""

    start: float
    end: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        _finite("A stretch of sound", self.start, self.end, *(f for f in (self.low, self.high) if f is not None))
        if self.end <= self.start or (self.low is not None and self.high is not None and self.high <= self.low):
            raise ValueError(f"A stretch of sound must end after it begins: {self.start:g} to {self.end:g} s.")


@dataclass(frozen=True, slots=True)
class Key:
    """Where a tracked thing is at one moment, in seconds of the video; without a shape it is gone from here on."""

    time: float
    shape: "Point | Line | Box | RotatedBox | Ellipse | Polygon | MultiPolygon | Mask | None" = None

    def __post_init__(self) -> None:
        _finite("A key frame", self.time)


@dataclass(frozen=True, slots=True)
class Track:
    """One thing through a video: its key frames in order; between two of them it moves evenly."""

    keys: tuple[Key, ...]

    def __post_init__(self) -> None:
        times = [key.time for key in self.keys]
        if not times or times != sorted(set(times)):
            raise ValueError("A track needs key frames, each later than the one before.")


Flat = Point | Line | Box | RotatedBox | Ellipse | Polygon | MultiPolygon | Mask
"""What lies in a picture."""
Shape = Flat | TimeFrequency | Track
KINDS = (Point, Line, Box, RotatedBox, Ellipse, Polygon, MultiPolygon, Mask, TimeFrequency, Key, Track)


def bounds(shape: Flat) -> Box:
    """The upright box around a shape in pixels; around a point, and across a straight line, it is one pixel wide."""
    return shape if isinstance(shape, Box) else Box(*extent(shape))


def extent(shape: Flat) -> tuple[float, float, float, float]:
    """The left, top, width and height of `bounds`."""
    match shape:
        case Box() | Mask():
            return shape.x, shape.y, shape.width, shape.height
        case Line() | Polygon():
            points: Iterable[XY] = shape.points
        case Point():
            points = [(shape.x, shape.y)]
        case Ellipse():
            turn = math.radians(shape.angle)
            across = math.hypot(shape.radius_x * math.cos(turn), shape.radius_y * math.sin(turn))
            down = math.hypot(shape.radius_x * math.sin(turn), shape.radius_y * math.cos(turn))
            return shape.x - across, shape.y - down, 2 * across, 2 * down
        case RotatedBox():
            points = shape.corners()
        case MultiPolygon():
            points = itertools.chain.from_iterable(part.points for part in shape.parts)
        case _:
            raise TypeError(f"{type(shape).__name__} is no shape in a picture.")
    return _around(points)


def _around(points: Iterable[XY]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    left, top = min(xs), min(ys)
    width, height = max(xs) - left, max(ys) - top
    if width == 0:
        left, width = left - 0.5, 1.0
    if height == 0:
        top, height = top - 0.5, 1.0
    return left, top, width, height
