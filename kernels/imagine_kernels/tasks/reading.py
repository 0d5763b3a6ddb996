"""Samples → prepared pictures, in order and a few hundred at a time: what prediction and training feed on."""

import functools
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from imagine_kernels import images
from imagine_kernels.images import Pixels
from imagine_kernels.records import Sample, Skipped

Ready = TypeVar("Ready")

_CHUNK = 16
"""Pictures one thread reads in a row: fewer hand-overs, and still many chunks in a batch."""
_AHEAD = 16
"""Chunks in work ahead of the network: what bounds the memory however long the list of samples is."""
_LIGHT = 128 * 128
"""Pixels. Smaller pictures take less time to decode than two threads of Python take to wait for one another."""


@dataclass(frozen=True, slots=True)
class Read(Generic[Ready]):
    """A sample and what was made of its pixels; else the sentence that says why not."""

    sample: Sample
    ready: Ready | None
    why: str = ""

    def skipped(self) -> Skipped:
        """The record of a sample that could not be used."""
        return Skipped(self.sample.uri, self.why)


def read(
    samples: Iterable[Sample], prepare: Callable[[Pixels], Ready], *, side: int | None, threads: int, grey: bool = False
) -> Iterator[Read[Ready]]:
    """Every sample's pixels, made ready by `prepare`, in the order of the samples; none is ever a stack trace.

    A large JPEG is decoded no larger than `side` asks for; with `grey` pictures come as (H, W). Chunks of small ones
    are read where they are asked for, chunks of larger ones by `threads` threads ahead of time.
    """
    waiting: deque[Callable[[], list[Read[Ready]]]] = deque()
    rest = iter(samples)
    with ThreadPoolExecutor(threads, thread_name_prefix="read") as pool:
        while chunk := list(itertools.islice(rest, _CHUNK)):
            work = functools.partial(_chunk, chunk, prepare, side, grey=grey)
            light = max(sample.width * sample.height for sample in chunk) <= _LIGHT
            waiting.append(work if light else pool.submit(work).result)
            if len(waiting) >= _AHEAD:
                yield from waiting.popleft()()
        while waiting:
            yield from waiting.popleft()()


def _chunk(
    chunk: Sequence[Sample], prepare: Callable[[Pixels], Ready], side: int | None, *, grey: bool
) -> list[Read[Ready]]:
    return [_one(sample, prepare, side, grey=grey) for sample in chunk]


def _one(sample: Sample, prepare: Callable[[Pixels], Ready], side: int | None, *, grey: bool) -> Read[Ready]:
    try:
        return Read(sample, prepare(images.read(sample, side=side, grey=grey)))
    except (ValueError, OSError) as error:
        return Read(sample, None, str(error))


def bar(items: Iterable[Ready], total: int | None, what: str, unit: str, *, show: bool) -> Iterable[Ready]:
    """The items behind a progress bar (TQDM_DISABLE=1 in the environment keeps reports free of them)."""
    if not show:
        return items
    from tqdm.auto import tqdm

    shown: Iterable[Ready] = tqdm(items, total=total, desc=what, unit=unit)
    return shown
