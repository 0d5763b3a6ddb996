"""What people may send to stop the broker or take what is not theirs: it refuses in a sentence and lends on."""

import asyncio
import json
import os
import shutil
import socket
import stat
import subprocess
import sys

import pytest
from broker_alone import Alone, lending
from house import until

from hub_config import settings
from hub_config.leases import client, places
from hub_config.leases.lending import MOST_WAITING
from imagine_kernels.launch import leases


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    alone = Alone(lending(tmp_path_factory.mktemp("hostile"), gpus="per_user = 1\nper_group = { class = 1 }"))
    alone.start()
    yield alone
    alone.end()


@pytest.fixture
def ada(broker):
    """A person who gets a card when all is well: asked for at the end of each test."""
    person = broker.person("ada")
    yield person
    asking = person.asking("in the end")
    assert asyncio.run(asyncio.wait_for(asking.gpus(1), 10)).env["CUDA_VISIBLE_DEVICES"]
    asking.close()
    until(lambda: not broker.holders(), 5, 0.02)


def connect(broker):
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(10)
    line.connect(str(places.kernels_socket(broker.settings)))
    return line


def answer(line):
    with line.makefile("rb") as lines:
        return json.loads(lines.readline() or b'"hung up"')


@pytest.mark.parametrize(
    "sent",
    [
        b"x" * 200_000 + b"\n",
        b"\0\xff\xfe rubbish\n",
        b"[" * 50_000 + b"\n",
        b"1" * 10_000 + b"\n",
        b'"a text"\n',
        b"{}\n",
        b'{"token": 5, "say": "state"}\n',
        b'{"token": "unknown", "say": "state"}\n',
        b'{"token": "\\ud800", "say": "state"}\n',
    ],
    ids=["long", "bytes", "deep", "large", "no table", "empty", "number", "stranger", "half a letter"],
)
def test_what_is_no_message_of_a_running_server_is_refused_in_a_sentence(broker, ada, sent):
    with connect(broker) as line:
        line.sendall(sent)
        said = answer(line)["refused"]
    assert said.endswith(".")
    assert len(said) < 200


@pytest.mark.parametrize(
    "sent",
    [
        {"say": "gpus", "count": -1},
        {"say": "gpus", "count": True},
        {"say": "gpus", "count": 1e300},
        {"say": "gpus", "count": 10**17},
        {"say": "gpus"},
        {"say": "began", "pid": 1, "started": 0, "kind": "warm", "seconds": 0.1, "lease": 0},
        {"say": "began", "pid": 1 << 40, "started": 5, "kind": "warm", "seconds": 0.1, "lease": 0},
        {"say": "began", "pid": "self", "started": 5},
        {"say": "dance"},
    ],
    ids=str,
)
def test_an_impossible_wish_of_a_kernel_is_refused_and_its_conversation_goes_on(broker, ada, sent):
    with connect(broker) as line:
        line.sendall(json.dumps({"say": "kernel", "token": ada.token, "kernel": "k", "use_case": ""}).encode() + b"\n")
        for _ in range(2):
            line.sendall(json.dumps(sent).encode() + b"\n")
            assert answer(line)["refused"].endswith(".")


def test_a_flood_of_wishes_ends_at_a_number_and_holds_up_nobody(broker, ada):
    eve, bea = broker.person("eve"), broker.person("bea")
    first = eve.asking("0")
    asyncio.run(first.gpus(1))

    async def flood():
        asked = [asyncio.ensure_future(eve.asking(f"{n}").gpus(1)) for n in range(1, 2 * MOST_WAITING)]
        while len(waiting := [one for one in asked if not one.done()]) > MOST_WAITING:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        lease = await bea.asking("b").gpus(1)
        waiting = [one for one in waiting if not one.done()]
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return [str(one.exception()) for one in asked if one not in waiting], len(waiting), lease

    refused, waiting, lease = asyncio.run(flood())
    assert waiting == MOST_WAITING
    assert set(refused) == {
        f"{MOST_WAITING} kernels of yours wait for a graphics card already: end some of them first."
    }
    assert lease is not None, "those at their limit hold up nobody"
    bea.askings[0].close()
    first.close()
    until(lambda: not broker.holders() and not broker.queue(), 5, 0.02)


def test_somebody_who_talks_without_end_or_never_listens_slows_down_only_himself(broker, ada):
    question = json.dumps({"say": "state", "token": ada.token}).encode() + b"\n"
    with connect(broker) as line:
        line.settimeout(0.3)
        with pytest.raises(OSError):  # full, or hung up: either is right
            line.sendall(question * 100_000)
        assert client.stats(broker.settings)["servers"] >= 1


def test_limits_of_group_size_and_server_are_told_in_a_sentence(broker, ada):
    cpu, two = broker.person("cleo", profile="cpu"), broker.person("dora", groups=["class"])
    for person, count, said in ((cpu, 1, "without a graphics card"), (two, 2, "may hold 1 shares")):
        with pytest.raises(leases.LeaseRefused, match=said):
            asyncio.run(person.asking("k").gpus(count))
    held = two.asking("held")
    asyncio.run(held.gpus(1))
    other = broker.person("finn", groups=["class"]).asking("k")
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(other.gpus(1), 0.3))
    held.close()
    assert any("the group class holds 1 of at most 1" in said for *_, said in broker.events("wait"))
    until(lambda: not broker.holders(), 5, 0.02)


def test_a_token_counts_only_from_its_own_account_and_only_while_its_server_runs(broker, ada):
    stranger = broker.person("grace", uid=os.geteuid() + 12345)
    with pytest.raises(leases.LeaseRefused, match="kernels of a running server"):
        stranger.call(leases.state)
    henry = broker.person("henry")
    assert henry.call(leases.state)["leases"] == []
    henry.server.kill()
    henry.server.wait()

    def refused():
        try:
            henry.call(leases.state)
        except leases.LeaseRefused:
            return True
        return False

    until(refused, 5, 0.02)


OWN_ACCOUNT = """
import json, os, socket, subprocess, sys
place, token, others = sys.argv[1:]
line = socket.socket(socket.AF_UNIX); line.connect(place); lines = line.makefile("rb")
def started(pid): return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[19])
def say(**message):
    line.sendall(json.dumps(message).encode() + b"\\n")
    return json.loads(lines.readline())
line.sendall(json.dumps({"say": "kernel", "token": token, "kernel": "k", "use_case": ""}).encode() + b"\\n")
number = say(say="gpus", count=1)["granted"]["number"]
own = subprocess.Popen(["sleep", "60"], start_new_session=True)
for pid in (int(others), own.pid):
    print(say(say="began", pid=pid, started=started(pid), kind="cold", seconds=0.1, reason="", lease=number))
own.kill()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start processes of other accounts")
def test_with_accounts_a_person_ties_only_processes_of_their_own_to_a_lease(broker, ada):
    python = shutil.which("python3", path="/usr/bin:/bin")
    if python is None:
        pytest.skip("no Python here that other accounts can run")
    ivy, root = broker.person("ivy", uid=12345), broker.process()
    command = [python, "-I", "-c", OWN_ACCOUNT, ivy.socket, ivy.token, str(root.pid)]
    done = subprocess.run(command, user=12345, group=12345, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    others, own = done.stdout.splitlines()
    assert "refused" in others
    assert own == "{'ok': True}"
    until(lambda: not broker.holders(), 5, 0.02)
    assert root.poll() is None


def test_a_process_of_another_time_is_not_taken_for_the_kernel(broker, ada):
    asking = ada.asking("k")
    asyncio.run(asking.gpus(1))
    kernel = broker.process()
    asking._say({"say": "began", "pid": kernel.pid, "started": leases.started(kernel.pid) - 1, "lease": 1})
    assert "ended as soon as" in asking._line.answer()["refused"]
    asking.close()


def test_only_the_hub_reaches_its_own_door_and_nobody_reads_the_records(broker, ada):
    assert stat.S_IMODE(places.hub_socket(broker.settings).stat().st_mode) == 0o600
    assert stat.S_IMODE(places.hub_socket(broker.settings).parent.stat().st_mode) == 0o700
    file = places.database(broker.settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ada.token.encode() not in file.read_bytes() + file.with_name(file.name + "-wal").read_bytes()


def test_a_second_broker_of_the_same_installation_does_not_start(broker, ada):
    env = {**os.environ, settings.VARIABLE: str(broker.settings.file)}
    second = subprocess.run(
        [sys.executable, "-m", "hub_config.leases"], env=env, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert "are lent already" in second.stderr
