"""Where a prediction has pictures enough, its classifier's networks are compiled once, checked, and used from there."""

import logging
import os
import time
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from imagine_kernels.records import Region
from imagine_kernels.tasks import inputs, networks
from imagine_kernels.tasks.classification import Classifier
from imagine_kernels.tasks.reading import Read

Batch = list[Read[inputs.Pixels | inputs.Seen]]
Answers = list[tuple[Region, ...]]

PAYS = 4.0
"""Seconds of torch that must be left: compiling takes about one, and saves half of them at least."""
TOLERANCE = 1e-3
"""Scores of the compiled network may differ from torch's by this much, by far less than any decision hangs on."""
_CHECKED = 16
"""Pictures whose scores are compared: real ones, those at hand."""
_log = logging.getLogger(__name__)
_made: weakref.WeakKeyDictionary[nn.Module, "tuple[int, Quick | None]"] = weakref.WeakKeyDictionary()
"""What each network became, and in which process; None where compiling it was no good."""


class Quick(Classifier):
    """A classifier whose networks are compiled: they take squares as bytes."""

    def batch(self, seen: Sequence[inputs.Pixels | inputs.Seen]) -> tuple[torch.Tensor, ...]:
        """Prepared pictures as what compiled networks take."""
        return inputs.stacked(seen)


def answered(classifier: Classifier, batches: Iterable[Batch], total: int | None) -> Iterator[tuple[Batch, Answers]]:
    """Every batch with the regions of its pictures that could be read, in order; `total` pictures are in them all.

    What is compiled answers in a thread of its own, while the next batch is read here.
    """
    classifier, going = kept(classifier), Pace(total)
    waiting: deque[tuple[Batch, Future[Answers]]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="answer") as apart:
        for batch in batches:
            seen = [item.ready for item in batch if item.ready is not None]
            if isinstance(classifier, Quick):
                waiting.append((batch, apart.submit(_regions, classifier, seen)))
                if len(waiting) > 1:
                    yield waiting[0][0], waiting.popleft()[1].result()
                continue
            with going.counted(len(batch)):
                found = _regions(classifier, seen)
            classifier = going.quicker(classifier, seen)
            yield batch, found
        while waiting:
            yield waiting[0][0], waiting.popleft()[1].result()


def _regions(classifier: Classifier, seen: Sequence[inputs.Pixels | inputs.Seen]) -> Answers:
    return classifier.regions(seen) if seen else []


@dataclass
class Pace:
    """How long a prediction's pictures take, and how many are left; `total` is None where nobody knows."""

    total: int | None
    _done: int = field(default=0, init=False)
    _seconds: float = field(default=0.0, init=False)

    @contextmanager
    def counted(self, pictures: int) -> Iterator[None]:
        """Counts what is done inside."""
        began = time.perf_counter()
        yield
        self._done += pictures
        self._seconds += time.perf_counter() - began

    def quicker(self, classifier: Classifier, seen: Sequence[inputs.Pixels | inputs.Seen]) -> Classifier:
        """The classifier to go on with; where none is made yet and it would pay, makes one and checks it on `seen`."""
        if not seen or isinstance(classifier, Quick):
            return classifier
        left = self._done if self.total is None else self.total - self._done
        return quick(classifier, seen) if left * self._seconds > PAYS * self._done else classifier


def kept(classifier: Classifier) -> Classifier:
    """What was compiled for this classifier in this process, else itself."""
    process, found = _made.get(classifier.network, (0, None))
    return found if found is not None and process == os.getpid() else classifier


def quick(classifier: Classifier, seen: Sequence[inputs.Pixels | inputs.Seen]) -> Classifier:
    """The classifier compiled for the processor, if its scores of `seen` are torch's; else itself.

    Made once for its weights; where it cannot be used the log says why.
    """
    if classifier.device.type == "cpu" and classifier.network not in _made:
        began = time.perf_counter()
        _made[classifier.network] = os.getpid(), _checked(classifier, seen[:_CHECKED])
        _log.info("%s was compiled in %.1f s.", classifier.model.name, time.perf_counter() - began)
    return kept(classifier)


def _checked(classifier: Classifier, seen: Sequence[inputs.Pixels | inputs.Seen]) -> Quick | None:
    name = classifier.model.name
    try:
        made = _compiled(classifier)
        ours = made.scores(seen)
    except (ImportError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        told = " ".join(str(error).split())[:200]
        _log.warning("%s runs on torch, which is slower: it could not be compiled (%s).", name, told)
        return None
    theirs = classifier.scores(seen)
    apart = float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else np.inf
    if not apart <= TOLERANCE:  # nan is not
        _log.warning("%s runs on torch, which is slower: compiled, its scores differ by %.2g.", name, apart)
        return None
    return made


def _compiled(classifier: Classifier) -> Quick:
    from imagine_kernels.tasks.engine import Compiled

    profile = classifier.model.profile
    made = [Compiled(network, profile) for network in networks.taught(classifier.network)]
    network = networks.with_networks(classifier.network, made)
    return Quick(**{**vars(classifier), "network": network})
