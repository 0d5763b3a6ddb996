"""Picture of one particle → how large it is, as a FlowCam tells it, where no instrument has measured it.

"ABD" is the diameter of the circle of the same area, "ESD" the mean of the distances between parallel tangents (feret)
over 36 angles; volumes are those of the spheres of these diameters. As VisualSpreadsheet defines them.
"""

import math
from typing import Any

import numpy as np
from scipy import ndimage

from imagine_kernels.features.particle import EIGHT, Grey, Mask, otsu, rim
from imagine_kernels.records import Quantity
from imagine_kernels.units import convert

Floats = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]

_UM = "micrometer"
_FAINTEST = 0.05
"""Share of the water's grey: what differs by less is uneven light."""
_GRAINS = 3.0
"""Standard deviations of the water's grain that a pixel must exceed."""
_REACH = 3
"""Pixels: gaps up to twice as wide are closed, such as a bright rim between a dark body and its outline."""


def body(picture: Grey) -> Mask:
    """Which pixels of a grey picture (H, W) are the particle, its holes included.

    What is darker or lighter than the water, which is the median of the picture's rim: more than its grain, and more
    than halfway to the threshold that parts the contrasts best (Otsu 1979, doi:10.1109/TSMC.1979.4310076). Raises
    ValueError with a sentence where nothing stands out.
    """
    water = rim(picture)
    off = np.abs(ndimage.gaussian_filter(picture.astype(float), 1.0) - water)
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).astype(float)
    grain = 1.4826 * float(np.median(np.abs(edge - water)))
    least = max(_GRAINS * grain, _FAINTEST * water, 1.0)
    threshold = max(least, (least + otsu(np.clip(off, 0, 255).astype(np.uint8))) / 2)
    taken = np.pad(off > threshold, _REACH)
    near = ndimage.iterate_structure(ndimage.generate_binary_structure(2, 1), _REACH)
    closed = ndimage.binary_closing(taken, near)[_REACH:-_REACH, _REACH:-_REACH]
    named, count = ndimage.label(ndimage.binary_fill_holes(closed), EIGHT)
    if count == 0:
        raise ValueError("Nothing in the picture stands out from the water, so its size is unknown.")
    found: Mask = named == int(np.bincount(named.ravel())[1:].argmax()) + 1
    return found


def is_cut(mask: Mask) -> bool:
    """Whether the particle touches the edge of its picture: then it is larger than it seems."""
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


def ferets(mask: Mask) -> Floats:
    """Extent of the mask in pixels at 36 angles, 5 degrees apart, from pixel edge to pixel edge."""
    y, x = np.nonzero(mask & (ndimage.laplace(mask.astype(np.int8), mode="constant") != 0))
    angles = np.deg2rad(np.arange(0, 180, 5))
    along = np.outer(np.cos(angles), x) + np.outer(np.sin(angles), y)
    extent: Floats = np.ptp(along, axis=1)
    extent += np.abs(np.cos(angles)) + np.abs(np.sin(angles))
    return extent


def sizes(mask: Mask, pixel_size: Quantity) -> dict[str, Quantity]:
    """Area, diameters, length, width and volumes of what the mask takes, by the names a FlowCam's table has them."""
    side = convert(pixel_size, _UM).value
    across, area = ferets(mask) * side, np.count_nonzero(mask) * side**2
    round_as, feret = 2 * math.sqrt(area / math.pi), float(across.mean())
    lengths = {"diameter_abd": round_as, "diameter_esd": feret, "length": across.max(), "width": across.min()}
    volumes = {"volume_abd": math.pi / 6 * round_as**3, "volume_esd": math.pi / 6 * feret**3}
    return {
        "area_abd": Quantity(float(area), f"{_UM} ** 2"),
        **{name: Quantity(float(value), _UM) for name, value in lengths.items()},
        **{name: Quantity(float(value), f"{_UM} ** 3") for name, value in volumes.items()},
    }
