"""Where people say, inside Label Studio, to which of their groups a project belongs: a page and the calls it makes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PAGE = Path(__file__).with_name("label_studio_groups.html")


def answer(request: Any, path: str, groups: Mapping[str, int]) -> Any:  # noqa: ANN401 - Django's request and response
    """The answer to an address of ours; None for all of Label Studio's. The wall is closed around the person."""
    from django.http import HttpResponse, JsonResponse

    asked = request.method, path.rstrip("/")
    if asked == ("GET", "groups"):
        return HttpResponse(_PAGE.read_bytes(), content_type="text/html; charset=utf-8")
    if asked == ("GET", "api/groups"):
        return JsonResponse({"groups": sorted(groups), "projects": _projects(request.user, groups)})
    if asked != ("POST", "api/groups/move"):
        return None
    try:
        return JsonResponse(_move(request, groups))
    except PermissionError as error:
        return JsonResponse({"detail": str(error)}, status=403)
    except ValueError:
        return JsonResponse({"detail": 'Send {"project": its number, "group": its name or ""}.'}, status=400)


def _projects(user: Any, groups: Mapping[str, int]) -> list[dict[str, Any]]:  # noqa: ANN401
    from projects.models import Project

    names = {number: group for group, number in groups.items()}
    found = Project.objects.order_by("title", "id").values("id", "title", "organization_id", "created_by_id")
    return [
        {"id": one["id"], "title": one["title"], "group": names.get(one["organization_id"], "")}
        | {"yours": one["created_by_id"] == user.pk}
        for one in found
    ]


def _move(request: Any, groups: Mapping[str, int]) -> dict[str, Any]:  # noqa: ANN401
    """Gives a project to a group, or back to the person who made it, who alone may do either."""
    from projects.models import Project

    told = json.loads(request.body)
    number, group = (told.get("project"), told.get("group")) if isinstance(told, dict) else (None, None)
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(group, str):
        raise ValueError("Not a move.")  # noqa: TRY004 - the person is told how to say it
    if group and group not in groups:
        raise PermissionError(f"You are not in the group {group!r} at the hub: ask whoever runs it to add you.")
    place = groups[group] if group else request.user.active_organization_id
    if not Project.objects.filter(pk=number, created_by=request.user).update(organization_id=place):
        raise PermissionError("Only the person who made a project gives it to a group, or takes it back.")
    return {"project": number, "group": group}
