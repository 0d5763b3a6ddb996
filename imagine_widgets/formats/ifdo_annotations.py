"""Annotations as iFDO writes them ↔ regions: a shape, where it is in each frame, and what who called it when."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from imagine_kernels.records import Annotation, Json, Opinion, Prediction, Region
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import carried, vertices
from imagine_widgets.formats.labels import IMPORTED, LONG_AGO, Term
from imagine_widgets.formats.likeness import settled

OURS = "imagine"
NAMES = {
    "point": "single-pixel", "line": "polyline", "polygon": "polygon", "circle": "circle", "rectangle": "rectangle",
    "ellipse": "ellipse",
}  # fmt: skip
_KINDS = {name: kind for kind, name in NAMES.items()}
_WHOLE = "whole-image"
_FRAME = 0.04
_READ = frozenset({"shape", "coordinates", "frames", "labels", OURS})


def told(shape: Shape | None) -> Json:
    """The shape, its numbers, and in videos its times; what iFDO does not know as what is nearest."""
    if shape is None:
        return {"shape": _WHOLE, "coordinates": [[]]}
    if isinstance(shape, TimeFrequency):
        return {"shape": _WHOLE, "coordinates": [[], []], "frames": [shape.start, shape.end]}
    if isinstance(shape, Track):
        kind, points, times = vertices.frames(shape)
        seen = [(place, time) for place, time in zip(points, times, strict=True) if time is not None]
        places = {"coordinates": [place for place, _ in seen], "frames": [time for _, time in seen]}
        return {"shape": NAMES[kind], **places}
    kind = vertices.kind(shape)
    return {"shape": NAMES[kind], "coordinates": [vertices.numbers(shape, kind)]}


def drawn(one: Mapping[str, Any]) -> Shape | None:
    """The shape of an annotation; None for the whole picture. Raises ValueError or TypeError with a sentence."""
    name, frames = str(one.get("shape")), one.get("frames") or []
    if name == _WHOLE:
        if not frames:
            return None
        start, end = float(frames[0]), float(frames[-1])
        return TimeFrequency(start, end if end > start else start + _FRAME)
    if name not in _KINDS:
        raise ValueError(f"iFDO's shape {name!r} is not known here.")
    given = one.get("coordinates") or []
    places = given if given and isinstance(given[0], list) else [given]
    if frames:
        return vertices.track(_KINDS[name], places, frames)
    return vertices.shape(_KINDS[name], places[0])


def _through(shape: Shape) -> Shape | None:
    return drawn(told(shape))


def entry(said: Annotation | Prediction, region: Region, ids: Mapping[str, str], people: Mapping[str, str]) -> Json:
    """A region as an annotation; `ids` are those of the classes, `people` of those who said it."""
    shape = told(region.shape)
    packed = carried.pack(said, region, exact=region.shape is None or drawn(shape) == region.shape)
    who, at = (said.author, said.at) if isinstance(said, Annotation) else (said.model, "")
    labels = [_label(ids[region.label], people[who], at, region.score)]
    for one in region.opinions:
        author = one.author or who
        labels.append(_label(ids[one.label], people.get(author, author), one.at or at, one.score))
    return _foreign(region) | shape | {"labels": labels, OURS: packed}


def _label(number: str, annotator: str, at: str, score: float | None) -> Json:
    told = {"label": number, "annotator": annotator, "created-at": at or LONG_AGO}
    return told if score is None else told | {"confidence": score}


def _foreign(region: Region) -> Json:
    try:
        found = json.loads(region.raw.get("ifdo", "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def region(
    one: Mapping[str, Any], number: str, terms: Mapping[str, Term], people: Mapping[str, str]
) -> tuple[Region, Json]:
    """The region of an annotation, and who said it when; `terms` and `people` by their ids."""
    said = [_said(label, terms, people) for label in one.get("labels") or ()]
    if not said:
        raise ValueError("it has no label.")
    first, others = said[0], said[1:]
    packed = one[OURS] if isinstance(one.get(OURS), dict) else {}
    kept, shape = carried.carried(packed), drawn(one)
    if kept is not None:
        shape = settled(shape, kept.shape, _through)
        others = list(kept.opinions) if [o.label for o in kept.opinions] == [o.label for o in others] else others
    rest = {key: value for key, value in one.items() if key not in _READ}
    raw = {"ifdo": json.dumps(rest, default=str)} if rest and kept is None else {}
    found = carried.region(first.label, shape, kept, raw, number)
    score = first.score if kept is None else kept.score
    who: Json = dict(packed) if kept is not None else {"author": first.author or IMPORTED, "at": first.at or LONG_AGO}
    return replace(found, opinions=tuple(others), score=score), who


def _said(label: Any, terms: Mapping[str, Term], people: Mapping[str, str]) -> Opinion:  # noqa: ANN401
    if not isinstance(label, Mapping) or not label.get("label"):
        raise ValueError("one of its labels names no class.")
    number, by = str(label["label"]), str(label.get("annotator") or "")
    name = terms[number].name if number in terms else number
    return Opinion(name, label.get("confidence"), people.get(by, by), str(label.get("created-at") or ""))


def all_of(item: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401
    """The parts of an item: one of a picture, several of a video, the later ones at later times."""
    found = item if isinstance(item, list) else [item]
    return [one for one in found if isinstance(one, Mapping)]
