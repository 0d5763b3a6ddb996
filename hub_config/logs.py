"""Log files of the installation: one for each environment that is made and one for the hub. Standard library only."""

import os
import re
from pathlib import Path
from typing import IO

from hub_config.settings import Settings

LOUD = re.compile(
    r"\b(\w*error|\w*exception|fatal|critical|refused|denied|failed|cannot|no space|no module|[EC] 20\d\d-)",
    re.IGNORECASE,
)
DULL = re.compile(
    r"Service \S+ exited with status|Traceback|During handling|The above exception|A complete log of this run|\]$"
)
"""Loud, but it does not say why."""
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
READ = 64 * 1024
"""Bytes at the end of a log in which its reason is looked for."""


def file(settings: Settings, name: str) -> Path:
    """The log called `name`."""
    return settings.folders.logs / f"{name}.log"


def fresh(settings: Settings, name: str) -> IO[bytes]:
    """An empty log called `name`, open for writing; the one before it is kept beside it as `name.before.log`."""
    path = file(settings, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.replace(path.with_name(f"{name}.before.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb")


def reason(path: Path) -> str:
    """Why a program failed, by its log: what uv calls the cause, else the last loud line, else the last line."""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - READ))
        text = COLOUR.sub("", log.read().decode("utf-8", errors="replace"))
    lines = [line.strip() for line in text.splitlines() if re.search(r"\w", line) and not line.startswith("# ")]
    causes = [line.partition(":")[2].strip() for line in lines[-8:] if re.match(r"(error|cause): ", line)]
    if causes:
        return ": ".join(dict.fromkeys([causes[:2][-1], causes[-1]]))
    loud = [line for line in lines if LOUD.search(line) and not DULL.search(line)]
    return next(iter((loud or lines)[-1:]), "it said nothing")
