"""Pull: what people made or changed in Label Studio → words of the store, each once and under its author's name."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tqdm.auto import tqdm

from imagine_kernels.records import Annotation, Skipped
from imagine_widgets.label_studio import projects
from imagine_widgets.label_studio.ahead import ahead
from imagine_widgets.label_studio.connection import LabelStudioError
from imagine_widgets.label_studio.outcome import Link, Pull
from imagine_widgets.label_studio.pictures import MANY
from imagine_widgets.label_studio.plan import TOOL, Plan, moment
from imagine_widgets.label_studio.regions import Lying, joined
from imagine_widgets.label_studio.server import Server, reach
from imagine_widgets.label_studio.slots import Slot, slots
from imagine_widgets.label_studio.sweeping import seldom
from imagine_widgets.label_studio.taking import HERE, Taker
from imagine_widgets.label_studio.turns import turn
from imagine_widgets.label_studio.wire import Project, Task
from imagine_widgets.store import Drop, Store


def pull(
    title: str,
    *,
    store: Store | None = None,
    deletions: bool = False,
    group: str = "",
    url: str | None = None,
    token: str | None = None,
) -> Pull:
    """Take what people made, changed or deleted in the project `title` into `store`; not what nobody touched.

    What was changed here and there since both sides agreed becomes a conflict, see `conflicts`. Labels whose whole
    annotation or image was deleted there stay here, unless `deletions`. Without a store all labels made there are
    given and nothing is kept. A server that is down, slow or strange is told by `Pull.problem`, not raised. Raises
    OSError where the store cannot be read or written.
    """
    started, address, problem = time.monotonic(), "", None
    taking = _Taking(deletions=deletions)
    try:
        with reach(url, token, group) as server, seldom():
            project = _project(server, title)
            address = server.address(project)
            if store is None:
                taking.read(server, project)
            else:
                with turn(server.url, title):
                    taking.merge(server, project, store)
    except LabelStudioError as error:
        problem = f"{error}. Nothing is lost: pull again."
    found = tuple(sorted(taking.found, key=lambda annotation: annotation.at))
    waiting = store.agreed.conflicts() if store is not None else ()
    told = (found, taking.removed, waiting, tuple(dict.fromkeys(taking.left_out)))
    return Pull(title, address, *told, problem, time.monotonic() - started)


def link(title: str, *, group: str = "", url: str | None = None, token: str | None = None) -> Link:
    """Where the project `title` lies in Label Studio."""
    try:
        with reach(url, token, group) as server:
            return Link(title, server.address(_project(server, title)))
    except LabelStudioError as error:
        return Link(title, problem=f"{error}.")


def _project(server: Server, title: str) -> Project:
    project = projects.find(server, title)
    if project is None:
        raise LabelStudioError(f"There is no project {title!r} in Label Studio yet: push to it first")
    return project


@dataclass
class _Taking:
    """What one pull finds; it grows as the pull goes on."""

    deletions: bool
    found: list[Annotation] = field(default_factory=list)
    removed: int = 0
    left_out: list[Skipped] = field(default_factory=list)
    _listed: dict[str, list[int]] | None = None

    def read(self, server: Server, project: Project) -> None:
        """Everything that people made there, for want of a store to hold it against."""
        for page in _watched(server.annotated(project)):
            for sample_id, tasks in self._by_sample(page).items():
                for slot in slots(tasks, (), self.left_out).values():
                    self.found += _made(sample_id, slot)

    def merge(self, server: Server, project: Project, store: Store) -> None:
        """All that changed there since the last pull, page by page; each page is kept before the next is asked for."""
        taker = Taker(store, project.target, skipped=self.left_out)
        since, _, count = store.agreed.reached(project.target).partition(" ")
        latest = since
        for page in _watched(server.annotated(project, since)):
            plans = [self._plan(server, project, taker, *one) for one in self._by_sample(page).items()]
            plans = taker.take(plans)
            self._tell(plans)
            self._vanished(taker, plans)
            latest = max([latest, *(task.at for task in page)])
        there = server.count(project)
        if count and there < int(count):
            self._gone(server, project, taker)
        if latest or count:
            store.agreed.reach(project.target, f"{latest} {there}")

    def _by_sample(self, page: Iterable[Task]) -> dict[str, list[Task]]:
        found: dict[str, list[Task]] = defaultdict(list)
        for task in page:
            if task.view is not None:
                found[task.view.of].append(task)
            else:
                for made in task.made:
                    why = f"{made.editor} labelled an image that did not come by push."
                    self.left_out.append(Skipped(f"task {task.id}", why))
        return found

    def _plan(self, server: Server, project: Project, taker: Taker, sample_id: str, tasks: list[Task]) -> Plan:
        """What seems deleted may lie on another task of the same sample: then all of them are looked at."""
        made = taker.plan(sample_id, tasks)
        missing = any(taking.there is None for taking in made.takings) or any(t is None for _, t, _ in made.disputes)
        if not missing:
            return made
        numbers = self._numbers(server, project, sample_id)
        if len(numbers) <= len(tasks):
            return made
        every = [task for number in numbers if (task := server.task(number)) is not None]
        return taker.plan(sample_id, [task for task in every if task.view is not None and task.view.of == sample_id])

    def _numbers(self, server: Server, project: Project, sample_id: str) -> list[int]:
        """The tasks that may show parts of a sample; asked for once in a pull, and only where it matters."""
        if self._listed is None:
            self._listed = defaultdict(list)
            for number, key in server.tasks(project):
                for name in {key, key.rpartition(" [")[0]} - {""}:
                    self._listed[name].append(number)
        return self._listed.get(sample_id, [])

    def _tell(self, plans: Iterable[Plan]) -> None:
        for made in plans:
            by: dict[str, list[int]] = defaultdict(list)
            for number, taking in enumerate(made.takings):
                if isinstance(taking.edit, Drop):
                    self.removed += 1
                else:
                    by[taking.edit.author].append(number)
            for author, numbers in by.items():
                takings = [made.takings[number] for number in numbers]
                regions = tuple(one.there for one in takings if one.there is not None)
                at = max(one.edit.at for one in takings)
                self.found.append(Annotation(made.sample_id, regions, author, at, TOOL))

    def _vanished(self, taker: Taker, plans: Iterable[Plan]) -> None:
        """Annotations that were there and are not any more."""
        for made in plans:
            for author in {author for sample, author in _known(taker, made.sample_id)} - made.slots.keys():
                self._let_go(taker, made.sample_id, author, "annotation")

    def _gone(self, server: Server, project: Project, taker: Taker) -> None:
        """Images that were there and are not any more."""
        left = {name for _, key in server.tasks(project) for name in (key, key.rpartition(" [")[0])}
        for sample, author in [name for name, place in taker.places.items() if place and name[0] not in left]:
            self._let_go(taker, sample, author, "image")

    def _let_go(self, taker: Taker, sample_id: str, author: str, what: str) -> None:
        rows = [row for row in taker.store.regions(sample_id) if row.author == author and row.id and not row.deleted]
        if rows and self.deletions:
            taker.store.write(Drop(sample_id, row.id, author, TOOL, expect=row.rev) for row in rows)
            self.removed += len(rows)
        elif rows:
            why = (
                f"The {what} with labels of {author} was deleted there; they stay here ({len(rows)}). "
                "pull(..., deletions=True) deletes such labels here too."
            )
            self.left_out.append(Skipped(sample_id, why))
        taker.put({(sample_id, author): ""})


def _known(taker: Taker, sample_id: str) -> list[tuple[str, str]]:
    return [(sample_id, author) for author in taker.authors(sample_id) if taker.places.get((sample_id, author)) == HERE]


def _watched(pages: Iterable[list[Task]]) -> Iterator[list[Task]]:
    """Pages, with a bar that shows how many tasks were read once there are many."""
    with tqdm(desc="From Label Studio", unit="image", disable=None, delay=1.0) as bar:
        for page in ahead(pages):
            yield page
            bar.update(len(page) if len(page) >= MANY else 0)


def _made(sample_id: str, slot: Slot) -> Iterator[Annotation]:
    """What people made or changed of a slot, by who did."""
    by: dict[str, list[Lying]] = defaultdict(list)
    for one in slot.lying.values():
        if one.mark.now != one.mark.sent or "author" not in one.packed:
            by[one.made.editor].append(one)
    for author, some in by.items():
        at = max(moment(one.made.at) for one in some)
        yield Annotation(sample_id, tuple(joined(one, None) for one in some), author, at.isoformat(), TOOL)
