"""Labels for tasks that exist: each sample's annotations are read, merged, and written back with what they lack."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tqdm.auto import tqdm

from imagine_widgets.label_studio import tasks
from imagine_widgets.label_studio.cargo import Cargo
from imagine_widgets.label_studio.pictures import MANY
from imagine_widgets.label_studio.plan import Plan
from imagine_widgets.label_studio.regions import Mark, grouped, marked, stamped
from imagine_widgets.label_studio.server import Server
from imagine_widgets.label_studio.slots import Sheet, Slot, copied, number, unique
from imagine_widgets.label_studio.taking import HERE, Taker
from imagine_widgets.label_studio.views import home
from imagine_widgets.label_studio.wire import Item, NewAnnotation, Project, Task
from imagine_widgets.store import Held
from imagine_widgets.store.agreed import Agreement

AT_ONCE, NOTED = 4, 40
"""Samples in flight, and samples between two notes in the store."""
_TRIES = 5


@dataclass(frozen=True)
class _Sent:
    """What went there of one sample."""

    agreements: tuple[Agreement, ...]
    places: Mapping[tuple[str, str], str]
    absent: tuple[Agreement, ...] = ()
    """Words that were deleted here before anything was agreed about them, and do not lie there."""


Numbers = Mapping[str, Sequence[int]]
"""The tasks of each sample."""


def send(server: Server, project: Project, cargo: Cargo, there: Numbers, before: Numbers) -> None:
    """Bring the labels of the samples that have tasks there up to what holds in the store.

    Of samples without a task `before` nothing lies there that was deleted here.
    """
    store = cargo.store
    if store is None:
        return
    withdrawn: dict[str, list[Agreement]] = defaultdict(list)
    for one in store.agreed.withdrawn(cargo.target):
        withdrawn[one.sample_id].append(one)
    new = [sample for sample in withdrawn if sample in there and sample not in before]
    store.agreed.agree(cargo.target, [one for sample in new for one in withdrawn.pop(sample)])
    waiting = [sample for sample in {**store.agreed.pending(cargo.target), **withdrawn} if sample in there]
    sender = _Sender(server, project, cargo, Taker(store, cargo.target))
    with (
        tqdm(total=len(waiting), desc="Labels to Label Studio", unit="image", disable=len(waiting) < MANY) as bar,
        _workers() as pool,
    ):
        for start in range(0, len(waiting), NOTED):
            some = waiting[start : start + NOTED]
            sent = list(pool.map(lambda sample: sender.bring(sample, there[sample], withdrawn[sample]), some))
            store.agreed.agree(cargo.target, [one for done in sent for one in (*done.agreements, *done.absent)])
            sender.taker.put({name: place for done in sent for name, place in done.places.items()})
            cargo.tally.labels += sum(len(done.agreements) for done in sent)
            bar.update(len(some))
    for left in sender.taker.skipped:
        cargo.tally.leave_out(left.where, left.why)


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """Threads that end at once, after what they have in hand, when a person interrupts."""
    pool = ThreadPoolExecutor(AT_ONCE, "label-studio")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class _Sender:
    """Everything that one sample's exchange needs."""

    server: Server
    project: Project
    cargo: Cargo
    taker: Taker

    def bring(self, sample_id: str, numbers: Sequence[int], withdrawn: Sequence[Agreement]) -> _Sent:
        """Merge one sample and send what is missing there; again where somebody was faster."""
        for _ in range(_TRIES):
            there = [task for n in numbers if (task := self.server.task(n)) is not None and task.view is not None]
            if not there:
                break
            (made,) = self.taker.take([self.taker.plan(sample_id, there)])
            sent = self._send(made, there)
            if sent is not None:
                return replace(sent, absent=tuple(one for one in withdrawn if not _lies(made, one)))
        return _Sent((), {})

    def _send(self, made: Plan, there: Sequence[Task]) -> _Sent | None:
        """What was sent; None where an annotation came there meanwhile."""
        agreed: list[Agreement] = []
        places: dict[tuple[str, str], str] = {}
        for author, rows in made.sending.items():
            slot = made.slots.get(author, Slot(author))
            turn = 1 + max((sheet.turn or 0 for sheet in slot.sheets), default=0)
            turn = max(turn, 1 + self._round(made.sample_id, author), _moment()) if slot.sheets else turn
            for sheet, task, some in _sheets(slot, there, self._fitting(made, author, rows)):
                if sheet is None and not self._add(task, slot, some, turn):
                    return None
                kept = self._change(sheet, slot, some, turn) if sheet is not None else not all(r.deleted for r in some)
                places[made.sample_id, author] = HERE if kept else ""
                agreed += [_agreement(row, self._entries(row, task, turn), turn) for row in some]
                agreed += [_agreement(made.rows[author, one], (), turn) for one in _outdated(slot, some, made)]
        return _Sent(tuple(agreed), places)

    def _round(self, sample_id: str, author: str) -> int:
        """The latest round in which anything of this slot was sent."""
        known = self.taker.store.agreed.of(self.taker.target, sample_id)
        return max(
            (Mark.read(one.seen.lstrip("~")).round for (name, _), one in known.items() if name == author), default=0
        )

    def _fitting(self, made: Plan, author: str, rows: Sequence[Held]) -> list[Held]:
        """Those of these words that the page can hold beside all others of the author."""
        live = [row for (name, _), row in made.rows.items() if name == author and not row.deleted]
        able = {row.id for row in self.cargo.fit(live)}
        return [row for row in rows if row.deleted or row.id in able]

    def _add(self, task: Task, slot: Slot, rows: Sequence[Held], turn: int) -> bool:
        live = [row for row in rows if not row.deleted]
        result = [one for row in live for one in self._entries(row, task, turn)]
        if not result:
            return True
        turns = sum(sheet.task == task.id for sheet in slot.sheets)
        name = unique(self.project, task.id, f"{slot.author}#{turns}" if turns else slot.author)
        new: NewAnnotation = {
            "import_id": number(task.key, slot.author),
            "unique_id": name,
            "ground_truth": False,
            "result": result,
        }
        return self.server.add_annotation(task.id, new)

    def _change(self, sheet: Sheet, slot: Slot, rows: Sequence[Held], turn: int) -> bool:
        """Write these words into an annotation, and leave all else there as it is; whether anything is left of it."""
        new = {row.id: [] if row.deleted else self._entries(row, sheet, turn) for row in rows}
        new |= {one: [] for one in _whole(slot) if any(_is_whole(row) for row in rows) and one not in new}
        result: list[Item] = []
        for raw, some in grouped(sheet.made).items():
            name = copied(raw, sheet.made) if copied(raw, sheet.made) in slot.lying else raw
            mark = marked(some)
            result += new.pop(name) if name in new else [stamped(one, mark, turn, sheet.made) for one in some]
        result += [one for some in new.values() for one in some]
        if not result and sheet.made.import_id == number(sheet.view.shown.id, slot.author):
            self.server.delete_annotation(sheet.made)
            return False
        self.server.change_annotation(sheet.made, {"result": result})
        return True

    def _entries(self, row: Held, at: Sheet | Task, turn: int) -> list[Item]:
        view = at.view
        return list(tasks.said(row, view, self.cargo.offers, turn)) if view is not None and not row.deleted else []


def _lies(made: Plan, one: Agreement) -> bool:
    """Whether anything may lie there of a region that was deleted here; what was sent about it is noted anyway."""
    slot = made.slots.get(one.author, Slot(one.author))
    return one.id in slot.lying or one.id in slot.unread


def _moment() -> int:
    """Milliseconds, which fit into what a browser counts to: a request of a push that was killed is never the later."""
    return int(time.time() * 1000)


def _sheets(slot: Slot, there: Sequence[Task], rows: Iterable[Held]) -> Iterator[tuple[Sheet | None, Task, list[Held]]]:
    """By annotation, or for a new one by task: the words that belong there."""
    by_task = {task.id: task for task in there}
    pictures = tuple(task.view for task in there if task.view is not None)
    found: dict[tuple[int, int], list[Held]] = defaultdict(list)
    sheets = {sheet.made.id: sheet for sheet in slot.sheets if not sheet.made.is_skip}
    for row in rows:
        lying = slot.lying.get(row.id)
        if lying is not None:
            sheet: Sheet | None = sheets[lying.made.id]
        else:
            view = home(pictures, row.region.shape if row.region is not None else None)
            sheet = next((one for one in sheets.values() if one.view == view), None)
            task = next(task for task in there if task.view == view)
        found[(sheet.made.id, sheet.task) if sheet is not None else (0, task.id)].append(row)
    for (annotation, number_), some in found.items():
        yield sheets.get(annotation), by_task[number_], some


def _is_whole(row: Held) -> bool:
    return not row.deleted and row.region is not None and row.region.shape is None


def _whole(slot: Slot) -> list[str]:
    """The classes of the whole picture that lie there: a page holds one."""
    return [name for name, one in slot.lying.items() if one.region.shape is None]


def _outdated(slot: Slot, rows: Sequence[Held], made: Plan) -> list[str]:
    """Classes of the whole that gave way there to a later one; they stay here."""
    if not any(_is_whole(row) for row in rows):
        return []
    return [name for name in _whole(slot) if name not in {row.id for row in rows} and (slot.author, name) in made.rows]


def _agreement(row: Held, entries: Sequence[Item], turn: int) -> Agreement:
    mark = marked(entries) if entries else ""
    return Agreement(row.sample_id, row.author, row.id, row.rev, str(Mark(mark, mark, turn)))
