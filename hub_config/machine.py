"""Is this machine ready? Asked before anything is downloaded; every answer is one sentence saying what to do."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from hub_config.environments import Environment
from hub_config.settings import Settings

CUDA_GIGABYTES = 6.0
"""What torch brings along where no build for the CPU alone is at hand."""
STATE_GIGABYTES = 0.5
"""Room for databases, logs and the first labels."""


def needed(to_make: Sequence[Environment], *, cuda: bool = False) -> float:
    """Gigabytes that making the environments takes, with or without CUDA in those that hold torch."""
    torch = CUDA_GIGABYTES if cuda and any("kernel" in one.extras for one in to_make) else 0.0
    return sum(one.gigabytes for one in to_make) + torch


def disk(settings: Settings, key: str, gigabytes: float) -> list[str]:
    """A sentence where the disk of the folder called `key` in imagine.toml has less than `gigabytes` free."""
    wanted: Path = getattr(settings.folders, key)
    folder = next(parent for parent in (wanted, *wanted.parents) if parent.exists())
    free = shutil.disk_usage(folder).free / 1e9
    if free >= gigabytes:
        return []
    sentence = (
        f"The disk of {folder} has {free:.1f} GB free and {gigabytes:.1f} GB are needed: make room there, "
        f"or name another disk by folders.{key} in {settings.file}; then: make up"
    )
    return [sentence]


def folders(settings: Settings) -> list[str]:
    """A sentence for each folder of the installation that cannot be written."""
    found = []
    for key in ("state", "environments", "logs"):
        folder: Path = getattr(settings.folders, key)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700 if key == "state" else 0o755)
        except OSError as error:
            found.append(f"{folder} cannot be made ({error.strerror}): change folders.{key} in {settings.file}.")
            continue
        if not os.access(folder, os.W_OK | os.X_OK):
            found.append(f"{folder} cannot be written by you: change its owner, or folders.{key} in {settings.file}.")
    return found
