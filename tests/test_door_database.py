"""Label Studio's database: made from a template, kept, brought along by a newer version, never half done."""

import sqlite3
import subprocess

import pytest
from house import write_settings

from hub_config import settings

pytestmark = pytest.mark.live
PREPARE = "from hub_config import label_studio_database as d, settings as s; d.prepare(s.load())"


@pytest.fixture
def own(tmp_path):
    return settings.load(write_settings(tmp_path))


def prepare(own):
    python = own.folders.python("labelstudio")
    variables = {settings.VARIABLE: str(own.file), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [python, "-c", PREPARE], env=variables, capture_output=True, text=True, timeout=300, check=False
    )


def database(own):
    return own.folders.state / "label_studio" / "label_studio.sqlite3"


def ask(own, question):
    connection = sqlite3.connect(database(own))
    try:
        with connection:
            return connection.execute(question).fetchall()
    finally:
        connection.close()


def test_a_fresh_installation_gets_all_tables_for_itself_alone(own):
    done = prepare(own)
    assert done.returncode == 0, done.stderr
    assert ("task",) in ask(own, "select name from sqlite_master where type = 'table'")
    assert database(own).stat().st_mode & 0o077 == 0


def test_preparing_again_changes_nothing(own):
    prepare(own)
    before = database(own).read_bytes(), database(own).stat().st_mtime_ns
    assert prepare(own).returncode == 0
    assert (database(own).read_bytes(), database(own).stat().st_mtime_ns) == before


def test_another_version_brings_what_is_kept_along(own):
    prepare(own)
    last = ask(own, "select max(id) from django_migrations where app = 'session_policy'")[0][0]
    ask(own, "create table kept (label text)")
    ask(own, "insert into kept values ('Skeletonema')")
    (database(own).parent / "version").write_text("1.0.0")
    assert prepare(own).returncode == 0
    assert ask(own, "select label from kept") == [("Skeletonema",)]
    assert ask(own, "select max(id) from django_migrations where app = 'session_policy'")[0][0] == last
    assert (database(own).parent / "version").read_text() != "1.0.0"


def test_a_migration_that_fails_leaves_the_labels_as_they_were(own):
    prepare(own)
    ask(own, "delete from django_migrations where app = 'tasks'")  # they will run again, and find their tables there
    (database(own).parent / "version").write_text("1.0.0")
    before = database(own).read_bytes()
    assert prepare(own).returncode != 0
    assert database(own).read_bytes() == before
    assert (database(own).parent / "version").read_text() == "1.0.0", "the next start tries again"


def test_a_damaged_database_is_named_in_a_sentence(own):
    prepare(own)
    database(own).write_bytes(b"not a database" * 1000)
    (database(own).parent / "version").write_text("1.0.0")
    done = prepare(own)
    assert done.returncode != 0
    assert f"{database(own)} cannot be read" in done.stderr
