"""JSON lines over a unix socket, from peers that may be hostile: rubbish, floods and silence end only theirs."""

import asyncio
import json
import os
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

LONGEST = 1 << 16
"""Bytes of one line."""
UNREAD = 1 << 20
"""Bytes that may wait for a peer that does not read."""
BURST, RATE = 60, 30.0
"""Lines that one connection may say at once, and per second in the long run."""


class Peer:
    """One connection; `uid` and `pid` are told by the kernel of the machine, not by the peer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        known = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        self.pid, self.uid, _ = struct.unpack("3i", known)

    async def lines(self, patience: float | None = None) -> AsyncIterator[dict[str, Any]]:
        """What it says, until it hangs up or is silent for `patience` seconds. Raises ValueError for no message."""
        allowance, last = float(BURST), time.monotonic()
        while line := await self._line(patience):
            now = time.monotonic()
            allowance, last = min(BURST, allowance + (now - last) * RATE) - 1, now
            await asyncio.sleep(max(0.0, -allowance / RATE))  # others come first, too, where much was said at once
            message = json.loads(line)
            if not isinstance(message, dict):
                raise ValueError("a message is a table")  # noqa: TRY004
            yield message

    async def _line(self, patience: float | None) -> bytes:
        try:
            line = await asyncio.wait_for(self._reader.readline(), patience)
        except (TimeoutError, ConnectionError):
            return b""
        return line if line.endswith(b"\n") else b""

    def say(self, message: Mapping[str, object]) -> None:
        """Sends a message; a peer that does not read loses its connection."""
        if self._writer.is_closing():
            return
        self._writer.write(json.dumps(message).encode() + b"\n")
        if self._writer.transport.get_write_buffer_size() > UNREAD:
            self._writer.transport.abort()

    def hang_up(self) -> None:
        """Closes the connection once what was said is sent."""
        self._writer.close()


async def listen(place: Path, mode: int, serve: Callable[[Peer], Awaitable[None]]) -> asyncio.Server:
    """Answers at `place` from now on, each peer by `serve`."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        try:
            await serve(peer)
        except (ValueError, RecursionError):  # a line too long, or not JSON
            peer.say({"refused": "This is not what the service for graphics cards understands."})
        finally:
            peer.hang_up()

    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(connected, place, limit=LONGEST, backlog=512)
    finally:
        os.umask(before)
    os.chmod(place, mode)  # noqa: PTH101
    return server
