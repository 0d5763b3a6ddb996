"""The small records every step passes to the next: Sample, Region, Prediction, Annotation. Standard library only.

Pixels are absolute, x right, y down, origin at the corner of the top-left pixel of the sample (not of the file it was
cut from). A region without a shape stands for the whole sample. A score of 0.0 is a score; None means unknown.
"""

import functools
import uuid
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from imagine_kernels import shapes
from imagine_kernels.quantities import Effort as Effort  # noqa: PLC0414 - a record like those here
from imagine_kernels.quantities import Quantity as Quantity  # noqa: PLC0414 - a record like those here
from imagine_kernels.shapes import Box as Box  # noqa: PLC0414 - the shape most records have
from imagine_kernels.shapes import RotatedBox, Shape


def new_id() -> str:
    """A fresh identity for a region or an annotation."""
    return uuid.uuid4().hex


def now() -> str:
    """This moment in UTC, ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _need(good: bool, sentence: str) -> None:  # noqa: FBT001
    if not good:
        raise ValueError(sentence)


@dataclass(frozen=True, slots=True)
class Sample:
    """One image, and where, when, at what scale and with what effort it was taken.

    `uri` is the file, or "archive.zip!/member"; `crop` cuts the sample out of that file (pixels of the file), a turned
    box so that its width lies along x; `group` names the run, cast or deployment; `pixel_size` is the side of one
    pixel; `measures` are the instrument's own.
    """

    id: str
    uri: str
    width: int
    height: int
    crop: Box | RotatedBox | None = None
    group: str | None = None
    taken_at: str | None = None
    pixel_size: Quantity | None = None
    effort: Effort | None = None
    measures: Mapping[str, Quantity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _need(bool(self.id), f"A sample needs an id ({self.uri}).")
        _need(self.width > 0 and self.height > 0, f"{self.uri}: an image of {self.width} x {self.height} pixels.")
        object.__setattr__(self, "measures", MappingProxyType(dict(self.measures)))


NOTHING: Mapping[str, Any] = MappingProxyType({})
"""What regions without scores and raw fields share: there are millions of them."""


def _nothing() -> Mapping[str, Any]:
    return NOTHING


STATES = ("predicted", "accepted", "corrected", "rejected", "uncertain")
"""What became of a label: a model said it; a person agreed, put it in place of another, refused it, or cannot tell."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One more label of a region: what somebody, or a model, calls it beside what the region is called first."""

    label: str
    score: float | None = None
    author: str = ""
    at: str = ""
    state: str = ""

    def __post_init__(self) -> None:
        _need(bool(self.label), "An opinion needs a label.")
        _check_score(self.label, self.score)
        _check_state(self.state)
        if self.at:
            datetime.fromisoformat(self.at)


@dataclass(frozen=True, slots=True)
class Region:
    """A label, maybe a score, maybe a shape; without a shape it stands for the whole sample.

    `scores` holds the score of every class where the model gives them; all scores lie in 0..1. `state` is one of
    `STATES`; `opinions` are further labels; `raw` holds what another tool said of it and no field here can hold, by the
    tool's name, to be given back to it as it came.
    """

    label: str
    score: float | None = None
    shape: Shape | None = None
    id: str = field(default_factory=new_id)
    scores: Mapping[str, float] = field(default_factory=_nothing)
    state: str = ""
    opinions: tuple[Opinion, ...] = ()
    raw: Mapping[str, str] = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        if not self.label:  # what needs no check costs no call: there are millions of regions
            raise ValueError("A region needs a label.")
        if self.score is not None:
            _check_score(self.label, self.score)
        if self.state:
            _check_state(self.state)
        if self.scores is not NOTHING:
            for label, score in self.scores.items():
                _check_score(label, score)
            object.__setattr__(self, "scores", MappingProxyType(dict(self.scores)) if self.scores else NOTHING)
        if self.raw is not NOTHING:
            object.__setattr__(self, "raw", MappingProxyType(dict(self.raw)) if self.raw else NOTHING)


def _check_score(label: str, score: float | None) -> None:
    if score is not None and not 0.0 <= score <= 1.0:
        raise ValueError(f"The score of {label!r} must lie in 0..1, not {score}.")


def _check_state(state: str) -> None:
    if state and state not in STATES:
        raise ValueError(f"A label is {', '.join(STATES)}; not {state!r}.")


@dataclass(frozen=True, slots=True)
class Prediction:
    """Regions made by a model for one sample: which model, and the sha256 of its weights."""

    sample_id: str
    regions: tuple[Region, ...]
    model: str
    weights: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """Regions made or confirmed by a person for one sample; `tool` is where it happened."""

    sample_id: str
    regions: tuple[Region, ...]
    author: str
    at: str = field(default_factory=now)
    tool: str = "notebook"
    id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        _need(bool(self.author), f"The annotation of sample {self.sample_id} needs an author.")
        datetime.fromisoformat(self.at)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was asked for and could not be used: where it is and why, as a sentence."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Collection:
    """What a source holds: samples, labels that came with them (folder names), and what had to be skipped."""

    samples: tuple[Sample, ...]
    annotations: tuple[Annotation, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One prediction of many samples: in the order of the samples, without those that were skipped."""

    predictions: tuple[Prediction, ...]
    skipped: tuple[Skipped, ...]
    seconds: float


Json = dict[str, Any]
_PLAIN = frozenset({str, float, int, bool, type(None)})
_KINDS: dict[str, type] = {
    k.__name__: k for k in (Quantity, Effort, *shapes.KINDS, Sample, Opinion, Region, Prediction, Annotation, Skipped)
}


def to_json(record: object) -> Json:
    """A record as plain JSON values, with its kind under "kind". Empty fields that need not be there are left out."""
    name = type(record).__name__
    if name not in _KINDS:
        raise ValueError(f"{name} is not a record that travels as JSON; known are {', '.join(_KINDS)}.")
    told: Json = {"kind": name}
    for known, is_needed in _fields(name):
        value = getattr(record, known)
        if value or is_needed or isinstance(value, int | float):
            told[known] = value if type(value) in _PLAIN else _plain(value)
    return told


@functools.cache
def _fields(name: str) -> tuple[tuple[str, bool], ...]:
    """The fields of a kind of record, and whether each must be there."""
    known = fields(_KINDS[name])
    return tuple((one.name, one.default is MISSING and one.default_factory is MISSING) for one in known)


def _plain(value: object) -> object:
    if type(value).__name__ in _KINDS:
        return to_json(value)
    if isinstance(value, tuple):
        return [item if type(item) in _PLAIN else _plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def from_json(data: Json) -> Any:  # noqa: ANN401
    """The record that `to_json` made `data` of. Raises ValueError with a sentence naming what is wrong."""
    values = dict(data)
    kind = _KINDS.get(str(values.pop("kind", "")))
    if kind is None:
        raise ValueError(f"Not a record: its kind is {data.get('kind')!r}; known are {', '.join(_KINDS)}.")
    known = kind.__dataclass_fields__.keys()  # type: ignore[attr-defined]
    if not values.keys() <= known:
        raise ValueError(f"A {kind.__name__} has no field {', '.join(sorted(values.keys() - known))}.")
    try:
        return kind(**{key: value if type(value) in _PLAIN else _rich(value) for key, value in values.items()})
    except TypeError as error:
        raise ValueError(f"Not a whole {kind.__name__}: {error}.") from error


def _rich(value: object) -> object:
    if isinstance(value, dict):
        is_record = isinstance(value.get("kind"), str)  # a class called "kind" holds a score there
        return from_json(value) if is_record else {key: _rich(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(item if type(item) in _PLAIN else _rich(item) for item in value)
    return value
