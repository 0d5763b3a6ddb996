"""What the installer shows while environments are made: a moving display at a terminal, plain lines elsewhere."""

import re
import shutil
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

WHEEL = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TEAL, CORAL, DIM, PLAIN = "\x1b[36m", "\x1b[31m", "\x1b[2m", "\x1b[0m"
STAGES = (
    (r"^# (.+)", "{0}"),  # a line of our own
    (r"^Bytecode compiled", "compiled"),
    (r"^Installed (\d+) packages?", "compiling {0} packages"),
    (r"^Prepared (\d+) packages?", "placing {0} packages"),
    (r"^\s*(?:Downloaded|Downloading|Building|Built) (\S+)", "fetching {0}"),
    (r"^Resolved (\d+) packages?", "fetching {0} packages"),
    (r"^Using (?:Python|CPython)", "choosing versions"),
)
"""What uv writes, latest stage first, and what it means to the person who waits."""


class Progress:
    """A line for each environment, told by its log until it is done or has failed."""

    def __init__(self, logs: dict[str, Path]) -> None:
        self._logs, self._done, self._shown = logs, dict[str, tuple[str, str]](), dict[str, str]()
        self._names, self._begun, self._ends = tuple(logs), time.monotonic(), dict[str, float]()
        self._live = sys.stdout.isatty()
        self._lines, self._stop = 0, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._show()

    def done(self, name: str, text: str) -> None:
        """Environment `name` is made."""
        self._end(name, "✓", text)

    def failed(self, name: str) -> None:
        """Environment `name` could not be made; the sentence comes below the display."""
        self._end(name, "✗", "failed")

    def _end(self, name: str, sign: str, text: str) -> None:
        self._ends[name] = time.monotonic()
        self._done[name] = (sign, text)

    def _run(self) -> None:
        while not self._stop.wait(0.12):
            self._show()

    def _show(self) -> None:
        if self._live:
            up = f"\x1b[{self._lines}F" if self._lines else ""
            sys.stdout.write(up + "".join(f"\x1b[2K{self._line(name)}\n" for name in self._names))
            self._lines = len(self._names)
        else:
            for name in self._names:
                _, text = self._state(name)
                verb = text.partition(" ")[0]  # not one line for each package
                if verb != self._shown.get(name):
                    self._shown[name] = verb
                    sys.stdout.write(f"  {name}: {text}\n")
        sys.stdout.flush()

    def _line(self, name: str) -> str:
        sign, text = self._state(name)
        now = time.monotonic()
        seconds = self._ends.get(name, now) - self._begun
        wheel = WHEEL[int(now * 8) % len(WHEEL)]
        colour = {"✓": TEAL, "✗": CORAL}.get(sign, DIM)
        room = max(20, shutil.get_terminal_size().columns - 28)
        return f"  {colour}{sign or wheel}{PLAIN} {name:<12} {seconds:4.0f} s  {DIM}{text[:room]}{PLAIN}"

    def _state(self, name: str) -> tuple[str, str]:
        return self._done.get(name) or ("", stage(self._logs[name]))


def stage(log: Path) -> str:
    """Where the making of an environment is, by the latest line of its log that tells."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "waiting"
    for line in reversed(lines):
        for pattern, text in STAGES:
            if found := re.search(pattern, line):
                return text.format(*found.groups())
    return "beginning"
