"""What the broker tells: to people who holds what, who waits and what they used, to the hub all of it."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hub_config.leases import register
from hub_config.leases.idle import Rule, works
from hub_config.leases.people import Kernel, Server
from hub_config.leases.store import merged

if TYPE_CHECKING:
    from hub_config.leases.broker import Broker


def state(broker: "Broker", asker: Server | None = None) -> dict[str, Any]:
    """As `client.state` describes it; for `asker` with `mine`, and without the kernels of others."""
    free = broker.lending.queue.free_shares()
    return {
        "cards": [
            {
                "device": card.device,
                "name": card.name,
                "memory_gb": card.memory_gb,
                "shares": broker.lending.shares,
                "free": free.get(card.device, 0),
                "pretend": card.pretend,
            }
            for card in broker.lending.cards.values()
        ],
        "leases": [_lease(broker, kernel, asker) for kernel in _holders(broker)],
        "queue": [_waiting(broker, kernel, place, asker) for place, kernel in enumerate(broker.lending.line(), 1)],
        "taken": [
            {**_whose(one.kernel, asker), "when": one.when, "why": one.why}
            for one in broker.taken
            if asker is None or one.kernel.server.user == asker.user
        ],
    }


def stats(broker: "Broker") -> dict[str, Any]:
    """As `client.stats` describes it."""
    now = {
        "queue": len(broker.lending.queue.waiting),
        "leases": len(broker.lending.queue.held),
        "shares": sum(broker.lending.queue.shares.values()),
        "free": broker.lending.queue.free(),
        "kernels": sum(kernel.process is not None for kernel in broker.kernels.values()),
        "servers": len(broker.servers),
    }
    return {**broker.figures.as_record(), **now}


def used(broker: "Broker", since: str, user: str | None = None) -> list[dict[str, Any]]:
    """As `client.usage` describes it: one record per day, person, groups and use case."""
    register.keep_counts(broker.store, broker)
    return merged(broker.store.used(since, user))


def rule(broker: "Broker", kernel: Kernel) -> Rule | None:
    """How long `kernel` may be idle; None where its size of server is no longer known."""
    profile = broker.settings.profiles.get(kernel.server.profile)
    return Rule(profile.idle_minutes * 60, broker.settings.gpus.warning_minutes * 60) if profile else None


def _holders(broker: "Broker") -> Iterable[Kernel]:
    holding = [kernel for kernel in broker.kernels.values() if kernel.lease is not None]
    return sorted(holding, key=lambda kernel: kernel.lease.since if kernel.lease else 0.0)


def _lease(broker: "Broker", kernel: Kernel, asker: Server | None) -> dict[str, Any]:
    lease, known, report = kernel.lease, rule(broker, kernel), kernel.report
    assert lease is not None
    ends = known.ends(report, kernel.warned) if known and report and kernel.warned else None
    return {
        **_whose(kernel, asker),
        "number": lease.number,
        "cards": broker.lending.names(lease),
        "since": lease.since,
        "busy": works(report, time.time()),
        "last_activity": report.last_activity if report else None,
        "warned": bool(kernel.warned),
        "ends": ends,
    }


def _waiting(broker: "Broker", kernel: Kernel, place: int, asker: Server | None) -> dict[str, Any]:
    ask = broker.lending.queue.waiting[kernel.key]
    why = broker.lending.queue.limit_reached(ask) or "all graphics cards are lent"
    return {**_whose(kernel, asker), "place": place, "count": ask.count, "since": kernel.asked, "why": why}


def _whose(kernel: Kernel, asker: Server | None) -> dict[str, Any]:
    about: dict[str, Any] = {"user": kernel.server.user, "use_case": kernel.use_case}
    mine = asker is None or kernel.server.user == asker.user
    if mine:
        about["kernel"] = kernel.kernel
    return about if asker is None else {**about, "mine": mine}
