"""Mends what fails in Label Studio where many work at once on SQLite: locks, numbers of rows, silenced signals."""

from typing import Any

OPTIONS = {
    "timeout": 60,
    # a writer waits for its turn instead of failing half-way, and readers do not stop writers; on disk at each commit
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}


class _WithoutSQLite:
    """Django's settings for a module that would number rows itself on SQLite, from the rows it can see."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        from django.conf import settings

        return None if name == "DJANGO_DB_SQLITE" else getattr(settings, name)


def settle_database() -> None:
    """Lets a whole class write at once. Before Django connects."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("OPTIONS", {}).update(OPTIONS)


def mend() -> None:
    """Puts the mended parts in place, once Label Studio's own are loaded."""
    import tasks.serializers
    from core.utils.common import temporary_disconnect_all_signals

    # the last number it can see is the person's own last: another person's row has the next one already
    tasks.serializers.settings = _WithoutSQLite()
    # while one person deletes a project, nobody's labels would be counted; two at once, and none until a restart
    temporary_disconnect_all_signals.__enter__ = lambda self: self
    temporary_disconnect_all_signals.__exit__ = lambda *_: None
