"""A folder with everything below it → samples: every run and project in it, then the pictures that belong to none."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from imagine_kernels import ecotaxa_tables, images
from imagine_kernels.images.place import Archive, Folder
from imagine_kernels.records import Collection, Sample, Skipped
from imagine_kernels.sources import ecotaxa, flowcam, folder, ifcb, masks, yolo, zooprocess


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked for; see `open_samples`."""

    limit: int | None = None
    dilution: float | None = None
    volume_unit: str | None = None


class _Found:
    """What was found so far, and what of the folder is taken."""

    def __init__(self, wishes: Wishes) -> None:
        self.wishes = wishes
        self.collection = Collection(())
        self.taken: set[Path] = set()

    @property
    def left(self) -> int | None:
        """How many samples are still wanted."""
        limit = self.wishes.limit
        return None if limit is None else limit - len(self.collection.samples)

    def add(self, more: Collection) -> None:
        have = self.collection
        self.collection = Collection(
            have.samples + more.samples, have.annotations + more.annotations, have.skipped + more.skipped
        )

    def skip(self, where: str, why: str) -> None:
        self.add(Collection((), (), (Skipped(where, why),)))


def read_tree(root: Path, wishes: Wishes) -> Collection:
    """Everything in and below a folder."""
    found = _Found(wishes)
    folders = {Path(place): [Path(place, name) for name in files] for place, files in _walk(root)}
    runs = {place: lists for place, files in folders.items() if (lists := flowcam.lists(files))}
    found.taken |= runs.keys()
    for listed in (each for lists in runs.values() for each in lists):
        _read_run(listed, flowcam.read_run, found)
    for files in folders.values():
        for table in ifcb.tables_of(files):
            _read_run(table, ifcb.read_bin, found)
        for orphan in ifcb.orphans(files):
            why = f"{images.named(orphan)} has no .adc file. Copy all three files of the bin."
            found.skip(images.named(orphan), why)
    if any(path.suffix.lower() in {*zooprocess.SUFFIXES, ".zip"} for files in folders.values() for path in files):
        _read_projects(root, found)
    painted = any(path.name.lower() == masks.PAINTED for path in folders) and _read_painted(Folder(root), found)
    drawn = any(path.name.lower() == yolo.LABELS for path in folders) and _read_drawn(Folder(root), found)
    if found.left != 0 and root not in found.taken:
        rest = folder.read_folder(root, limit=found.left, leave=found.taken)
        found.add(replace(rest, annotations=()) if painted or drawn else rest)  # folders beside masks are no classes
    return found.collection


def _walk(root: Path) -> Iterable[tuple[str, list[str]]]:
    for place, folders, files in os.walk(root):
        folders.sort()
        yield place, files


def _read_run(listed: Path, read: Callable[..., Collection], found: _Found) -> None:
    if found.left == 0:
        return
    try:
        run = read(listed, limit=found.left, dilution=found.wishes.dilution)
    except (ValueError, OSError) as error:
        found.skip(images.named(listed), str(error))
        return
    before = {sample.group for sample in found.collection.samples}
    if {sample.group for sample in run.samples} & before:
        run = replace(run, samples=tuple(_apart(sample, listed.parent.name) for sample in run.samples))
    found.add(run)


def _apart(sample: Sample, name: str) -> Sample:
    """Two runs of one name: only their folders tell them apart."""
    return replace(sample, id=f"{name}/{sample.id}", group=f"{name}/{sample.group}")


def _read_painted(place: Folder, found: _Found) -> bool:
    """The pictures in `images` with masks in `masks`, where no instrument has claimed the folder; whether there are."""
    before = len(found.collection.samples)
    for home in masks.homes(place):
        files = {place.root / name for name in (*home.pictures, *home.painted, *home.others)}
        if found.left != 0 and not {parent for file in files for parent in (file, *file.parents)} & found.taken:
            found.add(masks.read(place, home, limit=found.left))
            found.taken |= files
    return len(found.collection.samples) > before


def _read_drawn(place: Folder, found: _Found) -> bool:
    """As `_read_painted`, of pictures in `images` with rows of YOLO in `labels`."""
    before = len(found.collection.samples)
    for home in yolo.homes(place):
        files = {place.root / name for name in (*home.pictures, *home.labels.values())}
        if found.left != 0 and not {parent for file in files for parent in (file, *file.parents)} & found.taken:
            found.add(yolo.read(place, home, limit=found.left))
            found.taken |= files
    return len(found.collection.samples) > before


def _read_projects(root: Path, found: _Found) -> None:
    """EcoTaxa's tables, then ZooProcess's for objects that no EcoTaxa table names. Raises as `ecotaxa.read_tables`."""
    place = Folder(root)
    tables = [t for t in ecotaxa_tables.find(place) if root / t.folder not in found.taken]
    files: frozenset[str] = frozenset()
    if tables and found.left != 0:
        project = ecotaxa.read_tables(place, tables, limit=found.left, volume_unit=found.wishes.volume_unit)
        found.add(project.collection)
        files = project.files
    for zipped in (root / name for name in place.names() if name.lower().endswith(".zip")):
        _read_zip(zipped, found)
    measured = [m for m in zooprocess.find(place) if root / m.folder not in found.taken]
    if measured and found.left != 0:
        names = {sample.id for sample in found.collection.samples}
        scans = zooprocess.read_tables(place, measured, limit=found.left, besides=names)
        found.add(scans.collection)
        files |= scans.files
    found.taken |= {root / name for name in files}
    if found.left != 0:
        _leave_others(place, files, found)


def _read_zip(zipped: Path, found: _Found) -> None:
    """The EcoTaxa project in a zip of the folder; one that holds what was read already is left."""
    try:
        inside = Archive(zipped)
        tables = ecotaxa_tables.find(inside)
    except ValueError:
        return  # the reader of pictures tells of it
    if not tables or found.left == 0:
        return
    project = ecotaxa.read_tables(inside, tables, limit=found.left, volume_unit=found.wishes.volume_unit)
    found.taken.add(zipped)
    before = {sample.id for sample in found.collection.samples}
    twice = [sample.id for sample in project.collection.samples if sample.id in before]
    if twice:
        why = f"{images.named(zipped)} holds objects that were read from elsewhere, such as {twice[0]}."
        found.skip(images.named(zipped), f"{why} Open it by itself.")
    else:
        found.add(project.collection)


def _leave_others(place: Folder, files: frozenset[str], found: _Found) -> None:
    """Pictures beside those of a project that none of its tables names: masks and the like, and no samples."""
    homes = {Path(name).parent for name in files}
    inside = [name for name in place.names() if Path(name).parent in homes and name not in files]
    others = [name for name in inside if Path(name).suffix.lower() in folder.PICTURES]
    found.taken |= {place.root / name for name in others}
    if others:
        why = f"{len(others):,} picture(s) beside those of the project are named by no table; the first is {others[0]}."
        found.skip(place.name, f"{why} Open them by themselves.")
