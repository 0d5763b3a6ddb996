"""The project of a title on the server: found, or made once, and its labelling page kept up with the classes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from imagine_widgets.label_studio import page
from imagine_widgets.label_studio.connection import LabelStudioError
from imagine_widgets.label_studio.page import Label
from imagine_widgets.label_studio.server import Server
from imagine_widgets.label_studio.wire import Project

SHORTEST, LONGEST = 3, 50
"""Letters of a title that Label Studio takes."""
MARK = "Made by iMagine:"
"""How the description of a project begins that push made."""


def check_title(title: str) -> None:
    """Raises ValueError with a sentence for a title that cannot be one."""
    if not SHORTEST <= len(title.strip()) <= LONGEST or title != title.strip() or not title.isprintable():
        raise ValueError(
            f"{title!r} cannot be the title of a project: Label Studio takes {SHORTEST} to {LONGEST} letters, "
            "without a space at either end."
        )


def find(server: Server, title: str) -> Project | None:
    """The project that push made under this title; the oldest where a crash left two."""
    alike = server.projects(title)
    marked = [project for project in alike if project.description.startswith(MARK)]
    fitting = [project for project in alike if _fits(project)]  # somebody wrote a description of her own
    return next(iter(marked or fitting), None)


def find_or_make(server: Server, title: str, labels: Sequence[Label], tools: Iterable[str] = ()) -> Project:
    """The project of this title, with all of `tools` for all of `labels`. What is there stays."""
    project = find(server, title) or _make(server, title, labels, tools)
    try:
        grown = page.grown(project.page, labels, tools)
    except LookupError as error:
        raise LabelStudioError(f"Nothing was pushed to the project {title!r}: {error}") from error
    if grown == project.page:
        return project
    server.change_project(project, label_config=grown)
    return replace(project, page=grown)


def _make(server: Server, title: str, labels: Sequence[Label], tools: Iterable[str]) -> Project:
    about = f"{MARK} images come from a notebook by push, labels go back by pull."
    server.make_project(title, about, page.page(labels, tools))
    first = find(server, title)  # the oldest, should somebody have made one in the same moment; the other stays empty,
    if first is None:  # since Label Studio stops counting everybody's labels while it deletes a project
        raise LabelStudioError(f"Label Studio at {server.url} took the project {title!r} and does not show it")
    return first


def _fits(project: Project) -> bool:
    try:
        page.choices_of(project.page)
    except LookupError:
        return False
    return True
