"""A small warm process whose forks run the Python they are given: what tests of forking share."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
from house import until

from imagine_kernels.launch import forking

WARM = """
import os, sys, threading, random
from pathlib import Path
from imagine_kernels.launch import forking, settling
import numpy as np
settling.make_room()
random.random(), np.random.rand()
folder, uid = Path(sys.argv[1]), int(sys.argv[2])
until = os.pidfd_open(int(sys.argv[3])) if len(sys.argv) > 3 else None
stale = lambda: "What I was made from has changed." if (folder / "stale").exists() else ""
if (folder / "two threads").exists():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
job = forking.serve(folder / "s", allowed_uid=uid, until=until, tasks={"run"}, check=stale, until_stale=until is None)
if job is None:
    settling.begin_again() if stale() else sys.exit(0)
exec(job.argv[-1])
"""
LINGER = "import time; time.sleep(600)"


class Warm:
    """A real warm process whose forks run the Python they are given."""

    def __init__(self, folder, *arguments, uid=None):
        self.folder, self.socket = folder, folder / "s"
        (folder / "warm.py").write_text(WARM)
        allowed = os.geteuid() if uid is None else uid
        command = [sys.executable, str(folder / "warm.py"), str(folder), str(allowed), *arguments]
        env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # or numpy brings threads along
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        until(self.answers, 30, 0.02)

    def answers(self):
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as one:
            return one.connect_ex(str(self.socket)) == 0

    def job(self, code=LINGER, env=(), **how):
        return forking.Job("run", ("python", "-c", code), dict(env), str(self.folder), **how)

    def ask(self, code=LINGER, env=(), *, fds=(), **how):
        return forking.ask(self.socket, self.job(code, env, **how), fds=fds, timeout=20)

    def say(self, code, env=(), **how):
        """What a fork that runs `code` prints, and its exit code."""
        out, into = os.pipe()
        with (
            Path(os.devnull).open() as nothing,
            contextlib.closing(self.ask(code, env, fds=(nothing.fileno(), into, into), **how)) as fork,
        ):
            os.close(into)
            with os.fdopen(out) as said:
                return said.read().strip(), fork.wait(20)

    def end(self):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def warm_in(folder, *arguments, **how):
    warm = Warm(Path(folder), *arguments, **how)
    try:
        yield warm
    finally:
        warm.end()


def gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
