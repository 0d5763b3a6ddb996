"""A person's JupyterLab server, forked warm or started cold: JupyterHub's own, on a socket that the hub has opened.

The hub listens before the server exists, so no other program can take its port, and the first question waits in the
socket until the server answers it.
"""

import os
import site
import socket
import sys
from collections.abc import Sequence
from typing import Any

LISTEN = "IMAGINE_LISTEN"
"""Number of the open file that is the listening socket."""


def run(arguments: Sequence[str], listening: int) -> None:
    """Runs the server on the socket that is open as number `listening`, until it is asked to end."""
    from jupyterhub.singleuser.extension import JupyterHubSingleUser

    site.USER_BASE = site.USER_SITE = None  # in a fork those of another home; found again when asked for
    app: Any = JupyterHubSingleUser
    app.serverapp_class = _server_on(socket.socket(fileno=listening))
    app.launch_instance([*arguments, *_folders()])


def _server_on(listening: socket.socket) -> type:
    """Jupyter's server class for a socket that listens already."""
    from jupyter_server.serverapp import ServerApp

    class Server(ServerApp):  # type: ignore[misc]
        def _find_http_port(self) -> None:
            """It has been found."""

        def _bind_http_server_tcp(self) -> bool:
            listening.setblocking(False)  # noqa: FBT003
            self.http_server.add_socket(listening)
            return True

    return Server


def _folders() -> list[str]:
    """JupyterLab reads at its import where a person's settings are: in a fork, those of whoever imported it."""
    from jupyterlab import commands

    return [
        f"--LabApp.user_settings_dir={commands.get_user_settings_dir()}",
        f"--LabApp.workspaces_dir={commands.get_workspaces_dir()}",
    ]


if __name__ == "__main__":
    run(sys.argv[1:], int(os.environ.pop(LISTEN)))
