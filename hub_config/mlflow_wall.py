"""What keeps people apart inside MLflow: a workspace for each, closed from outside, and runs that bear their name."""

import asyncio
import contextlib
import hashlib
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

ARTIFACTS = ("/api/2.0/mlflow-artifacts/artifacts/", "/ajax-api/2.0/mlflow-artifacts/artifacts/")
_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-)){0,38}[a-z0-9]")
_RESERVED = frozenset({"default", "workspaces", "api", "ajax-api", "static-files"})
PERSON: ContextVar[str] = ContextVar("person", default="")
"""Whose request is being answered."""
_known: set[str] = set()

_KINDS = "experiments runs metrics registered-models model-versions artifacts logged-models traces unified-traces"
_MORE = "datasets get-trace-artifact get-online-trace-details issues label-schemas review-queues scorers server-info"
_SWITCHED_OFF = re.compile(r"/(invoke|create-promptlab-run|online-config|presigned-(upload|download)-url)(/|$)")
_DATA = re.compile(
    rf"/(?:ajax-)?api/[23]\.0/(?:mlflow/(?:{'|'.join(f'{_KINDS} {_MORE}'.split())})|mlflow-artifacts/artifacts)(?:/|$)"
)
_PAGES = re.compile(r"/?|/(?:static-files/.*|get-artifact|model-versions/get-artifact|graphql|version|health)")
_TOLD = re.compile(r"/ajax-api/(?:2\.0/mlflow/(?:upload-artifact|gateway-proxy)|3\.0/mlflow/ui-telemetry)")
"""What its page asks for; without a gateway the answer is that there is none."""


def name_of(person: str) -> str:
    """The workspace of a hub user: MLflow takes letters, digits and single hyphens; other names get a fingerprint."""
    if _PLAIN.fullmatch(person) and person not in _RESERVED:
        return person
    plain = re.sub(r"[^a-z0-9]+", "-", person.lower()).strip("-")[:30].strip("-") or "user"
    return f"{plain}--{hashlib.sha256(person.encode()).hexdigest()[:16]}"


def is_allowed(method: str, path: str) -> bool:
    """Whether people may ask for `path` (without the prefix): what belongs to a workspace, and MLflow's own page.

    Not: other workspaces, web hooks and gateways, which call other machines, and jobs and the assistant, which run
    commands on this one.
    """
    if _SWITCHED_OFF.search(path):
        return False
    if _TOLD.fullmatch(path):
        return True
    return bool(_DATA.match(path) or (method in ("GET", "HEAD", "POST") and _PAGES.fullmatch(path)))


@contextlib.asynccontextmanager
async def workspace(person: str) -> AsyncIterator[Callable[[Any], list[tuple[bytes, bytes]]]]:
    """Enters the workspace of `person`, made the first time; gives a function that puts it into headers."""
    name = name_of(person)
    if name not in _known:
        await asyncio.to_thread(_make, name, person)
        _known.add(name)

    def own(headers: Any) -> list[tuple[bytes, bytes]]:  # noqa: ANN401 - ASGI headers
        kept = [
            (key, value) for key, value in headers if not key.startswith(b"x-imagine") and key != b"x-mlflow-workspace"
        ]
        return [*kept, (b"x-mlflow-workspace", name.encode())]

    token = PERSON.set(person)
    try:
        yield own
    finally:
        PERSON.reset(token)


def _make(name: str, person: str) -> None:
    from mlflow.entities import Workspace
    from mlflow.exceptions import MlflowException
    from mlflow.server.workspace_helpers import _get_workspace_store

    store = _get_workspace_store()
    try:
        store.get_workspace(name)
    except MlflowException:
        with contextlib.suppress(MlflowException):  # two first requests at once: one of them makes it
            store.create_workspace(Workspace(name=name, description=f"The runs of {person}"))
        store.get_workspace(name)


def bring_up_to_date(database: str) -> None:
    """Makes the tables, or brings those of an older MLflow up to date in a process of their own."""
    from mlflow.exceptions import MlflowException
    from mlflow.server.handlers import initialize_backend_stores

    try:
        initialize_backend_stores(database, database, "mlflow-artifacts:/")
    except MlflowException as error:
        if "out-of-date" not in str(error):
            raise
        subprocess.run([sys.executable, "-m", "mlflow", "db", "upgrade", database], check=True)
        initialize_backend_stores(database, database, "mlflow-artifacts:/")


def build() -> None:
    """Puts the house's store in place of MLflow's, and hides from its page that there are workspaces to choose from.

    To be called before the first store is opened.
    """
    from mlflow.server import handlers, server_info_api
    from mlflow.store.db.db_types import DATABASE_ENGINES
    from mlflow.utils.server_info import SERVER_INFO_WORKSPACES_ENABLED

    from hub_config import mlflow_store

    kinds: Any = handlers._tracking_store_registry  # noqa: SLF001 - no public way in
    for engine in DATABASE_ENGINES:
        kinds.register(engine, mlflow_store.open_store)
    told = handlers.build_server_info_payload
    vars(server_info_api)["build_server_info_payload"] = lambda: {**told(), SERVER_INFO_WORKSPACES_ENABLED: False}
