"""A raw IFCB bin → one sample per picture, read out of the .roi file in place, with the volume that was looked at."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from imagine_kernels import images
from imagine_kernels.images import roi, zip_members
from imagine_kernels.images.place import Archive, Folder, Place
from imagine_kernels.records import Collection, Effort, Quantity, Sample, Skipped
from imagine_kernels.sources import ifcb_tables as tables
from imagine_kernels.sources import ifcb_volume
from imagine_kernels.sources.troubles import LeftOutError, Troubles

SUFFIXES = (".adc", ".roi", ".hdr")
PIXEL_SIZE = Quantity(1 / 2.77, "micrometer")
"""The side of a pixel that is usual where nobody has measured it: 2.77 pixels to the micrometre, as WHOI computes
volumes of cells for its time series (summarize_biovol_classMVCO_h5.m of https://github.com/hsosik/ifcb-analysis).
Instruments differ: people use 2.7 to 3.9, and 3.4 is the default of older programs. No file of a bin tells it.
"""
_MEASURES = {"trigger": "dimensionless", "roix": "pixel", "roiy": "pixel", "adctime": "second"}
"""What of a line is kept with a sample; pictures of one trigger were in one frame of the camera, at these places."""


@dataclass(frozen=True, slots=True)
class _Bin:
    """The files of one bin by their suffix, in the place where they lie."""

    stem: str
    place: Place
    files: Mapping[str, str]

    def file(self, suffix: str) -> str:
        if suffix not in self.files:
            raise ValueError(f"{images.named(self.stem)} has no {suffix} file. Copy all three files of the bin.")
        return self.files[suffix]


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


def is_picture(sample: Sample) -> bool:
    """Whether a sample is a picture of a bin."""
    path, member = zip_members.split(sample.uri)
    return member is not None and roi.holds(path, member)


def read_bin(path: Path, *, limit: int | None = None, dilution: float | None = None) -> Collection:
    """The pictures of one bin, in the order of its table; the bin's name is their group.

    `path` is any of its three files; `dilution` is as in Effort. Raises ValueError with a sentence where the bin
    cannot be used at all.
    """
    stem = path.stem.lower()
    beside = {each.suffix.lower(): each.name for each in path.parent.iterdir() if each.stem.lower() == stem}
    return _read(_Bin(path.stem, Folder(path.parent), beside), limit, dilution)


def bins(archive: Archive) -> list[str]:
    """The .adc tables in an archive: each is one bin."""
    return [name for name in archive.names() if name.lower().endswith(".adc")]


def read_archive(archive: Archive, *, limit: int | None = None, dilution: float | None = None) -> Collection:
    """The pictures of every bin in an archive; nothing of it is unpacked to disk.

    A bin that cannot be used is told of and left out, two of one name are told apart by their folders.
    """
    found = Collection(())
    for bin_ in _bins(archive):
        left = None if limit is None else limit - len(found.samples)
        if left == 0:
            break
        try:
            more = _read(bin_, left, dilution)
        except ValueError as error:
            more = Collection((), (), (Skipped(images.named(bin_.stem), str(error)),))
        if {sample.group for sample in more.samples} & {sample.group for sample in found.samples}:
            folder = PurePosixPath(bin_.file(".adc")).parent.name or archive.name
            more = replace(more, samples=tuple(_apart(sample, folder) for sample in more.samples))
        found = Collection(found.samples + more.samples, (), found.skipped + more.skipped)
    return found


def _apart(sample: Sample, folder: str) -> Sample:
    return replace(sample, id=f"{folder}/{sample.id}", group=f"{folder}/{sample.group}")


def _bins(archive: Archive) -> Iterator[_Bin]:
    by_stem: dict[str, dict[str, str]] = {}
    for name in archive.names():
        path = PurePosixPath(name)
        if path.suffix.lower() in SUFFIXES:
            by_stem.setdefault(str(path.with_suffix("")).lower(), {})[path.suffix.lower()] = name
    for files in by_stem.values():
        yield _Bin(PurePosixPath(next(iter(files.values()))).stem, archive, files)


def _read(bin_: _Bin, limit: int | None, dilution: float | None) -> Collection:
    adc, pictures = (bin_.file(suffix) for suffix in (".adc", ".roi"))
    known, told = tables.name(bin_.stem), tables.header(bin_.place, bin_.files.get(".hdr"))
    listed = list(tables.rows(bin_.place, adc, told, known))
    effort, notes = _effort([row for _, row in listed if row is not None], told, known, bin_.stem, dilution)
    troubles = Troubles()
    samples: list[Sample] = []
    for number, row in listed:
        if limit is not None and len(samples) >= limit:
            break
        try:
            sample = _sample(bin_, bin_.place.uri(pictures), number, row, effort, known)
        except LeftOutError as error:
            troubles.add(error.where, error.why, f"line {number}")
        else:
            samples += [] if sample is None else [sample]
    if not samples and not troubles.found:
        notes.append(Skipped(images.named(adc), f"{images.named(adc)} lists {len(listed)} triggers without a picture."))
    return Collection(tuple(samples), (), (*troubles.skipped(), *notes))


def _sample(
    bin_: _Bin, pictures: str, number: int, row: tables.Row | None, effort: Effort, known: tables.Name
) -> Sample | None:
    """None for a trigger without a picture, which is usual."""
    stem = bin_.stem
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
