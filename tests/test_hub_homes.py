"""A person's home, the folder of their kernels' sockets, and the notebook that is delivered and never taken away."""

import json
import os
import socket
import stat
import tempfile
from pathlib import Path

import pytest
from house import write_settings
from nbformat.v4 import new_code_cell, new_notebook, new_output, writes

from hub_config import homes, settings
from hub_config.delivery import RECORD, deliver


@pytest.fixture
def house_settings(tmp_path):
    return settings.load(write_settings(tmp_path))


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def short(monkeypatch):
    """A temporary folder with a path as short as a machine's own."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="im-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setattr(homes, "RUN", Path(folder, "none"))
        yield Path(folder)


@pytest.fixture
def ship(tmp_path):
    """Writes the notebook of the house with one cell."""

    def write(source):
        (tmp_path / "story.ipynb").write_text(writes(new_notebook(cells=[new_code_cell(source)])))
        return tmp_path / "story.ipynb"

    return write


def source(notebook):
    return "".join(json.loads(notebook.read_text())["cells"][0]["source"])


def test_a_home_is_closed_to_others_even_where_it_was_open(house_settings):
    home = homes.make_home(house_settings, "mara")
    home.chmod(0o755)
    assert stat.S_IMODE(homes.make_home(house_settings, "mara").stat().st_mode) == 0o700
    assert home == house_settings.folders.homes / "mara"


@pytest.mark.parametrize("name", ["..", "a/b", "/etc", "", "Mara"])
def test_a_name_that_leads_elsewhere_makes_no_folder(house_settings, name):
    with pytest.raises(ValueError, match="cannot be a folder's name"):
        homes.make_home(house_settings, name)
    assert not house_settings.folders.homes.exists()


def test_a_kernels_socket_fits_however_long_the_state_folders_path_is(tmp_path, monkeypatch):
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 8)
    deep.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    monkeypatch.setattr(homes, "RUN", deep / "none")
    house = settings.load(write_settings(deep))
    folder = homes.make_socket_folder(house, "x" * 63)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "kernel-01234567-89ab-cdef-0123-456789abcdef-ipc-5"))
    homes.drop_socket_folder(house, "x" * 63)
    assert not folder.exists()
    homes.drop_socket_folders(house)
    assert not folder.parent.exists()


def test_two_people_and_two_houses_share_no_socket_folder(tmp_path, short):
    folders = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        house = settings.load(write_settings(tmp_path / name))
        folders |= {homes.make_socket_folder(house, user) for user in ("mara", "nils")}
    assert len(folders) == 4


def test_a_socket_folder_that_somebody_else_prepared_is_refused(short, house_settings):
    (short / "elsewhere").mkdir()
    (short / f"imagine-{os.geteuid()}").symlink_to(short / "elsewhere")
    with pytest.raises(ValueError, match="not a private folder"):
        homes.make_socket_folder(house_settings, "mara")


def test_a_notebook_is_delivered_where_there_is_none(ship, home):
    assert deliver(ship("one"), home) == home / "story.ipynb"
    assert source(home / "story.ipynb") == "one"


def test_a_copy_nobody_touched_becomes_the_newer_one(ship, home):
    deliver(ship("one"), home)
    deliver(ship("two"), home)
    assert source(home / "story.ipynb") == "two"


def test_a_copy_that_was_only_opened_becomes_the_newer_one(ship, home):
    mine = deliver(ship("one"), home)
    opened = json.loads(mine.read_text())
    opened["metadata"]["language_info"] = {"name": "python"}
    opened["cells"][0]["id"] = "another"
    mine.write_text(json.dumps(opened))
    deliver(ship("two"), home)
    assert source(mine) == "two"


def test_a_persons_edit_is_kept(ship, home):
    mine = deliver(ship("one"), home)
    mine.write_text(writes(new_notebook(cells=[new_code_cell("mine")])))
    for newer in ("two", "three"):
        assert deliver(ship(newer), home) == mine
        assert source(mine) == "mine"


def test_a_persons_results_are_kept(ship, home):
    mine = deliver(ship("one"), home)
    done = new_notebook(cells=[new_code_cell("one", outputs=[new_output("stream", text="42")])])
    mine.write_text(writes(done))
    deliver(ship("two"), home)
    assert source(mine) == "one"


def test_a_copy_that_was_there_before_us_is_kept(ship, home):
    (home / "story.ipynb").write_text("not even a notebook")
    deliver(ship("one"), home)
    assert (home / "story.ipynb").read_text() == "not even a notebook"


def test_a_deleted_copy_comes_again(ship, home):
    deliver(ship("one"), home).unlink()
    assert source(deliver(ship("one"), home)) == "one"


@pytest.mark.parametrize("target", ["victim", "nowhere"])
def test_a_link_is_followed_neither_to_write_nor_to_read(ship, home, tmp_path, target):
    (tmp_path / "victim").write_text("precious")
    (home / "story.ipynb").symlink_to(tmp_path / target)
    deliver(ship("one"), home)
    assert (home / "story.ipynb").is_symlink()
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("record", ["{", "[1]", '{"story.ipynb": 3}', "[" * 5000])
def test_a_record_that_was_damaged_costs_no_edit(ship, home, record):
    mine = deliver(ship("one"), home)
    mine.write_text(writes(new_notebook(cells=[new_code_cell("mine")])))
    (home / RECORD).write_text(record)
    deliver(ship("two"), home)
    assert source(mine) == "mine"


def test_no_notebook_is_no_delivery(tmp_path, home):
    assert deliver(tmp_path / "missing.ipynb", home) is None
    assert list(home.iterdir()) == []


def test_nothing_half_written_stays_behind(ship, home):
    deliver(ship("one"), home)
    assert sorted(path.name for path in home.iterdir()) == [RECORD, "story.ipynb"]
