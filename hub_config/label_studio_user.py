"""Who is asking, inside Label Studio: the person whom the door names, in their own organisation and their groups'."""

import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hub_config import label_studio_groups, label_studio_groups_page, label_studio_models, label_studio_wall
from hub_config.door_rules import Person
from hub_config.services import PREFIXES

_making = threading.Lock()
_READS = ("GET", "HEAD", "OPTIONS")
_CLOSED = (
    (
        r"api/(users|organizations|invite|token|current-user/reset-token)\b",
        "Accounts are the hub's: change them there.",
    ),
    (r"api/(storages|webhooks|model-providers?)\b", "Connections to other machines are switched off here."),
    (r"api/ml/\d+/(train|interactive-annotating)", "Models are taught in notebooks or by the command imagine train."),
    (r"user/(login|signup)\b", "The hub signs people in."),
)
"""What nobody may write, and why: an account's address says whose it is, and connections would act for this machine."""
_OFF = re.compile(r"(__lsa|swagger|docs/api/schema/(swagger-ui|redoc)|admin|django-rq|trigger500)(\W|$)|docs/(api/)?$")
"""Pages that load from outside addresses, and those that look at the server rather than at anybody's work."""
_HERE = PREFIXES["label-studio"].encode()
_REROOTED: dict[str, tuple[tuple[bytes, bytes], ...]] = {
    "react-app/main.css": ((b"url(/static/", b"url(" + _HERE + b"static/"),),
    "react-app/main.js": (
        (b'href:"/projects"', b'href:"' + _HERE + b'projects"'),
        # its page of an organisation's people would manage accounts; this one tells who sees which project
        (b'label:"Organization",to:"/organization"', b'label:"Groups",href:"/groups/"'),
        (b'"/heidi-tips"', b'"' + _HERE + b'heidi-tips"'),
        (b'"/sw.js","serviceWorker"in navigator', b'"/sw.js","none"in navigator'),
    ),
    "react-app/167.js": (  # what an action had to say is read by the person who asked for it
        (b'p.async&&e.SDK.invoke("toast",{message:', b'(p.async||p.imagine)&&e.SDK.invoke("toast",{'),
        (b'{"Your action is', b'{duration:12e3,message:p.imagine||"Your action is'),
    ),
}
"""Files in which Label Studio forgets that it lives below a path, or what to say, and what to put there instead."""


class HubUser:
    """Django middleware: the request's user is who the door says, whatever a session may hold."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:  # noqa: ANN401
        path = request.path_info.lstrip("/")
        if (answer := _before(request.method, path)) is not None:
            return answer
        with label_studio_wall.opened():
            request.user = request.imagine_user = account(request.META["imagine.user"])
            groups = label_studio_groups.enter(request.user, request.META["imagine.groups"])
        label_studio_models.asking.set(Person(request.META["imagine.user"], request.META["imagine.groups"]))
        try:
            label_studio_wall.close_around(label_studio_groups.seen(request.user, groups, request.GET.get("group")))
        except PermissionError as error:
            return _refuse(403, str(error))
        if (page := label_studio_groups_page.answer(request, path, groups)) is not None:
            return page
        if path.startswith("data/upload/") and not _is_there(path.removeprefix("data/")):
            return _refuse(404, "There is no such file, or it is somebody else's.")
        return self.get_response(request)


def _before(method: str, path: str) -> Any:  # noqa: ANN401
    """The answer to what Label Studio itself is not asked here; None for all the rest."""
    from django.http import HttpResponseRedirect, JsonResponse

    if path.rstrip("/") == "logout":
        return HttpResponseRedirect("/hub/logout")
    if path.rstrip("/") == "heidi-tips":  # it would fetch them from outside; none, and the page shows none
        return JsonResponse({})
    if _OFF.match(path):
        return _refuse(404, "This page of Label Studio is switched off here.")
    if method not in _READS and (why := closed(path)):
        return _refuse(403, why)
    return _reroot(path) if path in _REROOTED else None


def _refuse(status: int, sentence: str) -> Any:  # noqa: ANN401
    from django.http import JsonResponse

    return JsonResponse({"detail": sentence}, status=status)


def closed(path: str) -> str:
    """Why nobody may write to `path`; empty where people may."""
    return next((why for pattern, why in _CLOSED if re.match(pattern, path)), "")


def _reroot(path: str) -> Any:  # noqa: ANN401
    """One of the page's own files, with the addresses in it where they are."""
    from django.conf import settings
    from django.http import HttpResponse

    kind = "text/css" if path.endswith(".css") else "text/javascript"
    text = (Path(settings.REACT_APP_ROOT) / path.removeprefix("react-app/")).read_bytes()
    for old, new in _REROOTED[path]:
        text = text.replace(old, new)
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "private, max-age=3600"})


def _is_there(file: str) -> bool:
    """Whether a file was uploaded by somebody of this organisation; Label Studio's own page ends in an error."""
    from data_import.models import FileUpload

    return bool(FileUpload.objects.filter(file=file).exists())


def account(name: str) -> Any:  # noqa: ANN401 - a User of Label Studio
    """The account of the hub user `name`, made with an organisation of its own the first time."""
    from django.contrib.auth import get_user_model

    email = f"{quote(name, safe='')}@hub.local"  # one name, one address: names may hold an @ themselves
    with _making:
        user = get_user_model().objects.filter(email=email).select_related("active_organization").first()
        own = user is not None and user.active_organization is not None
        return user if own and user.active_organization.created_by_id == user.pk else _make(email, name)


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


def explain(error: Exception, context: Any) -> Any:  # noqa: ANN401
    """Label Studio's answer to an error; a row that this person may not see is one that is not there, never a 500."""
    from core.utils.common import custom_exception_handler
    from django.core.exceptions import ObjectDoesNotExist
    from django.http import Http404

    return custom_exception_handler(Http404(str(error)) if isinstance(error, ObjectDoesNotExist) else error, context)


class Unexpected(logging.Filter):
    """Keeps refusals and missing rows out of the log: the person was told, and a traceback helps nobody."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is worth a line."""
        from django.http import Http404
        from rest_framework.exceptions import APIException

        error = record.exc_info[1] if record.exc_info else None
        status = error.status_code if isinstance(error, APIException) else 500
        return record.levelno >= logging.ERROR and not isinstance(error, Http404) and status >= 500
