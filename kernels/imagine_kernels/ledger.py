"""Which MLflow a person's runs go to: the hub's, signed in as that person, or away from the hub a file of their own."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagine_kernels.environment import HUB_TOKEN, MLFLOW_TOKEN, MLFLOW_URL, QUIET, work_folder

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""By default MLflow's client tries for minutes before it says that nobody answers."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """An MLflow that can be asked: its client and address; `artifacts` is where a new experiment keeps its files."""

    client: "MlflowClient"
    url: str
    artifacts: str | None

    def page(self, experiment: str, run: str) -> str:
        """Where a person sees a run; empty where nothing serves a page."""
        return "" if self.artifacts else f"{self.url}/#/experiments/{experiment}/runs/{run}"


@contextlib.contextmanager
def opened(comfort: str) -> Iterator[Ledger]:
    """The person's MLflow, patient for seconds only; `comfort` ends the sentence of every error.

    Raises ConnectionError where it does not answer or could not do what was asked.
    """
    url, artifacts = os.environ.get(MLFLOW_URL, "").rstrip("/"), None
    if not url:
        home = work_folder() / "mlflow"
        home.mkdir(parents=True, exist_ok=True)
        url, artifacts = f"sqlite:///{home / 'mlflow.sqlite'}", (home / "files").as_uri()
    with _environment({**_PATIENCE, **QUIET}.items()):
        _knock(url, comfort)
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        try:
            yield Ledger(MlflowClient(tracking_uri=url), url, artifacts)
        except MlflowException as error:
            first = str(error).splitlines()[0].rstrip(".")
            raise ConnectionError(f"MLflow at {url} could not do it: {first}. {comfort}".rstrip()) from error


@contextlib.contextmanager
def _environment(values: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Variables that MLflow reads at each call, for the time of one; what a person set stays."""
    added = [name for name, value in values if os.environ.setdefault(name, value) is value]
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _knock(url: str, comfort: str) -> None:
    """Raises ConnectionError with a sentence where nobody answers at `url` within seconds, or does not let us in."""
    if not url.startswith(("http://", "https://")):
        return
    import httpx

    token = os.environ.get(MLFLOW_TOKEN) or os.environ.get(HUB_TOKEN) or ""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        status = httpx.get(f"{url}/health", headers=headers, timeout=5.0).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConnectionError(f"MLflow does not answer at {url} ({error}). {comfort}".rstrip()) from error
    if status in (301, 302, 303, 307, 308, 401, 403):
        raise ConnectionError(f"MLflow at {url} does not let you in: restart your server. {comfort}".rstrip())
    if status >= 400:
        raise ConnectionError(f"MLflow at {url} answers with error {status}: try again later. {comfort}".rstrip())
