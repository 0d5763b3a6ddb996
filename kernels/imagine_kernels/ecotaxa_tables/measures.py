"""The features of an EcoTaxa table by their EcoTaxa names, with units: ZooProcess measures in pixels."""

from collections.abc import Mapping

from imagine_kernels.ecotaxa_tables import values
from imagine_kernels.records import Quantity

_PIXELS = (
    "perim.", "major", "minor", "feret", "width", "height", "x", "y", "xm", "ym", "bx", "by", "xstart", "ystart",
    "xmg5", "ymg5", "convperim", "esd", "centroids",
)  # fmt: skip
_AREAS = ("area", "area_exc", "skelarea", "convarea")
_NUMBERS = (
    "mean", "stddev", "mode", "min", "max", "circ.", "intden", "median", "skew", "kurt", "fractal", "slope",
    "histcum1", "histcum2", "histcum3", "nb1", "nb2", "nb3", "compentropy", "compmean", "compslope", "compm1",
    "compm2", "compm3", "symetrieh", "symetriev", "symetriehc", "symetrievc", "fcons", "thickr", "tag",
    "elongation", "range", "meanpos", "cv", "sr", "perimareaexc", "feretareaexc", "perimferet", "perimmajor",
    "circex", "cdexc",
)  # fmt: skip
FEATURES: Mapping[str, str] = {
    **dict.fromkeys(_PIXELS, "pixel"), **dict.fromkeys(_AREAS, "pixel ** 2"),
    **dict.fromkeys(_NUMBERS, "dimensionless"), "angle": "degree", "%area": "percent",
}  # fmt: skip
"""The unit of each feature; grey levels and counts are dimensionless."""
PLACES: Mapping[str, str] = {"lat": "degree", "lon": "degree", "depth_min": "meter", "depth_max": "meter"}
"""Where an object was caught, by the EcoTaxa names without "object_"."""


def measures(row: Mapping[str, str]) -> Mapping[str, Quantity]:
    """What a row of an EcoTaxa table says of its object; other columns of one's own have no known unit."""
    found = {}
    for column, text in row.items():
        name = column.removeprefix("object_")
        unit = (FEATURES.get(name) or PLACES.get(name)) if name != column else None
        value = None if unit is None else _value(name, text)
        if unit is not None and value is not None:
            found[name] = Quantity(value, unit)
    return found


def _value(name: str, text: str) -> float | None:
    try:
        return values.degrees(text, 180) if name in {"lat", "lon"} else values.number(text)
    except ValueError:
        return None
