"""Pushes and pulls that are cut off: our process killed, the server killed, the connection cut, at any moment.

Run as a program: `interrupted.py COUNT SEED [PORT]`; a server that listens already is never killed. It keeps account of
what people said here and there, cuts off COUNT exchanges, lets one through after every few, and counts what is lost or
doubled on either side. What the server does late, after the process that asked was killed, may take one exchange more.
Its processes are forked before they open anything, so that each life costs milliseconds. They end with it.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

from bridge_world import LABELS, World
from house import free_port
from label_studio_server import end_with, running

from imagine_kernels.records import Box, Region
from imagine_widgets.label_studio import conflicts

NAMES = [label.name for label in LABELS]
TOGETHER = 5
"""Interruptions between two exchanges that are let through."""
SAMPLES = 40
WAYS = {"kernel": 0.6, "connection": 0.32, "server": 0.08}


class Account:
    """What holds for every region: (label, x) by id, None where it was deleted; nobody changes one on both sides."""

    def __init__(self, world, chance):
        self.world, self.chance = world, chance
        self.truth, self.where = {}, {}
        self.here, self.there = set(), set()

    def part(self):
        """What lies on both sides is shared out: to whom changes it here, and to whom changes it there."""
        live = sorted(name for name, value in self.truth.items() if value is not None)
        self.there = set(self.chance.sample(live, len(live) // 2))
        self.here = set(live) - self.there

    def change_here(self):
        """A person at a widget draws, changes and deletes."""
        for _ in range(3):
            number, name = self.chance.randrange(SAMPLES), uuid.uuid4().hex
            self._say(number, name)
            self.here.add(name)
        for name in self.chance.sample(sorted(self.here), min(3, len(self.here))):
            if self.chance.random() < 0.3:
                self.world.drop(self.where[name], Region("any", id=name))
                self.truth[name] = None
                self.here.discard(name)
            else:
                self._say(self.where[name], name)

    def _say(self, number, name):
        said = (self.chance.choice(NAMES), float(self.chance.randrange(25)))
        self.world.draw(number, Region(said[0], shape=Box(said[1], 3, 5, 5), id=name))
        self.truth[name], self.where[name] = said, number

    def change_there(self):
        """A person at Label Studio's page changes, deletes and draws in annotations that are there."""
        tasks = self.world.tasks() if self.there else {}
        for name in self.chance.sample(sorted(self.there), min(2, len(self.there))):
            for made in tasks[self.world.samples[self.where[name]].id]["annotations"]:
                found = [one for one in made["result"] if one["id"] == name]
                if found:
                    made["result"] = self._changed(made["result"], found[0])
                    self.world.update(made, made["result"])

    def _changed(self, result, one):
        others, label = [other for other in result if other is not one], self.chance.choice(NAMES)
        if self.chance.random() < 0.3 and others:
            self.truth[one["id"]] = None
            self.there.discard(one["id"])
            return others
        self.truth[one["id"]] = (label, self.truth[one["id"]][1])
        return [*others, {**one, "value": {**one["value"], "rectanglelabels": [label]}}]

    def check(self):
        """How many labels are lost and doubled, on both sides together."""
        found, there, self.odd = Counter(), Counter(), []
        for key, task in self.world.tasks().items():
            found["doubled"] += max(0, len(task["predictions"]) - 1)
            self.odd += [("predictions", key)] * (len(task["predictions"]) > 1)
            for one in (one for made in task["annotations"] for one in made["result"]):
                there[one["id"], one["value"]["rectanglelabels"][0], round(one["value"]["x"] * 0.4, 6)] += 1
        rows = [row for sample in self.world.samples for row in self.world.store.current(sample.id)]
        here = Counter((row.id, row.region.label, row.region.shape.x) for row in rows)
        wanted = Counter((name, *said) for name, said in self.truth.items() if said is not None)
        for side in (there, here):
            found["lost"] += (wanted - side).total()
            found["doubled"] += (side - wanted).total()
            self.odd += [("lost", *(wanted - side)), ("doubled", *(side - wanted))] if side != wanted else []
        return found


def cut(world, way, proxy, whole, chance):
    """One exchange in a process of its own that is cut off at some moment; whether it was."""
    here, child = os.getpid(), os.fork()
    if child == 0:
        end_with(here)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        work = chance.choice([world.push, world.pull])
        done = work(url=proxy.url)
        os._exit(0 if done.problem is None else 3)
    time.sleep(whole * chance.uniform(0.02, 1.0))
    if way == "kernel":
        os.kill(child, signal.SIGKILL)
    elif way == "connection":
        os.kill(proxy.pid, signal.SIGUSR1)
    else:
        world.server.signal(signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if way == "server":
        world.server.stop()
        world.server.start()
    return status != 0


class Proxy:
    """What lies between a kernel and Label Studio, in a process of its own; SIGUSR1 cuts every connection."""

    def __init__(self, port):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        here, self.pid = os.getpid(), os.fork()
        if self.pid == 0:
            end_with(here)
            asyncio.run(self._serve(port))
            os._exit(0)

    async def _serve(self, port):
        open_ones = set()

        async def pipe(reader, writer):
            with contextlib.suppress(OSError):
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
            writer.close()

        async def serve(reader, writer):
            try:
                onward = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            both = {writer, onward[1]}
            open_ones.update(both)
            await asyncio.gather(pipe(reader, onward[1]), pipe(onward[0], writer))
            open_ones.difference_update(both)

        def cut_all():
            for writer in open_ones:
                writer.transport.abort()

        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, cut_all)
        server = await asyncio.start_server(serve, "127.0.0.1", self.port)
        async with server:
            await server.serve_forever()

    def end(self):
        """Stop it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def settle(world):
    """Exchanges that are let through; their seconds."""
    began = time.monotonic()
    for work in (world.push, world.pull, world.push):
        done = work()
        assert done.problem is None, done.problem
    return time.monotonic() - began


def run(server, folder, count, seed, show):
    """`count` interruptions; what was cut off by way, what is lost and doubled, and what waits for a person."""
    chance = random.Random(seed)
    world = World(server, folder, SAMPLES)
    account, found, ways = Account(world, chance), Counter(), Counter()
    proxy = Proxy(server.port)
    try:
        account.change_here()
        whole = 1.0
        while ways.total() < count:
            for _ in range(TOGETHER):
                account.change_here()
                account.change_there()
                world.store.close()
                way = chance.choices([*WAYS], [*WAYS.values()])[0] if server.process else chance.choice([*WAYS][:2])
                found["cut off"] += cut(world, way, proxy, whole, random.Random(chance.random()))
                ways[way] += 1
            whole = 0.8 * whole + 0.2 * settle(world) / 3
            checked = account.check()
            if checked.total():
                print(account.odd, file=sys.stderr)
                settle(world)
                checked = account.check()
                found["put right by one exchange more"] += not checked.total()
            found += checked
            found["waiting for a person"] += len(conflicts(world.store))
            account.part()
            show(ways, found)
    finally:
        proxy.end()
    return {"interruptions": ways.total(), "regions": len(account.truth), "lost": 0, "doubled": 0, **ways, **found}


class Listening:
    """A server that somebody else has started."""

    process = None

    def __init__(self, port):
        self.port, self.url = port, f"http://127.0.0.1:{port}"


def show(ways, found):
    """How far it is, after every few."""
    print(ways.total(), dict(found), file=sys.stderr, flush=True)


def main():
    """A signal, or the end of what started this, ends all of it: the server, the proxy, and what lies on the disk."""
    count, seed, *port = map(int, sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    end_with(os.getppid(), signal.SIGTERM)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IMAGINE_WORK"] = f"{folder}/work"
        given = contextlib.nullcontext(Listening(*port)) if port else running(Path(folder) / "label-studio")
        with given as server:
            print(json.dumps(run(server, Path(folder), count, seed, show)))


if __name__ == "__main__":
    main()
