"""A model on a person's labelled data: predicts, and compares with what people said, by the kind of their labels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imagine_kernels import use_case
from imagine_kernels.evaluate import Evaluation, evaluate
from imagine_kernels.labelled import Labelled, labelled
from imagine_kernels.measure import wilson
from imagine_kernels.predict import load, predict
from imagine_kernels.records import Prediction, Region, Sample, Skipped
from imagine_kernels.sources import fingerprint, masks
from imagine_kernels.truth import named
from imagine_kernels.use_case import CLASSIFICATION, DETECTION, SEGMENTATION, Model, UseCase

if TYPE_CHECKING:
    from imagine_kernels.evaluate_masks import MaskEvaluation
    from imagine_kernels.evaluate_shapes import ShapeEvaluation


@dataclass(frozen=True, slots=True)
class Examination:
    """What came out, and what it was made of. `remarks` are sentences to be read beside the figures.

    `truth` is what people said of each sample, where that is one label; `answers` are the model's.
    """

    case: UseCase
    model: Model
    data: Path
    evaluation: "Evaluation | MaskEvaluation | ShapeEvaluation"
    samples: tuple[Sample, ...]
    truth: Mapping[str, str]
    answers: tuple[Prediction, ...]
    skipped: tuple[Skipped, ...]
    remarks: tuple[str, ...]

    @property
    def data_sha256(self) -> str:
        """The fingerprint of the pictures."""
        return fingerprint(self.samples)


def examine(
    name: str,
    data: Path,
    *,
    model: str | None = None,
    weights: Path | None = None,
    unknown: str | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Examination:
    """What a model of the use case called `name` makes of labelled data.

    Of EcoTaxa's objects only the validated ones count. `unknown` says what becomes of labels that the model does not
    know: "wrong" or "leave-out". Without `model` it is the first of the use case that gives such labels. Figures of
    whole pictures are of the best class of each; what a model that rejects or falls back says instead is a remark.
    Raises ValueError with a sentence where there are no labels, or unknown ones and no word of what becomes of them.
    """
    case = use_case.get(name)
    found = labelled(case, data, model=model, weights=weights, unknown=unknown)
    by = {CLASSIFICATION: _whole, DETECTION: _shaped, SEGMENTATION: _painted}[found.kind]
    evaluation, answers, skipped, remarks = by(case, found, weights, seed, progress=progress)
    return Examination(
        *(case, found.model, data, evaluation, found.samples),
        truth=named(found.truth) if found.kind == CLASSIFICATION else {},
        answers=answers,
        skipped=(*found.collection.skipped, *skipped),
        remarks=(*found.remarks, *remarks),
    )


_Found = tuple[
    "Evaluation | MaskEvaluation | ShapeEvaluation", tuple[Prediction, ...], tuple[Skipped, ...], tuple[str, ...]
]


def _whole(case: UseCase, found: Labelled, weights: Path | None, seed: int, *, progress: bool) -> _Found:
    model, truth = found.model, named(found.truth)
    run = predict(case, found.samples, model, weights=weights, progress=progress)
    parents = {label.name: label.parents for label in model.labels}
    forced = [_forced(prediction, parents, truth.get(prediction.sample_id)) for prediction in run.predictions]
    figures = evaluate(forced, found.truth, model.label_names, seed)
    return figures, run.predictions, run.skipped, tuple(_answered(run.predictions, truth, model))


def _forced(prediction: Prediction, parents: Mapping[str, tuple[str, ...]], truth: str | None) -> Prediction:
    """The best class, whatever the model says when it is unsure; the higher taxon that people named, if it is in it."""
    scores = {name: score for name, score in prediction.regions[0].scores.items() if name in parents}
    if not scores:
        return prediction
    best = max(scores, key=scores.__getitem__)
    called = truth if truth is not None and truth in parents[best] else best
    return replace(prediction, regions=(Region(called, scores[best], scores=scores),))


def _answered(predictions: Iterable[Prediction], truth: Mapping[str, str], model: Model) -> Iterable[str]:
    """How much a model that rejects or falls back says, and how often that is right."""
    if model.reject_below is None and model.back_off is None:
        return
    above = {label.name: {label.name, *label.parents} for label in model.labels}
    pairs = [(p.regions[0].label, truth[p.sample_id]) for p in predictions if p.sample_id in truth]
    said = [(answer, told) for answer, told in pairs if answer != use_case.NONE]
    right = sum(answer in above.get(told, {told}) for answer, told in said)
    yield f"At its threshold the model answers {len(said):,} of {len(pairs):,} pictures."
    if said:
        low, high = wilson(right, len(said))
        share = f"{right / len(said):.3f} [{low:.3f}–{high:.3f}]"
        yield f"Of these answers {share} are right: the class, or a taxon it belongs to."


def _shaped(case: UseCase, found: Labelled, weights: Path | None, seed: int, *, progress: bool) -> _Found:
    """Things found beside those that people drew, over all scores for the average precision."""
    from imagine_kernels import evaluate_shapes
    from imagine_kernels.tasks import detection

    model, least = found.model, detection.LEAST
    threshold = detection.THRESHOLD if model.reject_below is None else model.reject_below
    run = predict(
        case, found.samples, replace(model, reject_below=min(least, threshold)), weights=weights, progress=progress
    )
    groups = {sample.id: sample.group for sample in found.samples}
    figures = evaluate_shapes.evaluate(
        run.predictions, found.truth, model.label_names, threshold=threshold, groups=groups, seed=seed
    )
    return figures, run.predictions, run.skipped, ()


def _painted(case: UseCase, found: Labelled, weights: Path | None, seed: int, *, progress: bool) -> _Found:
    """Pixels by class beside those that people painted; what has a class the model lacks is none of its classes."""
    from imagine_kernels import evaluate_masks

    known = {*found.model.label_names, masks.UNJUDGED}
    truth = [replace(a, regions=tuple(r for r in a.regions if r.label in known)) for a in found.truth]
    segmenter = load(case, found.model, weights)
    figures, skipped = evaluate_masks.examine(segmenter, found.samples, truth, seed=seed, progress=progress)  # type: ignore[arg-type]
    return figures, (), skipped, ()
