"""The hub's side of the broker: it introduces each person's server, and asks how things stand for pages and metrics."""

import hashlib
import json
import socket
import time
from collections.abc import Collection, Mapping
from typing import Any

from hub_config.leases import places
from hub_config.settings import Settings
from imagine_kernels.launch.leases import started

PATIENCE = 5.0


def introduce(
    settings: Settings,
    *,
    user: str,
    groups: Collection[str],
    token: str,
    uid: int | None,
    profile: str,
    pid: int,
) -> None:
    """Lets the kernels of a server that has just started ask: process `pid`, of account `uid`, with the hub's `token`.

    `uid` is None where all share the hub's account. Said again for the same token it replaces what was said before.
    Waits a few seconds for a broker that is started anew. Raises OSError with a sentence where none answers.
    """
    server = {"user": user, "groups": sorted(groups), "uid": uid, "profile": profile, "pid": pid}
    server |= {"token_sha256": hashlib.sha256(token.encode()).hexdigest(), "started": started(pid)}
    end = time.monotonic() + PATIENCE
    while True:
        try:
            _ask(settings, {"say": "introduce", "server": server})
        except ConnectionError:  # it may just be started anew
            if time.monotonic() > end or not started(pid):
                raise
            time.sleep(0.2)
        else:
            return


def state(settings: Settings) -> dict[str, Any]:
    """Who holds which card since when, and who waits.

    `cards`: device, name, memory_gb, shares, free, pretend. `leases`: number, user, use_case, kernel, cards (names),
    since, busy (None: nobody tells), warned, ends (when it is taken back, or None). `queue`, in order: place, user,
    use_case, kernel, count, since, why. `taken`, the last hour's: user, use_case, kernel, when, why. Moments are
    seconds since 1970. A person who asks sees the same, with `mine` on their own; kernels of others are left out.
    """
    return _ask(settings, {"say": "state"})


def stats(settings: Settings) -> dict[str, Any]:
    """Figures for metrics, counted since the broker's database was made.

    `starts`: a list of kind, reason, count. `start_seconds`: by kind, and `wait_seconds`: histograms with `buckets`
    (a list of [upper bound, how many in all up to it]), `sum`, `count`. `outcomes`: how leases ended, with counts.
    `queue`, `leases` (held), `shares`, `free`, `kernels`, `servers`: numbers now.
    """
    return _ask(settings, {"say": "stats"})


def usage(settings: Settings, since: str = "") -> list[dict[str, Any]]:
    """What everybody has used, one record per day, person and use case, from the day `since` (UTC)."""
    return list(_ask(settings, {"say": "usage", "since": since})["usage"])


def _ask(settings: Settings, message: Mapping[str, object]) -> dict[str, Any]:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(PATIENCE)
            line.connect(str(places.hub_socket(settings)))
            line.sendall(json.dumps(message).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer = json.loads(answers.readline() or b"{}")
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"The service that lends graphics cards does not answer ({error}): see make status."
        ) from error
    if not isinstance(answer, dict) or "refused" in answer or not answer:
        said = answer.get("refused", "") if isinstance(answer, dict) else ""
        raise ConnectionError(f"The service that lends graphics cards refused: {said}")
    return answer
