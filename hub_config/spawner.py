"""A person's server on this machine: its turn in the line, its account and home, a warm start, nothing left behind."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyterhub.spawner import LocalProcessSpawner
from traitlets import Instance

from hub_config import accounts, homes, limits, metrics, processes, server_environment, server_process
from hub_config.delivery import deliver
from hub_config.leases import client
from hub_config.line import Line
from hub_config.profiles import Order, Refused
from hub_config.server_environment import SERVER
from hub_config.server_process import COMMAND, Process, Streams
from hub_config.settings import ROOT, Profile, Settings
from hub_config.warm_kernels import WarmKernels
from imagine_kernels.launch.forking import Job, Person

SECONDS = 120
"""How long a start may take once its turn has come."""
A_WEEK = 7 * 24 * 3600
"""JupyterHub's own limit for a start counts the time in the line, too: nobody shall lose their place by it."""


class PersonSpawner(LocalProcessSpawner):  # type: ignore[misc]
    """Starts a person's server in a home of the state folder, under an account of their own where root starts it."""

    settings: Settings
    line: Line
    order = Instance(Order, allow_none=True)
    process: Process | None = None
    kernels: WarmKernels | None = None
    account: accounts.Account | None = None
    room: tuple[str, ...] = ()
    begun = False
    """Whether the turn of this server has come."""

    @property
    def mark(self) -> str:
        """What SERVER holds for this server."""
        return server_environment.mark(self.settings, self.user.name, self.name)

    @property
    def log_file(self) -> Path:
        """What the server and its kernels say."""
        return self.settings.folders.logs / "servers" / f"{self.user.name}.log"

    @property
    def profile(self) -> Profile:
        """The size that was chosen."""
        return self.order.choice.profile if self.order else next(iter(self.settings.profiles.values()))

    def move_certs(self, paths: dict[str, str]) -> dict[str, str]:
        """They are read where they are."""
        return paths

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Adds what the contract between hub and kernels names."""
        known: dict[str, Any] = {"account": self.account, "profile": self.profile, "token": self.api_token}
        added = server_environment.variables(self.settings, self.user.name, before=env, **known)
        return {**env, **added, SERVER: self.mark}

    async def start(self) -> tuple[str, int]:
        """Waits in the line, starts the server and returns once it answers. Raises Refused with a sentence."""
        self.begun = False
        try:
            async with self.line.turn(self):
                self.begun = True
                async with asyncio.timeout(SECONDS):
                    return await self._start()
        except TimeoutError as error:
            raise Refused(f"Your server did not answer within {SECONDS} s; try again in a moment.") from error
        except (ValueError, OSError) as error:
            self.log.exception("The server of %s could not start", self.user.name)
            said = f"{error.strerror} ({error.filename})." if isinstance(error, OSError) and error.strerror else error
            raise Refused(f"Your server could not start: {said}") from error

    async def _start(self) -> tuple[str, int]:
        began = time.monotonic()
        await processes.end(SERVER, self.mark)  # what an earlier hub could not end
        groups = sorted(group.name for group in self.user.groups)
        await server_process.to_the_end(self._prepare, self.user.name, groups)
        with self._listening() as (address, streams):
            job = self._job()
            reason = self._why_cold() or await self._try(server_process.fork, job, streams, groups)
            if reason:
                self.log.warning("The server of %s starts cold: %s", self.user.name, reason)
                if why := await self._try(server_process.start, job, streams, groups):
                    raise Refused(f"Your server {why}. What it said is in {self.log_file}; ask the operator.")
        metrics.server_started("cold" if reason else "warm", time.monotonic() - began, reason)
        return address

    def _prepare(self, user: str, groups: Collection[str]) -> None:
        """The person's account, limits, folders and notebook; what they may change is touched with their rights."""
        self.account = accounts.account(self.settings, user, groups)
        try:
            self.room = limits.room(self.settings, user, self.profile)
        except OSError as error:
            self.room = ()
            self.log.warning("Memory and cores of %s are not limited: %s", user, error)
        home = homes.make_home(self.settings, user, self.account)
        homes.group_folders(self.settings, user, groups, self.account)
        homes.drop_socket_folder(self.settings, user, self.account)
        homes.make_socket_folder(self.settings, user, self.account)
        case = self.order.case if self.order else None
        with accounts.acting_as(self.account):
            mine = deliver(ROOT / "notebooks" / "use_cases" / case.notebook, home) if case else None
        self.default_url = f"/lab/tree/{quote(mine.name)}" if mine else "/lab"
        self.log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log_file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[tuple[tuple[str, int], Streams]]:
        """An address at which the hub listens until the server does."""
        ip = self.ip or "127.0.0.1"
        with socket.create_server((ip, 0), family=socket.AF_INET6 if ":" in ip else socket.AF_INET) as listening:
            self.port = listening.getsockname()[1]
            yield (ip, self.port), Streams(self.log_file, listening.fileno())

    def _job(self) -> Job:
        """What the process shall be, however it is started."""
        account, home = self.account, self.settings.folders.homes / self.user.name
        return Job(
            task=server_process.SERVER,
            argv=(*self.cmd, *self.get_args()),
            env={name: str(value) for name, value in self.get_env().items()},
            cwd=str(home),
            umask=accounts.UMASK if account else 0o077,
            person=Person(account.uid, account.gid, account.groups) if account else None,
            control_groups=self.room,
            lives_with_asker=False,
        )

    def _why_cold(self) -> str:
        if not self.settings.warm.servers:
            return "warm starts of servers are switched off"
        return "" if tuple(self.cmd) == COMMAND else "another command than ours is configured"

    async def _try(self, way: Callable[..., Process], job: Job, streams: Streams, groups: Collection[str]) -> str:
        """Starts the server in this `way`: empty once it answers, else why it does not."""
        try:
            self.process = process = await server_process.to_the_end(way, self.settings, job, streams)
        except (OSError, ValueError) as error:
            return f"could not start ({error})"
        self.pid = process.pid
        url = f"{self.server.base_url}api"
        answers = server_process.answers(process, self.ip or "127.0.0.1", self.port, url)
        if (await asyncio.gather(answers, self._beside(process, job, streams, groups)))[0]:
            asyncio.get_running_loop().add_reader(process.pidfd, self._has_ended, process)
            return ""
        process.signal(signal.SIGKILL)
        process.close()
        self.process = None
        return "ended while it started"

    async def _beside(self, process: Process, job: Job, streams: Streams, groups: Collection[str]) -> None:
        """What kernels find beside the server: who lends graphics cards, and their own warm process. None is a must."""
        uid, profile = self.account.uid if self.account else None, self.order.choice.name if self.order else ""
        known: dict[str, Any] = {"user": self.user.name, "groups": groups, "token": self.api_token, "uid": uid}
        known |= {"profile": profile, "pid": process.pid}
        if self.settings.warm.kernels:
            self.kernels = WarmKernels(self.settings, job, streams, process)
            await self.kernels.begin(partial(self.log.warning, "Kernels of %s start cold: %s", self.user.name))
        lend = partial(client.introduce, self.settings, **known)
        warn = partial(self.log.warning, "Kernels of %s are lent no graphics card: %s", self.user.name)
        await server_process.begin(lend, warn)

    async def poll(self) -> int | None:
        """None while the server runs. After a restart of the hub its number may long belong to another process."""
        if self.process is not None:
            if (status := self.process.poll()) is not None:
                asyncio.get_running_loop().remove_reader(self.process.pidfd)
                self.process.close()
                self.process = None
                self.clear_state()
            return status
        if self.pid and processes.carries(self.pid, SERVER, self.mark):
            return None
        self.clear_state()
        return 0

    def _has_ended(self, process: Process) -> None:
        asyncio.get_running_loop().remove_reader(process.pidfd)
        self._noticing = asyncio.ensure_future(self._notice(process))

    async def _notice(self, process: Process) -> None:
        """A server that ended by itself is noticed at once, not when JupyterHub looks next."""
        if self.process is process and not self.pending and await self.wait_for_death(2):
            await self.poll_and_notify()

    async def stop(self, now: bool = False) -> None:  # noqa: FBT001, FBT002 - JupyterHub's own signature
        """Ends the server, its kernels, terminals and whatever they started."""
        if not now and await self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
            await self.wait_for_death(10)
        await self.sweep()
        await self.poll()

    async def sweep(self) -> None:
        """Leaves no process and no socket behind, also where the server ended by itself."""
        self.begun = False
        if self.kernels is not None:
            self.kernels.end()
            self.kernels = None
        await processes.end(SERVER, self.mark)
        await asyncio.to_thread(lambda: processes.finish(processes.of_accounts(self.settings, self.user.name)))
        for tidy in (limits.clear, homes.drop_socket_folder):
            with contextlib.suppress(ValueError, OSError):
                await asyncio.to_thread(tidy, self.settings, self.user.name)

    async def progress(self) -> AsyncIterator[dict[str, object]]:
        """What the page says while a person waits: their place in the line, then how far their server is."""
        said = ""
        while not self.begun:
            if (sentence := self.line.sentence(self)) != said and sentence:
                said = sentence
                yield {"progress": 3, "message": said}
            await asyncio.sleep(0.2)
        yield {"progress": 30, "message": "Your folder is ready and JupyterLab is starting."}
        for percent in range(35, 95, 5):
            await asyncio.sleep(1)
            yield {"progress": percent}
        yield {"progress": 95, "message": "This takes longer than usual. The machine may be busy; nothing is lost."}


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401
    """Makes JupyterHub start people's servers this way, as many at once as the line lets through."""
    own = {"settings": settings, "line": Line(settings.queue.starts), "__module__": __name__}
    c.JupyterHub.spawner_class = type("PersonSpawner", (PersonSpawner,), own)
    c.JupyterHub.concurrent_spawn_limit = 0  # it would refuse; the line lets people wait
    c.JupyterHub.active_server_limit = 0
    c.JupyterHub.last_activity_interval = server_environment.reports(settings)
    c.JupyterHub.activity_resolution = min(30, server_environment.reports(settings))
    c.Spawner.cmd = list(COMMAND)
    c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
    c.Spawner.ip = settings.addresses.ip
    c.Spawner.start_timeout = A_WEEK
    c.Spawner.http_timeout = SECONDS
    c.Spawner.env_keep = ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"]
    c.Spawner.post_stop_hook = lambda spawner: spawner.sweep()
