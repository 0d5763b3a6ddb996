"""Where the hub itself comes: it introduces servers, and asks for what pages and metrics show. Nobody else gets in."""

import os
from typing import Any

from hub_config.leases import telling
from hub_config.leases.broker import Broker
from hub_config.leases.lines import Peer
from hub_config.leases.people import Server
from hub_config.leases.register import keep_server
from hub_config.leases.watch import Process


class Office:
    """Answers the hub."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def serve(self, peer: Peer) -> None:
        """One conversation."""
        if peer.uid not in (0, os.geteuid()):
            peer.say({"refused": "Only the hub may ask here."})
            return
        async for message in peer.lines():
            try:
                peer.say(self._answer(message))
            except (KeyError, TypeError, ValueError, ProcessLookupError) as error:
                peer.say({"refused": f"{error}"})

    def _answer(self, message: dict[str, Any]) -> dict[str, object]:
        broker = self._broker
        match message.get("say"):
            case "introduce":
                return self._introduce(message["server"])
            case "state":
                return telling.state(broker)
            case "stats":
                return telling.stats(broker)
            case "usage":
                return {"usage": telling.used(broker, str(message.get("since", "")))}
        raise ValueError(f"{message.get('say')!r} is nothing the hub asks.")

    def _introduce(self, told: dict[str, Any]) -> dict[str, object]:
        uid = None if told["uid"] is None else int(told["uid"])
        process = Process(int(told["pid"]), began=int(told["started"]))  # it may be about to become the person
        groups = frozenset(str(group) for group in told["groups"])
        server = Server(str(told["token_sha256"]), str(told["user"]), groups, uid, str(told["profile"]), process)
        self._broker.welcome(server)
        keep_server(self._broker.store, server)
        return {"ok": True}
