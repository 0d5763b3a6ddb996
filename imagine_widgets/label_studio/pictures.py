"""New samples: their pictures are uploaded, then tasks are made that show them, with predictions and labels at once."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from tqdm.auto import tqdm

from imagine_widgets.label_studio import tasks
from imagine_widgets.label_studio.cargo import Cargo
from imagine_widgets.label_studio.server import Server
from imagine_widgets.label_studio.views import View
from imagine_widgets.label_studio.wire import NewAnnotation, NewPrediction, NewTask, Project
from imagine_widgets.store import Held

FILES, BYTES = 50, 32 * 2**20
"""What one request carries: Label Studio refuses more than 100 files, and more than 250 MB."""
MANY = 100
"""From here on a bar shows how far it is."""

Batch = list[tuple[View, str, bytes]]
"""Views with the name and the bytes of their pictures."""
Sent = tuple[NewAnnotation, str, Sequence[Held]]
"""An annotation, whose it is, and the words it was made of."""


def send(server: Server, project: Project, cargo: Cargo, missing: list[View]) -> None:
    """Make a task of every view in `missing`; one whose picture cannot be read is noted and left out."""
    uploaded = server.uploads(project) if missing else {}  # perhaps by a push that was killed: no need to do it again
    with tqdm(total=len(missing), desc="To Label Studio", unit="image", disable=len(missing) < MANY) as bar:
        for batch in _batches(missing, cargo):
            new = {name: content for _, name, content in batch if name not in uploaded}
            if new:
                uploaded |= server.upload(project, list(new.items()))
            _make(server, project, cargo, [(view, uploaded[name]) for view, name, _ in batch])
            bar.update(len(batch))


def _make(server: Server, project: Project, cargo: Cargo, shown: list[tuple[View, str]]) -> None:
    new: list[NewTask] = []
    sent: list[Sent] = []
    for view, address in shown:
        guesses: list[NewPrediction] = [guess for at, guess in cargo.guesses(view.of) if at is view]
        words = tasks.by_author(view, cargo.pictures[view.of], cargo.words(view.of))
        own: list[Sent] = [
            (tasks.new_annotation(author, rows, view, cargo.offers), author, rows) for author, rows in words.items()
        ]
        new.append(tasks.new_task(view, address, guesses, [annotation for annotation, _, _ in own]))
        sent += own
    images, predictions, _ = server.add_tasks(project, new)
    cargo.tally.images += images
    cargo.tally.predictions += predictions
    cargo.note(sent)


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
        batch.append((view, f"{hashlib.sha256(content).hexdigest()[:32]}.png", content))
        size += len(content)
        if len(batch) >= FILES or size >= BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
