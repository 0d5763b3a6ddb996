"""Shapes as Labelbox says them: named corners in pixels, key frames counted from 1, painted pixels as a PNG in text."""

import base64
import binascii
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from imagine_kernels.images import Window, decoding, masks
from imagine_kernels.records import Json, Sample
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
from imagine_widgets.formats.vertices import outline, rim

FRAMES_PER_SECOND = 25.0
_MOST_PIXELS = 2**27


def told(shape: Shape, sample: Sample) -> Json:
    """The geometry of an import; what Labelbox does not know becomes an outline, or the box around it."""
    match shape:
        case Point():
            return {"point": {"x": shape.x, "y": shape.y}}
        case Line():
            return {"line": _named(shape.points)}
        case Mask():
            painted = _png(shape, sample)
            return {"bbox": _sides(bounds(shape))} if painted is None else {"mask": {"png": painted}}
        case Track():
            return {"segments": _segments(shape)}
        case TimeFrequency():
            raise TypeError("Labelbox holds no sounds: they were to be left out before.")
        case _:
            return _area(shape)


def _area(shape: Flat) -> Json:
    if isinstance(shape, RotatedBox):
        return {"polygon": _named(shape.corners())}
    if isinstance(shape, Polygon | MultiPolygon):
        return {"polygon": _named(outline(shape))}
    return {"polygon": _named(rim(shape))} if isinstance(shape, Ellipse) else {"bbox": _sides(bounds(shape))}


def _named(points: Sequence[XY]) -> list[Json]:
    return [{"x": x, "y": y} for x, y in points]


def _sides(box: Box) -> Json:
    return {"top": box.y, "left": box.x, "height": box.height, "width": box.width}


def _png(mask: Mask, sample: Sample) -> str | None:
    """The whole picture with the mask in white; None where nothing of it lies within, or it is too large."""
    if sample.width * sample.height > _MOST_PIXELS:
        return None
    seen = masks.inside(mask, Window(0, 0, sample.width, sample.height))
    if not seen.any():
        return None
    file = io.BytesIO()
    Image.fromarray(seen.astype(np.uint8) * 255).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _segments(track: Track) -> list[Json]:
    """Stretches of key frames between which the thing is gone."""
    segments: list[dict[int, Json]] = [{}]
    for key in track.keys:
        if key.shape is None:
            segments.append({})
            continue
        frame = max(1, round(key.time * FRAMES_PER_SECOND) + 1)
        place: Json = {"bbox": _sides(bounds(key.shape))}
        if isinstance(key.shape, Point):
            place = {"point": {"x": key.shape.x, "y": key.shape.y}}
        segments[-1][frame] = {"frame": frame, **place}
    return [{"keyframes": list(frames.values())} for frames in segments if frames]


def drawn(row: Mapping[str, Any], rate: float = FRAMES_PER_SECOND) -> Shape | None:
    """The shape of a row or object of Labelbox; None where it has none. Raises ValueError or KeyError."""
    if isinstance(row.get("segments"), list):
        return _track(row["segments"], rate)
    box = row.get("bbox") or row.get("bounding_box")
    if box:
        return Box(*(float(box[side]) for side in ("left", "top", "width", "height")))
    if row.get("point"):
        return Point(*_place(row["point"]))
    for kind, most in (("polygon", Polygon), ("line", Line)):
        if row.get(kind):
            points = tuple(map(_place, row[kind]))
            closed = most is Polygon and len(points) > 3 and points[0] == points[-1]
            return most(points[:-1] if closed else points)
    if row.get("mask"):
        return _painted(row["mask"])
    return None


def _place(point: Mapping[str, Any]) -> XY:
    return float(point["x"]), float(point["y"])


def _painted(mask: Mapping[str, Any]) -> Mask:
    if "png" not in mask:
        raise ValueError("its mask lies on Labelbox's server, not in the file: export it with its masks.")
    try:
        pixels = decoding.pixels(base64.b64decode(str(mask["png"])), grey=True)
    except binascii.Error as error:
        raise ValueError("its mask is no PNG written as text.") from error
    found = masks.encode(pixels[..., 0] > 0 if pixels.ndim == 3 else pixels > 0)
    if found is None:
        raise ValueError("its mask is empty.")
    return found


def _track(segments: Sequence[Mapping[str, Any]], rate: float) -> Track:
    found: dict[float, Flat | None] = {}
    for segment in segments:
        for key in segment["keyframes"]:
            shape = drawn(key)
            if shape is not None and not isinstance(shape, TimeFrequency | Track):
                found[(float(key["frame"]) - 1) / rate] = shape
        if found and segment is not segments[-1]:
            found[max(found) + 0.5 / rate] = None
    return Track(tuple(Key(time, found[time]) for time in sorted(found)))
