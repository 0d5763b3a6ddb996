"""How Jupyter starts our kernels: a graphics card is lent first where one is asked for, then the process is forked.

Named by our kernelspecs, so JupyterLab, papermill, nbclient and a terminal take it alike. Where a fork cannot be had
the kernel starts as any other does, with a line in the log. Loaded in the environments of servers and of kernels.
"""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from imagine_kernels import environment
from imagine_kernels.launch import forked_kernel, forking, leases

READ_AT_IMPORT = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONDEVMODE"),
    *("LD_PRELOAD", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"),
)
"""A fork comes too late to heed these: a kernel with any of them starts cold."""
ENDS_FIRST = "300"
"""Thousandths of all memory that a kernel counts as using more than a server does, when one of both has to end."""
LISTENS_IN = 1.0
"""Seconds after which a kernel that does not listen yet is not waited for: Jupyter has ways of its own."""
NEW_TO_A_FORK = {"env", "cwd", "stdin", "stdout", "stderr", "extra_arguments", "kernel_id", "independent"}
"""What may be asked of a launch, and a fork can do."""


class Forked:
    """A forked kernel in the shape of the subprocess.Popen that Jupyter expects."""

    stdin = stdout = stderr = None

    def __init__(self, fork: forking.Fork) -> None:
        self._fork, self.pid = fork, fork.pid

    def poll(self) -> int | None:
        """None while it runs, then its exit code."""
        return self._fork.poll()

    def wait(self) -> int:
        """Its exit code, when it has ended; then it is let go of."""
        code = self._fork.wait()
        self._fork.close()
        return code

    def send_signal(self, number: int) -> None:
        """Sends the signal to the kernel alone."""
        self._fork.signal(number)


class WarmProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Kernels forked from the person's warm process, with the graphics cards they were lent."""

    process: Any
    pid: Any
    _asking: leases.Asking | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """As LocalProvisioner does; then waits for a graphics card. Raises LeaseRefused with a sentence."""
        kwargs = await super().pre_launch(**kwargs)
        env: dict[str, str] = kwargs["env"]
        if self._asking is None:
            self._asking = leases.asking(self._use_case(), str(self.kernel_id))
        count = env.get(environment.GPUS, "")
        if self._asking is not None and count.isdigit() and int(count) > 0:
            lease = await self._asking.gpus(int(count))
            env.update({"CUDA_VISIBLE_DEVICES": ""} if lease is None else lease.env)
        return kwargs

    def _use_case(self) -> str:
        ours = self.kernel_spec.metadata.get("imagine")
        return str(ours.get("use_case") or "") if isinstance(ours, Mapping) else ""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:  # noqa: ANN401
        """Forks the kernel, or starts it cold and says why; whoever counts kernels is told."""
        began, reason = time.monotonic(), ""
        try:
            await self._fork(cmd, kwargs)
        except (OSError, ValueError) as error:
            reason = str(error)
            self.log.warning("The kernel %s starts cold: %s", self.kernel_id, reason)
            await super().launch_kernel(cmd, **kwargs)
        _end_first(self.pid)
        await self._tell("cold" if reason else "warm", time.monotonic() - began, reason)
        return self.connection_info

    async def _fork(self, cmd: list[str], kwargs: Mapping[str, Any]) -> None:
        """Raises OSError or ValueError with a sentence where there is no fork to be had."""
        socket = kwargs["env"].get(environment.ZYGOTE)
        if not socket:
            raise ValueError(f"there is no warm process here ({environment.ZYGOTE} is not set).")
        if why := why_not(cmd, kwargs):
            raise ValueError(why)
        cwd = str(kwargs.get("cwd") or Path.cwd())
        env = {**kwargs["env"], "JPY_PARENT_PID": str(os.getpid())}
        job = forking.Job(forked_kernel.task(cmd[0]), tuple(cmd), env, cwd, umask=_umask())
        with _streams(kwargs) as fds:
            fork = await asyncio.to_thread(forking.ask, Path(socket), job, fds=fds)
        self.process = Forked(fork)
        self.pid = self.pgid = fork.pid
        self.cwd = cwd
        await self._until_it_listens()

    async def _until_it_listens(self) -> None:
        """Whoever knocks too early is let in a tenth of a second later: longer than the kernel takes to listen."""
        info = self.connection_info
        if info.get("transport") != "ipc":
            return
        sockets = [Path(f"{info['ip']}-{port}") for name, port in info.items() if name.endswith("_port")]
        end = time.monotonic() + LISTENS_IN
        while not all(socket.exists() for socket in sockets) and time.monotonic() < end:
            if self.process.poll() is not None:
                return
            await asyncio.sleep(0.002)

    async def _tell(self, kind: str, seconds: float, reason: str) -> None:
        if self._asking is None:
            return
        try:
            await asyncio.to_thread(self._asking.began, self.pid, kind=kind, seconds=seconds, reason=reason)
        except leases.LeaseRefused:
            await self.kill()
            await self.wait()
            raise

    async def shutdown_requested(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 - Jupyter's own signature
        """A kernel that has ended takes no request: its successor would, which listens at the same address at once."""
        await super().shutdown_requested(restart)
        manager: Any = self.parent
        control = getattr(manager, "_control_socket", None)
        if control is not None and await self.poll() is not None:
            control.close(linger=0)
            manager._control_socket = None  # noqa: SLF001 - where Jupyter keeps it, and looks for it

    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 - Jupyter's own signature
        """After the end of the kernel: a lease that nobody will use again is given back."""
        await super().cleanup(restart)
        if self._asking is not None and not restart:
            asking, self._asking = self._asking, None
            await asyncio.to_thread(asking.ended, None)
            asking.close()


def _end_first(pid: int) -> None:
    """Where memory runs out, the kernel and what it started end before the server of the person does."""
    with contextlib.suppress(OSError):  # it has just ended, or has a higher mark already
        Path(f"/proc/{pid}/oom_score_adj").write_text(ENDS_FIRST, encoding="ascii")


def why_not(cmd: list[str], kwargs: Mapping[str, Any]) -> str:
    """Why a fork cannot be what is asked for, in a sentence; empty where it can."""
    if cmd[1:3] != ["-m", forked_kernel.LAUNCHER]:
        return f"its command is not python -m {forked_kernel.LAUNCHER}."
    if set(kwargs) - NEW_TO_A_FORK or kwargs.get("independent"):
        return "it shall outlive whoever starts it, or be started in a way of its own."
    if early := [name for name in READ_AT_IMPORT if name in kwargs["env"]]:
        return f"{', '.join(early)} must be there before modules are imported."
    if subprocess.PIPE in (kwargs.get("stdout"), kwargs.get("stderr")):
        return "what it prints shall go into a pipe."
    return ""


@contextlib.contextmanager
def _streams(kwargs: Mapping[str, Any]) -> Iterator[tuple[int, int, int]]:
    """What becomes stdin, stdout and stderr: those of whoever asks, nothing to read."""
    with Path(os.devnull).open("r+b") as nothing:
        given = (kwargs.get("stdin"), kwargs.get("stdout"), kwargs.get("stderr"))
        out = _handle(given[1], 1, nothing.fileno())
        error = out if given[2] == subprocess.STDOUT else _handle(given[2], 2, nothing.fileno())
        yield _handle(given[0], -1, nothing.fileno()), out, error


def _handle(given: Any, own: int, nothing: int) -> int:  # noqa: ANN401 - whatever Popen takes
    number = own if given is None else given if isinstance(given, int) else given.fileno()
    try:
        os.fstat(number)
    except OSError:  # none, closed, or one of Popen's own signs for nothing
        return nothing
    return int(number)


def _umask() -> int:
    """The file mode mask of this process, read without setting it: other threads make files meanwhile."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o077
