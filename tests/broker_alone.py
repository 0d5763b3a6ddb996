"""The real broker as a process of its own, with pretend cards, and real processes as servers and kernels."""

import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass, field

import psutil
from house import until, write_settings

from hub_config import settings
from hub_config.leases import client, places
from imagine_kernels import environment
from imagine_kernels.launch import leases

SLEEPER = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print(flush=True); time.sleep(600)"
CARDS = ("Pretend A:24", "Pretend B:24")


def lending(folder, *, cards=CARDS, gpus="", profile=""):
    """Settings in `folder` with these pretend cards; `gpus` and `profile` are lines of those tables."""
    file = write_settings(folder)
    text = file.read_text(encoding="utf-8").replace("pretend = []", f"pretend = {list(cards)!r}".replace("'", '"'))
    for table, lines in (("gpus", gpus), ("profiles.gpu", profile)):
        for line in filter(None, lines.splitlines()):
            name = line.partition(" =")[0]
            where = re.compile(rf"(\n\[{re.escape(table)}\].*?\n{name}) = [^\n]*", re.DOTALL)
            text, found = where.subn(lambda found, line=line, name=name: found[1] + line[len(name) :], text, 1)
            assert found, line
    file.write_text(text, encoding="utf-8")
    return settings.load(file)


@dataclass
class Alone:
    """A broker, and the processes that a test started."""

    settings: settings.Settings
    broker: subprocess.Popen | None = None
    processes: list = field(default_factory=list)
    people: list = field(default_factory=list)

    def start(self):
        env = {**os.environ, settings.VARIABLE: str(self.settings.file)}
        self.broker = subprocess.Popen([sys.executable, "-m", "hub_config.leases"], env=env, stdin=subprocess.DEVNULL)
        until(self.answers, 20, pause=0.02)

    def answers(self):
        assert self.broker.poll() is None, "the broker ended"
        with contextlib.suppress(OSError):
            return client.stats(self.settings)

    def kill(self):
        """Kills what lends; its other half begins anew."""
        (lender,) = psutil.Process(self.broker.pid).children()
        lender.kill()

    def stop(self, number=signal.SIGTERM):
        self.broker.send_signal(number)
        self.broker.wait(20)

    def process(self, **more):
        """A process that leads a session of its own, as servers and kernels do."""
        started = subprocess.Popen(
            [sys.executable, "-c", SLEEPER],
            env={**os.environ, **more},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        started.stdout.readline()
        self.processes.append(started)
        return started

    def person(self, user, *, groups=(), profile="gpu", uid=None):
        """A server of `user`, introduced; returns what its environment would hold."""
        token, server = secrets.token_hex(16), self.process()
        known = {"user": user, "groups": groups, "token": token, "uid": uid, "profile": profile, "pid": server.pid}
        client.introduce(self.settings, **known)
        self.people.append(Person(user, token, server, str(places.kernels_socket(self.settings))))
        return self.people[-1]

    def state(self):
        return client.state(self.settings)

    def holders(self):
        return [(one["user"], one["kernel"]) for one in self.state()["leases"]]

    def queue(self):
        return [(one["user"], one["kernel"]) for one in self.state()["queue"]]

    def events(self, *what):
        """What happened so far, oldest first."""
        import sqlite3

        with contextlib.closing(sqlite3.connect(places.database(self.settings))) as database:
            rows = database.execute("SELECT what, user, kernel, said FROM events ORDER BY number").fetchall()
        return [row for row in rows if not what or row[0] in what]

    def end(self):
        for asking in [asking for person in self.people for asking in person.askings]:
            asking.close()
        for one in self.processes:
            one.kill()
            one.wait()
            one.stdout.close()
        if self.broker.poll() is None:
            self.stop()
        for folder in (places.hub_socket(self.settings).parent, places.kernels_socket(self.settings).parent):
            with contextlib.suppress(OSError):
                for left in folder.iterdir():
                    left.unlink()
                folder.rmdir()


@dataclass
class Person:
    """A person's server as its kernels know it."""

    user: str
    token: str
    server: subprocess.Popen
    socket: str
    askings: list = field(default_factory=list)

    @contextlib.contextmanager
    def speaking(self):
        """What runs inside runs as if in a process of this server."""
        mine = {environment.LEASES: self.socket, environment.HUB_TOKEN: self.token}
        before = {name: os.environ.get(name) for name in mine}
        os.environ.update(mine)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)

    def asking(self, kernel, use_case="phytoplankton"):
        with self.speaking():
            self.askings.append(leases.asking(use_case, kernel))
        return self.askings[-1]

    def call(self, function, *args):
        """One of the functions for the server's extension."""
        with self.speaking():
            return function(*args)
