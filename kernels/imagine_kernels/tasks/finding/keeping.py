"""Objects of one scan → samples: those of the right size, those the edge cuts apart, touching ones separated."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from imagine_kernels import features
from imagine_kernels.ecotaxa_tables.measures import FEATURES
from imagine_kernels.features import Particle, shapes
from imagine_kernels.images import Window, Windows
from imagine_kernels.records import Box, Effort, Quantity, Sample, Skipped
from imagine_kernels.tasks.finding.bodies import MOST_PIXELS, Tray
from imagine_kernels.tasks.finding.connecting import Piece
from imagine_kernels.tasks.finding.separating import parted, separate

_MARGIN = 16
"""Pixels of water around an object in its vignette."""
SEVERAL = "several"
"""The measure that tells, from 0 to 1, how much the outline is like that of several organisms that touch."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is kept of a scan and what its samples carry: areas in pixels from `least` to `most`."""

    uri: str
    group: str
    least: float
    most: float
    pixel_size: Quantity | None
    effort: Effort | None
    every_feature: bool
    separated: bool


@dataclass
class Kept:
    """The samples of one scan, while its objects are measured one after the other."""

    wanted: Wanted
    samples: list[Sample] = field(default_factory=list)
    cut: list[Sample] = field(default_factory=list)
    separated: list[Sample] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    number: int = 0

    def take(self, tray: Tray, piece: Piece) -> None:
        """Measures an object and puts it where it belongs; nothing is kept of one of the wrong size."""
        wide, tall = piece.right - piece.left, piece.bottom - piece.top
        if wide * tall > MOST_PIXELS:
            what = "the frame of the scan, or threads that hold others together"
            why = (
                f"At x {piece.left}, y {piece.top} lies something of {wide} × {tall} pixels: {what}. It isn't counted."
            )
            self.skipped.append(Skipped(self.wanted.uri, why))
            return
        body = tray.body(piece)
        if not self.wanted.least <= body.filled.sum() <= self.wanted.most:
            return
        self.number += 1
        scan = tray.scan
        if piece.left == 0 or piece.top == 0 or piece.right == scan.width or piece.bottom == scan.height:
            self.cut.append(self._sample(scan, str(self.number), body))
        else:
            self._organisms(scan, body)

    def _organisms(self, scan: Windows, body: Particle) -> None:
        parts = separate(body.filled, self.wanted.least)
        whole = self._sample(scan, str(self.number), body, parts.several)
        if parts.count == 1 or not self.wanted.separated:
            self.samples.append(whole)
            return
        self.separated.append(whole)
        for number, part in enumerate(parted(body, parts), start=1):
            self.samples.append(self._sample(scan, f"{self.number}_{number}", part, parts.several))

    def _sample(self, scan: Windows, name: str, body: Particle, several: float | None = None) -> Sample:
        measured = features.measure(body) if self.wanted.every_feature else sizes(body)
        found = quantities(measured)
        if several is not None:
            found[SEVERAL] = Quantity(several, "dimensionless")
        window = _vignette(scan, body)
        return Sample(
            f"{self.wanted.group}_{name}", self.wanted.uri, window.width, window.height, Box(*window),
            self.wanted.group, None, self.wanted.pixel_size, self.wanted.effort, found,
        )  # fmt: skip


def _vignette(scan: Windows, body: Particle) -> Window:
    """The object's box with water around it."""
    height, width = body.filled.shape
    left, top = max(0, body.x - _MARGIN), max(0, body.y - _MARGIN)
    right, bottom = min(scan.width, body.x + width + _MARGIN), min(scan.height, body.y + height + _MARGIN)
    return Window(left, top, right - left, bottom - top)


def quantities(measured: Mapping[str, float]) -> dict[str, Quantity]:
    """Measures by EcoTaxa's names with their units, without those that have no value."""
    return {key: Quantity(float(v), FEATURES[key]) for key, v in measured.items() if math.isfinite(v)}


def sizes(body: Particle) -> Mapping[str, float]:
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
