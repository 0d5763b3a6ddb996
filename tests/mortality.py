"""Fifty people whose kernels die in every way, over a few cards: what is started, what is found out afterwards."""

import contextlib
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from house import until

from hub_config.leases import client, places
from imagine_kernels import environment

PROGRAM = Path(__file__).with_name("doomed.py")


@dataclass(frozen=True)
class Found:
    """What happened in one run; times in seconds."""

    deaths: int
    seconds: float
    doubles: int
    leaked: int
    overtaken: int
    """Pairs in which somebody got a card before another who had been in the line before they came."""
    waits: list
    releases: dict
    """From the end of a kernel until its lease had ended, by fate."""
    survived: bool
    """Whether kernels outlived their zygote."""


def run(way, folder, *, deaths, askers, cards, settings=None):
    """`deaths` kernels of `askers` people die over `cards` cards; `settings` of the running broker for our way."""
    folder.mkdir()
    for card in cards:
        (folder / f"{card}.card").touch()
    begun, share = time.monotonic(), [deaths // askers + (n < deaths % askers) for n in range(askers)]
    servers = [_server(way, folder, n, 0, share[n], settings) for n in range(askers)]
    try:
        left = set(range(askers))
        while left:
            for n in sorted(left):
                if servers[n].poll() is not None and not _again(way, folder, n, share[n], servers, settings):
                    left.discard(n)
            assert time.monotonic() - begun < 900, "the deaths take too long"
            time.sleep(0.01)
    finally:
        for server in servers:
            server.kill()
            server.wait()
    return _findings(folder, time.monotonic() - begun, settings)


def _again(way, folder, n, count, servers, settings):
    """After its server was killed a person starts another one and goes on."""
    done = [line for line in _lines(folder) if line["person"] == n]
    if len(done) >= count:
        return False
    assert servers[n].returncode == -9, f"a server ended with {servers[n].returncode}"
    servers[n] = _server(way, folder, n, len(done), count, settings)
    return True


def _server(way, folder, n, first, count, settings):
    token = secrets.token_hex(16)
    env = {**os.environ, environment.HUB_TOKEN: token, "PERSON": str(n)}
    if settings is not None:
        env[environment.LEASES] = str(places.kernels_socket(settings))
    command = [sys.executable, str(PROGRAM), way, str(folder), str(n), str(first), str(count)]
    server = subprocess.Popen(command, env=env, cwd=folder, stdin=subprocess.PIPE, start_new_session=True)
    if settings is not None:
        known = {"user": f"p{n}", "groups": (), "token": token, "uid": None, "profile": "gpu", "pid": server.pid}
        client.introduce(settings, **known)
    server.stdin.write(b"\n")
    server.stdin.close()
    return server


def _lines(folder):
    return [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]


def _findings(folder, seconds, settings):
    lines, leaked, releases, doubles = _lines(folder), 0, {}, len(list(folder.glob("*.double")))
    if settings is not None:
        with contextlib.suppress(AssertionError):
            until(lambda: client.stats(settings)["leases"] == 0, 10, 0.05)
        leaked = client.stats(settings)["leases"]
        with contextlib.closing(sqlite3.connect(places.database(settings))) as database:
            rows = {row[0]: row[1:] for row in database.execute("SELECT number, cards, since, ended FROM leases")}
        leaked += sum(ended is None for *_, ended in rows.values())
        doubles += _overlaps(rows.values())
        for line in lines:
            releases.setdefault(line["fate"], []).append(max(0.0, rows[line["number"]][2] - line["died"]))
    survived = all(line["survived"] for line in lines if "survived" in line)
    waits = [line["granted"] - line["asked"] for line in lines]
    return Found(len(lines), seconds, doubles, leaked, _overtaken(lines), waits, releases, survived)


def _overlaps(rows):
    """How often a card was lent while it was lent."""
    by_card = {}
    for cards, since, ended in rows:
        by_card.setdefault(cards, []).append((since, ended or float("inf")))
    return sum(
        later[0] < earlier[1]
        for spans in by_card.values()
        for earlier, later in zip(sorted(spans), sorted(spans)[1:], strict=False)
    )


def _overtaken(lines):
    """Who asked after another had been told a place, and got a card before them."""
    order = sorted(lines, key=lambda line: (line["number"], line["granted"]))
    return sum(later["told"] < earlier["asked"] for i, earlier in enumerate(order) for later in order[i + 1 :])
