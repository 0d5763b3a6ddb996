"""MLflow's page as people meet it first: on training rather than chat, without offers of what is switched off here."""

import json
from functools import cache
from pathlib import Path

_FIRST = {
    "mlflow.workflowType_v1": "machine_learning",
    "mlflow.telemetry.info.alert.dismissed_v1": True,
    "mlflow.settings.telemetry.enabled_v1": False,
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": True,
    "mlflow.assistant.panelOpen_v1": False,
}
"""What the page remembers in the browser, and how it is until a person chooses otherwise."""

_HIDDEN = '[data-assistant-ui], [data-component-id="mlflow.home.demo-banner.launch"] { display: none !important }'
"""Buttons that lead to parts which are switched off."""


@cache
def page() -> bytes:
    """The page. Needs environment kernel."""
    import mlflow.server

    file = Path(mlflow.server.__file__).parent / mlflow.server.REL_STATIC_DIR / "index.html"
    first = json.dumps({key: json.dumps(value) for key, value in _FIRST.items()})
    script = f"for (const [k, v] of Object.entries({first})) localStorage.getItem(k) ?? localStorage.setItem(k, v)"
    added = f"</title><style>{_HIDDEN}</style><script>{script}</script>"
    return file.read_bytes().replace(b"</title>", added.encode(), 1)
