"""What a FlowCam measures on one particle, from its mask and grey values: sizes in micrometres, shape, brightness.

"ABD" is the diameter of the circle of the same area, "ESD" the mean of the distances between parallel tangents
(feret) over 36 angles; volumes are of the sphere of that diameter. As VisualSpreadsheet defines them.
"""

import numpy as np
from scipy.ndimage import binary_fill_holes

from imagine_kernels.features.sizes import ferets
from imagine_kernels.use_cases.phytoplankton.optics import Mask, Shot


def _perimeter(mask: Mask) -> float:
    """Length of the outline in pixels by Crofton's formula on four directions (Legland et al., 2007)."""
    padded = np.pad(mask, 1)
    straight = np.count_nonzero(np.diff(padded, axis=0)) + np.count_nonzero(np.diff(padded, axis=1))
    slanted = np.count_nonzero(padded[1:, 1:] != padded[:-1, :-1]) + np.count_nonzero(
        padded[1:, :-1] != padded[:-1, 1:]
    )
    return float(np.pi / 8 * (straight + slanted / np.sqrt(2)))


def measure(shot: Shot, scale: float) -> dict[str, tuple[str, object]]:
    """Name in the list → its name in the table and the value as text; `scale` is micrometres per pixel."""
    filled = binary_fill_holes(shot.mask)
    across = ferets(filled) * scale
    area, whole = np.count_nonzero(shot.mask) * scale**2, np.count_nonzero(filled) * scale**2
    round_as, feret = 2 * np.sqrt(area / np.pi), across.mean()
    perimeter = _perimeter(filled) * scale
    grey = shot.grey[shot.mask].astype(float)
    values = {
        "abd_area": ("Area (ABD)", area),
        "filled_area": ("Area (Filled)", whole),
        "abd_diameter": ("Diameter (ABD)", round_as),
        "esd_diameter": ("Diameter (ESD)", feret),
        "length": ("Length", across.max()),
        "width": ("Width", across.min()),
        "perimeter": ("Perimeter", perimeter),
        "intensity": ("Intensity", grey.mean()),
        "sigma_intensity": ("Sigma Intensity", grey.std()),
        "volume_abd": ("Volume (ABD)", np.pi / 6 * round_as**3),
        "volume_esd": ("Volume (ESD)", np.pi / 6 * feret**3),
        "aspect_ratio": ("Aspect Ratio", across.min() / across.max()),
        "circularity": ("Circularity", min(1.0, 4 * np.pi * whole / perimeter**2)),
    }
    return {name: (title, f"{value:.4f}") for name, (title, value) in values.items()}
