"""Push: samples, predictions and labels → a project of Label Studio, each once, however often and however it ends.

The server is asked what it has, and gets what it lacks. What lies there is noted in the store; a push that was killed
before its note finds it there and notes it then.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from imagine_kernels import images
from imagine_kernels.records import Prediction, Sample
from imagine_kernels.shapes import KINDS, Shape
from imagine_widgets.label_studio import doubles, exchange, models, page, pictures, projects
from imagine_widgets.label_studio.cargo import Cargo, Picture, Tally, pack
from imagine_widgets.label_studio.connection import LabelStudioError
from imagine_widgets.label_studio.outcome import Push, kept
from imagine_widgets.label_studio.page import Label
from imagine_widgets.label_studio.server import Server, reach
from imagine_widgets.label_studio.sweeping import seldom
from imagine_widgets.label_studio.turns import turn
from imagine_widgets.label_studio.wire import NewPrediction, Project
from imagine_widgets.store import Store

UNSURE, IN_TURN = "Uncertainty sampling", "Sequential sampling"
"""In which order Label Studio offers images."""
TOGETHER = 500
"""Predictions of one request."""
STUMBLED, PAUSES = 500, (0.5, 2.0)
"""After this answer a push begins anew, twice, some seconds later."""


def push(  # noqa: PLR0913 - all but the first three have a default
    title: str,
    labels: Sequence[Label],
    samples: Iterable[Sample],
    predictions: Iterable[Prediction] = (),
    *,
    store: Store | None = None,
    shapes: Iterable[type[Shape] | None] = (),
    group: str = "",
    model: str = "",
    unsure_first: bool | None = None,
    url: str | None = None,
    token: str | None = None,
    picture: Picture = images.web,
) -> Push:
    """Bring the project `title` up to date with these samples, predictions and the labels of `store`.

    Its page gets a tool for every shape that is sent, and for those in `shapes` (None: the whole sample). With `group`
    it is that group's; `model`, a use case or "use case/model" of the hub, is asked there on the spot. `unsure_first`
    has it offer first what the newest model is least sure of, such as the `batch.of(samples)` of `next_batch` (False:
    what came first; None: as it is set there). A server that is down, slow or strange is told by `Push.problem`: the
    next push sends what is missing. Raises ValueError with a sentence for a title or class that Label Studio cannot
    hold, OSError where the store cannot be read or written.
    """
    projects.check_title(title)
    page.page(labels)
    started, tally, address, problem, target = time.monotonic(), Tally(), "", None, ""
    wanted, guessed = {sample.id: sample for sample in samples}, tuple(predictions)
    try:
        with reach(url, token, group) as server, turn(server.url, title), seldom():
            address, target = server.address(), _target(server, title)
            project = _prepare(server, title, labels, [*shapes, *_drawn(guessed)], store, target)
            address, target = server.address(project), project.target
            offers = page.offers(project.page)
            _insist(lambda: _deliver(server, project, pack(wanted, guessed, offers, picture, store, target, tally)))
            _settle(server, project, model, unsure_first, tally)
    except LabelStudioError as error:
        problem = kept(str(error), _unsent(store, target), store.path if store is not None else None)
    done = (tally.images, tally.predictions, tally.labels, tally.total, _unsent(store, target))
    return Push(title, address, *done, tuple(tally.left_out.values()), problem, time.monotonic() - started)


def _prepare(
    server: Server,
    title: str,
    labels: Sequence[Label],
    shapes: Iterable[type[Shape] | None],
    store: Store | None,
    target: str,
) -> Project:
    """The project with a page that has the classes and tools for all that is to be sent."""
    tools = page.tools_for([*shapes, *_kept(store, target)])
    return projects.find_or_make(server, title, [*labels, *_others(labels, store, target)], tools)


def _target(server: Server, title: str) -> str:
    found = projects.find(server, title)
    return found.target if found is not None else ""


def _settle(server: Server, project: Project, model: str, unsure_first: bool | None, tally: Tally) -> None:  # noqa: FBT001
    """How the project offers its images, and which model it asks."""
    if unsure_first is not None:
        server.change_project(project, sampling=UNSURE if unsure_first else IN_TURN)
    if model and (trouble := models.connect(server, project, model)) is not None:
        tally.leave_out(model, trouble)


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
    missing = [view for view in cargo.views() if view.shown.id not in before]
    there = {**before, **pictures.send(server, project, cargo, missing)}
    cargo.tally.total = len(there)
    _predict(server, project, cargo, there, frozenset(before))
    exchange.send(server, project, cargo, _by_sample(cargo, there), _by_sample(cargo, before))
    _note_count(cargo)


def _note_count(cargo: Cargo) -> None:
    """How many images are there, for the next pull to tell whether one was deleted."""
    if cargo.store is not None:
        until, _, known = cargo.store.agreed.reached(cargo.target).partition(" ")
        count = int(known) + cargo.tally.images if known else cargo.tally.total
        cargo.store.agreed.reach(cargo.target, f"{until} {count}")


def _by_sample(cargo: Cargo, there: Mapping[str, int]) -> Mapping[str, Sequence[int]]:
    """The tasks of every sample that has any; the key of a task that shows all of a sample is the sample's id."""
    found: dict[str, list[int]] = defaultdict(list)
    for pictures_ in cargo.pictures.values():
        for view in pictures_:
            if view.shown.id in there:
                found[view.of].append(there[view.shown.id])
    return {**{key: [task] for key, task in there.items()}, **found}


def _predict(server: Server, project: Project, cargo: Cargo, there: Mapping[str, int], before: frozenset[str]) -> None:
    """Predictions that tasks lack, and the newest model as the one that the page shows first."""
    ours = dict.fromkeys(version for some in cargo.predictions.values() for version in some)
    if not ours:
        return
    if before:
        known = doubles.versions_of(server, project, ours)
        missing: list[NewPrediction] = []
        for sample in cargo.predictions:
            for view, guess in cargo.guesses(sample):
                task = there.get(view.shown.id)
                if task is not None and (task, guess["model_version"]) not in known:
                    missing.append({"task": task, **guess})
        _add(server, project, cargo, missing)
    newest = [*ours][-1]
    if project.model_version != newest:
        server.change_project(project, model_version=newest)


def _add(server: Server, project: Project, cargo: Cargo, missing: Sequence[NewPrediction]) -> None:
    """Many at a time; those that the server drops without a word, for lying beyond the picture's edge, one by one."""
    for start in range(0, len(missing), TOGETHER):
        some = missing[start : start + TOGETHER]
        made = server.add_predictions(project, some)
        if made < len(some):
            known = {(guess.task, guess.version) for guess in server.guesses(project)}
            for guess in some:
                if (guess["task"], guess["model_version"]) not in known:
                    server.add_prediction(guess)
        cargo.tally.predictions += len(some)


@dataclass(frozen=True)
class _Other:
    """A class that is none of the model's, but that somebody chose."""

    name: str
    title: str
    key: None = None


def _others(labels: Sequence[Label], store: Store | None, target: str) -> list[Label]:
    known = {label.name for label in labels}
    needs = store.agreed.needs(target) if store is not None else frozenset()
    return [
        _Other(name, name)
        for name in sorted({name for name, _ in needs})
        if name not in known and page.is_writable(name)
    ]


def _drawn(predictions: Iterable[Prediction]) -> Iterable[type[Shape] | None]:
    return {type(region.shape) if region.shape is not None else None for p in predictions for region in p.regions}


def _kept(store: Store | None, target: str) -> Iterable[type[Shape] | None]:
    known = {kind.__name__: kind for kind in KINDS}
    needs = store.agreed.needs(target) if store is not None else frozenset()
    return {known.get(kind) if kind else None for _, kind in needs}  # type: ignore[misc]


def _unsent(store: Store | None, target: str) -> int:
    """Labels that are not there; where nobody knows where that is, those that are nowhere."""
    if store is None:
        return 0
    return sum(store.agreed.pending(target).values()) if target else store.agreed.unsent()
