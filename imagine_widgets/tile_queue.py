"""Tiles that a browser asks for, made by a few threads that end when all are made: the newest wish first."""

import threading
from collections.abc import Callable, Iterable

Place = tuple[float, ...]
"""What tells one tile from all others: its sample, level, column, row, look."""
_WORKERS = 3
"""More would only wait for the same file and for the same lock of Python."""
_WAITING = 200
"""The oldest wishes beyond these are dropped; the browser asks again for what it still needs."""


class TileQueue:
    """`make` is called in threads, for each wanted place once, unless the wish was taken back before its turn."""

    def __init__(self, make: Callable[[Place], None]) -> None:
        self._make = make
        self._wanted: dict[Place, None] = {}
        self._gate = threading.Lock()
        self._busy = 0
        self._ended = False
        self._then: Callable[[], None] | None = None

    def want(self, places: Iterable[Place]) -> None:
        """Wish for tiles; those wished for last are made first, of one call the first first."""
        with self._gate:
            self._then = None
            if self._ended:
                raise RuntimeError("Nobody looks any more: no tiles are made.")
            for place in reversed(list(places)):
                self._wanted.pop(place, None)
                self._wanted[place] = None
            while len(self._wanted) > _WAITING:
                del self._wanted[next(iter(self._wanted))]
            more = min(_WORKERS - self._busy, len(self._wanted))
            self._busy += more
        for _ in range(more):
            threading.Thread(target=self._work, name="tiles", daemon=True).start()

    def forget(self, places: Iterable[Place]) -> None:
        """Take wishes back."""
        with self._gate:
            for place in places:
                self._wanted.pop(place, None)

    def rest(self, then: Callable[[], None]) -> None:
        """Take all wishes back, and call `then` once none is being made: it may let go of what they come from."""
        with self._gate:
            self._wanted.clear()
            is_busy = self._busy > 0
            self._then = then if is_busy else None
        if not is_busy:
            then()

    def close(self) -> None:
        """Make no more."""
        with self._gate:
            self._wanted.clear()
            self._ended = True

    def _work(self) -> None:
        while (place := self._next()) is not None:
            self._make(place)

    def _next(self) -> Place | None:
        """The wish whose turn it is; without one this thread ends."""
        with self._gate:
            if self._wanted:
                return self._wanted.popitem()[0]
            self._busy -= 1
            then = None if self._busy else self._then
        if then:
            then()
        return None
