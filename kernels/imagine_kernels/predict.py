"""Samples → predictions: reads pictures in threads while the network works, in order, and never stops at a bad one."""

import importlib
import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imagine_kernels import images
from imagine_kernels.records import Prediction, Run, Sample, Skipped
from imagine_kernels.use_case import Model, UseCase

if TYPE_CHECKING:
    from imagine_kernels.tasks.classification import Classifier
    from imagine_kernels.tasks.inputs import Pixels

_CHUNK = 16
"""Pictures one thread reads in a row: fewer hand-overs, and still many chunks in a batch."""
_AHEAD = 16
"""Chunks read ahead of the network: what bounds the memory however long the list of samples is."""


@dataclass(frozen=True, slots=True)
class _Read:
    sample: Sample
    square: "Pixels | None"
    why: str = ""


def predict(
    case: UseCase,
    samples: Iterable[Sample],
    model: Model | str | None = None,
    *,
    weights: Path | None = None,
    batch_size: int = 64,
    progress: bool = True,
) -> Run:
    """What the model of `case` sees in each sample, in the order of the samples.

    `model` is one of the use case's models (the first by default) or the facts of one trained here; `weights` its file
    where that is not the one that came with the use case. A picture that cannot be read is in `Run.skipped` with a
    sentence. Raises LookupError for an unknown model, OSError or ValueError for weights that are not what they claim.
    """
    if batch_size < 1:
        raise ValueError(f"A batch needs at least 1 picture, not {batch_size}.")
    began = time.perf_counter()
    classifier = load(case, model, weights)
    predictions: list[Prediction] = []
    skipped: list[Skipped] = []
    with _threads() as pool:
        for batch in _batches(_bar(_squares(classifier, samples, pool), samples, progress=progress), batch_size):
            good = [read for read in batch if read.square is not None]
            skipped.extend(Skipped(read.sample.uri, read.why) for read in batch if read.square is None)
            predictions.extend(_named(classifier, good))
    return Run(tuple(predictions), tuple(skipped), time.perf_counter() - began)


def load(case: UseCase, model: Model | str | None = None, weights: Path | None = None) -> "Classifier":
    """The network ready to predict; loaded once and kept. Raises as `predict` does."""
    facts = model if isinstance(model, Model) else case.model(model)
    task = importlib.import_module(f"imagine_kernels.tasks.{case.task}")
    loaded: Classifier = task.load(facts, weights or case.folder / facts.weights)
    return loaded


def _threads() -> ThreadPoolExecutor:
    from imagine_kernels.tasks import compute

    return ThreadPoolExecutor(compute.threads(), thread_name_prefix="read")


def _squares(classifier: "Classifier", samples: Iterable[Sample], pool: ThreadPoolExecutor) -> Iterator[_Read]:
    """Every sample read and prepared, in order, never more than a few hundred at a time in memory."""
    waiting: deque[Future[list[_Read]]] = deque()
    rest = iter(samples)
    try:
        while chunk := list(itertools.islice(rest, _CHUNK)):
            waiting.append(pool.submit(_read_all, classifier, chunk))
            if len(waiting) >= _AHEAD:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _read_all(classifier: "Classifier", chunk: Sequence[Sample]) -> list[_Read]:
    return [_read(classifier, sample) for sample in chunk]


def _read(classifier: "Classifier", sample: Sample) -> _Read:
    try:
        return _Read(sample, classifier.prepare(images.read(sample, side=classifier.model.profile.size)))
    except (ValueError, OSError) as error:
        return _Read(sample, None, str(error))


def _batches(reads: Iterable[_Read], size: int) -> Iterator[list[_Read]]:
    rest = iter(reads)
    while batch := list(itertools.islice(rest, size)):
        yield batch


def _bar(reads: Iterator[_Read], samples: Iterable[Sample], *, progress: bool) -> Iterable[_Read]:
    """A progress bar where one was asked for (TQDM_DISABLE=1 in the environment keeps reports free of them)."""
    if not progress:
        return reads
    from tqdm.auto import tqdm

    total = len(samples) if isinstance(samples, Sequence) else None
    bar: Iterable[_Read] = tqdm(reads, total=total, desc="predict", unit="image")
    return bar


def _named(classifier: "Classifier", good: list[_Read]) -> Iterator[Prediction]:
    if not good:
        return
    regions = classifier.regions([read.square for read in good if read.square is not None])
    for read, found in zip(good, regions, strict=True):
        yield Prediction(read.sample.id, found, classifier.model.name, classifier.sha256)
