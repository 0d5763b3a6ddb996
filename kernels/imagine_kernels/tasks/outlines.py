"""Things found in a view → regions in the sample's own pixels: as masks, or as the smallest turned box around them."""

import math

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull

from imagine_kernels.images.masks import Runs, of_runs
from imagine_kernels.records import Region
from imagine_kernels.shapes import Mask, RotatedBox
from imagine_kernels.tasks.things import Thing

MASK, ROTATED_BOX = "mask", "rotated_box"
"""What a model may draw around what it finds."""


def region(thing: Thing, label: str, kind: str, scale: float) -> Region:
    """The thing as a region; `scale` is how many pixels of the sample one of the view's spans."""
    shape = box(thing.runs, scale) if kind == ROTATED_BOX else mask(thing.runs, scale)
    return Region(label, thing.score, shape)


def mask(runs: Runs, scale: float) -> Mask:
    """The runs as a mask, each pixel made as large as it is in the sample."""
    return of_runs(runs if scale == 1.0 else _enlarged(runs, scale))


def _enlarged(runs: Runs, scale: float) -> Runs:
    """A pixel of the sample belongs to the pixel of the view that its centre lies in."""
    tops, bottoms = _edge(runs[:, 0], scale), _edge(runs[:, 0] + 1, scale)
    starts, stops = _edge(runs[:, 1], scale), _edge(runs[:, 2], scale)
    times = np.maximum(bottoms - tops, 0)
    rows = np.repeat(tops, times) + np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    made = np.stack([rows, np.repeat(starts, times), np.repeat(stops, times)], axis=1)
    made = made[made[:, 2] > made[:, 1]]
    if len(made) == 0:  # smaller than a pixel of the sample
        made = np.array([[tops[0], starts[0], starts[0] + 1]])
    ordered: Runs = made[np.lexsort((made[:, 1], made[:, 0]))]
    return ordered


def _edge(places: npt.NDArray[np.int64], scale: float) -> npt.NDArray[np.int64]:
    edges: npt.NDArray[np.int64] = np.ceil(places * scale - 0.5).astype(np.int64)
    return edges


def box(runs: Runs, scale: float) -> RotatedBox:
    """The turned box of least area around the runs' pixels, its width the longer side, angle above -90 to 90.

    One side of it lies along the convex hull (Freeman and Shapira 1975, doi:10.1145/360881.360919).
    """
    hull = _hull(runs)
    sides = np.diff(hull, axis=0, append=hull[:1])
    turns = np.unique(np.arctan2(sides[:, 1], sides[:, 0]) % (math.pi / 2))
    along = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    ends = [(hull @ axis.T).min(0) for axis in (along, across)], [(hull @ axis.T).max(0) for axis in (along, across)]
    sizes = np.stack([high - low for low, high in zip(*ends, strict=True)])
    best = int(sizes.prod(0).argmin())
    middle = sum(
        (low[best] + high[best]) / 2 * axis[best] for low, high, axis in zip(*ends, (along, across), strict=True)
    )
    width, height, angle = float(sizes[0, best]), float(sizes[1, best]), math.degrees(turns[best])
    if height > width:
        width, height, angle = height, width, angle - 90 if angle > 0 else 90.0
    x, y = (float(place) * scale for place in np.asarray(middle))
    return RotatedBox(x, y, width * scale, height * scale, angle)


def _hull(runs: Runs) -> npt.NDArray[np.float64]:
    """The corners of the pixels' convex hull, in turn (N, 2)."""
    y, start, stop = (runs[:, column].astype(np.float64) for column in range(3))
    corners = [np.stack([x, row], axis=1) for x in (start, stop) for row in (y, y + 1)]
    points = np.unique(np.concatenate(corners), axis=0)
    found: npt.NDArray[np.float64] = points[ConvexHull(points).vertices]
    return found
