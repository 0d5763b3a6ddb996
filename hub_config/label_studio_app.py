"""Label Studio as gunicorn runs it: behind the door only, each hub user in an organisation of their own."""

import hmac
import os
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hub_config import credentials, label_studio_wall
from hub_config.services import PREFIXES
from hub_config.settings import Settings, load

HEALTH = "/health"
_Start = Callable[[str, list[tuple[str, str]]], object]
_App = Callable[[dict[str, Any], _Start], Iterable[bytes]]
_making = threading.Lock()


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
        "LOG_LEVEL": "WARNING",
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
    from sqlalchemy.engine import make_url

    url = make_url(settings.databases.label_studio)
    parts = {"USER": url.username, "PASSWORD": url.password, "NAME": url.database, "HOST": url.host, "PORT": url.port}
    return {"DJANGO_DB": "default", **{f"POSTGRE_{key}": str(value) for key, value in parts.items() if value}}


def create() -> _App:
    """The application; brings the database up to date first."""
    from hub_config import label_studio_database

    settings = load()
    label_studio_database.prepare(settings)
    configure(settings)
    _settle()
    from django.core.wsgi import get_wsgi_application

    inner: _App = get_wsgi_application()
    label_studio_wall.build()
    return _gate(inner, credentials.load(settings).door_secret)


def _settle() -> None:
    """Puts the hub's sign-on in place of Label Studio's own, before its parts are loaded."""
    from django.conf import settings

    own = "hub_config.label_studio_app"
    after = settings.MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware")
    settings.MIDDLEWARE.insert(after + 1, f"{own}.HubUser")
    settings.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = (f"{own}.HubAuthentication",)
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
        environ["imagine.user"] = name
        return inner(environ, start)

    return application


def _say(start: _Start, status: str, body: bytes) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


class HubUser:
    """Django middleware: the request's user is who the door says, whatever a session may hold."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:  # noqa: ANN401
        from django.http import HttpResponseRedirect

        if request.path_info.rstrip("/") == "/logout":
            return HttpResponseRedirect("/hub/logout")
        with label_studio_wall.open_wall():
            request.user = request.imagine_user = account(request.META["imagine.user"])
        label_studio_wall.close_around(request.user.active_organization_id)
        return self.get_response(request)


def account(name: str) -> Any:  # noqa: ANN401 - a User of Label Studio
    """The account of the hub user `name`, made with an organisation of its own the first time."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    email = f"{quote(name, safe='')}@hub.local"  # one name, one address: names may hold an @ themselves
    with _making:
        user = users.filter(email=email).select_related("active_organization").first()
        return user if user is not None and user.active_organization_id is not None else _make(email, name)


def _make(email: str, name: str) -> Any:  # noqa: ANN401
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from organizations.models import Organization

    with transaction.atomic():
        user, _ = get_user_model().objects.get_or_create(email=email, defaults={"username": name, "first_name": name})
        user.set_unusable_password()
        user.active_organization = Organization.create_organization(created_by=user, title=name)
        user.save()
    return user


class HubAuthentication:
    """The same for Label Studio's API: whoever the door named, and no token or session of its own."""

    def authenticate(self, request: Any) -> tuple[Any, None] | None:  # noqa: ANN401
        """The user and no token, as the REST framework expects it."""
        user = getattr(request._request, "imagine_user", None)  # noqa: SLF001 - Django's request inside the framework's
        return None if user is None else (user, None)

    def authenticate_header(self, _request: Any) -> str:  # noqa: ANN401
        """What the framework puts beside a 401."""
        return "Hub"
