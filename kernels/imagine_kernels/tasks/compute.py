"""Where networks run: the device, how many threads were granted, and whether short floats are quick on it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from torch import nn

from imagine_kernels import environment

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def device() -> torch.device:
    """The graphics card where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def threads() -> int:
    """Cores this process may use: what the hub granted, else affinity and container quota, whichever is less."""
    granted = os.environ.get(environment.THREADS[0], "")
    if granted.isdigit() and int(granted) > 0:
        return int(granted)
    return max(1, min(len(os.sched_getaffinity(0)), _quota()))


def _quota() -> int:
    try:
        share, period = _QUOTA.read_text(encoding="ascii").split()
        return 1 << 20 if share == "max" else max(1, round(int(share) / int(period)))
    except (OSError, ValueError):
        return 1 << 20


@contextlib.contextmanager
def granted_threads() -> Iterator[None]:
    """Runs torch on the granted cores and gives the setting back: more threads than cores stall one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def placed(network: nn.Module, where: torch.device) -> nn.Module:
    """The network on the device, its weights in the order of memory that convolutions are quickest with."""
    return cast("nn.Module", network.to(where).to(memory_format=torch.channels_last))  # type: ignore[call-overload]


def short_floats(where: torch.device) -> bool:
    """Whether bfloat16 is quicker than float32 there: graphics cards, and processors with instructions for it."""
    if where.type == "cuda":
        return torch.cuda.is_bf16_supported()
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe is not None and probe())


def precision(where: torch.device) -> torch.autocast:
    """A context in which convolutions take bfloat16 where that is quick; sums and scores stay float32."""
    return torch.autocast(where.type, dtype=torch.bfloat16, enabled=short_floats(where))
