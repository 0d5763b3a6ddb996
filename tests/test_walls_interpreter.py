"""The Python of the environments: one that people's own accounts can run, whatever the installer itself runs on."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from house import open_folder, write_settings

from hub_config import interpreter, settings
from hub_config.settings import Walls

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes environments for other accounts")
ASK = "import ssl, sys; print(sys.base_prefix, *sys.version_info[:3])"


@pytest.fixture
def place():
    with open_folder() as folder:
        made = settings.load(write_settings(folder, environments=str(folder / "envs")))
        made.folders.environments.mkdir(mode=0o755)
        yield made


@pytest.fixture
def hidden(tmp_path, monkeypatch):
    """The Python that runs this, as it is below root's own home: nobody else gets there."""
    (tmp_path / "bin").mkdir()
    tmp_path.chmod(0o700)
    copy = tmp_path / "bin" / f"python{interpreter.VERSION}"
    copy.write_bytes(Path(sys.executable).resolve().read_bytes())
    copy.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(copy))
    return copy


def as_nobody(python, *arguments):
    options = {"user": interpreter.NOBODY, "group": interpreter.NOBODY, "extra_groups": [], "cwd": "/"}
    return subprocess.run([python, *arguments], capture_output=True, text=True, check=True, **options).stdout


def environment_of(place, python):
    """The interpreter of an environment that was made with `python`."""
    made = place.folders.python("small")
    made.parent.mkdir(parents=True)
    made.symlink_to(python)
    return made


def test_the_one_that_runs_the_installer_is_taken_where_others_can_run_it(place):
    assert interpreter.prepare(place) == Path(sys.executable)
    assert not interpreter.closed(place, environment_of(place, Path(sys.executable).resolve()))


def test_else_the_systems(place, hidden):
    system = Path(f"/usr/bin/python{interpreter.VERSION}")
    if not system.exists():
        pytest.skip(f"{system} is not there")
    assert interpreter.prepare(place) == system
    assert interpreter.closed(place, environment_of(place, hidden))


def test_else_a_copy_that_other_accounts_can_run(place, hidden, monkeypatch):
    monkeypatch.setattr(interpreter, "SYSTEM", ())
    made = environment_of(place, hidden)
    assert interpreter.closed(place, made), "known before anything is copied"
    assert list(place.folders.environments.iterdir()) == [made.parents[1]]
    copy = interpreter.prepare(place)
    assert copy.is_relative_to(place.folders.environments)
    here = ".".join(map(str, sys.version_info[:3]))
    assert as_nobody(copy, "-I", "-c", ASK).split() == [str(copy.parents[1]), *here.split(".")]
    assert not (copy.parents[1] / "lib" / f"python{interpreter.VERSION}" / "test").exists()
    before = copy.stat().st_mtime_ns
    assert interpreter.prepare(place) == copy
    assert copy.stat().st_mtime_ns == before
    made.unlink()
    made.symlink_to(copy)
    assert not interpreter.closed(place, made)
    assert not list(place.folders.environments.glob(".python-*/part")), "nothing half made stays"


def test_a_copy_that_does_not_run_is_no_reason_to_begin_again_for_ever(place, hidden, monkeypatch):
    monkeypatch.setattr(interpreter, "SYSTEM", ())
    monkeypatch.setattr(interpreter, "WHOLE", "import nothing_of_this_name, sys; sys.version_info[:2] == (%d, %d)")
    assert interpreter.prepare(place) == hidden
    assert not interpreter.closed(place, environment_of(place, hidden))


@pytest.mark.parametrize("why", ["the walls are off", "the way is closed"])
def test_where_people_get_no_accounts_anyhow_nothing_is_changed(place, hidden, why):
    if why == "the walls are off":
        place = dataclasses.replace(place, walls=Walls(accounts="off"))
    else:
        place.folders.environments.parent.chmod(0o700)
    assert interpreter.prepare(place) == hidden
    assert not interpreter.closed(place, environment_of(place, hidden))
