"""Labelled samples → a trained model: splits, teaches, examines; weights and facts go to the person's folder."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagine_kernels import use_case
from imagine_kernels.environment import work_folder
from imagine_kernels.evaluate import Evaluation, evaluate
from imagine_kernels.practice import bar, practise
from imagine_kernels.predict import facts, load
from imagine_kernels.records import Annotation, Prediction, Region, Sample, Skipped
from imagine_kernels.truth import named
from imagine_kernels.use_case import (
    CLASSIFICATION,
    DETECTION,
    FOREST,
    MACHINE,
    NETWORK,
    SEGMENTATION,
    TEXTURE,
    Figure,
    Model,
    UseCase,
)

if TYPE_CHECKING:
    from torch import nn

    from imagine_kernels.evaluate_masks import MaskEvaluation
    from imagine_kernels.evaluate_shapes import ShapeEvaluation
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
    evaluation: "Evaluation | MaskEvaluation | ShapeEvaluation | None"
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


@dataclass(frozen=True, slots=True)
class Options:
    """How `train` goes about it: what it starts from, how long, how it examines, and the seed of every choice.

    `runs` is a regular expression whose first group names the run in a file's name, where samples carry no group and
    come from several runs: "(.*)_" takes all before the last underscore. With `scratch` it starts from nothing; `drawn`
    is how many pictures of the sample maker it practises on first. `variety` is how much light, focus and grain are
    varied: 1.0 for few pictures, less where sharpness and contrast tell the classes apart. `networks` are taught from
    as many seeds and pooled, with `forest` and `machine` also a forest and a kernel machine on measured features,
    with `texture` a kernel machine on texture; without any of these it is made of the parts of the known model.
    `reject` is the share of wrong answers that may remain when the model says "none of these" to what it is unsure of;
    `back_off` the same where it first falls back to the genus or a higher taxon.
    """

    scratch: bool = False
    drawn: int = 0
    folds: int = 0
    runs: str | None = None
    variety: float = 1.0
    epochs: int | None = None
    seed: int = 0
    networks: int | None = None
    forest: bool = False
    machine: bool = False
    texture: bool = False
    reject: float | None = None
    back_off: float | None = None

    def __post_init__(self) -> None:
        if self.reject is not None and self.back_off is not None:
            raise ValueError("Falling back to higher taxa rejects what no taxon is sure enough for: give one share.")
        if self.epochs is not None and self.epochs < 1:
            raise ValueError(f"Training needs at least 1 epoch, not {self.epochs}.")

    def told(self, epochs: int) -> dict[str, object]:
        """What differs from the default, for the command that repeats it; the epochs always."""
        plain = asdict(Options())
        return {name: value for name, value in asdict(self).items() if value != plain[name]} | {"epochs": epochs}

    def made(self, known: Model) -> Model:
        """`known` of the parts asked for; several look at each picture in all eight positions."""
        asked = {FOREST: self.forest, MACHINE: self.machine, TEXTURE: self.texture}
        measured = tuple(part for part, wanted in asked.items() if wanted)
        if self.networks is None and not measured:
            return known
        parts = (NETWORK,) * (1 if self.networks is None else self.networks) + measured
        return replace(known, parts=parts, turns=8 if len(parts) > 1 else 1)


def train(
    case: UseCase,
    samples: Iterable[Sample],
    annotations: Iterable[Annotation],
    *,
    model: Model | str | None = None,
    weights: Path | str | None = None,
    progress: bool = True,
    folder: Path | None = None,
    **options: Any,  # noqa: ANN401
) -> Trained:
    """Teaches a model of `case` what people said about `samples`, and examines it on pictures it has not seen.

    `options` are those of `Options`. It goes on from the weights of `model` (or from the file `weights`). A label the
    model does not know becomes a class of the new one. A fifth is held out, whole runs where samples have groups; with
    `folds` the figures come from cross-validation, and flatter where the starting weights knew the pictures. Ctrl-C
    keeps what was learned so far. Raises ValueError with a sentence where there is too little to learn from.
    """
    from imagine_kernels.tasks import compute, keeping, splits

    began, wanted, known = time.perf_counter(), Options(**options), facts(case, model, weights)
    if known.task != CLASSIFICATION:
        where = {"weights": weights, "progress": progress, "folder": folder}
        return _finder(known)(case, samples, annotations, known, wanted, **where)
    starter = None if wanted.scratch else load(case, known, weights)
    with compute.free_threads() as threads:
        taught = _lesson(samples, annotations, made := wanted.made(known), wanted, progress=progress)
        course = _course(case, made, starter, taught, wanted, progress=progress)
        chosen = splits.choose(taught.labels, taught.groups, wanted.folds, wanted.seed)
        network, examined = _run(course, chosen, wanted, progress=progress)
    evaluation, home = _evaluate(course, examined), folder or work_folder() / "models"
    again = keeping.command(case.name, {"model": known.name, **wanted.told(course.plan.epochs)})
    kept, path = keeping.keep(course, network, _figures(evaluation, chosen[0], course), again, home)
    return Trained(
        *(kept, path, tuple(course.history), evaluation, taught.data_sha256, splits.digest(taught.ids, chosen)),
        parameters={**keeping.parameters(course, chosen[0]), "drawn": wanted.drawn, "threads": threads},
        versions=keeping.versions(),
        skipped=taught.skipped,
        seconds=time.perf_counter() - began,
    )


def _finder(known: Model) -> Callable[..., Trained]:
    """What teaches a model that finds things in pictures."""
    from imagine_kernels.train_boxes import train_boxes
    from imagine_kernels.train_masks import train_masks

    return {SEGMENTATION: train_masks, DETECTION: train_boxes}[known.task]


def _run(
    course: "Course", chosen: "list[Split]", wanted: Options, *, progress: bool
) -> "tuple[nn.Module, list[Examined]]":
    """The network to keep and the answers to pictures held out, by which the course's model is then calibrated."""
    fits = len(chosen) + 1 if wanted.folds else 1
    with bar(fits * course.plan.epochs * course.model.parts.count(NETWORK), "train", show=progress) as shown:
        network, examined = course.run(chosen, shown, cross_validate=bool(wanted.folds))
    course.calibrate(examined, wanted.reject, wanted.back_off)
    return network, examined


def _lesson(
    samples: Iterable[Sample], annotations: Iterable[Annotation], known: Model, wanted: Options, *, progress: bool
) -> "Lesson":
    """The pictures with their labels, by run where the file's name tells it, prepared as the model sees them."""
    from imagine_kernels.tasks import lesson

    shown = lesson.grouped(samples, wanted.runs) if wanted.runs else samples
    return lesson.prepare(shown, named(annotations), known, progress=progress)


def train_folder(
    name: str,
    data: Path,
    out: Path | None = None,
    *,
    model: str | None = None,
    **options: Any,  # noqa: ANN401
) -> Trained:
    """`train` for the use case called `name` on what a path holds (see `labelled.teaching`); files go to `out`."""
    from imagine_kernels.labelled import teaching

    case = use_case.get(name)
    collection, known = teaching(case, data, model=model, weights=options.get("weights"))
    return train(case, collection.samples, collection.annotations, model=known, folder=out, **options)


def _course(
    case: UseCase, known: Model, starter: "Classifier | None", taught: "Lesson", wanted: Options, *, progress: bool
) -> "Course":
    """What the fits share. Where they start from nothing they learn faster and longer."""
    from imagine_kernels.tasks import lesson
    from imagine_kernels.tasks.course import Course
    from imagine_kernels.tasks.training import Plan

    model = replace(known, labels=lesson.classes(case, known, taught.labels))
    if starter is None:  # thresholds are those of what it knew
        model = replace(model, reject_below=None, back_off=None)
    begun = practise(case, known, starter, wanted.drawn, wanted.seed, progress=progress) if wanted.drawn else starter
    if begun is None:
        plan = Plan(wanted.epochs or SCRATCH_EPOCHS, variety=wanted.variety)
    else:
        plan = Plan(wanted.epochs or EPOCHS, rate=1e-3, variety=wanted.variety)
    return Course(model, begun, taught, plan, wanted.seed)


def _evaluate(course: "Course", examined: "list[Examined]") -> Evaluation | None:
    """The figures of all pictures that were held out somewhere; the scores after the course's temperature."""
    if not examined:
        return None
    names, taught = course.model.label_names, course.lesson
    predictions = [
        Prediction(name, (Region(names[int(row.argmax())], min(1.0, float(row.max()))),), course.model.name, "")
        for part in examined
        for name, row in zip(_where(taught.ids, part.held), course.calibrated(part), strict=True)
    ]
    held = {prediction.sample_id for prediction in predictions}
    truth = zip(taught.ids, taught.labels, strict=True)
    said = [Annotation(name, (Region(label),), "people") for name, label in truth if name in held]
    return evaluate(predictions, said, names, course.seed)


def _where(names: Sequence[str], held: Iterable[bool]) -> list[str]:
    return [name for name, out in zip(names, held, strict=True) if out]


def _figures(evaluation: Evaluation | None, split: "Split", course: "Course") -> tuple[Figure, ...]:
    if evaluation is None:
        return ()
    gain = course.gain
    unsure = () if gain is None else (Figure("right where it answers", gain.of_answered, gain.count, split.how),)
    return (
        Figure("macro-F1", evaluation.macro_f1.value, evaluation.count, split.how),
        Figure("accuracy", evaluation.accuracy.value, evaluation.count, split.how),
        Figure("calibration error", evaluation.calibration_error, evaluation.count, split.how),
        *unsure,
    )
