"""A person's own warm process, from which their kernels are forked; there while their server runs, even if killed.

The hub asks the warm process of all kernels for it: no process of root takes requests from people.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace

from hub_config.server_process import Process, Streams, kernels_socket, to_the_end
from hub_config.settings import Settings
from imagine_kernels import environment
from imagine_kernels.launch import forking
from imagine_kernels.launch.forking import Fork, Job

ZYGOTE = "zygote"
"""The task of becoming it."""
AGAIN = 5.0
"""Seconds until the hub looks again whether it is there."""


class WarmKernels:
    """The one of the person whose `server` was started by `job`; kernels start cold while there is none."""

    def __init__(self, settings: Settings, job: Job, streams: Streams, server: Process) -> None:
        python = str(settings.folders.python("kernel"))
        argv = (python, "-m", "imagine_kernels.launch.zygote", job.env[environment.ZYGOTE])
        self._job = replace(job, task=ZYGOTE, argv=argv)
        self._settings, self._streams, self._server = settings, streams, server
        self._fork: Fork | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def begin(self, warn: Callable[[str], None]) -> None:
        """Asks for it, and from now on asks again when there is none."""
        await self._ask(warn)
        self._keeping = asyncio.create_task(self._keep(warn))

    def end(self) -> None:
        """Asks no more. It ends by itself when the server does."""
        if self._keeping is not None:
            self._keeping.cancel()
        if self._fork is not None:
            self._fork.close()
            self._fork = None

    async def _keep(self, warn: Callable[[str], None]) -> None:
        while self._server.poll() is None:
            await asyncio.sleep(AGAIN)
            if self._server.poll() is None and (self._fork is None or self._fork.poll() is not None):
                await self._ask(warn)

    async def _ask(self, warn: Callable[[str], None]) -> None:
        missed = self._fork is None and self._keeping is not None  # and said
        try:
            self._fork = await to_the_end(self._new)
        except (OSError, ValueError) as error:
            self._fork = None
            if not missed:
                warn(str(error))

    def _new(self) -> Fork:
        """It is handed the server's handle, and ends when that does."""
        server = os.dup(self._server.pidfd)
        try:
            with self._streams.opened() as handles:
                return forking.ask(kernels_socket(self._settings), self._job, fds=(*handles, server))
        finally:
            os.close(server)
