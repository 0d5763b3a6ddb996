"""What a person gave a widget: samples, labels, predictions, a store; what cannot be meant is refused in a sentence."""

import difflib
from collections.abc import Iterable, Sequence
from typing import TypeVar

from imagine_kernels.records import Prediction, Sample
from imagine_widgets.classes import Label
from imagine_widgets.store import Store

_Kind = TypeVar("_Kind")


def nearest(name: str, known: Sequence[str]) -> str:
    """The good name that is nearest to a wrong one, or some of them."""
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"There are: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}."


def refuse(unknown: Iterable[str], widget: str, options: Sequence[str]) -> None:
    """Raises TypeError for the first unknown option, with the nearest good name."""
    for name in unknown:
        raise TypeError(f"{widget} has no option {name!r}. {nearest(name, options)}")


def samples_in(given: object, widget: str) -> tuple[Sample, ...]:
    """The samples, each once. Raises TypeError or ValueError with a sentence."""
    hint = f"{widget} shows a list of samples, {{}}: pass open_samples(…).samples."
    found = _all(given, Sample, hint)
    ids: set[str] = set()
    for sample in found:
        if sample.id in ids:
            raise ValueError(f"The sample {sample.id} was given twice: {widget} shows each sample once.")
        ids.add(sample.id)
    return found


def labels_in(given: object) -> tuple[Label, ...]:
    """The labels to choose from. Raises TypeError with a sentence."""
    hint = 'Labels are a list such as [Label("debris", "Debris")], {}: pass the labels of a use case, or write them so.'
    return _all(given, Label, hint)  # type: ignore[type-abstract]


def predictions_in(given: object) -> tuple[Prediction, ...]:
    """What a model said. Raises TypeError with a sentence."""
    return _all(
        given, Prediction, "Predictions are a list of what a model said, {}: pass what its predict gave, or []."
    )


def ids_in(given: object) -> tuple[str, ...]:
    """Ids of samples, in the order they come. Raises TypeError with a sentence."""
    return _all(given, str, "order is a list of ids of samples, {}: pass next_batch(…).ids().")


def store_in(given: object) -> Store | None:
    """The store, None where none was given. Raises TypeError with a sentence."""
    if given is None or isinstance(given, Store):
        return given
    path = given if isinstance(given, str) else "labels.labels"
    raise TypeError(f"store is a Store, not {_a(given)}: write store=Store({path!r}).")


def author_in(given: object) -> str | None:
    """Who labels, None where nobody was named. Raises TypeError with a sentence."""
    if given is None or (isinstance(given, str) and given):
        return given
    raise TypeError(f"author is the name of who labels, as text, not {_a(given)}.")


def _all(given: object, kind: type[_Kind], hint: str) -> tuple[_Kind, ...]:
    """All that was given, if each is of the kind; `hint` has a place for what it is instead."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise TypeError(hint.format(f"not {_a(given)}"))
    found = tuple(given)
    for one in found:
        if not isinstance(one, kind):
            raise TypeError(hint.format(f"and {_a(one)} is among them"))
    return found


def _a(thing: object) -> str:
    """What kind of thing it is, in words, with as much of it as tells it from others."""
    known = {str: "text", bytes: "bytes", type(None): "None", int: "a number", float: "a number"}.get(type(thing))
    said = known or f"a {type(thing).__name__}"
    return f"{said} ({thing!r:.40})" if isinstance(thing, str | int | float) else said
