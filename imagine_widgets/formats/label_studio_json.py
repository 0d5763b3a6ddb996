"""Label Studio's JSON, as it is exported and imported: tasks with what people and models said of each."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from imagine_kernels.records import Annotation, Json, Prediction, Sample, Skipped, to_json
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import carried, json_stream
from imagine_widgets.formats import label_studio_results as results
from imagine_widgets.formats.carried import Gathered
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.label_studio_results import OURS
from imagine_widgets.formats.label_studio_shapes import Size
from imagine_widgets.formats.labels import FACTS, IMPORTED, LONG_AGO, Holds, Labels, Term

_MEDIA = ("image", "video", "audio", "sound", "img", "picture", "ocr", "pdf")
"""The names in a task's `data` under which its file usually goes, first those that are tried first."""


def _detect(head: Head) -> bool:
    start = head.start.lstrip()
    if not start.startswith(("[", "{")) or '"images"' in start[:200]:
        return False
    return '"from_name"' in start or (start.startswith("[") and '"annotations"' in start and '"data"' in start)


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Every shape: what the page cannot draw is drawn as what is nearest, and ours lies beside it."""
    del sample
    return () if isinstance(shape, Track) and all(key.shape is None for key in shape.keys) else (shape,)


@dataclass
class _Reading:
    """What the tasks of one file add up to."""

    path: Path
    images: Path | None
    samples: dict[str, Sample] = field(default_factory=dict)
    gathered: Gathered = field(default_factory=Gathered)
    terms: dict[str, Term] = field(default_factory=dict)
    times: dict[tuple[str, str], str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def task(self, task: Mapping[str, Any], where: str) -> None:
        """One task. Raises ValueError with a sentence where it is none."""
        said = [one for one in _list(task, "annotations") if isinstance(one, Mapping)]
        guessed = [one for one in _list(task, "predictions") if isinstance(one, Mapping)]
        sizes = results.size_of(one.get("result") for one in (*said, *guessed))
        sample = _sample(task, sizes, self.images)
        if sizes is None and _ours(task) is None and any(one.get("result") for one in (*said, *guessed)):
            self.skipped.append(Skipped(where, "no result tells the size of its picture: 1 x 1 stands for it."))
        if sample.id in self.samples:
            raise ValueError(f"it is of {sample.id!r}, and so is another task.")
        self.samples[sample.id] = sample
        size = (sample.width, sample.height) if sizes or _ours(task) else None
        for one in said:
            self._annotation(sample.id, one, size, where)
        for one in guessed:
            self._prediction(sample.id, one, size, where)

    def _annotation(self, sample_id: str, one: Mapping[str, Any], size: Size | None, where: str) -> None:
        if one.get("was_cancelled"):
            self.skipped.append(Skipped(where, f"{_author(one)} skipped it instead of labelling it."))
            return
        ours = _ours(one) or {}
        author = str(ours.get("author") or _author(one))
        at = _time(ours.get("at") or one.get("updated_at") or one.get("created_at"))
        found = list(results.regions(one.get("result"), size, where, self.terms, self.skipped))
        if not one.get("result"):
            self.gathered.empty(sample_id, author, at)
        for region, packed in found:
            who = {"author": packed.get("author") or author, "at": packed.get("at") or at}
            key = (sample_id, str(who["author"]))
            self.times[key] = max(_time(who["at"]), self.times.get(key, _time(who["at"])))
            self.gathered.add(sample_id, region, who)

    def _prediction(self, sample_id: str, one: Mapping[str, Any], size: Size | None, where: str) -> None:
        model = str(one.get("model_version") or IMPORTED)
        for region, packed in results.regions(one.get("result"), size, where, self.terms, self.skipped):
            known = isinstance(packed.get("model"), str)
            self.gathered.add(sample_id, region, packed if known else {"model": model, "weights": ""})

    def labels(self) -> Labels:
        """All of it."""
        said = self.gathered.all_annotations()
        predictions = self.gathered.all_predictions()
        every: tuple[Annotation | Prediction, ...] = (*said, *predictions)
        for region in (region for one in every for region in one.regions):
            for name in (region.label, *(opinion.label for opinion in region.opinions)):
                self.terms.setdefault(name, Term(name))
        timed = tuple(replace(one, at=self.times.get((one.sample_id, one.author), one.at)) for one in said)
        return Labels(tuple(self.samples.values()), timed, predictions, tuple(self.terms.values()), tuple(self.skipped))


def read(path: Path, images: Path | None = None) -> Labels:
    """The tasks of a file, or a single one. Raises OSError or ValueError with a sentence."""
    reading = _Reading(path, images)
    kinds: Counter[str] = Counter()
    for number, task in enumerate(_tasks(path), start=1):
        where = f"{path}, task {task.get('id', number) if isinstance(task, Mapping) else number}"
        if isinstance(task, Mapping):
            kinds["task" if "data" in task else "result" if "result" in task else "other"] += 1
        if not isinstance(task, Mapping):
            reading.skipped.append(Skipped(where, "it is no table of fields."))
            continue
        try:
            reading.task(task, where)
        except (TypeError, ValueError) as error:
            reading.skipped.append(Skipped(where, str(error)))
    _refuse_others(path, kinds)
    return reading.labels()


def _tasks(path: Path) -> Iterator[Any]:
    """The tasks one at a time: the exports of large projects don't go into memory."""
    alone: Json = {}
    for member, key, value in json_stream.entries(path):
        if member:
            alone[member] = value
        elif key is not None:
            yield value
        elif value not in ([], {}):
            yield value  # neither a list nor a table: told of as no task
    if alone:
        yield alone


def _refuse_others(path: Path, kinds: Mapping[str, int]) -> None:
    if kinds and "task" not in kinds:
        if set(kinds) == {"result"}:
            raise ValueError(
                f"{path} holds results without the tasks they are of, as a model's server answers: which pictures they "
                "are of is not in it. Export the project as JSON."
            )
        raise ValueError(f"{path} holds no tasks of Label Studio: none has `data`. Export the project as JSON.")


def _list(task: Mapping[str, Any], key: str) -> list[Any]:
    found = task.get(key)
    return found if isinstance(found, list) else []


def _ours(one: Mapping[str, Any]) -> Json | None:
    meta = one.get("meta")
    found = meta.get(OURS) if isinstance(meta, Mapping) else None
    return found if isinstance(found, dict) else None


def _sample(task: Mapping[str, Any], size: Size | None, images: Path | None) -> Sample:
    """The sample as we sent it, else by the file that its data name."""
    ours = _ours(task)
    known = carried.sample(ours)
    if known is not None:
        return known if images is None else replace(known, uri=str(images / known.id))
    data = task.get("data")
    data = data if isinstance(data, Mapping) else {}
    named = [data[key] for key in _MEDIA if isinstance(data.get(key), str) and data[key]]
    named += [value for value in data.values() if isinstance(value, str) and value]
    name = named[0] if named else f"task {task.get('id', '')}".strip()
    return Sample(name, name if images is None else str(images / Path(name).name), *(size or (1, 1)))


def _author(one: Mapping[str, Any]) -> str:
    by = one.get("completed_by")
    if isinstance(by, Mapping):
        full = f"{by.get('first_name') or ''} {by.get('last_name') or ''}".strip()
        return str(by.get("email") or full or by.get("id") or IMPORTED)
    return IMPORTED if by is None else f"user {by}"


def _time(said: object) -> str:
    try:
        return Annotation("any", (), IMPORTED, str(said)).at if said else LONG_AGO
    except ValueError:
        return LONG_AGO


def write(labels: Labels, path: Path) -> None:
    """One JSON file, as Label Studio imports it."""
    told = {term.name: term for term in labels.terms if term != Term(term.name)}
    said: dict[str, list[Annotation | Prediction]] = {sample.id: [] for sample in labels.samples}
    every: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    for one in every:
        said[one.sample_id].append(one)
    tasks = [_task(number, s, said[s.id], told) for number, s in enumerate(labels.samples, start=1)]
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")


def _task(number: int, sample: Sample, said: list[Annotation | Prediction], terms: Mapping[str, Term]) -> Json:
    drawn = [region.shape for one in said for region in one.regions]
    media = "video" if any(isinstance(s, Track) for s in drawn) else "image"
    media = "audio" if drawn and all(isinstance(shape, TimeFrequency) for shape in drawn) else media
    return {
        "id": number,
        "data": {media: sample.uri, "sample": sample.id},
        "meta": {OURS: to_json(sample)},
        "annotations": [_annotation(one, sample, terms) for one in said if isinstance(one, Annotation)],
        "predictions": [_prediction(one, sample, terms) for one in said if isinstance(one, Prediction)],
    }


def _annotation(one: Annotation, sample: Sample, terms: Mapping[str, Term]) -> Json:
    return {
        "result": results.result(one, sample, terms),
        "created_at": one.at,
        "meta": {OURS: {"author": one.author, "at": one.at}},
    }


def _prediction(one: Prediction, sample: Sample, terms: Mapping[str, Term]) -> Json:
    scores = list(_scores(one))
    told = {"result": results.result(one, sample, terms)}
    version = f"{one.model}@{one.weights[:8]}" if one.weights else one.model
    return told | {"model_version": version} | ({"score": sum(scores) / len(scores)} if scores else {})


def _scores(one: Prediction) -> Iterator[float]:
    return (region.score for region in one.regions if region.score is not None)


FORMAT = Format(
    "label_studio_json",
    "Label Studio JSON",
    ".json",
    _detect,
    read,
    write,
    Holds(frozenset(FACTS) - {"unused"}, shapes),
)
