"""Samples → what one task can show: the sample itself, or tiles of one that is too large for a browser."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from imagine_kernels.records import Sample
from imagine_kernels.shapes import (
    XY,
    Box,
    Ellipse,
    Key,
    Line,
    Mask,
    MultiPolygon,
    Point,
    Polygon,
    RotatedBox,
    Shape,
    TimeFrequency,
    Track,
    bounds,
)

LARGEST = 4096
"""Pixels of a side from which on a picture is shown in tiles."""


@dataclass(frozen=True, slots=True)
class View:
    """One task's picture: `shown` is the sample `of`, or a tile of it whose corner lies at (x, y) of the sample."""

    of: str
    shown: Sample
    x: int
    y: int

    @property
    def size(self) -> tuple[int, int]:
        """Of the picture, in pixels."""
        return self.shown.width, self.shown.height

    def inside(self, shape: Shape) -> Shape:
        """A shape of the sample, as it lies in this picture."""
        return moved(shape, -self.x, -self.y)

    def outside(self, shape: Shape) -> Shape:
        """A shape of this picture, as it lies in the sample."""
        return moved(shape, self.x, self.y)

    def holds(self, shape: Shape | None) -> bool:
        """Whether the middle of a shape lies here; of labels of the whole sample, whether this is its first picture."""
        if shape is None or isinstance(shape, Track | TimeFrequency):
            return (self.x, self.y) == (0, 0)
        around = bounds(shape)
        across, down = around.x + around.width / 2 - self.x, around.y + around.height / 2 - self.y
        return 0 <= across < self.shown.width and 0 <= down < self.shown.height


def views(sample: Sample, largest: int = 0) -> tuple[View, ...]:
    """The pictures of a sample: one, or as many tiles of equal size as it needs."""
    most = largest or LARGEST
    if max(sample.width, sample.height) <= most:
        return (View(sample.id, sample, 0, 0),)
    return tuple(_tiles(sample, most))


def home(pictures: tuple[View, ...], shape: Shape | None) -> View:
    """The picture that shows a shape; the first one for what lies beyond the sample's edge."""
    return next((view for view in pictures if view.holds(shape)), pictures[0])


def _tiles(sample: Sample, most: int) -> Iterator[View]:
    wide, high = (math.ceil(side / math.ceil(side / most)) for side in (sample.width, sample.height))
    for y in range(0, sample.height, high):
        for x in range(0, sample.width, wide):
            width, height = min(wide, sample.width - x), min(high, sample.height - y)
            crop = _cut(sample, Box(x, y, width, height))
            name = f"{sample.id} [{x}, {y}, {width}, {height}]"
            yield View(
                sample.id,
                replace(sample, id=name, width=width, height=height, crop=crop, effort=None, measures={}),
                x,
                y,
            )


def _cut(sample: Sample, tile: Box) -> Box | RotatedBox:
    whole = sample.crop
    if whole is None:
        return tile
    if isinstance(whole, Box):
        return Box(whole.x + tile.x, whole.y + tile.y, tile.width, tile.height)
    along, across = tile.x + tile.width / 2 - sample.width / 2, tile.y + tile.height / 2 - sample.height / 2
    turn = math.radians(whole.angle)
    x = whole.x + along * math.cos(turn) - across * math.sin(turn)
    y = whole.y + along * math.sin(turn) + across * math.cos(turn)
    return RotatedBox(x, y, tile.width, tile.height, whole.angle)


def moved(shape: Shape, right: int, down: int) -> Shape:  # noqa: PLR0911 - one for each shape
    """The same shape, some pixels further right and down."""
    if (right, down) == (0, 0):
        return shape
    match shape:
        case Point() | Box() | RotatedBox() | Ellipse() | Mask():
            return replace(shape, x=shape.x + right, y=shape.y + down)  # type: ignore[arg-type]  # a mask's are whole
        case Line():
            return Line(_moved(shape.points, right, down))
        case Polygon():
            return Polygon(_moved(shape.points, right, down), tuple(_moved(ring, right, down) for ring in shape.holes))
        case MultiPolygon():
            parts = (moved(part, right, down) for part in shape.parts)
            return MultiPolygon(tuple(part for part in parts if isinstance(part, Polygon)))
        case Track():
            return Track(tuple(_key(key, right, down) for key in shape.keys))
        case TimeFrequency():
            return shape


def _key(key: Key, right: int, down: int) -> Key:
    found = moved(key.shape, right, down) if key.shape is not None else None
    return Key(key.time, found)  # type: ignore[arg-type]


def _moved(points: tuple[XY, ...], right: int, down: int) -> tuple[XY, ...]:
    return tuple((x + right, y + down) for x, y in points)
