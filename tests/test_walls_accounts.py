"""Accounts of the operating system for people: whose they are, why there are none, and what is handed over to them."""

import dataclasses
import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from house import forget_people, open_folder, write_settings

from hub_config import accounts, homes, reach, settings
from hub_config.settings import Walls

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make accounts")


@pytest.fixture(scope="module")
def place():
    """A house with walls: settings whose folders other accounts can reach; its accounts are removed at the end."""
    with open_folder() as folder:
        made = settings.load(write_settings(folder))
        if os.geteuid() == 0 and (why := accounts.why_shared(made)):
            pytest.skip(why)
        yield made
        forget_people(made)


def name_of(place, user):
    return accounts.account(place, user).name


def test_whoever_is_not_root_shares_an_account_and_is_told(place):
    ask = (
        "from hub_config import accounts, settings; here = settings.load()\n"
        "print(accounts.why_shared(here), accounts.account(here, 'ada'))"
    )
    options = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    place.file.chmod(0o644)
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, settings.VARIABLE: str(place.file)},
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        **options,
    )
    assert done.stdout.startswith("Not started by root: ")
    assert done.stdout.endswith(" None\n")


@as_root
def test_walls_that_are_switched_off_are_said_with_their_key(place):
    off = dataclasses.replace(place, walls=Walls(accounts="off"))
    assert f'[walls] accounts = "off" of {place.file}' in accounts.why_shared(off)


@as_root
def test_a_folder_that_is_closed_to_others_is_named_with_its_remedy(tmp_path):
    tmp_path.chmod(0o700)
    here = settings.load(write_settings(tmp_path))
    sentence = accounts.why_shared(here)
    closed = reach.obstacle(here.folders.state)
    assert tmp_path.is_relative_to(closed)
    assert sentence.endswith(f"chmod o+x {closed}")
    assert "the state folder" in sentence
    assert accounts.account(here, "ada") is None


@as_root
def test_the_account_is_private_locked_and_the_same_again(place):
    made = accounts.account(place, "ada")
    entry = pwd.getpwnam(made.name)
    assert (entry.pw_dir, entry.pw_shell) == (str(place.folders.homes / "ada"), "/bin/bash")
    assert entry.pw_uid >= 1000
    assert made.gid == entry.pw_gid
    assert made.groups == ()
    shadow = next(line for line in Path("/etc/shadow").read_text().splitlines() if line.startswith(f"{made.name}:"))
    assert shadow.split(":")[1].startswith("!")
    assert accounts.account(place, "ada") == made
    assert made in accounts.made(place)


@as_root
@pytest.mark.parametrize("user", ["root", "daemon", "nobody"])
def test_a_person_called_like_a_system_account_gets_one_of_their_own(place, user):
    made = accounts.account(place, user)
    assert made.uid != pwd.getpwnam(user).pw_uid
    assert made.uid >= 1000
    assert made.name == f"imagine-{user}"


@as_root
def test_no_two_people_share_an_account_however_alike_their_names_are(place):
    long = "a" * 40
    first = name_of(place, "a.b")
    people = ["a.b", "a-b", "a+b", "a@b", f"{long}1", f"{long}2", first.removeprefix("imagine-")]
    names = [name_of(place, user) for user in people]
    assert len({accounts.account(place, user).uid for user in people}) == len(people)
    assert len(set(names)) == len(people)
    assert all(len(name) <= 32 for name in names)


@as_root
def test_an_account_of_somebody_else_with_our_name_is_never_taken(place):
    """Here another house's on the same machine."""
    with open_folder() as folder:
        other = settings.load(write_settings(folder))
        theirs = accounts.account(other, "bea")
        ours = accounts.account(place, "bea")
        assert (theirs.name, theirs.uid != ours.uid) == ("imagine-bea", True)
        assert ours.name.startswith("imagine-bea-")
        forget_people(other)
    assert accounts.account(place, "bea") == ours, "a name that came free is no reason to change"


@as_root
def test_groups_are_those_of_the_person_and_of_nobody_else(place):
    made = accounts.account(place, "ada", ["reef", "urn:x:group:Tide#1"])
    assert len(made.groups) == 2
    assert made.gid not in made.groups
    assert accounts.account(place, "cem", ["reef"]).groups[0] in made.groups
    assert accounts.account(place, "ada", []).groups == ()
    for group in ("reef", "urn:x:group:Tide#1"):
        homes.group_folders(place, "cem", [group], made)  # so that they are found when they are to be removed


@as_root
@pytest.mark.parametrize("user", ["..", "a:b", "a\nb", ""])
def test_a_name_that_is_no_name_gets_no_account(place, user):
    with pytest.raises(ValueError, match="cannot have an account"):
        accounts.account(place, user)


@as_root
def test_a_home_from_the_time_of_root_is_handed_over_and_no_link_is_followed(place, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    home = homes.make_home(place, "dora")
    (home / "deep").mkdir()
    (home / "deep" / "file").write_text("mine")
    (home / "link").symlink_to(victim)
    (home / "folder").symlink_to(tmp_path)
    made = accounts.account(place, "dora")
    assert homes.make_home(place, "dora", made) == home
    found = [home, home / "deep", home / "deep" / "file", home / "link"]
    assert {path.lstat().st_uid for path in found} == {made.uid}
    assert {path.lstat().st_gid for path in found} == {made.gid}
    assert victim.stat().st_uid == tmp_path.stat().st_uid == 0
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@as_root
def test_what_root_put_into_a_home_while_walls_were_off_is_handed_over_later(place):
    made = accounts.account(place, "emil")
    home = homes.make_home(place, "emil", made)
    homes.make_home(place, "emil")  # the walls are off
    (home / "later").write_text("by root")
    homes.make_home(place, "emil", made)
    assert (home / "later").stat().st_uid == made.uid


@as_root
def test_what_is_done_in_a_persons_name_has_their_rights_only(place, tmp_path):
    made = accounts.account(place, "fay")
    home = homes.make_home(place, "fay", made)
    secret = tmp_path / "secret"
    secret.write_text("of root")
    (home / "trap").symlink_to(secret)
    with accounts.acting_as(made):
        (home / "gift").write_text("from the house")
        with pytest.raises(PermissionError):
            (home / "trap").write_text("overwritten")
        with pytest.raises(PermissionError):
            (home / "trap").read_text()
    assert (home / "gift").stat().st_uid == made.uid
    assert secret.read_text() == "of root"
    (tmp_path / "again").write_text("root again")
    assert (tmp_path / "again").stat().st_uid == 0


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


def act(account, command):
    """What `command` says when a process of `account` runs it, as its server would."""
    return subprocess.run(
        ["sh", "-c", command],
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
        umask=accounts.UMASK,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
