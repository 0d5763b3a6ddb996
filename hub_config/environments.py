"""The environments that the extras of pyproject.toml describe: whether they are made, and how each is made."""

import hashlib
import json
import os
import platform
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub_config import interpreter
from hub_config.settings import ROOT, Settings

STAMP = ".imagine-made.json"
"""In the folder of an environment: what it was made from. Without it, it was never finished."""
MAKING = ".imagine-making"
"""In the folder of an environment while it is being made: an interrupted one is begun again."""


@dataclass(frozen=True)
class Environment:
    """One environment: what goes in and how much room it takes, in gigabytes, without CUDA."""

    name: str
    extras: tuple[str, ...]
    gigabytes: float
    also: tuple[str, ...] = ()
    compiled: bool = True
    """Whether its modules are compiled while it is made, rather than when a person first waits for them."""

    @property
    def requirements(self) -> list[str]:
        """Arguments of `uv pip install` in the repository's root."""
        return ["--editable", f".[{','.join(self.extras)}]", *self.also]


HOUSE = (
    Environment("hub", ("hub",), 0.6),
    Environment("kernel", ("kernel",), 2.0),
    Environment("labelstudio", ("labelstudio",), 1.0),
)
TESTS = (
    Environment("dev", ("hub", "kernel", "dev"), 2.5, compiled=False),
    Environment("hub55", ("hub",), 0.5, ("jupyterhub==5.5.*",), compiled=False),
)


def project() -> dict[str, dict[str, dict[str, list[str]]]]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tools() -> list[str]:
    """What the installer itself needs, pinned in [dependency-groups] of pyproject.toml."""
    return list(project()["dependency-groups"]["tools"])  # type: ignore[call-overload]


def facts(settings: Settings, environment: Environment) -> dict[str, str]:
    """What an environment is made from; `where` is in it since an environment does not survive being moved."""
    made_from = {
        "extras": {extra: project()["project"]["optional-dependencies"][extra] for extra in environment.extras},
        "entries": {key: value for key, value in project()["project"].items() if key in ("scripts", "entry-points")},
        "built": project()["tool"]["hatch"]["build"],
        "also": environment.also,
        "tools": tools(),
    }
    return {
        "where": f"{settings.folders.environment(environment.name)} of {ROOT}",
        "python": f"{sys.version_info.major}.{sys.version_info.minor} {platform.machine()}",
        "from": hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest(),
    }


def is_made(settings: Settings, environment: Environment) -> bool:
    """Whether it is there, whole, and made from what is asked for now."""
    folder = settings.folders.environment(environment.name)
    python = folder / "bin" / "python"
    return (
        _stamp(folder) == facts(settings, environment) and python.exists() and not interpreter.closed(settings, python)
    )


def must_begin_again(settings: Settings, environment: Environment) -> bool:
    """Whether what is in its folder is of no use: half made, moved here, or of another Python."""
    folder = settings.folders.environment(environment.name)
    if not folder.exists():
        return False
    stamp, now = _stamp(folder), facts(settings, environment)
    moved = bool(stamp) and any(stamp.get(key) != now[key] for key in ("where", "python"))
    return moved or (folder / MAKING).exists() or not (folder / "bin" / "python").exists()


def make(settings: Settings, environment: Environment, uv: Callable[..., None], finish: Callable[[], None]) -> None:
    """Makes the environment with `uv`, then whatever `finish` adds; the stamp comes last.

    Raises what `uv` and `finish` raise; the folder is then marked, and the next time begins from the download cache.
    """
    folder = settings.folders.environment(environment.name)
    again, python = must_begin_again(settings, environment), folder / "bin" / "python"
    if again or not python.exists():
        uv("venv", *(["--clear"] if again else []), folder)
    elif interpreter.closed(settings, python):
        uv("venv", "--allow-existing", folder)  # the same packages with another interpreter of the same version
    (folder / STAMP).unlink(missing_ok=True)
    (folder / MAKING).touch()
    options = ["--compile-bytecode"] if environment.compiled else []
    uv("pip", "install", *options, "--python", python, *environment.requirements)
    finish()
    part = folder / f"{STAMP}.{os.getpid()}"
    part.write_text(json.dumps(facts(settings, environment), indent=2) + "\n", encoding="utf-8")
    part.replace(folder / STAMP)
    (folder / MAKING).unlink()


def _stamp(folder: Path) -> dict[str, str]:
    try:
        kept = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
