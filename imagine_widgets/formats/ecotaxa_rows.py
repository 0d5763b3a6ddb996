"""Labels of whole samples ↔ rows of EcoTaxa's tables; columns of our own hold what EcoTaxa has none for."""

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from imagine_kernels.ecotaxa_tables import kept, opinions, rows, scale, values
from imagine_kernels.images import zip_members
from imagine_kernels.records import STATES, Annotation, Prediction, Region, Sample
from imagine_widgets.formats.labels import IMPORTED, LONG_AGO, Labels, Term

Row = dict[str, str]
SIDES = ("object_image_width", "object_image_height")
"""The size of the picture, where a table is written without it."""
TOOL = "ecotaxa"
ABOVE = ">"
_SAID = "object_annotation_"
_STATUS, _CATEGORY, _NUMBER, _PERSON, _EMAIL, _TAXA = (
    _SAID + name for name in ("status", "category", "category_id", "person_name", "person_email", "hierarchy")
)
_ID, _STATE, _SCORE, _AT, _TAKEN = (
    "object_label_id", "object_label_state", "object_label_score", "object_label_at", "object_taken_at",
)  # fmt: skip
_MODEL_ID, _MODEL_STATE = "object_model_id", "object_model_state"
_OURS = {_ID, _STATE, _SCORE, _AT, _TAKEN, _MODEL_ID, _MODEL_STATE, *SIDES, *opinions.MODEL.values()}
_DOUBTFUL = {"uncertain", "rejected"}


def moment(row: Mapping[str, str], of: str) -> str | None:
    """Date and time; to the last digit where our own column still tells the same."""
    told = opinions.moment(row, of)
    exact = row.get(_TAKEN if of == "object" else _AT, "")
    try:
        same = bool(exact) and told is not None and opinions.moment(rows.times(of, exact), of) == told
    except ValueError:
        return told
    return exact if same else told


def annotation(row: Mapping[str, str], raw: Mapping[str, str]) -> Annotation | None:
    """What a person said: validated, or dubious, which is uncertain."""
    status, name = values.state(row.get(_STATUS, "")), row["object_id"]
    if status not in {"validated", "dubious"}:
        return None
    state = row.get(_STATE, "")
    if state not in STATES or (state in _DOUBTFUL) != (status == "dubious"):
        state = "uncertain" if status == "dubious" else ""
    region = Region(
        opinions.category(row), _score(row.get(_SCORE, "")), None, row.get(_ID) or f"{name}#u1", state=state, raw=raw
    )
    author = row.get(_PERSON) or row.get(_EMAIL) or IMPORTED
    return Annotation(name, (region,), author, moment(row, _SAID[:-1]) or LONG_AGO, IMPORTED, f"{name}/{author}")


def prediction(row: Mapping[str, str], raw: Mapping[str, str]) -> Prediction | None:
    """What a model said; EcoTaxa's own where it predicted anew what we had named a model for."""
    predicted = values.state(row.get(_STATUS, "")) == "predicted"
    label, name = row.get(opinions.MODEL["label"], ""), row["object_id"]
    if not predicted and not label:
        return None
    number = row.get(_MODEL_ID) or f"{name}#c1"
    if not label or (predicted and label != opinions.category(row)):
        return Prediction(name, (Region(opinions.category(row), None, None, number, raw=raw),), IMPORTED, "")
    state = row.get(_MODEL_STATE, "")
    score = _score(row.get(opinions.MODEL["score"], ""))
    region = Region(label, score, None, number, state=state if state in STATES else "", raw=raw)
    return Prediction(
        name, (region,), row.get(opinions.MODEL["name"]) or IMPORTED, row.get(opinions.MODEL["sha256"], "")
    )


def _score(text: str) -> float | None:
    found = values.known(text)
    return found if found is not None and 0 <= found <= 1 else None


def above(row: Mapping[str, str]) -> str | None:
    """The taxon that the category stands below, where the table tells."""
    taxa = [part.strip() for part in row.get(_TAXA, "").split(ABOVE)]
    return taxa[-2] or None if len(taxa) > 1 else None


def rest(row: Mapping[str, str], ours: Mapping[str, str]) -> Mapping[str, str]:
    """What records do not hold of a row, for `Region.raw`; `ours` is the row that they would be written as."""
    told = kept.settled(row)
    found = {c: row[c] for c, text in told.items() if text and ours.get(c) != text and c not in _OURS}
    if any(column.startswith(_SAID) for column in found):
        found |= {c: text for c, text in row.items() if c.startswith(_SAID) and text}
    found = {c: text for c, text in found.items() if c not in {"object_id", "img_rank"}}
    return {TOOL: json.dumps(found, ensure_ascii=False, sort_keys=True)} if found else {}


def told(labels: Labels) -> Iterator[Row]:
    """A row of text for every sample."""
    people = {one.sample_id: one for one in labels.annotations}
    models = {one.sample_id: one for one in labels.predictions}
    terms = {term.name: term for term in labels.terms}
    names: set[str] = set()
    for sample in labels.samples:
        person, model = people.get(sample.id), models.get(sample.id)
        row = composed(sample, person, model, terms) | _foreign(person, model, sample)
        row["img_file_name"] = _unlike(row["img_file_name"], names)
        yield {column: _sound(text, column, sample) for column, text in row.items()}


def composed(sample: Sample, person: Annotation | None, model: Prediction | None, terms: Mapping[str, Term]) -> Row:
    """The row that the records alone make."""
    path, member = zip_members.split(sample.uri)
    row = {"img_file_name": PurePosixPath((member or path).replace("\\", "/")).name or sample.id, "img_rank": "0"}
    row |= {"object_id": sample.id, **rows.facts(sample, set())}
    if sample.taken_at is not None and opinions.moment(row, "object") != sample.taken_at:
        row[_TAKEN] = sample.taken_at
    row |= {} if model is None else _guess(model, bare=person is None)
    row |= {} if person is None else _opinion(person)
    return row | _taxa(row.get(_CATEGORY, ""), terms)


def _guess(model: Prediction, *, bare: bool) -> Row:
    (region,) = model.regions
    row = {_STATUS: "predicted", _CATEGORY: region.label}
    named = {"name": "" if model.model == IMPORTED else model.model, "sha256": model.weights}
    named["score"] = "" if region.score is None else repr(region.score)
    if not bare or any(named.values()):
        named["label"] = region.label
        row |= {opinions.MODEL[fact]: text for fact, text in named.items()}
    row |= {} if region.id == f"{model.sample_id}#c1" else {_MODEL_ID: region.id}
    return row | ({_MODEL_STATE: region.state, opinions.MODEL["label"]: region.label} if region.state else {})


def _opinion(person: Annotation) -> Row:
    (region,) = person.regions
    doubtful = region.state in _DOUBTFUL
    row = {_STATUS: "dubious" if doubtful else "validated", _CATEGORY: region.label}
    row |= {} if person.author == IMPORTED else {_PERSON: person.author}
    row |= {} if person.at == LONG_AGO else rows.times(_SAID[:-1], person.at)
    row |= {} if opinions.moment(row, _SAID[:-1]) in {person.at, None} else {_AT: person.at}
    row |= {} if region.state in {"", "uncertain"} else {_STATE: region.state}
    row |= {} if region.score is None else {_SCORE: repr(region.score)}
    return row | ({} if region.id == f"{person.sample_id}#u1" else {_ID: region.id})


def _taxa(name: str, terms: Mapping[str, Term]) -> Row:
    parts, parent = [name], terms[name].parent if name in terms else None
    while parent is not None and (len(parts) == 1 or parent not in parts):
        parts.insert(0, parent)
        parent = terms[parent].parent if parent in terms else None
    if len(parts) > 1 and any(ABOVE in part for part in parts):
        raise ValueError(
            f"EcoTaxa writes classes below each other with {ABOVE!r}, and one above {name!r}, or it itself, has that "
            "in its name: rename it."
        )
    return {_TAXA: ABOVE.join(parts)} if len(parts) > 1 else {}


def _foreign(person: Annotation | None, model: Prediction | None, sample: Sample) -> Row:
    """The columns that came with the row, where they still say what the records do."""
    said = [one for one in (person, model) if one is not None]
    texts = [one.regions[0].raw[TOOL] for one in said if TOOL in one.regions[0].raw]
    try:
        given = json.loads(texts[0]) if texts else {}
    except ValueError:
        given = {}
    raw = {str(c): str(text) for c, text in given.items()} if isinstance(given, dict) else {}
    labels = {region.label for one in said for region in one.regions}
    same = (raw.get(_CATEGORY) or raw.get(_NUMBER)) in labels
    row = kept.settled({c: text for c, text in raw.items() if same or not c.startswith(_SAID)})
    if person is not None and row.get(_PERSON, person.author) != person.author:
        row = {c: text for c, text in row.items() if not c.startswith(_SAID)}
    unnamed = same and not raw.get(_CATEGORY)  # a category that the table tells by its number alone
    row = {c: text for c, text in row.items() if c not in {_STATUS, _CATEGORY}} | ({_CATEGORY: ""} if unnamed else {})
    if sample.effort is not None and scale.effort(row)[0] == sample.effort:
        row |= {scale.SEARCHED: row.get(scale.SEARCHED, ""), scale.DILUTION: row.get(scale.DILUTION, "")}
    if sample.pixel_size is not None and scale.pixel_size(row)[0] == sample.pixel_size:
        row.setdefault("process_particle_pixel_size_mm", "")
    return row


def _unlike(name: str, names: set[str]) -> str:
    """The name, with a number where another sample's picture has it."""
    given, number = PurePosixPath(name), 1
    while name.lower() in names:
        number += 1
        name = str(given.with_stem(f"{given.stem}_{number}"))
    names.add(name.lower())
    return name


def _sound(text: str, column: str, sample: Sample) -> str:
    if kept.plain(text) != text:
        raise ValueError(
            f"EcoTaxa's tables have no place for {text[:60]!r} ({column} of {sample.id!r}): tabs, line breaks and "
            "blanks at the ends are lost there. Rename it."
        )
    return text
