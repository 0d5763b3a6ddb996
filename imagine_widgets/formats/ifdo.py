"""iFDO 2.0 and 2.1: image sets of marine science with their metadata and annotations, as JSON or YAML.

What the records do not hold of the metadata (where a picture was taken, by whom, under which licence) is kept beside
them and written back as it came. What no iFDO file said has to be added before a written file is published: it is left
out rather than made up.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from imagine_kernels.records import Annotation, Json, Prediction, Quantity, Sample, Skipped, to_json
from imagine_kernels.shapes import Shape, Track
from imagine_widgets.formats import carried, ifdo_annotations, ifdo_fields
from imagine_widgets.formats.carried import Gathered
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.ifdo_annotations import OURS
from imagine_widgets.formats.ifdo_fields import LABELS, PEOPLE, SAID, Fields, tables
from imagine_widgets.formats.labels import FACTS, Holds, Labels, Term
from imagine_widgets.formats.pictures import Pictures
from imagine_widgets.formats.place import why

_HEADER, _ITEMS = "image-set-header", "image-set-items"
_APHIA = "urn:lsid:marinespecies.org:taxname:"
_YAML = frozenset({".yaml", ".yml"})


def _detect(head: Head) -> bool:
    return any(mark in head.start for mark in (_HEADER, _ITEMS, LABELS, f'"{SAID}"'))


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Every shape: what iFDO does not know is written as what is nearest, and ours lies beside it."""
    del sample
    return () if isinstance(shape, Track) and all(key.shape is None for key in shape.keys) else (shape,)


@dataclass
class _Reading:
    """What the items of one file add up to."""

    path: Path
    images: Path | None
    header: Mapping[str, Any]
    pictures: Pictures
    fields: Fields
    terms: dict[str, Term] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Sample] = field(default_factory=dict)
    taken: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    gathered: Gathered = field(default_factory=Gathered)
    times: dict[tuple[str, str], str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def names(self, part: Mapping[str, Any]) -> None:
        """The classes and people that the header or an item tells of."""
        for one in tables(part, LABELS):
            self.terms[str(one.get("id"))] = _term(one)
        for one in tables(part, PEOPLE):
            self.people[str(one.get("id"))] = str(one.get("name") or one.get("id"))
        self.fields.names(part)

    def item(self, name: str, item: object) -> None:
        """One picture or video."""
        parts = ifdo_annotations.all_of(item)
        if not parts:
            raise ValueError("it is no table of fields.")
        ours = parts[0].get(OURS)
        ours = ours if isinstance(ours, Mapping) else {}
        known = carried.sample(ours.get("sample"))
        known = known if known is not None and known.id == name else None
        if known is not None:
            self.kept[name] = known
        self.pictures.meet(name, *((known.width, known.height) if known is not None else ()))
        self.taken[name] = {**self.header, **parts[0]}
        self.fields.item(name, parts, known)
        for one in tables(ours, "empty"):
            self.gathered.empty(name, str(one.get("author")), one.get("at"))
        for part in parts:
            self.names(part)
            for number, one in enumerate(part.get(SAID) or (), start=1):
                self._annotation(name, one, f"{name}#{number}")

    def _annotation(self, name: str, one: Any, number: str) -> None:  # noqa: ANN401
        try:
            region, who = ifdo_annotations.region(one, number, self.terms, self.people)
            if "model" not in who:
                key, at = (name, str(who["author"])), str(who["at"])
                Annotation(name, (), *map(str, (who["author"], at)))  # refuses a time that is none
                self.times[key] = max(at, self.times.get(key, at))
            self.gathered.add(name, region, who)
            self.pictures.span(name, region.shape)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.skipped.append(why(f"{self.path}, annotation {number}", error))

    def labels(self) -> Labels:
        """All of it."""
        found, unsure = self.pictures.samples()
        said, guessed = self.gathered.all_annotations(), self.gathered.all_predictions()
        timed = tuple(replace(one, at=self.times.get((one.sample_id, one.author), one.at)) for one in said)
        terms = {term.name: term for term in self.terms.values()}
        every: tuple[Annotation | Prediction, ...] = (*said, *guessed)
        for region in (region for one in every for region in one.regions):
            for name in (region.label, *(opinion.label for opinion in region.opinions)):
                terms.setdefault(name, Term(name))
        skipped = (*self.skipped, *unsure)
        return Labels(
            tuple(map(self._sample, found)), timed, guessed, tuple(terms.values()), skipped, self.fields.beside()
        )

    def _sample(self, found: Sample) -> Sample:
        if found.id in self.kept:
            kept = self.kept[found.id]
            return kept if self.images is None else replace(kept, uri=found.uri)
        facts = self.taken[found.id]
        dots, group, at = (facts.get(key) for key in ("image-pixel-per-millimeter", "image-set-name", "image-datetime"))
        scale = Quantity(1 / dots, "millimeter") if isinstance(dots, int | float) and dots > 0 else None
        return replace(
            found, pixel_size=scale, group=str(group) if group else None, taken_at=str(at) if at is not None else None
        )


def _term(one: Mapping[str, Any]) -> Term:
    """A class; an id of the register of marine species is its code."""
    number, ours = str(one.get("id") or ""), one.get(OURS)
    name = str(one.get("name") or number)
    if isinstance(ours, Mapping):
        codes = {str(key): str(code) for key, code in (ours.get("codes") or {}).items()}
        return Term(name, ours.get("parent"), str(ours.get("id") or ""), str(ours.get("colour") or ""), codes)
    return Term(name, id=number, codes={"aphia": number.removeprefix(_APHIA)} if number.startswith(_APHIA) else {})


def read(path: Path, images: Path | None = None) -> Labels:
    """The items of an image set. Raises OSError or ValueError with a sentence."""
    data = ifdo_fields.load(path)
    if isinstance(data, Mapping) and "$defs" in data:
        raise ValueError(f"{path} describes the form of iFDO files (it is their schema): it holds no pictures itself.")
    items = data.get(_ITEMS) if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(items, Mapping):
        raise ValueError(f"{path} is no iFDO file of version 2: it has no table of {_ITEMS}.")  # noqa: TRY004
    header = data.get(_HEADER)
    header = header if isinstance(header, Mapping) else {}
    reading = _Reading(path, images, header, Pictures(path, images), Fields(header))
    reading.names(reading.header)
    for name, item in items.items():
        try:
            reading.item(str(name), item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reading.skipped.append(why(f"{path}, item {name}", error))
    return reading.labels()


def write(labels: Labels, path: Path) -> None:
    """One file; as YAML where its name ends so."""
    import yaml

    ids = {term.name: _id(term) for term in labels.terms}
    if len(set(ids.values())) < len(ids):
        ids = {term.name: term.name for term in labels.terms}
    said: dict[str, list[Annotation | Prediction]] = {sample.id: [] for sample in labels.samples}
    every: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    for one in every:
        said[one.sample_id].append(one)
    names = dict.fromkeys(one.author if isinstance(one, Annotation) else one.model for one in every)
    people, kept = ifdo_fields.people_of(labels, names), ifdo_fields.kept_of(labels)
    data = {
        _HEADER: ifdo_fields.header(labels, path.stem, ids, people),
        _ITEMS: {
            sample.id: ifdo_fields.item(sample, kept, _own(sample, said[sample.id], ids, people))
            for sample in labels.samples
        },
    }
    text = json.dumps(data, ensure_ascii=False, default=str)
    if path.suffix.lower() in _YAML:
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")


def _id(term: Term) -> str:
    code = term.codes.get("aphia", "")
    return _APHIA + code.removeprefix(_APHIA) if code else term.id or term.name


def _own(
    sample: Sample, said: list[Annotation | Prediction], ids: Mapping[str, str], people: Mapping[str, str]
) -> Json:
    empty = [{"author": a.author, "at": a.at} for a in said if isinstance(a, Annotation) and not a.regions]
    found = [ifdo_annotations.entry(one, region, ids, people) for one in said for region in one.regions]
    return {SAID: found, OURS: {"sample": to_json(sample), "empty": empty}}


FORMAT = Format(
    "ifdo",
    "iFDO",
    ".json",
    _detect,
    read,
    write,
    Holds(frozenset(FACTS) | {f"beside:{ifdo_fields.TOOL}"}, shapes),
)
