"""What the page asks of a person's server: how things stand with graphics cards, and to start without one.

An extension of jupyter_server, switched on in hub_config/server; in a warm start it is imported before the fork.
"""

import asyncio
import json
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from hub_config.lab.kernels import Kernels
from hub_config.lab.watch import Watch
from imagine_kernels.launch import leases

KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


class Picture(APIHandler):  # type: ignore[misc]
    """How things stand; asking for it is no sign that somebody works."""

    auth_resource = "kernels"
    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers what `Watch.picture` says."""
        self.finish(json.dumps(await self.settings["imagine_watch"].picture()))


class OnCpu(APIHandler):  # type: ignore[misc]
    """The person will not wait any longer."""

    auth_resource = "kernels"

    @web.authenticated
    @authorized
    async def post(self, kernel_id: str) -> None:
        """Lets the waiting kernel start without a card; `ok` is false where it no longer waited."""
        if kernel_id not in self.kernel_manager:
            raise web.HTTPError(404, "This kernel is not one of this server.")
        try:
            started = await asyncio.to_thread(leases.instead_on_cpu, kernel_id)
        except OSError as error:
            raise web.HTTPError(503, str(error)) from error
        self.finish(json.dumps({"ok": started}))


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401 - jupyter_server's ServerApp
    """Adds both addresses; where somebody gave the server kernels of another kind, there is nothing to add."""
    app, kernels = server.web_app, server.kernel_manager
    if isinstance(kernels, Kernels):
        app.settings["imagine_watch"] = Watch(kernels, app.settings["last_activity_times"], server.log)
        base = url_path_join(app.settings["base_url"], "imagine", "cards")
        app.add_handlers(".*$", [(base, Picture), (url_path_join(base, KERNEL, "cpu"), OnCpu)])


async def _start_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401
    if watch := server.web_app.settings.get("imagine_watch"):
        watch.start()
