"""Which thread of the kernel hears a widget's browser: the one that the browser asked for, whatever was said before."""

from typing import Any

import ipywidgets


def route_as_asked(widget: ipywidgets.Widget) -> None:
    """Let a widget's messages go to the thread that they name, so that no running cell holds them up.

    ipykernel (7.4) hands a message to the thread that sent the last one: that is the main one where the widget was
    made before its browser had a thread of its own, or answers from others, and it hears nothing while a cell runs.
    """
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = _asked  # noqa: SLF001 - there is no other way


def _asked(_data: Any, named: str | None) -> str | None:  # noqa: ANN401 - a message of any kind
    return named
