"""`make bench-leases`: kernels die in every way, over 8 pretend cards with 50 people asking; beside lock files.

Both ways see the same people, the same fates and the same lives of kernels. Lock files are what people write first: one
file per card, tried again and again until its lock is free, the lock inherited by the kernel.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mortality
from broker_alone import Alone, lending

CARDS = 8
GRANT, RELEASE = 0.050, 2.0
"""Seconds that a grant may take when a card is free, and the end of a lease after its kernel was killed."""


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--deaths", type=int, default=1000)
    asked.add_argument("--askers", type=int, default=50)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours, grants = lent(Path(folder), told.deaths, told.askers)
        names = [f"CARD-{n}" for n in range(CARDS)]
        locks = mortality.run("locks", Path(folder) / "locks", deaths=told.deaths, askers=told.askers, cards=names)
    show(ours, locks, grants)
    killed = ours.releases["killed"]
    kept = ours.leaked == ours.doubles == ours.overtaken == 0 and ours.survived
    kept = kept and max(grants) <= GRANT and max(killed) <= RELEASE and ours.deaths == told.deaths
    print("kept" if kept else "NOT KEPT")
    print(f"ratio: {max(locks.waits) / max(ours.waits):.1f}")
    return 0 if kept else 1


def lent(folder, deaths, askers):
    """Our way: the deaths, then grants while cards are free."""
    broker = Alone(lending(folder, cards=[f"Pretend {n}:24" for n in range(CARDS)], gpus="per_user = 0"))
    broker.start()
    try:
        cards = [f"PRETEND-{n}" for n in range(CARDS)]
        found = mortality.run(
            "ours", folder / "ours", deaths=deaths, askers=askers, cards=cards, settings=broker.settings
        )
        return found, grants(broker.person("ada"))
    finally:
        broker.end()


def grants(person):
    """Seconds from asking to a lease, a new conversation each time, while cards are free."""
    found = []
    for number in range(200):
        begun = time.perf_counter()
        asking = person.asking(f"{number}")
        assert asyncio.run(asking.gpus(1)) is not None
        found.append(time.perf_counter() - begun)
        asking.close()
        time.sleep(0.01)
    return found


def show(ours, locks, grants):
    print(f"{ours.deaths} deaths of kernels over {CARDS} pretend cards; lock files beside us: {locks.deaths}")
    print(f"{'':44} {'ours':>8} {'lock files':>11}")
    for what, a, b in (
        ("leases leaked", ours.leaked, "-"),
        ("double grants", ours.doubles, locks.doubles),
        ("times that somebody was overtaken", ours.overtaken, locks.overtaken),
        ("longest wait for a card, s", f"{max(ours.waits):.1f}", f"{max(locks.waits):.1f}"),
        ("all of it, s", f"{ours.seconds:.0f}", f"{locks.seconds:.0f}"),
    ):
        print(f"{what:44} {a:>8} {b:>11}")
    ordered = sorted(grants)
    p95 = ordered[int(0.95 * len(ordered))]
    print(f"grant of a free card, ms: p50 {ms(statistics.median(grants))}, p95 {ms(p95)}, max {ms(ordered[-1])}")
    for fate, seconds in sorted(ours.releases.items()):
        said = f"p50 {statistics.median(seconds):.2f}, max {max(seconds):.2f}"
        print(f"lease ended after its kernel ({fate}, {len(seconds)} times), s: {said}")


def ms(seconds):
    return f"{seconds * 1000:.1f}"


if __name__ == "__main__":
    sys.exit(main())
