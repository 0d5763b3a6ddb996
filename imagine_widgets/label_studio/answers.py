"""What Label Studio answers → the shapes of `wire`. KeyError, TypeError and the like mean that it is none of these."""

from collections.abc import Mapping
from urllib.parse import unquote

from imagine_kernels.records import Json, Sample, from_json
from imagine_widgets.label_studio.wire import Made, Project, Task, view_of

OURS = "imagine"
"""The key of our own facts in a task's `meta`."""


def task(told: Json, people: Mapping[int, str]) -> Task:
    """A task with every annotation; `people` are the hub's names of its accounts."""
    what, meta = key(told), told["meta"] or {}
    shown = from_json(meta[OURS]) if what and isinstance(meta.get(OURS), dict) else None
    view = view_of(meta, shown) if isinstance(shown, Sample) else None
    made = tuple(_made(one, people) for one in told["annotations"])
    return Task(told["id"], what, view, made, told["updated_at"] or "")


def project(p: Json) -> Project:
    """A project."""
    said = (p["description"] or "", p["label_config"] or "", p["model_version"] or "", p["created_at"] or "")
    return Project(p["id"], p["title"], *said)


def key(told: Json) -> str:
    """What a task shows, as we named it; "" for one that somebody else made."""
    found = told["data"].get("sample")
    return found if isinstance(found, str) else ""


def _made(a: Json, people: Mapping[int, str]) -> Made:
    who = [one["id"] if isinstance(one, dict) else one for one in (a["completed_by"], a["updated_by"])]
    creator = people.get(who[0]) or name(a["created_username"].rpartition(",")[0].rpartition(" ")[2])
    result = tuple(item for item in a["result"] or () if isinstance(item, dict))
    editor = people.get(who[1]) or creator
    return Made(a["id"], result, a["import_id"], creator, editor, a["updated_at"], bool(a["was_cancelled"]))


def name(email: str) -> str:
    """Whose address this is: the hub makes them of names, as "ana%20b@hub.local"."""
    return unquote(email.rpartition("@")[0]) or "someone"
