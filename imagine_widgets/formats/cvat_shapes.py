"""Shapes ↔ CVAT's elements, as a tag and its numbers: box, ellipse, polygon, polyline, points, mask, and tracks."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from imagine_kernels.images import masks
from imagine_kernels.records import Sample
from imagine_kernels.shapes import (
    XY,
    Box,
    Ellipse,
    Flat,
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
from imagine_widgets.formats import xml_file

_SIDES = {
    "box": ("xtl", "ytl", "xbr", "ybr", "rotation"),
    "ellipse": ("cx", "cy", "rx", "ry", "rotation"),
    "mask": ("left", "top", "width", "height"),
}
TAGS = ("box", "ellipse", "polygon", "polyline", "points", "mask")
_ROUNDED = 0.006
"""CVAT writes two digits."""
_LONG = 40
_MOST = 2**31
RATE = 25.0
"""Frames of a second where the file does not tell: CVAT counts frames only."""


@dataclass(frozen=True)
class Drawn:
    """An element's tag, its numbers in the order of `_SIDES` or x and y in turn, and where it is in a video."""

    tag: str
    numbers: tuple[float, ...]
    frame: int = 0
    outside: bool = False

    def attributes(self) -> Mapping[str, str]:
        """As the element has them."""
        sides = _SIDES.get(self.tag, ())
        told = dict(zip(sides, map(xml_file.digits, self.numbers), strict=False))
        if told.get("rotation") == "0":
            del told["rotation"]
        if self.tag == "mask":
            return {"rle": ", ".join(xml_file.digits(n) for n in self.numbers[4:]), **told}
        if not sides:
            pairs = zip(self.numbers[::2], self.numbers[1::2], strict=True)
            told["points"] = ";".join(f"{xml_file.digits(x)},{xml_file.digits(y)}" for x, y in pairs)
        return told

    def plain(self) -> bool:
        """Whether CVAT's two digits change nothing; in long outlines, which would be long to carry, they may."""
        return len(self.numbers) > _LONG or all(round(number, 2) == number for number in self.numbers)

    def points(self) -> tuple[XY, ...]:
        """Corners of an outline or line."""
        return tuple(zip(self.numbers[::2], self.numbers[1::2], strict=True))


def parse(node: Element) -> Drawn:
    """What an element draws. Raises ValueError with a sentence."""
    if node.tag not in TAGS:
        raise ValueError(f"a <{node.tag}> is not known here.")
    sides = _SIDES.get(node.tag, ())
    given = {"rotation": "0", **node.attrib}
    numbers = [xml_file.as_number(given.get(side), side) for side in sides]
    if node.tag == "mask":
        numbers += [xml_file.as_number(n, "rle") for n in _split(node.get("rle"))]
    elif not sides:
        numbers = [xml_file.as_number(n, "points") for n in _split(node.get("points"))]
    frame = xml_file.as_number(node.get("frame", "0"), "frame")
    if not sides and (len(numbers) % 2 or not numbers):
        raise ValueError("its points lack a number.")
    if not 0 <= frame < _MOST:
        raise ValueError(f"its frame is {frame:g}.")
    return Drawn(node.tag, tuple(numbers), int(frame), node.get("outside") == "1")


def _split(text: str | None) -> Iterator[str]:
    return (part for part in re.split(r"[;,\s]+", text or "") if part)


def seen(drawn: Drawn) -> list[Flat]:  # noqa: PLR0911 - one per kind of shape
    """The shape of an element; several where it marks several points. Raises ValueError with a sentence."""
    match drawn.tag, drawn.numbers:
        case "box", (left, top, right, bottom, angle):
            if angle % 360 == 0:
                return [Box(left, top, right - left, bottom - top)]
            return [RotatedBox((left + right) / 2, (top + bottom) / 2, right - left, bottom - top, angle)]
        case "ellipse", numbers:
            return [Ellipse(*numbers)]
        case "polygon", _:
            return [Polygon(drawn.points())]
        case "polyline", _:
            return [Line(drawn.points())]
        case "points", _:
            return list(itertools.starmap(Point, drawn.points()))
        case _, numbers:
            whole = [int(number) for number in numbers if abs(number) < _MOST]
            if len(whole) < max(len(numbers), 5):
                raise ValueError("the runs of its mask are none.")
            left, top, width, height, *counts = whole
            return [Mask(left, top, width, height, tuple(counts))]


def shown(shape: Flat, sample: Sample, *, tracked: bool = False) -> Drawn:
    """What CVAT draws for a shape; in a track it has no masks."""
    drawn = _drawn(shape, sample, tracked=tracked)
    try:
        seen(drawn)
    except ValueError:  # a size that is lost among the digits of its place
        return _outline(_outer(bounds(shape)))
    return drawn


def _drawn(shape: Flat, sample: Sample, *, tracked: bool) -> Drawn:
    match shape:
        case Point():
            return Drawn("points", (shape.x, shape.y))
        case Line(points):
            return _outline(points, "polyline")
        case Box():
            return Drawn("box", (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height, 0))
        case RotatedBox():
            wide, high = shape.width / 2, shape.height / 2
            sides = shape.x - wide, shape.y - high, shape.x + wide, shape.y + high
            return Drawn("box", (*sides, shape.angle % 360))
        case Ellipse():
            return Drawn("ellipse", (shape.x, shape.y, shape.radius_x, shape.radius_y, shape.angle % 360))
        case Polygon() | MultiPolygon() | Mask():
            found = None if tracked or (isinstance(shape, Polygon) and not shape.holes) else _painted(shape, sample)
            return _outline(_outer(shape)) if found is None else found


def _painted(shape: Flat, sample: Sample) -> Drawn | None:
    if isinstance(shape, Mask) and min(shape.x, shape.y) >= 0:
        inside = shape.x + shape.width <= sample.width and shape.y + shape.height <= sample.height
        found = shape if inside else masks.painted(shape, sample.width, sample.height)
    else:
        found = masks.painted(shape, sample.width, sample.height)
    if found is None:
        return None
    return Drawn("mask", (found.x, found.y, found.width, found.height, *found.counts))


def _outline(points: Sequence[XY], tag: str = "polygon") -> Drawn:
    return Drawn(tag, tuple(number for point in points for number in point))


def _outer(shape: Flat) -> Sequence[XY]:
    match shape:
        case Polygon(points):
            return points
        case MultiPolygon(parts):
            return parts[0].points
        case _:
            box = bounds(shape)
            right, bottom = box.x + box.width, box.y + box.height
            return ((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom))


def tracks(elements: Sequence[Drawn], rate: float) -> list[Track]:
    """The key frames of a track; of several points together, a track of each. Raises ValueError with a sentence."""
    counts = {len(one.numbers) // 2 for one in elements if one.tag == "points"}
    if len(counts) > 1:
        raise ValueError("its points are not as many in every frame.")
    return [_track(elements, rate, number) for number in range(*counts or (1,))]


def _track(elements: Sequence[Drawn], rate: float, number: int) -> Track:
    keys = {one.frame: Key(one.frame / rate, None if one.outside else seen(one)[number]) for one in elements}
    return Track(tuple(key for _, key in sorted(keys.items())))


def frames(shape: Track, sample: Sample, rate: float) -> list[Drawn]:
    """The elements of a track: where it is outside, its last shape stands, or else its next. None without any shape."""
    found: dict[int, Drawn] = {}
    last = next((key.shape for key in shape.keys if key.shape is not None), None)
    for key in shape.keys:
        last = key.shape or last
        if last is not None:
            drawn, at = shown(last, sample, tracked=True), max(0, round(key.time * rate))
            found[at] = Drawn(drawn.tag, drawn.numbers, at, key.shape is None)
    return [one for _, one in sorted(found.items())]


def drawn(shape: Shape, sample: Sample, rate: float) -> list[Drawn]:
    """What CVAT shows for a shape."""
    if isinstance(shape, Track):
        return frames(shape, sample, rate)
    if isinstance(shape, TimeFrequency):
        raise TypeError("CVAT holds no TimeFrequency: it was to be left out before.")
    return [shown(shape, sample)]


def same(some: Sequence[Drawn], others: Sequence[Drawn]) -> bool:
    """Whether elements say the same, but for CVAT's rounding."""
    return len(some) == len(others) and all(map(_alike, some, others))


def _alike(one: Drawn, other: Drawn) -> bool:
    if (one.tag, one.frame, one.outside, len(one.numbers)) != (
        other.tag,
        other.frame,
        other.outside,
        len(other.numbers),
    ):
        return False
    return all(abs(a - b) <= _ROUNDED for a, b in zip(one.numbers, other.numbers, strict=True))
