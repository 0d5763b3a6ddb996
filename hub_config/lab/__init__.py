"""What a person's JupyterLab shows of graphics cards, and the part of their server that asks the broker for it.

Loaded by jupyter_server, which hub_config/server tells to; in a warm start the import happens before the fork.
"""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401 - jupyter_server's ServerApp
    from hub_config.lab import handlers

    handlers.add(server.web_app, server.kernel_manager)


async def _start_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401
    if watch := server.web_app.settings.get("imagine_watch"):
        watch.start()
