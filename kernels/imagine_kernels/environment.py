"""Names of the variables that the hub hands to servers and kernels, and what they stand for. Standard library only."""

import os
from pathlib import Path

USER = "JUPYTERHUB_USER"
"""The person's name at the hub."""
HUB_TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105
"""The server's own token; it opens Label Studio and MLflow for the person it belongs to."""
SERVER_ADDRESS = "JUPYTERHUB_SERVICE_PREFIX"
"""Where the person's server is at the hub, from and to a slash."""
LABEL_STUDIO_URL = "IMAGINE_LABEL_STUDIO_URL"
"""Label Studio behind the hub's door, without a slash at the end."""
MLFLOW_URL = "MLFLOW_TRACKING_URI"
MLFLOW_TOKEN = "MLFLOW_TRACKING_TOKEN"  # noqa: S105
"""What the MLflow client reads by itself; the value is the server's own token."""
NOTEBOOKS = "IMAGINE_NOTEBOOKS"
"""The folder of the notebooks and report templates of this installation."""
WORK = "IMAGINE_WORK"
"""The person's folder for labels, models and reports; by default ~/imagine."""
ZYGOTE = "IMAGINE_ZYGOTE"
"""The socket at which this person's warm process forks kernels; without it kernels start cold."""
LEASES = "IMAGINE_LEASES"
"""The socket at which kernels are announced and graphics cards are asked for; without it there are none to ask for."""
GPUS = "IMAGINE_GPUS"
"""How many shares of graphics cards each kernel of this server asks for."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
DESKTOP = "JUPYTER_REMOTE_DESKTOP_PROXY_XSTARTUP"
"""The program that runs on a person's desktop."""
WAIT_POLICY = "OMP_WAIT_POLICY"
"""PASSIVE, or kernels that share a machine stall one another."""

QUIET = {
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "NO_ALBUMENTATIONS_UPDATE": "1",
}
"""Set for every server and service: nothing here calls outside addresses."""


def user() -> str:
    """Name of the person this kernel works for: at the hub, else the account's."""
    return os.environ.get(USER) or os.environ.get("USER") or os.environ.get("LOGNAME") or "someone"


def work_folder() -> Path:
    """The person's folder for labels, models and reports. Not made here."""
    return Path(os.environ.get(WORK) or Path.home() / "imagine")


def notebooks_folder() -> Path:
    """The notebooks and report templates: named by the hub, else those of the repository around this file."""
    return Path(os.environ.get(NOTEBOOKS) or Path(__file__).resolve().parents[2] / "notebooks")


def label_studio() -> tuple[str, str]:
    """Address and token of Label Studio. Raises LookupError with a sentence where the hub gave none."""
    url, token = os.environ.get(LABEL_STUDIO_URL, ""), os.environ.get(HUB_TOKEN, "")
    if not url or not token:
        raise LookupError(
            "Label Studio is known only to kernels started by the hub: open this notebook from the start page, "
            f"or set {LABEL_STUDIO_URL} and {HUB_TOKEN}."
        )
    return url, token
