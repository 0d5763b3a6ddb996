"""A warm process and its forks: what a fork is, shows and hears, and who ends with whom."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest
from house import until
from small_forks import LINGER, gone, warm_in

from hub_config import processes
from imagine_kernels.launch import forking


@pytest.fixture(scope="module")
def warm():
    with tempfile.TemporaryDirectory() as folder, warm_in(folder) as warm:
        yield warm


@pytest.fixture
def own(tmp_path_factory):
    with tempfile.TemporaryDirectory() as folder, warm_in(folder) as warm:
        yield warm


def test_a_fork_runs_where_and_as_it_was_told(warm):
    told = "import json, os, sys; print(json.dumps([os.getcwd(), dict(os.environ), sys.argv[:2], os.umask(0)]))"
    said, code = warm.say(told, {"NAME": "Ada", "ODD": "\udcff ü"}, umask=0o027)
    assert code == 0
    assert json.loads(said) == [str(warm.folder), {"NAME": "Ada", "ODD": "\udcff ü"}, ["python", "-c"], 0o027]


def test_others_see_the_command_and_the_environment_of_the_fork_not_of_the_warm_process(warm):
    fork = warm.ask(env={"IMAGINE_SERVER": "here|ada|", "SECOND": "2"})
    process = psutil.Process(fork.pid)
    assert processes.marked("IMAGINE_SERVER", "here|ada|") == [fork.pid]
    assert process.environ() == {"IMAGINE_SERVER": "here|ada|", "SECOND": "2"}
    assert [word for word in process.cmdline() if word] == ["python", "-c", LINGER]
    listed = subprocess.run(["ps", "-o", "args=", "-p", str(fork.pid)], capture_output=True, text=True, check=True)
    assert listed.stdout.strip() == f"python -c {LINGER}"
    own = psutil.Process(warm.process.pid)
    assert [word for word in own.cmdline() if word][1] == str(warm.folder / "warm.py")
    assert own.environ().get("PATH") == os.environ["PATH"]
    assert "IMAGINE_ROOM" not in own.environ()
    fork.close()


def test_an_environment_larger_than_the_room_is_whole_inside_and_outside_shows_what_marks_it(warm):
    env = {**{f"LONG_{i}": "x" * 4000 for i in range(20)}, "IMAGINE_INSTALLATION": "there"}
    out, into = os.pipe()
    code = f"import os; print(len(os.environ), flush=True); {LINGER}"
    fork = warm.ask(code, env, fds=(0, into, into))
    os.close(into)
    with os.fdopen(out) as said:
        assert said.readline() == "21\n"
    assert processes.marked("IMAGINE_INSTALLATION", "there") == [fork.pid]
    fork.close()


def test_two_forks_draw_different_numbers(warm):
    draw = "import random; print(random.random(), np.random.rand())"
    first, second = (warm.say(draw)[0].split() for _ in range(2))
    assert not set(first) & set(second)
    assert random.random() != float(first[0])


@pytest.mark.parametrize(("code", "expected"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", -9), ("1/0", 1)])
def test_the_asker_hears_how_a_fork_ended(warm, code, expected):
    assert warm.say(f"import os; {code}")[1] == expected


def test_signals_reach_a_fork_and_an_interrupt_is_an_exception(warm):
    out, into = os.pipe()
    code = (
        "import time\ntry:\n    print('here', flush=True); time.sleep(60)\n"
        "except KeyboardInterrupt: print('interrupted')"
    )
    fork = warm.ask(code, fds=(0, into, into))
    os.close(into)
    with os.fdopen(out) as said:
        assert said.readline() == "here\n"
        assert fork.poll() is None
        fork.signal(signal.SIGINT)
        assert said.read() == "interrupted\n"
    assert fork.wait(20) == 0
    fork.signal(signal.SIGTERM)  # too late: no error
    fork.close()
    fork.close()


def test_further_open_files_are_handed_over(warm):
    one, other = socket.socketpair()
    with one, other:
        fork = warm.ask("os.write(job.handed[0], b'got it')", fds=(0, 1, 2, other.fileno()))
        assert one.recv(100) == b"got it"
        assert fork.wait(20) == 0
        fork.close()


def test_a_fork_ends_with_its_asker_and_so_does_what_it_started(warm):
    out, into = os.pipe()
    code = f"import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True); {LINGER}"
    fork = warm.ask(code, fds=(0, into, into))
    os.close(into)
    with os.fdopen(out) as said:
        child = int(said.readline())
    fork.close()
    until(lambda: gone(fork.pid) and gone(child), 20, 0.02)


def test_what_a_killed_fork_started_ends_too(warm):
    out, into = os.pipe()
    code = f"import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True); {LINGER}"
    with contextlib.closing(warm.ask(code, fds=(0, into, into))) as fork, os.fdopen(out) as said:
        os.close(into)
        child = int(said.readline())
        fork.signal(signal.SIGKILL)
        assert fork.wait(20) == -9
        until(lambda: gone(child), 20, 0.02)


def test_a_fork_that_does_not_live_with_its_asker_stays(warm):
    fork = warm.ask(lives_with_asker=False)
    process = psutil.Process(fork.pid)
    fork.close()
    warm.say("pass")  # the warm process has attended to the hang-up
    assert process.is_running()
    process.kill()
    until(lambda: gone(fork.pid), 20, 0.02)


def test_an_asker_that_is_killed_leaves_no_fork(warm):
    asker = (
        "import json, sys, time; from pathlib import Path; from imagine_kernels.launch import forking\n"
        "job = forking.Job('run', ('x', sys.argv[2]), {}, '/')\n"
        "fork = forking.ask(Path(sys.argv[1]), job); print(fork.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", asker, str(warm.socket), LINGER], stdout=subprocess.PIPE, text=True
    ) as process:
        pid = int(process.stdout.readline())
        assert not gone(pid)
        process.kill()
    until(lambda: gone(pid), 20, 0.02)


def test_a_killed_warm_process_leaves_forks_running_that_still_end_with_their_asker(own):
    fork = own.ask()
    own.end()
    assert fork.poll() is None
    os.kill(fork.pid, 0)
    fork.close()
    until(lambda: gone(fork.pid), 20, 0.02)


def test_a_fork_that_ends_without_its_warm_process_is_seen_all_the_same(own):
    fork = own.ask()
    own.end()
    fork.signal(signal.SIGKILL)
    assert fork.wait(20) == forking.LOST
    fork.close()
    with pytest.raises(ConnectionRefusedError):
        own.ask()


def test_a_warm_process_ends_with_the_one_it_works_for_and_takes_its_forks_along():
    with (
        subprocess.Popen(["sleep", "600"]) as lord,
        tempfile.TemporaryDirectory() as folder,
        warm_in(folder, str(lord.pid)) as warm,
    ):
        tied, free = warm.ask(), warm.ask(lives_with_asker=False)
        lord.kill()
        assert tied.wait(20) in (-9, forking.LOST)
        assert warm.process.wait(20) == 0
        until(lambda: gone(free.pid), 20, 0.02)
        tied.close()
        free.close()


def test_many_at_once_are_all_forked(warm):
    said = {}

    def ask(number):
        said[number] = warm.say("print(os.environ['NUMBER'])", {"NUMBER": str(number)})

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for one in askers:
        one.start()
    for one in askers:
        one.join(60)
    assert said == {number: (str(number), 0) for number in range(12)}


def test_a_fork_holds_nothing_of_the_other_forks_and_no_open_file_is_left_behind(warm):
    def handles():
        return len(list(Path(f"/proc/{warm.process.pid}/fd").iterdir()))

    def inside():
        return warm.say("print(len(os.listdir('/proc/self/fd')))")[0]

    until(lambda: not psutil.Process(warm.process.pid).children(), 20, 0.02)
    alone, before = inside(), handles()
    others = [warm.ask() for _ in range(3)]
    assert inside() == alone
    for other in others:
        other.close()
    until(lambda: handles() == before, 20, 0.02)
