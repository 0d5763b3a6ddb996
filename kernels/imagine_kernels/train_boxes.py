"""Samples with drawn things → a trained detector: splits, teaches, calibrates, examines; weights and facts are kept."""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagine_kernels.environment import work_folder
from imagine_kernels.evaluate_shapes import ShapeEvaluation, evaluate
from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.train_shapes import refuse_others, shown_epochs
from imagine_kernels.truth import latest
from imagine_kernels.use_case import Figure, Model, UseCase

if TYPE_CHECKING:
    from torch import nn

    from imagine_kernels.tasks.course import Progress
    from imagine_kernels.tasks.detection import Detector
    from imagine_kernels.tasks.detection.lesson import Lesson
    from imagine_kernels.tasks.detection.training import Plan
    from imagine_kernels.tasks.splits import Split
    from imagine_kernels.train import Options, Trained

EPOCHS, SCRATCH_EPOCHS = 15, 40
"""How often a training draws its squares when nobody says."""


def train_boxes(
    case: UseCase,
    samples: Iterable[Sample],
    annotations: Iterable[Annotation],
    known: Model,
    wanted: "Options",
    *,
    weights: Path | str | None = None,
    progress: bool = True,
    folder: Path | None = None,
) -> "Trained":
    """`train` for a model that finds things. Raises ValueError with a sentence as `train` does."""
    from imagine_kernels.predict import load
    from imagine_kernels.tasks import compute, detection, keeping, splits
    from imagine_kernels.train import Trained

    began = time.perf_counter()
    refuse_others(known, wanted, "draws boxes around things")
    starter: Any = None if wanted.scratch else load(case, known, weights)
    with compute.free_threads() as threads:
        model, taught = _lesson(case, samples, latest(annotations), known, wanted, progress=progress)
        chosen = splits.hold_out(taught.labels, taught.groups, wanted.seed)
        network, plan, history = _fit(model, starter, taught, chosen, wanted, progress=progress)
        made = detection.Detector(model, "", network, compute.device())
        model, evaluation = _examined(made, taught, chosen, wanted.seed, progress=progress)
    again = keeping.command(case.name, {"model": known.name, **wanted.told(plan.epochs)})
    home, figures = folder or work_folder() / "models", _figures(evaluation, chosen)
    kept, path = keeping.leave(model, detection.packed(network), _learned(taught), figures, again, home)
    return Trained(
        *(kept, path, history, evaluation, taught.data_sha256),
        split_sha256=splits.digest(taught.ids, [chosen]),
        parameters={**_parameters(model, starter, taught, plan, chosen), "seed": wanted.seed, "threads": threads},
        versions=keeping.versions(),
        skipped=taught.skipped,
        seconds=time.perf_counter() - began,
    )


def _lesson(
    case: UseCase,
    samples: Iterable[Sample],
    truth: Mapping[str, tuple[Region, ...]],
    known: Model,
    wanted: "Options",
    *,
    progress: bool,
) -> "tuple[Model, Lesson]":
    """The model with the classes that people drew and the window that suits, and what there is to learn."""
    from imagine_kernels.tasks import lesson as lessons
    from imagine_kernels.tasks.detection import lesson

    shown = lessons.grouped(samples, wanted.runs) if wanted.runs else tuple(samples)
    model = replace(known, labels=lessons.classes(case, known, lesson.classes(truth.values())))
    model = lesson.fitted(model, [sample for sample in shown if sample.id in truth])
    return model, lesson.prepare(shown, truth, model, progress=progress)


def _learned(taught: "Lesson") -> str:
    things = sum(map(len, taught.truth))
    return f"{len(taught.samples)} pictures with {things} drawn things, sha256 {taught.data_sha256[:12]}"


def _fit(
    model: Model, starter: "Detector | None", taught: "Lesson", chosen: "Split", wanted: "Options", *, progress: bool
) -> "tuple[nn.Module, Plan, tuple[Progress, ...]]":
    from imagine_kernels.tasks import detection
    from imagine_kernels.tasks.detection import training
    from imagine_kernels.tasks.detection.augment import Variety

    variety = Variety(light=wanted.variety)
    if starter is None:
        plan = training.Plan(wanted.epochs or SCRATCH_EPOCHS, variety=variety)
    else:
        plan = training.Plan(wanted.epochs or EPOCHS, rate=5e-4, dense=0.2, variety=variety)
    with shown_epochs(plan.epochs, progress=progress) as (after, history):
        squares = [square for square in taught.squares if not chosen.held[square.sample]]
        network = detection.begin(model, wanted.seed, starter)
        fitted = training.fit(network, squares, model.profile, plan, wanted.seed, after)
    return fitted.network, plan, tuple(history)


def _examined(
    detector: "Detector", taught: "Lesson", chosen: "Split", seed: int, *, progress: bool
) -> tuple[Model, ShapeEvaluation | None]:
    """The model calibrated on the samples that were held out, and the figures on these."""
    from imagine_kernels.tasks import detection, reading
    from imagine_kernels.tasks.detection import trust

    held = [pair for pair, out in zip(_pairs(taught), chosen.held, strict=True) if out]
    if not held:
        return detector.model, None
    plain = replace(detector, model=trust.plain(detector.model)).at(detection.LEAST)
    shown = reading.bar(held, len(held), "examine", "image", show=progress)
    found = [plain.find(sample) for sample, _ in shown]
    model = trust.calibrated(trust.plain(detector.model), found, [regions for _, regions in held])
    sure = [_surely(replace(detector, model=model), regions) for regions in found]
    predictions = [
        Prediction(sample.id, regions, model.name, "") for (sample, _), regions in zip(held, sure, strict=True)
    ]
    said = [Annotation(sample.id, regions, "people") for sample, regions in held]
    groups = {sample.id: sample.group for sample, _ in held}
    threshold = replace(detector, model=model).threshold
    return model, evaluate(predictions, said, model.label_names, threshold=threshold, groups=groups, seed=seed)


def _surely(detector: "Detector", regions: tuple[Region, ...]) -> tuple[Region, ...]:
    """What was found with the network's scores, with those of the calibrated model."""
    import numpy as np

    raw = np.clip([0.0 if region.score is None else region.score for region in regions], 1e-6, 1 - 1e-6)
    scores = detector.calibrated(np.log(raw / (1 - raw)).astype(np.float32))
    return tuple(replace(region, score=float(score)) for region, score in zip(regions, scores, strict=True))


def _pairs(taught: "Lesson") -> Sequence[tuple[Sample, tuple[Region, ...]]]:
    return list(zip(taught.samples, taught.truth, strict=True))


def _figures(evaluation: ShapeEvaluation | None, split: "Split") -> tuple[Figure, ...]:
    if evaluation is None:
        return ()
    whole, at = evaluation.overall, f"{split.how}; the threshold was chosen on them"
    found = [("AP50", whole.average_precision_50, split.how), ("AP50-95", whole.average_precision, split.how)]
    found += [(name, getattr(whole, name).value, at) for name in ("precision", "recall", "f1")]
    return tuple(Figure(name, value, evaluation.count, how) for name, value, how in found if not math.isnan(value))


def _parameters(
    model: Model, starter: "Detector | None", taught: "Lesson", plan: "Plan", split: "Split"
) -> Mapping[str, str | int | float]:
    """What shaped a training, flat, as a tracking server takes it."""
    known: dict[str, str | int | float] = {
        "start": "nothing" if starter is None else f"{starter.model.name} {starter.origin}",
        "architecture": model.architecture,
        "size": model.profile.size,
        "window": int(str(model.options["window"])),
        "classes": len(model.labels),
        "pictures": len(taught.samples),
        "squares": len(taught.squares),
        "split": split.how,
    }
    told = asdict(plan) | {f"variety.{name}": value for name, value in asdict(plan.variety).items()}
    return known | {f"plan.{name}": value for name, value in told.items() if name != "variety"}
