"""New samples: their pictures are uploaded, then tasks are made that show them, with predictions and labels at once."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tqdm.auto import tqdm

from imagine_widgets.label_studio import tasks
from imagine_widgets.label_studio.ahead import ahead
from imagine_widgets.label_studio.cargo import Cargo
from imagine_widgets.label_studio.server import Server
from imagine_widgets.label_studio.views import View
from imagine_widgets.label_studio.wire import NewAnnotation, NewPrediction, NewTask, Project
from imagine_widgets.store import Held

FILES, BYTES = 100, 32 * 2**20
"""What one request with pictures carries: Label Studio refuses more than 100 files, and more than 250 MB."""
TASKS, ENTRIES = 250, 20_000
"""What one request that makes tasks carries: for each request Label Studio counts the whole project anew."""
MANY = 100
"""From here on a bar shows how far it is."""

Batch = list[tuple[View, str, bytes]]
"""Views with the name and the bytes of their pictures."""
Sent = tuple[NewAnnotation, str, Sequence[Held]]
"""An annotation, whose it is, and the words it was made of."""


def send(server: Server, project: Project, cargo: Cargo, missing: list[View]) -> dict[str, int]:
    """Make a task of every view in `missing`, by key; one whose picture cannot be read is noted and left out."""
    made: dict[str, int] = {}
    if not missing:
        return made
    shown = _uploaded(server, project, ahead(_batches(missing, cargo)))
    with tqdm(total=len(missing), desc="To Label Studio", unit="image", disable=len(missing) < MANY) as bar:
        for crate in ahead(_packed(cargo, ahead(shown))):
            numbers, predictions = server.add_tasks(project, crate.tasks)
            made |= zip((task["data"]["sample"] for task in crate.tasks), numbers, strict=True)
            cargo.tally.images += len(numbers)
            cargo.tally.predictions += predictions
            cargo.note(crate.sent)
            bar.update(len(numbers))
    return made


def _uploaded(server: Server, project: Project, batches: Iterable[Batch]) -> Iterator[list[tuple[View, str]]]:
    """Views with the addresses of their pictures; what a push uploaded that was killed then is not uploaded again."""
    there = server.uploads(project)
    for batch in batches:
        new = {name: content for _, name, content in batch if name not in there}
        if new:
            there |= server.upload(project, list(new.items()))
        yield [(view, there[name]) for view, name, _ in batch]


def _packed(cargo: Cargo, shown: Iterable[list[tuple[View, str]]]) -> Iterator["_Crate"]:
    """Crates of tasks, each as full as a request may be."""
    crate = _Crate(cargo)
    for view, address in itertools.chain.from_iterable(shown):
        crate.add(view, address)
        if crate.is_full:
            yield crate
            crate = _Crate(cargo)
    if crate.tasks:
        yield crate


@dataclass
class _Crate:
    """Tasks that are made together."""

    cargo: Cargo
    tasks: list[NewTask] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    entries: int = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more goes into one request."""
        return len(self.tasks) >= TASKS or self.entries >= ENTRIES

    def add(self, view: View, address: str) -> None:
        """The task of a view whose picture lies at `address`."""
        guesses: list[NewPrediction] = [guess for at, guess in self.cargo.guesses(view.of) if at is view]
        words = tasks.by_author(view, self.cargo.pictures[view.of], self.cargo.words(view.of))
        own: list[Sent] = [
            (tasks.new_annotation(author, rows, view, self.cargo.offers), author, rows)
            for author, rows in words.items()
        ]
        self.tasks.append(tasks.new_task(view, address, guesses, [annotation for annotation, _, _ in own]))
        self.sent += own
        self.entries += sum(len(new["result"]) for new in (*guesses, *(annotation for annotation, _, _ in own)))


def _batches(views: Iterable[View], cargo: Cargo) -> Iterator[Batch]:
    batch: Batch = []
    size = 0
    for view in views:
        try:
            view.shown.id.encode()
            content = cargo.picture(view.shown)
        except (ValueError, OSError) as error:
            cargo.tally.leave_out(view.shown.id.encode("utf-8", "backslashreplace").decode(), str(error))
            continue
        kind = "png" if content.startswith(b"\x89PNG") else "jpg"
        batch.append((view, f"{hashlib.sha256(content).hexdigest()[:32]}.{kind}", content))
        size += len(content)
        if len(batch) >= FILES or size >= BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
