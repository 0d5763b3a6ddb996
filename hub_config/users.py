"""Who comes in: a password for the class, or an OpenID Connect provider named in imagine.toml."""

import stat
from pathlib import Path
from typing import Any

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator

from hub_config import credentials
from hub_config.accounts import NAMES
from hub_config.settings import ROOT, OpenId, Settings

SCOPES = ["self", "access:services"]
"""What every person may do: their own server and tokens, and open Label Studio and MLflow as themselves."""

SERVER_SCOPES = ["users:activity!user", "access:servers!server", "access:services"]
"""What a server's own token may do; kernels use it to reach Label Studio and MLflow as the person."""


class ClassPassword(SharedPasswordAuthenticator):  # type: ignore[misc]
    """JupyterHub's shared password; a password that cannot be right is a wrong one, not an error."""

    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:  # noqa: ANN401 - JupyterHub's own kinds
        """Who signed in, else None."""
        if not data.get("username") or not data.get("password", "").isascii():
            return None
        return await super().authenticate(handler, {"password": "", **data})


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401
    """Sets up the sign-in and what people may do."""
    c.JupyterHub.load_roles = [{"name": "user", "scopes": SCOPES}]
    c.Spawner.server_token_scopes = SERVER_SCOPES
    c.Authenticator.username_pattern = NAMES
    c.Authenticator.admin_users = {name.lower() for name in settings.users.admins}
    if settings.users.accounts == "openid":
        _openid(c, settings)
    else:
        _class_password(c, settings)


def _class_password(c: Any, settings: Settings) -> None:  # noqa: ANN401
    kept = credentials.load(settings)
    c.JupyterHub.authenticator_class = ClassPassword
    c.Authenticator.allow_all = True
    c.ClassPassword.user_password = kept.class_password
    c.ClassPassword.admin_password = kept.admin_password


def _openid(c: Any, settings: Settings) -> None:  # noqa: ANN401
    provider, where = settings.users.openid, settings.file
    if not provider.client_id:
        raise ValueError(f"{where}: users.openid.client_id is empty; put in the one your provider gave you.")
    c.JupyterHub.authenticator_class = "generic-oauth"
    c.Authenticator.allow_all = not provider.allowed_groups
    oauth = c.GenericOAuthenticator
    oauth.login_service = provider.title
    oauth.authorize_url = provider.authorize_url
    oauth.token_url = provider.token_url
    oauth.userdata_url = provider.userdata_url
    oauth.username_claim = provider.username_claim
    oauth.scope = list(provider.scopes)
    oauth.client_id = provider.client_id
    oauth.client_secret = _secret(provider, where)
    oauth.oauth_callback_url = f"{settings.addresses.public}/hub/oauth_callback"
    if provider.allowed_groups:
        oauth.manage_groups = True
        oauth.auth_state_groups_key = lambda state: _groups(state, provider.groups_claim)
        oauth.allowed_groups = set(provider.allowed_groups)


def _groups(state: dict[str, Any], claim: str) -> set[str]:
    """The provider's groups of a person: a list, one string, or nothing at all, which admits nobody."""
    found = (state.get("oauth_user") or {}).get(claim) or []
    return {found} if isinstance(found, str) else {str(group) for group in found}


def _secret(provider: OpenId, where: Path) -> str:
    file = ROOT / provider.client_secret_file
    if not provider.client_secret_file or not file.is_file():
        raise ValueError(
            f"{where}: users.openid.client_secret_file = {provider.client_secret_file!r} is not a file; "
            "write the client's secret into a file that only you can read, and name it there."
        )
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ValueError(f"{file} holds the sign-in secret and others may read it: chmod 600 {file}")
    return file.read_text(encoding="utf-8").strip()
