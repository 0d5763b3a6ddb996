"""The parts that make up the running house: where each listens, how to ask whether it answers, which version it is."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from importlib import metadata

from hub_config import proxy, services
from hub_config.settings import Settings

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks this machine itself, whatever proxy the operator's shell names for the outside."""


@dataclass(frozen=True)
class Part:
    """One part; `package` of environment `environment` is what it runs. Without an address people cannot ask it."""

    title: str
    address: str
    kind: str
    name: str
    environment: str
    package: str


def parts(settings: Settings) -> tuple[Part, ...]:
    """All parts that listen, in the order in which a request passes them."""
    at = settings.addresses
    return (
        Part("Proxy", at.public, "proxy", "", "hub", proxy.PACKAGE),
        Part("Hub", at.backend(at.hub_port), "hub", "", "hub", "jupyterhub"),
        Part("Door", at.backend(at.door_port), "service", "door", "hub", "imagine-aquatic"),
        Part(
            "Label Studio",
            at.backend(at.label_studio_port),
            "service",
            "label-studio-server",
            "labelstudio",
            "label-studio",
        ),
        Part("MLflow", at.backend(at.mlflow_port), "service", "mlflow-server", "kernel", "mlflow"),
        Part("Models", at.backend(at.models_port), "service", services.MODELS, "kernel", "imagine-aquatic"),
    )


def silent(settings: Settings) -> tuple[Part, ...]:
    """Parts that the hub alone asks, or nobody."""
    found = [Part("Graphics cards", "", "service", services.LEASES, "hub", "imagine-aquatic")]
    if settings.warm.servers:
        found.append(Part("Warm servers", "", "service", services.WARM_SERVERS, "hub", "jupyterlab"))
    if settings.warm.kernels:
        found.append(Part("Warm kernels", "", "service", services.WARM_KERNELS, "kernel", "torch"))
    if settings.idle.server_minutes > 0:
        found.append(Part("Idle culler", "", "service", services.CULLER, "hub", "jupyterhub-idle-culler"))
    return tuple(found)


def login_page(settings: Settings) -> str:
    """The page on which people sign in."""
    return f"{settings.addresses.public}/hub/login"


def answers(url: str, *, patience: float = 5.0, below: int = 500) -> bool:
    """Whether something answers at `url` with a status under `below`: a backend's 401 to a stranger is an answer."""
    try:
        with DIRECT.open(url, timeout=patience) as answer:
            return bool(answer.status < below)
    except urllib.error.HTTPError as error:
        return error.code < below
    except (OSError, ValueError):  # refused, reset, timed out, or not HTTP
        return False


def version(settings: Settings, part: Part) -> str:
    """The installed version of what `part` runs, without running it; empty where it is not installed."""
    if part.package == proxy.PACKAGE:
        file = proxy.folder(settings) / "node_modules" / proxy.PACKAGE / "package.json"
        return str(json.loads(file.read_text(encoding="utf-8"))["version"]) if file.is_file() else ""
    return installed(settings, part.environment, part.package)


def installed(settings: Settings, environment: str, package: str) -> str:
    """The version of `package` in `environment`; empty where it is not installed."""
    folders = sorted(settings.folders.environment(environment).glob("lib/python3*/site-packages"))
    found = metadata.distributions(name=package, path=[str(folder) for folder in folders])
    return next((one.version for one in found), "")
