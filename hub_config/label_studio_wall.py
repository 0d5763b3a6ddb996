"""A wall between organisations inside Label Studio, which as it comes lets every user into every project by its number.

Every query of a request is narrowed to the rows of the person's own organisation and those of their hub groups, in one
place, whichever page or API makes it: a view that forgets to look finds nothing of anybody else.
"""

import contextlib
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple


class Seen(NamedTuple):
    """Numbers of organisations: the person's own, it and those of all their groups, those this request is about."""

    own: int
    every: frozenset[int]
    projects: frozenset[int]


_NOBODY = Seen(0, frozenset({0}), frozenset({0}))
_FREE = -1
"""Mark of a query that Django itself makes to save a row, or to follow a key from one that was narrowed before."""
_inside: ContextVar[Seen | None] = ContextVar("organisations", default=None)
"""What this request may see; None outside requests: at start and in migrations."""
_PEOPLE, _PROJECTS = "users.User", "projects.Project"

_WAYS = {
    # by task where a row has one: `project` of these is a copy, and may be empty
    "tasks.Annotation": "task__project__organization",
    "tasks.AnnotationDraft": "task__project__organization",
    "tasks.Prediction": "task__project__organization",
    "tasks.FailedPrediction": "task__project__organization",
    "organizations.Organization": "id",
    _PEOPLE: "active_organization",
    "core.DeletedRow": "organization_id",
    "data_manager.FilterGroup": "view__project__organization",
}
OPEN = frozenset(
    {
        # tables of the machinery, with nothing of anybody's work in them
        *("auth.Group", "auth.Permission", "contenttypes.ContentType", "sessions.Session", "django_rq.Queue"),
        *("core.AsyncMigrationStatus", "projects.ProjectOnboardingSteps"),
        # read only through a row that is narrowed: a view's filters, a storage's settings
        *("data_manager.Filter", "io_storages.AzureBlobStorageMixin", "io_storages.GCSStorageMixin"),
        "io_storages.RedisStorageMixin",
    }
)


@contextlib.contextmanager
def opened() -> Iterator[None]:
    """Sees everything for a moment, to find out whose request this is, and nothing after it."""
    _inside.set(None)
    try:
        yield
    finally:
        _inside.set(_NOBODY)


def close_around(seen: Seen) -> None:
    """From here on this thread sees no more than `seen`, until the next request says otherwise."""
    _inside.set(seen)


def seen() -> Seen | None:
    """What the request of this thread may see; None outside requests."""
    return _inside.get()


def ways() -> dict[str, str]:
    """By which fields each kind of row leads to its organisation. Raises LookupError for a kind that has no way."""
    from django.apps import apps

    found: dict[str, str] = {}
    for model in apps.get_models():
        label = model._meta.label  # noqa: SLF001 - Django's documented name
        if label in OPEN:
            continue
        way = _WAYS.get(label) or _way(model)
        if way is None:
            raise LookupError(f"{label} leads to no organisation: say in label_studio_wall.py who may see its rows.")
        found[label] = way
    return found


def _way(model: Any) -> str | None:  # noqa: ANN401
    """The shortest way by foreign keys to an organisation; by way of a user only where there is no other."""
    return _search(model, by_user=False) or _search(model, by_user=True)


def _search(model: Any, *, by_user: bool) -> str | None:  # noqa: ANN401
    waiting, seen = deque([(model, "")]), {model}
    while waiting:
        here, path = waiting.popleft()
        for field in here._meta.concrete_fields:  # noqa: SLF001
            to = field.related_model
            if to is None or isinstance(to, str) or (to._meta.label == "users.User" and not by_user):  # noqa: SLF001
                continue
            if to._meta.label == "organizations.Organization":  # noqa: SLF001
                return f"{path}{field.name}"
            if to not in seen:
                seen.add(to)
                waiting.append((to, f"{path}{field.name}__"))
    return None


def build() -> None:
    """Narrows every query of every kind of row. Called once, when Label Studio's parts are loaded.

    Views keep querysets that were made when they were loaded, so a queryset is narrowed when a manager makes it and
    whenever one is copied, which is the first thing that every further step does.
    """
    from django.apps import apps
    from django.db.models import QuerySet

    _narrow_copies(QuerySet, ways())
    for kind in {type(manager) for model in apps.get_models() for manager in model._meta.managers}:  # noqa: SLF001
        _narrow_made(kind)


def _narrow_copies(kind: Any, known: dict[str, str]) -> None:  # noqa: ANN401
    whole = kind._clone  # noqa: SLF001 - the one step that every copy of a queryset takes

    def _clone(self: Any) -> Any:  # noqa: ANN401
        copy, inside, mark = whole(self), _inside.get(), self.__dict__.get("_imagine")
        label = self.model._meta.label  # noqa: SLF001
        if inside is not None and mark not in (inside, _FREE) and (way := known.get(label)):
            if copy.query.is_sliced:
                raise PermissionError(f"A part of {self.model.__name__} was cut out before it was known who asks.")
            copy.query.add_q(_narrowed(label, way, inside))
            mark = inside
        copy._imagine = mark  # noqa: SLF001
        return copy

    kind._clone = _clone  # noqa: SLF001


def _narrowed(label: str, way: str, inside: Seen) -> Any:  # noqa: ANN401 - a Q of Django
    """Which rows of a kind may be seen: of people those who are, or were, in an organisation together with this one."""
    from django.apps import apps
    from django.db.models import Q

    if label == _PEOPLE:
        members = apps.get_model("organizations.OrganizationMember").objects.filter(organization__in=inside.every)
        return Q(pk__in=members.values("user"))
    of_projects = label == _PROJECTS or "project__organization" in way
    return Q(**{f"{way}__in": inside.projects if of_projects else inside.every})


def _narrow_made(kind: Any) -> None:  # noqa: ANN401
    whole = kind.get_queryset

    def get_queryset(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        rows = whole(self, *args, **kwargs)
        if self.name == "_base_manager":
            rows._imagine = _FREE  # noqa: SLF001
            return rows
        return rows._chain()  # noqa: SLF001

    kind.get_queryset = get_queryset
