"""JSON lines over a unix socket, read without blocking: how whoever asks speaks with the broker of graphics cards."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Mapping
from typing import Any

PATIENCE = 3.0
"""Seconds in which the broker answers what needs no waiting."""
LONGEST = 4 << 20
"""Bytes of one line from the broker; more is no broker."""


class Line:
    """One connection with the broker that exchanges JSON lines."""

    def __init__(self, address: str) -> None:
        self._waiting = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(PATIENCE)
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise

    def say(self, message: Mapping[str, object]) -> None:
        """Sends one line."""
        self._socket.settimeout(PATIENCE)
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def answer(self) -> dict[str, Any]:
        """The next line, waited for. Raises OSError when none comes in time."""
        end = time.monotonic() + PATIENCE
        while (found := self._whole_line()) is None:
            self._socket.settimeout(max(0.001, end - time.monotonic()))
            self._take()
        return found

    def look(self) -> dict[str, Any] | None:
        """The next line if it has come. Raises ConnectionError once the broker is gone."""
        if (found := self._whole_line()) is None:
            self._socket.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                self._take()
            found = self._whole_line()
        return found

    async def more(self) -> None:
        """Waits, in whatever event loop runs now, until something has come or the broker is gone."""
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        loop.add_reader(self._socket, came.set)
        try:
            await came.wait()
        finally:
            loop.remove_reader(self._socket)

    def _take(self) -> None:
        if not (came := self._socket.recv(1 << 16)):
            raise ConnectionResetError("the broker has ended")
        self._waiting += came
        if len(self._waiting) > LONGEST:
            raise ConnectionAbortedError("what answers is not the broker")

    def _whole_line(self) -> dict[str, Any] | None:
        line, end, rest = self._waiting.partition(b"\n")
        if not end:
            return None
        self._waiting = rest
        try:
            message = json.loads(line)
        except ValueError as error:
            raise ConnectionAbortedError("what answers is not the broker") from error
        return message if isinstance(message, dict) else {}

    def close(self) -> None:
        """Hangs up."""
        self._socket.close()
