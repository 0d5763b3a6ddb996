"""What runs beside the hub: Label Studio, MLflow and models behind their door, warm processes, the lender of cards."""

import os
import sys
from collections.abc import Mapping
from typing import Any

from hub_config import credentials, server_environment, server_process
from hub_config.settings import VARIABLE, Settings
from imagine_kernels.environment import QUIET, THREADS, WAIT_POLICY

INSTALLATION = "IMAGINE_INSTALLATION"
PREFIXES: Mapping[str, str] = {
    "label-studio": "/services/label-studio/",
    "mlflow": "/services/mlflow/",
    "models": "/services/models/",
}
"""Where people find each service, by its name at the hub."""
WARM_SERVERS, WARM_KERNELS, LEASES, CULLER = "warm-servers", "warm-kernels", "leases", "idle-culler"
"""Services without an address."""
MODELS = "models-server"
WARM = (
    *(
        "env",
        "--unset=JUPYTERHUB_API_TOKEN",
        "--unset=JPY_API_TOKEN",
        f"JUPYTER_CONFIG_PATH={server_environment.CONFIG}",
    ),
    *(f"{name}=1" for name in THREADS),
    f"{WAIT_POLICY}=PASSIVE",
)
"""Begins the command of a process that is forked for people: no token in its memory, and no threads for computing."""
MAY_CULL = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
TITLES: Mapping[str, str] = {"label-studio": "Label Studio", "mlflow": "MLflow", "models": "Models"}


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401 - a traitlets Config: its sections appear when asked for
    """Starts the two servers and the door, gives both an address and a sign-on at the hub; and what has no address."""
    tokens = credentials.load(settings).service_tokens
    c.JupyterHub.services = [
        *beside(c, settings),
        # in this order: the hub shows its log-in page when the addresses answer; the servers take their time
        _process("door", _module("hub", "door", settings), settings, tokens),
        *(_address(name, settings, tokens) for name in PREFIXES),
        _process("label-studio-server", _label_studio(settings), settings, tokens),
        _process("mlflow-server", _module("kernel", "mlflow_app", settings), settings, tokens),
        _process(MODELS, [str(settings.folders.python("kernel")), "-m", "imagine_kernels.serve"], settings),
    ]


def beside(c: Any, settings: Settings) -> list[dict[str, Any]]:  # noqa: ANN401
    """What starts servers and kernels warm, lends graphics cards, and ends idle servers."""
    services = [_process(LEASES, _module("hub", "leases", settings), settings)]
    if settings.warm.servers:
        command = [*WARM, sys.executable, "-P", "-m", "hub_config.warm_server"]
        services.append(_process(WARM_SERVERS, command, settings))
    if settings.warm.kernels:
        socket = str(server_process.kernels_socket(settings))
        command = [*WARM, str(settings.folders.python("kernel")), "-m", "imagine_kernels.launch.zygote", socket]
        services.append(_process(WARM_KERNELS, command, settings))
    if settings.idle.server_minutes > 0:
        services.append(_process(CULLER, _culler(settings), settings))
        c.JupyterHub.load_roles.append({"name": CULLER, "scopes": MAY_CULL, "services": [CULLER]})
    return services


def _culler(settings: Settings) -> list[str]:
    """JupyterHub's own idle culler, looking as often as servers report what goes on in them."""
    idle, often = settings.idle.server_minutes * 60, server_environment.reports(settings)
    python = str(settings.folders.python("hub"))
    return [python, "-m", "jupyterhub_idle_culler", f"--timeout={idle:.0f}", f"--cull-every={often}"]


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


def _process(
    name: str, command: list[str], settings: Settings, tokens: Mapping[str, str] | None = None
) -> dict[str, Any]:
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
    return {**described, "api_token": tokens[name]} if tokens else described


def _address(name: str, settings: Settings, tokens: Mapping[str, str]) -> dict[str, Any]:
    """The public side of a service: its address leads to the door, which signs people in as `service-<name>`."""
    return {
        "name": name,
        "url": settings.addresses.backend(settings.addresses.door_port),
        "api_token": tokens[name],
        "oauth_no_confirm": True,
        "display": name != "models",  # it answers programs, and Label Studio
        "info": {"title": TITLES[name]},
    }
