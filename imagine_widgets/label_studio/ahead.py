"""The next of several pieces of work is begun while the last is in hand: the server and the kernel work at once."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(pieces: Iterable[T]) -> Iterator[T]:
    """The same pieces, each made in a thread while the one before it is being worked on; never more than one."""
    made = iter(pieces)
    with ThreadPoolExecutor(1, "label-studio-ahead") as pool:
        coming = pool.submit(_next, made)
        while piece := coming.result():
            coming = pool.submit(_next, made)
            yield piece[0]


def _next(made: Iterator[T]) -> tuple[T] | None:
    for piece in made:
        return (piece,)
    return None
