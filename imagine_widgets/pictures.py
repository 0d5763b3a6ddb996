"""The pictures of a widget's samples: opened by row, one ahead of the first question, and told and sent as tiles."""

import contextlib
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from imagine_kernels.records import Sample
from imagine_widgets.failures import sentence
from imagine_widgets.opened import Opened
from imagine_widgets.tile_queue import Place, TileQueue
from imagine_widgets.tile_server.signing import Signer
from imagine_widgets.tiles import SIDE, Look, Tiles

_OPEN = 3
"""Samples whose pictures stay open: the one in sight and its neighbours."""
_AT_ONCE = 40
"""Tiles that go with the news of a picture, at most: a large screen's."""
Message = Mapping[str, Any]
Send = Callable[..., None]


class Pictures:
    """The tiles of `samples` by row. `send` takes a message and a list of bytes; threads call it."""

    def __init__(self, samples: Sequence[Sample], send: Send) -> None:
        self._samples, self._send = samples, send
        self._open = Opened(_OPEN)
        self._signer = Signer()
        self._queue = TileQueue(self._send_tile)

    def prepare(self, row: int) -> None:
        """Open a picture in a thread, so that it is ready when somebody asks for it."""
        if not 0 <= row < len(self._samples):
            return
        threading.Thread(target=self._prepare, args=(row,), name="picture", daemon=True).start()

    def told(self, row: int, page: Sequence[float] = ()) -> tuple[dict[str, Any], list[bytes]]:
        """What a browser has to know of a picture, and the tiles its page (width, height) shows of all of it.

        Raises ValueError or OSError with a sentence that names the file.
        """
        tiles = self.tiles(row)
        look = tiles.look()
        places = _whole(tiles, *page) if len(page) == 2 else []
        facts = {
            "width": tiles.width,
            "height": tiles.height,
            "side": SIDE,
            "deepest": tiles.deepest,
            "look": [look.low, look.high, look.gamma],
            "brightest": tiles.brightest,
            "tiles": places,
            "source": self._source(row, tiles),
        }
        return facts, [tiles.tile(*place, look) for place in places]

    def want(self, message: Message) -> None:
        """Send the tiles of a message one by one, as they are made."""
        self._queue.want(_places(message))

    def forget(self, message: Message) -> None:
        """Those tiles are not wanted any more."""
        self._queue.forget(_places(message))

    def tiles(self, row: int) -> Tiles:
        """The tiles of a sample; who asks while it is being opened waits. Raises as `Tiles` does."""
        sample = self._samples[row]
        return self._open.get(row, lambda: Tiles(sample, lambda: self._send({"type": "better", "row": row})))

    def clear(self) -> None:
        """Let all pictures go; they are opened again when somebody asks."""
        self._open.clear()

    def rest(self) -> None:
        """Nobody looks for now: what is being made is finished, then all pictures go."""
        self._queue.rest(self.clear)

    def close(self) -> None:
        """Let all pictures go and end the threads."""
        self._queue.close()
        self.clear()
        self._signer.withdraw()

    def _source(self, row: int, tiles: Tiles) -> tuple[str, int] | None:
        """By which id the person's server knows the picture, where it may, and from which level on."""
        name = self._signer.sign(self._samples[row], tiles.file, tiles.stamp) if tiles.is_light else None
        return None if name is None else (name, tiles.nearest)

    def _prepare(self, row: int) -> None:
        with contextlib.suppress(OSError, ValueError):  # whoever asks for it is told
            self.told(row, (SIDE, SIDE))

    def _send_tile(self, place: Place) -> None:
        """Called in the threads of the queue: what fails is told to whoever waits for the tile."""
        row, level, column, line, *look = place
        answer = {"type": "tile", "place": list(place), "why": ""}
        try:
            made = self.tiles(int(row)).tile(int(level), int(column), int(line), Look(*look))
        except Exception as error:  # noqa: BLE001  # the edge: a thread that dies makes no tiles any more
            self._send({**answer, "why": sentence(error)}, [b""])
        else:
            self._send(answer, [made])


def _places(message: Message) -> list[Place]:
    look = tuple(float(number) for number in message["look"])
    return [(int(message["row"]), *(int(number) for number in place), *look) for place in message["places"]]


def _whole(tiles: Tiles, width: float, height: float) -> list[tuple[int, int, int]]:
    """The places that show all of a picture on a page: from one tile of it at once to those as sharp as the page."""
    if not (width >= 1 and height >= 1):
        return []
    smallest = min(tiles.deepest, round(math.log2(SIDE)))
    scale = min(width / tiles.width, height / tiles.height)
    sharp = max(smallest, min(tiles.deepest, math.floor(tiles.deepest + math.log2(scale) + 1)))
    found: list[tuple[int, int, int]] = []
    for level in range(smallest, sharp + 1):
        side = SIDE << (tiles.deepest - level)
        across, down = -(-tiles.width // side), -(-tiles.height // side)
        if len(found) + across * down > _AT_ONCE:
            break
        found += [(level, column, row) for row in range(down) for column in range(across)]
    return found
