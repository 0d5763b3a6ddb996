"""Whether what a file's own fields say of a shape still is what was kept beside them, but for rounding."""

import math
from collections.abc import Callable, Mapping

from imagine_kernels.records import to_json
from imagine_kernels.shapes import Shape

_NEAR = 1e-6


def alike(one: object, other: object) -> bool:
    """Whether two shapes, or lists of numbers, are the same up to rounding."""
    match one, other:
        case bool() | str() | None, _:
            return one == other
        case int() | float(), int() | float():
            return math.isclose(one, other, rel_tol=_NEAR, abs_tol=_NEAR)
        case list() | tuple(), list() | tuple():
            return len(one) == len(other) and all(map(alike, one, other))
        case Mapping(), Mapping():
            return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
        case _:
            known = one is not None and other is not None and type(one) is type(other)
            return known and not isinstance(one, list | tuple | Mapping) and alike(to_json(one), to_json(other))


def settled(now: Shape | None, kept: Shape | None, through: Callable[[Shape], Shape | None]) -> Shape | None:
    """`kept` to the last digit where the file still says the same, else what the file says `now`.

    `through` is what the file's own fields give back of a shape.
    """
    if kept is None:
        return now
    try:
        unmoved = alike(through(kept), now)
    except (ValueError, TypeError):
        return now
    return kept if unmoved else now
