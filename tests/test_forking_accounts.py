"""Forks of root's warm process that become somebody else: no way back, nothing brought along, nobody else served."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from small_forks import LINGER, warm_in

from imagine_kernels.launch import forking
from imagine_kernels.launch.forking import Person

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
SOMEBODY = Person(23456, 23456, (23457,))
OTHER = 23999


@pytest.fixture(scope="module")
def warm():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with warm_in(folder) as warm:
            yield warm


def test_the_fork_is_the_person_for_good(warm):
    code = (
        "import json\n"
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "back = []\n"
        "for become in (os.setuid, os.setgid, lambda n: os.setgroups([n])):\n"
        "    try: become(0)\n"
        "    except OSError as error: back.append(error.errno)\n"
        "print(json.dumps([os.getresuid(), os.getresgid(), os.getgroups(), status['NoNewPrivs'].strip(),\n"
        "  int(status['CapEff'], 16), int(status['CapPrm'], 16), back, 'A' in os.environ,\n"
        "  b'A=1' in open('/proc/self/environ', 'rb').read()]))"
    )
    said, ended = warm.say(code, {"A": "1"}, person=SOMEBODY)
    assert ended == 0, said
    uids, gids, groups, closed, *rights, back, inside, outside = json.loads(said)
    assert (uids, gids, groups) == ([23456] * 3, [23456] * 3, [23457])
    assert (closed, rights, back) == ("1", [0, 0], [1, 1, 1])
    assert inside
    assert outside


def test_the_fork_enters_its_control_groups_as_root_before_it_becomes_the_person(warm, tmp_path):
    room = tmp_path / "cgroup.procs"
    room.touch(mode=0o600)
    said, _ = warm.say("print(os.getpid())", person=SOMEBODY, control_groups=(str(room),))
    assert room.read_text().strip() == said


@pytest.mark.parametrize("person", [Person(0, 0), Person(23456, 0), Person(23456, 23456, (0,))])
def test_nobody_becomes_root(warm, person):
    with pytest.raises(ChildProcessError, match="rights of root"):
        warm.ask(person=person)


def test_a_control_group_that_cannot_be_entered_is_no_start(warm):
    with pytest.raises(ChildProcessError, match="could not begin"):
        warm.ask(person=SOMEBODY, control_groups=("/nowhere/cgroup.procs",))


def test_another_account_is_not_served_even_where_it_reaches_the_socket(warm):
    warm.socket.chmod(0o777)
    try:
        knock = (
            "import socket, sys; one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); one.settimeout(20)\n"
            "one.connect(sys.argv[1]); print(one.recv(1000).decode())"
        )
        command = ["/usr/bin/python3", "-c", knock, str(warm.socket)]
        said = subprocess.run(
            command, user=OTHER, group=OTHER, extra_groups=[], capture_output=True, text=True, check=True
        )
    finally:
        warm.socket.chmod(0o600)
    assert "another account" in said.stdout


def test_the_socket_is_closed_to_other_accounts(warm):
    assert warm.socket.stat().st_mode & 0o077 == 0


def test_a_socket_that_belongs_to_somebody_else_is_not_asked(tmp_path):
    """Whoever is asked would learn the environment, tokens included."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        trap = (
            "import socket, sys; one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
            "one.bind(sys.argv[1]); one.listen(); print('set', flush=True); c, _ = one.accept(); print(c.recv(99999))"
        )
        with subprocess.Popen(
            ["/usr/bin/python3", "-c", trap, f"{folder}/s"], user=OTHER, group=OTHER, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout.readline() == "set\n"
            job = forking.Job("run", ("x",), {"JUPYTERHUB_API_TOKEN": "secret"}, "/")
            with pytest.raises(PermissionError, match="another account"):
                forking.ask(Path(folder) / "s", job)
            assert process.stdout.read() == "b''\n"


def test_a_fork_of_somebody_may_be_signalled_and_ends_with_its_asker(warm):
    fork = warm.ask(LINGER, person=SOMEBODY)
    assert Path(f"/proc/{fork.pid}").stat().st_uid == SOMEBODY.uid
    fork.signal(9)
    assert fork.wait(20) == -9
    fork.close()


def test_without_root_nobody_becomes_somebody_else(tmp_path):
    code = (
        "from imagine_kernels.launch import settling\n"
        "try: settling.become(settling.Person(23999, 23999))\nexcept PermissionError as error: print(error)"
    )
    prepare = f"import os; os.setgid(23456); os.setuid(23456); exec({code!r})"
    program = f"from imagine_kernels.launch import settling; {prepare}"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/")
    assert "Only root" in said.stdout
