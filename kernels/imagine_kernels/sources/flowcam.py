"""A raw FlowCam run → one sample per particle, cut out of the collages, with the instrument's measures and volume."""

import math
import ntpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from imagine_kernels import images
from imagine_kernels.records import Box, Collection, Effort, Quantity, Sample, Skipped
from imagine_kernels.sources import flowcam_tables as tables

_MEASURES = {
    "area_abd": "micrometer ** 2", "area_filled": "micrometer ** 2", "volume_abd": "micrometer ** 3",
    "volume_esd": "micrometer ** 3", "diameter_abd": "micrometer", "diameter_esd": "micrometer",
    "diameter_fd": "micrometer", "length": "micrometer", "width": "micrometer", "perimeter": "micrometer",
    "convex_perimeter": "micrometer", "aspect_ratio": "dimensionless", "circularity": "dimensionless",
    "circle_fit": "dimensionless", "compactness": "dimensionless", "elongation": "dimensionless",
    "roughness": "dimensionless", "symmetry": "dimensionless", "transparency": "dimensionless",
    "intensity": "dimensionless", "sigma_intensity": "dimensionless", "edge_gradient": "dimensionless",
}  # fmt: skip
"""What a biologist uses of the instrument's sixty columns, and its unit; "abd" and "esd" are two ways to take size."""


@dataclass
class _Troubles:
    """Sentences about particles, gathered so that a lost collage is one sentence and not a thousand."""

    found: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, where: str, why: str, particle: str) -> None:
        self.found.setdefault((where, why), []).append(particle)

    def skipped(self) -> list[Skipped]:
        return [
            Skipped(where, f"{why} Left out: {len(those):,} particle(s), the first is {those[0]}.")
            for (where, why), those in self.found.items()
        ]


def lists(files: list[Path]) -> list[Path]:
    """The particle lists among the files of one folder: every .lst, or where there is none every exported .csv."""
    for suffix in (".lst", ".csv"):
        found = [path for path in sorted(files) if path.suffix.lower() == suffix and tables.is_list(path)]
        if found:
            return found
    return []


def read_run(listed: Path, *, limit: int | None = None, dilution: float | None = None) -> Collection:
    """The particles of one run, in the order of its list; the run's name is their group.

    `dilution` is as in Effort. Raises ValueError with a sentence where the list cannot be used at all.
    """
    run = _Run(listed, tables.facts(listed), dilution)
    samples: dict[str, Sample] = {}
    troubles = _Troubles()
    rows = 0
    for line, row in tables.rows(listed):
        if limit is not None and len(samples) >= limit:
            break
        rows += 1
        try:
            sample = run.sample(row)
        except _LeftOutError as error:
            troubles.add(error.where, error.why, f"line {line}" if row is None else f"particle {row['particle_id']}")
        else:
            if samples.setdefault(sample.id, sample) is not sample:
                troubles.add(listed.name, f"{listed.name} lists a particle twice.", f"line {line}")
    notes = [] if limit is not None else run.notes(rows)
    return Collection(tuple(samples.values()), (), (*troubles.skipped(), *notes))


class _LeftOutError(ValueError):
    """One particle that cannot be used."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where, self.why = where, why


class _Run:
    """One run while its list is read: what holds for all particles, and the sizes of the collages met so far."""

    def __init__(self, listed: Path, facts: tables.Facts, dilution: float | None) -> None:
        self.listed, self.facts, self.given = listed, facts, dilution
        self.effort = Effort(facts.volume, 1.0 if dilution is None else dilution)
        self.files = {path.name.lower(): path for path in listed.parent.iterdir()}
        self.sizes: dict[str, tuple[Path, int, int] | str] = {}
        exported = listed.with_suffix(".csv")
        self.exported = _measures_by_particle(exported) if exported != listed and tables.is_list(exported) else {}

    def sample(self, row: tables.Row | None) -> Sample:
        name = self.listed.name
        if row is None:
            raise _LeftOutError(name, f"{name} has lines that are not whole.")
        path, width, height = self._collage(row["image_file"])
        try:
            x, y, w, h = (int(row[key]) for key in ("image_x", "image_y", "image_width", "image_height"))
        except ValueError as error:
            raise _LeftOutError(name, f"{name} has places that are no whole numbers.") from error
        if x < 0 or y < 0 or min(w, h) < images.MIN_SIDE or x + w > width or y + h > height:
            raise _LeftOutError(
                path.name, f"{path.name} ({width} × {height} pixels) does not hold the particle's place."
            )
        scale = tables.number(row.get("calibration_factor", "")) or self.facts.pixel_size
        return Sample(
            f"{self.listed.stem}/{row['particle_id']}",
            str(path), w, h, Box(float(x), float(y), float(w), float(h)), self.listed.stem,
            tables.moment(row.get("timestamp", "")) or self.facts.start,
            None if scale is None else Quantity(scale, "micrometer"),
            self.effort,
            {**_measures(row), **self.exported.get(row["particle_id"], {})},
        )  # fmt: skip

    def _collage(self, given: str) -> tuple[Path, int, int]:
        """Path and size; a list may name a path of the instrument's computer, of which only the file's name counts."""
        name = ntpath.basename(given.strip())
        if name not in self.sizes:
            self.sizes[name] = self._look(name)
        found = self.sizes[name]
        if isinstance(found, str):
            raise _LeftOutError(images.named(name) or self.listed.name, found)
        return found

    def _look(self, name: str) -> tuple[Path, int, int] | str:
        path = self.files.get(name.lower())
        if path is None:
            return f"The collage {images.named(name)} is missing. Copy the whole folder of the run."
        if not path.resolve().is_relative_to(self.listed.parent.resolve()):
            return f"The collage {images.named(name)} is a link that leads out of the folder and was not followed."
        try:
            return path, *images.size(path)
        except (ValueError, OSError) as error:
            return str(error)

    def notes(self, rows: int) -> list[Skipped]:
        """What does not stop the reading but changes what a concentration means."""
        name, facts, found = self.listed.name, self.facts, []
        if facts.count is not None and facts.count != rows:
            why = f"{name} lists {rows:,} particles, the run's summary counts {facts.count:,}: the list is what counts."
            found.append(Skipped(name, why))
        if facts.dilution not in {None, 1.0} and self.given is None:
            why = (
                f"{self.listed.stem}.ctx gives a dilution of {facts.dilution:g}, which is not applied, because it may"
                " mean either direction. Open the run with dilution=… (2.0: diluted to double)."
            )
            found.append(Skipped(f"{self.listed.stem}.ctx", why))
        return found


def _measures(row: tables.Row) -> Mapping[str, Quantity]:
    """The measures in a row; what is no finite number is no measure."""
    found = {name: _finite(row[name]) for name in _MEASURES if name in row}
    return {name: Quantity(value, _MEASURES[name]) for name, value in found.items() if value is not None}


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _measures_by_particle(exported: Path) -> Mapping[str, Mapping[str, Quantity]]:
    return {row["particle_id"]: _measures(row) for _, row in tables.rows(exported) if row is not None}
