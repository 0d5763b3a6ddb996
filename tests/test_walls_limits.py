"""Memory, cores and processes of a person's server: held by the kernel of this machine, and found on others."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from house import ROOT, open_folder, until, write_settings

from hub_config import limits, settings
from hub_config.settings import Profile

SMALL = Profile("small", "", cores=1, memory_gb=0.25)
WASTE = "import time; waste = bytearray(600 * 2**20); waste[::4096] = b'x' * len(waste[::4096]); time.sleep(60)"


@pytest.fixture(scope="module")
def place():
    """A house on a machine that lets the hub make control groups."""
    with open_folder() as folder:
        made = settings.load(write_settings(folder))
        if why := limits.why_not(made):
            pytest.skip(why)
        yield made
        limits.close(made)
        assert not [mount for mount in {*limits._mounts().values()} if [*mount.rglob(limits._name(made))]]


@pytest.fixture
def room(place):
    yield limits.room(place, "ada", SMALL)
    limits.clear(place, "ada")


def join(files, *command):
    """Starts a program in the groups of `files`, as a server is."""

    def enter():
        for file in files:
            Path(file).write_text(str(os.getpid()))

    return subprocess.Popen(command, preexec_fn=enter, stdout=subprocess.DEVNULL)  # noqa: PLW1509


def values(files):
    """What the groups of `files` say of the limits, by file name."""
    names = ("memory.max", "memory.limit_in_bytes", "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us", "pids.max")
    found = [Path(file).with_name(name) for file in files for name in (*names, "cpu.stat")]
    return {file.name: file.read_text().strip() for file in found if file.exists()}


def memory(found):
    return int(found.get("memory.max") or found["memory.limit_in_bytes"])


def test_memory_beyond_the_profile_ends_the_wasteful_process_and_no_other(place, room):
    server = join(room, "sleep", "60")
    try:
        assert limits.ended_for_memory(limits.group_of(place, "ada")) == 0
        assert join(room, sys.executable, "-c", WASTE).wait(60) == -signal.SIGKILL
        assert server.poll() is None, "the server of the person has to survive"
        assert limits.ended_for_memory(limits.group_of(place, "ada")) == 1
    finally:
        server.kill()
        server.wait()


def test_cores_and_processes_are_limited_to_the_profiles(room):
    found = values(room)
    quota = found.get("cpu.max") or f"{found['cpu.cfs_quota_us']} {found['cpu.cfs_period_us']}"
    assert quota == "100000 100000"
    assert found["pids.max"] == str(limits.PROCESSES)
    assert memory(found) == 2**28


def test_more_work_than_cores_is_held_back(place, room):
    limits.room(place, "ada", Profile("a tenth", "", cores=0.1, memory_gb=0.25))  # even a busy machine gives more
    busy = join(room, sys.executable, "-c", "while True: pass")
    try:
        until(lambda: "\nnr_throttled 0\n" not in values(room)["cpu.stat"], 60)
    finally:
        busy.kill()
        busy.wait()


def test_another_profile_is_another_limit_even_where_the_group_is_still_there(place, room):
    for gigabytes in (1.0, 0.125):
        limits.room(place, "ada", Profile("other", "", cores=2, memory_gb=gigabytes))
        assert memory(values(room)) == gigabytes * 2**30


def test_a_process_that_hid_its_mark_ends_with_its_room(place, room):
    hidden = join(room, "setsid", "env", "-i", "sleep", "7778")
    until(lambda: str(hidden.pid) in Path(room[0]).read_text())
    limits.clear(place, "ada")
    assert hidden.wait(20) == -signal.SIGKILL
    assert not [file for file in room if Path(file).exists()]
    limits.clear(place, "ada")  # once more is no harm


def test_two_people_have_two_rooms(place, room):
    other = limits.room(place, "ada-", SMALL)
    try:
        assert not {*other} & {*room}
    finally:
        limits.clear(place, "ada-")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
def test_where_no_groups_can_be_made_a_sentence_says_so(tmp_path):
    with open_folder() as folder:
        file = write_settings(folder)
        file.chmod(0o644)
        ask = "from hub_config import limits, settings; here = settings.load(); print(limits.why_not(here))\n"
        ask += "print(limits.room(here, 'ada', here.profiles['cpu']), limits.clear(here, 'ada'), limits.close(here))"
        done = subprocess.run(
            [sys.executable, "-c", ask],
            env={**os.environ, settings.VARIABLE: str(file)},
            cwd=ROOT,
            user=65534,
            group=65534,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.startswith("Memory and cores of servers are not limited: ")
    assert done.stdout.endswith("\n() None None\n")


def fake(tmp_path, own, mountinfo):
    """The part of a file system that tells where control groups are."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(own)
    (tmp_path / "proc/self/mountinfo").write_text(mountinfo)


def group(folder, *, busy=False, controllers="cpuset cpu io memory pids"):
    folder.mkdir(parents=True)
    (folder / "cgroup.controllers").write_text(f"{controllers}\n")
    if busy:  # writing fails, as it does where the group holds processes
        (folder / "cgroup.subtree_control").mkdir()
    else:
        (folder / "cgroup.subtree_control").write_text("memory pids\n")


TWO = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"


def test_on_version_2_the_next_group_above_the_hubs_own_that_can_have_parts_is_divided(place, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ROOT", tmp_path)
    fake(tmp_path, "0::/user.slice/session-3.scope\n", TWO)
    top = tmp_path / "sys/fs/cgroup"
    group(top)
    group(top / "user.slice")
    group(top / "user.slice/session-3.scope", busy=True)
    ours = top / "user.slice" / limits._name(place)
    group(ours)
    (found,) = limits._places(place)
    assert (found.folder, found.version) == (ours, 2)
    assert (top / "user.slice/cgroup.subtree_control").read_text() == "+cpu"
    mine = limits._group(found, "ada")
    mine.mkdir()
    for file in ("memory.max", "cpu.max", "pids.max"):
        (mine / file).write_text("")
    assert limits.room(place, "ada", SMALL) == (str(mine / "cgroup.procs"),)
    assert [(mine / file).read_text() for file in ("memory.max", "cpu.max", "pids.max")] == [
        str(2**28),
        "100000 100000",
        str(limits.PROCESSES),
    ]
    (mine / "memory.events").write_text("low 0\noom 3\noom_kill 2\noom_group_kill 0\n")
    assert limits.ended_for_memory(limits.group_of(place, "ada")) == 2


@pytest.mark.parametrize("controllers", ["", "cpu pids"])
def test_version_2_without_its_controllers_is_not_used(place, tmp_path, monkeypatch, controllers):
    monkeypatch.setattr(limits, "ROOT", tmp_path)
    fake(tmp_path, "0::/\n", TWO)
    group(tmp_path / "sys/fs/cgroup", controllers=controllers)
    assert limits._places(place) == ()
    assert "not limited" in limits.why_not(place)


def test_this_kernels_version_2_divides_no_group_that_holds_processes(place, monkeypatch):
    """With whatever controllers it has here: where version 1 has taken those that matter, others behave alike."""
    top = limits._mounts().get("")
    offered = (top / "cgroup.controllers").read_text().split() if top else []
    usable = [one for one in offered if one not in {"cpu", "pids", "perf_event", "cpuset"}]  # those may share a group
    if os.geteuid() != 0 or not usable:
        pytest.skip("version 2 of control groups has no controllers here that root can use")
    monkeypatch.setattr(limits, "CONTROLLERS", tuple(usable[:1]))
    above = top / f"{limits._name(place)}-above"
    before = (top / "cgroup.subtree_control").read_text().split()
    assert limits._divide(top, above.name)
    full, empty = above / "full", above / "empty"
    full.mkdir()
    empty.mkdir()
    sleeper = join([full / "cgroup.procs"], "sleep", "60")
    try:
        assert not limits._divide(full, "people")
        assert limits._divide(empty, "people")
        assert usable[0] in (empty / "people" / "cgroup.controllers").read_text().split()
    finally:
        sleeper.kill()
        sleeper.wait()
        for folder in (empty / "people", empty, full, above):
            until(lambda gone=folder: removed(gone))
        if usable[0] not in before:
            (top / "cgroup.subtree_control").write_text(f"-{usable[0]}")


def removed(folder):
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
