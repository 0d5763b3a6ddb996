"""A folder of pictures → samples; folders named after classes → annotations by "folder". Only headers are read."""

import os
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from imagine_kernels import images
from imagine_kernels.images.place import PICTURES as PICTURES  # noqa: PLC0414 - what this folder is searched for
from imagine_kernels.records import Annotation, Collection, Region, Sample, Skipped

AUTHOR = "folder"
"""Who made the annotations that stand in folder names; a person's own annotation goes before them."""
_UNREAD = {".gif", ".webp", ".heic", ".avif", ".jp2", ".dng", ".nef", ".cr2", ".arw", ".svg", ".zip", ".7z", ".rar"}
_SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing"}
_NOT_A_CLASS = re.compile(
    r"[\W\d_]*|(.*[\W\d_])?(images?|pictures?|photos?|labels?|masks?|raw|data|crops?|frames?|stations?|casts?|cruises?|runs?"
    r"|samples?|sites?|transects?|deployments?|replicates?|day)([\W\d_].*)?",
    re.IGNORECASE,
)
"""Names that tell where or when, not what: such folders are no labels."""
_NUMBERED = re.compile(r"(.+)__\d+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that may be a picture: its name inside the source (the sample's id), its uri, its time."""

    name: str
    uri: str
    at: str


def read_folder(root: Path, *, limit: int | None = None, leave: Iterable[Path] = ()) -> Collection:
    """The pictures in and below a folder, by name; `leave` are folders and files that another reader takes."""
    skipped: list[Skipped] = []
    entries = sorted(_entries(root, set(leave), skipped), key=lambda entry: entry.name)
    return collect(entries, skipped, limit=limit)


def read_one(path: Path) -> Collection:
    """One picture as a collection of one."""
    return collect([Entry(path.name, str(path), _changed(path))])


def collect(entries: Sequence[Entry], skipped: Iterable[Skipped] = (), *, limit: int | None = None) -> Collection:
    """Samples of those entries that are pictures, until there are `limit`, with the labels their folders name."""
    samples: list[Sample] = []
    left_out = list(skipped)
    labels = class_folders([entry.name for entry in entries])
    times = {entry.name: entry.at for entry in entries}
    for entry, size in _sizes(entries):
        if isinstance(size, str):
            left_out.append(Skipped(_readable(entry.name), size))
        else:
            samples.append(Sample(entry.name, entry.uri, *size))
        if limit is not None and len(samples) >= limit:
            break
    made = tuple(_annotation(s.id, labels[s.id], times[s.id]) for s in samples if s.id in labels)
    return Collection(tuple(samples), made, tuple(left_out))


def class_folders(names: Sequence[str]) -> Mapping[str, str]:
    """The class of each file, where the folders clearly name classes; else nothing.

    Clear is: below a common folder and a possible train/val/test, every picture lies in exactly one folder; there are
    at least two of these; and none is called like a place, a date or a kind of file.
    """
    parents = [PurePosixPath(name).parts[:-1] for name in names]
    common = next((i for i, level in enumerate(zip(*parents, strict=False)) if len(set(level)) > 1), None)
    common = min(map(len, parents), default=0) if common is None else common
    below = [parts[common:] for parts in parents]
    below = [parts[1:] if parts and parts[0].lower() in _SPLITS else parts for parts in below]
    classes = {parts[0] for parts in below if len(parts) == 1}
    if len(classes) < 2 or any(len(parts) != 1 for parts in below) or any(map(_NOT_A_CLASS.fullmatch, classes)):
        return {}
    shown = _without_numbers(classes)
    return {name: shown[parts[0]] for name, parts in zip(names, below, strict=True)}


def _without_numbers(classes: set[str]) -> Mapping[str, str]:
    """EcoTaxa's exports for learning call a folder "Copepoda__25828", by name and number of the class."""
    names = {folder: _NUMBERED.fullmatch(folder) for folder in classes}
    plain = {folder: found[1] for folder, found in names.items() if found is not None}
    return plain if len(set(plain.values())) == len(classes) else {folder: folder for folder in classes}


def wanted(name: str) -> bool:
    """Whether a file of this name is tried at all; hidden files and companions (tables, notes) are not."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and path.suffix.lower() in PICTURES | _UNREAD


def _readable(name: str) -> str:
    return "/".join(images.named(part) for part in name.split("/"))


def _annotation(sample_id: str, label: str, at: str) -> Annotation:
    """Its ids are made of the name, so that opening a folder twice does not make two opinions."""
    stem = f"{AUTHOR}:{sample_id}:{label}"
    region = Region(label, id=uuid.uuid5(uuid.NAMESPACE_URL, stem + ":region").hex)
    return Annotation(sample_id, (region,), AUTHOR, at, AUTHOR, uuid.uuid5(uuid.NAMESPACE_URL, stem).hex)


def _sizes(entries: Sequence[Entry]) -> Iterator[tuple[Entry, tuple[int, int] | str]]:
    with ThreadPoolExecutor(4) as readers:  # a shared disk answers slowly: four questions at a time
        for start in range(0, len(entries), 512):  # in portions, so that a limit of ten does not open ten thousand
            some = entries[start : start + 512]
            yield from zip(some, readers.map(_size, some), strict=True)


def _size(entry: Entry) -> tuple[int, int] | str:
    suffix = PurePosixPath(entry.name).suffix.lower()
    if suffix in _UNREAD:
        what = "Open it by itself" if suffix == ".zip" else "Save it as JPEG, PNG or TIFF"
        return f"{images.named(entry.name)} is a {suffix[1:].upper()} file, which is not read here. {what}."
    try:
        return images.size(entry.uri)
    except (ValueError, OSError) as error:
        return str(error)


def _entries(root: Path, leave: set[Path], skipped: list[Skipped], inside: str = "") -> Iterator[Entry]:
    """The files below `root` that may be pictures; `inside` is the folder below it that is being walked."""
    place = root / inside
    try:
        found = list(os.scandir(place))
    except OSError as error:
        why = f"The folder {images.named(place)} cannot be opened: {error.strerror}."
        skipped.append(Skipped(_readable(inside) or images.named(root), why))
        return
    for item in found:
        name = f"{inside}{item.name}"
        if item.name.startswith(".") or item.name == "__MACOSX":
            continue
        if item.is_dir():
            if item.is_symlink():
                skipped.append(_link(name, "a link to a folder and was not followed. Open that folder by itself."))
            elif Path(item.path) not in leave:
                yield from _entries(root, leave, skipped, f"{name}/")
        elif wanted(item.name) and Path(item.path) not in leave and _usable(root, item, name, skipped):
            yield Entry(name, item.path, _changed(item))


def _usable(root: Path, item: "os.DirEntry[str]", name: str, skipped: list[Skipped]) -> bool:
    if item.is_symlink() and not Path(item.path).resolve().is_relative_to(root.resolve()):
        skipped.append(_link(name, "a link that leads out of the folder and was not followed. Copy what it points to."))
        return False
    if not encodable(name):
        skipped.append(Skipped(_readable(name), f"{images.named(name)} has a broken name. Rename it."))
        return False
    return item.is_symlink() or item.is_file()


def _changed(file: "os.DirEntry[str] | Path") -> str:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="milliseconds")
    except (OSError, OverflowError, ValueError):  # a dead link, or a clock that was far off
        return "1970-01-01T00:00:00.000+00:00"


def encodable(name: str) -> bool:
    """Whether a name is text; a disk may hold names that are none."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _link(name: str, what: str) -> Skipped:
    return Skipped(_readable(name), f"{images.named(name)} is {what}")


def kinds(root: Path) -> str:
    """What lies in a folder without pictures, for the sentence about it: "3 files (.csv, .txt)"."""
    found = Counter(Path(name).suffix.lower() or "no suffix" for _, _, files in os.walk(root) for name in files)
    return f"{found.total()} files ({', '.join(sorted(found)[:6])})" if found else "nothing"
