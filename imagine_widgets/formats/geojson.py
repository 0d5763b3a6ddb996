"""GeoJSON in pixels, as microscopy and drone tools exchange outlines: a feature for each region.

Coordinates are those of the picture, y down. A file in degrees on the earth is refused: only the picture's own
georeference could say where in it they lie.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from imagine_kernels.records import Annotation, Json, Prediction, Region, Sample, Skipped, to_json
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import carried, geojson_shapes
from imagine_widgets.formats.carried import Gathered
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import FACTS, IMPORTED, LONG_AGO, Holds, Labels, Term
from imagine_widgets.formats.likeness import settled
from imagine_widgets.formats.pictures import Pictures
from imagine_widgets.formats.place import Place, brief, why

OURS = "imagine"
_CLASSES = ("label", "classification", "class", "class_name", "category", "species", "name", "type")
_PICTURES = ("image", "filename", "file_name", "file", "picture")
_AUTHORS = ("author", "annotator", "user", "created_by")
_SCORES = ("score", "confidence", "probability")
_READ = frozenset({*_CLASSES, *_PICTURES, *_AUTHORS, *_SCORES, "width", "height", "at", OURS})
_DEGREES = (180.0, 90.0)


def _detect(head: Head) -> bool:
    start = head.start.lstrip()
    return start.startswith(("{", "[")) and any(mark in start for mark in ('"FeatureCollection"', '"Feature"'))


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Whatever lies in a picture; what GeoJSON does not know is written as its outline, and ours lies beside it."""
    del sample
    return () if isinstance(shape, Track | TimeFrequency) else (shape,)


@dataclass
class _Reading:
    """What the features of one file add up to."""

    path: Path
    pictures: Pictures
    kept: Mapping[str, Sample]
    terms: dict[str, Term]
    gathered: Gathered = field(default_factory=Gathered)
    times: dict[tuple[str, str], str] = field(default_factory=dict)

    def feature(self, one: Any, number: int) -> None:  # noqa: ANN401
        """One region. Raises ValueError, TypeError or KeyError with a sentence."""
        if not isinstance(one, Mapping) or one.get("type") != "Feature":
            raise ValueError("it is no feature.")
        facts = one.get("properties")
        facts = facts if isinstance(facts, Mapping) else {}
        name = str(_first(facts, _PICTURES) or self.path.stem)
        packed = facts[OURS] if isinstance(facts.get(OURS), dict) else {}
        kept, shape = carried.carried(packed), geojson_shapes.drawn(one.get("geometry"))
        shape = shape if kept is None else settled(shape, kept.shape, geojson_shapes.through)
        rest = {key: value for key, value in facts.items() if key not in _READ}
        raw = {"geojson": json.dumps(rest)} if rest and kept is None else {}
        region = carried.region(_label(facts), shape, kept, raw, str(one.get("id") or f"{name}#{number}"))
        region = region if kept is not None else replace(region, score=_first(facts, _SCORES))
        author, at = str(_first(facts, _AUTHORS) or IMPORTED), str(facts.get("at") or LONG_AGO)
        Annotation(name, (), author, at)  # refuses a time that is none
        who: Json = packed if kept is not None else {"author": author, "at": at}
        self.pictures.meet(name, facts.get("width"), facts.get("height"))
        self.pictures.span(name, shape)
        if "model" not in who:
            key = (name, str(who.get("author")))
            self.times[key] = max(str(who.get("at")), self.times.get(key, ""))
        for label in (region.label, *(opinion.label for opinion in region.opinions)):
            self.terms.setdefault(label, Term(label))
        self.gathered.add(name, region, who)

    def annotations(self) -> Iterator[Annotation]:
        """What people said, each with the time of the last of it."""
        for one in self.gathered.all_annotations():
            yield replace(one, at=self.times.get((one.sample_id, one.author), one.at))


def _first(facts: Mapping[str, Any], keys: Sequence[str]) -> Any:  # noqa: ANN401
    return next((facts[key] for key in keys if facts.get(key) is not None), None)


def _label(facts: Mapping[str, Any]) -> str:
    found = _first(facts, _CLASSES)
    name = found.get("name") if isinstance(found, Mapping) else found
    if not isinstance(name, str | int) or name == "":
        raise ValueError(f"its properties name no class: {', '.join(_CLASSES[:4])} are looked for.")
    return str(name)


def read(path: Path, images: Path | None = None) -> Labels:
    """The features of a file. Raises OSError or ValueError with a sentence."""
    data = _load(path)
    features = data.get("features") if isinstance(data, Mapping) and "features" in data else data
    features = features if isinstance(features, list) else [features]
    ours = data.get(OURS) if isinstance(data, Mapping) else None
    if not isinstance(ours, Mapping):
        ours = {}
        _refuse_degrees(path, data, features)
    samples, terms = _samples(ours), {one["name"]: Term(**one) for one in ours.get("terms", ())}
    reading = _Reading(path, Pictures(path, images), samples, terms)
    for sample in samples.values():
        reading.pictures.meet(sample.id, sample.width, sample.height)
    for one in ours.get("empty", ()):
        reading.gathered.empty(str(one.get("sample")), str(one.get("author")), one.get("at"))
    skipped: list[Skipped] = []
    for number, one in enumerate(features, start=1):
        try:
            reading.feature(one, number)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            skipped.append(why(f"{path}, feature {number}", error))
    found, unsure = reading.pictures.samples()
    whole = tuple(replace(samples.get(s.id, s), uri=s.uri if images else samples.get(s.id, s).uri) for s in found)
    said, guessed = tuple(reading.annotations()), reading.gathered.all_predictions()
    return Labels(whole, said, guessed, tuple(terms.values()), (*skipped, *unsure))


def _load(path: Path) -> Any:  # noqa: ANN401
    try:
        return json.loads(Place(path).content(path.name).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not whole: its JSON breaks off or is wrong ({brief(error)}).") from error


def _samples(ours: Mapping[str, Any]) -> dict[str, Sample]:
    found = map(carried.sample, ours.get("samples", ()))
    return {one.id: one for one in found if one is not None}


def _refuse_degrees(path: Path, data: object, features: Sequence[Any]) -> None:
    """Of a file that names pictures its numbers are pixels; of others they are where one lies beyond any degree."""
    facts = [one.get("properties") or {} for one in features if isinstance(one, Mapping)]
    told = any(isinstance(one, Mapping) and (_first(one, _PICTURES) or "objectType" in one) for one in facts)
    points = [xy for one in features if isinstance(one, Mapping) for xy in geojson_shapes.places(one.get("geometry"))]
    on_earth = bool(points) and all(abs(n) <= most for xy in points for n, most in zip(xy, _DEGREES, strict=False))
    if (isinstance(data, Mapping) and "crs" in data) or (on_earth and not told):
        raise ValueError(
            f"{path} is in degrees or metres on the earth, not in pixels of a picture: put it over its georeferenced "
            "picture in a GIS first, and export pixel coordinates with the picture's name as `image`."
        )


def write(labels: Labels, path: Path) -> None:
    """One file: a feature for each region, and what no feature can say beside them."""
    samples = {sample.id: sample for sample in labels.samples}
    every: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    feature = partial(_feature, samples=samples)
    terms = [
        {"name": t.name, "parent": t.parent, "id": t.id, "colour": t.colour, "codes": dict(t.codes)}
        for t in labels.terms
    ]
    empty = [{"sample": a.sample_id, "author": a.author, "at": a.at} for a in labels.annotations if not a.regions]
    told = {
        "type": "FeatureCollection",
        OURS: {"samples": list(map(to_json, labels.samples)), "terms": terms, "empty": empty},
        "features": [feature(one, region) for one in every for region in one.regions],
    }
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def _feature(one: Annotation | Prediction, region: Region, samples: Mapping[str, Sample]) -> Json:
    geometry, sample = geojson_shapes.told(region.shape), samples[one.sample_id]
    facts: Json = {"image": sample.id, "width": sample.width, "height": sample.height, "label": region.label}
    facts |= {"score": region.score} if region.score is not None else {}
    facts |= {"author": one.author, "at": one.at} if isinstance(one, Annotation) else {}
    exact = region.shape is None or geojson_shapes.drawn(geometry) == region.shape
    packed = carried.pack(one, region, exact=exact)
    return {
        "type": "Feature", "id": region.id, "geometry": geometry,
        "properties": _foreign(region) | facts | {OURS: packed},
    }  # fmt: skip


def _foreign(region: Region) -> Json:
    try:
        found = json.loads(region.raw.get("geojson", "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


FORMAT = Format(
    "geojson",
    "GeoJSON",
    ".geojson",
    _detect,
    read,
    write,
    Holds(frozenset(FACTS), shapes),
)
