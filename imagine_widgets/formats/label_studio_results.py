"""Regions ↔ the entries of a Label Studio result; what it cannot say of a region travels in the entry's `meta`."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from imagine_kernels.records import Annotation, Json, Opinion, Prediction, Region, Sample, Skipped
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import carried, label_studio_shapes
from imagine_widgets.formats.label_studio_shapes import Size
from imagine_widgets.formats.labels import Term
from imagine_widgets.formats.likeness import settled
from imagine_widgets.formats.place import why

OURS, FOREIGN = "imagine", "label_studio"
"""The key of our own facts in an entry's `meta`, and of Label Studio's in a region's `raw`."""
CONTROLS = {
    "choices": "label", "keypointlabels": "point", "polygonlabels": "outline", "ellipselabels": "ellipse",
    "brushlabels": "brush", "rectanglelabels": "box", "labels": "sound", "videorectangle": "track",
}  # fmt: skip
"""The part of the labelling page that each type belongs to."""
_BESIDE = "beside"
_NAMED = {"videorectangle": "labels"}
_OTHER = frozenset({"relation", "pairwise", "textarea", "number", "rating", "datetime", "ranker", "video-emotion"})
_READ = frozenset({"id", "type", "value", "score", "original_width", "original_height"})


def about(shape: Shape | None) -> str:
    """What a region of this shape lies in: image, audio or video."""
    return "audio" if isinstance(shape, TimeFrequency) else "video" if isinstance(shape, Track) else "image"


def result(said: Annotation | Prediction, sample: Sample, terms: Mapping[str, Term]) -> list[Json]:
    """What was said of a sample. `terms` are the classes of which more than the name is known."""
    return [one for region in said.regions for one in _entries(said, region, sample, terms)]


def _entries(
    said: Annotation | Prediction, region: Region, sample: Sample, terms: Mapping[str, Term]
) -> Iterator[Json]:
    """A region, and the entries that Label Studio had beside it."""
    size = (sample.width, sample.height)
    kind, value = label_studio_shapes.told(region.shape, size)
    exact = region.shape is None or label_studio_shapes.drawn(kind, value, size) == region.shape
    names = [region.label, *(opinion.label for opinion in region.opinions if opinion == Opinion(opinion.label))]
    packed = carried.pack(said, region, exact=exact)
    known = {name: _term(terms[name]) for name in sorted({region.label, *_others(region)}) if name in terms}
    packed |= {"terms": known} if known else {}
    foreign = _foreign(region)
    beside, bare = foreign.pop(_BESIDE, []), foreign.pop("type", "")
    made = {"from_name": CONTROLS[kind], "to_name": about(region.shape), **foreign, "id": region.id}
    if bare and bare == kind.removesuffix("labels"):
        made |= {"type": bare, "value": value}
    else:
        made |= {"type": kind, "value": value | {_NAMED.get(kind, kind): names}}
    if about(region.shape) != "audio":
        made |= {"original_width": size[0], "original_height": size[1], "image_rotation": 0}
    if region.score is not None:
        made["score"] = region.score
    meta = made.get("meta")
    yield made | {"meta": {**(meta if isinstance(meta, dict) else {}), OURS: packed}}
    yield from beside if isinstance(beside, list) else []


def _others(region: Region) -> Iterator[str]:
    return (opinion.label for opinion in region.opinions)


def _term(term: Term) -> Json:
    return {"parent": term.parent, "id": term.id, "colour": term.colour, "codes": dict(term.codes)}


def _foreign(region: Region) -> Json:
    try:
        found = json.loads(region.raw.get(FOREIGN, "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


Found = tuple[Region, Json]
"""A region, and what was packed beside it."""


def regions(
    result: object, size: Size | None, where: str, terms: dict[str, Term], skipped: list[Skipped]
) -> Iterator[Found]:
    """The regions of a result; entries with one id are one region. `terms` grows by what is told of classes."""
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for number, one in enumerate(result if isinstance(result, list) else [], start=1):
        if isinstance(one, Mapping):
            entries.setdefault(str(one.get("id") or f"#{number}"), []).append(one)
        else:
            skipped.append(Skipped(f"{where}, entry {number}", "it is no table of fields."))
    for name, some in entries.items():
        try:
            yield _region(name, some, size, where, terms)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, ZeroDivisionError) as error:
            skipped.append(why(f"{where}, entry {name}", error))


def _region(
    name: str, some: Sequence[Mapping[str, Any]], size: Size | None, where: str, terms: dict[str, Term]
) -> Found:
    """The entry that draws says where, the first that names a class says what; further ones are kept as they came."""
    drawing = next((one for one in some if "x" in _value(one) or one.get("type") not in _OTHER), some[0])
    naming = next((one for one in some if _names(one, terms)), None)
    if naming is None:
        kinds = " and ".join(sorted({str(one.get("type")) for one in some}))
        raise ValueError(f"it names no class: records hold no results of type {kinds}.")
    label, *others = _names(naming, terms)
    own = _size(drawing) or size
    kind = str(drawing.get("type"))
    now = label_studio_shapes.drawn(kind, _value(drawing), own)
    packed = _packed(drawing)
    kept = carried.carried(packed)
    _learn(packed, terms)
    shape = settled(now, kept.shape, partial(_through, size=own)) if kept else now
    opinions = tuple(Opinion(other) for one in some for other in (others if one is naming else _names(one, terms)))
    raw = {} if kept else {FOREIGN: json.dumps(_rest(drawing, [one for one in some if one is not drawing]))}
    fallback = name if not name.startswith("#") else f"{where}{name}"
    found = carried.region(label, shape, kept, raw, fallback)
    now_said = (drawing.get("score", naming.get("score")), _opinions(label, found.opinions, opinions))
    if now_said != (found.score, found.opinions):
        found = replace(found, score=now_said[0], opinions=now_said[1])
    return found, packed


def _through(shape: Shape, size: Size | None) -> Shape | None:
    kind, value = label_studio_shapes.told(shape, size or (1, 1))
    return label_studio_shapes.drawn(kind, value, size)


def _opinions(label: str, kept: tuple[Opinion, ...], now: tuple[Opinion, ...]) -> tuple[Opinion, ...]:
    """Those with an author or a state are kept; of the bare ones the result itself tells which there are."""
    bare = dict.fromkeys(one for one in kept if one == Opinion(one.label) != Opinion(label))
    told = dict.fromkeys(one for one in now if one != Opinion(label))
    return kept if bare == told else (*(one for one in kept if one not in bare), *told)


def _value(one: Mapping[str, Any]) -> Mapping[str, Any]:
    value = one.get("value")
    return value if isinstance(value, Mapping) else {}


def _names(one: Mapping[str, Any], terms: dict[str, Term]) -> list[str]:
    """The classes an entry names; of a taxonomy the lowest ones, and those above them are noted."""
    kind, value = str(one.get("type")), _value(one)
    if kind == "taxonomy":
        paths = [list(map(str, path)) for path in value.get("taxonomy") or () if path]
        for path in paths:
            _learn_path(path, terms)
        return [path[-1] for path in paths]
    given = (value.get(key) for key in (kind, "labels", "choices"))
    found: list[Any] = next((one for one in given if isinstance(one, list)), [])
    return [name for name in found if isinstance(name, str) and name]


def _learn_path(path: Sequence[str], terms: dict[str, Term]) -> None:
    for above, name in zip((None, *path), path, strict=False):
        if name and (name not in terms or terms[name].parent is None):
            terms[name] = Term(name, above)


def _learn(packed: Json, terms: dict[str, Term]) -> None:
    known = packed.get("terms")
    for name, facts in (known if isinstance(known, dict) else {}).items():
        codes = {str(key): str(code) for key, code in (facts.get("codes") or {}).items()}
        terms[name] = Term(name, facts.get("parent"), str(facts.get("id") or ""), str(facts.get("colour") or ""), codes)


def _size(one: Mapping[str, Any]) -> Size | None:
    width, height = one.get("original_width"), one.get("original_height")
    known = isinstance(width, int | float) and isinstance(height, int | float) and 0 < width < 2**31
    return (int(width), int(height)) if known and 0 < height < 2**31 else None  # type: ignore[arg-type,operator]


def size_of(results: Iterable[object]) -> Size | None:
    """The size of the picture, from whichever entry tells it."""
    entries = (one for result in results if isinstance(result, list) for one in result if isinstance(one, Mapping))
    return next((size for size in map(_size, entries) if size is not None), None)


def _packed(one: Mapping[str, Any]) -> Json:
    meta = one.get("meta")
    found = meta.get(OURS) if isinstance(meta, Mapping) else None
    return found if isinstance(found, dict) else {}


def _rest(drawing: Mapping[str, Any], others: list[Mapping[str, Any]]) -> Json:
    """What is given back as it came; the type too where the entry draws and names nothing."""
    rest = {key: value for key, value in drawing.items() if key not in _READ}
    kind = str(drawing.get("type"))
    rest |= {} if kind.endswith("labels") or not others else {"type": kind}
    return rest | ({_BESIDE: others} if others else {})
