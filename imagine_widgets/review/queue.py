"""The queue of a review: which regions of a model a person has before her, and what became of each in the store.

Nothing of it is kept but what she said in the store: whoever makes the same queue again goes on where she stopped.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import Flat, extent
from imagine_widgets.classes import Classes
from imagine_widgets.review.orders import Found, Only, Order, ordered
from imagine_widgets.store import Held, Store
from imagine_widgets.store.holding import holding

TOOL = "review"
CODES = ("", "accepted", "corrected", "rejected", "uncertain")
"""What became of a region, by number: it is open, or a person decided."""
GUESSES = 3
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A region of the queue, as the model said it; `at` is when the word was said that the queue began with."""

    row: int
    region: Region
    at: str


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of a region now: its label, its state, and when that was said."""

    label: str
    state: str
    at: str
    tool: str
    region: Region | None


class Queue:
    """The regions of a review in their order. `refresh` takes over what the store holds now."""

    def __init__(
        self,
        samples: Sequence[Sample],
        predictions: Iterable[Prediction],
        store: Store,
        classes: Classes,
        order: Order,
        only: Only,
    ) -> None:
        self._samples, self._store, self._classes, self._only = samples, store, classes, only
        rows = {sample.id: row for row, sample in enumerate(samples)}
        models = {rows[one.sample_id]: one.regions for one in predictions if one.sample_id in rows}
        told = store.changed()[1]
        said = dict(self._said(row for row, sample in enumerate(samples) if sample.id in told))
        found = self._found(models, said)
        self.items = [self._item(one, said) for one in ordered(found, samples, classes, order)]
        self._places = {(samples[one.row].id, one.region.id): place for place, one in enumerate(self.items)}
        self._of_row: dict[int, list[int]] = {}
        for place, one in enumerate(self.items):
            self._of_row.setdefault(one.row, []).append(place)
        self.codes = bytearray(self._code(one, said.get(one.row, {})) for one in self.items)
        self.guessing = any(len(one.region.scores) > 1 for one in self.items)

    def __len__(self) -> int:
        return len(self.items)

    def first_open(self) -> int:
        """The place of the first region nobody decided on; the first of all where none is open."""
        return max(self.codes.find(0), 0)

    def counts(self) -> "Counter[str]":
        """How many regions became what; "" are open."""
        return Counter(CODES[code] for code in self.codes)

    def place(self, sample_id: str, id_: str) -> int | None:
        """The place of a region in the queue; None where it is not in it."""
        return self._places.get((sample_id, id_))

    def refresh(self, rows: Iterable[int]) -> list[tuple[int, int]]:
        """The places that became something else since, each with its code now."""
        changed = []
        for row, said in self._said(dict.fromkeys(row for row in rows if row in self._of_row)):
            for place in self._of_row[row]:
                code = self._code(self.items[place], said)
                if code != self.codes[place]:
                    self.codes[place] = code
                    changed.append((place, code))
        return changed

    def told(self, start: int, end: int) -> list[Json]:
        """A stretch of the queue for the browser: where each region is, and the model's best guesses of it."""
        return [self._json(one) for one in self.items[max(0, start) : end]]

    def _json(self, item: Item) -> Json:
        region = item.region
        return {
            "row": item.row,
            "id": region.id,
            "label": self._classes.index(region.label),
            "bounds": [round(number, 2) for number in extent(region.shape)] if isinstance(region.shape, Flat) else None,
            "guesses": [self._classes.index(name) for name in guesses(region)],
        }

    def _said(self, rows: Iterable[int]) -> Iterator[tuple[int, dict[str, Said]]]:
        """What people said of the regions of these rows, many rows at a time."""
        wanted = list(rows)
        words = self._store.all_regions(self._samples[row].id for row in wanted)
        return ((row, _by_id(held)) for row, (_, held) in zip(wanted, words, strict=True))

    def _found(self, models: Mapping[int, Sequence[Region]], said: Mapping[int, Mapping[str, Said]]) -> Iterator[Found]:
        for row in sorted({*models, *said}):
            known, predicted = said.get(row, {}), models.get(row, ())
            of_model = {one.id for one in predicted}
            others = (one.region for id_, one in known.items() if id_ not in of_model and _is_reviewed(one, self._only))
            regions = (*predicted, *(one for one in others if one is not None))
            yield from ((row, one) for one in regions if self._is_wanted(one, known))

    def _is_wanted(self, region: Region, said: Mapping[str, Said]) -> bool:
        labels, states = self._only.labels, self._only.states
        if not (region.shape is None or isinstance(region.shape, Flat)) or (labels and region.label not in labels):
            return False
        return not states or (_state(region, said) or "predicted") in states

    def _item(self, found: Found, said: Mapping[int, Mapping[str, Said]]) -> Item:
        row, region = found
        known = said.get(row, {}).get(region.id)
        return Item(row, region, known.at if known else "")

    def _code(self, item: Item, said: Mapping[str, Said]) -> int:
        state = _state(item.region, said)
        known = said.get(item.region.id)
        is_second_look = state in self._only.states and (known.at if known else "") == item.at
        return 0 if is_second_look else CODES.index(state)


def guesses(region: Region) -> list[str]:
    """The model's best labels of a region, the best first."""
    scores = region.scores or {region.label: 1.0}
    best = heapq.nlargest(GUESSES, scores, key=scores.__getitem__)
    return best if region.label in best else [region.label, *best][:GUESSES]


def _by_id(held: Sequence[Held]) -> dict[str, Said]:
    """What holds of each region; of one that is deleted, that it is rejected."""
    found: dict[str, Said] = {}
    for one in held:
        if one.id and one.deleted and one.at:
            found[one.id] = Said("", "rejected", one.at, one.tool, None)
    for one in holding(held):
        if one.region is not None:
            found[one.id] = Said(one.region.label, one.region.state, one.at, one.tool, one.region)
    return found


def _is_reviewed(said: Said, only: Only) -> bool:
    """Whether what only the store knows belongs into the queue: a model said it, or it is looked at once more."""
    return said.state == "predicted" or said.state in only.states or (said.tool == TOOL and said.state in CODES[1:])


def _state(region: Region, said: Mapping[str, Said]) -> str:
    """What became of a region, "" where it is open. A label of the whole picture given elsewhere decides on a guess."""
    known = said.get(region.id)
    if known is None and region.shape is None:
        others = (one for one in said.values() if one.region is not None and one.region.shape is None)
        known = next((one for one in others if one.state != "predicted" and one.tool != TOOL), None)
    if known is None or known.state == "predicted":
        return ""
    return known.state or ("accepted" if known.label == region.label else "corrected")
