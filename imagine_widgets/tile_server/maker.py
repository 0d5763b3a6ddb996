"""The process that makes tiles for a person's server: asked by lines of JSON, ends when nobody asks any more.

python -P -m imagine_widgets.tile_server.maker     by the interpreter of the kernel that signed the picture

It is a process of its own because the server's environment has nothing that decodes pictures, because a damaged file
must not end the server, and because all its memory is given back when it ends.
"""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from imagine_widgets.failures import sentence
from imagine_widgets.opened import Opened
from imagine_widgets.tile_server.making import AT_ONCE
from imagine_widgets.tile_server.signing import Source, stamp
from imagine_widgets.tiles import Look, Tiles

_OPEN = 2
"""Pictures that stay open."""


class Maker:
    """Answers wishes; threads may share it."""

    def __init__(self, answers: IO[bytes]) -> None:
        self._answers, self._gate = answers, threading.Lock()
        self._open = Opened(_OPEN)

    def answer(self, wish: dict[str, Any]) -> None:
        """One tile, or why there is none."""
        try:
            tile, why = self._tile(wish), ""
        except Exception as error:  # noqa: BLE001  # the edge: whoever waits is told
            tile, why = b"", sentence(error)
        head = json.dumps({"number": wish["number"], "why": why, "size": len(tile)}).encode()
        with self._gate:
            self._answers.write(head + b"\n" + tile)
            self._answers.flush()

    def _tile(self, wish: dict[str, Any]) -> bytes:
        source = Source(**wish["source"])
        level, column, line = wish["place"]
        if stamp(source.file) != tuple(source.stamp):
            raise ValueError(f"{os.path.basename(source.file)} was changed since it was opened.")  # noqa: PTH119
        tiles = self._open.get(source.file + repr(wish["source"]), lambda: Tiles(source.picture()))
        if level < tiles.nearest:
            raise ValueError("Only the kernel shows so much of a picture of this size.")
        return tiles.tile(level, column, line, Look(*wish["look"]))


def main() -> None:
    """Makes tiles until there is nobody to ask for one."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    maker = Maker(answers)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for line in sys.stdin.buffer:
            pool.submit(maker.answer, json.loads(line))
        os._exit(0)  # whoever waits for the last ones is gone


if __name__ == "__main__":
    main()
