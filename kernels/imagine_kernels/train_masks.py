"""Painted samples → a trained model of pixels: splits, teaches, examines; weights and facts go to a folder."""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagine_kernels.environment import work_folder
from imagine_kernels.evaluate_masks import MaskEvaluation, examine
from imagine_kernels.records import Annotation, Region, Sample
from imagine_kernels.train_shapes import refuse_others, shown_epochs
from imagine_kernels.truth import latest
from imagine_kernels.use_case import Figure, Label, Model, UseCase

if TYPE_CHECKING:
    from torch import nn

    from imagine_kernels.tasks.course import Progress
    from imagine_kernels.tasks.painting import Gallery
    from imagine_kernels.tasks.pixel_training import Plan
    from imagine_kernels.tasks.segmentation import Segmenter
    from imagine_kernels.tasks.splits import Split
    from imagine_kernels.train import Options, Trained

EPOCHS, SCRATCH_EPOCHS = 15, 30
"""How often a training draws its crops when nobody says."""


def train_masks(
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
    """`train` for a model that tells what each pixel is. Raises ValueError with a sentence as `train` does."""
    from imagine_kernels.predict import load
    from imagine_kernels.tasks import compute, keeping, lesson, painting, segmentation, splits
    from imagine_kernels.train import Trained

    began = time.perf_counter()
    refuse_others(known, wanted, "tells what each pixel is")
    shown = lesson.grouped(samples, wanted.runs) if wanted.runs else tuple(samples)
    truth = latest(annotations)
    model = _made(known, lesson.classes(case, known, painting.names(truth)))
    starter: Any = None if wanted.scratch else load(case, known, weights)
    with compute.free_threads() as threads:
        gallery = painting.prepare(shown, truth, model, progress=progress)
        chosen = splits.hold_out(gallery.contents, [sample.group for sample in gallery.samples], wanted.seed)
        network, plan, history = _fit(model, starter, gallery, chosen, wanted, progress=progress)
        evaluation = _examined(model, network, gallery, chosen, wanted.seed, progress=progress)
    again = keeping.command(case.name, {"model": known.name, **wanted.told(plan.epochs)})
    home, figures = folder or work_folder() / "models", _figures(evaluation, chosen)
    kept, path = keeping.leave(model, segmentation.packed(network), _learned(gallery), figures, again, home)
    return Trained(
        *(kept, path, history, evaluation, gallery.data_sha256),
        split_sha256=splits.digest([sample.id for sample in gallery.samples], [chosen]),
        parameters={**_parameters(model, starter, gallery, plan, chosen), "seed": wanted.seed, "threads": threads},
        versions=keeping.versions(),
        skipped=gallery.skipped,
        seconds=time.perf_counter() - began,
    )


def _made(known: Model, labels: tuple[Label, ...]) -> Model:
    """The facts with these classes. Without its rim a model parts no things: what it knows of their shape goes too."""
    names = {label.name for label in labels}
    if "rim" not in known.options or known.options["rim"] in names:
        return replace(known, labels=labels)
    plain = {name: value for name, value in known.options.items() if name.startswith("decoder")}
    return replace(known, labels=labels, options=plain, reject_below=None)


def _fit(
    model: Model, starter: "Segmenter | None", gallery: "Gallery", chosen: "Split", wanted: "Options", *, progress: bool
) -> "tuple[nn.Module, Plan, tuple[Progress, ...]]":
    from imagine_kernels.tasks import pixel_training, segmentation

    if starter is None:
        plan = pixel_training.Plan(wanted.epochs or SCRATCH_EPOCHS, variety=wanted.variety)
    else:
        plan = pixel_training.Plan(wanted.epochs or EPOCHS, rate=1e-3, variety=wanted.variety)
    with shown_epochs(plan.epochs, progress=progress) as (after, history):
        pieces = [piece for piece in gallery.pieces if not chosen.held[piece.sample]]
        network = segmentation.begin(model, wanted.seed, starter)
        fitted = pixel_training.fit(network, pieces, model.profile, plan, wanted.seed, after)
    return fitted.network, plan, tuple(history)


def _examined(
    model: Model, network: "nn.Module", gallery: "Gallery", chosen: "Split", seed: int, *, progress: bool
) -> MaskEvaluation | None:
    """The figures on the samples that were held out."""
    from imagine_kernels.tasks import compute
    from imagine_kernels.tasks.segmentation import Segmenter

    if not chosen.held.any():
        return None
    held = [pair for pair, out in zip(_pairs(gallery), chosen.held, strict=True) if out]
    said = [Annotation(sample.id, regions, "people") for sample, regions in held]
    looking = Segmenter(model, "", network, compute.device())
    return examine(looking, [sample for sample, _ in held], said, seed=seed, progress=progress)[0]


def _pairs(gallery: "Gallery") -> Sequence[tuple[Sample, tuple[Region, ...]]]:
    return list(zip(gallery.samples, gallery.regions, strict=True))


def _figures(evaluation: MaskEvaluation | None, split: "Split") -> tuple[Figure, ...]:
    if evaluation is None:
        return ()
    found = [("mean IoU", evaluation.mean_iou.value), ("mean F1 of pixels", evaluation.mean_f1.value)]
    if evaluation.things is not None:
        whole = evaluation.things.overall
        found += [("precision of things", whole.precision.value), ("recall of things", whole.recall.value)]
    return tuple(Figure(name, value, evaluation.count, split.how) for name, value in found if not math.isnan(value))


def _learned(gallery: "Gallery") -> str:
    return f"{len(gallery.samples)} painted pictures, sha256 {gallery.data_sha256[:12]}"


def _parameters(
    model: Model, starter: "Segmenter | None", gallery: "Gallery", plan: "Plan", split: "Split"
) -> Mapping[str, str | int | float]:
    """What shaped a training, flat, as a tracking server takes it."""
    known: dict[str, str | int | float] = {
        "start": "nothing" if starter is None else f"{starter.model.name} {starter.sha256[:12]}",
        "architecture": model.architecture,
        "size": model.profile.size,
        "colour": model.profile.colour,
        "classes": len(model.labels),
        "pictures": len(gallery.samples),
        "split": split.how,
    }
    return known | {f"plan.{name}": value for name, value in asdict(plan).items()}
