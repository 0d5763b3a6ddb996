"""What a labeler knows of each sample: the regions in the store, and those of a model that nobody decided on."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from imagine_kernels.records import Annotation, Opinion, Prediction, Region, Sample, from_json, now, to_json
from imagine_kernels.shapes import Flat
from imagine_widgets.classes import Classes, Label
from imagine_widgets.store import Drop, Edit, Held, Put, Step, Store
from imagine_widgets.store.holding import annotations, holding

TOOL = "labeler"
COUNTED = 500
"""Samples whose regions are counted: more would keep a person waiting for a picture of what she has before her."""
CROWD = 1000
"""Regions of a sample that take longer to be told than a picture takes to be seen."""
Json = dict[str, Any]


class Scenes:
    """The samples of one labeler by row, over the store that holds their regions."""

    def __init__(
        self,
        samples: Sequence[Sample],
        labels: Iterable[Label],
        predictions: Iterable[Prediction],
        store: Store,
        author: str,
        tool: str = TOOL,
        kinds: Any = Flat,  # noqa: ANN401 - a type, or several
    ) -> None:
        self._tool, self._kinds = tool, kinds
        self.samples = tuple(samples)
        self.classes = Classes(labels)
        self._rows = {sample.id: row for row, sample in enumerate(self.samples)}
        if len(self._rows) < len(self.samples):
            raise ValueError("A labeler shows each sample once: some were given twice.")
        self._store, self._author = store, author
        self._rev, _ = store.changed()
        self._models: dict[str, Prediction] = {one.sample_id: one for one in predictions}
        self._marked: dict[int, dict[str, Region]] = {}

    def regions(self, row: int) -> dict[str, Region]:
        """The regions of one sample by id, what people said over what a model said."""
        sample = self.samples[row].id
        return _over(dict(self._predicted(row)), self._store.regions(sample))

    def titles(self, region: Region) -> list[str]:
        """All labels of a region as a person reads them, the first one first."""
        names = [region.label, *(one.label for one in region.opinions if one.state != "rejected")]
        return [self.classes[self.classes.index(name)].title for name in dict.fromkeys(names)]

    def counts(self) -> "Counter[tuple[str, str]]":
        """How many regions there are of each label and state, in the first `COUNTED` samples that have any."""
        return Counter((one.label, one.state) for _, regions in self._all() for one in regions.values())

    def with_regions(self) -> Iterator[int]:
        """The rows of samples that have regions, in their order."""
        return (row for row, regions in self._all() if any(one.state != "rejected" for one in regions.values()))

    def annotations(self) -> Iterator[Annotation]:
        """What holds for each sample that people spoke of, in their order, under the name of who spoke last."""
        told = self._store.changed()[1]
        for sample in self.samples:
            said = [*annotations(self._store.current(sample.id))] if sample.id in told else []
            if said:
                last = max(said, key=lambda one: datetime.fromisoformat(one.at))
                yield replace(last, regions=tuple(region for one in said for region in one.regions))

    def predictions(self) -> Iterator[Prediction]:
        """What a model said, as people left it: with what they changed and drew, without what they rejected."""
        for row, sample in enumerate(self.samples):
            if sample.id in self._models:
                regions = tuple(one for one in self.regions(row).values() if one.state != "rejected")
                yield replace(self._models[sample.id], regions=regions)

    def _all(self) -> Iterator[tuple[int, dict[str, Region]]]:
        told = self._store.changed()[1]  # only those the store knows are asked for
        rows = (row for row, one in enumerate(self.samples) if one.id in told or one.id in self._models)
        for row in islice(rows, COUNTED):
            yield row, self.regions(row) if self.samples[row].id in told else dict(self._predicted(row))

    def _touched(self, row: int, ids: Collection[str]) -> dict[str, Region]:
        """Some of the regions of a sample: an edit costs what it changes, however many others there are."""
        predicted = self._predicted(row)
        guessed = {id_: predicted[id_] for id_ in ids if id_ in predicted}
        return _over(guessed, self._store.regions(self.samples[row].id, ids))

    def _predicted(self, row: int) -> dict[str, Region]:
        """What a model said of a sample, by id. Kept: a hundred thousand regions take a second to be marked as its."""
        if row not in self._marked:
            of_model = self._model(row)
            self._marked[row] = {one.id: one if one.state else replace(one, state="predicted") for one in of_model}
        return self._marked[row]

    def is_crowded(self, row: int) -> bool:
        """Whether a sample has so many regions that a person should see its picture before them."""
        return len(self._model(row)) + self._store.size(self.samples[row].id) > CROWD

    def told(self, row: int) -> Json:
        """For the browser: regions that are drawn, those of the whole sample, titles of those that lie elsewhere."""
        told: Json = {"regions": [], "whole": [], "others": []}
        for region in self.regions(row).values():
            if isinstance(region.shape, self._kinds):
                told["regions"].append(self._json(region))
            elif region.shape is None:
                told["whole"].append(self._json(region))
            elif region.state != "rejected":
                told["others"].append(self.classes[self.classes.index(region.label)].title)
        return told

    def told_at_once(self, row: int) -> Json:
        """As `told`; nothing of a crowd, whose labels are known from now on: its picture is told before it is."""
        if not self.is_crowded(row):
            return self.told(row)
        for region in self.regions(row).values():
            self.classes.index(region.label)
        return {"regions": [], "whole": [], "others": []}

    def edit(self, message: Mapping[str, Any]) -> tuple[Step, list[Json]]:
        """Enter what a person did to regions of one sample; the step, and the regions as they are now.

        Raises ValueError with a sentence for what is no region, OSError where the store cannot be written.
        """
        row = int(message["row"])
        sample, known = self.samples[row], self._touched(row, {str(told["id"]) for told in message["put"]})
        put = [self._region(told, known.get(str(told["id"])), sample) for told in message["put"]]
        edits: list[Edit] = [Put(sample.id, region, self._author, self._tool) for region in put]
        edits += [Drop(sample.id, str(id_), self._author, self._tool) for id_ in message["drop"]]
        cost = {"seconds": message.get("seconds"), "keys": message.get("keys")}
        step = self._store.write(edits, batch=str(message["batch"]), **cost)
        return step, [self._json(region) for region in put]

    def undo(self, message: Mapping[str, Any]) -> Step:
        """Take a step back. Raises LookupError for one that is not in the store."""
        return self._store.undo(str(message["of"]), author=self._author, as_batch=str(message["batch"]))

    def steps(self) -> list[Json]:
        """What this person can undo, oldest first: the step and the row of its sample."""
        return [
            told for one in self._store.steps(self._author, self._tool) if (told := self.step(one))["row"] is not None
        ]

    def undone(self) -> list[Json]:
        """What this person can do again, the next one last."""
        found = ((self.step(one), by) for one, by in self._store.undone(self._author, self._tool))
        return [{"of": by, "root": step["id"], "row": step["row"]} for step, by in found if step["row"] is not None]

    def step(self, step: Step) -> Json:
        """A step as the browser keeps it."""
        return {"id": step.id, "row": next((self._rows[s] for s in sorted(step.samples) if s in self._rows), None)}

    def changed(self) -> list[int]:
        """The rows whose regions changed since this was asked last, by whomever."""
        self._rev, samples = self._store.changed(self._rev)
        return sorted(self._rows[sample] for sample in samples if sample in self._rows)

    def _model(self, row: int) -> tuple[Region, ...]:
        found = self._models.get(self.samples[row].id)
        return () if found is None else found.regions

    def _region(self, told: Mapping[str, Any], known: Region | None, sample: Sample) -> Region:
        shape = from_json(told["shape"]) if told["shape"] is not None else None
        if shape is not None and not isinstance(shape, self._kinds):
            raise ValueError(f"A {type(shape).__name__} is not drawn in {sample.id}.")
        label, state = self.classes[int(told["label"])].name, str(told["state"])
        opinions = self._opinions(told, known.opinions if known else ())
        if known is None:
            return Region(label, shape=shape, id=str(told["id"]), state=state, opinions=opinions)
        score = known.score if label == known.label else known.scores.get(label)
        return replace(known, label=label, score=score, shape=shape, state=state, opinions=opinions)

    def _opinions(self, told: Mapping[str, Any], known: tuple[Opinion, ...]) -> tuple[Opinion, ...]:
        """The further labels as the browser has them; a message that names none leaves them as they are."""
        if "also" not in told:
            return known
        wanted = dict.fromkeys(self.classes[int(label)].name for label in told["also"])
        kept = tuple(one for one in known if one.label in wanted or one.state == "rejected")
        there = {one.label for one in kept if one.state != "rejected"}
        return kept + tuple(Opinion(label, None, self._author, now()) for label in wanted if label not in there)

    def _json(self, region: Region) -> Json:
        also = [self.classes.index(one.label) for one in region.opinions if one.state != "rejected"]
        label = self.classes.index(region.label)
        return {
            "id": region.id,
            "label": label,
            "shape": None if region.shape is None else to_json(region.shape),
            "state": region.state,
            "score": region.score,
            **({"also": more} if (more := [one for one in dict.fromkeys(also) if one != label]) else {}),
        }


def _over(found: dict[str, Region], said: Collection[Held]) -> dict[str, Region]:
    """What people said, over what a model said."""
    for one in said:
        if one.region is not None or one.at:  # else she took back what she had decided
            found.pop(one.id, None)
    return found | {one.id: one.region for one in holding(said) if one.region is not None}
