"""Kernels as a person's server keeps them: one that waits for a graphics card is there to be seen and to be stopped.

Named in hub_config/server as the class of the server's kernel manager.
"""

import asyncio
import time
from typing import Any, NamedTuple

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from traitlets import Bool, Float, default

_Kernel: Any = ServerKernelManager  # Jupyter gives both the types of their blocking twins
_Kernels: Any = AsyncMappingKernelManager
STOPPED = "It was stopped before it had started."


class Fact(NamedTuple):
    """What a kernel does; `failed` says why it could not start. Moments are seconds since 1970.

    `asked` is when the person last asked for it: at its start, or at a restart that was not the server's own.
    """

    busy: bool
    last_activity: float
    failed: str
    asked: float


class OneKernel(_Kernel):  # type: ignore[misc]
    """One kernel of the person; `beginning` is its start or restart, which may wait for a card."""

    beginning: "asyncio.Future[Any] | None" = None
    asked = 0.0

    async def restart_kernel(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - jupyter_client's own
        """Ends the process and starts another. Raises ChildProcessError where the kernel was stopped meanwhile."""
        self.beginning = asyncio.ensure_future(super().restart_kernel(*args, **kwargs))
        await asyncio.wait({self.beginning})
        if self.beginning.cancelled():
            raise ChildProcessError(STOPPED)
        self.beginning.result()


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
        kernel = self.get_kernel(kernel_id)
        if starting := self._pending_kernels.get(kernel_id):
            kernel.asked, kernel.beginning = time.time(), starting
            await asyncio.wait({starting}, timeout=self.patience)
        if kernel.ready.done() and kernel.ready.exception():
            self._pending_kernels.pop(kernel_id, None)
            self.remove_kernel(kernel_id)
            raise kernel.ready.exception()
        return kernel_id

    async def restart_kernel(self, kernel_id: str, now: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002
        """Restarts the kernel because the person asked for it."""
        self._check_kernel_id(kernel_id)
        kernel = self.get_kernel(kernel_id)
        kernel.asked = time.time()
        if kernel_id in self._kernel_ports:
            return await super()._async_restart_kernel(kernel_id, now=now)
        await kernel.restart_kernel(now=now)  # its first start failed, and nobody watches it yet
        return await self._finish_kernel_start(kernel_id)

    async def _async_shutdown_kernel(self, kernel_id: str, now: bool = False, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Ends the kernel, or its waiting: what it has asked for goes to the next in line."""
        self._check_kernel_id(kernel_id)
        kernel = self.get_kernel(kernel_id)
        if kernel.beginning is not None and not kernel.beginning.done():
            await self._stop_beginning(kernel, kernel.beginning)
        await super()._async_shutdown_kernel(kernel_id, now=now, restart=restart)
        if ending := self._pending_kernels.get(kernel_id):
            await asyncio.wait({ending})
            self._pending_kernels.pop(kernel_id, None)

    shutdown_kernel = _async_shutdown_kernel

    async def _stop_beginning(self, kernel: OneKernel, beginning: "asyncio.Future[Any]") -> None:
        self._pending_kernels.pop(kernel.kernel_id, None)
        beginning.cancel()
        await asyncio.wait({beginning})
        if not kernel.ready.done():
            kernel.ready.set_exception(ChildProcessError(STOPPED))
            kernel.ready.exception()  # somebody has seen it
        await kernel.cleanup_resources()

    def facts(self) -> dict[str, Fact]:
        """What each kernel does just now, by its number."""
        return {kernel_id: _fact(kernel) for kernel_id, kernel in self._kernels.items()}


def _fact(kernel: OneKernel) -> Fact:
    """A kernel that has just been made has no marks of activity yet."""
    ready, seen = kernel.ready, getattr(kernel, "last_activity", None)
    failed = str(ready.exception() or "") if ready.done() and not ready.cancelled() else ""
    return Fact(kernel.execution_state == "busy", seen.timestamp() if seen else time.time(), failed, kernel.asked)
