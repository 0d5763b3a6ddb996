"""Chains: plain lists of steps from a person's files to numbers. Each step takes the work done so far and adds to it.

A use case with a way of its own has `steps(case)` in its folder's chain.py; the others read, classify and count.
"""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import util
from pathlib import Path

from imagine_kernels import confusion, measure, sources
from imagine_kernels.options import Options as Options  # noqa: PLC0414 - a chain is asked with them
from imagine_kernels.options import told as told  # noqa: PLC0414
from imagine_kernels.predict import facts, predict
from imagine_kernels.records import Annotation, Prediction, Sample, Skipped
from imagine_kernels.use_case import Model, UseCase

Cell = str | int | float | None
Rows = tuple[Mapping[str, Cell], ...]
"""A table: what each column is called in words and units, and its value."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is done so far. `remarks` are sentences a person must read beside the numbers of `tables`.

    `rows` are the counts, from which "counts" among the tables is made.
    """

    case: UseCase
    path: Path
    options: Options = field(default_factory=Options)
    samples: tuple[Sample, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    tables: Mapping[str, Rows] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    rows: tuple[measure.Row, ...] = ()

    @property
    def model(self) -> Model:
        """The facts of the model that names the samples: that of the options, or the use case's first."""
        return facts(self.case, self.options.model, self.options.weights)

    @property
    def labels(self) -> Mapping[str, str]:
        """The label of each sample, a person's before the model's."""
        return measure.best_labels(self.predictions, self.annotations)

    def with_table(self, name: str, rows: Rows) -> "Work":
        """The same and one more table."""
        return replace(self, tables={**self.tables, name: rows})

    def with_remark(self, sentence: str) -> "Work":
        """The same and one more sentence; one that was said already is not said again."""
        return self if sentence in self.remarks else replace(self, remarks=(*self.remarks, sentence))


Step = Callable[[Work], Work]
Review = Callable[[Work], Iterable[Annotation]]
"""What people decided about named samples: asked once, when they have their names."""


def steps(case: UseCase) -> list[Step]:
    """The steps of a use case, in order: those of its chain.py where it has one, else read, classify, count."""
    own = f"imagine_kernels.use_cases.{case.name}.chain"
    if util.find_spec(own) is None:
        return [read, classify, count]
    found: list[Step] = importlib.import_module(own).steps(case)
    return found


def run(
    case: UseCase,
    path: Path | str,
    options: Options | None = None,
    chain: Iterable[Step] | None = None,
    review: Review | None = None,
) -> Work:
    """All steps on the file or folder at `path`. Raises what they raise: OSError or ValueError with a sentence.

    Decisions that `review` gives go before what the model says, and before the labels that came with the files.
    """
    work = Work(case, Path(path), options or Options())
    for step in steps(case) if chain is None else chain:
        work = step(work)
        if review is not None and work.predictions:
            work, review = replace(work, annotations=(*work.annotations, *review(work))), None
    return work


def read(work: Work) -> Work:
    """Lists the samples of the path, with what the options add to them."""
    found = sources.open_samples(work.path, dilution=work.options.dilution)
    samples = tuple(told(sample, work.options) for sample in found.samples)
    return replace(work, samples=samples, annotations=found.annotations, skipped=(*work.skipped, *found.skipped))


def classify(work: Work) -> Work:
    """Names every sample by the model of the options, or the use case's first. Raises ValueError for another scale."""
    options, model = work.options, work.model
    done = predict(
        *(work.case, work.samples, options.model),
        weights=options.weights,
        progress=options.progress,
        rescale=options.rescale,
    )
    for sentence in (*_strange(work, model), *_scales(work.samples, model)):
        work = work.with_remark(sentence)
    return replace(work, predictions=done.predictions, skipped=(*work.skipped, *done.skipped))


def _strange(work: Work, model: Model) -> Iterable[str]:
    """What to say where people or folders name classes that the model lacks: it calls such pictures something else."""
    said = {region.label for annotation in work.annotations for region in annotation.regions}
    if missing := sorted(said - set(model.names)):
        yield (
            f"The labels that came along hold {', '.join(missing)}, and {model.name} tells {', '.join(model.names)}: "
            "unlabelled pictures of the former are called one of the latter. Teach the model these classes."
        )


def _scales(samples: Iterable[Sample], model: Model) -> Iterable[str]:
    """What to say where the scale of pictures is unknown and the model looks at size, or where they were resampled."""
    from imagine_kernels.tasks import scale

    found, known = [scale.times(sample, model) for sample in samples], model.profile.pixel_size_um
    unknown = sum(one is None for one in found)
    if known is not None and unknown and scale.matters(model):
        yield (
            f"The side of a pixel of {unknown:,} pictures is unknown, and {model.name} looks at size: its names hold "
            f"if a pixel is {known:.4g} µm, as where it was taught. Give the pixel size."
        )
    if known is not None and (
        other := {round(one * known, 3) for one in found if one and abs(one - 1) > scale.TOLERANCE}
    ):
        yield (
            f"Pictures with pixels of {', '.join(f'{one:g}' for one in sorted(other))} µm were resampled to the "
            f"{known:.4g} µm of {model.name}: what is sharp in one scale may be blurred in the other."
        )


def count(work: Work, per: str = "milliliter") -> Work:
    """Counts the classes, and tells how many are in a millilitre, or another volume, where the water is known.

    What the model confuses is corrected for and in the intervals, where that is known; labels of people are exact.
    """
    model, labels, people = work.model, work.labels, measure.by_people(work.annotations)
    try:
        rows = measure.concentrations(work.samples, labels, model.label_names, per=per, model=model, people=people)
    except ValueError as refused:
        rows = measure.composition(work.samples, labels, model.label_names, model=model, people=people)
        work = work.with_remark(str(refused))
    said = {label for sample, label in labels.items() if sample not in people}
    for sentence in confusion.trust(said, model) if said else ():
        work = work.with_remark(sentence)
    return replace(work, rows=rows).with_table("counts", tuple(_row(row) for row in rows))


def _row(row: measure.Row) -> Mapping[str, Cell]:
    told: dict[str, Cell] = {"group": row.group, "class": row.label, "count": row.count}
    told |= _between("estimated count", row.estimate, row.estimate_low, row.estimate_high)
    shares = [None if share is None else 100 * share for share in (row.share, row.share_low, row.share_high)]
    told |= _between("share, %", *shares)
    if row.concentration is not None and row.low is not None and row.high is not None:
        told |= _between(row.concentration.unit, row.concentration.value, row.low.value, row.high.value)
    return told


def _between(name: str, value: float | None, low: float | None, high: float | None) -> Mapping[str, Cell]:
    return {name: value, f"{name}, 95 % from": low, f"{name}, 95 % to": high}
