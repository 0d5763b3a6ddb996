"""Plans → the store: what changed there becomes words here, each on the revision it was made on, or is planned anew."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field

from imagine_kernels.records import Skipped
from imagine_widgets.label_studio.plan import Plan, plan, taken
from imagine_widgets.label_studio.slots import Slot, slots
from imagine_widgets.label_studio.wire import Task
from imagine_widgets.store import Stale, Store
from imagine_widgets.store.agreed import Agreement

_TRIES = 20
HERE = "there"
"""The place of an annotation that was seen there."""


@dataclass
class Taker:
    """Takes what lies at `target` into `store`; `places` are the annotations known there, by sample and author."""

    store: Store
    target: str
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    _authors: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = self.store.agreed.places(self.target)
        for sample, author in self.places:
            self._authors.setdefault(sample, []).append(author)

    def slots(self, sample_id: str, tasks: Iterable[Task]) -> dict[str, Slot]:
        """Whose annotations these are."""
        return slots(tasks, self._authors.get(sample_id, []), self.skipped)

    def authors(self, sample_id: str) -> list[str]:
        """Who had annotations of a sample there when this began."""
        return self._authors.get(sample_id, [])

    def plan(self, sample_id: str, tasks: Iterable[Task]) -> Plan:
        """What a sample needs."""
        return plan(self.store, self.target, sample_id, self.slots(sample_id, tasks))

    def take(self, plans: list[Plan]) -> list[Plan]:
        """Write what these plans take, agree and dispute; the plans as they were carried out in the end."""
        try:
            self._write(plans)
        except Stale:  # somebody here was faster: each is looked at again
            plans = [self._again(one) for one in plans]
        return plans

    def _again(self, one: Plan) -> Plan:
        for _ in range(_TRIES):
            one = plan(self.store, self.target, one.sample_id, one.slots)
            try:
                self._write([one])
            except Stale:
                continue
            return one
        left = Plan(one.sample_id, one.slots)  # somebody writes this very sample all the time: the next pull takes it
        self._write([left])
        return left

    def _write(self, plans: list[Plan]) -> None:
        """The words and what is known of them at once: a word without its note would be taken for one said here."""
        edits = [edit for one in plans for edit in one.edits]
        with self.store.together() if edits else nullcontext():
            if edits:
                self.store.write(edits)
            self._note(plans)

    def _note(self, plans: list[Plan]) -> None:
        agreed: list[Agreement] = [one for made in plans for one in (*made.agreements, *made.reopened)]
        for made in plans:
            if made.takings:
                rows = {(held.author, held.id): held for held in self.store.regions(made.sample_id)}
                agreed += taken(made, rows)
        self.store.agreed.agree(self.target, agreed)
        self.store.agreed.dispute(self.target, [one for made in plans for one in made.disputes])
        self.put({(made.sample_id, author): HERE for made in plans for author in made.slots})

    def put(self, places: Mapping[tuple[str, str], str]) -> None:
        """Note where annotations lie, as far as that is news."""
        news = {name: place for name, place in places.items() if self.places.get(name) != place}
        self.store.agreed.put(self.target, [(*name, place) for name, place in news.items()])
        self.places |= news
