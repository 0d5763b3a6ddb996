"""Pictures that are open at a time: each opened once, however many ask for it, and let go when newer ones come."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future

from imagine_widgets.tiles import Tiles


class Opened:
    """At most so many pictures by key. Threads may share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: OrderedDict[Hashable, Future[Tiles]] = OrderedDict()
        self._gate = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Tiles]) -> Tiles:
        """The tiles of a picture; who asks while it is being opened waits. Raises as `make` does."""
        with self._gate:
            known = self._open.get(key)
            opening: Future[Tiles] = known or Future()
            self._open[key] = opening
            self._open.move_to_end(key)
            gone = [self._open.popitem(last=False)[1] for _ in range(len(self._open) - self._most)]
        for one in gone:
            one.add_done_callback(_end)
        if known is None:
            self._make(key, opening, make)
        return opening.result()

    def clear(self) -> None:
        """Let all go; they are opened again when somebody asks."""
        with self._gate:
            gone = list(self._open.values())
            self._open.clear()
        for one in gone:
            one.add_done_callback(_end)

    def _make(self, key: Hashable, opening: Future[Tiles], make: Callable[[], Tiles]) -> None:
        try:
            opening.set_result(make())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            with self._gate:
                if self._open.get(key) is opening:
                    del self._open[key]  # the file may be there the next time
            opening.set_exception(error)


def _end(opening: Future[Tiles]) -> None:
    if opening.exception() is None:
        opening.result().ended = True
