"""A person's server whose kernels die in every way there is: real processes, forked as ours are, that are lent cards.

Run as a program: `doomed.py WAY FOLDER SEED FIRST COUNT`, WAY being "ours" (the broker) or "locks" (lock files that
are tried again and again); it says what happened in FOLDER, one JSON line each. `doomed.py warm SOCKET` is its zygote.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import random
import resource
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from imagine_kernels.launch import forking, leases

FATES = ("exit", "exception", "killed", "out of memory", "zygote killed", "server killed")
PAUSE = 0.5
"""Seconds between two tries of lock files."""
LIFE = 0.15
"""Seconds that a kernel lives, about."""
WORKER_LIFE = 5.0
"""Seconds that a worker lives which one in ten kernels leaves behind."""


class Ours:
    """Cards from the broker."""

    def __init__(self, folder):
        self.folder, self.kept = folder, []

    def get(self, name):
        """Environment of the kernel, and what is noted of the asking."""
        asking, told = leases.asking("deaths", name), []
        asked = time.time()
        lease = asyncio.run(asking.gpus(1, tell=lambda _: told.append(time.time())))
        granted = time.time()
        self.kept.append((asking, granted))
        noted = {"asked": asked, "told": told[0] if told else granted, "granted": granted, "waited": bool(told)}
        return dict(lease.env), {**noted, "number": lease.number, "card": lease.env["CUDA_VISIBLE_DEVICES"]}, ()

    def began(self, fork):
        with contextlib.suppress(leases.LeaseRefused):  # a short life on a busy machine: it has ended already
            self.kept[-1][0].began(fork.pid, kind="warm", seconds=0.0)

    def ended(self, told):
        """An orderly end is told; after any other the conversation stays open for a while, as a server's does."""
        if told:
            self.kept[-1][0].ended(0)
        for asking, granted in self.kept[:-1]:
            if time.time() - granted > 4:
                asking.close()
        self.kept = [(asking, granted) for asking, granted in self.kept[:-1] if time.time() - granted <= 4] + self.kept[
            -1:
        ]

    def close(self):
        time.sleep(1.5)  # the last one's grace
        for asking, _ in self.kept:
            asking.close()


class Locks:
    """Cards by lock files: whoever locks the file of a card has it, and the kernel inherits the lock."""

    def __init__(self, folder):
        self.cards, self.held = sorted(folder.glob("*.card")), -1

    def get(self, name):
        asked, tries = time.time(), 0
        while (handle := self._try()) is None:
            tries += 1
            time.sleep(PAUSE * random.uniform(0.9, 1.1))
        self.held, granted = handle[0], time.time()
        noted = {"asked": asked, "told": asked, "granted": granted, "waited": tries > 0, "number": 0}
        return {}, {**noted, "card": handle[1]}, (self.held,)

    def _try(self):
        for file in self.cards:
            handle = os.open(file, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
            else:
                return handle, file.stem
        return None

    def began(self, fork):
        os.close(self.held)

    def ended(self, told):
        pass

    def close(self):
        pass


def serve(way, folder, seed, first, count):
    """Kernels `first` to `count`, one after the other."""
    sys.stdin.readline()  # introduced
    cards, zygote = way(folder), Zygote()
    with (folder / f"{os.getpid()}.jsonl").open("w", buffering=1) as log:
        for number in range(first, count):
            chance = random.Random(f"{seed} {number}")
            fate, life, worker = chance.choice(FATES), LIFE * chance.uniform(0.5, 1.5), chance.random() < 0.1
            env, noted, handles = cards.get(f"{os.getpid()}-{number}")
            with fork_of(zygote, fate, life, worker, folder, noted["card"], env, handles) as kernel:
                cards.began(kernel)
                noted |= {"fate": fate, "pid": kernel.pid, "person": int(seed)}
                if fate in ("zygote killed", "killed", "server killed"):
                    time.sleep(life)
                if fate == "server killed":
                    log.write(json.dumps({**noted, "died": time.time()}) + "\n")
                    zygote.process.kill()  # in a house, what marks the server's processes ends this, too
                    os.kill(os.getpid(), signal.SIGKILL)
                if fate == "zygote killed":
                    zygote.process.kill()
                    zygote.process.wait()
                    noted["survived"] = kernel.poll() is None
                if fate in ("zygote killed", "killed"):
                    noted["died"] = time.time()
                    kernel.signal(signal.SIGKILL if fate == "killed" else signal.SIGTERM)
                gone(kernel)
                noted.setdefault("died", time.time())
                log.write(json.dumps(noted) + "\n")
                cards.ended(fate == "exit")
    zygote.process.kill()
    zygote.process.wait()
    cards.close()


class Zygote:
    """The person's warm process, started anew whenever it is gone."""

    def __init__(self):
        self.socket = Path(f"warm-{os.getpid()}")  # in this folder: its whole path may be too long for a socket
        self.process = None

    def there(self):
        if self.process is None or self.process.poll() is not None:
            self.socket.unlink(missing_ok=True)
            command = [sys.executable, __file__, "warm", str(self.socket), str(os.getpid())]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            while not self.socket.exists():
                assert self.process.poll() is None
                time.sleep(0.005)
        return self.socket


@contextlib.contextmanager
def fork_of(zygote, fate, life, worker, folder, card, env, handles):
    argv = ("kernel", fate, str(life), str(int(worker)), str(folder), card)
    job = forking.Job("kernel", argv, {**os.environ, **env}, "/")
    for attempt in range(50):
        try:
            with Path(os.devnull).open("r+b") as nothing:
                kernel = forking.ask(zygote.there(), job, fds=(nothing.fileno(), 1, 2, *handles))
            break
        except (ConnectionRefusedError, FileNotFoundError):  # it has made its socket and does not listen yet
            assert attempt < 49
            time.sleep(0.01)
    try:
        yield kernel
    finally:
        kernel.close()


def gone(kernel):
    poll = select.poll()
    poll.register(kernel.pidfd, select.POLLIN)
    assert poll.poll(60_000), "a kernel does not end"
    kernel.poll()


def warm(socket, server):
    """Until the server is gone; in a fork: the kernel, until its fate."""
    until = os.pidfd_open(int(server))
    job = forking.serve(Path(socket), allowed_uid=os.geteuid(), until=until, tasks=("kernel",))
    if job is None:
        Path(socket).unlink(missing_ok=True)
    else:
        live(job)


def live(job):
    """Takes the card to itself (whoever is there already is found out so), and dies as it was fated to."""
    _, fate, life, worker, folder, card = job.argv
    taken = None
    if not job.handed:
        taken = os.open(Path(folder) / f"{card}.card", os.O_RDWR)
        try:
            fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            (Path(folder) / f"{os.getpid()}.double").write_text(card)
    if worker == "1" and os.fork() == 0:
        os.setsid()
        time.sleep(WORKER_LIFE)
        os._exit(0)
    time.sleep(600 if fate in ("killed", "server killed", "zygote killed") else float(life))
    if fate == "exception":
        os.dup2(0, 2)  # nobody wants to read it
        raise RuntimeError("as fated")
    if fate == "out of memory":
        resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
        hoard = []
        try:
            while True:
                hoard.append(bytearray(1 << 24))
        except MemoryError:  # what the machine does to who takes too much
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    if sys.argv[1] == "warm":
        warm(*sys.argv[2:])
    else:
        serve({"ours": Ours, "locks": Locks}[sys.argv[1]], Path(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:]))
