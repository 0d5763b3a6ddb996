"""The classes a person may choose from in a widget: what is read, which key gives it, which colour marks it."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from imagine_widgets.palette import background

RESERVED = frozenset("auz?+-[]")
"""Keys of the widgets themselves."""
_FREE = "123456789bcdefghijklmnopqrstvwxy0"


@runtime_checkable
class Label(Protocol):
    """What a widget needs of a class; a use case's labels fit."""

    @property
    def name(self) -> str:
        """The name that annotations carry."""

    @property
    def title(self) -> str:
        """What a person reads."""

    @property
    def key(self) -> str | None:
        """One character, or None: the widget finds one."""


@dataclass(frozen=True, slots=True)
class Class:
    """One class as the widget shows it; `key` is empty where no key is left, `parents` are titles, nearest first."""

    name: str
    title: str
    key: str
    background: str
    parents: tuple[str, ...] = ()


class Classes:
    """The classes in their order. Names met later (older labels, another model) join at the end, without a key."""

    def __init__(self, labels: Iterable[Label], *, reserved: Container[str] = RESERVED) -> None:
        given = list(labels)
        names = [label.name for label in given]
        if not given:
            raise ValueError("Labels are needed, at least one: pass the labels of a use case.")
        name, times = Counter(names).most_common(1)[0]
        if times > 1:
            raise ValueError(f"The label {name!r} was given {times} times: each is needed once.")
        keys = _keys([label.key for label in given], reserved)
        titles = {label.name: label.title or label.name for label in given}
        self._classes = [
            Class(label.name, titles[label.name], key, background(i), _parents(label, titles))
            for i, (label, key) in enumerate(zip(given, keys, strict=True))
        ]
        self._index = {name: i for i, name in enumerate(names)}

    def __len__(self) -> int:
        return len(self._classes)

    def __getitem__(self, index: int) -> Class:
        return self._classes[index]

    def index(self, name: str) -> int:
        """The place of the class called `name`; one that is not known yet is put at the end."""
        if name not in self._index:
            self._index[name] = len(self._classes)
            self._classes.append(Class(name, name or "nothing there", "", background(len(self._classes))))
        return self._index[name]

    def find(self, name: str) -> int | None:
        """The place of the class called `name`, None where there is none."""
        return self._index.get(name)

    def to_json(self) -> list[dict[str, object]]:
        """All of them for the browser."""
        return [
            {"name": c.name, "title": c.title, "key": c.key, "background": c.background, "parents": c.parents}
            for c in self._classes
        ]


def _parents(label: Label, titles: Mapping[str, str]) -> tuple[str, ...]:
    """What a use case's label belongs to, as a person reads it; other labels belong to nothing."""
    return tuple(titles.get(name, name) for name in getattr(label, "parents", ()))


def _keys(asked: Sequence[str | None], reserved: Container[str]) -> list[str]:
    """The keys that were asked for, where they are free; the others get the next free digit or letter."""
    keys = [""] * len(asked)
    for i, key in enumerate(asked):
        wanted = (key or "").lower()
        if len(wanted) == 1 and wanted.strip() and wanted not in reserved and wanted not in keys:
            keys[i] = wanted
    free = (key for key in _FREE if key not in keys and key not in reserved)
    return [key or next(free, "") for key in keys]
