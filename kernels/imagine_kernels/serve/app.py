"""What the service of models answers, as a backend of Label Studio speaks: /health, /setup, /predict, /webhook.

Only Label Studio and the door get in, which prove themselves by the door's secret and say who is asking.
"""

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from imagine_kernels.records import Json
from imagine_kernels.serve import catalogue, page
from imagine_kernels.serve.catalogue import Asked
from imagine_kernels.serve.pictures import Find, LabelStudio
from imagine_kernels.serve.worker import Worker

HEALTH = "/health"
SENDER, HANDED = "x-imagine-sender", "label-studio"
"""How Label Studio says that it has looked which pictures the person may see; the door lets nobody else say so."""
_SECRET, _PERSON = b"x-imagine-secret", b"x-imagine-user"
_LARGEST = 64 * 2**20
"""Bytes of a question."""
_MOST = 500
"""Tasks of a question."""
PATIENCE = 40.0
"""Seconds until it is a question's turn, and again for its answer: Label Studio waits for 100."""
_NO_TRAINING = "Models are taught in notebooks or by the command imagine train, not from Label Studio."
_App = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class House:
    """What the service has: the secret of the door, the house's Label Studio, the process of models."""

    secret: str
    label_studio: LabelStudio
    worker: Worker


class RefusedError(ValueError):
    """What cannot be answered, as a sentence, and the status that goes with it."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def create(house: House) -> _App:
    """The application; nobody else than the door and Label Studio gets in, and anybody may ask whether it is up."""

    async def answer(request: Request) -> JSONResponse:
        try:
            return JSONResponse(await _answer(house, request))
        except LookupError as error:
            return _say(404, str(error.args[0]))
        except RefusedError as error:
            return _say(error.status, str(error))
        except ClientDisconnect:
            return _say(400, "The question broke off.")

    return _gate(Starlette(routes=[Route("/{where:path}", answer, methods=["GET", "POST"])]), house.secret)


def _say(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence, "error": sentence}, status_code=status)


def _gate(inner: _App, secret: str) -> _App:
    async def application(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] != "http":
            return None
        headers = dict(scope["headers"])
        if hmac.compare_digest(headers.get(_SECRET, b""), secret.encode()):
            if headers.get(_PERSON):
                return await inner(scope, receive, send)
            return await _say(401, "The door did not say who is asking.")(scope, receive, send)
        if scope["path"] == HEALTH:
            return await JSONResponse({"status": "UP"})(scope, receive, send)
        return await _say(401, "The models are reached through the hub only.")(scope, receive, send)

    return application


async def _answer(house: House, request: Request) -> Json:
    where, _, verb = request.url.path.strip("/").rpartition("/")
    if request.method == "GET":
        if not where and verb in ("", "health"):
            return {"status": "UP", "models": await run_in_threadpool(catalogue.every)}
        return _told(catalogue.find(where), verb)
    asked, body = catalogue.find(where), await _body(request)
    if verb == "setup":
        return _set_up(asked, body)
    if verb == "webhook":
        if body.get("action") == "START_TRAINING":
            raise RefusedError(_NO_TRAINING)
        return {"status": "ok"}
    if verb != "predict":
        raise RefusedError(f"There is no /{verb} here: ask for health, setup, predict or webhook.", 404)
    return await run_in_threadpool(_predict, house, asked, body, dict(request.headers))


def _told(asked: Asked, verb: str) -> Json:
    known: dict[str, Json] = {
        "health": {"status": "UP", "model_class": asked.title},
        "versions": {"versions": [asked.version]},
    }
    if verb not in known:
        raise RefusedError(f"There is no /{verb} to read here: ask for health or versions.", 404)
    return known[verb]


async def _body(request: Request) -> Json:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            raise RefusedError(f"The question is larger than {_LARGEST // 2**20} MB: ask for fewer tasks.", 413)
    try:
        told = json.loads(body)
    except ValueError as error:
        raise RefusedError("The question is not JSON.") from error
    if not isinstance(told, dict):
        raise RefusedError('The question is no table of fields such as {"tasks": […]}.')
    return told


def _set_up(asked: Asked, body: Json) -> Json:
    """Whether the project's page has a place for anything that the model says."""
    shown = _page(body.get("schema"))
    if shown is not None and not any(shown.offers(name) for name in asked.model.names):
        names = ", ".join(asked.model.names)
        raise RefusedError(f"The labelling page offers none of what {asked.title} can say: {names}.")
    return {"model_version": asked.version}


def _page(written: object) -> page.Page | None:
    try:
        return page.read(written) if isinstance(written, str) and written else None
    except ValueError as error:
        raise RefusedError(str(error)) from error


def _predict(house: House, asked: Asked, body: Json, headers: Mapping[str, str]) -> Json:
    tasks, written = body.get("tasks"), body.get("label_config") or ""
    if not isinstance(tasks, list) or len(tasks) > _MOST or not all(isinstance(one, dict) for one in tasks):
        raise RefusedError(f'The question needs "tasks", a list of at most {_MOST} tasks.')
    shown, files = _page(written), body.get("files")
    told = {name: value for name, value in headers.items() if name.startswith("x-imagine-")}
    is_handed = headers.get(SENDER) == HANDED and isinstance(files, dict)
    find = house.label_studio.handed(files or {}) if is_handed else house.label_studio.asked(told)
    key = shown.picture if shown is not None else "image"
    with house.worker.folder() as folder:
        results: list[Json] = [{"result": [], "score": None, "model_version": asked.version} for _ in tasks]
        sent = {}
        for place, task in enumerate(tasks):
            try:
                sent[place] = _fetched(house, find, task, key, Path(folder) / str(place))
            except (ValueError, OSError) as error:
                results[place]["error"] = str(error)
        answer = _asked(house, asked, written, [*sent.values()])
    for place, said in zip(sent, answer["results"], strict=True):
        results[place] |= said
    return {"results": results, "model_version": asked.version, "left_out": answer["left_out"]}


def _fetched(house: House, find: Find, task: Json, key: str, folder: Path) -> Json:
    """The task for the process of models, which may read the picture in the folder, and nothing else of the house."""
    data, meta = task.get("data"), task.get("meta")
    picture = data.get(key) if isinstance(data, dict) else None
    if not isinstance(picture, str):
        raise RefusedError(f"The task has no picture: its data lack {key!r}.")
    folder.mkdir(mode=0o700)
    house.worker.give(folder)
    file = find(picture, folder)
    house.worker.give(file)
    return {"file": str(file), "facts": meta.get("imagine") if isinstance(meta, dict) else None}


def _asked(house: House, asked: Asked, written: str, tasks: list[Json]) -> Json:
    if not tasks:
        return {"results": [], "left_out": []}
    question = {"case": asked.case.name, "model": asked.model.name, "page": written, "tasks": tasks}
    try:
        return house.worker.ask(question, PATIENCE)
    except OSError as error:
        raise RefusedError(str(error), 503) from error
