"""Label Studio and MLflow as services of the hub: two servers nobody reaches but through one door."""

import os
from collections.abc import Mapping
from typing import Any

from hub_config import credentials
from hub_config.settings import VARIABLE, Settings
from imagine_kernels.environment import QUIET

INSTALLATION = "IMAGINE_INSTALLATION"
PREFIXES: Mapping[str, str] = {"label-studio": "/services/label-studio/", "mlflow": "/services/mlflow/"}
"""Where people find each service, by its name at the hub."""
TITLES: Mapping[str, str] = {"label-studio": "Label Studio", "mlflow": "MLflow"}


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401 - a traitlets Config: its sections appear when asked for
    """Starts the two servers and the door, and gives both services an address and a sign-on at the hub."""
    tokens = credentials.load(settings).service_tokens
    c.JupyterHub.services = [
        # in this order: the hub shows its log-in page when the addresses answer; the servers take their time
        _process("door", _module("hub", "door", settings), settings, tokens),
        *(_address(name, settings, tokens) for name in PREFIXES),
        _process("label-studio-server", _label_studio(settings), settings, tokens),
        _process("mlflow-server", _module("kernel", "mlflow_app", settings), settings, tokens),
    ]


def _module(environment: str, name: str, settings: Settings) -> list[str]:
    return [str(settings.folders.python(environment)), "-m", f"hub_config.{name}"]


def _label_studio(settings: Settings) -> list[str]:
    """One worker holds one copy of Label Studio in memory; its threads answer together."""
    addresses = settings.addresses
    return [
        *(str(settings.folders.python("labelstudio")), "-m", "gunicorn", "hub_config.label_studio_app:create()"),
        *("--bind", f"{addresses.ip}:{addresses.label_studio_port}", "--workers", "1", "--threads", "8"),
        *("--timeout", "600", "--graceful-timeout", "5", "--name", "imagine-label-studio", "--no-control-socket"),
    ]


def _process(name: str, command: list[str], settings: Settings, tokens: Mapping[str, str]) -> dict[str, Any]:
    """A process of the hub: started with it, started again when it ends, stopped with it."""
    folder = settings.folders.state
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = {
        **QUIET,
        VARIABLE: str(settings.file),
        INSTALLATION: str(folder),
        "HOME": os.environ.get("HOME", str(folder)),
        "PYTHONUNBUFFERED": "1",
    }
    described = {"name": name, "command": command, "environment": own, "cwd": str(folder), "display": False}
    return {**described, "api_token": tokens[name]}


def _address(name: str, settings: Settings, tokens: Mapping[str, str]) -> dict[str, Any]:
    """The public side of a service: its address leads to the door, which signs people in as `service-<name>`."""
    return {
        "name": name,
        "url": settings.addresses.backend(settings.addresses.door_port),
        "api_token": tokens[name],
        "oauth_no_confirm": True,
        "info": {"title": TITLES[name]},
    }
