"""Pictures of whole scans in a person's files → their objects as samples, with the scale and the water of each scan."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from imagine_kernels import images
from imagine_kernels.chain import Options, told
from imagine_kernels.records import Quantity, Sample, Skipped
from imagine_kernels.sources import zooprocess
from imagine_kernels.sources.folder import PICTURES
from imagine_kernels.sources.zooprocess_tables import Scan
from imagine_kernels.tasks import finding

PIXELS, NAMED_ALONE = 8_000_000, 1_000_000
"""A picture of so many pixels is a scan, where no table says what it is: vignettes of large animals have fewer.

One that a person names by itself may be smaller: searching a vignette for its animal finds that animal.
"""
_BYTES = 100_000
"""No picture of so many pixels, with the grain of a sensor, is a smaller file."""
_COARSEST = 1200
"""Dots per inch. Files that tell fewer were not written by a scanner of plankton: 72 and 300 mean nothing."""
_PROCESSED = re.compile(r"_(msk|mask|out|sep|bgd|bg)\d*$|(^|_)back_", re.IGNORECASE)
"""How ZooProcess calls masks, outlines and scans of the empty tray."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one scan held, with a sentence about it and what is told of the scan in the table "scans"."""

    scan: finding.Found
    samples: tuple[Sample, ...]
    skipped: tuple[Skipped, ...]
    remarks: tuple[str, ...]


def pictures(path: Path) -> list[Path]:
    """The scans at a path: the picture itself, or those in and below a folder; of raw and processed ones the latter."""
    if path.is_file():
        return [path] if _is_scan(path, NAMED_ALONE) else []
    found: dict[tuple[Path, str], Path] = {}
    for picture in sorted(one for one in _files(path) if _is_scan(one, PIXELS)):
        stem = re.sub(r"_raw(?=_\d+$)|_vis\d?$", "", picture.stem)
        if (picture.parent, stem) not in found or "_raw_" not in picture.stem:
            found[picture.parent, stem] = picture
    return list(found.values())


def _files(root: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in names if not name.startswith("."))


def _is_scan(path: Path, pixels: int) -> bool:
    if path.suffix.lower() not in PICTURES or _PROCESSED.search(path.stem) or path.stat().st_size < _BYTES:
        return False
    try:
        width, height = images.scan_size(path)
    except (ValueError, OSError):  # the reader of pictures says what is wrong with it
        return False
    return width * height >= pixels


def search(picture: Path, options: Options) -> Found:
    """The objects of a scan. Raises ValueError with a sentence where there is no background or no scale."""
    said = zooprocess.scan_of(picture)
    side, remarks = _side(picture, said, options)
    found = finding.find(
        picture, pixel_size=side, threshold=said.threshold or finding.ZOOSCAN, effort=said.effort, every_feature=True,
        show=options.progress,
    )  # fmt: skip
    samples = tuple(told(replace(one, taken_at=said.taken_at), options) for one in found.samples)
    skipped = (*found.skipped, *([] if said.why is None else [Skipped(str(picture), said.why)]))
    return Found(found, samples, skipped, (*remarks, *_about(picture, found)))


def _side(picture: Path, said: Scan, options: Options) -> tuple[Quantity | None, tuple[str, ...]]:
    """The side of a pixel: what the log says, else the person, else the file, which is told."""
    known = said.pixel_size or options.pixel_size
    if known is not None:
        return known, ()
    dots = _resolution(picture)
    if dots is None:
        return None, ()
    name = images.named(picture.name)
    sentence = f"{name} says that it has {dots:g} dots per inch, so a pixel is taken for {25_400 / dots:.2f} µm wide."
    return Quantity(25_400 / dots, "micrometer"), (sentence,)


def _resolution(picture: Path) -> float | None:
    """Dots per inch as a TIFF tells them, where they are those of a scanner."""
    import tifffile

    if picture.suffix.lower() not in {".tif", ".tiff"}:
        return None
    with tifffile.TiffFile(picture) as file:
        tags = file.pages[0].tags  # type: ignore[union-attr]
        across, unit = tags.get("XResolution"), tags.get("ResolutionUnit")
        if across is None or unit is None or not across.value[1]:
            return None
        dots = across.value[0] / across.value[1] * (2.54 if int(unit.value) == 3 else 1.0)
    return float(dots) if dots >= _COARSEST and int(unit.value) in {2, 3} else None


def _about(picture: Path, found: finding.Found) -> Iterator[str]:
    name = images.named(picture.name)
    yield f"{name} is a whole scan: {len(found.samples):,} objects of 0.3 to 100 mm were found in it."
    if found.separated:
        yield f"{name}: {len(found.separated):,} outlines looked like several organisms that touch, and were separated."
    if found.cut:
        yield f"{name}: {len(found.cut):,} objects are cut by the scan's edge. Their size is not known: not counted."
