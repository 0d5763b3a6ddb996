"""New samples: their pictures are uploaded, then tasks are made that show them, with predictions and labels at once."""

import hashlib
from collections.abc import Iterable, Iterator

from tqdm.auto import tqdm

from imagine_kernels.records import Annotation, Sample
from imagine_widgets.label_studio import tasks
from imagine_widgets.label_studio.cargo import Cargo
from imagine_widgets.label_studio.server import Server
from imagine_widgets.label_studio.wire import NewTask, Project

FILES, BYTES = 50, 32 * 2**20
"""What one request carries: Label Studio refuses more than 100 files, and more than 250 MB."""
MANY = 100
"""From here on a bar shows how far it is."""

Batch = list[tuple[Sample, str, bytes]]
"""Samples with the name and the bytes of their pictures."""


def send(server: Server, project: Project, cargo: Cargo, missing: list[Sample]) -> None:
    """Make a task of every sample in `missing`; one whose picture cannot be read is noted and left out."""
    uploaded = server.uploads(project) if missing else {}  # perhaps by a push that was killed: no need to do it again
    with tqdm(total=len(missing), desc="To Label Studio", unit="image", disable=len(missing) < MANY) as bar:
        for batch in _batches(missing, cargo):
            new = {name: content for _, name, content in batch if name not in uploaded}
            if new:
                uploaded |= server.upload(project, list(new.items()))
            _make(server, project, cargo, [(sample, uploaded[name]) for sample, name, _ in batch])
            bar.update(len(batch))


def _make(server: Server, project: Project, cargo: Cargo, shown: list[tuple[Sample, str]]) -> None:
    new = [_task(sample, address, cargo) for sample, address in shown]
    images, predictions, _ = server.add_tasks(project, new)
    cargo.tally.images += images
    cargo.tally.predictions += predictions
    cargo.note_sent(_held(shown, cargo))


def _held(shown: Iterable[tuple[Sample, str]], cargo: Cargo) -> list[Annotation]:
    return [cargo.held[sample.id] for sample, _ in shown if sample.id in cargo.held]


def _task(sample: Sample, address: str, cargo: Cargo) -> NewTask:
    held = cargo.held.get(sample.id)
    made = tasks.new_annotation(held) if held is not None else None
    if made is not None:
        made["id"] = tasks.stamp(made["result"])
    return tasks.new_task(sample, address, cargo.predictions.get(sample.id, ()), made)


def _batches(samples: Iterable[Sample], cargo: Cargo) -> Iterator[Batch]:
    batch: Batch = []
    size = 0
    for sample in samples:
        try:
            sample.id.encode()
            content = cargo.picture(sample)
        except (ValueError, OSError) as error:
            cargo.tally.leave_out(sample.id.encode("utf-8", "backslashreplace").decode(), str(error))
            continue
        batch.append((sample, f"{hashlib.sha256(content).hexdigest()[:32]}.png", content))
        size += len(content)
        if len(batch) >= FILES or size >= BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
