"""Labelled samples made ready to learn from: pixels in one array, the classes in order, and a hash of both."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from imagine_kernels.images import Pixels
from imagine_kernels.records import Sample, Skipped
from imagine_kernels.tasks import compute, inputs, reading
from imagine_kernels.use_case import Label, Model, UseCase

KEYS = "123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Lesson:
    """Pictures as a network takes them, (N, size, size, channels), and what people called each; none unreadable.

    `features` (N, F) are there where the model asks a forest.
    """

    samples: tuple[Sample, ...]
    squares: npt.NDArray[np.uint8]
    labels: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    data_sha256: str
    features: npt.NDArray[np.float32] | None = None

    def seen(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.integer]) -> list[inputs.Pixels | inputs.Seen]:
        """The chosen pictures as a classifier takes them."""
        if self.features is None:
            return list(self.squares[chosen])
        return [inputs.Seen(*pair) for pair in zip(self.squares[chosen], self.features[chosen], strict=True)]

    @property
    def groups(self) -> tuple[str | None, ...]:
        """The run of each picture."""
        return tuple(sample.group for sample in self.samples)

    @property
    def ids(self) -> tuple[str, ...]:
        """The id of each picture's sample."""
        return tuple(sample.id for sample in self.samples)

    def targets(self, names: tuple[str, ...]) -> npt.NDArray[np.int64]:
        """The number of each picture's class."""
        place = {name: number for number, name in enumerate(names)}
        return np.array([place[label] for label in self.labels], np.int64)


def prepare(samples: Iterable[Sample], truth: Mapping[str, str], model: Model, *, progress: bool) -> Lesson:
    """Reads the samples that have a label in `truth`. Raises ValueError with a sentence where they do not suffice."""

    def ready(image: Pixels) -> tuple[Pixels | inputs.Seen, str]:
        return inputs.prepare(image, model), hashlib.sha256(repr(image.shape).encode() + image.tobytes()).hexdigest()

    labelled = [sample for sample in samples if sample.id in truth]
    reads = reading.read(labelled, ready, side=model.side, threads=compute.granted())
    done = list(reading.bar(reads, len(labelled), "read", "image", show=progress))
    good = [(item.sample, *item.ready) for item in done if item.ready is not None]
    labels = tuple(truth[sample.id] for sample, _, _ in good)
    if len(set(labels)) < 2:
        found = f"all {len(good)} are {labels[0]!r}" if labels else "none has a label and can be read"
        raise ValueError(f"Training needs pictures of two classes at least; of those given {found}. Label some more.")
    facts = sorted(f"{label}\t{digest}" for label, (_, _, digest) in zip(labels, good, strict=True))
    return Lesson(
        samples=tuple(sample for sample, _, _ in good),
        squares=np.stack([made.square if isinstance(made, inputs.Seen) else made for _, made, _ in good]),
        labels=labels,
        skipped=tuple(item.skipped() for item in done if item.ready is None),
        data_sha256=hashlib.sha256("\n".join(facts).encode()).hexdigest(),
        features=np.stack(measured)
        if (measured := [m.features for _, m, _ in good if isinstance(m, inputs.Seen)])
        else None,
    )


def classes(case: UseCase, model: Model, labels: Iterable[str]) -> tuple[Label, ...]:
    """The classes of a model that goes on from `model`: its own, then the new ones.

    Where people used none of the model's classes, theirs alone. A new class takes its facts from the use case where
    that knows it, and the first key that is free.
    """
    used = sorted(set(labels))
    kept = list(model.labels) if set(used) & set(model.label_names) else []
    known = {label.name: label for label in case.labels()}
    for name in used:
        if name not in {label.name for label in kept}:
            label = known.get(name) or Label(name, name)
            taken = {other.key for other in kept}
            key = label.key if label.key not in {None, *taken} else next((k for k in KEYS if k not in taken), None)
            kept.append(Label(label.name, label.title, label.aphia_id, label.rank, key, label.about))
    return tuple(kept)


def grouped(samples: Iterable[Sample], pattern: str) -> tuple[Sample, ...]:
    """The samples with the run that `pattern` finds in each file's name as their group.

    Raises ValueError with a sentence where a name holds none, or the pattern is no regular expression with a group.
    """
    try:
        found = [(sample, re.match(pattern, PurePosixPath(sample.id).name)) for sample in samples]
        return tuple(replace(sample, group=match[1]) for sample, match in _matched(found, pattern))
    except (re.error, IndexError) as error:
        raise ValueError(f"{pattern!r} does not name a run: it needs a group in brackets, as in '(.*)_'.") from error


def _matched(
    found: Iterable[tuple[Sample, re.Match[str] | None]], pattern: str
) -> Iterator[tuple[Sample, re.Match[str]]]:
    for sample, match in found:
        if match is None:
            raise ValueError(f"{pattern!r} finds no run in the name of {sample.id}.")
        yield sample, match
