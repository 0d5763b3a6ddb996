"""The shapes of what goes to Label Studio and of what is read from it; nothing here is sent or kept."""

from dataclasses import dataclass
from typing import TypedDict

from imagine_kernels.records import Json, Sample
from imagine_widgets.label_studio.views import View

Item = Json
"""One entry of a `result`: a region, or a part of one, as Label Studio says it."""


class NewPrediction(TypedDict, total=False):
    """A prediction to be made; `task` where it is not part of a new task."""

    task: int
    model_version: str
    score: float
    result: list[Item]


class NewAnnotation(TypedDict, total=False):
    """An annotation to be made: `id` as part of a new task, `import_id` and `unique_id` on a task that exists."""

    id: int
    import_id: int
    unique_id: str
    ground_truth: bool
    result: list[Item]


class NewTask(TypedDict):
    """An image to be labelled; `data` is what a person sees in Label Studio's table."""

    data: dict[str, str]
    meta: Json
    predictions: list[NewPrediction]
    annotations: list[NewAnnotation]


@dataclass(frozen=True, slots=True)
class Project:
    """A project on the server; `page` is its labelling page, `made` when it was made, to tell it from later ones."""

    id: int
    title: str
    description: str
    page: str
    model_version: str
    made: str = ""

    @property
    def target(self) -> str:
        """The name under which a store remembers what lies here."""
        return f"label-studio:{self.id}:{self.made}"


@dataclass(frozen=True, slots=True)
class Made:
    """An annotation on the server; `import_id` is our slot's number if we made it, `editor` had it in hand last."""

    id: int
    result: tuple[Item, ...]
    import_id: int | None
    creator: str
    editor: str
    at: str
    is_skip: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A task on the server: `key` names what it shows ("" for a task that somebody else made)."""

    id: int
    key: str
    view: View | None
    made: tuple[Made, ...]
    at: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """A prediction on the server."""

    id: int
    task: int
    version: str


def view_of(meta: object, shown: Sample) -> View:
    """What a task shows of a sample, from the words that went there with it."""
    part = meta.get("part") if isinstance(meta, dict) else None
    if not isinstance(part, dict):
        return View(shown.id, shown, 0, 0)
    return View(str(part["sample"]), shown, int(part["x"]), int(part["y"]))
