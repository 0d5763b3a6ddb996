"""The environment of a person's server and kernels: what the contract between hub and kernels names."""

import os
import shutil
from pathlib import Path

from hub_config import homes, processes
from hub_config.accounts import Account
from hub_config.settings import ROOT, Profile, Settings
from imagine_kernels import environment

SERVER = "IMAGINE_SERVER"
"""Marks every process of one person's server, so that stopping it finds them all."""
CONFIG = Path(__file__).with_name("server")
"""Settings of JupyterLab that are the same for everybody."""
REPORTED = 300.0
"""Seconds at most between a server's reports to the hub that somebody or something works in it."""


def mark(settings: Settings, user: str, name: str) -> str:
    """What SERVER holds for one server."""
    return f"{settings.folders.state}|{user}|{name}"


def reports(settings: Settings) -> int:
    """Seconds between those reports: often enough that a server at work is never taken for an idle one."""
    idle = settings.idle.server_minutes * 60
    return round(min(REPORTED, max(1.0, idle / 4))) if idle > 0 else round(REPORTED)


def variables(
    settings: Settings, user: str, *, account: Account | None, profile: Profile, token: str, before: dict[str, str]
) -> dict[str, str]:
    """What a server of `user` gets beside what JupyterHub gives it; `before` is what it has so far."""
    folders, public = settings.folders, settings.addresses.public
    kernel, sockets = folders.environment("kernel"), homes.make_socket_folder(settings, user, account)
    return {
        **environment.QUIET,
        **dict.fromkeys(environment.THREADS, str(min(profile.cores, os.cpu_count() or 1))),
        **processes.mark(settings),
        "USER": user,
        "LOGNAME": user,
        "HOME": str(folders.homes / user),
        "SHELL": shutil.which("bash") or "/bin/sh",
        "LANG": before.get("LANG") or "C.UTF-8",
        "PATH": os.pathsep.join([str(kernel / "bin"), before.get("PATH") or os.defpath]),
        "JUPYTER_PATH": str(kernel / "share" / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(CONFIG),
        "JUPYTER_RUNTIME_DIR": str(sockets),
        "JUPYTERHUB_ACTIVITY_INTERVAL": str(reports(settings)),
        environment.NOTEBOOKS: str(ROOT / "notebooks"),
        environment.LABEL_STUDIO_URL: f"{public}/services/label-studio",
        environment.MLFLOW_URL: f"{public}/services/mlflow",
        environment.MLFLOW_TOKEN: token,
        environment.DESKTOP: str(CONFIG / "desktop.sh"),
        environment.WAIT_POLICY: "PASSIVE",
        environment.LEASES: str(homes.leases_socket(settings)),
        environment.GPUS: str(profile.gpus),
        "CUDA_VISIBLE_DEVICES": "",  # a kernel that was lent a card is told which
        **({environment.ZYGOTE: str(sockets / "zygote")} if settings.warm.kernels else {}),
    }
