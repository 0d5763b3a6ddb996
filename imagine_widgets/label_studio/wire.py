"""The shapes of what goes to Label Studio and of what is read from it; nothing here is sent or kept."""

from dataclasses import dataclass
from typing import TypedDict

from imagine_kernels.records import Json


class Chosen(TypedDict):
    """The value of a choice."""

    choices: list[str]


class Item(TypedDict, total=False):
    """One entry of a `result`: a region, as Label Studio says it. Entries of other types pass through unread."""

    id: str
    type: str
    from_name: str
    to_name: str
    value: Chosen
    score: float
    meta: Json


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
    """A project on the server; `page` is its labelling page."""

    id: int
    title: str
    description: str
    page: str
    model_version: str


@dataclass(frozen=True, slots=True)
class Made:
    """An annotation on the server. `import_id` is our stamp if we sent it; `author` has it now, `at` since then."""

    id: int
    task: int
    sample_id: str
    result: tuple[Item, ...]
    import_id: int | None
    author: str
    at: str
    is_skip: bool


@dataclass(frozen=True, slots=True)
class Guess:
    """A prediction on the server."""

    id: int
    task: int
    version: str
