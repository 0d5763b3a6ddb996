"""A person's server on this machine: their home, their environment, the notebook they chose, nothing left behind."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
from jupyterhub.spawner import LocalProcessSpawner
from jupyterhub.utils import random_port
from traitlets import Instance

from hub_config import homes, processes
from hub_config.delivery import deliver
from hub_config.profiles import Order, Refused
from hub_config.settings import ROOT, Settings
from imagine_kernels import environment

SERVER_CONFIG = Path(__file__).with_name("server")
SERVER = "IMAGINE_SERVER"
"""Marks every process of one person's server, so that stopping it finds them all."""
ATTEMPTS = 3
SECONDS = 120


class PersonSpawner(LocalProcessSpawner):  # type: ignore[misc]
    """Starts the server of a person who has no account on this machine, in a home of the state folder."""

    settings: Settings
    order = Instance(Order, allow_none=True)

    @property
    def mark(self) -> str:
        """What SERVER holds for this server."""
        return f"{self.settings.folders.state}|{self.user.name}|{self.name}"

    @property
    def log_file(self) -> Path:
        """What the server and its kernels say."""
        return self.settings.folders.logs / "servers" / f"{self.user.name}.log"

    def make_preexec_fn(self, name: str) -> Any:  # noqa: ANN401, ARG002 - JupyterHub's own signature
        """Runs in the new process: interrupts reach kernels even where the hub itself was started without them."""

        def settle() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.umask(0o077)

        return settle

    def move_certs(self, paths: dict[str, str]) -> dict[str, str]:
        """The server runs under the hub's account and reads them where they are."""
        return paths

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Adds what the contract between hub and kernels names."""
        folders, user = self.settings.folders, self.user.name
        kernel, public = folders.environment("kernel"), self.settings.addresses.public
        threads = str(min(self.order.choice.profile.cores if self.order else 1, os.cpu_count() or 1))
        env.update(environment.QUIET)
        env.update(dict.fromkeys(environment.THREADS, threads))
        env.update(
            {
                "USER": user,
                "LOGNAME": user,
                "HOME": str(folders.homes / user),
                "SHELL": shutil.which("bash") or "/bin/sh",
                "LANG": env.get("LANG") or "C.UTF-8",
                "PATH": os.pathsep.join([str(kernel / "bin"), env.get("PATH") or os.defpath]),
                "JUPYTER_PATH": str(kernel / "share" / "jupyter"),
                "JUPYTER_CONFIG_PATH": str(SERVER_CONFIG),
                "JUPYTER_RUNTIME_DIR": str(homes.make_socket_folder(self.settings, user)),
                **processes.mark(self.settings),
                SERVER: self.mark,
                environment.NOTEBOOKS: str(ROOT / "notebooks"),
                environment.LABEL_STUDIO_URL: f"{public}/services/label-studio",
                environment.MLFLOW_URL: f"{public}/services/mlflow",
                environment.MLFLOW_TOKEN: self.api_token,
                environment.WAIT_POLICY: "PASSIVE",
            }
        )
        if not (self.order and self.order.choice.profile.gpus):
            env["CUDA_VISIBLE_DEVICES"] = ""
        return env

    def _open_on(self, home: Path) -> None:
        """Delivers the notebook that was chosen and makes it the page the server opens with."""
        case = self.order.case if self.order else None
        mine = deliver(ROOT / "notebooks" / "use_cases" / case.notebook, home) if case else None
        self.default_url = f"/lab/tree/{quote(mine.name)}" if mine else "/lab"

    async def start(self) -> tuple[str, int]:
        """Starts the server and returns once it listens. Raises Refused with a sentence where it does not come to."""
        try:
            return await self._start()
        except (ValueError, OSError) as error:
            self.log.exception("The server of %s could not start", self.user.name)
            said = f"{error.strerror} ({error.filename})." if isinstance(error, OSError) and error.strerror else error
            raise Refused(f"Your server could not start: {said}") from error

    async def _start(self) -> tuple[str, int]:
        await processes.end(SERVER, self.mark)  # what an earlier hub could not end
        home = homes.make_home(self.settings, self.user.name)
        homes.drop_socket_folder(self.settings, self.user.name)
        await asyncio.to_thread(self._open_on, home)
        self.log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(ATTEMPTS):
            self.port = random_port()
            with self.log_file.open("wb") as log:
                self.log_file.chmod(0o600)
                self.popen_kwargs = {"cwd": home, "stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
                address: tuple[str, int] = await super().start()
            if await self._listens(*address):
                return address
        raise Refused(f"Your server ended while it started. What it said is in {self.log_file}; ask the operator.")

    async def _listens(self, ip: str, port: int) -> bool:
        """Whether the process comes to listen there before it ends."""
        while await self.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((ip, port), timeout=1):
                return True
            await asyncio.sleep(0.1)
        return False

    async def poll(self) -> int | None:
        """None while the server runs. After a restart of the hub its number may long belong to another process."""
        if self.proc is None and self.pid and not self._is_the_server(self.pid):
            self.clear_state()
            return 0
        status: int | None = await super().poll()
        return status

    def _is_the_server(self, pid: int) -> bool:
        try:
            process = psutil.Process(pid)
            return process.environ().get(SERVER) == self.mark and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    async def stop(self, now: bool = False) -> None:  # noqa: FBT001, FBT002 - JupyterHub's own signature
        """Ends the server, its kernels, terminals and whatever they started."""
        if self.pid and not now and await self.poll() is None:
            await self._signal(signal.SIGTERM)
            await self.wait_for_death(10)
        await processes.end(SERVER, self.mark)
        with contextlib.suppress(ValueError, OSError):  # it lies in a temporary folder: others may have been there
            homes.drop_socket_folder(self.settings, self.user.name)
        await self.poll()

    async def progress(self) -> AsyncIterator[dict[str, object]]:
        """What the page says while a person waits."""
        yield {"progress": 10, "message": "Your folder is ready."}
        yield {"progress": 30, "message": "JupyterLab is starting."}
        for percent in range(35, 95, 5):
            await asyncio.sleep(1)
            yield {"progress": percent}
        yield {"progress": 95, "message": "This takes longer than usual. The machine may be busy; nothing is lost."}


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401
    """Makes JupyterHub start people's servers this way."""
    c.JupyterHub.spawner_class = type("PersonSpawner", (PersonSpawner,), {"settings": settings, "__module__": __name__})
    c.Spawner.cmd = [str(Path(sys.executable).with_name("jupyterhub-singleuser"))]
    c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
    c.Spawner.ip = settings.addresses.ip
    c.Spawner.start_timeout = SECONDS
    c.Spawner.http_timeout = SECONDS
    c.Spawner.env_keep = ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"]
