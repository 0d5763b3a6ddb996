"""A whole scan → its organisms: background, threshold, connected objects of the right size, each as a sample.

As ZooProcess does with a ZooScan (Gorsky et al. 2010, doi:10.1093/plankt/fbp124): the background is made even and
white, what is at level 243 of 255 or darker is an object, objects of 0.3 to 100 mm equivalent diameter are kept. The
light is divided by the background's, so that a level means the same share of light everywhere. The scan is never in
memory whole.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imagine_kernels.images import Windows, bands, named
from imagine_kernels.records import Effort, Quantity, Sample, Skipped
from imagine_kernels.tasks.finding.background import WHITE, estimate
from imagine_kernels.tasks.finding.bodies import Tray, otsu
from imagine_kernels.tasks.finding.connecting import Piece, connect
from imagine_kernels.tasks.finding.keeping import Kept, Wanted
from imagine_kernels.tasks.reading import bar
from imagine_kernels.units import convert

ZOOSCAN = 243.0
"""The level of ZooProcess at which an object begins."""
SMALLEST, LARGEST = Quantity(0.3, "millimeter"), Quantity(100.0, "millimeter")
"""Equivalent diameters that ZooProcess keeps."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan holds: `samples` from the top down, `cut` by the scan's edge (whose size is not known), `skipped`.

    `separated` are the objects of which several samples were made, whole, for a person to look at.
    `threshold` is the level that was used, `background` the median level of the empty tray, `share` how much of the
    scan (0..1) is empty.
    """

    samples: tuple[Sample, ...]
    cut: tuple[Sample, ...]
    separated: tuple[Sample, ...]
    skipped: tuple[Skipped, ...]
    threshold: float
    background: float
    share: float


def find(
    path: Path | str,
    *,
    pixel_size: Quantity | None,
    threshold: float | Literal["otsu"] = ZOOSCAN,
    sizes: tuple[Quantity, Quantity] = (SMALLEST, LARGEST),
    effort: Effort | None = None,
    every_feature: bool = False,
    separated: bool = True,
    show: bool = False,
) -> Found:
    """The organisms of a scan, of equivalent diameters (holes filled) between `sizes`, with their places and measures.

    Samples carry EcoTaxa's area, area_exc, %area, major, minor, angle, esd, mean, bx, by, width and height, and
    "several" (see `separating`); `every_feature` adds the others, which takes some 50 ms an object. Outlines of several
    organisms are `separated` into them. `effort` is the water that the scanned part of the sample comes from: the
    volume filtered × the part that was scanned, as `sources.zooprocess.scan` tells it. Samples are grouped by the
    scan's name. Raises ValueError with a sentence where the pixel size is unknown, the scan has no background or is no
    picture.
    """
    least, most = (_pixels(path, limit, pixel_size) for limit in sizes)
    if isinstance(threshold, float | int) and not 0 < threshold < WHITE:
        raise ValueError(f"A threshold lies between 0 and 255 (243 in ZooProcess), not at {threshold:g}.")
    with Windows(path, colours=False) as scan:
        background = estimate(scan)
        tray = Tray(scan, background, otsu(background) if threshold == "otsu" else float(threshold))
        pieces = sorted(_pieces(tray, least, show=show), key=lambda piece: (piece.top, piece.left))
        kept = Kept(
            Wanted(str(path), Path(named(path)).stem, least, most, pixel_size, effort, every_feature, separated)
        )
        for piece in bar(pieces, len(pieces), "measured", "object", show=show):
            kept.take(tray, piece)
    level = float(sorted(background.cells.ravel())[background.cells.size // 2])
    return Found(
        tuple(kept.samples), tuple(kept.cut), tuple(kept.separated), tuple(kept.skipped), tray.threshold, level,
        background.share,
    )  # fmt: skip


def _pixels(path: Path | str, diameter: Quantity, pixel_size: Quantity | None) -> float:
    """The area in pixels of a circle of a diameter."""
    if diameter.unit in {"pixel", "px"}:
        across = diameter.value
    elif pixel_size is None:
        raise ValueError(
            f"The size of a pixel of {named(path)} is unknown, so nothing of {diameter.value:g} {diameter.unit} can be "
            "found in it. Give pixel_size=Quantity(10.58, 'micrometer') (a ZooScan of 2400 dpi), or sizes in 'pixel'; "
            'in a command: --pixel-size "10.58 um".'
        )
    else:
        across = convert(diameter, "micrometer").value / convert(pixel_size, "micrometer").value
    return math.pi / 4 * across**2


def _pieces(tray: Tray, least: float, *, show: bool) -> Iterator[Piece]:
    windows = list(bands(tray.scan.width, tray.scan.height))
    masks = ((window.y, tray.mask(window)) for window in bar(windows, len(windows), "searched", "band", show=show))
    return connect(masks, least)
