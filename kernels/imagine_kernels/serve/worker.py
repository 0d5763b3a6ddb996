"""The process that has the models in memory: started by the first question, ended when nobody asks for a while.

It looks at what people uploaded, so it knows no secrets, and where the house has root's rights it works without any.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from imagine_kernels.environment import QUIET, WAIT_POLICY
from imagine_kernels.records import Json

NOBODY = 65534
COMMAND = (sys.executable, "-P", "-m", "imagine_kernels.serve.work")
_START = 60.0
"""Seconds until it must have loaded what all models need."""
_TOLD = ("PATH", "LANG", "IMAGINE_INSTALLATION", "JUPYTERHUB_SERVICE_NAME")
"""Of the service's environment: none of its tokens; the marks by which the house finds its processes."""


class Worker:
    """The one process of models; questions wait for one another. It ends `idle` seconds after the last; 0: never."""

    def __init__(self, idle: float) -> None:
        self._idle, self._turn = idle, threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None
        self._rest: threading.Timer | None = None
        self._asked_at = 0.0
        self._account = NOBODY if os.geteuid() == 0 else None

    def ask(self, question: Json, patience: float) -> Json:
        """Its answer. Raises OSError with a sentence where it ends before, or takes more than `patience` seconds."""
        if not self._turn.acquire(timeout=patience):
            raise TimeoutError("The models are busy with what others asked for: try again in a moment.")
        try:
            if self._rest is not None:
                self._rest.cancel()
            return self._answer(self._started(), question, patience)
        finally:
            self._rest_later()
            self._turn.release()

    def _answer(self, process: "subprocess.Popen[str]", question: Json, patience: float) -> Json:
        limit, began = threading.Timer(patience, process.kill), time.monotonic()
        limit.start()
        answer = _exchange(process, question)
        limit.cancel()
        if answer is not None:
            return answer
        self._end()
        is_late = time.monotonic() - began >= patience
        why = f"took more than {patience:.0f} s" if is_late else "ended while it looked at these pictures"
        raise ChildProcessError(f"The model {why}: ask again, for fewer or smaller pictures.")

    def folder(self) -> "tempfile.TemporaryDirectory[str]":
        """A new folder for pictures that it can read."""
        made = tempfile.TemporaryDirectory(prefix="imagine-models-")
        self.give(Path(made.name))
        return made

    def give(self, path: Path) -> None:
        """Makes it the owner."""
        if self._account is not None:
            os.chown(path, self._account, self._account)

    def stop(self) -> None:
        """Ends the process at once; for good."""
        if self._process is not None:
            self._process.kill()
        self.end()

    def end(self) -> None:
        """Ends the process, where there is one, after the question it is at."""
        with self._turn:
            self._end()

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        process = self._start()
        if process is None and self._account is not None:
            self._account = None  # nobody cannot run this Python: the house runs as one account, as `make up` has said
            process = self._start()
        if process is None:
            raise ChildProcessError("The models cannot be started: the log of models-server says why.")
        return process

    def _start(self) -> "subprocess.Popen[str] | None":
        self._home = self.folder()
        kept = {name: os.environ[name] for name in _TOLD if name in os.environ}
        own = {"HOME": self._home.name, WAIT_POLICY: "PASSIVE", "CUDA_VISIBLE_DEVICES": ""}  # cards are lent to kernels
        person: Json = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if self._account is not None else {}
        try:
            self._process = subprocess.Popen(
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                cwd=self._home.name,
                env={**QUIET, **kept, **own},
                **person,
            )
        except PermissionError:
            return None
        limit = threading.Timer(_START, self._process.kill)
        limit.start()
        is_ready = _exchange(self._process, {}) == {}
        limit.cancel()
        return self._process if is_ready else None

    def _rest_later(self) -> None:
        if self._idle > 0:
            self._asked_at = time.monotonic()
            self._rest = threading.Timer(self._idle, self._end_idle)
            self._rest.daemon = True
            self._rest.start()

    def _end_idle(self) -> None:
        with self._turn:
            if time.monotonic() - self._asked_at >= self._idle:  # nobody asked while this waited for its turn
                self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
        if self._home is not None:
            self._home.cleanup()
            self._home = None


def _exchange(process: "subprocess.Popen[str]", question: Json) -> Json | None:
    """A line there, a line back; None where the process ends."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except OSError:
        return None
    answer: Json | None = json.loads(line) if line.endswith("\n") else None
    return answer
