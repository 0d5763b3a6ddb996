"""The truth behind the review grid: what was predicted, what a person decided, what can be undone. No browser here."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_widgets.classes import Classes, Label
from imagine_widgets.journal import Journal

NONE = -1
"""The place of a class where there is none: not predicted, not decided."""
TOOL = "review grid"
_STACK = 1000


@dataclass(frozen=True, slots=True)
class Group:
    """The rows that were predicted as one class, least sure first."""

    label: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a review is: `confirmed` decisions agree with the prediction, `corrected` ones do not."""

    total: int
    confirmed: int
    corrected: int

    @property
    def decided(self) -> int:
        """Samples a person decided on."""
        return self.confirmed + self.corrected


@dataclass(frozen=True, slots=True)
class Batch:
    """One step of a person, and what its rows were before it: what an undo takes back."""

    id: str
    rows: tuple[int, ...]
    before: tuple[int, ...]
    annotations: tuple[str, ...]


@dataclass(slots=True)
class Changes:
    """What the browser must hear: rows and their decisions now, steps done and steps undone."""

    rows: list[int] = field(default_factory=list)
    done: list[Batch] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)

    def join(self, later: "Changes") -> None:
        """Take over what changed after this."""
        self.rows += later.rows
        self.done += later.done
        self.undone += later.undone


class GridStore:
    """Samples by row. Every method may be called from any thread: a browser's edits arrive beside a running cell."""

    def __init__(
        self,
        samples: Sequence[Sample],
        predictions: Iterable[Prediction],
        labels: Iterable[Label],
        journal: Journal,
        author: str,
    ) -> None:
        self.samples = tuple(samples)
        self.journal, self.author = journal, author
        self.classes = Classes(labels)
        self._lock = threading.RLock()
        self._row = {sample.id: row for row, sample in enumerate(self.samples)}
        if len(self._row) < len(self.samples):
            twice = next(s.id for row, s in enumerate(self.samples) if self._row[s.id] != row)
            raise ValueError(f"The sample {twice} was given twice: a grid shows each sample once.")
        self.predicted: list[int] = [NONE] * len(self.samples)
        self.sure: list[float | None] = [None] * len(self.samples)
        self._regions: dict[int, Region] = {}
        for prediction in predictions:
            self._enter(prediction)
        self.decided: list[int] = [NONE] * len(self.samples)
        self._holding: list[str | None] = [None] * len(self.samples)
        self._batches: dict[str, Batch] = {}
        self._handled: set[str] = set()
        self._mark = 0
        self.refresh()

    def _enter(self, prediction: Prediction) -> None:
        row, region = self._row.get(prediction.sample_id), whole(prediction.regions)
        if row is not None and region is not None:
            self.predicted[row], self.sure[row] = self.classes.index(region.label), margin(region)
            self._regions[row] = region

    def groups(self) -> list[Group]:
        """The rows by predicted class, least sure first (unknown before all); those without a prediction come last."""
        members: dict[int, list[int]] = {}
        for row, label in enumerate(self.predicted):
            members.setdefault(label, []).append(row)
        order = sorted(members, key=lambda label: (label == NONE, label))
        unknown = -1.0
        return [
            Group(label, tuple(sorted(members[label], key=lambda row: unknown if (s := self.sure[row]) is None else s)))
            for label in order
        ]

    def scores(self, row: int) -> list[tuple[str, float]]:
        """The three best guesses of the model for one row."""
        region = self._regions.get(row)
        if region is None:
            return []
        scores = dict(region.scores) or ({} if region.score is None else {region.label: region.score})
        return sorted(scores.items(), key=lambda item: -item[1])[:3]

    def label(self, batch: str, rows: Sequence[int], label: int) -> Changes:
        """Give these rows one label. Raises OSError with a sentence where the journal cannot be written."""
        if not 0 <= label < len(self.classes):
            raise ValueError(f"There is no class number {label} in this grid.")
        return self._decide(batch, rows, lambda _: label, lambda _: True)

    def accept(self, batch: str, rows: Sequence[int]) -> Changes:
        """Confirm the predicted label of those of these rows that nobody decided yet."""
        return self._decide(batch, rows, self.predicted.__getitem__, lambda row: self.decided[row] == NONE)

    def _decide(
        self, batch: str, rows: Sequence[int], choose: Callable[[int], int], wanted: Callable[[int], bool]
    ) -> Changes:
        with self._lock:
            changes = self.refresh()
            if batch in self._handled:
                return Changes([*changes.rows, *self._known(rows)])
            taken = tuple(row for row in self._known(rows) if wanted(row) and choose(row) != NONE)
            made = [self._annotation(row, choose(row)) for row in taken]
            before = tuple(self.decided[row] for row in taken)
            self.journal.append(*made)
            self._handled.add(batch)
            if taken:
                self._push(Batch(batch, taken, before, tuple(a.id for a in made)))
                changes.done.append(self._batches[batch])
            changes.rows += [*self.refresh().rows, *self._known(rows)]
            return changes

    def undo(self, batch: str, of: str) -> Changes:
        """Take the step `of` back; rows that were decided anew since, here or elsewhere, keep the newer label."""
        with self._lock:
            changes = self.refresh()
            step = self._batches.get(of)
            if batch in self._handled or step is None:
                return Changes([*changes.rows, *(step.rows if step else ())], undone=[of])
            self.journal.withdraw(step.annotations, self.author)
            self._handled.add(batch)
            del self._batches[of]
            changes.undone.append(of)
            changes.rows += [*self.refresh().rows, *step.rows]
            return changes

    def refresh(self) -> Changes:
        """Take over what the journal holds now: labels from Label Studio, from another tab, from another notebook."""
        with self._lock:
            self._mark, samples = self.journal.changed(self._mark)
            rows = sorted(self._row[sample] for sample in samples if sample in self._row)
            for row in rows:
                annotation = self.journal.current(self.samples[row].id)
                self._holding[row] = annotation.id if annotation else None
                self.decided[row] = self._class_of(annotation)
            return Changes(rows)

    def steps(self) -> list[Batch]:
        """The steps that can be undone, the latest last."""
        with self._lock:
            return list(self._batches.values())

    def annotations(self) -> tuple[Annotation, ...]:
        """What holds for the samples of this grid, in their order."""
        with self._lock:
            self.refresh()
            held = (self.journal.current(self.samples[row].id) for row, i in enumerate(self._holding) if i is not None)
            return tuple(annotation for annotation in held if annotation is not None)

    def progress(self) -> Progress:
        """Counts of what is decided."""
        with self._lock:
            pairs = [(d, p) for d, p in zip(self.decided, self.predicted, strict=True) if d != NONE]
            confirmed = sum(decided == predicted for decided, predicted in pairs)
            return Progress(len(self.samples), confirmed, len(pairs) - confirmed)

    def _annotation(self, row: int, label: int) -> Annotation:
        return Annotation(self.samples[row].id, (Region(self.classes[label].name),), self.author, tool=TOOL)

    def _class_of(self, annotation: Annotation | None) -> int:
        if annotation is None:
            return NONE
        region = whole(annotation.regions) or next(iter(annotation.regions), None)
        return self.classes.index(region.label if region else "")

    def _known(self, rows: Sequence[int]) -> list[int]:
        unknown = [row for row in rows if not 0 <= row < len(self.samples)]
        if unknown:
            raise ValueError(f"There is no row {unknown[0]} in this grid of {len(self.samples)} samples.")
        return list(dict.fromkeys(rows))

    def _push(self, batch: Batch) -> None:
        self._batches[batch.id] = batch
        while len(self._batches) > _STACK:
            del self._batches[next(iter(self._batches))]


def whole(regions: Sequence[Region]) -> Region | None:
    """The region that stands for the whole sample: of several, the one with the best score."""
    found = [region for region in regions if region.shape is None]
    return max(found, key=lambda region: -1.0 if region.score is None else region.score, default=None)


def margin(region: Region) -> float | None:
    """How sure the model was, 0..1: the best score less the second best, else the score; None where it gave none."""
    best = sorted(region.scores.values(), reverse=True)[:2]
    return best[0] - best[1] if len(best) == 2 else region.score
