"""Kernels as a person's server keeps them: one that waits for a graphics card is there to be seen and to be stopped.

Named in hub_config/server as the class of the server's kernel manager.
"""

import asyncio
import time
from typing import Any, NamedTuple

from jupyter_client.ioloop.restarter import AsyncIOLoopKernelRestarter
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from traitlets import Bool, Float, default

from imagine_kernels.launch import leases

_Restarter: Any = AsyncIOLoopKernelRestarter  # Jupyter writes the types of its blocking twins upon these three
_Kernel: Any = ServerKernelManager
_Kernels: Any = AsyncMappingKernelManager
STOPPED = "It was stopped before it had started."


class Fact(NamedTuple):
    """What a kernel does: `last_activity` in seconds since 1970; `failed` says why it could not start.

    It is `lost` when its card was taken back and its process ended, until it is restarted.
    """

    busy: bool
    last_activity: float
    failed: str
    lost: bool


class Restarter(_Restarter):  # type: ignore[misc]
    """Starts a kernel anew that died by itself, but not one that lost its card: it would stand in line for nobody."""

    async def poll(self) -> None:
        """Looks whether the kernel lives; called every few seconds."""
        manager = self.kernel_manager
        if not await manager.is_alive() and await asyncio.to_thread(taken_back, manager.kernel_id, manager.since):
            self.log.warning("Kernel %s was idle and its graphics card was taken back.", manager.kernel_id)
            self.stop()
            manager.lost = True
            manager.execution_state = "idle"  # a dead one could not be restarted from JupyterLab's menu
            manager.parent.say_status(manager.kernel_id, "unknown")
            return
        await super().poll()


def taken_back(kernel_id: str, since: float) -> bool:
    """Whether the broker has taken back the card of this kernel after `since`."""
    try:
        return any(one.get("kernel") == kernel_id and one["when"] >= since for one in leases.state()["taken"])
    except (OSError, KeyError):
        return False


class OneKernel(_Kernel):  # type: ignore[misc]
    """One kernel of the person, running `since`; `restarting` is the restart under way, which may wait for a card."""

    restarting: "asyncio.Future[Any] | None" = None
    lost = False
    since = 0.0

    @default("restarter_class")
    def _our_restarter(self) -> type[Restarter]:
        return Restarter

    def start_restarter(self) -> None:
        """Called whenever a process has been started."""
        self.since = time.time()
        super().start_restarter()

    async def restart_kernel(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - jupyter_client's own
        """Ends the process and starts another. Raises ChildProcessError where the kernel was stopped meanwhile."""
        self.lost = False
        self.restarting = asyncio.ensure_future(super().restart_kernel(*args, **kwargs))
        await asyncio.wait({self.restarting})
        if self.restarting.cancelled():
            raise ChildProcessError(STOPPED)
        self.restarting.result()


class Kernels(_Kernels):  # type: ignore[misc]
    """All kernels of the person: their sessions exist while they wait, so that a reloaded page finds them again."""

    use_pending_kernels = Bool(default_value=True)
    patience = Float(1.0, config=True, help="Seconds in which a start that fails is an error of the request itself.")

    @default("kernel_manager_class")
    def _our_kernels(self) -> str:
        return f"{__name__}.OneKernel"

    async def start_kernel(self, **kwargs: Any) -> str:  # noqa: ANN401 - jupyter_server's own
        """The number of the new kernel, which runs, or waits for its card. Raises what went wrong meanwhile."""
        kernel_id = str(await super()._async_start_kernel(**kwargs))
        if starting := self._pending_kernels.get(kernel_id):
            await asyncio.wait({starting}, timeout=self.patience)
        ready = self.get_kernel(kernel_id).ready
        if ready.done() and ready.exception():
            self.remove_kernel(kernel_id)
            raise ready.exception()
        return kernel_id

    async def _async_shutdown_kernel(self, kernel_id: str, now: bool = False, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Ends the kernel, or its waiting: what it has asked for goes to the next in line."""
        self._check_kernel_id(kernel_id)
        kernel = self.get_kernel(kernel_id)
        if not kernel.ready.done():
            await self._stop_waiting(kernel_id, kernel)
        await super()._async_shutdown_kernel(kernel_id, now=now, restart=restart)
        if ending := self._pending_kernels.get(kernel_id):
            await asyncio.wait({ending})

    shutdown_kernel = _async_shutdown_kernel

    async def _stop_waiting(self, kernel_id: str, kernel: OneKernel) -> None:
        under_way = kernel.restarting or self._pending_kernels.pop(kernel_id, None)
        if under_way is None or under_way.done():
            return
        under_way.cancel()
        await asyncio.wait({under_way})
        if not kernel.ready.done():
            kernel.ready.set_exception(ChildProcessError(STOPPED))
            kernel.ready.exception()  # somebody has seen it
        await kernel.cleanup_resources()

    def say_status(self, kernel_id: str, status: str) -> None:
        """Shows `status` in the browsers that look at the kernel."""
        for connection in list(ZMQChannelsWebsocketConnection._open_sockets):  # noqa: SLF001 - as its own close_all does
            if connection.kernel_id == kernel_id:
                connection._send_status_message(status)  # type: ignore[no-untyped-call]  # noqa: SLF001

    def facts(self) -> dict[str, Fact]:
        """What each kernel does just now, by its number."""
        return {kernel_id: _fact(kernel) for kernel_id, kernel in self._kernels.items()}


def _fact(kernel: OneKernel) -> Fact:
    """A kernel that has just been made has no marks of activity yet."""
    ready, seen = kernel.ready, getattr(kernel, "last_activity", None)
    failed = str(ready.exception() or "") if ready.done() and not ready.cancelled() else ""
    return Fact(kernel.execution_state == "busy", seen.timestamp() if seen else time.time(), failed, kernel.lost)
