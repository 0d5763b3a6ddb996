"""Label Studio as gunicorn runs it: behind the door only, each hub user in an organisation of their own."""

import hmac
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from hub_config import (
    credentials,
    door_rules,
    label_studio_groups,
    label_studio_mending,
    label_studio_models,
    label_studio_wall,
)
from hub_config.services import PREFIXES
from hub_config.settings import Settings, load

HEALTH = "/health"
_Start = Callable[[str, list[tuple[str, str]]], object]
_App = Callable[[dict[str, Any], _Start], Iterable[bytes]]


def folder(settings: Settings) -> Path:
    """Where Label Studio keeps its database, its uploads and its key."""
    return settings.folders.state / "label_studio"


def configure(settings: Settings, database: Path | None = None) -> None:
    """Says by its own variables how Label Studio is to run: alone, quiet, below the hub's address.

    Needs environment labelstudio. `database` is another SQLite file than the installation's.
    """
    import label_studio

    home = folder(settings) if database is None else database.parent
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.update(_variables(settings, home, database or home / "label_studio.sqlite3"))
    os.umask(0o077)
    # its modules import one another by names such as `core`; at the end, lest its sitecustomize be found first
    sys.path.append(str(Path(label_studio.__file__).parent))


def _variables(settings: Settings, home: Path, database: Path) -> dict[str, str]:
    public = settings.addresses.public
    yes, no = "true", "false"
    return {
        "DJANGO_SETTINGS_MODULE": "label_studio.core.settings.label_studio",
        "LABEL_STUDIO_BASE_DATA_DIR": str(home),
        **_database(settings, database),
        "LABEL_STUDIO_HOST": public + PREFIXES["label-studio"].rstrip("/"),
        "XDG_CONFIG_HOME": str(home),  # else it writes an id of this machine below HOME
        "HOME": str(home),
        "DEBUG": no,
        "LOG_LEVEL": "ERROR",
        # nothing calls outside
        "COLLECT_ANALYTICS": no,
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LATEST_VERSION_CHECK": no,
        "CONVERTER_DOWNLOAD_RESOURCES": yes,
        # nobody gets in but by the door, and no file but what was uploaded is served
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": yes,
        "CORS_ALLOWED_ORIGINS": public,
        "ENABLE_LOCAL_FILES_STORAGE": no,
        "LOCAL_FILES_SERVING_ENABLED": no,
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": no,
        "USE_NGINX_FOR_UPLOADS": no,
        "SVG_SECURITY_CLEANUP": yes,
        "INACTIVITY_SESSION_TIMEOUT_ENABLED": "0",  # the hub decides how long a log-in lasts
    }


def _database(settings: Settings, database: Path) -> dict[str, str]:
    if not settings.databases.label_studio:
        return {"DJANGO_DB": "sqlite", "LABEL_STUDIO_DATABASE_NAME": str(database)}
    url = urlsplit(settings.databases.label_studio)
    user, password, name = (unquote(part or "") for part in (url.username, url.password, url.path.lstrip("/")))
    parts = {"USER": user, "PASSWORD": password, "NAME": name, "HOST": url.hostname, "PORT": url.port}
    return {"DJANGO_DB": "default", **{f"POSTGRE_{key}": str(value) for key, value in parts.items() if value}}


def create() -> _App:
    """The application; brings the database up to date first."""
    from hub_config import label_studio_database

    settings = load()
    label_studio_database.prepare(settings)
    configure(settings)
    _settle()
    label_studio_mending.settle_database()
    from django.core.wsgi import get_wsgi_application

    inner: _App = get_wsgi_application()
    label_studio_mending.mend()
    label_studio_wall.build()
    label_studio_groups.build()
    label_studio_models.build(settings)
    return _gate(inner, credentials.load(settings).door_secret)


def _settle() -> None:
    """Puts the hub's sign-on in place of Label Studio's own, before its parts are loaded."""
    from django.conf import settings

    own = "hub_config.label_studio_user"
    after = settings.MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware")
    settings.MIDDLEWARE.insert(after + 1, f"{own}.HubUser")
    settings.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = (f"{own}.HubAuthentication",)
    settings.REST_FRAMEWORK["EXCEPTION_HANDLER"] = f"{own}.explain"
    settings.LOGGING["filters"] = {"unexpected": {"()": f"{own}.Unexpected"}}
    settings.LOGGING["handlers"]["console"]["filters"] = ["unexpected"]
    settings.LOGGING["loggers"]["django"]["propagate"] = False  # its lines would come twice
    settings.AUTHENTICATION_BACKENDS = ["rules.permissions.ObjectPermissionBackend"]  # passwords open nothing


def _gate(inner: _App, secret: str) -> _App:
    """Lets through only what the door sends; the path of health says that the server is up, and nothing else."""

    def application(environ: dict[str, Any], start: _Start) -> Iterable[bytes]:
        given, name = environ.get("HTTP_X_IMAGINE_SECRET", ""), environ.get("HTTP_X_IMAGINE_USER", "")
        if not hmac.compare_digest(given.encode("latin-1"), secret.encode()):
            if environ.get("PATH_INFO") == HEALTH:
                return _say(start, "200 OK", b'{"status": "UP"}')
            return _say(start, "401 Unauthorized", b'{"detail": "Label Studio is reached through the hub only."}')
        if not name:
            return _say(start, "401 Unauthorized", b'{"detail": "The door did not say who is asking."}')
        environ["imagine.user"] = name  # a header cannot have this name
        environ["imagine.groups"] = door_rules.read_groups(environ.get("HTTP_X_IMAGINE_GROUPS", ""))
        return inner(environ, start)

    return application


def _say(start: _Start, status: str, body: bytes) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
