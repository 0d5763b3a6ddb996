"""What an iFDO file says beside its annotations: header and fields of pictures, kept and given back as they came.

What we make up for files of our own (a number, a name) is marked as made, so that it is not taken for their word.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imagine_kernels.records import Json, Sample
from imagine_widgets.formats.ifdo_annotations import OURS, all_of
from imagine_widgets.formats.labels import Beside, Labels, Term
from imagine_widgets.formats.place import Place, brief

LABELS, PEOPLE, SAID = "image-annotation-labels", "image-annotation-creators", "image-annotations"
TOOL = "ifdo"
_AT, _NUMBER, _VERSION = "image-datetime", "image-uuid", "v2.1.0"
_TABLES = (LABELS, PEOPLE, SAID, OURS)
_YAML = frozenset({".yaml", ".yml"})
_UNFOLDED = 10


def load(path: Path) -> Any:  # noqa: ANN401
    """The file's content, every time in its own letters. Raises OSError or ValueError with a sentence."""
    import yaml

    try:
        text = Place(path).content(path.name).decode("utf-8-sig")
        if path.suffix.lower() not in _YAML and text.lstrip().startswith("{"):
            return json.loads(text)
        found = yaml.load(text, _loader())  # noqa: S506 - made of a safe one
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"{path} is not whole: it breaks off or is wrong ({brief(error)}).") from error
    if "*" in text and not _fits(found, _UNFOLDED * len(text)):
        raise ValueError(f"{path} repeats itself by aliases (*) beyond what such a file can mean: write them out.")
    return found


def _loader() -> Any:  # noqa: ANN401
    """Of YAML, but times stay texts: to be written back as they were."""
    import yaml

    safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    kept = {
        first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
        for first, rules in safe.yaml_implicit_resolvers.items()
    }
    return type("Loader", (safe,), {"yaml_implicit_resolvers": kept})


def _fits(found: object, budget: int) -> bool:
    """Whether so many values are enough, every alias counted as what it stands for."""
    waiting = [found]
    while waiting and budget > 0:
        one = waiting.pop()
        budget -= 1
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple | set):
            waiting += one
    return budget > 0


@dataclass
class Fields:
    """What is kept of one file while it is read."""

    header: Mapping[str, Any]
    samples: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: {LABELS: [], PEOPLE: []})

    def names(self, part: Mapping[str, Any]) -> None:
        """The classes and people of the header or an item, as far as no record holds them."""
        self.tables[LABELS] += [one for one in tables(part, LABELS) if one.keys() - {"id", "name", OURS}]
        self.tables[PEOPLE] += [one for one in tables(part, PEOPLE) if one.get("id") != one.get("name")]

    def item(self, name: str, parts: Sequence[Mapping[str, Any]], known: Sample | None) -> None:
        """The fields of one picture or video; of `known` ones of ours only what others wrote."""
        kept = [{key: value for key, value in part.items() if key not in _TABLES} for part in parts]
        if kept[0].get(_NUMBER) == _number(name):
            del kept[0][_NUMBER]
        if known is not None and kept[0].get(_AT) == known.taken_at:
            kept[0].pop(_AT, None)
        if any(kept):
            self.samples[name] = kept if len(kept) > 1 else kept[0]

    def beside(self) -> Mapping[str, Beside]:
        """All of it, by tool."""
        ours = self.header.get(OURS)
        made = ours.get("made") if isinstance(ours, Mapping) else None
        made = made if isinstance(made, Mapping) else {}
        rest = {key: value for key, value in self.header.items() if key not in _TABLES}
        whole = {key: value for key, value in rest.items() if key not in made or made[key] != value}
        whole |= {key: found for key, found in self.tables.items() if found}
        return {TOOL: Beside(whole, self.samples)} if whole or self.samples else {}


def tables(part: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """The tables in a list of the header or an item."""
    found = part.get(key)
    return (one for one in (found if isinstance(found, list) else []) if isinstance(one, Mapping))


def kept_of(labels: Labels) -> Beside:
    """What was kept of an iFDO file."""
    return labels.beside.get(TOOL, Beside())


def header(labels: Labels, name: str, ids: Mapping[str, str], people: Mapping[str, str]) -> Json:
    """The header as it came, with what is made up where there was none; `ids` of classes, `people` by name."""
    kept = kept_of(labels).whole
    number = _number("\n".join(sorted(sample.id for sample in labels.samples)))
    made = {"image-set-ifdo-version": _VERSION, "image-set-uuid": number, "image-set-name": name}
    made = {key: value for key, value in made.items() if key not in kept}
    more = {str(one.get("id")): one for one in tables(kept, LABELS)}
    classes = [{**more.get(ids[t.name], {}), "id": ids[t.name], "name": t.name, OURS: _facts(t)} for t in labels.terms]
    known = [*tables(kept, PEOPLE)]
    theirs = {str(one.get("id")) for one in known}
    others = [{"id": number, "name": one} for one, number in people.items() if number not in theirs]
    rest = {key: value for key, value in kept.items() if key not in _TABLES}
    own = {OURS: {"made": made}} if made else {}
    return {**made, **rest, LABELS: classes, PEOPLE: [*known, *others], **own}


def _facts(term: Term) -> Json:
    return {"parent": term.parent, "id": term.id, "colour": term.colour, "codes": dict(term.codes)}


def people_of(labels: Labels, names: Iterable[str]) -> Mapping[str, str]:
    """The id of each person or model: the one that the file gave who has this name alone, else the name."""
    known: dict[str, list[str]] = {}
    for one in tables(kept_of(labels).whole, PEOPLE):
        known.setdefault(str(one.get("name") or one.get("id")), []).append(str(one.get("id")))
    taken = {number for numbers in known.values() for number in numbers}
    single = {name: numbers[0] for name, numbers in known.items() if len({*numbers}) == 1}
    return {name: single.get(name, name if name not in taken else f"{name} (by name)") for name in names}


def item(sample: Sample, kept: Beside, own: Json) -> Json | list[Json]:
    """The fields of a picture or video as they came, and our `own`; of a video its later entries, too."""
    given = all_of(kept.samples.get(sample.id, {}))
    first = {_NUMBER: _number(sample.id), **(given[0] if given else {})}
    if sample.taken_at and str({**kept.whole, **first}.get(_AT)) != sample.taken_at:
        first[_AT] = sample.taken_at
    first |= own
    return [first, *(dict(one) for one in given[1:])] if len(given) > 1 else first


def _number(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))
