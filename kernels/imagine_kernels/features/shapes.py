"""The shape of an object: scikit-image's region properties where they exist, ImageJ's and ZooProcess's rules else."""

import math

import numpy as np
from scipy import ndimage
from skimage.measure import regionprops
from skimage.morphology import skeletonize

from imagine_kernels.features import outline
from imagine_kernels.features.particle import Mask, Particle

_RADII = np.unique(np.round(1.1 ** np.arange(1, 41)))
"""Pixels: half the widths of the ribbons that are laid along the outline."""
_SMALL = 200


def position(particle: Particle) -> dict[str, float]:
    """Places in pixels: centroid and centroid by grey in the bounding box, the box and its first pixel in the picture.

    ImageJ counts from the corner of the box's first pixel, so the middle of that pixel is 0.5.
    """
    region = regionprops(particle.filled.view(np.uint8), intensity_image=particle.grey)[0]
    y, x = region.centroid
    ym, xm = region.centroid_weighted if particle.grey.any() else (y, x)  # all black: no grey to weigh by
    height, width = particle.filled.shape
    return {
        "x": x + 0.5,
        "y": y + 0.5,
        "xm": xm + 0.5,
        "ym": ym + 0.5,
        "bx": float(particle.x),
        "by": float(particle.y),
        "width": float(width),
        "height": float(height),
        "xstart": float(particle.x + int(np.argmax(particle.filled[0]))),
        "ystart": float(particle.y),
    }


def ellipse(particle: Particle) -> dict[str, float]:
    """ImageJ's best fitting ellipse: the second moments of the filled pixels, scaled to their area.

    `angle` in degrees from the x axis to the major axis, counter-clockwise. A pixel is a square, not a point: a
    twelfth is added to the moments. https://imagej.net/ij/docs/menus/analyze.html#ellipse
    """
    region = regionprops(particle.filled.view(np.uint8))[0]
    long, short = (4 * math.sqrt(value + 1 / 12) for value in region.inertia_tensor_eigvals)
    scale = math.sqrt(region.area / (math.pi / 4 * long * short))
    return {"major": long * scale, "minor": short * scale, "angle": (math.degrees(region.orientation) + 90) % 180}


def extent(particle: Particle) -> dict[str, float]:
    """Areas and lengths in pixels.

    `convarea` counts the pixels of the convex hull; `convperim` the pixels ZooProcess draws around it, which for every
    convex outline are as many as around its bounding box.
    """
    corners = outline.trace(particle.filled)
    area, solid = int(particle.filled.sum()), int(particle.body.sum())
    height, width = particle.filled.shape
    length = outline.perimeter(corners)
    return {
        "area": float(area),
        "area_exc": float(solid),
        "%area": 100 * (1 - solid / area),
        "perim.": length,
        "circ.": 4 * math.pi * area / length**2,
        "feret": outline.feret(outline.hull(corners)),
        "skelarea": float(skeletonize(particle.body).sum()),
        "fractal": fractal(particle.body),
        "convperim": float(max(2 * (height - 1) + 2 * (width - 1), 1)),
        "convarea": float(regionprops(particle.filled.view(np.uint8))[0].area_convex),
    }


def fractal(body: Mask) -> float:
    """Fractal dimension of the outline, holes included, by the area of ribbons of growing width laid along it.

    Bérubé and Jébrak 1999, doi:10.1016/S0098-3004(99)00037-2 ("sausage" method), with the widths, the canvas (four
    times the object, twice the larger ones) and the ratio of spreads for the slope that ZooProcess takes.
    """
    share = 0.5 if min(body.shape) >= _SMALL else 1.5
    rims = [min(int(share * side), int(_RADII[-1]) + 1) for side in body.shape]  # further out, no ribbon reaches
    outside = ndimage.distance_transform_edt(np.pad(~body, [(rim, rim) for rim in rims], constant_values=True))
    inside = ndimage.distance_transform_edt(np.pad(body, 1))
    counts = np.bincount(np.rint(outside[outside > 0]).astype(int), minlength=int(_RADII[-1]) + 1)
    counts = counts + np.bincount(np.rint(inside[inside > 0]).astype(int), minlength=len(counts))[: len(counts)]
    areas = np.log(np.cumsum(counts)[_RADII.astype(int)])
    return float(2 - areas.std(ddof=1) / np.log(2 * _RADII).std(ddof=1))
