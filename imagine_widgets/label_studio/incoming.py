"""Pull: what people made or changed in Label Studio → annotations with author and time, into the journal once."""

import time

from imagine_kernels.records import Annotation, Skipped
from imagine_widgets.journal import Journal
from imagine_widgets.label_studio import projects, tasks
from imagine_widgets.label_studio.connection import LabelStudioError
from imagine_widgets.label_studio.outcome import Link, Pull
from imagine_widgets.label_studio.server import Server, reach
from imagine_widgets.label_studio.wire import Made, Project


def pull(title: str, *, journal: Journal | None = None, url: str | None = None, token: str | None = None) -> Pull:
    """The labels that people made or changed in the project `title`; not what push sent and nobody touched.

    Skipped images are left out; several people's labels of one image are all given. A server that is down, slow or
    strange is told by `Pull.problem`, not raised. Raises OSError where the journal cannot be read or written.
    """
    started, address, problem = time.monotonic(), "", None
    found: list[Annotation] = []
    new: list[Annotation] = []
    left_out: list[Skipped] = []
    try:
        with reach(url, token) as server:
            project = _project(server, title)
            address = server.address(project)
            found, left_out = _read(server, project, journal)
            new = _keep(found, journal)
    except LabelStudioError as error:
        problem = f"{error}. Nothing is lost: pull again."
    return Pull(title, address, tuple(found), tuple(new), tuple(left_out), problem, time.monotonic() - started)


def link(title: str, *, url: str | None = None, token: str | None = None) -> Link:
    """Where the project `title` lies in Label Studio."""
    try:
        with reach(url, token) as server:
            return Link(title, server.address(_project(server, title)))
    except LabelStudioError as error:
        return Link(title, problem=f"{error}.")


def _project(server: Server, title: str) -> Project:
    project = projects.find(server, title)
    if project is None:
        raise LabelStudioError(f"There is no project {title!r} in Label Studio yet: push to it first")
    return project


def _read(server: Server, project: Project, journal: Journal | None) -> tuple[list[Annotation], list[Skipped]]:
    found: list[Annotation] = []
    left_out: list[Skipped] = []
    held = journal.annotations() if journal is not None else {}
    for made in server.annotations(project):
        if made.is_skip or not _is_news(made, held.get(made.sample_id)):
            continue
        annotation = tasks.annotation(project, made) if made.sample_id else None
        if annotation is not None:
            found.append(annotation)
        else:
            left_out.append(Skipped(made.sample_id or f"task {made.task}", _why(made)))
    return sorted(found, key=lambda annotation: annotation.at), left_out


def _why(made: Made) -> str:
    if not made.sample_id:
        return f"{made.author} labelled an image that did not come by push."
    return f"What {made.author} made there holds no label of the whole image."


def _is_news(made: Made, held: Annotation | None) -> bool:
    """Whether a person made or changed it there. What she changed and changed back looks like what we sent: it is
    news as long as the journal still holds the change.
    """
    if not tasks.is_untouched(made):
        return True
    if held is None or held.tool != tasks.TOOL:
        return False
    regions = {region.id: region.label for region in held.regions}
    is_other = any(label != regions[i] for i, label in tasks.chosen(made) if i in regions)
    return is_other and tasks.when(held.at) < tasks.when(made.at)


def _keep(found: list[Annotation], journal: Journal | None) -> list[Annotation]:
    """Append what is newer than what the journal holds: an older label from there does not undo a newer one here."""
    if journal is None:
        return found
    held = journal.annotations()
    fresh = [a for a in found if a.sample_id not in held or tasks.when(held[a.sample_id].at) <= tasks.when(a.at)]
    journal.append(*fresh)
    ids = {annotation.id for annotation in fresh}
    journal.mark_sent([annotation.id for annotation in journal.unsent() if annotation.id in ids])
    now = journal.annotations()
    return [a for a in fresh if now.get(a.sample_id) == a != held.get(a.sample_id)]
