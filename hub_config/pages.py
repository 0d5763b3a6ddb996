"""What people see of the hub: templates, the files they need, and the facts of use cases on the start page."""

import os
from pathlib import Path
from typing import Any

from jupyterhub.handlers.static import CacheControlStaticFilesHandler
from tornado import web

from hub_config import profiles
from hub_config.settings import Settings
from imagine_kernels import use_case

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
OURS, PICTURES = "imagine/", "imagine/pictures/"


class StaticFiles(CacheControlStaticFilesHandler):  # type: ignore[misc]
    """JupyterHub's own static files, ours under imagine/, and the picture of each use case under imagine/pictures/."""

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """The file behind an address; one that is nowhere for what is not ours to show."""
        if path.startswith(PICTURES):
            return str(picture(path.removeprefix(PICTURES)) or "")
        if path.startswith(OURS):
            return os.path.normpath(STATIC / path.removeprefix(OURS))
        return str(super().get_absolute_path(root, path))

    def set_extra_headers(self, path: str) -> None:
        """A browser takes each file for what it is said to be."""
        super().set_extra_headers(path)
        self.set_header("X-Content-Type-Options", "nosniff")

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Answers 404 for anything outside the three places."""
        if self.path.startswith(PICTURES):
            if not absolute_path:
                raise web.HTTPError(404)
            return absolute_path
        found: str | None = super().validate_absolute_path(
            str(STATIC) if self.path.startswith(OURS) else root, absolute_path
        )
        return found


def picture(name: str) -> Path | None:
    """The picture of the use case called `name`, when there is one."""
    if name not in use_case.names():
        return None
    case = use_case.get(name)
    file = case.folder / case.picture
    return file if case.picture and file.is_file() else None


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401
    """Gives JupyterHub our templates and what they show."""
    hub = c.JupyterHub
    hub.template_paths = [str(TEMPLATES)]
    hub.logo_file = str(STATIC / "logo.svg")
    offered = profiles.offered(settings)
    hub.template_vars = {
        "house": settings.title,
        "choices": offered,
        "use_cases": lambda _user: tuple(use_case.every()),
        "pictures": lambda _user: {name for name in use_case.names() if picture(name)},
    }
