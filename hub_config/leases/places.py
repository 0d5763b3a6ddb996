"""Where the broker listens and where it keeps its records."""

from pathlib import Path

from hub_config import homes
from hub_config.settings import Settings


def kernels_socket(settings: Settings) -> Path:
    """Where kernels ask; every account of a person may reach it."""
    return homes.leases_socket(settings)


def hub_socket(settings: Settings) -> Path:
    """Where the hub introduces and asks; nobody else may enter the folder."""
    return homes.hub_socket_folder(settings) / "leases"


def database(settings: Settings) -> Path:
    """Leases, events and what was used."""
    return settings.folders.state / "leases.sqlite"
