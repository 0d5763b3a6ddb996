"""A trained model → a run in MLflow, and back: parameters, figures by epoch, hashes, versions, confusion, weights."""

import contextlib
import dataclasses
import hashlib
import html
import json
import math
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imagine_kernels import ledger, plots
from imagine_kernels.environment import user, work_folder
from imagine_kernels.evaluate import Evaluation
from imagine_kernels.train import Trained
from imagine_kernels.use_case import Model, UseCase

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

_NAMES = re.compile(r"[^\w.\- /]")
_BATCH = 1000
"""Metrics MLflow takes in one call."""


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run in MLflow: its id, and the page that shows it (empty away from the hub)."""

    run_id: str
    url: str

    def _repr_html_(self) -> str:
        if not self.url:
            return f"Run {self.run_id} is in MLflow's file in your folder; at the hub it would have a page."
        return f'Run <a href="{html.escape(self.url)}" target="_blank">{self.run_id}</a> is in MLflow.'


def log(case: UseCase, trained: Trained, *, name: str | None = None) -> TrackedRun:
    """Leaves the training as a run named `name` (default: the model's name) in the experiment of the use case.

    Raises ConnectionError where MLflow does not answer; it says where the model is.
    """
    with ledger.opened(f"The model is safe in {trained.weights}; log it again later.") as place:
        client = place.client
        experiment = _experiment(place, case.name)
        tags = {"mlflow.user": user(), "mlflow.source.name": trained.model.command, **_tags(case, trained)}
        run_id = str(client.create_run(experiment, run_name=name or trained.model.name, tags=tags).info.run_id)
        try:
            _fill(client, run_id, case, trained)
        except BaseException:
            with contextlib.suppress(Exception):  # the first error is the one to tell
                client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id)
        return TrackedRun(run_id, place.page(experiment, run_id))


def load(run_id: str) -> tuple[Model, Path]:
    """The facts and the weights of a run's model, for `predict(case, samples, model, weights=weights)`.

    They are kept in the person's folder. Raises ConnectionError as `log` does; ValueError with a sentence
    where the run has no such model or its weights are not those that were logged.
    """
    from imagine_kernels.tasks import facts

    kept = work_folder() / "models" / "runs"
    kept.mkdir(parents=True, exist_ok=True)
    inbox = tempfile.TemporaryDirectory(dir=kept, prefix=".download-")
    with ledger.opened("Weights that are on disk can be used as predict(..., weights=PATH).") as place, inbox as folder:
        place.client.download_artifacts(run_id, "model", folder)
        found = sorted((Path(folder) / "model").glob("*.json"))
        if not found:
            raise ValueError(f"The run {run_id} holds no model of this house.")
        model = facts.read(found[0])
        source = found[0].with_name(Path(model.weights).name)
        if not source.is_file() or hashlib.sha256(source.read_bytes()).hexdigest() != model.sha256:
            raise ValueError(f"The weights in run {run_id} are not those that were logged; do not use them.")
        home = kept / re.sub(r"\W", "", run_id)
        home.mkdir(exist_ok=True)
        for file in (source, found[0]):
            file.replace(home / file.name)
        return model, home / source.name


def compare(case: UseCase) -> "pd.DataFrame":
    """One line per finished run of the use case, newest first: figures, pictures, data, split, start and weights."""
    import pandas as pd

    with ledger.opened("") as place:
        experiment = place.client.get_experiment_by_name(case.name)
        runs = [] if experiment is None else list(_runs(place.client, experiment.experiment_id))
    return pd.DataFrame([_line(run) for run in runs], columns=_COLUMNS)


_COLUMNS = ["name", "when", "who", "macro_f1", "low", "high", "accuracy", "pictures", "start", "data", "split", "run"]


def _line(run: "MlflowRun") -> list[object]:
    from datetime import UTC, datetime

    values, told, tags = run.data.metrics, run.data.params, run.data.tags
    when = datetime.fromtimestamp(run.info.start_time / 1000, UTC).isoformat(" ", "minutes")
    figures = [values.get(key) for key in ("macro_f1", "macro_f1_low", "macro_f1_high", "accuracy")]
    hashes = [tags.get(f"imagine.{key}_sha256", "")[:12] for key in ("data", "split")]
    who = [run.info.run_name, when, tags.get("mlflow.user")]
    return [*who, *figures, int(told.get("pictures", 0)), told.get("start"), *hashes, run.info.run_id]


def _runs(client: "MlflowClient", experiment: str) -> Iterator["MlflowRun"]:
    page = None
    while True:
        found = client.search_runs(
            [experiment], "attributes.status = 'FINISHED'", order_by=["attributes.start_time DESC"], page_token=page
        )
        yield from found
        page = found.token
        if not page:
            return


def _tags(case: UseCase, trained: Trained) -> dict[str, str]:
    tags = {
        "imagine.use_case": case.name,
        "imagine.model": trained.model.name,
        "imagine.weights_sha256": trained.model.sha256,
        "imagine.data_sha256": trained.data_sha256,
        "imagine.split_sha256": trained.split_sha256,
    }
    return tags | {f"imagine.version.{part}": version for part, version in trained.versions.items()}


def _fill(client: "MlflowClient", run_id: str, case: UseCase, trained: Trained) -> None:
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    by_epoch = [
        Metric(name, value, now, epoch.epoch)
        for epoch in trained.history
        for name, value in (("loss", epoch.loss), ("right", epoch.accuracy), ("seconds", epoch.seconds))
        if value is not None
    ]
    final = [Metric(_NAMES.sub("_", k), v, now, 0) for k, v in trained.metrics.items() if not math.isnan(v)]
    metrics = [*by_epoch, *final, Metric("skipped", len(trained.skipped), now, 0)]
    client.log_batch(run_id, params=[Param(name, str(value)[:500]) for name, value in trained.parameters.items()])
    for first in range(0, len(metrics), _BATCH):
        client.log_batch(run_id, metrics=metrics[first : first + _BATCH])
    client.log_artifact(run_id, str(trained.weights), "model")
    client.log_artifact(run_id, str(trained.weights.with_suffix(".json")), "model")
    if trained.evaluation is not None:
        titles = {label.name: label.title for label in (*case.labels(), *trained.model.labels)}
        if isinstance(trained.evaluation, Evaluation):
            client.log_figure(run_id, plots.confusion(trained.evaluation, titles), "confusion.png")
        client.log_text(run_id, json.dumps(dataclasses.asdict(trained.evaluation), indent=1), "evaluation.json")
    if trained.skipped:
        left_out = "\n".join(f"{skipped.where}\t{skipped.why}" for skipped in trained.skipped)
        client.log_text(run_id, left_out, "skipped.txt")


def _experiment(place: ledger.Ledger, name: str) -> str:
    from mlflow.exceptions import MlflowException

    client = place.client
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, place.artifacts))
        except MlflowException:  # another kernel of the same person was quicker
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)
