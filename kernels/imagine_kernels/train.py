"""Labelled samples → a trained model: splits, teaches, examines; weights and facts go to the person's folder."""

import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from imagine_kernels import use_case
from imagine_kernels.environment import user, work_folder
from imagine_kernels.evaluate import Evaluation, evaluate, named
from imagine_kernels.predict import load
from imagine_kernels.records import Annotation, Prediction, Region, Sample, Skipped
from imagine_kernels.sources import open_samples
from imagine_kernels.use_case import Figure, Model, Source, UseCase

if TYPE_CHECKING:
    from torch import nn

    from imagine_kernels.tasks.classification import Classifier
    from imagine_kernels.tasks.course import Course, Examined, Progress
    from imagine_kernels.tasks.lesson import Lesson
    from imagine_kernels.tasks.splits import Split

EPOCHS = 15
SCRATCH_EPOCHS = 60
"""How often a training draws its pictures when nobody says."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and how it came to be. `evaluation` is None where there were too few pictures to hold any out."""

    model: Model
    weights: Path
    history: "tuple[Progress, ...]"
    evaluation: Evaluation | None
    data_sha256: str
    split_sha256: str
    parameters: Mapping[str, str | int | float]
    versions: Mapping[str, str]
    skipped: tuple[Skipped, ...]
    seconds: float

    @property
    def metrics(self) -> dict[str, float]:
        """The figures on the pictures held out, by name."""
        return {} if self.evaluation is None else self.evaluation.metrics()


def train(  # noqa: PLR0913
    case: UseCase,
    samples: Iterable[Sample],
    annotations: Iterable[Annotation],
    *,
    model: Model | str | None = None,
    weights: Path | str | None = None,
    scratch: bool = False,
    epochs: int | None = None,
    folds: int = 0,
    seed: int = 0,
    progress: bool = True,
    folder: Path | None = None,
) -> Trained:
    """Teaches a model of `case` what people said about `samples`, and examines it on pictures it has not seen.

    It goes on from the weights of `model` (or from the file `weights`); with `scratch` it starts from nothing. A label
    the model does not know becomes a class of the new one. A fifth is held out, whole runs where samples carry a group;
    with `folds` the figures come from cross-validation instead, and the weights kept learned from every picture. Where
    the starting weights have seen the same pictures the figures flatter. Interrupted (Ctrl-C), what was learned so far
    is kept. Same seed, data and machine: same weights. Raises ValueError with a sentence where there is too little.
    """
    from imagine_kernels.tasks import compute, lesson, splits

    began = time.perf_counter()
    starter = load(case, model, weights)
    with compute.free_threads() as threads:
        taught = lesson.prepare(samples, named(annotations), starter.prepare, starter.side, progress=progress)
        facts = replace(starter.model, labels=lesson.classes(case, starter.model, taught.labels))
        course = _course(facts, None if scratch else starter, taught, epochs, seed)
        chosen = splits.choose(taught.labels, taught.groups, folds, seed)
        with _bar(course.plan.epochs * (len(chosen) + 1 if folds else 1), show=progress) as bar:
            network, examined = course.run(chosen, bar, cross_validate=bool(folds))
    evaluation = _evaluate(course, examined)
    options = {"model": starter.model.name, "scratch": scratch, "folds": folds, "epochs": course.plan.epochs}
    described = _described(facts, evaluation, chosen[0], _command(case, {**options, "seed": seed}), taught)
    kept, path = _keep(described, network, folder or work_folder() / "models")
    return Trained(
        model=kept,
        weights=path,
        history=tuple(course.history),
        evaluation=evaluation,
        data_sha256=taught.data_sha256,
        split_sha256=splits.digest(taught.ids, chosen),
        parameters=_parameters(course, starter, folds, chosen[0]) | {"threads": threads},
        versions=versions(),
        skipped=taught.skipped,
        seconds=time.perf_counter() - began,
    )


def train_folder(
    name: str,
    data: Path,
    out: Path | None = None,
    *,
    model: str | None = None,
    runs: str | None = None,
    **options: Any,  # noqa: ANN401
) -> Trained:
    """`train` for the use case called `name` on a folder (or zip) with one folder per class; files go to `out`.

    `runs` is a regular expression whose first group names the run in a file's name, where the files come from several:
    "(.*)_" takes all before the last underscore. `options` are those of `train`.
    """
    collection = open_samples(data)
    if not collection.annotations:
        raise ValueError(f"{data} has no labels: put the pictures into one folder per class.")
    samples = grouped(collection.samples, runs) if runs else collection.samples
    return train(use_case.get(name), samples, collection.annotations, model=model, folder=out, **options)


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


def _course(facts: Model, starter: "Classifier | None", taught: "Lesson", epochs: int | None, seed: int) -> "Course":
    from imagine_kernels.tasks.course import Course
    from imagine_kernels.tasks.training import Plan

    if epochs is not None and epochs < 1:
        raise ValueError(f"Training needs at least 1 epoch, not {epochs}.")
    plan = Plan(epochs or SCRATCH_EPOCHS) if starter is None else Plan(epochs or EPOCHS, rate=5e-4)
    return Course(facts, starter, taught, plan, seed)


def _bar(total: int, *, show: bool) -> Any:  # noqa: ANN401
    from tqdm.auto import tqdm

    hidden: dict[str, Any] = {} if show else {"disable": True}  # else TQDM_DISABLE decides
    return tqdm(total=total, desc="train", unit="epoch", **hidden)


def _evaluate(course: "Course", examined: "list[Examined]") -> Evaluation | None:
    """The figures of all pictures that were held out somewhere."""
    if not examined:
        return None
    names, taught = course.model.label_names, course.lesson
    predictions = [
        Prediction(name, (Region(names[int(row.argmax())], min(1.0, float(row.max()))),), course.model.name, "")
        for part in examined
        for name, row in zip(_where(taught.ids, part.held), part.scores, strict=True)
    ]
    truth = [Annotation(name, (Region(label),), "truth") for name, label in zip(taught.ids, taught.labels, strict=True)]
    held = {prediction.sample_id for prediction in predictions}
    return evaluate(predictions, [a for a in truth if a.sample_id in held], names, course.seed)


def _where(names: Sequence[str], held: Iterable[bool]) -> list[str]:
    return [name for name, out in zip(names, held, strict=True) if out]


def _described(facts: Model, evaluation: Evaluation | None, split: "Split", command: str, taught: "Lesson") -> Model:
    """The facts of the new model: whose pictures, which command, which figures."""
    figures: tuple[Figure, ...] = ()
    if evaluation is not None:
        figures = (
            Figure("macro-F1", evaluation.macro_f1.value, evaluation.count, split.how),
            Figure("accuracy", evaluation.accuracy.value, evaluation.count, split.how),
        )
    title = f"{len(taught.labels)} labelled pictures, sha256 {taught.data_sha256[:12]}, and what taught {facts.name}"
    own = Source(title, "as the owner of the pictures says", f"{facts.source.citation} Labels: {user()}.", "")
    return replace(facts, figures=figures, command=command, source=own)


def _command(case: UseCase, options: Mapping[str, object]) -> str:
    """What to type to get the same model again."""
    words = [f"--{name}" if value is True else f"--{name} {value}" for name, value in options.items() if value]
    return " ".join(["imagine train", case.name, "DATA", *words])


def _keep(facts: Model, network: "nn.Module", folder: Path) -> tuple[Model, Path]:
    """Weights and facts in `folder` under a name that tells them from every other model."""
    from imagine_kernels.tasks import classification
    from imagine_kernels.tasks import facts as fact_files

    folder.mkdir(parents=True, exist_ok=True)
    data, digest = classification.packed(network)
    name = f"{facts.name.split('-')[0]}-{digest[:8]}"
    path = folder / f"{name}.safetensors"
    kept = replace(facts, name=name, title=f"{facts.title} ({digest[:8]})", weights=path.name, sha256=digest)
    classification.write(data, path)
    fact_files.write(kept, path.with_suffix(".json"))
    return kept, path


def _parameters(course: "Course", starter: "Classifier", folds: int, split: "Split") -> dict[str, str | int | float]:
    """What shaped this training, flat, as a tracking server takes it."""
    facts, taught = course.model, course.lesson
    begun = "nothing" if course.starter is None else f"{starter.model.name} {starter.sha256[:12]}"
    known: dict[str, str | int | float] = {
        "start": begun,
        "architecture": facts.architecture,
        "size": facts.profile.size,
        "colour": facts.profile.colour,
        "classes": len(facts.labels),
        "pictures": len(taught.labels),
        "seed": course.seed,
        "folds": folds,
        "split": split.how,
    }
    return known | {f"plan.{name}": value for name, value in asdict(course.plan).items()}


def versions() -> dict[str, str]:
    """What the result depends on beside data and seed."""
    import torch

    parts = {name: metadata.version(name) for name in ("imagine-aquatic", "timm", "torchvision", "numpy", "pillow")}
    return {"python": sys.version.split()[0], "torch": torch.__version__, **parts}
