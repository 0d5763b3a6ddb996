"""A model on a person's labelled data: reads it, translates its words, predicts, and compares with what people said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from imagine_kernels import naming, use_case
from imagine_kernels.evaluate import Evaluation, evaluate, named
from imagine_kernels.measure import wilson
from imagine_kernels.predict import facts, predict
from imagine_kernels.records import Annotation, Collection, Prediction, Region, Sample, Skipped
from imagine_kernels.sources import ecotaxa_categories, fingerprint, open_samples
from imagine_kernels.use_case import CLASSIFICATION, Model, UseCase


@dataclass(frozen=True, slots=True)
class Examination:
    """What came out, and what it was made of. `remarks` are sentences to be read beside the figures.

    `truth` is what people said of each sample and `answers` what the model did, in the model's words.
    """

    case: UseCase
    model: Model
    data: Path
    evaluation: Evaluation
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
    """What a model of the use case called `name` makes of labelled data: folders of classes, or an EcoTaxa project.

    Of EcoTaxa's objects only the validated ones count. `unknown` says what becomes of labels that the model does not
    know: "wrong" or "leave-out". Figures are of the best class of each picture; what a model that rejects or falls back
    says instead is a remark. Raises ValueError with a sentence where there are no labels, or unknown ones and no word.
    """
    case = use_case.get(name)
    known = facts(case, model, weights)
    collection, truth, remarks = labelled(data, known, unknown)
    told = {annotation.sample_id for annotation in truth}
    samples = tuple(sample for sample in collection.samples if sample.id in told)
    run = predict(case, samples, model, weights=weights, progress=progress)
    forced = [_forced(prediction, known, truth_of) for prediction, truth_of in _beside(run.predictions, truth)]
    return Examination(
        *(case, known, data, evaluate(forced, truth, known.label_names, seed), samples, named(truth)),
        answers=run.predictions,
        skipped=(*collection.skipped, *run.skipped),
        remarks=(*remarks, *_answered(run.predictions, named(truth), known)),
    )


def labelled(
    data: Path, model: Model, unknown: str | None = None
) -> tuple[Collection, tuple[Annotation, ...], tuple[str, ...]]:
    """What the path holds, what people said of it in the words of the model, and what a person should know of that.

    Raises OSError or ValueError with a sentence where nobody has said anything, or words the model does not know.
    """
    if model.task != CLASSIFICATION:
        raise ValueError(f"The model {model.name} finds things in pictures; {data} has one label for each picture.")
    collection = open_samples(data)
    categories = ecotaxa_categories.read(data)
    if not collection.annotations:
        raise ValueError(_no_labels(data, categories.states))
    found = naming.translate(collection.annotations, model, collection.samples, categories.known)
    return collection, naming.settle(found, model, data, unknown), tuple(_remarks(found, categories.states, unknown))


def _no_labels(data: Path, states: Mapping[str, int]) -> str:
    if states:
        told = ", ".join(f"{count:,} {state or 'unclassified'}" for state, count in states.items())
        return f"No object of {data} is validated ({told}): validate some in EcoTaxa first."
    return f"{data} has no labels: put the pictures into one folder per class, or give an EcoTaxa project."


def _remarks(found: naming.Named, states: Mapping[str, int], unknown: str | None) -> Iterable[str]:
    others = {state or "unclassified": count for state, count in states.items() if state != "validated"}
    if others:
        told = ", ".join(f"{count:,} {state}" for state, count in others.items())
        yield f"Only validated objects count; {told} are left out."
    if found.renamed:
        yield "Read as: " + ", ".join(f"{word} → {name}" for word, name in sorted(found.renamed.items())) + "."
    if found.unknown:
        told = ", ".join(f"{one.word} ({one.count:,})" for one in found.unknown)
        done = "left out" if unknown == naming.LEAVE_OUT else "counted against it"
        yield f"Classes the model does not know, {done}: {told}."


def _beside(predictions: Iterable[Prediction], truth: Iterable[Annotation]) -> Iterable[tuple[Prediction, str | None]]:
    said = named(truth)
    return ((prediction, said.get(prediction.sample_id)) for prediction in predictions)


def _forced(prediction: Prediction, model: Model, truth: str | None) -> Prediction:
    """The best class, whatever the model says when it is unsure; the higher taxon that people named, if it is in it."""
    scores = {name: score for name, score in prediction.regions[0].scores.items() if name in model.label_names}
    if not scores:
        return prediction
    best = max(scores, key=scores.__getitem__)
    parents = {label.name: label.parents for label in model.labels}[best]
    region = Region(truth if truth in parents and truth is not None else best, scores[best], scores=scores)
    return replace(prediction, regions=(region,))


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
        yield (
            f"Of these answers {right / len(said):.3f} [{low:.3f}–{high:.3f}] are right:"
            " the class, or a taxon it belongs to."
        )
