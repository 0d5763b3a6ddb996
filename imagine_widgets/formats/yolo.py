"""YOLO: a folder with rows of numbers for each picture and data.yaml; detection here, the other tasks beside.

Folders of all tasks are read alike. labels/NAME.txt is what people said, but for rows with a confidence; those and all
of predictions/NAME.txt are a model's. An empty file says that nothing is there. Pictures need not be there: sizes.csv,
which we write, or a folder named by the caller tells their sizes.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

import yaml

from imagine_kernels import images as pictures
from imagine_kernels.images import yolo_rows
from imagine_kernels.records import Annotation, Prediction, Region, Sample, Skipped
from imagine_kernels.shapes import Box, Polygon, RotatedBox
from imagine_widgets.formats import yolo_shapes
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import IMPORTED, LONG_AGO, Holds, Labels, Term
from imagine_widgets.formats.place import PICTURES, Place, brief, own_files, why

FACTS = frozenset({"predictions", "score", "empty", "unlabelled", "unused"})
_SIZES = "sizes.csv"
_DRAWN = (Box, Polygon, RotatedBox)
_NAMES = ("data.yaml", "data.yml", "classes.txt", "obj.names", "labels/classes.txt")
_LISTS = {"classes.txt", "train.txt", "val.txt", "valid.txt", "test.txt", "obj.names", "notes.txt", "readme.txt"}
_FOLDERS = {"images", "labels", "predictions", "obj_train_data", "obj_valid_data"}


def detect(head: Head) -> bool:
    """A folder or zip with YOLO's data.yaml, or with text files below `labels`."""
    parts = [PurePosixPath(name).parts for name in head.names]
    rows = any("labels" in part[:-1] and part[-1].endswith(".txt") for part in parts)
    return rows or any(len(part) < 3 and part[-1] in _NAMES[:2] for part in parts)


@dataclass
class _Found:
    """What is read so far."""

    names: Mapping[int, str]
    task: str
    skipped: list[Skipped] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)
    marred: set[str] = field(default_factory=set)

    def skip(self, name: str, told: str, row: int | None = None) -> None:
        """One file or row of it that cannot be used: what is left of the file never says that nothing is there."""
        self.marred.add(name)
        self.skipped.append(Skipped(name if row is None else f"{name}, row {row}", told))


def read(path: Path, images: Path | None = None) -> Labels:
    """The labels of a folder or zip of any of YOLO's tasks. Raises OSError or ValueError with a sentence."""
    place = Place(path)
    found = _Found(*_classes(place))
    samples = _samples(place, images, found.skipped)
    files = [name for name in place.ending(".txt") if PurePosixPath(name).name.lower() not in _LISTS]
    inside = [name for name in files if {"labels", "predictions"} & set(PurePosixPath(name).parts[:-1])]
    rows = {name: _rows(place, name, found) for name in inside or files}
    turned = found.task == "obb" or (not found.task and yolo_rows.oriented([one for r in rows.values() for one in r]))
    for name, some in rows.items():
        sample = samples.get(_stem(name))
        if sample is None:
            found.skip(name, f"{name} is of a picture whose size is not known: name the folder of the pictures.")
        else:
            _take(found, sample, name, some, turned=turned)
    said: tuple[Annotation | Prediction, ...] = (*found.annotations, *found.predictions)
    unnamed = {} if found.names else dict.fromkeys(region.label for one in said for region in one.regions)
    terms = tuple(Term(name) for name in (*dict(sorted(found.names.items())).values(), *unnamed))
    everyone = tuple(sorted(samples.values(), key=lambda sample: sample.id))
    return Labels(everyone, tuple(found.annotations), tuple(found.predictions), terms, tuple(found.skipped))


def _stem(name: str) -> str:
    """What a picture and its rows have in common: the path without the folders of kinds, and without an ending."""
    parts = PurePosixPath(name).with_suffix("").parts
    return str(PurePosixPath(*(part for part in parts[:-1] if part not in _FOLDERS), parts[-1]))


def _classes(place: Place) -> tuple[Mapping[int, str], str]:
    """Names by number, and the task where data.yaml tells it."""
    for name in _NAMES:
        if name not in place.names:
            continue
        text = place.content(name).decode("utf-8-sig", "replace")
        if not name.endswith(("yaml", "yml")):
            return dict(enumerate(filter(None, map(str.strip, text.splitlines())))), ""
        try:
            told = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - makes texts only, so that `no` stays a name
            names = told["names"]
            pairs = enumerate(names) if isinstance(names, list) else names.items()
            return {int(number): _name(one) for number, one in pairs}, str(told.get("task", ""))
        except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ValueError(f"{name} gives no names of classes ({brief(error)}). Correct its `names`.") from error
    return {}, ""


def _name(given: object) -> str:
    """A name as it is meant: JSON, which data.yaml may be, writes an emoji as two halves, which YAML leaves apart."""
    if not isinstance(given, str) or not given:
        raise ValueError("a name is no text")
    try:
        return given.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise ValueError(f"{given!a} has half a character") from error


def _samples(place: Place, images: Path | None, skipped: list[Skipped]) -> dict[str, Sample]:
    """By stem: as sizes.csv tells them, else as the pictures themselves do."""
    uris = {name: place.uri(name) for name in place.names if PurePosixPath(name).suffix.lower() in PICTURES}
    if images is not None:
        others = Place(images)
        uris |= {name: others.uri(name) for name in others.ending(*PICTURES)}
    own = {_stem(name): (name, uri) for name, uri in uris.items()}
    found: dict[str, Sample] = {}
    if _SIZES in place.names:
        for row in csv.DictReader(io.StringIO(place.content(_SIZES).decode("utf-8-sig"), newline="")):
            try:
                name = row["name"]
                uri = own.pop(_stem(name), (name, name))[1]
                found[_stem(name)] = Sample(name, uri, int(row["width"]), int(row["height"]))
            except (KeyError, TypeError, ValueError) as error:
                skipped.append(why(f"{_SIZES}, {str(row)[:60]}", error))
    for stem, (name, uri) in own.items():
        try:
            found[stem] = Sample(stem + PurePosixPath(name).suffix, uri, *pictures.scan_size(uri))
        except (ValueError, OSError) as error:
            skipped.append(Skipped(name, str(error)))
    return found


def _rows(place: Place, name: str, found: _Found) -> list[yolo_rows.Row]:
    rows = []
    try:
        lines = place.content(name).decode("utf-8-sig").splitlines()
    except (ValueError, OSError) as error:
        found.skip(name, f"{name} cannot be read as text: {error}")
        return []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(yolo_rows.row(number, line.split()))
            except ValueError as error:
                found.skip(name, str(error), number)
    return rows


def _take(found: _Found, sample: Sample, name: str, rows: Sequence[yolo_rows.Row], *, turned: bool) -> None:
    """The rows of one file as what people or a model said."""
    guessed = "predictions" in PurePosixPath(name).parts[:-1]
    said = list(_regions(found, sample, name, rows, turned=turned))
    people = [region for region in said if not guessed and region.score is None]
    models = [region for region in said if guessed or region.score is not None]
    if people or not (models or guessed or name in found.marred):
        own = f"{sample.id}/{IMPORTED}"
        found.annotations.append(
            Annotation(sample.id, _numbered(sample, people, "u"), IMPORTED, LONG_AGO, IMPORTED, own)
        )
    if models:
        found.predictions.append(Prediction(sample.id, _numbered(sample, models, "c"), IMPORTED, ""))


def _numbered(sample: Sample, regions: Sequence[Region], letter: str) -> tuple[Region, ...]:
    return tuple(Region(r.label, r.score, r.shape, f"{sample.id}#{letter}{n}") for n, r in enumerate(regions, start=1))


def _regions(
    found: _Found, sample: Sample, name: str, rows: Sequence[yolo_rows.Row], *, turned: bool
) -> Iterator[Region]:
    for row in rows:
        label = found.names.get(row.kind) if found.names else f"class_{row.kind}"
        if label is None:
            told = f"Row {row.number} is of class {row.kind}, which has no name in data.yaml. Add it."
            found.skip(name, told, row.number)
            continue
        try:
            shape = yolo_rows.shape(row.shares, (sample.width, sample.height), turned=turned)
            for held in yolo_shapes.stepped(shape, sample):
                yield Region(label, row.score, held)
        except ValueError as error:
            found.skip(name, str(error), row.number)


def write(labels: Labels, path: Path, *, task: str = "detect") -> None:
    """The folder: rows of people and of models, names of classes, sizes of pictures."""
    numbers = {term.name: number for number, term in enumerate(labels.terms)}
    files, samples = own_files(labels.samples, ".txt"), {sample.id: sample for sample in labels.samples}
    path.mkdir()
    said: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    made: set[Path] = set()
    for one in said:
        target = path / ("labels" if isinstance(one, Annotation) else "predictions") / files[one.sample_id]
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        sample = samples[one.sample_id]
        lines = [_line(region, numbers[region.label], sample, task) for region in one.regions]
        with target.open("wb", buffering=0) as file:  # a data set has many files, and all else costs more than this
            file.write("".join(lines).encode())
    facts = {"path": ".", "train": "images", "val": "images", "task": task, "names": dict(enumerate(numbers))}
    text = yaml.safe_dump(facts, sort_keys=False, allow_unicode=all(map(str.isprintable, numbers)))
    (path / "data.yaml").write_text(text, encoding="utf-8", newline="")
    with (path / _SIZES).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "width", "height"])
        rows.writerows([sample.id, sample.width, sample.height] for sample in labels.samples)


def _line(region: Region, number: int, sample: Sample, task: str) -> str:
    if not isinstance(region.shape, _DRAWN):
        raise TypeError(f"YOLO holds no {type(region.shape).__name__}: it was to be left out before.")
    shares = yolo_shapes.shares(region.shape, sample, outline=task != "detect")
    score = "" if region.score is None else f" {region.score!r}"
    digits = " %.17g" if task == "obb" else " %.12g"  # an angle is told from the differences of corners
    return f"{number}{digits * len(shares) % tuple(shares)}{score}\n"


def of_task(name: str, title: str, task: str, shapes: yolo_shapes.Shapes) -> Format:
    """The format of one task: they differ in how shapes are written."""
    writing: Callable[[Labels, Path], None] = partial(write, task=task)
    return Format(name, title, "", detect, read, writing, Holds(FACTS, shapes))


FORMAT = of_task("yolo", "YOLO (detection)", "detect", yolo_shapes.upright)
