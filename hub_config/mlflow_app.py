"""MLflow as the house runs it: behind the door only, each hub user in a workspace of their own."""

import hmac
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hub_config import credentials, mlflow_page, mlflow_wall
from hub_config.services import PREFIXES
from hub_config.settings import Settings, load

PREFIX = PREFIXES["mlflow"].rstrip("/")
HEALTH = f"{PREFIX}/health"
_Scope = MutableMapping[str, Any]
_Send = Callable[[dict[str, Any]], Awaitable[None]]
_App = Callable[[_Scope, Callable[[], Awaitable[Any]], _Send], Awaitable[None]]


def folder(settings: Settings) -> Path:
    """Where MLflow keeps its database and what runs leave behind."""
    return settings.folders.state / "mlflow"


def configure(settings: Settings) -> None:
    """Says by its own variables how MLflow is to run; they count only where `mlflow` is not loaded yet."""
    home = folder(settings)
    (home / "artifacts").mkdir(mode=0o700, parents=True, exist_ok=True)
    os.umask(0o077)
    database = settings.databases.mlflow or f"sqlite:///{home / 'mlflow.sqlite'}"
    os.environ.update(
        {
            # what `mlflow server` hands to the process it starts; here there is one process less
            "_MLFLOW_SERVER_FILE_STORE": database,
            "_MLFLOW_SERVER_REGISTRY_STORE": database,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(home / "artifacts"),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_STATIC_PREFIX": PREFIX,
            "_MLFLOW_SGI_NAME": "uvicorn",
            "MLFLOW_ENABLE_WORKSPACES": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # eight more processes, for jobs that nobody here starts
            "MLFLOW_DISABLE_TELEMETRY": "true",
            # whoever comes with the door's secret was checked there, host and origin too
            "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE": "true",
            "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX": r"(?s)^(mlflow-artifacts|runs|models):/(?!/).*$",
        }
    )
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_WORKSPACE", "MLFLOW_DEPLOYMENTS_TARGET"):
        os.environ.pop(name, None)


def create_app() -> _App:
    """The application. Sets up the database first, or brings it up to date."""
    settings = load()
    configure(settings)
    mlflow_wall.build()
    mlflow_wall.bring_up_to_date(os.environ["_MLFLOW_SERVER_FILE_STORE"])
    from mlflow.server.fastapi_app import app

    return gate(app, credentials.load(settings).door_secret)


def gate(inner: _App, secret: str) -> _App:
    """Lets through only what the door sends, into the workspace of whom the door names."""

    async def application(scope: _Scope, receive: Callable[[], Awaitable[Any]], send: _Send) -> None:
        if scope["type"] != "http":
            return await _close(scope, send)
        headers = dict(scope["headers"])
        if not hmac.compare_digest(headers.get(b"x-imagine-secret", b""), secret.encode()):
            if scope["path"] == HEALTH:
                return await _answer(send, 200, b"text/plain", b"OK")
            return await _say(send, 401, "MLflow is reached through the hub only.")
        name = headers.get(b"x-imagine-user", b"").decode("latin-1")
        if not name:
            return await _say(send, 401, "The door did not say who is asking.")
        return await _enter(inner, name, scope, receive, send)

    return application


async def _enter(inner: _App, name: str, scope: _Scope, receive: Callable[[], Awaitable[Any]], send: _Send) -> None:
    asked, method = scope["path"].removeprefix(PREFIX), scope["method"]
    if not mlflow_wall.is_allowed(method, asked):
        return await _say(send, 403, "This part of MLflow is switched off here: it would act outside your workspace.")
    if asked in ("", "/") and method == "GET":
        return await _answer(send, 200, b"text/html; charset=utf-8", mlflow_page.page())
    async with mlflow_wall.workspace(name) as own:
        inside = {**scope, "headers": own(scope["headers"])}
        if asked.startswith(mlflow_wall.ARTIFACTS) and method in ("GET", "PUT"):
            # the streaming routes know no prefix; with it a whole file would go through memory
            inside |= {"path": asked, "raw_path": quote(asked).encode()}
        await inner(inside, receive, send)
    return None


async def _close(scope: _Scope, send: _Send) -> None:
    """No websockets here, and nothing to do when the server starts or ends."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})


async def _say(send: _Send, status: int, sentence: str) -> None:
    code = "UNAUTHENTICATED" if status == 401 else "PERMISSION_DENIED"
    await _answer(send, status, b"application/json", json.dumps({"error_code": code, "message": sentence}).encode())


async def _answer(send: _Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve() -> None:
    """Runs the server until it is asked to end: one process."""
    import uvicorn

    addresses = load().addresses
    uvicorn.run(
        create_app(),
        host=addresses.ip,
        port=addresses.mlflow_port,
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )


if __name__ == "__main__":
    serve()
