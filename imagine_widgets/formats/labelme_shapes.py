"""Shapes ↔ what LabelMe draws: polygon, rectangle, circle, line, linestrip, point, and masks as PNG files in text."""

import base64
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from imagine_kernels.images import masks
from imagine_kernels.records import Sample
from imagine_kernels.shapes import (
    XY,
    Box,
    Ellipse,
    Flat,
    Line,
    Mask,
    MultiPolygon,
    Point,
    Polygon,
    RotatedBox,
)


def seen(row: Mapping[str, Any], sample: Sample) -> Flat:  # noqa: PLR0911 - one per kind of shape
    """The shape that a row of the file draws. Raises ValueError with a sentence, or KeyError."""
    points: list[XY] = [(float(x), float(y)) for x, y in row["points"]]
    match row.get("shape_type") or "polygon", points:
        case "polygon", _:
            return Polygon(tuple(points))
        case "oriented_rectangle", [_, _, _, _]:
            return Polygon(tuple(points))
        case "rectangle", [(ax, ay), (bx, by)]:
            return Box(min(ax, bx), min(ay, by), abs(bx - ax), abs(by - ay))
        case "circle", [centre, rim]:
            radius = math.dist(centre, rim)
            return Ellipse(*centre, radius, radius)
        case "line" | "linestrip", _:
            return Line(tuple(points))
        case "point", [(x, y)]:
            return Point(x, y)
        case "mask", [(x, y), _]:
            return _mask(str(row["mask"]), int(x), int(y), sample)
        case kind, _:
            raise ValueError(f"a {str(kind)[:40]!r} of {len(points)} points is not known here.")


def _mask(packed: str, x: int, y: int, sample: Sample) -> Mask:
    """A PNG of the crop. Its size is looked at before it is unpacked: no mask is larger than its picture."""
    with Image.open(io.BytesIO(base64.b64decode(packed)), formats=["PNG"]) as found:
        if found.width > sample.width or found.height > sample.height:
            raise ValueError(
                f"its mask is of {found.width} x {found.height} pixels, more than its picture of "
                f"{sample.width} x {sample.height}."
            )
        inside = np.asarray(found.convert("L") if found.mode not in {"1", "L", "I", "I;16"} else found) > 0
    mask = masks.encode(inside, x, y)
    if mask is None:
        raise ValueError("its mask is empty.")
    return mask


def together(rows: Sequence[Mapping[str, Any]], sample: Sample) -> Flat:
    """The shape of the rows of one group: several outlines are one thing."""
    found = [seen(row, sample) for row in rows]
    outlines = tuple(one for one in found if isinstance(one, Polygon))
    return found[0] if len(found) == 1 else MultiPolygon(outlines)


def drawings(shape: Flat, sample: Sample) -> list[dict[str, Any]]:
    """What LabelMe draws for a shape: of several outlines without holes each, to be in one group."""
    if isinstance(shape, MultiPolygon) and not any(part.holes for part in shape.parts):
        return [_drawn("polygon", part.points) for part in shape.parts]
    return [shown(shape, sample)]


def shown(shape: Flat, sample: Sample) -> dict[str, Any]:  # noqa: PLR0911 - one per kind of shape
    """What LabelMe draws for a shape."""
    match shape:
        case Point():
            return _drawn("point", [(shape.x, shape.y)])
        case Line(points):
            return _drawn("line" if len(points) == 2 else "linestrip", points)
        case Box():
            right, bottom = shape.x + shape.width, shape.y + shape.height
            if right > shape.x and bottom > shape.y:
                return _drawn("rectangle", [(shape.x, shape.y), (right, bottom)])
            return _drawn("polygon", [(shape.x, shape.y), (right, shape.y), (right, bottom)])  # lost among its digits
        case RotatedBox():
            return _drawn("polygon", shape.corners())
        case Ellipse() if shape.radius_x == shape.radius_y and shape.x + shape.radius_x > shape.x:
            return _drawn("circle", [(shape.x, shape.y), (shape.x + shape.radius_x, shape.y)])
        case Ellipse():
            return _drawn("polygon", masks.rim(shape))
        case Polygon(points, ()):
            return _drawn("polygon", points)
        case Polygon() | MultiPolygon() | Mask():
            return _painted(shape, sample) or _drawn("polygon", _outer(shape))


def _outer(shape: Polygon | MultiPolygon | Mask) -> Sequence[XY]:
    """For what has no pixel within the picture."""
    match shape:
        case Polygon():
            return shape.points
        case MultiPolygon():
            return shape.parts[0].points
        case Mask():
            right, bottom = shape.x + shape.width, shape.y + shape.height
            return [(shape.x, shape.y), (right, shape.y), (right, bottom), (shape.x, bottom)]


def _painted(shape: Flat, sample: Sample) -> dict[str, Any] | None:
    found = masks.painted(shape, sample.width, sample.height)
    if found is None:
        return None
    out = io.BytesIO()
    Image.fromarray(masks.decode(found).astype(np.uint8)).save(out, "PNG")
    ends = [(found.x, found.y), (found.x + found.width - 1, found.y + found.height - 1)]
    return _drawn("mask", ends) | {"mask": base64.b64encode(out.getvalue()).decode()}


def _drawn(kind: str, points: Sequence[XY]) -> dict[str, Any]:
    return {"points": [list(point) for point in points], "shape_type": kind}
