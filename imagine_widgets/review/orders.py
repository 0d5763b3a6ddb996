"""In which order a person goes through a model's regions, and which of them she wants to see."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from imagine_kernels.records import STATES, Region, Sample
from imagine_kernels.shapes import Flat, extent
from imagine_widgets.classes import Classes
from imagine_widgets.given import ids_in, nearest
from imagine_widgets.grid.guesses import margin

UNCERTAIN, BY_PICTURE, BY_CLASS = "uncertain first", "by picture", "by class"
ORDERS = (UNCERTAIN, BY_PICTURE, BY_CLASS)
Order = str | Callable[[Sample, Region], float] | Iterable[str]
"""One of `ORDERS`; a function that gives a number, the smallest first; or ids of samples, in the order they come."""
_BANDS = 8  # of a picture, gone along like the lines of a page: the next region is near

Found = tuple[int, Region]
"""The row of a sample, and one of its regions."""


@dataclass(frozen=True, slots=True)
class Only:
    """What the queue is restricted to: labels of the model, states; empty is any."""

    labels: frozenset[str]
    states: frozenset[str]


def wanted(only: str | Iterable[str], classes: Classes) -> Only:
    """Which labels and which states a person named. Raises ValueError with the nearest good name."""
    if not isinstance(only, Iterable):
        raise TypeError(f"only is a label, a state, or a list of them, not {only!r}.")
    names = [only] if isinstance(only, str) else [*only]
    for name in names:
        if name not in STATES and classes.find(name) is None:
            known = [*STATES, *(classes[i].name for i in range(len(classes)))]
            raise ValueError(f"{name!r} is no label and no state of a region. {nearest(name, known)}")
    labels = frozenset(name for name in names if classes.find(name) is not None)
    return Only(labels, frozenset(names) - labels)


def check(order: Order) -> Order:
    """The order. Raises ValueError with the nearest good name, TypeError for what is none."""
    if isinstance(order, str) and order not in ORDERS:
        raise ValueError(f"There is no order {order!r}. {nearest(order, ORDERS)}")
    return order if isinstance(order, str) or callable(order) else ids_in(order)


def ordered(found: Iterable[Found], samples: Sequence[Sample], classes: Classes, order: Order) -> list[Found]:
    """The regions as they are gone through; those that are alike stay as they came."""
    ids = () if isinstance(order, str) or callable(order) else order
    ranks = {name: rank for rank, name in enumerate(ids)}

    def doubt(region: Region) -> float:
        sure = margin(region)
        return -1.0 if sure is None else sure

    def key(one: Found) -> tuple[float, ...]:
        row, region = one
        if callable(order):
            return (float(order(samples[row], region)),)
        if order == UNCERTAIN or not isinstance(order, str):
            return (ranks.get(samples[row].id, len(ranks)), doubt(region))
        if order == BY_CLASS:
            return (classes.index(region.label), doubt(region))
        return (row, *_place(samples[row], region))

    return sorted(found, key=key)


def _place(sample: Sample, region: Region) -> tuple[float, float]:
    """The band of the picture a region lies in, and where in it; what stands for the whole picture comes first."""
    if not isinstance(region.shape, Flat):
        return -1.0, 0.0
    left, top, _, height = extent(region.shape)
    band = (top + height / 2) * _BANDS // max(1, sample.height)
    return band, left if band % 2 == 0 else -left
