"""Samples → predictions: pictures are read while the network works, in order, and a bad one never stops the rest."""

import importlib
import itertools
import time
from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagine_kernels.records import Prediction, Region, Run, Sample, Skipped
from imagine_kernels.use_case import CLASSIFICATION, Model, UseCase

if TYPE_CHECKING:
    from imagine_kernels.images import Pixels
    from imagine_kernels.tasks.classification import Classifier
    from imagine_kernels.tasks.inputs import Seen
    from imagine_kernels.tasks.reading import Read


def predict(
    case: UseCase,
    samples: Iterable[Sample],
    model: Model | str | None = None,
    *,
    weights: Path | str | None = None,
    batch_size: int = 64,
    progress: bool = True,
    rescale: bool = False,
) -> Run:
    """What the model of `case` sees in each sample, in the order of the samples.

    `model` is one of the use case's models (the first by default) or the facts of one trained here; `weights` its file
    where that is not the one that came with the use case. With `rescale` pictures of another scale than the model's are
    resampled to it. A picture that cannot be read is in `Run.skipped` with a sentence. Raises LookupError for an
    unknown model, OSError or ValueError for weights that are not what they claim or pictures of another scale.
    """
    if batch_size < 1:
        raise ValueError(f"A batch needs at least 1 picture, not {batch_size}.")
    from imagine_kernels.tasks import compute, pace, reading

    began = time.perf_counter()
    classifier = load(case, model, weights)
    if classifier.model.task != CLASSIFICATION:
        return _found(classifier, samples, progress=progress)
    predictions: list[Prediction] = []
    skipped: list[Skipped] = []
    with compute.free_threads() as threads:
        reads = _reads(classifier, samples, threads, rescale=rescale)
        total = len(samples) if isinstance(samples, Sized) else None
        batches = _batches(reading.bar(reads, total, "predict", "image", show=progress), batch_size)
        for batch, answers in pace.answered(classifier, batches, total):
            skipped.extend(item.skipped() for item in batch if item.ready is None)
            good = [item.sample.id for item in batch if item.ready is not None]
            told = zip(good, answers, strict=True)
            predictions.extend(Prediction(one, found, classifier.model.name, classifier.sha256) for one, found in told)
    return Run(tuple(predictions), tuple(skipped), time.perf_counter() - began)


def _reads(
    classifier: "Classifier", samples: Iterable[Sample], threads: int, *, rescale: bool
) -> "Iterator[Read[Pixels | Seen]]":
    """The samples as the network looks at them; runs of another scale than the model's are resampled, if told to."""
    from imagine_kernels.tasks import reading, scale

    model, grey = classifier.model, classifier.model.profile.colour == "grey"
    good = scale.checked(samples, model, rescale=rescale)
    if not rescale:
        return reading.read(good, classifier.prepare, side=classifier.side, threads=threads, grey=grey)

    def run(factor: float, some: Iterable[Sample]) -> "Iterator[Read[Pixels | Seen]]":
        def prepare(image: "Pixels") -> "Pixels | Seen":
            return classifier.prepare(scale.resampled(image, factor))

        return reading.read(some, prepare, side=None, threads=threads, grey=grey)

    runs = itertools.groupby(good, key=lambda sample: scale.times(sample, model) or 1.0)
    return itertools.chain.from_iterable(run(factor, some) for factor, some in runs)


def _found(finder: Any, samples: Iterable[Sample], *, progress: bool) -> Run:  # noqa: ANN401
    """What a model finds in each sample, window by window where it is large, as regions with shapes."""
    from imagine_kernels.tasks import compute, reading

    began, predictions, skipped = time.perf_counter(), [], []
    total = len(samples) if isinstance(samples, Sized) else None
    with compute.free_threads():
        for sample in reading.bar(samples, total, "find", "image", show=progress):
            try:
                regions: tuple[Region, ...] = finder.find(sample)
            except (ValueError, OSError) as error:
                skipped.append(Skipped(sample.uri, str(error)))
            else:
                predictions.append(Prediction(sample.id, regions, finder.model.name, finder.sha256))
    return Run(tuple(predictions), tuple(skipped), time.perf_counter() - began)


def load(case: UseCase, model: Model | str | None = None, weights: Path | str | None = None) -> "Classifier":
    """The network ready to predict; loaded once and kept. Raises as `predict` does.

    Weights trained here have their facts in a .json file beside them, so `weights` alone is enough.
    """
    chosen = facts(case, model, weights)
    if isinstance(model, str):
        need(chosen, case.model(model).label_names)
    task = _task(chosen)
    loaded: Classifier = task.load(chosen, case.folder / chosen.weights if weights is None else Path(weights))
    return loaded


def need(model: Model, names: Iterable[str]) -> None:
    """Raises ValueError with both lists where `model` lacks one of the classes that are needed."""
    wanted = tuple(names)
    if missing := [name for name in wanted if name not in model.names]:
        raise ValueError(
            f"The model {model.name} cannot tell {', '.join(missing)}: it tells {', '.join(model.label_names)}, and "
            f"{', '.join(wanted)} are needed. Take other weights, or teach it these classes."
        )


def facts(case: UseCase, model: Model | str | None = None, weights: Path | str | None = None) -> Model:
    """The facts of the model that `predict` would use; no weights are read."""
    if isinstance(model, Model):
        return model
    from imagine_kernels.tasks import facts as told

    beside = None if weights is None else told.beside(Path(weights))
    return beside or case.model(model)


def _task(model: Model) -> Any:  # noqa: ANN401
    return importlib.import_module(f"imagine_kernels.tasks.{model.task}")


def _batches(reads: "Iterable[Read[Pixels | Seen]]", size: int) -> "Iterator[list[Read[Pixels | Seen]]]":
    rest = iter(reads)
    while batch := list(itertools.islice(rest, size)):
        yield batch
