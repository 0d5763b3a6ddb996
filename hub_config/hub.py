"""The hub process itself: where it listens, where it keeps its records, which proxy it drives."""

from typing import Any

from hub_config import credentials, pages, proxy
from hub_config.settings import Settings

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

SLOW = 1
"""Seconds until who waits for their server sees the page that tells their place in the line."""


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401 - a traitlets Config: its sections appear when asked for
    """Addresses, database, cookie secret and proxy of the hub."""
    kept = credentials.load(settings)
    state, addresses = settings.folders.state, settings.addresses
    hub = c.JupyterHub
    hub.bind_url = addresses.public
    hub.hub_bind_url = addresses.backend(addresses.hub_port)
    hub.db_url = settings.databases.hub or f"sqlite:///{state / 'jupyterhub.sqlite'}"
    hub.upgrade_db = True  # a newer JupyterHub brings the records along, and keeps a copy of the old ones
    hub.cookie_secret_file = str(credentials.cookie_secret_file(settings))
    hub.cleanup_servers = True
    hub.cleanup_proxy = True
    hub.authenticate_prometheus = True
    hub.tornado_settings = {
        "headers": HEADERS,
        "static_handler_class": pages.StaticFiles,
        "slow_spawn_timeout": SLOW,
    }
    c.ConfigurableHTTPProxy.command = proxy.command(settings)
    c.ConfigurableHTTPProxy.auth_token = kept.proxy_token
    c.ConfigurableHTTPProxy.api_url = addresses.backend(addresses.proxy_port)
    c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
