"""LabelMe: a JSON file a picture. What its shapes do not say is carried in a field that LabelMe keeps as it is."""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from imagine_kernels import images as pictures
from imagine_kernels.records import Annotation, Prediction, Region, Sample, Skipped
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import carried, labelme_shapes
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import IMPORTED, Holds, Labels
from imagine_widgets.formats.likeness import settled
from imagine_widgets.formats.place import Place, beginning, own_files, why

_OURS, _TOOL = "imagine", "labelme"
_LABELS = "labels.txt"
_KNOWN = {"label", "points", "shape_type", "mask", _OURS}
_PLAIN: Mapping[str, object] = {"group_id": None, "description": "", "flags": {}, "mask": None}
_OUTLINES = ("polygon", None, "")
_VERSION = "5.5.0"


def _detect(head: Head) -> bool:
    if head.names == (_LABELS,):
        return True
    start = beginning(head.path, ".json")
    return sum(f'"{mark}"' in start for mark in ("imagePath", "imageData", "shapes", "lineColor", "fillColor")) > 1


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Everything that lies in a picture; what LabelMe cannot draw exactly is carried beside what it shows."""
    del sample
    return () if isinstance(shape, TimeFrequency | Track) else (shape,)


def read(path: Path, images: Path | None = None) -> Labels:
    """The pictures and labels of one JSON file, or of all in a folder or zip. Raises OSError or ValueError."""
    place, skipped = Place(path), list[Skipped]()
    samples: dict[str, Sample] = {}
    gathered = carried.Gathered()
    for name in place.ending(".json"):
        try:
            data = _json(place.content(name))
            sample = _sample(data, place, name, images)
        except (ValueError, OSError, TypeError) as error:
            skipped.append(Skipped(place.uri(name), f"{name}: {why(name, error).why}"))
            continue
        samples[sample.id] = sample
        _take(data, sample, gathered, skipped)
    if skipped and not samples:
        raise ValueError(f"{path} holds no file of LabelMe that can be read. {skipped[0].why}")
    said, guessed = gathered.all_annotations(), gathered.all_predictions()
    return Labels(tuple(samples.values()), said, guessed, tuple(gathered.terms().values()), tuple(skipped))


def _json(content: bytes) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not whole: its JSON breaks off or is wrong ({error}).") from error
    if not isinstance(data, dict) or not isinstance(data.get("shapes"), list) or not data.get("imagePath"):
        raise ValueError("it is no file of LabelMe: it needs `shapes`, a list, and `imagePath`.")
    return data


def _sample(data: Mapping[str, Any], place: Place, name: str, images: Path | None) -> Sample:
    """The picture lies where the JSON file lies, whatever folders the path in it names."""
    picture = str(PurePosixPath(name).parent / str(data["imagePath"]).replace("\\", "/").rsplit("/", 1)[-1])
    uri = str(images / picture) if images is not None else picture
    there = next((one for one in (uri, place.uri(picture)) if Path(one).is_file()), uri)
    width, height = data.get("imageWidth"), data.get("imageHeight")
    if not isinstance(width, int | float) or not isinstance(height, int | float):
        width, height = _size(data, there)
    if not (1 <= width < 2**31 and 1 <= height < 2**31):
        raise ValueError("its imageWidth and imageHeight are no numbers of pixels.")
    return Sample(picture, there, int(width), int(height))


def _size(data: Mapping[str, Any], uri: str) -> tuple[int, int]:
    if isinstance(data.get("imageData"), str):
        with Image.open(io.BytesIO(base64.b64decode(data["imageData"]))) as found:
            return found.size
    return pictures.scan_size(uri)


def _take(data: Mapping[str, Any], sample: Sample, gathered: carried.Gathered, skipped: list[Skipped]) -> None:
    ours, flags = _table(data.get(_OURS)), _table(data.get("flags"))
    marked = [str(label) for label, is_set in flags.items() if is_set and label]
    _whole(ours.get("whole"), marked, sample, gathered)
    for number, rows in _grouped(data["shapes"]).items():
        try:
            gathered.add(sample.id, _region(rows, sample, number), _packed(rows))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError) as error:
            skipped.append(why(f"{sample.id}, shape {number}", error))
        except Image.DecompressionBombError as error:
            skipped.append(Skipped(f"{sample.id}, shape {number}", str(error)))
    for one in _list(ours.get("empty")) if ours else [] if data["shapes"] or marked else [{}]:
        gathered.empty(sample.id, str(one.get("author") or IMPORTED), one.get("at"))


def _table(given: object) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _list(given: object) -> list[dict[str, Any]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _whole(given: object, marked: list[str], sample: Sample, gathered: carried.Gathered) -> None:
    """What is said of the whole picture: LabelMe's flags, with what is carried of those that are still set."""
    known = set()
    for packed in _list(given):
        kept = carried.carried(packed)
        if kept is not None and kept.label in marked:
            known.add(kept.label)
            gathered.add(sample.id, kept, packed)
    for label in marked:
        if label not in known:
            gathered.add(sample.id, Region(label, id=f"{sample.id}#flag:{label}"), None)


def _grouped(shapes: Sequence[Any]) -> dict[int, list[Any]]:
    """Rows by the number of the first: outlines of one class and group are one thing, others are by themselves."""
    found: dict[int, list[Any]] = {}
    groups: dict[tuple[str, str, str], int] = {}
    for number, row in enumerate(shapes, start=1):
        first = number
        if isinstance(row, dict) and row.get("group_id") is not None and row.get("shape_type") in _OUTLINES:
            group = str(row.get("label")), str(row["group_id"])
            ours = str(_table(_table(row.get(_OURS)).get("region")).get("id", ""))
            first = groups.setdefault((*group, ours), groups.get((*group, ""), number) if not ours else number)
            groups.setdefault((*group, ""), first)  # what a person adds to a group belongs to it
        found.setdefault(first, []).append(row)
    return found


def _packed(rows: Sequence[Mapping[str, Any]]) -> object:
    return next((row[_OURS] for row in rows if _OURS in row), None)


def _region(rows: Sequence[Mapping[str, Any]], sample: Sample, number: int) -> Region:
    kept = carried.carried(_packed(rows))
    shape: Shape | None = labelme_shapes.together(rows, sample)
    if kept is not None:
        shape = settled(shape, kept.shape, partial(_through, sample=sample))
    now = {key: value for key, value in rows[0].items() if key not in _KNOWN and value != _PLAIN.get(key)}
    if kept is not None and len(rows) > 1 and "group_id" not in carried.fields(kept, _TOOL):
        now.pop("group_id", None)  # it was ours
    found = carried.region(str(rows[0]["label"]), shape, kept, {}, f"{sample.id}#{number}")
    return carried.of_tool(found, _TOOL, now)


def _through(shape: Shape, sample: Sample) -> Shape | None:
    if isinstance(shape, TimeFrequency | Track):
        return None
    return labelme_shapes.together(labelme_shapes.drawings(shape, sample), sample)


def write(labels: Labels, path: Path) -> None:
    """A folder with a JSON file for each sample of which something is said, and the list of classes."""
    files = own_files(labels.samples, ".json")
    said: dict[str, list[Annotation | Prediction]] = {}
    every: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    for one in every:
        said.setdefault(one.sample_id, []).append(one)
    path.mkdir()
    names = [term.name for term in labels.terms if term.name.isprintable()]
    (path / _LABELS).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    for sample in labels.samples:
        target = path / files[sample.id]
        target.parent.mkdir(parents=True, exist_ok=True)
        data = _data(sample, said.get(sample.id, []))
        target.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")


def _data(sample: Sample, said: Sequence[Annotation | Prediction]) -> dict[str, Any]:
    whole: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    empty: list[dict[str, str]] = []
    groups = [carried.fields(region, _TOOL).get("group_id") for one in said for region in one.regions]
    free = 1 + max((group for group in groups if isinstance(group, int)), default=0)
    for one in said:
        if isinstance(one, Annotation) and not one.regions:
            empty.append({"author": one.author, "at": one.at})
        for order, region in enumerate(one.regions):
            if region.shape is None:
                whole.append(carried.pack(one, region, order, exact=True))
            else:
                rows += _rows(one, region, order, sample, group=free + len(rows))
    flags = {packed["region"]["label"]: True for packed in whole}
    return {
        "version": _VERSION,
        "flags": flags,
        "shapes": rows,
        "imagePath": PurePosixPath(sample.id).name,
        "imageData": None,
        "imageHeight": sample.height,
        "imageWidth": sample.width,
        _OURS: {"whole": whole, "empty": empty},
    }


def _rows(
    said: Annotation | Prediction, region: Region, order: int, sample: Sample, *, group: int
) -> list[dict[str, Any]]:
    """The rows of a region; several are in `group`, unless LabelMe had them in one already."""
    if region.shape is None or isinstance(region.shape, TimeFrequency | Track):
        raise TypeError(f"LabelMe holds no {type(region.shape).__name__}: it was to be left out before.")
    drawn = labelme_shapes.drawings(region.shape, sample)
    exact = labelme_shapes.together(drawn, sample) == region.shape
    others = {key: value for key, value in carried.fields(region, _TOOL).items() if key not in _KNOWN}
    if len(drawn) > 1 and others.get("group_id") is None:
        others["group_id"] = group
    ours = carried.pack(said, region, order, exact=exact)
    return [{"label": region.label, **_PLAIN, **others, **one, _OURS: ours} for one in drawn]


FORMAT = Format("labelme", "LabelMe", "", _detect, read, write, Holds(carried.FACTS | {"empty"}, shapes))
