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


def needed(to_make: Sequence[Environment], uv_settings: dict[str, str]) -> float:
    """Gigabytes that making the environments takes."""
    if not to_make:
        return 0.0
    cuda = CUDA_GIGABYTES if any("kernel" in one.extras for one in to_make) and not _cpu_build(uv_settings) else 0.0
    return sum(one.gigabytes for one in to_make) + cuda + STATE_GIGABYTES


def disk(settings: Settings, gigabytes: float) -> list[str]:
    """A sentence where the disk of the environments has less than `gigabytes` free."""
    folder = next(
        parent for parent in (settings.folders.environments, *settings.folders.environments.parents) if parent.exists()
    )
    free = shutil.disk_usage(folder).free / 1e9
    if free >= gigabytes:
        return []
    sentence = (
        f"The disk of {folder} has {free:.1f} GB free and {gigabytes:.1f} GB are needed: make room there, "
        f"or name another disk by folders.environments in {settings.file}; then: make up"
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


def _cpu_build(uv_settings: dict[str, str]) -> bool:
    said = {**uv_settings, **os.environ}
    places = said.get("UV_FIND_LINKS", "").split(",")
    local = any(list(Path(place).glob("torch-*+cpu*.whl")) for place in places if place and Path(place).is_dir())
    return local or said.get("UV_TORCH_BACKEND") == "cpu"
