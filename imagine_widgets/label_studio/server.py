"""What the bridge asks of Label Studio, one method per request, and the shape of each answer.

Plain requests rather than label-studio-sdk: its client takes three seconds to import, sends a POST up to three times
when an answer is lost (which doubles tasks), and has no way to upload a picture.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from imagine_kernels import environment
from imagine_kernels.records import Json
from imagine_widgets.label_studio import answers
from imagine_widgets.label_studio.connection import Connection, LabelStudioError
from imagine_widgets.label_studio.wire import (
    Guess,
    Made,
    NewAnnotation,
    NewPrediction,
    NewTask,
    Project,
    Task,
)

PAGE, LINES = 200, 5000
"""Tasks of one answer: with their annotations, and with their names only."""
CONFLICT, GONE = 409, 404
_OVERLAP = timedelta(minutes=2)
"""What changed may be told a little later than the time it says."""
_PROJECT = "id,title,description,label_config,model_version,created_at"
_ANNOTATION = (
    "id,data,meta,annotations,result,import_id,completed_by,updated_by,created_at,updated_at,was_cancelled,"
    "created_username"
)


class Server(Connection):
    """Label Studio, as one person sees it. Every method raises LabelStudioError with a sentence."""

    def address(self, project: Project | None = None) -> str:
        """Where a person opens the project, or the list of projects."""
        return f"{self.url}/projects/{project.id}/data" if project else f"{self.url}/projects"

    def projects(self, title: str) -> list[Project]:
        """The projects of exactly this title, oldest first."""
        found: list[Project] = []
        for page in range(1, 1000):
            answer = self.ask("GET", "/api/projects/", query={"title": title, "include": _PROJECT, "page": page})
            with self._reading():
                found += [answers.project(p) for p in answer["results"]]
                if not answer["next"]:
                    break
        return sorted((p for p in found if p.title == title), key=lambda p: p.id)

    def make_project(self, title: str, description: str, page: str) -> None:
        """Make a project, even if there is one of this title."""
        self.ask("POST", "/api/projects/", send={"title": title, "description": description, "label_config": page})

    def change_project(self, project: Project, **fields: str) -> None:
        """Set `label_config`, `model_version` or `sampling`."""
        self.ask("PATCH", f"/api/projects/{project.id}/", send=fields)

    def uploads(self, project: Project) -> dict[str, str]:
        """The pictures that were uploaded: address by the name we gave them."""
        answer = self.ask("GET", f"/api/projects/{project.id}/file-uploads", query={"all": "true"})
        with self._reading():
            return dict(self._upload(file["file"]) for file in answer)

    def upload(self, project: Project, files: Sequence[tuple[str, bytes]]) -> dict[str, str]:
        """Upload pictures without making tasks of them (at most 100 at once): address by name."""
        path = f"/api/projects/{project.id}/import"
        answer = self.ask("POST", path, query={"commit_to_project": "false"}, files=files)
        with self._reading():
            ids = json.dumps(answer["file_upload_ids"])
        answer = self.ask("GET", f"/api/projects/{project.id}/file-uploads", query={"ids": ids})
        with self._reading():
            return dict(self._upload(file["file"]) for file in answer)

    def _upload(self, file: str) -> tuple[str, str]:
        """Label Studio puts eight letters and a dash before a name."""
        return PurePosixPath(file).name.split("-", 1)[1], f"{self.prefix}/data/{file}"

    def add_tasks(self, project: Project, tasks: Sequence[NewTask]) -> tuple[list[int], int]:
        """Make tasks, all of them or none; their numbers, in this order, and how many predictions it made."""
        path = f"/api/projects/{project.id}/import"
        answer = self.ask("POST", path, query={"return_task_ids": "true"}, send=list(tasks))
        with self._reading():
            return [int(number) for number in answer["task_ids"]], int(answer["prediction_count"])

    def add_predictions(self, project: Project, predictions: Sequence[NewPrediction]) -> int:
        """Make predictions on tasks that exist; how many it made."""
        answer = self.ask("POST", f"/api/projects/{project.id}/import/predictions", send=list(predictions))
        with self._reading():
            return int(answer["created"])

    def tasks(self, project: Project) -> list[tuple[int, str]]:
        """Every task and the key of what it shows ("" for a task that somebody else made)."""
        query = {"fields": "task_only", "include": "id,data"}
        with self._reading():
            return [(t["id"], answers.key(t)) for page in self._pages(project, query, size=LINES) for t in page]

    def count(self, project: Project) -> int:
        """How many tasks there are."""
        query: dict[str, str | int] = {"project": project.id, "page_size": 1, "fields": "task_only", "include": "id"}
        answer = self.ask("GET", "/api/tasks/", query=query)
        with self._reading():
            return int(answer["total"])

    def guesses(self, project: Project) -> list[Guess]:
        """Every prediction."""
        answer = self.ask("GET", "/api/predictions/", query={"project": project.id})
        with self._reading():
            return [Guess(p["id"], p["task"], p["model_version"] or "") for p in answer]

    def annotated(self, project: Project, since: str = "") -> Iterator[list[Task]]:
        """Tasks with every annotation, skips included, in pages: all of them, or those that changed since a time.

        Label Studio's own count, by which it could choose those with annotations, is wrong at times.
        """
        query = {"fields": "all", "include": _ANNOTATION}
        for page in self._pages(project, query, [_changed(since)] if since else []):
            with self._reading():
                made = [answers.task(t, self._people) for t in page]
            yield made

    def task(self, number: int) -> Task | None:
        """One task with every annotation; None where it is gone."""
        try:
            answer = self.ask("GET", f"/api/tasks/{number}/", query={"resolve_uri": "false"})
        except LabelStudioError as error:
            if error.status == GONE:
                return None
            raise
        with self._reading():
            return answers.task(answer, self._people)

    def add_annotation(self, task: int, annotation: NewAnnotation) -> bool:
        """Make an annotation; False for one whose `unique_id` was sent before: it is there already."""
        try:
            self.ask("POST", f"/api/tasks/{task}/annotations/", send=annotation)
        except LabelStudioError as error:
            if error.status != CONFLICT:
                raise
            return False
        return True

    def change_annotation(self, made: Made, annotation: NewAnnotation) -> None:
        self.ask("PATCH", f"/api/annotations/{made.id}/", send=annotation)

    def delete_annotation(self, made: Made) -> None:
        self.ask("DELETE", f"/api/annotations/{made.id}/")

    def add_prediction(self, prediction: NewPrediction) -> None:
        """Make one prediction, unlooked at by the server: the way for what the quick one drops."""
        self.ask("POST", "/api/predictions/", send=prediction)

    def delete_guess(self, guess: Guess) -> None:
        self.ask("DELETE", f"/api/predictions/{guess.id}/")

    def delete_tasks(self, project: Project, ids: Sequence[int]) -> None:
        query: dict[str, str | int] = {"id": "delete_tasks", "project": project.id}
        send = {"selectedItems": {"all": False, "included": list(ids)}}
        self.ask("POST", "/api/dm/actions/", query=query, send=send)

    def models(self, project: Project) -> list[str]:
        """The addresses of the models that are connected to the project."""
        answer = self.ask("GET", "/api/ml/", query={"project": project.id})
        with self._reading():
            return [str(one["url"]) for one in answer]

    def add_model(self, project: Project, address: str) -> None:
        """Connect the model at an address."""
        self.ask("POST", "/api/ml/", send={"project": project.id, "url": address})

    @cached_property
    def _people(self) -> Mapping[int, str]:
        """The hub's name of each person; Label Studio's own accounts go by the first part of their address."""
        answer = self.ask("GET", "/api/users/")
        with self._reading():
            return {p["id"]: p["username"] or answers.name(p["email"]) for p in answer}

    def _pages(
        self, project: Project, query: dict[str, str], rules: Sequence[Json] = (), size: int = PAGE
    ) -> Iterator[list[Any]]:
        """Pages by the number of the task, so that what comes and goes meanwhile shifts none past us."""
        last, found = 0, size
        while found == size:
            after = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": last}
            chosen = {"filters": {"conjunction": "and", "items": [after, *rules]}, "ordering": ["tasks:id"]}
            own: dict[str, str | int] = {"project": project.id, "page_size": size, "resolve_uri": "false"}
            answer = self.ask("GET", "/api/tasks/", query={**own, **query, "query": json.dumps(chosen)})
            with self._reading():
                tasks = answer["tasks"]
                found, last = len(tasks), max((t["id"] for t in tasks), default=last)
            yield tasks

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise LabelStudioError(f"{self.url} answers what Label Studio would not: {error!r}") from error


def reach(url: str | None, token: str | None, group: str = "") -> Server:
    """Label Studio at `url`, by default where the hub has it for this person; for herself, or for a group of hers."""
    try:
        known_url, known_token = ("", "") if url and token else environment.label_studio()
    except LookupError as error:
        raise LabelStudioError(str(error).rstrip(".")) from error
    return Server(url or known_url, token or known_token, group)


def _changed(since: str) -> Json:
    """Label Studio's words for: changed after a time, or shortly before."""
    early = (datetime.fromisoformat(since) - _OVERLAP).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": early}
