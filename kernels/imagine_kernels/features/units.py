"""Features in pixels → lengths, areas and volumes with units, where the side of a pixel is known."""

import math
from collections.abc import Mapping

from imagine_kernels.records import Quantity

_LENGTHS = ("perim.", "feret", "major", "minor", "width", "height", "esd", "convperim")
_AREAS = ("area", "area_exc", "convarea")


def physical(features: Mapping[str, float], pixel_size: Quantity | None) -> dict[str, Quantity]:
    """The features that have a size, in the unit of `pixel_size`, and two volumes; nothing where it is None.

    `volume_esd` is that of the sphere of the same area, as EcoTaxa computes it: 4/3 π (√(area / π) · pixel)³;
    `volume_ellipsoid` that of the best fitting ellipse turned about its major axis, 4/3 π · major / 2 · (minor / 2)²
    (Gorsky et al. 2010, doi:10.1093/plankt/fbp124).
    """
    if pixel_size is None:
        return {}
    side, unit = pixel_size.value, pixel_size.unit
    found = {name: Quantity(features[name] * side, unit) for name in _LENGTHS}
    found |= {name: Quantity(features[name] * side**2, f"{unit} ** 2") for name in _AREAS}
    sphere = math.pi / 6 * features["esd"] ** 3
    ellipsoid = math.pi / 6 * features["major"] * features["minor"] ** 2
    found["volume_esd"] = Quantity(sphere * side**3, f"{unit} ** 3")
    found["volume_ellipsoid"] = Quantity(ellipsoid * side**3, f"{unit} ** 3")
    return found
