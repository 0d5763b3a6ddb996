"""The facts of a use case as one record, and the registry: the folders of use_cases/ ARE the list."""

import difflib
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).with_name("use_cases")
NETWORK, FOREST, MACHINE, TEXTURE = "network", "forest", "machine", "texture"
MEASURED = (FOREST, MACHINE, TEXTURE)
"""What a model may be made of."""
CLASSIFICATION, DETECTION, SEGMENTATION = "classification", "detection", "segmentation"
"""What a model may do: the modules of tasks/."""
NONE = "none of these"
"""What a model calls a picture it is not sure enough of."""


@dataclass(frozen=True, slots=True)
class Label:
    """One class a model can tell: its name, what a person reads, and its code in the field's registers.

    `aphia_id` is the WoRMS AphiaID, None for what is no taxon (debris, bubbles); `codes` are those of other registers,
    such as ("omnidia", "ADMI"); `key` is the review grid's key. `parents` are the names of the taxa it belongs to, the
    nearest first (genus, family, order): what a model falls back to when it is unsure. `counted` is False for what is
    told apart only to be left out (debris, bubbles).
    """

    name: str
    title: str
    aphia_id: int | None = None
    rank: str | None = None
    key: str | None = None
    about: str = ""
    parents: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    counted: bool = True

    def code(self, register: str) -> str | None:
        """Its code in a register, such as "omnidia"; None where that has none."""
        return dict(self.codes).get(register)


NOTHING = Label(NONE, "None of these", about="The model is not sure enough of any class", counted=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: macro-F1 0.86 on 53 held-out pictures, and how it was split."""

    name: str
    value: float
    count: int
    split: str


@dataclass(frozen=True, slots=True)
class Source:
    """The data a model was trained on, with its licence and how to cite it."""

    title: str
    licence: str
    citation: str
    url: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What the weights expect: `size` in pixels of the square input, colours, and the scale they were trained at.

    Pictures are made to fill the square, enlarged `zoom` times at most: 1.0 keeps small particles small and as sharp
    as they are, None sets no bound. With `views` the square shows the object's middle instead, once for each view, as
    further channels: (1.0, 2.0) at its own size and at half of it, so that size counts.
    """

    size: int
    colour: str = "rgb"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)
    pixel_size_um: float | None = None
    zoom: float | None = None
    views: tuple[float, ...] = ()

    @property
    def channels(self) -> int:
        """How many numbers a pixel of the square has."""
        return (1 if self.colour == "grey" else 3) * max(1, len(self.views))


@dataclass(frozen=True, slots=True)
class Model:
    """One set of weights: a timm architecture and its options, the classes in output order, its figures.

    `parts` are those whose scores are pooled: networks of the architecture, taught from different seeds, and a forest
    and kernel machines on measured features. Each network looks at a picture in `turns` positions, 1 or all 8.
    Logarithms of scores are divided by `temperature`, so that they tell how often the model is right; with
    `reject_below` it calls a picture it is less sure of `NONE`. With `back_off` it names the nearest taxon whose
    classes together are at least that sure, of the classes' `parents`, before it rejects; `taxa` tell what is known of
    these (title, AphiaID, rank). `confusion` has a row for each of `labels` and a column for each of `names`: it counts
    pictures the model had not seen that people called the one and it the other. Every count's interval is made with it.
    `task` names a module of tasks/.
    """

    name: str
    title: str
    architecture: str
    labels: tuple[Label, ...]
    profile: Profile
    weights: str
    sha256: str
    source: Source
    figures: tuple[Figure, ...]
    command: str
    options: Mapping[str, object] = field(default_factory=dict)
    parts: tuple[str, ...] = (NETWORK,)
    turns: int = 1
    temperature: float = 1.0
    reject_below: float | None = None
    back_off: float | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    taxa: tuple[Label, ...] = ()
    task: str = CLASSIFICATION

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    @property
    def label_names(self) -> tuple[str, ...]:
        """The classes in the order of the model's outputs."""
        return tuple(label.name for label in self.labels)

    @property
    def higher(self) -> tuple[Label, ...]:
        """The taxa it falls back to when it is unsure; none where it doesn't. What `taxa` doesn't tell has its name."""
        if self.back_off is None:
            return ()
        known = {label.name: label for label in self.taxa}
        above = dict.fromkeys(parent for label in self.labels for parent in label.parents)
        return tuple(known.get(name, Label(name, name)) for name in above if name not in self.label_names)

    @property
    def answers(self) -> tuple[Label, ...]:
        """Everything it may say of a picture: its classes, the taxa above them, and `NONE` where it rejects."""
        rejects = self.reject_below is not None or self.back_off is not None
        return (*self.labels, *self.higher, *((NOTHING,) if rejects else ()))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its `answers`."""
        return tuple(label.name for label in self.answers)

    @property
    def measuring(self) -> bool:
        """Whether a part of it asks for the features of a picture, measured at the picture's own size."""
        return not set(MEASURED).isdisjoint(self.parts)

    @property
    def side(self) -> int | None:
        """Pixels that suffice for a picture to be prepared; None where it must be read at its own size."""
        return None if self.profile.views or self.measuring else self.profile.size


@dataclass(frozen=True, slots=True)
class UseCase:
    """All facts of one use case; kernelspec, cards, labelling page, tests and report derive from it.

    `picture` is a file of the folder; `notebook` lies in notebooks/use_cases/; `measures` names what a report may
    count, such as "concentration" (particles per mL of water). Its chain of steps is `steps` in its folder's chain.py,
    where it needs one of its own.
    """

    name: str
    title: str
    summary: str
    sample: str
    models: tuple[Model, ...]
    picture: str
    notebook: str
    measures: tuple[str, ...]
    licence: str
    citation: str

    @property
    def folder(self) -> Path:
        """The folder that holds everything of this use case."""
        return FOLDER / self.name

    def model(self, name: str | None = None) -> Model:
        """The model called `name`, else the first: one that names samples. Raises LookupError naming the nearest."""
        if name is None:
            return self.models[0]
        return _find(name, {model.name: model for model in self.models}, f"a model of {self.name}")

    def labels(self) -> tuple[Label, ...]:
        """Every class that samples are sorted into, by any model, once, in order; then the taxa it falls back to."""
        sorting = [model for model in self.models if model.task == CLASSIFICATION] or self.models
        every = [label for model in sorting for label in model.labels]
        every += [label for model in sorting for label in model.higher]
        return tuple({label.name: label for label in reversed(every)}.values())[::-1]

    def titles(self) -> Mapping[str, str]:
        """What a person reads for each name that any of its models may say."""
        return {label.name: label.title for model in reversed(self.models) for label in model.answers}


def _find(name: str, known: Mapping[str, Model], what: str) -> Model:
    if name not in known:
        raise LookupError(f"{name!r} is not {what}. {_nearest(name, list(known))}")
    return known[name]


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known) or 'none'}."


def names() -> list[str]:
    """Every use case of this installation: the folders of use_cases/ that hold an __init__.py."""
    return sorted(path.parent.name for path in FOLDER.glob("*/__init__.py"))


def get(name: str) -> UseCase:
    """The use case called `name`. Raises LookupError naming the nearest one."""
    if name not in names() or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise LookupError(f"{name!r} is not a use case here. {_nearest(name, names())}")
    found: UseCase = importlib.import_module(f"imagine_kernels.use_cases.{name}").USE_CASE
    return found


def every() -> Iterator[UseCase]:
    """All use cases, by name."""
    return (get(name) for name in names())
