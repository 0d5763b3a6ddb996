"""Pictures in `images` with rows of numbers in `labels` (YOLO) → samples, and what people drew as boxes and outlines.

images/NAME.jpg belongs to labels/NAME.txt, images/train/NAME.jpg to labels/train/NAME.txt. An empty file says that
there is nothing; a picture without a file is not labelled, nor is one whose file holds a row that cannot be used: a
thing left out would teach that nothing is there. Names of classes stand in data.yaml. Where train.txt, val.txt or
test.txt list pictures, the others are left out.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from imagine_kernels import images
from imagine_kernels.images import yolo_rows
from imagine_kernels.images.place import Place
from imagine_kernels.records import Annotation, Collection, Region, Sample, Skipped
from imagine_kernels.sources import class_names, folder

AUTHOR = "yolo"
"""Who made annotations that came as YOLO labels."""
PICTURES, LABELS = "images", "labels"
_LARGEST = 16 * 2**20
_LISTS = ("train.txt", "val.txt", "valid.txt", "test.txt")
_NO_LABELS = {"classes.txt", *_LISTS}


@dataclass(frozen=True, slots=True)
class Home:
    """One data set in a place: the path of the folder that holds `images` and `labels`, "" or ending in a slash."""

    path: str
    pictures: tuple[str, ...]
    labels: Mapping[str, str]
    """The label file of a picture, by the picture's path without `images` and suffix."""


def homes(place: Place) -> Iterator[Home]:
    """Every folder of the place that holds pictures below `images` and text files of rows below `labels`."""
    found: dict[str, tuple[list[str], dict[str, str]]] = {}
    for name in place.names():
        for kind, wanted in ((PICTURES, folder.wanted(name)), (LABELS, _may_label(name))):
            if wanted and (split := _split(name, kind)) is not None:
                pictures, labels = found.setdefault(split[0], ([], {}))
                if kind == PICTURES:
                    pictures.append(name)
                else:
                    labels[split[1]] = name
    for path, (pictures, labels) in sorted(found.items()):
        if pictures and labels and _numbers(place, sorted(labels.values())):
            yield Home(path, tuple(pictures), labels)


def _may_label(name: str) -> bool:
    return name.lower().endswith(".txt") and PurePosixPath(name).name.lower() not in _NO_LABELS


def _split(name: str, kind: str) -> tuple[str, str] | None:
    """The path before the last folder called `kind`, and the path after it without suffix."""
    parts = PurePosixPath(name).parts
    at = max((i for i, part in enumerate(parts[:-1]) if part.lower() == kind), default=None)
    if at is None:
        return None
    return "".join(f"{part}/" for part in parts[:at]), str(PurePosixPath(*parts[at + 1 :]).with_suffix(""))


def _numbers(place: Place, labels: Sequence[str]) -> bool:
    """Whether the first file with a row begins with the number of a class; empty files tell nothing against it."""
    for name in labels[:50]:
        with place.open(name) as file:
            words = file.read(2000).split()
        if words:
            return words[0].replace(b".0", b"").isdigit()
    return True


def read_every(place: Place, found: Sequence[Home], *, limit: int | None = None) -> Collection:
    """The pictures of several data sets."""
    every = Collection(())
    for home in found:
        left = None if limit is None else limit - len(every.samples)
        if left != 0:
            more = read(place, home, limit=left)
            every = Collection(
                every.samples + more.samples, every.annotations + more.annotations, every.skipped + more.skipped
            )
    return every


def read(place: Place, home: Home, *, limit: int | None = None) -> Collection:
    """The pictures of one data set, and the regions of those whose label file can be used.

    Raises ValueError with a sentence where the file of class names cannot be read: every label would be wrong.
    """
    skipped: list[Skipped] = []
    names, points = _named(place, home.path)
    samples = _samples(place, home, _listed(place, home, skipped), skipped, limit)
    read_rows: dict[str, list[yolo_rows.Row]] = {}
    for sample in samples:
        if (file := home.labels.get(_own(sample))) is not None:
            try:
                read_rows[sample.id] = yolo_rows.read(_text(place, file), boxes=points > 0)
            except ValueError as error:
                skipped.append(_refused(file, sample, error))
    turned = yolo_rows.oriented([row for rows in read_rows.values() for row in rows])
    made = []
    for sample in samples:
        if sample.id in read_rows:
            file, size = home.labels[_own(sample)], (sample.width, sample.height)
            try:
                regions = [yolo_rows.region(row, names, size, file, turned=turned) for row in read_rows[sample.id]]
            except ValueError as error:
                skipped.append(_refused(file, sample, error))
            else:
                made.append(_annotation(sample, tuple(regions), place.changed(file)))
    return Collection(tuple(samples), tuple(made), (*skipped, *_left(home, samples, points, limit)))


def _own(sample: Sample) -> str:
    split = _split(sample.id, PICTURES)
    return "" if split is None else split[1]


def _refused(file: str, sample: Sample, error: ValueError) -> Skipped:
    return Skipped(file, f"{images.named(file)}: {error} Until then {images.named(sample.id)} counts as not labelled.")


def _named(place: Place, path: str) -> tuple[Mapping[int, str] | None, int]:
    """Names of the classes from the nearest file above, or None; and how many numbers of key points follow a box."""
    parts = PurePosixPath(path).parts
    above = ["".join(f"{part}/" for part in parts[:length]) for length in range(len(parts), -1, -1)]
    points = next((count for each in above if (count := class_names.key_points(place, each))), 0)
    for each in (above[0], f"{above[0]}{LABELS}/", *above[1:]):
        if (names := class_names.read(place, each, first=0)) is not None:
            return names, points
    return None, points


def _text(place: Place, file: str) -> str:
    with place.open(file) as opened:
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError("It is too large for the labels of one picture.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("It is no text. Save it as plain text in UTF-8.") from error


def _listed(place: Place, home: Home, skipped: list[Skipped]) -> set[str] | None:
    """The pictures that lists beside `images` name; None where there are no lists."""
    names, known = set(place.names()), set(home.pictures)
    lists = [home.path + name for name in _LISTS if home.path + name in names]
    wanted: set[str] = set()
    for name in lists:
        lines = [line.strip() for line in _text(place, name).splitlines() if line.strip()]
        here = {line: found for line in lines if (found := _known(home.path, line, known)) is not None}
        wanted |= set(here.values())
        if gone := [line for line in lines if line not in here]:
            why = (
                f"{images.named(name)} lists {len(gone):,} picture(s) that are not here; the first is {gone[0][:200]}."
            )
            skipped.append(Skipped(name, f"{why} Add them, or take them from the list."))
    return wanted or None


def _known(path: str, line: str, known: set[str]) -> str | None:
    """The picture a line of a list means: its path from the folder, or what of it follows `images`."""
    plain = path + str(PurePosixPath(line.replace("\\", "/")))
    if plain in known:
        return plain
    parts = PurePosixPath(line.replace("\\", "/")).parts
    at = max((i for i, part in enumerate(parts) if part.lower() == PICTURES), default=None)
    found = None if at is None else path + "/".join(parts[at:])
    return found if found in known else None


def _samples(
    place: Place, home: Home, wanted: set[str] | None, skipped: list[Skipped], limit: int | None
) -> list[Sample]:
    samples: list[Sample] = []
    for name in home.pictures:
        if limit is not None and len(samples) >= limit:
            break
        if wanted is None or name in wanted:
            try:
                samples.append(Sample(name, place.uri(name), *images.scan_size(place.uri(name))))
            except (ValueError, OSError) as error:
                skipped.append(Skipped(name, str(error)))
    if wanted is not None and limit is None and (others := len(home.pictures) - len(wanted)):
        skipped.append(Skipped(home.path + PICTURES, f"{others:,} picture(s) stand in no list and were left out."))
    return samples


def _annotation(sample: Sample, regions: tuple[Region, ...], at: str) -> Annotation:
    """Its id is made of the name, so that opening a folder twice does not make two opinions."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{AUTHOR}:{sample.id}").hex
    return Annotation(sample.id, regions, AUTHOR, at, AUTHOR, name)


def _left(home: Home, samples: Sequence[Sample], points: int, limit: int | None) -> Iterator[Skipped]:
    """Pictures without labels, labels without a picture, key points."""
    bare = [sample.id for sample in samples if _own(sample) not in home.labels]
    if bare:
        why = f"{len(bare):,} picture(s) have no label file and count as not labelled; the first is {bare[0]}."
        yield Skipped(home.path + LABELS, f"{why} Where there is nothing to be seen, add an empty file.")
    alone = sorted(home.labels.keys() - {_split(name, PICTURES)[1] for name in home.pictures})  # type: ignore[index]
    if alone and limit is None:
        first = home.labels[alone[0]]
        why = (
            f"{len(alone):,} label file(s) belong to no picture; the first is {images.named(first)}. Add the pictures."
        )
        yield Skipped(home.path + LABELS, why)
    if points:
        yield Skipped(home.path + LABELS, "Key points are not read here: of each row the box was taken.")
