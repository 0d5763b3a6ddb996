"""What the bridge asks of Label Studio, one method per request, and the shape of each answer.

Plain requests rather than label-studio-sdk: its client takes three seconds to import, sends a POST up to three times
when an answer is lost (which doubles tasks), and has no way to upload a picture.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import unquote

from imagine_kernels import environment
from imagine_kernels.records import Json
from imagine_widgets.label_studio.connection import Connection, LabelStudioError
from imagine_widgets.label_studio.wire import Guess, Item, Made, NewAnnotation, NewPrediction, NewTask, Project

PAGE, CONFLICT = 500, 409
_PROJECT = "id,title,description,label_config,model_version"
_ANNOTATION = (
    "id,data,annotations,result,import_id,completed_by,updated_by,created_at,updated_at,was_cancelled,created_username"
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
                found += [_project(p) for p in answer["results"]]
                if not answer["next"]:
                    break
        return sorted((p for p in found if p.title == title), key=lambda p: p.id)

    def make_project(self, title: str, description: str, page: str) -> None:
        """Make a project, even if there is one of this title."""
        self.ask("POST", "/api/projects/", send={"title": title, "description": description, "label_config": page})

    def change_project(self, project: Project, **fields: str) -> None:
        """Set `label_config` or `model_version`."""
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

    def add_tasks(self, project: Project, tasks: Sequence[NewTask]) -> tuple[int, int, int]:
        """Make tasks, all of them or none; how many tasks, predictions and annotations it made."""
        answer = self.ask("POST", f"/api/projects/{project.id}/import", send=list(tasks))
        with self._reading():
            return answer["task_count"], answer["prediction_count"], answer["annotation_count"]

    def add_predictions(self, project: Project, predictions: Sequence[NewPrediction]) -> int:
        """Make predictions on tasks that exist; how many it made."""
        answer = self.ask("POST", f"/api/projects/{project.id}/import/predictions", send=list(predictions))
        with self._reading():
            return int(answer["created"])

    def tasks(self, project: Project) -> list[tuple[int, str]]:
        """Every task and the id of the sample it shows ("" for a task that somebody else made)."""
        query = {"fields": "task_only", "include": "id,data"}
        with self._reading():
            return [(t["id"], _sample(t)) for t in self._pages(project, query)]

    def guesses(self, project: Project) -> list[Guess]:
        """Every prediction."""
        answer = self.ask("GET", "/api/predictions/", query={"project": project.id})
        with self._reading():
            return [Guess(p["id"], p["task"], p["model_version"] or "") for p in answer]

    def annotations(self, project: Project) -> list[Made]:
        """Every annotation of every task, skips included, whoever made it.

        All tasks are asked for: Label Studio's own count, by which it could choose, is wrong at times.
        """
        people = self._people()
        query = {"fields": "all", "include": _ANNOTATION}
        with self._reading():
            return [_made(t, a, people) for t in self._pages(project, query) for a in t["annotations"]]

    def add_annotation(self, task: int, annotation: NewAnnotation) -> None:
        """Make an annotation; one whose `unique_id` was sent before is there already."""
        try:
            self.ask("POST", f"/api/tasks/{task}/annotations/", send=annotation)
        except LabelStudioError as error:
            if error.status != CONFLICT:
                raise

    def change_annotation(self, made: Made, annotation: NewAnnotation) -> None:
        self.ask("PATCH", f"/api/annotations/{made.id}/", send=annotation)

    def delete_annotation(self, made: Made) -> None:
        self.ask("DELETE", f"/api/annotations/{made.id}/")

    def delete_guess(self, guess: Guess) -> None:
        self.ask("DELETE", f"/api/predictions/{guess.id}/")

    def delete_tasks(self, project: Project, ids: Sequence[int]) -> None:
        query: dict[str, str | int] = {"id": "delete_tasks", "project": project.id}
        send = {"selectedItems": {"all": False, "included": list(ids)}}
        self.ask("POST", "/api/dm/actions/", query=query, send=send)

    def _people(self) -> dict[int, str]:
        """The hub's name of each person; Label Studio's own accounts go by the first part of their address."""
        answer = self.ask("GET", "/api/users/")
        with self._reading():
            return {p["id"]: p["username"] or _name(p["email"]) for p in answer}

    def _pages(self, project: Project, query: dict[str, str]) -> Iterator[Any]:
        page, seen, total = 1, 0, 1
        while seen < total:
            asked: dict[str, str | int] = {
                "project": project.id,
                "page_size": PAGE,
                "page": page,
                "resolve_uri": "false",
                **query,
            }
            answer = self.ask("GET", "/api/tasks/", query=asked)
            tasks, total = answer["tasks"], answer["total"]
            yield from tasks
            page, seen = page + 1, seen + max(1, len(tasks))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise LabelStudioError(f"{self.url} answers what Label Studio would not: {error!r}") from error


def reach(url: str | None, token: str | None) -> Server:
    """Label Studio at `url`, by default where the hub has it for this person."""
    try:
        known_url, known_token = ("", "") if url and token else environment.label_studio()
    except LookupError as error:
        raise LabelStudioError(str(error).rstrip(".")) from error
    return Server(url or known_url, token or known_token)


def _project(p: Json) -> Project:
    return Project(p["id"], p["title"], p["description"] or "", p["label_config"] or "", p["model_version"] or "")


def _sample(task: Json) -> str:
    sample = task["data"].get("sample")
    return sample if isinstance(sample, str) else ""


def _made(task: Json, a: Json, people: dict[int, str]) -> Made:
    who = a["updated_by"] or a["completed_by"]
    who = who["id"] if isinstance(who, dict) else who
    author = people.get(who) or _name(a["created_username"].rpartition(",")[0].rpartition(" ")[2])
    skip, result = bool(a["was_cancelled"]), tuple(cast("Item", i) for i in a["result"] or () if isinstance(i, dict))
    return Made(a["id"], task["id"], _sample(task), result, a["import_id"], author, a["updated_at"], skip)


def _name(email: str) -> str:
    """The hub makes addresses of names: "ana%20b@hub.local"."""
    return unquote(email.rpartition("@")[0]) or "someone"
