"""Puts what lives into the store, and finds it again there after the broker was started anew."""

import time
import uuid
from typing import TYPE_CHECKING, Any

from hub_config.leases import watch
from hub_config.leases.people import Kernel, Lease, Server, Tally
from hub_config.leases.store import Store

if TYPE_CHECKING:
    from hub_config.leases.broker import Broker


def keep_server(store: Store, server: Server) -> None:
    """A server that was introduced."""
    store.add("servers", **_who(server), uid=server.uid, **_process(server.process), since=time.time())


def keep_kernel(store: Store, kernel: Kernel, kind: str, reason: str, seconds: float) -> int:
    """A kernel whose process began."""
    assert kernel.process is not None
    told = {"kind": kind, "reason": reason, "seconds": seconds, "since": time.time()}
    return store.add("kernels", **_who(kernel.server), **_what(kernel), **_process(kernel.process), **told)


def keep_lease(store: Store, kernel: Kernel, lease: Lease) -> None:
    """A lease that was granted."""
    told = {"mark": lease.mark, "cards": lease.cards, "since": lease.since, "counted": lease.counted}
    told |= {"number": lease.number, "waited": lease.since - kernel.asked}
    store.add("leases", **_who(kernel.server), **_what(kernel), **told)


def keep_waiting(store: Store, kernel: Kernel, count: int) -> None:
    """A kernel in the line."""
    store.add("waiting", token_sha256=kernel.server.token_sha256, **_what(kernel), count=count, since=kernel.asked)


def keep_counts(store: Store, broker: "Broker") -> None:
    """How far everything is counted, in the same breath as the counts themselves."""
    with broker.meter.written(), store.together():
        store.count(broker.meter.uncounted())
        for server in broker.servers.values():
            store.change("servers", {"token_sha256": server.token_sha256}, cpu_seconds=server.cpu.total)
        for kernel in broker.kernels.values():
            if kernel.row:
                store.change("kernels", {"number": kernel.row}, cpu_seconds=kernel.cpu.total)
            if kernel.lease is not None:
                store.change("leases", {"number": kernel.lease.number}, counted=kernel.lease.counted)


def find_again(broker: "Broker") -> None:
    """Takes up servers, kernels, leases and the line as they were recorded; what has ended since is ended here."""
    store = broker.store
    if store.rebooted():
        for table in ("servers", "kernels", "leases"):
            for row in store.living(table):
                _close(broker, table, row, "machine restarted")
        store.clear("waiting")
        return
    for row in store.living("servers"):
        _server(broker, row)
    for row in store.living("kernels"):
        _kernel(broker, row)
    for row in store.living("leases"):
        _lease(broker, row)
    for row in store.rows("SELECT * FROM waiting ORDER BY number"):
        _waiting(broker, row)


def _server(broker: "Broker", row: dict[str, Any]) -> None:
    try:
        process = watch.Process(row["pid"], began=row["started"])
    except ProcessLookupError:
        _close(broker, "servers", row, "")
        return
    cpu = Tally(row["cpu_seconds"], row["cpu_seconds"])
    broker.welcome(
        Server(row["token_sha256"], row["user"], frozenset(row["groups"]), row["uid"], row["profile"], process, cpu)
    )


def _kernel(broker: "Broker", row: dict[str, Any]) -> None:
    server = broker.servers.get(row["token_sha256"])
    try:
        process = watch.Process(row["pid"], began=row["started"])
    except ProcessLookupError:
        _close(broker, "kernels", row, "")
        return
    if server is None:  # it is about to end, too
        process.let_go()
        _close(broker, "kernels", row, "")
        return
    kernel = broker.arrive(server, row["kernel"], row["use_case"])
    kernel.row, kernel.found_again = row["number"], True
    kernel.cpu = Tally(row["cpu_seconds"], row["cpu_seconds"])
    broker.bind(kernel, process)


def _lease(broker: "Broker", row: dict[str, Any]) -> None:
    server = broker.servers.get(row["token_sha256"])
    key = (row["token_sha256"], row["kernel"])
    bound = bool(
        broker.store.rows(
            "SELECT 1 FROM kernels WHERE token_sha256 = ? AND kernel = ? AND since >= ?", (*key, row["since"])
        )
    )
    if server is None or (bound and key not in broker.kernels):
        _close(broker, "leases", row, "lost")
        watch.end_left_behind(0, row["mark"], watch.table())
        return
    kernel = broker.arrive(server, row["kernel"], row["use_case"])
    now = time.time()
    counted = min(now, row["counted"])
    clock = time.monotonic() - (now - counted)
    lease = Lease(row["number"], row["mark"], uuid.uuid4().hex, row["cards"], row["since"], counted, clock)
    broker.lending.take_up(kernel, lease)
    broker.store.event("found again", kernel)
    if not bound:  # its kernel was about to start
        broker.endings.end_later(kernel)


def _waiting(broker: "Broker", row: dict[str, Any]) -> None:
    server = broker.servers.get(row["token_sha256"])
    if server is not None:
        broker.lending.stand_in(broker.arrive(server, row["kernel"], row["use_case"]), row["count"], row["since"])
    broker.store.remove("waiting", number=row["number"])


def _close(broker: "Broker", table: str, row: dict[str, Any], outcome: str) -> None:
    """What ended while nobody watched; when is not known: a lease is counted up to when it was last seen."""
    key = "token_sha256" if table == "servers" else "number"
    values: dict[str, object] = {"ended": row.get("counted", time.time())}
    if table == "leases":
        values["outcome"] = outcome
        broker.figures.outcomes[outcome] += 1
        about = {name: row[name] for name in ("user", "groups", "profile", "use_case", "kernel")}
        broker.store.add("events", moment=time.time(), what="end", **about, lease=row["number"], said=outcome)
    broker.store.change(table, {key: row[key]}, **values)


def _who(server: Server) -> dict[str, Any]:
    return {
        "token_sha256": server.token_sha256,
        "user": server.user,
        "groups": server.groups,
        "profile": server.profile,
    }


def _what(kernel: Kernel) -> dict[str, Any]:
    return {"use_case": kernel.use_case, "kernel": kernel.kernel}


def _process(process: watch.Process) -> dict[str, Any]:
    return {"pid": process.pid, "started": process.began}
