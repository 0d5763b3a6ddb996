"""Where samples come from: `open_samples` looks at what a path holds and gives it to the reader for that."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from imagine_kernels import images
from imagine_kernels.images import zip_members
from imagine_kernels.records import Collection, Sample, Skipped
from imagine_kernels.sources import archive, flowcam, folder

__all__ = ["fingerprint", "open_samples"]


def open_samples(path: str | Path, *, limit: int | None = None, dilution: float | None = None) -> Collection:
    """The samples of a folder, a folder per class, a zip, a raw FlowCam run (or a folder of runs), or one picture.

    What cannot be used stands in `skipped`, each with a sentence; reading goes on with the rest. `limit` stops early;
    `dilution` is millilitres of measured fluid per millilitre of original water, for FlowCam runs. Raises
    FileNotFoundError or ValueError with a sentence where nothing at all can be used.
    """
    place = Path(path).expanduser().absolute()
    if not place.exists():
        raise FileNotFoundError(f"There is no {place}. Check the path; it is seen from {Path.cwd()}.")
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be 1 or more, not {limit}.")
    found = _read(place, limit, dilution)
    if not found.samples:
        raise ValueError(_nothing(place, found))
    return found


def _read(place: Path, limit: int | None, dilution: float | None) -> Collection:
    if place.is_dir():
        return _read_tree(place, limit, dilution)
    if flowcam.lists([place]):
        return flowcam.read_run(place, limit=limit, dilution=dilution)
    with place.open("rb") as file:
        if file.read(4) == b"PK\3\4":
            return archive.read_archive(place, limit=limit)
    return folder.read_one(place)


def _read_tree(root: Path, limit: int | None, dilution: float | None) -> Collection:
    """Every run in and below the folder, then the pictures that belong to no run."""
    runs = _runs(root)
    found = Collection(())
    for listed in (each for lists in runs.values() for each in lists):
        left = None if limit is None else limit - len(found.samples)
        if left != 0:
            found = _join(found, _read_one_run(listed, found, left, dilution))
    left = None if limit is None else limit - len(found.samples)
    if root in runs or left == 0:
        return found
    return _join(found, folder.read_folder(root, limit=left, leave=runs))


def _runs(root: Path) -> dict[Path, list[Path]]:
    found = {}
    for place, folders, files in os.walk(root):
        folders.sort()
        lists = flowcam.lists([Path(place, name) for name in files])
        if lists:
            found[Path(place)] = lists
    return found


def _read_one_run(listed: Path, before: Collection, limit: int | None, dilution: float | None) -> Collection:
    try:
        run = flowcam.read_run(listed, limit=limit, dilution=dilution)
    except (ValueError, OSError) as error:
        return Collection((), (), (Skipped(images.named(listed), str(error)),))
    if not {sample.group for sample in run.samples} & {sample.group for sample in before.samples}:
        return run
    folder_name = listed.parent.name  # two runs of one name: only their folders tell them apart
    samples = (replace(s, id=f"{folder_name}/{s.id}", group=f"{folder_name}/{s.group}") for s in run.samples)
    return replace(run, samples=tuple(samples))


def _join(one: Collection, other: Collection) -> Collection:
    return Collection(one.samples + other.samples, one.annotations + other.annotations, one.skipped + other.skipped)


def _nothing(place: Path, found: Collection) -> str:
    name = images.named(place)
    if found.skipped:
        first = found.skipped[0].why
        return f"Nothing in {name} can be used: {len(found.skipped):,} thing(s) were left out. The first: {first}"
    return f"{name} holds no picture (JPEG, PNG, TIFF or BMP) and no FlowCam run, but {folder.kinds(place)}."


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
