"""Records ↔ tasks, predictions and annotations of Label Studio: what push sends and what pull makes of an answer.

An annotation we send carries a stamp, a number made of its content, in Label Studio's `import_id`. Found again, it says
"this is here already"; as long as the stamp fits the content, nobody has touched it since. So nothing has to be
remembered on our side: the same question to the server gives the same answer after a crash.
"""

import hashlib
import json
import uuid
from collections.abc import Container, Sequence
from datetime import UTC, datetime

from imagine_kernels.images import named
from imagine_kernels.records import Annotation, Json, Prediction, Region, Sample, to_json
from imagine_widgets.label_studio.page import CONTROL, IMAGE
from imagine_widgets.label_studio.wire import Item, Made, NewAnnotation, NewPrediction, NewTask, Project

TOOL = "label studio"
"""What annotations say that were made there."""
OURS = "imagine"
"""The key of our own facts in an item's or task's `meta`; Label Studio's page keeps them through edits."""
CHOICES = "choices"


def version(prediction: Prediction) -> str:
    """How Label Studio names a model with its weights."""
    return f"{prediction.model}@{prediction.weights[:8]}"


def new_task(sample: Sample, image: str, predictions: Sequence[NewPrediction], held: NewAnnotation | None) -> NewTask:
    """The task of a sample whose picture lies at `image`; its crop, scale and effort travel in `meta`."""
    data = {
        "image": image,
        "sample": sample.id,
        "run": sample.group or "",
        "file": named(sample.uri),
        "taken": sample.taken_at or "",
        "pixels": f"{sample.width} × {sample.height}",
    }
    annotations = [held] if held is not None else []
    return {"data": data, "meta": {OURS: to_json(sample)}, "predictions": list(predictions), "annotations": annotations}


def new_prediction(prediction: Prediction) -> NewPrediction:
    """A model's label as a pre-annotation."""
    region = prediction.regions[0]
    made: NewPrediction = {"model_version": version(prediction), "result": [_item(region, {})]}
    if region.score is not None:
        made["score"] = region.score
    return made


def new_annotation(annotation: Annotation) -> NewAnnotation:
    """A person's labels. Who made them and when is kept in our own words: there, it is whoever sends it, now."""
    facts = {"annotation": annotation.id, "author": annotation.author, "at": annotation.at, "tool": annotation.tool}
    return {"ground_truth": False, "result": [_item(region, facts) for region in annotation.regions]}


def fault(record: Prediction | Annotation, choices: Container[str]) -> str | None:
    """Why the labelling page cannot hold this, as a sentence; Label Studio itself would drop it without a word."""
    if len(record.regions) != 1:
        return f"It has {len(record.regions)} labels; the labelling page holds exactly one for an image."
    region = record.regions[0]
    if region.shape is not None:
        return "It has a shape; the labelling page holds labels of whole images."
    if region.label not in choices:
        return f"Its label {region.label!r} is not a class of the labelling page."
    return None


def stamp(result: Sequence[Item]) -> int:
    """A number made of what a result says; it fits into the 53 bits that a browser can count to."""
    said = sorted(json.dumps([i.get("id"), i.get("type"), i.get("value")], sort_keys=True) for i in result)
    return int.from_bytes(hashlib.sha256("\n".join(said).encode()).digest()[:7], "big") >> 3


def is_untouched(made: Made) -> bool:
    """Whether this is what we sent, as we sent it."""
    return made.import_id is not None and made.import_id == stamp(made.result)


def sent_by(made: Made) -> str | None:
    """Who made an untouched annotation that we sent."""
    ours = next((_ours(item) for item in made.result), {})
    author = ours.get("author")
    return author if isinstance(author, str) and is_untouched(made) else None


def identity(project: Project, made: Made) -> str:
    """The id of an annotation that was made there: the same at every look, another one after every change."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{TOOL}/{project.id}/{made.id}/{made.at}").hex


def annotation(project: Project, made: Made) -> Annotation | None:
    """What a person made or changed in Label Studio; None where it holds no label of a whole image."""
    regions = [Region(label, id=identity) for identity, label in chosen(made)]
    if not regions:
        return None
    at = when(made.at).astimezone(UTC).isoformat(timespec="milliseconds")
    return Annotation(made.sample_id, tuple(regions), made.author, at, TOOL, identity(project, made))


def chosen(made: Made) -> list[tuple[str, str]]:
    """The region ids and labels of an annotation there."""
    found: list[tuple[str, str]] = []
    for item in made.result:
        first = str(item.get("id") or f"{made.id}-{len(found)}")
        found += [(first if i == 0 else f"{first}-{i}", label) for i, label in enumerate(_labels(item))]
    return found


def when(said: str) -> datetime:
    """A time as records or Label Studio say it; without a zone it is UTC."""
    moment = datetime.fromisoformat(said)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _item(region: Region, facts: Json) -> Item:
    made: Item = {
        "id": region.id,
        "type": CHOICES,
        "from_name": CONTROL,
        "to_name": IMAGE,
        "value": {"choices": [region.label]},
    }
    if region.score is not None:
        made["score"] = region.score
    if facts:
        made["meta"] = {OURS: facts}
    return made


def _labels(item: Item) -> list[str]:
    """What was chosen in an item, which may be of another kind, or nonsense that some program sent."""
    value = item.get("value")
    chosen = value.get("choices") if isinstance(value, dict) and item.get("from_name") == CONTROL else None
    return [label for label in chosen if isinstance(label, str) and label] if isinstance(chosen, list) else []


def _ours(item: Item) -> Json:
    meta = item.get("meta")
    ours = meta.get(OURS) if isinstance(meta, dict) else None
    return ours if isinstance(ours, dict) else {}
