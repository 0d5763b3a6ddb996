"""Where kernels ask: each message checked, each peer shown to be the person whose server's token it has."""

import hmac
import time
from collections import Counter
from typing import Any

from hub_config.leases import telling
from hub_config.leases.broker import Broker
from hub_config.leases.idle import Report
from hub_config.leases.lines import Peer
from hub_config.leases.people import Kernel, Refusal, Server, digest
from hub_config.leases.watch import Process

PATIENCE = 10.0
"""Seconds of silence that end a conversation which is not a kernel's."""
PER_PERSON = 200
"""Conversations that one person may have at the same time."""
PER_ACCOUNT = 2000
"""The same for one account of the machine; people may share one."""


class Counters:
    """The counter, and who stands at it."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._standing: Counter[object] = Counter()

    async def serve(self, peer: Peer) -> None:
        """One conversation, from its first message to its end."""
        await self._in(peer.uid, PER_ACCOUNT, peer, self._first)

    async def _first(self, peer: Peer) -> None:
        async for message in peer.lines(PATIENCE):
            try:
                server = self._server(peer, message)
                if message.get("say") == "kernel":
                    kernel = self._broker.arrive(server, _text(message, "kernel"), _text(message, "use_case"))
                    await self._in(
                        server.user,
                        PER_PERSON,
                        peer,
                        lambda peer, k=kernel: _Conversation(self._broker, k, peer).hold(),
                    )
                    return
                peer.say(self._answer(server, message))
            except Refusal as refusal:
                peer.say({"refused": str(refusal)})

    async def _in(self, who: object, most: int, peer: Peer, go_on: Any) -> None:  # noqa: ANN401
        if self._standing[who] >= most:
            peer.say({"refused": f"{most} conversations of yours about kernels are open already: end some kernels."})
            return
        self._standing[who] += 1
        try:
            await go_on(peer)
        finally:
            self._standing[who] -= 1
            if not self._standing[who]:
                del self._standing[who]

    def _server(self, peer: Peer, message: dict[str, Any]) -> Server:
        shown = digest(_text(message, "token", 1000))
        server = self._broker.servers.get(shown)
        if server is None or not hmac.compare_digest(server.token_sha256, shown) or server.uid not in (None, peer.uid):
            raise Refusal(
                "Only kernels of a running server may ask: start yours on the start page, and ask from there."
            )
        return server

    def _answer(self, server: Server, message: dict[str, Any]) -> dict[str, object]:
        broker = self._broker
        match message.get("say"):
            case "state":
                return telling.state(broker, server)
            case "cpu":
                return {"ok": broker.instead_on_cpu(server, _text(message, "kernel"))}
            case "activity":
                report = Report(message.get("busy") is True, _number(message, "last_activity"), time.time())
                broker.activity(server, _text(message, "kernel"), report)
                return {"ok": True}
            case "usage":
                return {"usage": telling.used(broker, _text(message, "since"), server.user)}
        raise Refusal("This service lends graphics cards and counts kernels; it does not know what was asked.")


class _Conversation:
    """A kernel's: open as long as its asker lives."""

    def __init__(self, broker: Broker, kernel: Kernel, peer: Peer) -> None:
        self._broker, self._kernel, self._peer = broker, kernel, peer
        self._say = peer.say

    async def hold(self) -> None:
        kernel = self._kernel
        kernel.say = self._say  # an asker that comes back takes over from itself
        try:
            async for message in self._peer.lines():
                try:
                    self._hear(message)
                except Refusal as refusal:
                    self._peer.say({"refused": str(refusal)})
        finally:
            if kernel.say is self._say:
                self._broker.depart(kernel)

    def _hear(self, message: dict[str, Any]) -> None:
        match message.get("say"):
            case "gpus":
                self._broker.ask(self._kernel, _whole(message, "count"))
            case "began":
                self._began(message)
                self._peer.say({"ok": True})
            case "ended":
                self._broker.over(self._kernel, message.get("code"))
            case _:
                raise Refusal("This service lends graphics cards and counts kernels; it does not know what was asked.")

    def _began(self, message: dict[str, Any]) -> None:
        server = self._kernel.server
        try:
            process = Process(_whole(message, "pid"), began=_whole(message, "started"), uid=server.uid)
        except ProcessLookupError as error:
            self._broker.endings.process_missed(self._kernel)
            raise Refusal("The kernel's process ended as soon as it had begun: start the kernel again.") from error
        kind = "warm" if message.get("kind") == "warm" else "cold"
        how = {"kind": kind, "reason": _text(message, "reason", 200)[:100]}
        try:
            seconds = min(3600.0, max(0.0, _number(message, "seconds")))
            self._broker.began(self._kernel, process, _whole(message, "lease"), seconds=seconds, **how)
        except Refusal:
            process.let_go()
            raise


def _text(message: dict[str, Any], name: str, longest: int = 100) -> str:
    value = message.get(name) or ""
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise Refusal(f"{name} should be a text of at most {longest} letters that can be printed.")
    return value


def _whole(message: dict[str, Any], name: str) -> int:
    value = message.get(name)
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise Refusal(f"{name} should be a whole number.")
    return value


def _number(message: dict[str, Any], name: str) -> float:
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise Refusal(f"{name} should be a number.")
    return float(value)
