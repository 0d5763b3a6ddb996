"""The hub's groups inside Label Studio: an organisation for each, which its members see beside their own.

Label Studio shows a person the projects of one organisation, the active one. Here that is the person's own; whoever
asks for its projects gets those of their groups as well, and the wall narrows them to what the request is about.
"""

import hashlib
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from hub_config import label_studio_wall
from hub_config.label_studio_wall import Seen

_making = threading.Lock()
_known: dict[str, int] = {}
"""Numbers of the groups' organisations, which nobody can remove."""
_members: set[tuple[int, int]] = set()
"""Who was made a member of which: whether they see it is asked of the hub at each request, this keeps their names."""


def enter(user: Any, groups: Iterable[str]) -> dict[str, int]:  # noqa: ANN401 - a User of Label Studio
    """The organisations of the `groups` of `user`, made the first time. To be called while the wall is open."""
    found = {group: _known.get(group) or _organisation(group) for group in groups}
    for number in found.values():
        if (user.pk, number) not in _members:
            _join(user, number)
    return found


def _organisation(group: str) -> int:
    """Known by the account that made it: nobody's, with an address that no person's account has."""
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from organizations.models import Organization

    email = f"{hashlib.sha256(group.encode()).hexdigest()[:40]}@group.hub.local"
    with _making, transaction.atomic():
        owner, new = get_user_model().objects.get_or_create(email=email, defaults={"username": group[:256]})
        if new:
            owner.set_unusable_password()
            owner.save()
        made, _ = Organization.objects.get_or_create(created_by=owner, defaults={"title": group})
        return _known.setdefault(group, made.pk)


def _join(user: Any, number: int) -> None:  # noqa: ANN401
    from organizations.models import OrganizationMember

    with _making:
        OrganizationMember.objects.get_or_create(user=user, organization_id=number)
        _members.add((user.pk, number))


def seen(user: Any, groups: Mapping[str, int], chosen: str | None) -> Seen:  # noqa: ANN401
    """What a request sees: all of it, or one group's, or with "" only the person's own.

    Raises PermissionError with a sentence for a group that the person is not in, be there one of that name or not.
    """
    own = user.active_organization_id
    every = frozenset({own, *groups.values()})
    if chosen and chosen not in groups:
        raise PermissionError(f"You are not in the group {chosen!r} at the hub: ask whoever runs it to add you.")
    if chosen is None:
        return Seen(own, every, every)
    return Seen(own, every, frozenset({groups[chosen] if chosen else own}))


def build() -> None:
    """Puts the groups in place, once Label Studio's parts are loaded."""
    from data_manager.models import ProjectViewMixin
    from django.db.models.fields.related_lookups import RelatedExact, RelatedIn
    from django.db.models.signals import pre_save
    from projects.models import Project
    from users.api import User, UserAPI
    from users.serializers import BaseUserSerializer

    class OfAll(RelatedExact):  # type: ignore[misc]
        """Of the person's own organisation, says Label Studio, and means: of those it shows this person."""

        def as_sql(self, compiler: Any, connection: Any) -> Any:  # noqa: ANN401
            now = label_studio_wall.seen()
            if now is None or self.rhs != now.own:
                return super().as_sql(compiler, connection)
            return compiler.compile(RelatedIn(self.lhs, sorted(now.projects)))

    Project._meta.get_field("organization").register_lookup(OfAll)  # noqa: SLF001
    pre_save.connect(_place, sender=Project, dispatch_uid="imagine")
    # the wall has narrowed both: to views of projects that are seen, to people who share a group
    ProjectViewMixin.has_permission = lambda *_: True
    UserAPI.get_queryset = lambda _: User.objects.all()
    BaseUserSerializer._is_deleted = lambda *_: False  # noqa: SLF001 - who is of another organisation keeps their name


def _place(instance: Any, **_: Any) -> None:  # noqa: ANN401
    """Makes a new project in the one group that the request is about."""
    now = label_studio_wall.seen()
    if now is not None and instance._state.adding and now.own not in now.projects:  # noqa: SLF001
        (instance.organization_id,) = now.projects
