"""Accounts of the operating system for people: whose they are, why there are none, and what is handed over to them."""

import dataclasses
import grp
import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from house import forget_people, open_folder, write_settings
from walls import as_root, house_with_walls

from hub_config import accounts, homes, reach, settings
from hub_config.settings import Walls


@pytest.fixture(scope="module")
def place():
    with house_with_walls() as made:
        yield made


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
def test_two_houses_that_make_the_same_name_at_the_same_moment_both_get_an_account():
    code = "from hub_config import accounts, settings as s\n"
    code += "for n in range(4): print(accounts.account(s.load(), f'twin{n}').uid)"
    with open_folder() as one, open_folder() as other:
        files = [write_settings(folder) for folder in (one, other)]
        started = [
            subprocess.Popen(
                [sys.executable, "-c", code], env={**os.environ, settings.VARIABLE: str(file)}, stdout=subprocess.PIPE
            )
            for file in files
        ]
        numbers = [number for process in started for number in process.communicate(timeout=60)[0].split()]
        for file in files:
            forget_people(settings.load(file))
    assert len(set(numbers)) == len(numbers) == 8


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
def test_the_number_of_an_account_that_is_gone_is_given_to_nobody_who_would_own_its_files(place):
    gone = accounts.account(place, "leo", ["eels"])
    home = homes.make_home(place, "leo", gone)
    folder = homes.group_folders(place, "leo", ["eels"], gone)["eels"]
    group = grp.getgrgid(gone.groups[0]).gr_name
    subprocess.run(["userdel", gone.name], check=True)
    subprocess.run(["groupdel", group], check=True)
    new = accounts.account(place, "lea", ["elvers"])
    assert not {new.uid, new.gid, *new.groups} & {gone.uid, gone.gid, *gone.groups}
    again = accounts.account(place, "leo", ["eels"])
    homes.make_home(place, "leo", again)
    homes.group_folders(place, "leo", ["eels"], again)
    assert (home.stat().st_uid, folder.stat().st_gid) == (again.uid, again.groups[0])
    homes.group_folders(place, "lea", ["elvers"], new)


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
