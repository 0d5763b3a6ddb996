"""Label Studio's database, ready to start: its migrations take half a minute, so they run once per version."""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from hub_config import label_studio_app
from hub_config.settings import ROOT, Settings, load

CACHE = ROOT / ".imagine" / "cache"


def template() -> Path:
    """The empty database of the installed version of Label Studio; it may not be there yet."""
    return CACHE / f"label-studio-{version('label-studio')}.sqlite3"


def prepare(settings: Settings) -> None:
    """Brings the database of this installation up to date; does nothing where it is.

    Needs environment labelstudio. Raises subprocess.CalledProcessError where a migration fails: what it says is in
    the log, and the database is as it was. Raises ValueError with a sentence where the database is damaged.
    """
    own = label_studio_app.folder(settings)
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.databases.label_studio:
        return _migrate(settings, None)
    stamp, database = own / "version", own / "label_studio.sqlite3"
    with _alone(own / "lock"):
        if not database.exists():
            _copy(make_template(settings), database)
        elif not stamp.exists() or stamp.read_text(encoding="utf-8") != version("label-studio"):
            _upgrade(settings, database)
        stamp.write_text(version("label-studio"), encoding="utf-8")
    return None


def make_template(settings: Settings) -> Path:
    """The template, made where it is missing."""
    whole = template()
    CACHE.mkdir(parents=True, exist_ok=True)
    with _alone(whole.with_suffix(".lock")):
        if not whole.exists():
            with tempfile.TemporaryDirectory(dir=CACHE, prefix="label-studio-") as making:
                part = Path(making) / "label_studio.sqlite3"
                _migrate(settings, part)
                part.replace(whole)
    return whole


def _upgrade(settings: Settings, database: Path) -> None:
    """Migrates a copy and puts it in place: a migration that fails halfway leaves the labels as they were."""
    part = database.parent / "upgrade" / database.name
    part.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(database)) as old, contextlib.closing(sqlite3.connect(part)) as new:
            old.backup(new)
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{database} cannot be read ({error}): bring it back from a backup, then make up.") from error
    _migrate(settings, part)
    part.replace(database)
    shutil.rmtree(part.parent)


def _migrate(settings: Settings, database: Path | None) -> None:
    """Runs the migrations in a process of their own, which gives back their memory."""
    command = [sys.executable, "-m", "hub_config.label_studio_database", *([str(database)] if database else [])]
    subprocess.run(command, check=True, env={**os.environ, "IMAGINE_CONFIG": str(settings.file)})


def _copy(source: Path, target: Path) -> None:
    part = target.with_suffix(".part")
    shutil.copyfile(source, part)
    part.chmod(0o600)
    part.replace(target)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("a", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _main(arguments: list[str]) -> None:
    label_studio_app.configure(load(), Path(arguments[0]) if arguments else None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", no_color=True, verbosity=0)


if __name__ == "__main__":
    _main(sys.argv[1:])
