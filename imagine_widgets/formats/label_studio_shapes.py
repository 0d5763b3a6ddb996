"""Shapes as Label Studio says them: per cent of each side of the picture, turned about the top-left corner."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from imagine_kernels.records import Json
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
from imagine_widgets.formats import brush
from imagine_widgets.formats.vertices import outline

FRAMES_PER_SECOND = 25.0
"""Of videos whose frame rate nobody tells."""
_DOT = 0.5
_GONE = 0.001
Size = tuple[int, int]


def told(shape: Shape | None, size: Size) -> tuple[str, Json]:
    """The type and value that come nearest to a shape; of several outlines the largest one."""
    if shape is None:
        return "choices", {}
    if isinstance(shape, TimeFrequency):
        return "labels", {"start": shape.start, "end": shape.end, "channel": 0}
    return ("videorectangle", _sequence(shape, size)) if isinstance(shape, Track) else _flat(shape, size)


def _flat(shape: Flat, size: Size) -> tuple[str, Json]:
    kind, value = "rectanglelabels", _box(shape if isinstance(shape, Box | RotatedBox) else bounds(shape), size)
    match shape:
        case Point():
            kind, value = "keypointlabels", _at(shape.x, shape.y, size) | {"width": _DOT}
        case Line():
            kind, value = "polygonlabels", {"points": _points(shape.points, size), "closed": False}
        case Polygon() | MultiPolygon():
            kind, value = "polygonlabels", {"points": _points(outline(shape), size), "closed": True}
        case Ellipse():
            radii = {"radiusX": shape.radius_x / size[0] * 100, "radiusY": shape.radius_y / size[1] * 100}
            kind, value = "ellipselabels", _at(shape.x, shape.y, size) | radii | {"rotation": shape.angle}
        case Mask():
            painted = brush.encode(shape, *size)
            if painted is not None:
                kind, value = "brushlabels", {"format": "rle", "rle": painted}
    return kind, value


def _at(x: float, y: float, size: Size) -> Json:
    return {"x": x / size[0] * 100, "y": y / size[1] * 100}


def _points(points: Sequence[XY], size: Size) -> list[list[float]]:
    return [[x / size[0] * 100, y / size[1] * 100] for x, y in points]


def _box(shape: Box | RotatedBox, size: Size) -> Json:
    x, y, angle = shape.x, shape.y, 0.0
    if isinstance(shape, RotatedBox):
        (x, y), angle = shape.corners()[0], shape.angle
    sides = {"width": shape.width / size[0] * 100, "height": shape.height / size[1] * 100}
    return _at(x, y, size) | sides | {"rotation": angle}


def _sequence(track: Track, size: Size) -> Json:
    """Key frames; where the thing is gone it is switched off, at the place where it was seen last."""
    frames: dict[int, Json] = {}
    last: Json = {}
    for key in track.keys:
        if key.shape is not None:
            last = _box(key.shape if isinstance(key.shape, Box | RotatedBox) else bounds(key.shape), size)
        elif not last:
            continue
        frame = max(1, round(key.time * FRAMES_PER_SECOND) + 1)
        frames[frame] = {"frame": frame, "time": key.time, "enabled": key.shape is not None, **last}
    count = max(frames, default=1)
    return {"framesCount": count, "duration": count / FRAMES_PER_SECOND, "sequence": list(frames.values())}


def drawn(kind: str, value: Mapping[str, Any], size: Size | None) -> Shape | None:
    """The shape of a value; None for the whole sample. Raises ValueError, KeyError or TypeError with a sentence."""
    if kind in ("choices", "taxonomy"):
        return None
    if kind in ("labels", "audio", "timeserieslabels") and isinstance(value.get("start"), int | float):
        return TimeFrequency(float(value["start"]), float(value["end"]))
    reader = _READERS.get(kind.removesuffix("labels"))
    if reader is None:
        raise ValueError(f"a result of type {kind!r} is no label that can be read.")
    if size is None:
        raise ValueError("the size of its picture is not told, so its per cent cannot be made pixels.")
    return reader(value, size)


def _length(share: Any, whole: int) -> float:  # noqa: ANN401
    return float(share) / 100 * whole


def _place(value: Mapping[str, Any], size: Size) -> XY:
    return _length(value["x"], size[0]), _length(value["y"], size[1])


def _point(value: Mapping[str, Any], size: Size) -> Point:
    return Point(*_place(value, size))


def _ellipse(value: Mapping[str, Any], size: Size) -> Ellipse:
    radii = _length(value["radiusX"], size[0]), _length(value["radiusY"], size[1])
    return Ellipse(*_place(value, size), *radii, float(value.get("rotation") or 0))


def _outline(value: Mapping[str, Any], size: Size) -> Line | Polygon:
    given = value.get("points") or value.get("vertices") or []
    pairs = [(one["x"], one["y"]) if isinstance(one, Mapping) else one for one in given]
    points = tuple((_length(x, size[0]), _length(y, size[1])) for x, y in pairs)
    return Line(points) if value.get("closed") is False else Polygon(points)


def _painted(value: Mapping[str, Any], size: Size) -> Mask:
    if value.get("format", "rle") != "rle" or not isinstance(value.get("rle"), list):
        raise ValueError("it is painted in another way than run lengths.")
    found = brush.decode(value["rle"], *size)
    if found is None:
        raise ValueError("nothing of it is painted.")
    return found


def _turned(value: Mapping[str, Any], size: Size) -> Box | RotatedBox:
    x, y = _place(value, size)
    width, height = _length(value["width"], size[0]), _length(value["height"], size[1])
    angle = float(value.get("rotation") or 0)
    if angle == 0:
        return Box(x, y, width, height)
    turn = math.radians(angle)
    across = (width * math.cos(turn) - height * math.sin(turn)) / 2
    down = (width * math.sin(turn) + height * math.cos(turn)) / 2
    return RotatedBox(x + across, y + down, width, height, angle)


def _track(value: Mapping[str, Any], size: Size) -> Track:
    """Times as they are told, else frames by the frame rate that count and duration give; the first frame is 1."""
    count, duration = value.get("framesCount"), value.get("duration")
    rate = count / duration if count and duration else FRAMES_PER_SECOND
    found: dict[float, Flat | None] = {}
    for one in value["sequence"]:
        time = one.get("time")
        moment = (float(one["frame"]) - 1) / rate if time is None else float(time)
        found[moment] = _turned(one, size)
        if one.get("enabled") is False:
            found[moment + _GONE] = None
    return Track(tuple(Key(time, found[time]) for time in sorted(found)))


_READERS: Mapping[str, Callable[[Mapping[str, Any], Size], Shape]] = {
    "keypoint": _point,
    "polygon": _outline,
    "vector": _outline,
    "ellipse": _ellipse,
    "brush": _painted,
    "rectangle": _turned,
    "videorectangle": _track,
}
