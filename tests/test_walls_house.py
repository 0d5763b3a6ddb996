"""Walls between people in the running house: what one of them tries on another, on the hub and on the state folder."""

import json
import os
import stat
import subprocess
from pathlib import Path

import psutil
import pytest
from house import until
from kernel_run import run

from hub_config import accounts, homes, limits, processes, server_process
from hub_config.leases import places
from hub_config.settings import Profile

pytestmark = pytest.mark.live
WANDA, WIM, GROUP = "wanda", "wim", "reef"
USED = ("memory.current", "memory.usage_in_bytes")


def program(name):
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def attempt(house, user, tried):
    """How each attempt ends in a kernel of `user`: "done", or the name of an error."""
    return json.loads(run(house, user, f"{program('trespasser.py')}\nprint(attempt({json.dumps(tried)!r}))"))


@pytest.fixture(scope="module")
def walls(house):
    """The house with the servers of two people, both of one hub group."""
    if why := accounts.why_shared(house.settings):
        pytest.skip(why)
    admin = house.settings.users.admins[0]
    for user in (WANDA, WIM):
        house.sign_in(user)
    assert house.api(admin, "POST", f"/groups/{GROUP}", json={"users": [WANDA, WIM]}).status_code == 201
    for user in (WANDA, WIM):
        house.start_server(user)
    yield house
    for user in (WANDA, WIM):
        house.stop_server(user)


@pytest.fixture(scope="module")
def wim(walls):
    """What there is of Wim's to be reached: processes, files, sockets."""
    return json.loads(run(walls, WIM, program("settler.py")))


def of_wim(walls, wim):
    """Attempts on everything of Wim's, which all succeed when he makes them himself."""
    state, pid = walls.settings.folders.state, wim["pid"]
    found = {
        "his home": ["list", wim["home"]],
        "his file": ["read", f"{wim['home']}/private.txt"],
        "writing his file": ["write", f"{wim['home']}/private.txt"],
        "his sockets": ["list", wim["sockets"]],
        "his connection file": ["read", wim["connection"]],
        "a socket of his": ["stream", f"{wim['sockets']}/own"],
        "his environment": ["environ", pid],
        "his open files": ["descriptors", pid],
        "his memory": ["memory", pid, wim["address"], wim["size"]],
        "his memory at once": ["copied", pid, wim["address"], wim["size"]],
        "tracing his kernel": ["trace", pid],
        "signalling his kernel": ["signal", pid],
        "moving his kernel": ["cores", pid],
        "through the group's folder": ["list", str(state / "groups" / GROUP)],
    }
    if wim["zygote"] and os.path.exists(wim["zygote"]):  # noqa: PTH110
        found["his warm process"] = ["packets", wim["zygote"]]
    return found


def test_a_person_is_an_account_of_their_own_without_any_way_up(walls, wim):
    account = accounts.account(walls.settings, WIM, [GROUP])
    assert wim["uids"] == [account.uid] * 3
    assert wim["gid"] == account.gid
    assert set(wim["groups"]) <= {account.gid, *account.groups}
    assert account.groups[0] in wim["groups"]
    assert wim["closed"] == "1"
    assert int(wim["rights"], 16) == 0
    assert account.uid != accounts.account(walls.settings, WANDA).uid


def test_every_process_of_a_person_runs_under_their_account(walls, wim):
    uid = wim["uids"][0]
    mark = f"{walls.settings.folders.state}|{WIM}|"
    found = processes.family("IMAGINE_SERVER", mark)
    assert len(found) >= 2
    assert {process.uids().real for process in found} == {uid}
    account = accounts.account(walls.settings, WIM)
    assert {process.pid for process in found} <= {process.pid for process in processes.of_accounts(walls.settings)}
    assert not {process.pid for process in found if process.gids().real != account.gid}


def test_another_person_reaches_nothing_of_it(walls, wim):
    tried = of_wim(walls, wim)
    by_himself = attempt(walls, WIM, tried)
    assert {name: how for name, how in by_himself.items() if how != "done"} == {}
    by_another = attempt(walls, WANDA, tried)
    assert by_another.pop("through the group's folder") == "done"
    assert {name: how for name, how in by_another.items() if how != "PermissionError"} == {}


def test_nobody_reaches_the_hub_its_state_or_its_warm_processes(walls, wim):
    place, state = walls.settings, walls.settings.folders.state
    hub = processes.hub(place)
    sockets = homes.hub_socket_folder(place)
    tried = {
        "the state folder": ["list", str(state)],
        "a file in the state folder": ["create", str(state)],
        "a home for somebody": ["create", str(state / "homes")],
        "a group for somebody": ["create", str(state / "groups")],
        "the lock": ["write", str(state / "start.lock")],
        "the passwords": ["read", str(state / "credentials.json")],
        "the cookie secret": ["read", str(state / "cookie_secret")],
        "the hub's records": ["read", str(state / "jupyterhub.sqlite")],
        "the hub's log": ["read", str(place.folders.logs / "hub.log")],
        "the servers' logs": ["list", str(place.folders.logs / "servers")],
        "his own server's log": ["write", str(place.folders.logs / "servers" / f"{WIM}.log")],
        "the hub's sockets": ["list", str(sockets)],
        "the warm servers": ["packets", str(server_process.servers_socket(place))],
        "the warm kernels": ["packets", str(server_process.kernels_socket(place))],
        "the hub's way to the lender": ["stream", str(places.hub_socket(place))],
        "the hub's environment": ["environ", hub.pid],
        "tracing the hub": ["trace", hub.pid],
        "signalling the hub": ["signal", hub.pid],
        "being root": ["become", 0],
        "being the other": ["become", accounts.account(place, WANDA).uid],
        "the programs": ["create", str(place.folders.environments / "kernel" / "bin")],
    }
    for process in processes.ours(place):
        if process.uids().real == 0:
            tried |= {f"{process.pid} {what}": [what, process.pid] for what in ("environ", "signal", "trace")}
    said = attempt(walls, WIM, tried)
    assert {name: how for name, how in said.items() if how != "PermissionError"} == {}


def open_to_others(folder):
    """What another account could list, read or write in `folder` and below, by what the modes say."""
    mode = folder.lstat().st_mode
    found = [folder] if mode & (stat.S_IROTH | stat.S_IWOTH) and not stat.S_ISLNK(mode) else []
    passed = stat.S_ISDIR(mode) and mode & stat.S_IXOTH
    return found + [one for path in (folder.iterdir() if passed else ()) for one in open_to_others(path)]


def test_nothing_in_the_state_folder_is_open_to_others(walls, wim):
    state = walls.settings.folders.state
    assert stat.S_IMODE(state.stat().st_mode) == 0o711, "people's accounts pass through it"
    assert open_to_others(state) == []
    assert not [path for path in open_to_others(walls.settings.folders.logs) if path.is_file()]


def test_what_members_put_into_their_groups_folder_is_theirs_together(walls):
    write = f"open('shared/{GROUP}/note.txt', 'a').write('W'); print(open('shared/{GROUP}/note.txt').read())"
    assert run(walls, WANDA, write).strip() == "W"
    assert run(walls, WIM, write).strip() == "WW"
    stranger = accounts.account(walls.settings, "wolf")
    note = walls.settings.folders.state / "groups" / GROUP / "note.txt"
    done = subprocess.run(
        ["cat", str(note)],
        user=stranger.uid,
        group=stranger.gid,
        extra_groups=stranger.groups,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Permission denied" in done.stderr


def test_memory_beyond_the_grant_ends_the_program_and_neither_the_server_nor_the_machine(walls, wim):
    if why := limits.why_not(walls.settings):
        pytest.skip(why)
    place, room = walls.settings, limits.group_of(walls.settings, WIM)
    uid = wim["uids"][0]
    inside = {int(number) for number in (room / "cgroup.procs").read_text().split()}
    mine = {process.pid for process in psutil.process_iter(["uids"]) if process.info["uids"].real == uid}
    assert mine <= inside, "all processes of the person are under their limits"
    used = next(int((room / name).read_text()) for name in USED if (room / name).exists())
    limits.room(place, WIM, Profile("small", "", cores=1, memory_gb=used / 2**30 + 0.6))
    waste = "waste = bytearray(1200 * 2**20); waste[::4096] = b'x' * len(waste[::4096]); print('had it all')"
    code = f"import subprocess, sys; print(subprocess.run([sys.executable, '-c', {waste!r}]).returncode)"
    assert run(walls, WIM, code).strip() == "-9"
    assert limits.ended_for_memory(room) >= 1
    assert walls.api(WIM, "GET", f"/users/{WIM}").json()["servers"][""]["ready"]
    score = "print(open('/proc/self/oom_score_adj').read(), open(f'/proc/{os.getppid()}/oom_score_adj').read())"
    assert run(walls, WIM, f"import os; {score}").split() == ["300", "0"], "a kernel ends before what it hangs on"
    log = place.folders.logs / "servers" / f"{WIM}.log"
    until(lambda: "all memory of this server was in use" in log.read_text(), 20)


def test_a_program_that_hides_ends_with_the_server(walls):
    hide = "import subprocess; print(subprocess.Popen(['setsid', 'env', '-i', 'sleep', '7779']).pid)"
    hidden = psutil.Process(int(run(walls, WANDA, hide)))
    walls.stop_server(WANDA)
    assert not hidden.is_running() or hidden.status() == psutil.STATUS_ZOMBIE
    uid = accounts.account(walls.settings, WANDA).uid
    assert uid not in {process.uids().real for process in processes.of_accounts(walls.settings)}
