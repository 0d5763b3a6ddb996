"""The tools that make environments, and what each environment needs besides its packages. Standard library only."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO

from hub_config import environments, interpreter, logs, mirrors, proxy
from hub_config.environments import Environment
from hub_config.settings import ROOT, VARIABLE, Settings

FULL = 20_000_000
"""With fewer bytes free a disk is full, whatever the program that failed says."""
OURS = ("hub_config", "imagine_widgets", "kernels")
"""Folders of our own modules; compiled with people's accounts in mind, like those of the environments."""
LABEL_STUDIO = "from hub_config import label_studio_database as d, settings as s; d.prepare(s.load())"


class Workshop:
    """Runs the programs that make environments, several at once, and can end them all."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._environment = {
            **os.environ,
            VARIABLE: str(settings.file),
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_PROGRESS": "1",
            "NO_COLOR": "1",
            "HATCH_BUILD_NO_HOOKS": "1",  # the widgets are bundled once, with environment hub, and not for each
        }
        self._environment.pop("VIRTUAL_ENV", None)
        self._tools = settings.folders.environments / ".tools"
        self._python = Path(sys.executable)
        self._at_work: set[subprocess.Popen[bytes]] = set()
        self._abandoned = threading.Event()

    def make_tools(self) -> None:
        """Makes the small environment of the tools with venv and pip, hands pip's settings to them, finds a Python.

        Raises OSError with a sentence.
        """
        made, wanted = self._tools / "made", " ".join(environments.tools())
        log, python = logs.file(self._settings, "tools"), self._tools / "bin" / "python"
        if not python.exists() or not made.exists() or made.read_text(encoding="utf-8") != wanted:
            try:
                with logs.fresh(self._settings, "tools") as out:
                    self._run(out, [sys.executable, "-m", "venv", "--clear", self._tools])
                    self._run(out, [python, "-m", "pip", "install", *environments.tools()])
            except subprocess.CalledProcessError as error:
                raise OSError(_sentence("The installer's tools", log)) from error
            made.write_text(wanted, encoding="utf-8")
        self._environment.update(mirrors.variables(python, self._environment))
        self._python = interpreter.prepare(self._settings)

    def has_torch_without_cuda(self) -> bool:
        """Whether this machine was told of a build of torch for the CPU alone, which is much smaller."""
        places = filter(None, self._environment.get("UV_FIND_LINKS", "").split(","))
        local = any(any(Path(place).glob("torch-*+cpu*.whl")) for place in places)
        return local or self._environment.get("UV_TORCH_BACKEND") == "cpu"

    def make(self, environment: Environment) -> None:
        """Makes one environment. Raises OSError with a sentence naming it, the reason and the log."""
        name = f"environment-{environment.name}"
        with logs.fresh(self._settings, name) as log:
            try:
                environments.make(
                    self._settings, environment, partial(self._uv, log), partial(self._finish, environment, log)
                )
            except (OSError, subprocess.CalledProcessError) as error:
                _note(log, str(error) if isinstance(error, OSError) else "")
                sentence = _sentence(f"Environment {environment.name}", logs.file(self._settings, name))
                raise OSError(sentence) from error

    def bundle(self) -> str:
        """Bundles the widgets' scripts where their sources changed; a line that says it. Raises OSError likewise."""
        self.make_tools()
        with logs.fresh(self._settings, "widgets") as log:
            try:
                self._run(log, [self._settings.folders.python("hub"), "-m", "imagine_widgets.bundle"])
            except subprocess.CalledProcessError as error:
                raise OSError(_sentence("The widgets", logs.file(self._settings, "widgets"))) from error
        return logs.file(self._settings, "widgets").read_text(encoding="utf-8").strip().rpartition("\n")[2]

    def refresh(self) -> None:
        """Brings up to date what follows our own code, not the packages: compiled modules, the list of kernels."""
        with logs.fresh(self._settings, "kernels") as log:
            try:
                self._kernels(log)
            except subprocess.CalledProcessError as error:
                raise OSError(_sentence("The list of kernels", logs.file(self._settings, "kernels"))) from error

    def abandon(self) -> None:
        """Ends what is at work."""
        self._abandoned.set()
        for process in list(self._at_work):
            process.terminate()

    def _finish(self, environment: Environment, log: IO[bytes]) -> None:
        if environment.name == "hub":
            _note(log, "# fetching the proxy")
            proxy.install(self._settings, partial(self._run, log))
        if environment.name == "kernel":
            _note(log, "# writing the kernels")
            self._kernels(log)
        if environment.name == "labelstudio":
            _note(log, "# preparing Label Studio's database")
            self._run(log, [self._settings.folders.python("labelstudio"), "-c", LABEL_STUDIO])

    def _kernels(self, log: IO[bytes]) -> None:
        python = self._settings.folders.python("kernel")
        self._run(log, [python, "-m", "compileall", "-q", *OURS])
        _open_compiled()
        self._run(log, [python, "-m", "imagine_kernels.launch.kernelspec"])

    def _uv(self, log: IO[bytes], *arguments: str | Path) -> None:
        options: list[str | Path] = ["--python", self._python] if arguments[0] == "venv" else []
        self._run(log, [self._tools / "bin" / "uv", *arguments, *options])

    def _run(self, log: IO[bytes], command: Sequence[str | Path], path: str = "") -> None:
        """Runs one program to its end. Raises subprocess.CalledProcessError where that is a bad one."""
        if self._abandoned.is_set():
            raise InterruptedError("Interrupted.")
        search = os.pathsep.join(filter(None, [path, self._environment.get("PATH", os.defpath)]))
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env={**self._environment, "PATH": search},
            umask=0o022,  # people's own accounts run what is made here
        )
        self._at_work.add(process)
        try:
            if status := process.wait():
                raise subprocess.CalledProcessError(status, [str(word) for word in command])
        finally:
            self._at_work.discard(process)


def _open_compiled() -> None:
    """Lets people's accounts read our compiled modules, which the hub writes for itself alone."""
    for folder in (folder for package in OURS for folder in (ROOT / package).rglob("__pycache__")):
        for one in (folder, *folder.glob("*.pyc")):
            with contextlib.suppress(OSError):  # another account's, or just replaced
                one.chmod(one.stat().st_mode | (0o755 if one == folder else 0o644))


def _note(log: IO[bytes], line: str) -> None:
    with contextlib.suppress(OSError):  # a full disk; the sentence will say so
        log.write(f"{line}\n".encode())
        log.flush()


def _sentence(what: str, log: Path) -> str:
    reason = logs.reason(log).rstrip(".")
    if "No space left" in reason or shutil.disk_usage(log.parent).free < FULL:
        return f"{what} could not be made: the disk is full; make room, then go on with the same command (see {log})."
    return f"{what} could not be made: {reason} (see {log}). The same command goes on from there."
