"""A picture of any size → the tiles that cover it: what a network or a threshold looks at, one after the other."""

from collections.abc import Iterator
from typing import NamedTuple


class Window(NamedTuple):
    """A part of a picture in whole pixels, as shown upright."""

    x: int
    y: int
    width: int
    height: int


def tiles(width: int, height: int, side: int = 1024, overlap: int = 0) -> Iterator[Window]:
    """Tiles that cover a picture, row by row; neighbours share at least `overlap` pixels.

    All are `side` × `side` where the picture is that large: they are spread evenly instead of leaving a narrow rest.
    Raises ValueError with a sentence where the overlap leaves nothing of a tile.
    """
    if side < 1 or not 0 <= overlap < side:
        raise ValueError(f"Tiles of {side} pixels cannot overlap by {overlap}: choose an overlap from 0 to {side - 1}.")
    for y in _starts(height, side, overlap):
        for x in _starts(width, side, overlap):
            yield Window(x, y, min(side, width), min(side, height))


def bands(width: int, height: int, pixels: int = 4_000_000) -> Iterator[Window]:
    """Windows of full width, from the top down, without overlap, of at most `pixels` pixels (or one row)."""
    rows = max(1, pixels // width)
    for y in range(0, height, rows):
        yield Window(0, y, width, min(rows, height - y))


def _starts(length: int, side: int, overlap: int) -> list[int]:
    if length <= side:
        return [0]
    steps = -(-(length - side) // (side - overlap))
    return [round(step * (length - side) / steps) for step in range(steps + 1)]
