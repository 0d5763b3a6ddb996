"""Geometries of GeoJSON ↔ shapes, in pixels: what it does not know is written as its outline."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imagine_kernels.records import Json
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
    Shape,
    TimeFrequency,
    Track,
    bounds,
)
from imagine_widgets.formats import vertices


def places(given: Any) -> Iterator[Sequence[float]]:  # noqa: ANN401
    """Every place in a geometry, however deep."""
    given = given.get("coordinates") if isinstance(given, Mapping) else given
    if isinstance(given, list) and given and all(isinstance(one, int | float) for one in given):
        yield given
    elif isinstance(given, list):
        for one in given:
            yield from places(one)


def drawn(geometry: Any) -> Shape | None:  # noqa: ANN401
    """The shape of a geometry; None for the whole picture. Raises ValueError or TypeError with a sentence."""
    if geometry is None:
        return None
    kind, given = geometry.get("type"), geometry.get("coordinates")
    match kind:
        case "Point":
            return Point(*_place(given))
        case "LineString":
            return Line(tuple(map(_place, given)))
        case "Polygon":
            return _polygon(given)
        case "MultiPolygon":
            return MultiPolygon(tuple(map(_polygon, given)))
    raise ValueError(f"a geometry of type {kind!r} is no single thing that records hold.")


def _place(given: Sequence[float]) -> XY:
    return float(given[0]), float(given[1])


def _polygon(given: Sequence[Sequence[Sequence[float]]]) -> Polygon:
    rings = [tuple(map(_place, ring)) for ring in given]
    rings = [ring[:-1] if len(ring) > 3 and ring[0] == ring[-1] else ring for ring in rings]
    return Polygon(rings[0], tuple(rings[1:]))


def told(shape: Shape | None) -> Json | None:
    """The geometry that comes nearest to a shape; none where it is the whole picture."""
    match shape:
        case None | Track() | TimeFrequency():
            return None
        case Point():
            return {"type": "Point", "coordinates": [shape.x, shape.y]}
        case Line():
            return {"type": "LineString", "coordinates": list(map(list, shape.points))}
        case MultiPolygon():
            return {"type": "MultiPolygon", "coordinates": list(map(_rings, shape.parts))}
        case _:
            return {"type": "Polygon", "coordinates": _rings(_around(shape))}


def _around(shape: Flat) -> Polygon:
    match shape:
        case Polygon():
            return shape
        case Mask():
            return Polygon(vertices.outline(shape))
        case Ellipse():
            return Polygon(tuple(vertices.rim(shape)))
        case RotatedBox():
            return Polygon(shape.corners())
        case _:
            box: Box = bounds(shape)
            right, bottom = box.x + box.width, box.y + box.height
            return Polygon(((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom)))


def _rings(outline: Polygon) -> list[list[list[float]]]:
    return [[list(point) for point in (*ring, ring[0])] for ring in (outline.points, *outline.holes)]


def through(shape: Shape) -> Shape | None:
    """What a geometry gives back of a shape."""
    return drawn(told(shape))
