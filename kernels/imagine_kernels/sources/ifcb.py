"""A raw IFCB bin → one sample per picture, read out of the .roi file in place, with the volume that was looked at."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from imagine_kernels import images
from imagine_kernels.images import roi
from imagine_kernels.records import Collection, Effort, Quantity, Sample, Skipped
from imagine_kernels.sources import ifcb_tables as tables
from imagine_kernels.sources import ifcb_volume
from imagine_kernels.sources.troubles import LeftOutError, Troubles

SUFFIXES = (".adc", ".roi", ".hdr")
_MEASURES = {"trigger": "dimensionless", "roix": "pixel", "roiy": "pixel", "adctime": "second"}
"""What of a line is kept with a sample; pictures of one trigger were in one frame of the camera, at these places."""


def tables_of(files: Iterable[Path]) -> list[Path]:
    """The .adc tables among the files of one folder that have a .roi or .hdr file beside them: each is one bin."""
    by_name = {path.name.lower(): path for path in files if path.suffix.lower() in SUFFIXES}
    beside = [
        path for name, path in by_name.items() if name.endswith(".adc") and _companions(name) & by_name.keys()
    ]  # fmt: skip
    return sorted(beside)


def orphans(files: Iterable[Path]) -> list[Path]:
    """The .roi files among the files of one folder whose table is missing: nobody knows where their pictures begin."""
    names = {path.name.lower() for path in files}
    return sorted(p for p in files if p.suffix.lower() == ".roi" and p.stem.lower() + ".adc" not in names)


def is_part(path: Path) -> bool:
    """Whether a file belongs to a bin whose table is there."""
    return path.with_suffix(".adc").exists() or path.with_suffix(".ADC").exists()


def _companions(name: str) -> set[str]:
    return {name[:-4] + ".roi", name[:-4] + ".hdr"}


def read_bin(path: Path, *, limit: int | None = None, dilution: float | None = None) -> Collection:
    """The pictures of one bin, in the order of its table; the bin's name is their group.

    `path` is any of its three files; `dilution` is as in Effort. Raises ValueError with a sentence where the bin
    cannot be used at all.
    """
    beside = {each.suffix.lower(): each for each in path.parent.iterdir() if each.stem.lower() == path.stem.lower()}
    adc, pictures = (_file(beside, path, suffix) for suffix in (".adc", ".roi"))
    known, told = tables.name(path.stem), tables.header(beside.get(".hdr"))
    listed = list(tables.rows(adc, told, known))
    effort, notes = _effort([row for _, row in listed if row is not None], told, known, path.stem, dilution)
    troubles = Troubles()
    samples: list[Sample] = []
    for number, row in listed:
        if limit is not None and len(samples) >= limit:
            break
        try:
            sample = _sample(pictures, number, row, effort, known)
        except LeftOutError as error:
            troubles.add(error.where, error.why, f"line {number}")
        else:
            samples += [] if sample is None else [sample]
    if not samples and not troubles.found:
        notes.append(Skipped(images.named(adc), f"{images.named(adc)} lists {len(listed)} triggers without a picture."))
    return Collection(tuple(samples), (), (*troubles.skipped(), *notes))


def _file(beside: Mapping[str, Path], path: Path, suffix: str) -> Path:
    if suffix not in beside:
        raise ValueError(f"{images.named(path.stem)} has no {suffix} file. Copy all three files of the bin.")
    return beside[suffix]


def _sample(pictures: Path, number: int, row: tables.Row | None, effort: Effort, known: tables.Name) -> Sample | None:
    """None for a trigger without a picture, which is usual."""
    stem = pictures.stem
    if row is None:
        raise LeftOutError(images.named(stem + ".adc"), f"{images.named(stem)}.adc has lines that are not whole.")
    start, width, height = (int(row[key]) for key in ("startbyte", "roiwidth", "roiheight"))
    if width == 0 or height == 0:
        return None
    place = roi.uri(pictures, f"{stem}_{number:05d}", start, width, height)
    try:
        images.size(place)
    except (ValueError, OSError) as error:
        why = f"{images.named(pictures)} does not hold all pictures that its table lists. Get a fresh copy of the bin."
        raise LeftOutError(images.named(pictures), why) from error
    measures = {name: Quantity(row[name], unit) for name, unit in _MEASURES.items() if name in row}
    return Sample(
        f"{stem}_{number:05d}", place, width, height, group=stem, taken_at=known.time, effort=effort, measures=measures
    )


def _effort(
    rows: list[tables.Row], told: Mapping[str, str], known: tables.Name, stem: str, dilution: float | None
) -> tuple[Effort, list[Skipped]]:
    volume, doubt = ifcb_volume.analysed(rows, told, known), ifcb_volume.doubt(told)
    notes = []
    if doubt is not None:
        volume = None
        notes.append(Skipped(f"{stem}.hdr", f"{doubt} The volume of {images.named(stem)} is left open."))
    elif volume is None:
        why = f"Neither the header nor the table of {images.named(stem)} tells run and inhibit time, so its volume is"
        notes.append(Skipped(f"{stem}.hdr", f"{why} unknown. Copy the .hdr file of the bin beside it."))
    return Effort(volume, 1.0 if dilution is None else dilution), notes
