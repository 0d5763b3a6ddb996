"""Python looks for garbage seldom while thousands of small records come and go: the search would take a third of it."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 100_000
"""Objects made between two searches."""
_gate = threading.Lock()
_threshold = [0, 0]
"""Exchanges that go on, and what was set before the first of them."""


@contextmanager
def seldom() -> Iterator[None]:
    """Search seldom until the last of those who asked for it is done."""
    with _gate:
        if not _threshold[0]:
            _threshold[1] = gc.get_threshold()[0]
            gc.set_threshold(max(_SELDOM, _threshold[1]) if _threshold[1] else 0)
        _threshold[0] += 1
    try:
        yield
    finally:
        with _gate:
            _threshold[0] -= 1
            if not _threshold[0]:
                gc.set_threshold(_threshold[1])
