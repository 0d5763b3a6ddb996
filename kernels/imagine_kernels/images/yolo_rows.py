"""A row of a YOLO label file → a region: upright box, oriented box (four corners) or outline, in pixels.

A row is the class's number, then shares of the picture: centre x, centre y, width, height; or the corners x y of an
outline. One more number at its end is a confidence.
"""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imagine_kernels.records import Box, Region
from imagine_kernels.shapes import XY, Polygon, RotatedBox

_OUTSIDE = 0.02
"""Programs round, and let boxes reach a little over the border; what is farther out is no share of the picture."""
_MOST = 100_000
"""Rows. A longer file is no list of what one picture shows."""
_UNEVEN = 0.03, 1.5
"""By how much of its longer side, or by how many pixels, four corners may miss a rectangle."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read: its number in the file from 1, the class, shares of the picture, the confidence if any."""

    number: int
    kind: int
    shares: tuple[float, ...]
    score: float | None


class RowError(ValueError):
    """A row that cannot be used; says which and why."""


def read(text: str, *, boxes: bool = False) -> list[Row]:
    """The rows of a label file, none twice; with `boxes` what follows a box (key points) is left.

    Raises RowError with a sentence naming the first that cannot be used.
    """
    lines = text.splitlines()
    if len(lines) > _MOST:
        raise RowError(f"It has {len(lines):,} rows, which no picture shows.")
    rows: dict[tuple[object, ...], Row] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            words = line.split()
            found = row(number, words[:5] if boxes else words)
            rows.setdefault((found.kind, found.shares), found)
    return list(rows.values())


def row(number: int, words: Sequence[str]) -> Row:
    """One row, split into words. Raises RowError with a sentence."""
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise RowError(f"Row {number} holds {_strange(words)!r}, which is no number. Correct it.") from None
    kind, rest = numbers[0], numbers[1:]
    if not all(map(math.isfinite, numbers)):
        odd = next(word for word, one in zip(words, numbers, strict=True) if not math.isfinite(one))
        raise RowError(f"Row {number} holds {odd[:20]!r}, which is no finite number. Correct it.")
    if kind != int(kind) or kind < 0:
        raise RowError(f"Row {number} begins with {words[0][:20]!r}: give the class's number, 0 or more.")
    if len(rest) < 4:
        raise RowError(f"Row {number} has {len(rest)} numbers after the class: give 4 (a box) or the corners' x and y.")
    score = rest.pop() if len(rest) % 2 else None
    if len(rest) == 4 and min(rest[2:]) <= 0:
        raise RowError(f"Row {number} is a box without a size. Delete or correct it.")
    if score is not None and not 0 <= score <= 1:
        raise RowError(f"Row {number} ends with {score:g}, which is no confidence from 0 to 1. Correct it.")
    if far := [share for share in _reach(rest) if not -_OUTSIDE <= share <= 1 + _OUTSIDE]:
        raise RowError(
            f"Row {number} reaches to {far[0]:g}, outside the picture: give shares of its width and height, 0 to 1."
        )
    return Row(number, int(kind), tuple(rest), score)


def _strange(words: Sequence[str]) -> str:
    for word in words:
        try:
            float(word)
        except ValueError:
            return "".join(letter for letter in word[:20] if letter.isprintable())
    return ""


def _reach(shares: Sequence[float]) -> list[float]:
    """The shares at which a shape begins and ends."""
    if len(shares) != 4:
        return list(shares)
    x, y, width, height = shares
    return [x - width / 2, x + width / 2, y - height / 2, y + height / 2]


def oriented(rows: Sequence[Row]) -> bool:
    """Whether rows with four corners are oriented boxes: in sets of outlines, some have more corners."""
    outlines = [one for one in rows if len(one.shares) > 4]
    return all(len(one.shares) == 8 for one in outlines)


def region(given: Row, names: Mapping[int, str] | None, size: tuple[int, int], where: str, *, turned: bool) -> Region:
    """The row as a region of a picture of `size`; `turned` where four corners are an oriented box.

    `where` tells the row's file for the region's id. Raises RowError where the class has no name or the shape no size.
    """
    label = f"class_{given.kind}" if names is None else names.get(given.kind)
    if not label:
        raise RowError(f"Row {given.number} is of class {given.kind}, which has no name in data.yaml. Add it.")
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"yolo:{where}:{given.kind}:{given.shares}").hex
    try:
        return Region(label, given.score, shape(given.shares, size, turned=turned), name)
    except ValueError as error:
        raise RowError(f"Row {given.number}: {error} Delete or correct it.") from error


def shape(shares: Sequence[float], size: tuple[int, int], *, turned: bool) -> Box | RotatedBox | Polygon:
    """The shares of a row in pixels of a picture of `size`. Raises ValueError where that is no shape."""
    if len(shares) == 4:
        left, right, top, bottom = (min(1.0, max(0.0, share)) for share in _reach(shares))
        return Box(left * size[0], top * size[1], (right - left) * size[0], (bottom - top) * size[1])
    points = tuple(
        (min(1.0, max(0.0, x)) * size[0], min(1.0, max(0.0, y)) * size[1])
        for x, y in zip(shares[::2], shares[1::2], strict=True)
    )
    if turned:
        free = [(x * size[0], y * size[1]) for x, y in zip(shares[::2], shares[1::2], strict=True)]
        if (box := _rectangle(free)) is not None:
            return box
    return Polygon(points)


def _rectangle(corners: Sequence[XY]) -> RotatedBox | None:
    """The oriented box with these corners, the first side its width; None where they are no rectangle."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    middle = (ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4
    along = (bx - ax + cx - dx) / 2, (by - ay + cy - dy) / 2
    across = (dx - ax + cx - bx) / 2, (dy - ay + cy - by) / 2
    width, height = math.hypot(*along), math.hypot(*across)
    if min(width, height) <= 0:
        raise ValueError("A rotated box needs a size.")
    turn = along[0] * across[1] - along[1] * across[0]
    if turn < 0:  # the corners run the other way round
        height_first = [corners[0], corners[3], corners[2], corners[1]]
        return _rectangle(height_first)
    box = RotatedBox(*middle, width, height, math.degrees(math.atan2(along[1], along[0])))
    off = max(math.dist(one, other) for one, other in zip(box.corners(), corners, strict=True))
    return box if off <= max(_UNEVEN[0] * max(width, height), _UNEVEN[1]) else None
