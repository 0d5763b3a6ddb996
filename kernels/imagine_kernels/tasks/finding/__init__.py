"""A whole scan → its organisms: background, threshold, connected objects of the right size, each as a sample.

As ZooProcess does with a ZooScan (Gorsky et al. 2010, doi:10.1093/plankt/fbp124): the background is made even and
white, what is at level 243 of 255 or darker is an object, objects of 0.3 to 100 mm equivalent diameter are kept. The
light is divided by the background's, so that a level means the same share of light everywhere. The scan is never in
memory whole.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imagine_kernels import features
from imagine_kernels.features import Particle, shapes
from imagine_kernels.images import Window, Windows, bands, named
from imagine_kernels.records import Box, Effort, Quantity, Sample, Skipped
from imagine_kernels.sources.ecotaxa_measures import FEATURES
from imagine_kernels.tasks.finding.background import WHITE, estimate
from imagine_kernels.tasks.finding.bodies import MOST_PIXELS, Tray, otsu
from imagine_kernels.tasks.finding.connecting import Piece, connect
from imagine_kernels.tasks.reading import bar
from imagine_kernels.units import convert

ZOOSCAN = 243.0
"""The level of ZooProcess at which an object begins."""
SMALLEST, LARGEST = Quantity(0.3, "millimeter"), Quantity(100.0, "millimeter")
"""Equivalent diameters that ZooProcess keeps."""
_MARGIN = 16
"""Pixels of water around an object in its vignette."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan holds: `samples` from the top down, `cut` by the scan's edge (whose size is not known), `skipped`.

    `threshold` is the level that was used, `background` the median level of the empty tray, `share` how much of the
    scan (0..1) is empty.
    """

    samples: tuple[Sample, ...]
    cut: tuple[Sample, ...]
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
    group: str | None = None,
    every_feature: bool = False,
    show: bool = False,
) -> Found:
    """The objects of a scan, `sizes` apart in equivalent diameter (holes filled), each with its place and measures.

    Samples carry EcoTaxa's area, area_exc, %area, major, minor, angle, esd, mean, bx, by, width and height;
    `every_feature` adds the others, which takes some 50 ms an object. Raises ValueError with a sentence where the pixel
    size is unknown, the scan has no background or is no picture.
    """
    least, most = (_pixels(path, limit, pixel_size) for limit in sizes)
    if isinstance(threshold, float | int) and not 0 < threshold < WHITE:
        raise ValueError(f"A threshold lies between 0 and 255 (243 in ZooProcess), not at {threshold:g}.")
    with Windows(path, colours=False) as scan:
        background = estimate(scan)
        tray = Tray(scan, background, otsu(background) if threshold == "otsu" else float(threshold))
        pieces = sorted(_pieces(tray, least, show=show), key=lambda piece: (piece.top, piece.left))
        kept = _Kept(str(path), pixel_size, effort, group or Path(named(path)).stem, every_feature)
        for piece in bar(pieces, len(pieces), "measured", "object", show=show):
            kept.take(tray, piece, least, most)
    level = float(sorted(background.cells.ravel())[background.cells.size // 2])
    return Found(tuple(kept.samples), tuple(kept.cut), tuple(kept.skipped), tray.threshold, level, background.share)


def _pixels(path: Path | str, diameter: Quantity, pixel_size: Quantity | None) -> float:
    """The area in pixels of a circle of a diameter."""
    if diameter.unit in {"pixel", "px"}:
        across = diameter.value
    elif pixel_size is None:
        raise ValueError(
            f"The size of a pixel of {named(path)} is unknown, so nothing of {diameter.value:g} {diameter.unit} can be "
            "found in it. Give pixel_size=Quantity(10.58, 'micrometer') (a ZooScan of 2400 dpi), or sizes in 'pixel'."
        )
    else:
        across = convert(diameter, "micrometer").value / convert(pixel_size, "micrometer").value
    return math.pi / 4 * across**2


def _pieces(tray: Tray, least: float, *, show: bool) -> Iterator[Piece]:
    windows = list(bands(tray.scan.width, tray.scan.height))
    masks = ((window.y, tray.mask(window)) for window in bar(windows, len(windows), "searched", "band", show=show))
    return connect(masks, least)


class _Kept:
    """Objects of one scan as samples, while they are measured."""

    def __init__(
        self,
        uri: str,
        pixel_size: Quantity | None,
        effort: Effort | None,
        group: str,
        every_feature: bool,  # noqa: FBT001
    ) -> None:
        self.uri, self.pixel_size, self.effort, self.group = uri, pixel_size, effort, group
        self.measured = features.measure if every_feature else _measured
        self.samples: list[Sample] = []
        self.cut: list[Sample] = []
        self.skipped: list[Skipped] = []

    def take(self, tray: Tray, piece: Piece, least: float, most: float) -> None:
        wide, tall = piece.right - piece.left, piece.bottom - piece.top
        if wide * tall > MOST_PIXELS:
            what = "the frame of the scan, or threads that hold others together"
            why = (
                f"At x {piece.left}, y {piece.top} lies something of {wide} × {tall} pixels: {what}. It isn't counted."
            )
            self.skipped.append(Skipped(self.uri, why))
            return
        body = tray.body(piece)
        if not least <= body.filled.sum() <= most:
            return
        scan = tray.scan
        edge = piece.left == 0 or piece.top == 0 or piece.right == scan.width or piece.bottom == scan.height
        place = (max(0, piece.left - _MARGIN), max(0, piece.top - _MARGIN))
        end = (min(scan.width, piece.right + _MARGIN), min(scan.height, piece.bottom + _MARGIN))
        window = Window(*place, end[0] - place[0], end[1] - place[1])
        (self.cut if edge else self.samples).append(self._sample(window, body))

    def _sample(self, window: Window, body: Particle) -> Sample:
        number = len(self.samples) + len(self.cut) + 1
        return Sample(
            f"{self.group}_{number}", self.uri, window.width, window.height, Box(*window), self.group, None,
            self.pixel_size, self.effort, _quantities(self.measured(body)),
        )  # fmt: skip


def _measured(body: Particle) -> dict[str, float]:
    """EcoTaxa's measures that the counting and sizing of organisms needs."""
    area, solid = float(body.filled.sum()), float(body.body.sum())
    height, width = body.filled.shape
    return shapes.ellipse(body) | {
        "area": area,
        "area_exc": solid,
        "%area": 100 * (1 - solid / area),
        "esd": 2 * math.sqrt(area / math.pi),
        "mean": float(body.grey[body.filled].mean()),
        "bx": float(body.x),
        "by": float(body.y),
        "width": float(width),
        "height": float(height),
    }


def _quantities(measured: Mapping[str, float]) -> dict[str, Quantity]:
    return {name: Quantity(float(value), FEATURES[name]) for name, value in measured.items() if math.isfinite(value)}
