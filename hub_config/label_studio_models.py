"""Models inside Label Studio: it asks those of the house, and no other address, in the name of who asks for them.

A connected model is a row with the address that people see, such as http://…/services/models/phytoplankton/; where that
really answers is known here. Label Studio looks which pictures the person may see and hands over no others.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from hub_config import credentials
from hub_config.door_rules import Person
from hub_config.services import PREFIXES
from hub_config.settings import Settings

HEALTH = 3.0
"""Seconds at least for any answer: the one for which Label Studio waits is too short where many work."""
TOGETHER = 16
"""Tasks of one request: each has its own hundred seconds, and what was predicted before one that fails is kept."""
DOWN = "The models do not answer just now: try again in a moment, or ask whoever runs this hub."
FOREIGN = "Only the models of this house can be connected, such as {}phytoplankton/: {!r} is none of them."
ABOUT = "The model that is connected to this project looks at those of these tasks that have no prediction of it yet."
asking: ContextVar[Person | None] = ContextVar("asking", default=None)
"""Whose request this thread answers."""
_told: ContextVar[list[str] | None] = ContextVar("told", default=None)
"""What the models had to say in this request beside predictions."""
_why: ContextVar[str] = ContextVar("why", default=DOWN)
"""What the last question of this thread that failed was answered with."""
_PREFIX, _UPLOADS = PREFIXES["models"], PREFIXES["label-studio"] + "data/"
_log = logging.getLogger(__name__)


def inside(url: str) -> str:
    """The part of a model's address that says which; empty where it is none of ours."""
    path = urlsplit(url).path
    found = path.removeprefix(_PREFIX).strip("/") if path.startswith(_PREFIX) else ""
    return found if all(part.isidentifier() for part in found.split("/")) and found.count("/") < 2 else ""


def build(settings: Settings) -> None:
    """Puts the house's models in place of any others, once Label Studio's parts are loaded."""
    import data_manager.actions  # noqa: F401 - registers the actions of the page
    from django.conf import settings as django
    from django.db.models.signals import post_save
    from ml import models
    from ml.api_connector import MLApi
    from ml.serializers import MLBackendSerializer

    MLApi._request = _Line(settings).ask()  # noqa: SLF001 - the one way by which it asks a model
    MLApi.make_predictions = _predict_many
    MLApi.setup = _set_up
    update = models.MLBackend.update_state

    def update_state(backend: Any) -> Any:  # noqa: ANN401
        version = update(backend)
        if backend.state == models.MLBackendState.DISCONNECTED:
            backend.error_message = _why.get()
            backend.save()
        return version

    models.MLBackend.update_state = update_state
    # a model need not hear of every label, in a request that the person would wait for
    post_save.disconnect(models.create_ml_webhook, sender=models.MLBackend)
    public = settings.addresses.public + _PREFIX
    MLBackendSerializer.validate_url = lambda serializer, value: _own(value, public, serializer.context["request"])
    MLBackendSerializer.validate = _validate
    action = django.DATA_MANAGER_ACTIONS["retrieve_tasks_predictions"]
    action["entry_point"], action["dialog"]["text"] = _retrieve, ABOUT


class _Line:
    """How Label Studio asks a model: the secret and the person go along, and nothing goes anywhere else."""

    def __init__(self, settings: Settings) -> None:
        self.address = settings.addresses.backend(settings.addresses.models_port)
        self.secret = credentials.load(settings).door_secret

    def ask(self) -> Any:  # noqa: ANN401
        """A method for MLApi, in place of its own."""

        def _request(api: Any, verb: str, request: Any = None, *_: Any, method: str = "POST", **told: Any) -> Any:  # noqa: ANN401
            from ml.api_connector import MLApiResult

            patience = max(HEALTH, told.get("timeout") or 0)
            status, answer = self._exchange(api._url, verb, request or {}, method, patience)  # noqa: SLF001
            kind = "ok" if status == 200 else "error"
            if kind == "error":
                _why.set(answer["error"])
            return MLApiResult(url=api._url, request={}, response=answer, type=kind, status_code=status)  # noqa: SLF001

        return _request

    def _exchange(self, url: str, verb: str, request: Any, method: str, timeout: float) -> tuple[int, Any]:  # noqa: ANN401
        import requests

        which, person = inside(url), asking.get()
        if not which or person is None:
            return 0, {"error": FOREIGN.format(_PREFIX, url)}
        if verb == "predict":
            request = {**request, "files": _files(request["tasks"])}
        headers = {**dict(person.headers(self.secret)), "X-Imagine-Sender": "label-studio"}
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.request(
                    method,
                    f"{self.address}/{which}/{verb}",
                    json=request if method == "POST" else None,
                    headers={name: value.encode() for name, value in headers.items()},
                    timeout=(1, timeout),
                    allow_redirects=False,
                )
                return answer.status_code, answer.json()
            except requests.exceptions.RequestException as error:  # also an answer that is no JSON
                _log.error("The models did not answer: %s", error)
                return 0, {"error": DOWN}


def _files(tasks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The uploads that the tasks show, by their addresses: those that the person may see."""
    from urllib.parse import unquote

    from data_import.models import FileUpload

    shown = {value for task in tasks for value in task["data"].values() if isinstance(value, str)}
    named = {one: unquote(one.removeprefix(_UPLOADS)) for one in shown if one.startswith(_UPLOADS)}
    seen = set(FileUpload.objects.filter(file__in=set(named.values())).values_list("file", flat=True))
    return {address: file for address, file in named.items() if file in seen}


def _set_up(api: Any, project: Any, **_: Any) -> Any:  # noqa: ANN401
    """In place of MLApi.setup, which would send along a token of the person who made the project."""
    return api._request("setup", {"project": str(project.pk), "schema": project.label_config}, timeout=10)  # noqa: SLF001


def _predict_many(api: Any, tasks: Sequence[Mapping[str, Any]], project: Any, context: Any = None) -> Any:  # noqa: ANN401
    """In place of MLApi.make_predictions: some tasks at a time, and a task without a prediction stops no other."""
    from ml.api_connector import MLApiResult

    del context
    found: list[Any] = []
    for start in range(0, len(tasks), TOGETHER):
        some = [{key: task[key] for key in ("id", "data", "meta")} for task in tasks[start : start + TOGETHER]]
        answer = api._request("predict", {"tasks": some, "label_config": project.label_config}, timeout=100)  # noqa: SLF001
        if answer.is_error:
            _say(answer.error_message)
            found += [[] for _ in tasks[start:]]
            break
        _say(*answer.response["left_out"], *(one["error"] for one in answer.response["results"] if "error" in one))
        found += [[] if "error" in one else [one] for one in answer.response["results"]]
    return MLApiResult(url=api._url, request={}, response={"results": found})  # noqa: SLF001


def _say(*sentences: str) -> None:
    told = _told.get()
    if told is not None:
        told += [one for one in sentences if one not in told]


def _retrieve(project: Any, queryset: Any, **_: Any) -> dict[str, Any]:  # noqa: ANN401
    """In place of the action of the page: the same, and it says how it went."""
    from data_manager.functions import evaluate_predictions

    backend = project.ml_backend
    if backend is None:
        sentence = "No model is connected to this project: connect one in its settings, under Model."
        return {"response_code": 409, "detail": sentence}
    count, before = queryset.count(), project.predictions.count()
    _told.set([])
    try:
        evaluate_predictions(queryset)
        told = _told.get() or []
    finally:
        _told.set(None)
    backend.refresh_from_db()
    if backend.not_ready:
        return {"response_code": 503, "detail": backend.error_message or DOWN}
    made = project.predictions.count() - before
    said = " ".join([f"{made} new predictions for {count} tasks.", *told[:5], *(["…"] if told[5:] else [])])
    return {"processed_items": count, "detail": said, "imagine": said}


def _own(value: str, public: str, request: Any) -> str:  # noqa: ANN401
    """The address under which a model is kept, of one that people see. Raises a ValidationError for any other."""
    from rest_framework import serializers

    here = ("", urlsplit(public).netloc, request.META.get("HTTP_HOST"))  # a TLS proxy has a name of its own
    if urlsplit(value).netloc not in here or not (which := inside(value)):
        raise serializers.ValidationError(FOREIGN.format(_PREFIX, value))
    return f"{public}{which}/"


def _validate(serializer: Any, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Asks the model whether it is there and fits the project's page; without a title of its own it gets its version.

    So predictions that a notebook pushed and those made on the spot go by one name, and are shown together.
    """
    from ml.models import MLBackend
    from rest_framework import serializers

    now = serializer.instance
    url = given.get("url") or (now.url if now else "")
    project = given.get("project") or (now.project if now else None)
    if project is None or not url:
        raise serializers.ValidationError("Say which model is to be connected to which project.")
    answer = MLBackend.setup_(url, project)
    if answer.is_error:
        raise serializers.ValidationError({"url": [answer.error_message]})
    if now is None and given.get("title") in (None, "", "default"):
        given["title"] = answer.response["model_version"]
    return given
