"""The files Labelbox gives and takes as rows of one kind: exports of version 1 and 2, imports, lines or lists."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from imagine_kernels.records import Json, Skipped
from imagine_widgets.formats import json_stream
from imagine_widgets.formats.labelbox_shapes import FRAMES_PER_SECOND
from imagine_widgets.formats.labels import IMPORTED, LONG_AGO

_GEOMETRY = frozenset({"bbox", "bounding_box", "polygon", "line", "point", "mask", "segments"})
_LONGEST = 2**28
_READ = _GEOMETRY | {"uuid", "dataRow", "feature_id", "featureId", "confidence", "name", "title", "value", "answer"}


@dataclass(frozen=True)
class Row:
    """One object or classification; a picture alone has no `fields`. `rest` is what no record holds."""

    where: str
    sample: str
    size: tuple[object, object] = (None, None)
    id: str = ""
    names: tuple[str, ...] = ()
    fields: Mapping[str, Any] | None = None
    whole: bool = False
    author: str = IMPORTED
    at: str = LONG_AGO
    score: float | None = None
    rate: float = FRAMES_PER_SECOND
    rest: Json = field(default_factory=dict)


def rows(path: Path, skipped: list[Skipped]) -> Iterator[Row]:
    """Every row of a file. Raises OSError or ValueError with a sentence."""
    for where, one in _objects(path, skipped):
        try:
            if "data_row" in one:
                yield from _second(one, where)
            elif "dataRow" in one:
                yield _imported(one, where)
            elif "Labeled Data" in one:
                yield from _first(one, where)
            else:
                skipped.append(Skipped(where, "it says of no data row what it is."))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            skipped.append(Skipped(where, f"it is not as Labelbox writes it: {error!r}."))


def _objects(path: Path, skipped: list[Skipped]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of a JSON list, or of each line, one at a time."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        is_list = file.read(4096).lstrip().startswith("[")
    if not is_list:
        yield from _lines(path, skipped)
        return
    for _, number, one in json_stream.entries(path):
        if isinstance(number, int):
            where = f"{path}, row {number + 1}"
            if isinstance(one, Mapping):
                yield where, one
            else:
                skipped.append(Skipped(where, "it is no table of fields."))


def _lines(path: Path, skipped: list[Skipped]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found = False
    with path.open(encoding="utf-8-sig") as file:
        for number in itertools.count(1):
            where = f"{path}, line {number}"
            line = _line(path, file, number)
            if not line:
                return
            try:
                one = json.loads(line) if line.strip() else None
            except (ValueError, RecursionError):
                if not found:
                    yield from _alone(path)
                    return
                skipped.append(Skipped(where, "it breaks off, or is no JSON."))
                continue
            if isinstance(one, Mapping):
                found = True
                yield where, one


def _line(path: Path, file: TextIO, number: int) -> str:
    try:
        line = file.readline(_LONGEST)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not in UTF-8 (line {number}).") from error
    if len(line) == _LONGEST:
        raise ValueError(f"{path}, line {number} has more than {_LONGEST:,} characters, too many for one row.")
    return line


def _alone(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """One object that is laid out over several lines."""
    one = {member: value for member, _, value in json_stream.entries(path) if member}
    yield f"{path}, row 1", one


def _imported(one: Mapping[str, Any], where: str) -> Row:
    data = one["dataRow"]
    sample = str(data.get("globalKey") or data.get("id") or "")
    answer = one.get("answer")
    answers = [answer] if isinstance(answer, str | Mapping) else answer or []
    names = tuple(str(a.get("name") if isinstance(a, Mapping) else a) for a in answers)
    whole = bool(names) and not _GEOMETRY & one.keys()
    return Row(
        where, sample, id=str(one.get("uuid") or where), names=names if whole else (_name(one, "name", "schemaId"),),
        fields=one, whole=whole, score=one.get("confidence"), rest=_rest(one),
    )  # fmt: skip


def _name(one: Mapping[str, Any], *keys: str) -> str:
    found = next((str(one[key]) for key in keys if one.get(key)), "")
    if not found:
        raise ValueError("it names no class")
    return found


def _rest(one: Mapping[str, Any]) -> Json:
    return {key: value for key, value in one.items() if key not in _READ and value}


def _second(one: Mapping[str, Any], where: str) -> Iterator[Row]:
    """An export of version 2: a data row with the labels of each project."""
    data, facts = one["data_row"], one.get("media_attributes") or {}
    sample = _name(data, "external_id", "global_key", "row_data", "id")
    size, rate = (facts.get("width"), facts.get("height")), float(facts.get("frame_rate") or FRAMES_PER_SECOND)
    yield Row(where, sample, size)
    labels = [label for project in (one.get("projects") or {}).values() for label in project.get("labels") or ()]
    for label in labels:
        details = label.get("label_details") or {}
        common = {
            "sample": sample, "size": size, "author": str(details.get("created_by") or IMPORTED), "rate": rate,
            "at": str(details.get("updated_at") or details.get("created_at") or LONG_AGO),
        }  # fmt: skip
        told = label.get("annotations") or {}
        yield from _objects_of(told.get("objects") or (), where, common)
        yield from _answers(told.get("classifications") or (), where, common)
        yield from _objects_of(_tracked(told.get("frames") or {}), where, common)


def _objects_of(found: Iterable[Mapping[str, Any]], where: str, common: Json) -> Iterator[Row]:
    for one in found:
        number = _name(one, "feature_id", "featureId")
        names = (_name(one, "name", "title", "value"),)
        yield Row(where=f"{where}, object {number}", id=number, names=names, fields=one, rest=_rest(one), **common)


def _answers(found: Iterable[Mapping[str, Any]], where: str, common: Json) -> Iterator[Row]:
    """Classes of the whole picture; what a person wrote freely is none."""
    for one in found:
        given = one.get("radio_answer") or one.get("answer")
        answers = [given] if isinstance(given, Mapping) else one.get("checklist_answers") or one.get("answers") or []
        names = tuple(_name(answer, "name", "title", "value") for answer in answers)
        if names:
            number = _name(one, "feature_id", "featureId")
            told = f"{where}, classification {number}"
            yield Row(where=told, id=number, names=names, fields={}, whole=True, rest=_rest(one), **common)


def _tracked(frames: Mapping[str, Any]) -> Iterator[Json]:
    """The objects of a video, each with the frames it is in; where a frame is left out it is gone."""
    found: dict[str, Json] = {}
    for frame in sorted(frames, key=int):
        told = frames[frame].get("objects") or {}
        for one in told.values() if isinstance(told, Mapping) else told:
            number = _name(one, "feature_id", "featureId")
            track = found.setdefault(number, {**_rest(one), **_titles(one), "feature_id": number, "segments": []})
            segments = track["segments"]
            key = {"frame": int(frame), **{name: one[name] for name in _GEOMETRY & one.keys()}}
            if not segments or segments[-1]["keyframes"][-1]["frame"] + 1 < int(frame):
                segments.append({"keyframes": []})
            segments[-1]["keyframes"].append(key)
    return iter(found.values())


def _titles(one: Mapping[str, Any]) -> Json:
    return {key: one[key] for key in ("name", "title", "value") if key in one}


def _first(one: Mapping[str, Any], where: str) -> Iterator[Row]:
    """An export of version 1, of a picture or of a video."""
    sample = _name(one, "External ID", "Labeled Data", "DataRow ID")
    author, at = str(one.get("Created By") or IMPORTED), str(one.get("Updated At") or LONG_AGO)
    common: Json = {"sample": sample, "author": author, "at": at}
    label = one.get("Label") or {}
    yield Row(where, sample)
    if isinstance(label, list):
        frames = {str(frame["frameNumber"]): frame for frame in label}
        yield from _objects_of(_tracked(frames), where, common)
    else:
        yield from _objects_of(label.get("objects") or (), where, common)
        yield from _answers(label.get("classifications") or (), where, common)
