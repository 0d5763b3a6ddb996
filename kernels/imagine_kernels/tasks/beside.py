"""Networks taught side by side: small ones keep a core each busier than they keep several together."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace

import torch

from imagine_kernels.tasks import compute
from imagine_kernels.tasks.training import Fitted

Fit = Callable[[Callable[[], bool]], Fitted]
"""Teaches one network, and stops where the given function says so."""


def taught(fits: Sequence[Fit]) -> list[Fitted]:
    """What the fits give: as many at a time as torch has threads, which they share; on a graphics card one by one.

    Interrupted (Ctrl-C, or interrupt of the kernel), those going on stop with what they learned, and no more begin.
    """
    cores = 1 if compute.device().type == "cuda" else torch.get_num_threads()
    done: list[Fitted] = []
    for first in range(0, len(fits), cores):
        row = fits[first : first + cores]
        done += [row[0](lambda: False)] if len(row) == 1 else _row(row, cores)
        if any(fitted.stopped for fitted in done):
            break
    return done


def _row(fits: Sequence[Fit], cores: int) -> list[Fitted]:
    stop, interrupted = threading.Event(), False
    going: list[Future[Fitted]] = []
    with ThreadPoolExecutor(len(fits), "teach", torch.set_num_threads, (cores // len(fits),)) as pool:
        try:
            going.extend(pool.submit(fit, stop.is_set) for fit in fits)
            wait(going, return_when=FIRST_EXCEPTION)
        except KeyboardInterrupt:
            interrupted = True
        stop.set()
    torch.set_num_threads(cores)  # new threads take on what was set last
    if interrupted and not going:
        raise KeyboardInterrupt
    found = [each.result() for each in going]
    return [replace(each, stopped=True) for each in found] if interrupted else found
