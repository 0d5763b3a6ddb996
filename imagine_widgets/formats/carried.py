"""What a file's free field carries for us beside what its own fields say: ids, scores, authors, and exact shapes."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from imagine_kernels.records import (
    Annotation,
    Effort,
    Opinion,
    Prediction,
    Quantity,
    Region,
    Sample,
    from_json,
    to_json,
)
from imagine_kernels.shapes import Shape, TimeFrequency, Track, bounds
from imagine_widgets.formats.labels import IMPORTED, LONG_AGO, Term

FACTS = frozenset(
    {"predictions", "model", "score", "sureness", "scores", "author", "at", "state", "opinions", "id", "raw"}
)
"""What a format holds that has such a field."""
Json = dict[str, Any]


def pack(said: Annotation | Prediction, region: Region, order: int | None = None, *, exact: bool) -> Json:
    """What the file's own fields do not say; the shape only where they do not give it `exact`.

    `order` is the region's place among those of `said`, where the file does not keep it.
    """
    told: Json = {"region": to_json(replace(region, shape=None) if exact else region)}
    told |= {} if order is None else {"order": order}
    if isinstance(said, Prediction):
        return {**told, "model": said.model, "weights": said.weights}
    return {**told, "author": said.author, "at": said.at}


def carried(packed: object) -> Region | None:
    """The region in a free field; None where there is none, or another tool or hand changed it beyond reading."""
    if isinstance(packed, Mapping) and isinstance(packed.get("region"), dict):
        try:
            found = from_json(packed["region"])
            return found if isinstance(found, Region) and _is_sound(found) else None
        except (ValueError, TypeError, AttributeError, IndexError, OverflowError):
            return None
    return None


def sample(packed: object) -> Sample | None:
    """The sample in a free field; None where there is none, or one that no record can be."""
    try:
        found = from_json(packed) if isinstance(packed, dict) else None
    except (ValueError, TypeError, AttributeError, IndexError, OverflowError):
        return None
    if not isinstance(found, Sample):
        return None
    texts = (found.id, found.uri, found.group or "", found.taken_at or "", *found.measures)
    sides = (found.width, found.height)
    quantities = [one for one in (found.pixel_size, *found.measures.values()) if one is not None]
    good = all(isinstance(text, str) for text in texts) and all(type(side) is int and side < 2**31 for side in sides)
    good = good and all(isinstance(one, Quantity) and isinstance(one.unit, str) for one in quantities)
    return found if good and isinstance(found.effort, Effort | None) else None


def _is_sound(found: Region) -> bool:
    """Whether every field is what it should be: a file may say anything, and records look at values, not at types."""
    texts = (found.label, found.id, found.state, *found.raw, *found.raw.values(), *found.scores)
    texts += tuple(text for one in found.opinions for text in (one.label, one.author, one.at, one.state))
    shape = found.shape
    flat = [key.shape for key in shape.keys if key.shape is not None] if isinstance(shape, Track) else [shape]
    for one in flat:
        if one is not None and not isinstance(one, TimeFrequency):
            bounds(one)  # type: ignore[arg-type]
    known = bool(found.id) and (shape is None or isinstance(shape, Shape))
    return (
        known and all(isinstance(text, str) for text in texts) and all(isinstance(o, Opinion) for o in found.opinions)
    )


def fields(region: Region | None, tool: str) -> Json:
    """The fields of the tool that no field of ours holds, as they came with the region."""
    try:
        told = json.loads(region.raw.get(tool, "{}")) if region is not None else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def region(label: str, shape: Shape | None, kept: Region | None, raw: Mapping[str, str], fallback: str) -> Region:
    """What the file's own fields say now, and what was carried beside them."""
    if kept is None:
        return Region(label, None, shape, fallback, raw=raw)
    return replace(kept, label=label, shape=shape, raw={**kept.raw, **raw})


def of_tool(found: Region, tool: str, now: Json) -> Region:
    """The region with the tool's other fields as they are `now`; in the words they came in where they are the same."""
    if now == fields(found, tool):
        return found
    raw = {name: text for name, text in found.raw.items() if name != tool}
    return replace(found, raw=raw | ({tool: json.dumps(now)} if now else {}))


@dataclass
class Gathered:
    """Regions as they are read, put together by sample and by who said them."""

    annotations: dict[tuple[str, str], Annotation] = field(default_factory=dict)
    predictions: dict[tuple[str, str, str], Prediction] = field(default_factory=dict)
    regions: dict[tuple[str, ...], list[tuple[float, Region]]] = field(default_factory=dict)
    seen: set[tuple[str, ...]] = field(default_factory=set)

    def add(self, sample_id: str, found: Region, packed: object, *, model: bool = False) -> None:
        """One region. A copy made in another tool carries its original's id and gets one of its own."""
        who: Json = dict(packed) if isinstance(packed, Mapping) else {}
        key: tuple[str, ...]
        if isinstance(who.get("model"), str) or model:
            name, weights = str(who.get("model", IMPORTED)), str(who.get("weights", ""))
            key = (sample_id, name, weights)
            self.predictions.setdefault((sample_id, name, weights), Prediction(sample_id, (), name, weights))
        else:
            author = str(who.get("author") or IMPORTED)
            key = (sample_id, author)
            self.annotations.setdefault((sample_id, author), _annotation(sample_id, author, who.get("at")))
        copies, name = 1, found.id
        while (*key, name) in self.seen:
            copies += 1
            name = f"{found.id}-{copies}"
        self.seen.add((*key, name))
        order = who.get("order")
        place = float(order) if isinstance(order, int) else math.inf
        self.regions.setdefault(key, []).append((place, replace(found, id=name)))

    def empty(self, sample_id: str, author: str = IMPORTED, at: object = None) -> None:
        """A sample in which a person found nothing."""
        self.annotations.setdefault((sample_id, author), _annotation(sample_id, author, at))

    def all_annotations(self) -> tuple[Annotation, ...]:
        """What people said."""
        return tuple(replace(one, regions=self._sorted(key)) for key, one in self.annotations.items())

    def all_predictions(self) -> tuple[Prediction, ...]:
        """What models said."""
        return tuple(replace(one, regions=self._sorted(key)) for key, one in self.predictions.items())

    def _sorted(self, key: tuple[str, ...]) -> tuple[Region, ...]:
        """In the order they had before they were written, where that is known."""
        return tuple(one for _, one in sorted(self.regions.get(key, ()), key=itemgetter(0)))

    def terms(self) -> dict[str, Term]:
        """Every class that is named."""
        every = (one for some in self.regions.values() for _, one in some)
        names = dict.fromkeys(name for one in every for name in (one.label, *(o.label for o in one.opinions)))
        return {name: Term(name) for name in names}


def _annotation(sample_id: str, author: str, at: object) -> Annotation:
    name = f"{sample_id}/{author}"
    try:
        return Annotation(sample_id, (), author, str(at or LONG_AGO), IMPORTED, name)
    except ValueError:
        return Annotation(sample_id, (), author, LONG_AGO, IMPORTED, name)
