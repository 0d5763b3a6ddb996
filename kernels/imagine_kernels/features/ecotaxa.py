"""An object → its features by their EcoTaxa names, as ZooProcess computes them, all in pixels and greys.

Checked against ZooProcess's own tables. Not here: what its tables for the ZooScan hold as 0 throughout (xmg5, ymg5,
nb3, compentropy, compmean, compslope, compm1 to 3).
"""

import math

from imagine_kernels.features import greys, shapes, symmetry
from imagine_kernels.features.particle import Particle


def measure(particle: Particle) -> dict[str, float]:
    """The features of one object by name, without EcoTaxa's "object_"; nan where the object is too small or too even.

    `x`, `y`, `xm`, `ym` are in its bounding box, `bx`, `by`, `xstart`, `ystart` in the picture it was found in.
    """
    found = shapes.extent(particle) | shapes.position(particle) | shapes.ellipse(particle)
    found |= greys.statistics(particle) | greys.histogram(particle)
    found |= symmetry.symmetry(particle, found["angle"], found["histcum3"])
    return found | _derived(found)


def _derived(of: dict[str, float]) -> dict[str, float]:
    """What EcoTaxa's tables derive from the measures.

    ZooProcess rounds major, minor, feret, perimeter and stddev to whole numbers before it divides; these do not.
    """
    perimeter, span, solid = of["perim."], of["max"] - of["min"], math.sqrt(of["area_exc"])
    apart = math.hypot(of["xm"] - of["x"], of["ym"] - of["y"])
    below = of["mean"] - of["min"]
    return {
        "esd": 2 * math.sqrt(of["area"] / math.pi),
        "elongation": of["major"] / of["minor"],
        "range": span,
        "meanpos": (of["mean"] - of["max"]) / below if below else math.nan,
        "centroids": apart,
        "cv": 100 * of["stddev"] / of["mean"] if of["mean"] else math.nan,
        "sr": 100 * of["stddev"] / span if span else math.nan,
        "perimareaexc": perimeter / solid,
        "feretareaexc": of["feret"] / solid,
        "perimferet": perimeter / of["feret"],
        "perimmajor": perimeter / of["major"],
        "circex": 4 * math.pi * of["area_exc"] / perimeter**2,
        "cdexc": apart / solid,
    }
