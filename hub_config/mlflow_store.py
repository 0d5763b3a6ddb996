"""MLflow's tracking store with the house's rules: runs bear their maker's name, artifacts stay where they belong.

Only the MLflow server imports this file, in environment kernel.
"""

from collections.abc import Sequence
from typing import Any

from mlflow.entities import Experiment, RunTag
from mlflow.store.tracking.sqlalchemy_workspace_store import WorkspaceAwareSqlAlchemyStore
from mlflow.utils.mlflow_tags import MLFLOW_USER

from hub_config.mlflow_wall import PERSON

_Theirs: Any = WorkspaceAwareSqlAlchemyStore  # it has no types


def open_store(store_uri: str, artifact_uri: str) -> "HouseStore":
    """The store that the server works with."""
    return HouseStore(store_uri, artifact_uri)


class HouseStore(_Theirs):
    """One workspace per person, closed by MLflow's own workspace store; here is what that leaves open."""

    def create_experiment(self, name: str, artifact_location: str | None = None, tags: Any = None) -> str:  # noqa: ANN401
        """Artifacts go to the workspace's own folder, whatever location a client asks for."""
        del artifact_location
        return str(super().create_experiment(name, None, tags))

    def get_experiment(self, experiment_id: str) -> Any:  # noqa: ANN401
        """The experiment; number 0, which clients take where none is chosen, is the workspace's own Default."""
        return super().get_experiment(self._own(experiment_id))

    def _own(self, experiment_id: str) -> str:
        if str(experiment_id) != self.DEFAULT_EXPERIMENT_ID or not PERSON.get():
            return experiment_id
        found = self.get_experiment_by_name(Experiment.DEFAULT_EXPERIMENT_NAME)
        return str(found.experiment_id) if found else self.create_experiment(Experiment.DEFAULT_EXPERIMENT_NAME)

    def create_run(
        self, experiment_id: str, user_id: str, start_time: int, tags: Sequence[RunTag], run_name: str
    ) -> Any:  # noqa: ANN401
        """The run's user is who the hub says."""
        person = PERSON.get() or user_id
        own = [*(tag for tag in tags if tag.key != MLFLOW_USER), RunTag(MLFLOW_USER, person)]
        return super().create_run(self._own(experiment_id), person, start_time, own, run_name)

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        """A later tag changes nothing about who made the run."""
        super().set_tag(run_id, _signed([tag])[0])

    def log_batch(self, run_id: str, metrics: Any, params: Any, tags: Sequence[RunTag]) -> None:  # noqa: ANN401
        """The same for tags that come with metrics."""
        super().log_batch(run_id, metrics, params, _signed(tags))


def _signed(tags: Sequence[RunTag]) -> list[RunTag]:
    person = PERSON.get()
    return [RunTag(MLFLOW_USER, person) if person and tag.key == MLFLOW_USER else tag for tag in tags]
