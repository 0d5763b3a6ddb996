"""Records → tasks, predictions and annotations as Label Studio takes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from imagine_kernels.images import named
from imagine_kernels.records import Annotation, Json, Prediction, Region, now, to_json
from imagine_widgets.formats.label_studio_results import OURS
from imagine_widgets.label_studio.regions import Offers, entries, fault
from imagine_widgets.label_studio.slots import number
from imagine_widgets.label_studio.views import View, home
from imagine_widgets.label_studio.wire import NewAnnotation, NewPrediction, NewTask
from imagine_widgets.store import Held


def version(prediction: Prediction) -> str:
    """How Label Studio names a model with its weights."""
    return f"{prediction.model}@{prediction.weights[:8]}"


def new_task(
    view: View, image: str, predictions: Sequence[NewPrediction], annotations: Sequence[NewAnnotation]
) -> NewTask:
    """The task of a view whose picture lies at `image`; its crop, offset, scale and effort travel in `meta`."""
    shown = view.shown
    data = {
        "image": image,
        "sample": shown.id,
        "run": shown.group or "",
        "file": named(shown.uri),
        "taken": shown.taken_at or "",
        "pixels": f"{shown.width} × {shown.height}",
    }
    meta: Json = {OURS: to_json(shown)}
    if shown.id != view.of:
        meta["part"] = {"sample": view.of, "x": view.x, "y": view.y}
    return {"data": data, "meta": meta, "predictions": list(predictions), "annotations": list(annotations)}


def new_prediction(prediction: Prediction, view: View, offers: Offers) -> NewPrediction:
    """A model's regions as a pre-annotation."""
    result = [one for region in prediction.regions for one in entries(prediction, region, view, offers)]
    made: NewPrediction = {"model_version": version(prediction), "result": result}
    scores = [region.score for region in prediction.regions if region.score is not None]
    if scores:
        made["score"] = fmean(scores)
    return made


def new_annotation(author: str, held: Sequence[Held], view: View, offers: Offers) -> NewAnnotation:
    """One person's regions of a picture. There, it is whoever sends it; who made them is kept in our own words."""
    result = [one for row in held for one in said(row, view, offers)]
    return {"id": number(view.shown.id, author), "ground_truth": False, "result": result}


def said(row: Held, view: View, offers: Offers, turn: int = 1) -> Iterator[Json]:
    """The entries of one word of a person."""
    if row.region is not None:
        annotation = Annotation(row.sample_id, (row.region,), row.author, row.at or now(), row.tool or "notebook")
        yield from entries(annotation, row.region, view, offers, turn)


def fitting(prediction: Prediction, offers: Offers) -> tuple[Prediction, list[str]]:
    """What of a prediction the page can hold, and why the rest cannot go there."""
    faults = {region.id: fault(region, offers) for region in prediction.regions}
    kept = _one_whole(region for region in prediction.regions if faults[region.id] is None)
    told = [why for why in faults.values() if why is not None]
    return replace(prediction, regions=tuple(kept)), told


def _one_whole(regions: Iterable[Region]) -> Iterator[Region]:
    """A page offers one class for the whole picture: the first one given."""
    whole = False
    for region in regions:
        if region.shape is not None or not whole:
            yield region
        whole = whole or region.shape is None


def by_author(view: View, pictures: tuple[View, ...], held: Iterable[Held]) -> Mapping[str, list[Held]]:
    """Which words go onto one of the pictures of a sample, by author."""
    found: dict[str, list[Held]] = {}
    for row in held:
        if row.region is not None and home(pictures, row.region.shape) is view:
            found.setdefault(row.author, []).append(row)
    return found


def parts(prediction: Prediction, pictures: tuple[View, ...]) -> Iterator[tuple[View, Prediction]]:
    """A prediction, by the pictures that show its regions."""
    for view in pictures:
        regions = tuple(region for region in prediction.regions if home(pictures, region.shape) is view)
        if regions:
            yield view, replace(prediction, regions=regions)
