"""What a server wants of the process that makes tiles: newest first, few at a time, none that nobody waits for."""

import asyncio
import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from imagine_widgets.tile_server.signing import Source

AT_ONCE = 3
"""Tiles in the making; more would only wait for the same file."""
_WAITING = 200
"""The oldest wishes beyond these are refused."""
_MAKERS = 4
"""Processes, one for each interpreter of kernels: hardly anybody has two."""
IDLE = 120.0
"""Seconds without a wish after which the process ends, and its memory is free."""
_SECRETS = ("TOKEN", "SECRET", "PASSWORD", "COOKIE")
Answer = asyncio.Future[bytes]


class Making:
    """The process of one interpreter, started when a tile is wanted."""

    def __init__(self, python: str, idle: float = IDLE) -> None:
        self._python, self._idle = python, idle
        self._waiting: dict[Answer, dict[str, Any]] = {}
        self._flying: dict[int, Answer] = {}
        self._number = 0
        self._running: asyncio.Task[None] | None = None
        self._asking: asyncio.StreamWriter | None = None
        self._rest: asyncio.TimerHandle | None = None

    def ask(self, source: Source, place: Sequence[int], look: Sequence[float]) -> Answer:
        """One tile, as JPEG. Cancel it when nobody waits any more. It raises OSError or ValueError with a sentence."""
        answer: Answer = asyncio.get_running_loop().create_future()
        self._waiting[answer] = {"source": asdict(source), "place": list(place), "look": list(look)}
        answer.add_done_callback(lambda one: self._waiting.pop(one, None))
        if len(self._waiting) > _WAITING:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.set_exception(BlockingIOError("Too many tiles are asked for at once."))
        self.prepare()
        self._feed()
        return answer

    def prepare(self) -> None:
        """Start the process, if it does not run."""
        if self._running is None:
            self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End the process; who waits is told."""
        if self._running:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    async def _run(self) -> None:
        """Until nobody waits; a process that dies takes only those tiles along that it was making."""
        why = "The process that makes tiles was ended."
        try:
            while await self._serve() and self._waiting:
                pass
        except OSError as error:
            why = f"{self._python} does not run here ({error.strerror})."
        finally:
            self._running = None
            self._fail(self._waiting, why)

    async def _serve(self) -> bool:
        """One process, from its start to its end; whether it ever answered."""
        process = await asyncio.create_subprocess_exec(
            *(self._python, "-P", "-m", "imagine_widgets.tile_server.maker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd="/",
            env={name: value for name, value in os.environ.items() if not any(word in name for word in _SECRETS)},
        )
        before = self._number
        try:
            self._asking = process.stdin
            self._feed()
            await self._hear(process.stdout)
        finally:
            self._asking = None
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            answered = self._number - before > len(self._flying)
            self._fail(self._flying, "The process that makes tiles died of this picture.")
            await process.wait()
        return answered

    async def _hear(self, answers: asyncio.StreamReader | None) -> None:
        while answers and (head := await answers.readline()):
            told = json.loads(head)
            try:
                tile = await answers.readexactly(told["size"])
            except asyncio.IncompleteReadError:
                return
            answer = self._flying.pop(told["number"])
            if not answer.done():
                answer.set_exception(ValueError(told["why"])) if told["why"] else answer.set_result(tile)
            self._feed()

    def _feed(self) -> None:
        """Hand over the newest wishes, as many as can be made at once."""
        if self._rest:
            self._rest.cancel()
        while self._asking and self._waiting and len(self._flying) < AT_ONCE:
            answer, wish = self._waiting.popitem()
            self._number += 1
            self._flying[self._number] = answer
            self._asking.write(json.dumps({**wish, "number": self._number}).encode() + b"\n")
        if self._asking and not self._flying:
            self._rest = asyncio.get_running_loop().call_later(self._idle, self._end)

    def _end(self) -> None:
        asking, self._asking = self._asking, None
        if asking:
            asking.close()

    @staticmethod
    def _fail(answers: dict[Any, Any], why: str) -> None:
        """`answers` has futures as keys or as values; none of them is left."""
        for key, value in list(answers.items()):
            one = key if isinstance(key, asyncio.Future) else value
            if not one.done():
                one.set_exception(OSError(why))
        answers.clear()


class Makings:
    """One for each interpreter that kernels run on."""

    def __init__(self) -> None:
        self._by_python: dict[str, Making] = {}

    def ask(self, source: Source, place: Sequence[int], look: Sequence[float]) -> Answer:
        """As `Making.ask`. Raises BlockingIOError with a sentence where there are too many interpreters."""
        return self._of(source).ask(source, place, look)

    def prepare(self, source: Source) -> None:
        """As `Making.prepare`. Raises as `ask` does."""
        self._of(source).prepare()

    def _of(self, source: Source) -> Making:
        if source.python not in self._by_python and len(self._by_python) >= _MAKERS:
            raise BlockingIOError("Kernels of too many kinds show pictures at once.")
        return self._by_python.setdefault(source.python, Making(source.python))
