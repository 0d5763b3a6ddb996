"""Where a tracked thing is at any time of a film: the same numbers in Python as the widget shows (track.ts)."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from imagine_kernels.shapes import XY, Box, Ellipse, Flat, Line, Point, Polygon, RotatedBox, Track

_SAME = 1e-6
"""Seconds: two times nearer than that are one."""


def at(track: Track, time: float) -> Flat | None:
    """Its shape at `time`, in seconds after the first frame; None before it appears and where it is gone."""
    after = bisect_right(track.keys, time + _SAME, key=lambda key: key.time)
    before = track.keys[after - 1] if after else None
    if before is None or before.shape is None:
        return None
    following = track.keys[after] if after < len(track.keys) else None
    if following is None or following.shape is None or abs(before.time - time) <= _SAME:
        return before.shape
    return between(before.shape, following.shape, (time - before.time) / (following.time - before.time))


def between(first: Flat, second: Flat, share: float) -> Flat:
    """The shape on the way from one to another; the first where they are not alike."""
    match first, second:
        case Line(a), Line(b) if len(a) == len(b):
            return Line(_points(a, b, share))
        case Polygon(a, ()), Polygon(b, ()) if len(a) == len(b):
            return Polygon(_points(a, b, share))
        case (Point(), Point()) | (Box(), Box()) | (RotatedBox(), RotatedBox()) | (Ellipse(), Ellipse()):
            return replace(first, **_numbers(first, second, share))
    return first


def _points(first: Sequence[XY], second: Sequence[XY], share: float) -> tuple[XY, ...]:
    return tuple((a + (c - a) * share, b + (d - b) * share) for (a, b), (c, d) in zip(first, second, strict=True))


def _numbers(first: Flat, second: Flat, share: float) -> dict[str, Any]:
    pairs = {one.name: (getattr(first, one.name), getattr(second, one.name)) for one in fields(first)}
    made = {name: a + (b - a) * share for name, (a, b) in pairs.items()}
    if "angle" in made:  # the shorter way round
        a, b = pairs["angle"]
        made["angle"] = (a + ((b - a + 180) % 360 - 180) * share) % 360
    return made
