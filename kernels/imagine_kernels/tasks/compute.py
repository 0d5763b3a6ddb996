"""Where networks run: the device, how many threads were granted, and whether short floats are quick on it."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from torch import nn

from imagine_kernels import environment

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_LOAD = Path("/proc/loadavg")


def device() -> torch.device:
    """The graphics card where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def granted() -> int:
    """Cores this process may use: what the hub granted, else affinity and container quota, whichever is less."""
    told = os.environ.get(environment.THREADS[0], "")
    if told.isdigit() and int(told) > 0:
        return int(told)
    return max(1, min(len(os.sched_getaffinity(0)), _quota()))


def threads() -> int:
    """Granted cores that are free at this moment, at least 1.

    Threads that share a core wait for one another at every layer: on a crowded machine one thread is many times
    quicker than two.
    """
    if (most := granted()) == 1:
        return 1
    seen = sorted(_busy() for _ in range(3))
    return max(1, min(most, (os.cpu_count() or 1) - seen[1]))


def _busy() -> int:
    """Cores that others keep busy now, as the kernel counts runnable threads; 0 where it does not tell."""
    time.sleep(0.005)
    try:
        return max(0, int(_LOAD.read_text(encoding="ascii").split()[3].split("/")[0]) - 1)
    except (OSError, ValueError, IndexError):
        return 0


def _quota() -> int:
    try:
        share, period = _QUOTA.read_text(encoding="ascii").split()
        return 1 << 20 if share == "max" else max(1, round(int(share) / int(period)))
    except (OSError, ValueError):
        return 1 << 20


@contextlib.contextmanager
def free_threads() -> Iterator[int]:
    """Runs torch on the cores that are free and gives the setting back; yields their number."""
    before, count = torch.get_num_threads(), threads()
    torch.set_num_threads(count)
    try:
        yield count
    finally:
        torch.set_num_threads(before)


def placed(network: nn.Module, where: torch.device) -> nn.Module:
    """The network on the device, its weights in the order of memory that convolutions are quickest with."""
    return cast("nn.Module", network.to(where).to(memory_format=torch.channels_last))  # type: ignore[call-overload]


def short_floats(where: torch.device) -> bool:
    """Whether bfloat16 is quicker than float32 there: graphics cards, and processors with instructions for it."""
    if where.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe is not None and probe())


def precision(where: torch.device) -> torch.autocast:
    """A context in which convolutions take bfloat16 where that is quick; sums and scores stay float32."""
    return torch.autocast(where.type, dtype=torch.bfloat16, enabled=short_floats(where))
