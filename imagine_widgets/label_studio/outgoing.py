"""Push: samples, predictions and labels → a project of Label Studio, each once, however often and however it ends.

The server is asked what it has, and gets what it lacks. Nothing is remembered between two pushes but the journal's
notes of what was sent, so a push that was killed at any point is finished by the next.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from imagine_kernels import images
from imagine_kernels.records import Prediction, Sample
from imagine_widgets.journal import Journal
from imagine_widgets.label_studio import doubles, exchange, page, pictures, projects
from imagine_widgets.label_studio.cargo import Cargo, Picture, Tally, pack
from imagine_widgets.label_studio.connection import LabelStudioError
from imagine_widgets.label_studio.outcome import Push, kept
from imagine_widgets.label_studio.page import Label
from imagine_widgets.label_studio.server import Server, reach
from imagine_widgets.label_studio.turns import turn
from imagine_widgets.label_studio.wire import NewPrediction, Project

TOGETHER = 500
"""Predictions of one request."""
STUMBLED, PAUSES = 500, (0.5, 2.0)
"""After this answer a push begins anew, twice, some seconds later."""


def push(
    title: str,
    labels: Sequence[Label],
    samples: Iterable[Sample],
    predictions: Iterable[Prediction] = (),
    *,
    journal: Journal | None = None,
    url: str | None = None,
    token: str | None = None,
    picture: Picture = images.png,
) -> Push:
    """Bring the project `title` up to date with these samples, predictions and the labels of `journal`.

    A server that is down, slow or strange is told by `Push.problem`, not raised: a notebook goes on, and the next
    push sends what is missing. Raises ValueError with a sentence for a title or class that Label Studio cannot hold,
    OSError where the journal cannot be read or written.
    """
    projects.check_title(title)
    page.page(labels)
    started, tally, address, problem = time.monotonic(), Tally(), "", None
    wanted = {sample.id: sample for sample in samples}
    try:
        with reach(url, token) as server, turn(server.url, title):
            address = server.address()
            project = projects.find_or_make(server, title, [*labels, *_others(labels, journal)])
            address = server.address(project)
            choices, guessed = page.choices_of(project.page), tuple(predictions)
            _insist(lambda: _deliver(server, project, pack(wanted, guessed, journal, picture, choices, tally)))
    except LabelStudioError as error:
        problem = kept(str(error), _unsent(journal), journal.path if journal is not None else None)
    done = (tally.images, tally.predictions, tally.labels, tally.total, _unsent(journal))
    return Push(title, address, *done, tuple(tally.left_out.values()), problem, time.monotonic() - started)


def _insist(deliver: Callable[[], None]) -> None:
    """A database that others are writing to makes Label Studio stumble: begin anew, which does nothing twice."""
    for pause in PAUSES:
        try:
            return deliver()
        except LabelStudioError as error:
            if error.status != STUMBLED:
                raise
            time.sleep(pause)
    return deliver()


def _deliver(server: Server, project: Project, cargo: Cargo) -> None:
    before = doubles.tasks_of(server, project)
    pictures.send(server, project, cargo, [s for s in cargo.samples.values() if s.id not in before])
    there = doubles.tasks_of(server, project) if cargo.tally.images else before
    cargo.tally.total = len(there)
    _predict(server, project, cargo, there)
    exchange.send(server, project, cargo, before)


def _predict(server: Server, project: Project, cargo: Cargo, there: Mapping[str, int]) -> None:
    """Predictions that tasks lack, and the newest model as the one that the page shows first."""
    ours = {prediction["model_version"]: None for some in cargo.predictions.values() for prediction in some}
    if not ours:
        return
    known = doubles.versions_of(server, project, ours)
    wanted = [(there[sample], p) for sample, some in cargo.predictions.items() if sample in there for p in some]
    missing: list[NewPrediction] = [{"task": t, **p} for t, p in wanted if (t, p["model_version"]) not in known]
    for start in range(0, len(missing), TOGETHER):
        some = missing[start : start + TOGETHER]
        made = server.add_predictions(project, some)
        cargo.tally.predictions += made
        if made < len(some):
            cargo.tally.leave_out(project.title, f"Label Studio dropped {len(some) - made} predictions without a word.")
    newest = [*ours][-1]
    if project.model_version != newest:
        server.change_project(project, model_version=newest)


@dataclass(frozen=True)
class _Other:
    """A class that is none of the model's, but that somebody chose."""

    name: str
    title: str
    key: None = None


def _others(labels: Sequence[Label], journal: Journal | None) -> list[Label]:
    known = {label.name for label in labels}
    held = journal.annotations().values() if journal is not None else ()
    names = {region.label: None for annotation in held for region in annotation.regions}
    return [_Other(name, name) for name in names if name not in known and page.is_writable(name)]


def _unsent(journal: Journal | None) -> int:
    return len(journal.unsent()) if journal is not None else 0
