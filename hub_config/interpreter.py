"""The Python that environments are made with: one that people's own accounts can run. Standard library only."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hub_config import reach
from hub_config.settings import Settings

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
SYSTEM = (Path("/usr/bin"), Path("/usr/local/bin"))
WHOLE = "import bz2, ctypes, lzma, sqlite3, ssl, sys, zlib; assert sys.version_info[:2] == (%d, %d)"
"""Run to see whether an interpreter has what Python brings along; some systems' have not."""
LEFT_OUT = ("test", "site-packages", "idlelib", "turtledemo")
"""Of the standard library: nothing here uses it."""
NOBODY = 65534


def closed(settings: Settings, python: Path) -> bool:
    """Whether people's own accounts are to run `python` and cannot, though the way to the environments is open."""
    if os.geteuid() != 0 or settings.walls.accounts == "off" or reach.blocked(settings) or not python.exists():
        return False
    if _others_reach(python, settings):
        return False
    chosen = choose(settings)
    return chosen == _copy(settings) or _others_reach(chosen, settings)


def choose(settings: Settings) -> Path:
    """The interpreter for new environments: this one, else the system's, else a copy of this one; nothing is made here.

    This one, too, where neither others could run it nor anything else will do.
    """
    running = Path(sys.executable)
    if os.geteuid() != 0 or settings.walls.accounts == "off" or reach.blocked(settings):
        return running
    if _others_reach(running, settings):
        return running
    system = (folder / f"python{VERSION}" for folder in SYSTEM)
    found = next((one for one in system if one.exists() and _others_reach(one, settings) and _is_whole(one)), None)
    copy = _copy(settings)
    return found or (running if (copy.parents[1] / "unusable").exists() else copy)


def prepare(settings: Settings) -> Path:
    """The interpreter for new environments, copied where it has to be. Raises OSError where that fails."""
    python = choose(settings)
    if python == _copy(settings) and not python.exists():
        _make_copy(python.parents[1])
        if not _is_whole(python):
            (python.parents[1] / "unusable").touch()
    return choose(settings)


def _others_reach(python: Path, settings: Settings) -> bool:
    """Whether the interpreter behind `python` and its standard library are open to others."""
    real = python.resolve()
    library = real.parents[1] / "lib" / f"python{VERSION}" / "os.py"
    return all(reach.obstacle(path) in (None, *reach.ours(settings)) for path in (real, library))


def _is_whole(python: Path) -> bool:
    """Whether `python` runs under an account without any rights."""
    command = [str(python), "-I", "-c", WHOLE % sys.version_info[:2]]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        cwd="/",
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
    )
    return done.returncode == 0


def _copy(settings: Settings) -> Path:
    version = ".".join(map(str, sys.version_info[:3]))
    return settings.folders.environments / f".python-{version}" / "bin" / f"python{VERSION}"


def _make_copy(folder: Path) -> None:
    """Copies the running interpreter's installation into `folder`, whole or not at all."""
    source = Path(sys.base_prefix)
    library = Path("lib") / f"python{VERSION}"
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".python-") as making:
        part = Path(making) / "part"
        (part / "bin").mkdir(parents=True)
        program = part / "bin" / f"python{VERSION}"
        shutil.copy2(source / "bin" / program.name, program)
        _look_beside(program, source / "lib")
        for path in (library, Path("include") / f"python{VERSION}"):
            left_out = shutil.ignore_patterns(*LEFT_OUT) if path == library else None
            if (source / path).is_dir():
                shutil.copytree(source / path, part / path, symlinks=True, ignore=left_out)
        for shared in (source / "lib").glob(f"libpython{VERSION}*.so*"):
            shutil.copy2(shared, part / "lib", follow_symlinks=False)
        part.chmod(0o755)
        part.replace(folder)


def _look_beside(program: Path, before: Path) -> None:
    """Makes a `program` that looks for its library in the folder `before` look beside itself, as chrpath does."""
    old, new = f"{before}\0".encode(), b"$ORIGIN/../lib"
    if len(new) < len(old):
        program.write_bytes(program.read_bytes().replace(old, new.ljust(len(old), b"\0")))
