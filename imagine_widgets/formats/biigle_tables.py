"""Members of a BIIGLE archive: tables as rows of text, lists as JSON, and the classes of its label trees."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from imagine_kernels.records import Json
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import biigle, biigle_metadata, biigle_video, vertices
from imagine_widgets.formats.labels import Term
from imagine_widgets.formats.place import Place, brief

Row = Mapping[str, str]
_NAMES = {number: name for name, number in {**biigle.NUMBERS, "WholeFrame": "7"}.items()}
_NUMBERS = {name: number for number, name in _NAMES.items()}
COLUMNS: Mapping[str, Sequence[str]] = {
    "images.csv": ("id", "filename", "volume_id", "uuid"),
    "image_annotations.csv": ("id", "image_id", "shape_id", "created_at", "updated_at", "points"),
    "image_annotation_labels.csv": (
        "annotation_id", "label_id", "user_id", "confidence", "created_at", "updated_at",
    ),
    "image_labels.csv": ("image_id", "label_id", "user_id", "created_at", "updated_at"),
    "videos.csv": ("id", "filename", "volume_id", "uuid"),
    "video_annotations.csv": ("id", "video_id", "shape_id", "created_at", "updated_at", "points", "frames"),
    "video_annotation_labels.csv": ("annotation_id", "label_id", "user_id", "created_at", "updated_at"),
}  # fmt: skip


def rows(place: Place, name: str) -> list[Row]:
    """A table; nothing where the archive has none. Raises ValueError with a sentence where it cannot be read."""
    if name not in place.names:
        return []
    try:
        return list(csv.DictReader(io.StringIO(place.content(name).decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{name} in {place.path} is no table that can be read: {error}.") from error


def listed(place: Place, name: str) -> list[Json]:
    """The tables of fields in a JSON list. Raises ValueError with a sentence."""
    if name not in place.names:
        return []
    try:
        found = json.loads(place.content(name).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} in {place.path} breaks off or is wrong ({brief(error)}).") from error
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def terms(place: Place) -> dict[str, Term]:
    """The classes of all label trees by their ids."""
    found: list[Mapping[str, Any]] = [
        one for tree in listed(place, "label_trees.json") for one in tree.get("labels") or ()
    ]
    found += rows(place, "labels.csv")
    names = {str(one.get("id")): str(one.get("name") or "") for one in found}
    return {str(one.get("id")): _term(one, names) for one in found if one.get("name")}


def _term(one: Mapping[str, Any], names: Mapping[str, str]) -> Term:
    source = one.get("source_id")
    codes = {"source": str(source)} if source else {}
    colour = str(one.get("color") or "")
    return Term(str(one["name"]), names.get(str(one.get("parent_id"))), str(one["id"]), _hash(colour), codes)


def _hash(colour: str) -> str:
    return colour if not colour or colour.startswith("#") else f"#{colour}"


def tree(found: Iterable[Term], ids: Mapping[str, int]) -> Json:
    """The classes as one label tree; `ids` are theirs, and those of classes that are only above others."""
    known = {term.name: term for term in found}
    labels = []
    for name, number in ids.items():
        term = known.get(name, Term(name))
        above = ids.get(term.parent) if term.parent is not None and term.parent != name else None
        colour = term.colour.removeprefix("#") or "0099ff"
        labels.append({"id": number, "name": name, "parent_id": above, "color": colour, "source_id": None})
    return {"id": 1, "name": "imagine", "description": None, "labels": labels}


def metadata(place: Place) -> Iterator[tuple[str, Iterator[tuple[int, Row]]]]:
    """The tables of metadata among the members, by name, with their rows numbered."""
    for name in place.names:
        if name.endswith(".csv") and name not in COLUMNS and name != "labels.csv":
            found = rows(place, name)
            if found and biigle_metadata.is_metadata(column for column in found[0] if column):
                yield name, iter(enumerate(found, start=2))


def save(
    archive: zipfile.ZipFile, name: str, found: Iterable[Mapping[str, object]], columns: Sequence[str] = ()
) -> None:
    """A table of the archive, with the columns that BIIGLE asks for, or these."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, columns or COLUMNS[name], restval="", extrasaction="ignore")
    table.writeheader()
    table.writerows(found)
    archive.writestr(name, text.getvalue())


def drawn(row: Row) -> Shape | None:
    """The shape of a row of either table of annotations; None for a row of the labels of whole pictures."""
    if "shape_id" not in row:
        return None
    name, points = _NAMES.get(row["shape_id"], row["shape_id"]), json.loads(row["points"] or "[]")
    if "frames" in row:
        return biigle_video.of_numbers(name, points, json.loads(row["frames"]))
    return biigle.of_numbers(name, points)


def through(shape: Shape) -> Shape | None:
    """What the columns give back of a shape."""
    return drawn(told(shape))


def told(shape: Shape) -> Row:
    """The columns of a shape."""
    if isinstance(shape, Track | TimeFrequency):
        name, places, times = biigle_video.to_numbers(shape)
        return {"shape_id": _NUMBERS[name], "points": json.dumps(places), "frames": json.dumps(times)}
    kind = vertices.kind(shape)
    points = json.dumps(vertices.numbers(shape, kind))
    return {"shape_id": _NUMBERS[biigle.NAMES[kind]], "points": points}
