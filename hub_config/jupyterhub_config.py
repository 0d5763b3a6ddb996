"""What JupyterHub executes: load the settings, then let each part of the house say what it needs."""

from hub_config import hub, metrics, pages, profiles, services, spawner, usage_page, users
from hub_config.lab import culling
from hub_config.settings import load

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub puts it here
settings = load()
for part in (hub, users, profiles, spawner, culling, pages, usage_page, metrics, services):
    part.apply(c, settings)
