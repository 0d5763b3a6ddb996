"""What people labelled in a path, in the words of a model: for an examination of that model, or for its training.

What the labels are decides which models they fit: a label for each picture, boxes and outlines, or painted pixels.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from imagine_kernels import naming
from imagine_kernels.predict import facts
from imagine_kernels.records import Annotation, Collection, Sample
from imagine_kernels.shapes import Mask
from imagine_kernels.sources import ecotaxa_categories, masks, open_samples, yolo
from imagine_kernels.sources.ecotaxa_categories import Category
from imagine_kernels.use_case import CLASSIFICATION, DETECTION, SEGMENTATION, Model, UseCase

FIT = {CLASSIFICATION: (CLASSIFICATION,), DETECTION: (DETECTION, SEGMENTATION), SEGMENTATION: (SEGMENTATION,)}
"""What models can be compared with labels of each kind."""
_KINDS = {
    CLASSIFICATION: "one label for each picture",
    DETECTION: "boxes or outlines around things",
    SEGMENTATION: "painted masks",
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a path holds: what people said of it in the words of the model, and what a person should know of that.

    `kind` is that of the labels: the task of a model that gives such.
    """

    collection: Collection
    truth: tuple[Annotation, ...]
    model: Model
    kind: str
    remarks: tuple[str, ...]

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The samples that people said something about."""
        told = {annotation.sample_id for annotation in self.truth}
        return tuple(sample for sample in self.collection.samples if sample.id in told)


def labelled(
    case: UseCase, data: Path, *, model: str | None = None, weights: Path | None = None, unknown: str | None = None
) -> Labelled:
    """What the path holds, in the words of the model that is named, or of the first that knows them all.

    Raises OSError or ValueError with a sentence where nobody has said anything, or words that the model doesn't know.
    """
    collection, categories = open_samples(data), ecotaxa_categories.read(data)
    if not collection.annotations:
        raise ValueError(no_labels(data, categories.states))
    models, kind = fitting(case, data, collection.annotations, model, weights)
    known, found = _best(models, collection, categories.known, taxonomy=True)
    truth = naming.settle(found, known, data, unknown)
    return Labelled(collection, truth, known, kind, tuple(_remarks(found, categories.states, unknown)))


def teaching(
    case: UseCase, data: Path, *, model: str | None = None, weights: Path | str | None = None
) -> tuple[Collection, Model]:
    """What the path holds, for a training, and the model that begins it: named, or the first that knows all labels.

    Its labels are in that model's words, where they mean the same; others become classes of their own. Raises OSError
    or ValueError with a sentence as `labelled` does.
    """
    collection, categories = open_samples(data), ecotaxa_categories.read(data)
    if not collection.annotations:
        raise ValueError(no_labels(data, categories.states))
    models, _ = fitting(case, data, collection.annotations, model, weights)
    known, found = _best(models, collection, categories.known, taxonomy=False)
    return replace(collection, annotations=found.annotations), known


def fitting(
    case: UseCase, data: Path, said: tuple[Annotation, ...], model: str | None, weights: Path | str | None
) -> tuple[tuple[Model, ...], str]:
    """The models for labels such as these, and their kind: the one that is named, or all that give such labels.

    Raises ValueError with a sentence where there is none.
    """
    known, kind = facts(case, model, weights), kind_of(said)
    asked = case.models if model is None and weights is None else (known,)
    fit = tuple(one for one in asked if one.task in FIT[kind])
    if not fit:
        raise ValueError(_unfit(case, data, known, kind))
    return fit, kind


def _best(
    models: tuple[Model, ...], collection: Collection, categories: Mapping[str, Category], *, taxonomy: bool
) -> tuple[Model, naming.Named]:
    """The first of the models that knows every word of the labels, else the first; and the labels in its words."""
    read = [
        (model, naming.translate(collection.annotations, model, collection.samples, categories, taxonomy=taxonomy))
        for model in models
    ]
    return next((one for one in read if not one[1].unknown), read[0])


def kind_of(annotations: Iterable[Annotation]) -> str:
    """The task of a model that gives labels such as these."""
    said = tuple(annotations)
    shapes = [region.shape for annotation in said for region in annotation.regions if region.shape is not None]
    authors = {annotation.author for annotation in said}
    if masks.AUTHOR in authors or any(isinstance(shape, Mask) for shape in shapes):
        return SEGMENTATION
    return DETECTION if shapes or yolo.AUTHOR in authors else CLASSIFICATION


def no_labels(data: Path, states: Mapping[str, int] | None = None) -> str:
    """What a person does where nobody has said anything; `states` of EcoTaxa's objects, where there are such."""
    if states:
        told = ", ".join(f"{count:,} {state or 'unclassified'}" for state, count in states.items())
        return f"No object of {data} is validated ({told}): validate some in EcoTaxa first."
    return (
        f"{data} has no labels: put the pictures into one folder per class, or into a folder images with masks or YOLO"
        " labels beside it, or give an EcoTaxa project."
    )


def _unfit(case: UseCase, data: Path, model: Model, kind: str) -> str:
    good = [one.name for one in case.models if one.task in FIT[kind]]
    told = f"Use --model {' or '.join(good)}." if good else f"{case.name} has no model that gives such labels."
    return f"{data} holds {_KINDS[kind]}, and the model {model.name} is for {model.task}. {told}"


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
