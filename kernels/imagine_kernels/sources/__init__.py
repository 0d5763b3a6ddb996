"""Where samples come from: `open_samples` looks at what a path holds and gives it to the reader for that."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from imagine_kernels import ecotaxa_tables, images
from imagine_kernels.images import zip_members
from imagine_kernels.images.place import Archive, Folder
from imagine_kernels.records import Collection, Sample
from imagine_kernels.sources import (
    archive,
    ecotaxa,
    flowcam,
    folder,
    ifcb,
    masks,
    tree,
    yolo,
    zooprocess,
)

__all__ = ["fingerprint", "open_samples"]


def open_samples(
    path: str | Path, *, limit: int | None = None, dilution: float | None = None, volume_unit: str | None = None
) -> Collection:
    """The samples of a folder, a folder per class, a zip, an instrument's own files, or one picture.

    Known by what they hold are raw FlowCam runs, raw IFCB bins, EcoTaxa projects (folders, zips and exports), parts of
    ZooProcess projects, pictures with masks or with YOLO's labels, also several in one folder. What cannot be used
    stands in `skipped`, each with a sentence; reading goes on with the rest. `limit` stops early; `dilution` is
    millilitres of measured fluid per millilitre of original water, for FlowCam and IFCB; `volume_unit` ("m3", "L") is
    that of volumes that tell none, for EcoTaxa.
    Raises FileNotFoundError or ValueError with a sentence where nothing at all can be used, and where an EcoTaxa table
    breaks EcoTaxa's rules.
    """
    place = Path(path).expanduser().absolute()
    if not place.exists():
        raise FileNotFoundError(f"There is no {place}. Check the path; it is seen from {Path.cwd()}.")
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be 1 or more, not {limit}.")
    found = _read(place, tree.Wishes(limit, dilution, volume_unit))
    if not found.samples:
        raise ValueError(_nothing(place, found))
    return found


def _read(place: Path, wishes: tree.Wishes) -> Collection:
    if place.is_dir():
        return tree.read_tree(place, wishes)
    if flowcam.lists([place]):
        return flowcam.read_run(place, limit=wishes.limit, dilution=wishes.dilution)
    if place.suffix.lower() in ifcb.SUFFIXES and (ifcb.is_part(place) or place.suffix.lower() != ".hdr"):
        return ifcb.read_bin(place, limit=wishes.limit, dilution=wishes.dilution)
    with place.open("rb") as file:
        if file.read(4) == b"PK\3\4":
            return _read_zip(place, wishes)
    found = _read_table(place, wishes)
    if found is None:
        return Collection(()) if _counts(place) is not None else folder.read_one(place)
    return found


def _read_table(place: Path, wishes: tree.Wishes) -> Collection | None:
    """The project whose table a file is; None where it is none."""
    beside = Folder(place.parent)
    table = ecotaxa_tables.table_of(beside, place.name)
    if table is not None:
        return ecotaxa.read_tables(beside, [table], limit=wishes.limit, volume_unit=wishes.volume_unit).collection
    if zooprocess.is_table(place):
        return zooprocess.read(place, limit=wishes.limit).collection
    return None


def _read_zip(place: Path, wishes: tree.Wishes) -> Collection:
    archived = Archive(place)
    tables = ecotaxa_tables.find(archived)
    if tables:
        return ecotaxa.read_tables(archived, tables, limit=wishes.limit, volume_unit=wishes.volume_unit).collection
    if ifcb.bins(archived):
        return ifcb.read_archive(archived, limit=wishes.limit, dilution=wishes.dilution)
    if painted := list(masks.homes(archived)):
        return masks.read_every(archived, painted, limit=wishes.limit)
    if drawn := list(yolo.homes(archived)):
        return yolo.read_every(archived, drawn, limit=wishes.limit)
    return archive.read_archive(place, limit=wishes.limit)


def _nothing(place: Path, found: Collection) -> str:
    name = images.named(place)
    counts = _counts(place)
    if counts is not None:
        return f"{counts} is a table of counts and names no pictures. Read it with sources.ecotaxa_counts.read."
    if found.skipped:
        first = found.skipped[0].why
        return f"Nothing in {name} can be used: {len(found.skipped):,} thing(s) were left out. The first: {first}"
    return (
        f"{name} holds no picture (JPEG, PNG, TIFF or BMP) and no run or project of an instrument that is known here"
        f" (FlowCam, IFCB, EcoTaxa, ZooProcess), but {folder.kinds(place)}."
    )


def _counts(place: Path) -> str | None:
    """A table of counts of EcoTaxa, the only thing there."""
    beside = Folder(place if place.is_dir() else place.parent)
    names = beside.names() if place.is_dir() else [place.name]
    heads = (ecotaxa_tables.header(beside, name) for name in names[:1] if len(names) == 1)
    return names[0] if any(head is not None and ecotaxa_tables.lists_counts(head[0]) for head in heads) else None


def fingerprint(samples: Iterable[Sample]) -> str:
    """The sha256 of samples: their ids, places and the bytes of the files they lie in, in whatever order they come."""
    files: dict[str, str] = {}
    lines = []
    for sample in samples:
        path, member = zip_members.split(sample.uri)
        if path not in files:
            with Path(path).open("rb") as file:
                files[path] = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{sample.id!r} {files[path]} {member!r} {sample.crop}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
