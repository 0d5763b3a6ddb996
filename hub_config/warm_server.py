"""The warm process of servers: it has imported JupyterLab once, and the hub asks it for a fork for each person.

A service of the hub, started without the hub's token. It imports and does nothing else: no event loop, no thread, no
port; a fork runs the server as if it had just been started.
"""

import contextlib
import gc
import importlib
import os
import signal
import sys
from collections.abc import Iterable

from hub_config import server_process, singleuser
from hub_config.environments import STAMP
from hub_config.settings import Settings, load
from imagine_kernels.launch import forking, settling

FIRST = ("jupyterhub.singleuser.extension", "jupyterlab.labapp", "jupyterlab.commands", "jupyter_server.serverapp")
LATE = (
    "IPython.core.interactiveshell",
    "jinja2.ext",
    "jupyter_lsp.handlers",
    "jupyter_lsp.serverextension",
    "jupyter_lsp.virtual_documents_shadow",
    "jupyter_server.kernelspecs.handlers",
    "jupyter_server.nbconvert.handlers",
    "jupyter_server.view.handlers",
    "jupyter_server_terminals.app",
    "jupyter_server_terminals.terminalmanager",
    "notebook_shim.nbserver",
    "tornado.platform.asyncio",
)
"""What a server imports while it starts, found by comparing a fork with this process; one that is gone is no harm."""


def prepare() -> None:
    """Imports what servers use, and puts it where no fork's garbage collection touches it: the pages stay shared."""
    for name in FIRST:
        importlib.import_module(name)
    for name in (*LATE, *_handlers(), *_extensions()):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _handlers() -> Iterable[str]:
    """Modules of the addresses that a server answers at."""
    from jupyter_server.serverapp import JUPYTER_SERVICE_HANDLERS

    return [name for names in JUPYTER_SERVICE_HANDLERS.values() for name in names or ()]


def _extensions() -> Iterable[str]:
    """Modules of the extensions that are switched on for everybody."""
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    found = ExtensionConfigManager(read_config_path=jupyter_config_path())
    return [name for name, enabled in found.get_jpserver_extensions().items() if enabled]  # type: ignore[no-untyped-call]


def _stamp(settings: Settings) -> bytes:
    """Changes when the environment of the hub is made again."""
    try:
        return (settings.folders.environment("hub") / STAMP).read_bytes()
    except OSError:
        return b""


def main() -> None:
    """Forks servers until the hub ends; what was forked lives on. In a fork: runs the server."""
    settling.make_room()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # by which the hub ends its services; a fork starts afresh
    settings = load()
    settling.end_with_parent()  # servers outlive a hub that is killed, and the next hub starts this anew
    made = _stamp(settings)
    prepare()
    job = forking.serve(
        server_process.servers_socket(settings),
        allowed_uid=os.geteuid(),
        tasks=(server_process.SERVER,),
        check=lambda: "" if _stamp(settings) == made else "The environment of the hub was made again since.",
        until_stale=True,
    )
    if job is None:
        settling.begin_again()
    singleuser.run(sys.argv[len(server_process.COMMAND) :], job.handed[0])


if __name__ == "__main__":
    main()
