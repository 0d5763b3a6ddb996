"""Folders of groups and of sockets: whose they are, who may enter, and what a person can lay in their way."""

import stat

import pytest
from house import write_settings
from walls import act, as_root, house_with_walls

from hub_config import accounts, homes, settings


@pytest.fixture(scope="module")
def place():
    with house_with_walls() as made:
        yield made


@as_root
def test_a_group_folder_is_the_members_to_change_and_nobody_elses(place):
    anna, bo = (accounts.account(place, user, ["fish"]) for user in ("gina", "hugo"))
    stranger = accounts.account(place, "ida", ["birds"])
    for user, account in (("gina", anna), ("hugo", bo)):
        homes.make_home(place, user, account)
        shared = homes.group_folders(place, user, ["fish"], account)["fish"]
    assert (place.folders.homes / "gina" / "shared" / "fish").resolve() == shared
    assert act(anna, f"mkdir {shared}/tank && echo one > {shared}/tank/note").returncode == 0
    assert act(bo, f"echo two >> {shared}/tank/note && cat {shared}/tank/note").stdout == "one\ntwo\n"
    for attempt in (f"ls {shared}", f"cat {shared}/tank/note", f"touch {shared}/mine"):
        assert "Permission denied" in act(stranger, attempt).stderr
    homes.group_folders(place, "ida", ["birds"], stranger)


@as_root
def test_whoever_leaves_a_group_loses_its_folder_and_their_own_links_stay(place):
    made = accounts.account(place, "jo", ["whales"])
    home = homes.make_home(place, "jo", made)
    folder = homes.group_folders(place, "jo", ["whales"], made)["whales"]
    (home / "shared" / "own").symlink_to("/tmp")
    left = accounts.account(place, "jo", [])
    assert homes.group_folders(place, "jo", [], left) == {}
    assert [path.name for path in (home / "shared").iterdir()] == ["own"]
    assert "Permission denied" in act(left, f"ls {folder}").stderr


@as_root
def test_a_trap_in_the_place_of_the_shared_folders_catches_nobody(place, tmp_path):
    made = accounts.account(place, "kai", ["crabs"])
    home = homes.make_home(place, "kai", made)
    (home / "shared").symlink_to(tmp_path)
    homes.group_folders(place, "kai", ["crabs"], made)
    assert list(tmp_path.glob("crabs")) == []


def test_group_folders_have_names_that_lead_nowhere_else():
    for group in ("..", "a/b", "", "urn:x:group:a", "x" * 90, "a b"):
        name = homes.folder_name(group)
        assert "/" not in name
        assert not name.startswith(".")
        assert len(name) <= 63
    assert homes.folder_name("reef") == "reef"
    assert homes.folder_name("a/b") != homes.folder_name("a:b")


def test_people_who_share_an_account_share_plain_folders(tmp_path, monkeypatch):
    here = settings.load(write_settings(tmp_path))
    home = homes.make_home(here, "lia")
    folder = homes.group_folders(here, "lia", ["reef"], None)["reef"]
    assert (home / "shared" / "reef").resolve() == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@as_root
def test_a_persons_socket_folder_is_theirs_even_where_they_had_opened_it(place):
    made = accounts.account(place, "mia")
    folder = homes.make_socket_folder(place, "mia", made)
    folder.chmod(0o777)
    assert homes.make_socket_folder(place, "mia", made) == folder
    assert (folder.stat().st_uid, stat.S_IMODE(folder.stat().st_mode)) == (made.uid, 0o700)
    stranger = accounts.account(place, "ida", ["birds"])
    assert act(made, f"touch {folder}/kernel && ls {folder}").stdout == "kernel\n"
    assert "Permission denied" in act(stranger, f"ls {folder}").stderr
    assert "Permission denied" in act(made, f"ls {homes.hub_socket_folder(place)}").stderr
    leases = homes.leases_socket(place)
    leases.touch(mode=0o666)
    assert act(made, f"test -e {leases} && echo there").stdout == "there\n"
    assert "Permission denied" in act(made, f"rm -f {leases} || ls {leases.parent}").stderr
    homes.drop_socket_folder(place, "mia")
    assert not folder.exists()
