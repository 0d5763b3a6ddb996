"""The truth behind the review grid: what was predicted, what a person decided, what can be undone. No browser here."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from imagine_kernels.records import Annotation, Prediction, Region, Sample, new_id
from imagine_widgets.classes import Classes, Label
from imagine_widgets.grid.guesses import NONE, Group, groups, margin, runner_up, whole
from imagine_widgets.store import Drop, Edit, Held, Put, Step, Store
from imagine_widgets.store.holding import annotations, holding

TOOL = "review grid"
RESERVED = frozenset("auz?+-[]/oslprwgi")
"""Keys of the grid itself."""
_STACK = 1000
_RECALLED = 50  # steps of before that a grid made again can still undo


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


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step cost the person, where the browser measured it: the seconds since the one before, keys and clicks."""

    seconds: float | None = None
    keys: int | None = None


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
        store: Store,
        author: str,
        order: Iterable[str] = (),
    ) -> None:
        self.samples = tuple(samples)
        self.store, self.author = store, author
        self.classes = Classes(labels, reserved=RESERVED)
        self._lock = threading.RLock()
        self._row = {sample.id: row for row, sample in enumerate(self.samples)}
        if len(self._row) < len(self.samples):
            twice = next(s.id for row, s in enumerate(self.samples) if self._row[s.id] != row)
            raise ValueError(f"The sample {twice} was given twice: a grid shows each sample once.")
        self.places = {self._row[name]: place for place, name in enumerate(order) if name in self._row}
        self.predicted: list[int] = [NONE] * len(self.samples)
        self.second = list(self.predicted)  # the model's second guesses
        self.sure: list[float | None] = [None] * len(self.samples)
        self._regions: dict[int, Region] = {}
        for prediction in predictions:
            self._enter(prediction)
        self.decided: list[int] = [NONE] * len(self.samples)
        self._handled: set[str] = set()
        self._mark = 0
        self.refresh()
        steps = store.steps(author, TOOL, _RECALLED)
        self._batches = {step.id: self._recall(step) for step in steps if step.samples <= self._row.keys()}

    def _enter(self, prediction: Prediction) -> None:
        row, region = self._row.get(prediction.sample_id), whole(prediction.regions)
        if row is not None and region is not None:
            self.predicted[row], self.sure[row] = self.classes.index(region.label), margin(region)
            self._regions[row], second = region, runner_up(region)
            self.second[row] = NONE if second is None else self.classes.index(second)

    def groups(self) -> list[Group]:
        """The rows by predicted class, as ordered, then least sure first; those without a prediction come last."""
        return groups(self.predicted, self.sure, self.places)

    def scores(self, row: int) -> list[tuple[str, float]]:
        """The three best guesses of the model for one row."""
        region = self._regions.get(row)
        if region is None:
            return []
        scores = dict(region.scores) or ({} if region.score is None else {region.label: region.score})
        return sorted(scores.items(), key=lambda item: -item[1])[:3]

    def label(self, batch: str, rows: Sequence[int], label: int, cost: Cost | None = None) -> Changes:
        """Give these rows one label. Raises OSError with a sentence where the store cannot be written."""
        if not 0 <= label < len(self.classes):
            raise ValueError(f"There is no class number {label} in this grid.")
        return self._decide(batch, rows, lambda _: label, lambda _: True, cost or Cost())

    def accept(self, batch: str, rows: Sequence[int], cost: Cost | None = None) -> Changes:
        """Confirm the predicted label of those of these rows that nobody decided yet."""
        is_open = lambda row: self.decided[row] == NONE  # noqa: E731
        return self._decide(batch, rows, self.predicted.__getitem__, is_open, cost or Cost())

    def relabel(self, batch: str, rows: Sequence[int], labels: Sequence[int], cost: Cost | None = None) -> Changes:
        """Give each of these rows its own label: the second guess, or what was undone; NONE leaves it as it is."""
        chosen = dict(zip(rows, labels, strict=True))
        if not all(NONE <= label < len(self.classes) for label in chosen.values()):
            raise ValueError(f"This grid has {len(self.classes)} classes: a label is none of them.")
        return self._decide(batch, rows, chosen.__getitem__, lambda _: True, cost or Cost())

    def _decide(
        self,
        batch: str,
        rows: Sequence[int],
        choose: Callable[[int], int],
        wanted: Callable[[int], bool],
        cost: Cost,
    ) -> Changes:
        with self._lock:
            changes = self.refresh()
            if batch in self._handled:
                return Changes([*changes.rows, *self._known(rows)])
            taken = tuple(row for row in self._known(rows) if wanted(row) and choose(row) != NONE)
            before = tuple(self.decided[row] for row in taken)
            if taken:
                edits = [edit for row, said in self._said(taken) for edit in self._edits(row, choose(row), said)]
                self.store.write(edits, batch=batch, seconds=cost.seconds, keys=cost.keys)
                self._push(Batch(batch, taken, before))
                changes.done.append(self._batches[batch])
            self._handled.add(batch)
            changes.rows += [*self.refresh().rows, *self._known(rows)]
            return changes

    def _said(self, rows: Sequence[int]) -> Iterator[tuple[int, tuple[Held, ...]]]:
        said = self.store.all_regions(self.samples[row].id for row in rows)
        return ((row, held) for row, (_, held) in zip(rows, said, strict=True))

    def _edits(self, row: int, label: int, said: Sequence[Held]) -> Iterator[Edit]:
        """My label of the whole sample, in place of what I said of it before; nobody else's is touched."""
        sample = self.samples[row].id
        own = [(held.region, held.deleted) for held in said if held.author == self.author and held.region is not None]
        mine = [(region, deleted) for region, deleted in own if region.shape is None]
        live = [region for region, deleted in mine if not deleted]
        first = whole(live) or next((region for region, _ in mine), None)
        name, state = self.classes[label].name, "accepted" if label == self.predicted[row] else "corrected"
        guess = self._regions.get(row)
        region = first or Region(name, id=guess.id if guess is not None else new_id())
        yield Put(sample, replace(region, label=name, score=None, scores={}, state=state), self.author, TOOL)
        for other in live:
            if other.id != region.id:
                yield Drop(sample, other.id, self.author, TOOL)

    def undo(self, batch: str, of: str) -> Changes:
        """Take the step `of` back; rows that were decided anew since, here or elsewhere, keep the newer label."""
        with self._lock:
            changes = self.refresh()
            step = self._batches.get(of)
            if batch in self._handled or step is None:
                return Changes([*changes.rows, *(step.rows if step else ())], undone=[of])
            self.store.undo(of, author=self.author, as_batch=batch)
            self._handled.add(batch)
            del self._batches[of]
            changes.undone.append(of)
            changes.rows += [*self.refresh().rows, *step.rows]
            return changes

    def refresh(self) -> Changes:
        """Take over what the store holds now: labels from Label Studio, from another tab, from another notebook."""
        with self._lock:
            mark, samples = self.store.changed(self._mark)
            rows = sorted(self._row[sample] for sample in samples if sample in self._row)
            for row, said in self._said(rows):
                self.decided[row] = self._class_of(said)
            self._mark = mark
            return Changes(rows)

    def steps(self) -> list[Batch]:
        """The steps that can be undone, the latest last."""
        with self._lock:
            return list(self._batches.values())

    def annotations(self) -> tuple[Annotation, ...]:
        """What holds for the samples of this grid, in their order: one annotation for each who said what holds."""
        with self._lock:
            self.refresh()
            rows = [row for row, decided in enumerate(self.decided) if decided != NONE]
            return tuple(one for _, said in self._said(rows) for one in annotations(_holding(said)))

    def progress(self) -> Progress:
        """Counts of what is decided."""
        with self._lock:
            pairs = [(d, p) for d, p in zip(self.decided, self.predicted, strict=True) if d != NONE]
            confirmed = sum(decided == predicted for decided, predicted in pairs)
            return Progress(len(self.samples), confirmed, len(pairs) - confirmed)

    def _class_of(self, said: Sequence[Held]) -> int:
        found = _holding(said)
        regions = [held.region for held in found if held.region is not None]
        region = whole(regions) or next(iter(regions), None)
        return NONE if not found else self.classes.index(region.label if region else "")

    def _recall(self, step: Step) -> Batch:
        """A step of before the kernel was started, and what I had said before it."""
        told = self.store.before(step.id)
        rows = tuple(sorted(self._row[sample] for sample in step.samples))
        return Batch(step.id, rows, tuple(self._class_of(told.get(self.samples[row].id, ())) for row in rows))

    def _known(self, rows: Sequence[int]) -> list[int]:
        unknown = [row for row in rows if not 0 <= row < len(self.samples)]
        if unknown:
            raise ValueError(f"There is no row {unknown[0]} in this grid of {len(self.samples)} samples.")
        return list(dict.fromkeys(rows))

    def _push(self, batch: Batch) -> None:
        self._batches[batch.id] = batch
        while len(self._batches) > _STACK:
            del self._batches[next(iter(self._batches))]


def _holding(said: Sequence[Held]) -> tuple[Held, ...]:
    """What somebody agreed to; where there is no such region, that somebody saw the sample and found nothing."""
    found = (held for held in holding(said) if held.region and held.region.state not in {"predicted", "rejected"})
    return tuple(found) or tuple(held for held in said if not held.id and not held.deleted)[-1:]
