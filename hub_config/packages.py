"""Packages of the operating system: which are needed and missing, and their installing where that is allowed."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from hub_config import logs
from hub_config.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FONTS = ("fonts-noto-core", "fonts-noto-color-emoji")
"""What the browser draws the pages of the tests with, whatever alphabet a file name is in."""
WINDOWS = (
    *("libegl1", "libgl1", "libgl1-mesa-dri", "libopengl0", "libxkbcommon-x11-0", "libxcb-cursor0"),
    *("libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-render-util0", "libxcb-shape0", "libxcb-xkb1"),
)
"""What napari's windows are drawn with."""
DESKTOP = ("tigervnc-standalone-server", "icewm", "xauth")
"""A person's desktop in the browser. Without it the house does all else."""
SCREEN = "xvfb"
"""A screen that nobody looks at, for napari in the tests."""


def missing(*, tests: bool) -> list[str]:
    """Debian packages that are needed and missing; those of the desktop only where they can be installed."""
    lacking = []
    if importlib.util.find_spec("ensurepip") is None:
        lacking.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if tests and not any(map(shutil.which, BROWSERS)):
        lacking.append("chromium")
    if shutil.which("dpkg-query"):
        wanted = (*FONTS, SCREEN) if tests else ()
        desktop = (*WINDOWS, *DESKTOP) if tests or may_install() else ()
        lacking.extend(name for name in (*wanted, *desktop) if not _installed(name))
    return lacking


def without_desktop() -> str:
    """A sentence where people's servers will have no Desktop card; empty where they will."""
    if shutil.which("vncserver"):
        return ""
    names = " ".join((*WINDOWS, *DESKTOP))
    return f"There will be no Desktop card with napari; to have it: apt-get install {names}"


def sentence(lacking: Sequence[str]) -> str:
    """For whoever may not install packages, or whose machine has no apt-get."""
    names = " ".join(lacking)
    return f"This machine lacks {names}: have it installed (apt-get install {names}), then go on with the same command."


def may_install() -> bool:
    """Whether packages can be installed here: by root, on Debian or a relative of it."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(settings: Settings, names: Sequence[str]) -> None:
    """Installs packages. Raises OSError with a sentence where that fails."""
    print(f"installing system packages: {' '.join(names)}", flush=True)
    with logs.fresh(settings, "packages") as log:
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *names]):
            done = subprocess.run(
                ["apt-get", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                check=False,
            )
    if done.returncode:
        file = logs.file(settings, "packages")
        raise OSError(f"System packages could not be installed: {logs.reason(file)} (see {file}).")


def _installed(package: str) -> bool:
    asked = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout == "installed"
