"""Restart, interrupt, shutdown and violent ends of warm kernels: nothing is left behind, and cold is always a way."""

import os
import subprocess
import sys
import time

import psutil
import pytest
import warm_kernels
from house import until
from warm_kernels import OwnProcess

from imagine_kernels.launch import forking

ASKER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import warm_kernels
kernel = warm_kernels.Kernel(Path(sys.argv[2]), IMAGINE_ZYGOTE=sys.argv[3])
print(kernel.pid, kernel.say("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def folder():
    with warm_kernels.running() as folder:
        yield folder


@pytest.fixture
def own(folder):
    own = OwnProcess(folder)
    yield own
    own.end()


@pytest.fixture
def kernel(folder, own):
    with warm_kernels.kernel(folder, own) as kernel:
        yield kernel


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_an_interrupt_stops_the_cell_and_leaves_the_kernel(kernel):
    kernel.say("kept = 5")
    asked = kernel.client.execute("import time\nprint('at work', flush=True)\ntime.sleep(600)")
    until(lambda: kernel.client.get_iopub_msg(timeout=60)["content"].get("text") == "at work\n", 60, 0)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=60)
    assert reply["parent_header"]["msg_id"] == asked
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.say("print(kept)") == "5"


@pytest.mark.parametrize("now", [False, True])
def test_a_restart_is_a_new_fork_that_knows_nothing(kernel, own, now):
    before = kernel.pid
    kernel.say("kept = 5")
    kernel.client.stop_channels()
    kernel.manager.restart_kernel(now=now)
    kernel.listen()
    assert gone(before)
    assert psutil.Process(kernel.pid).ppid() == own.fork.pid
    assert kernel.run("kept")[0]["ename"] == "NameError"


def test_a_shutdown_in_peace_runs_what_was_to_run_at_the_end(folder, own, tmp_path):
    with warm_kernels.kernel(folder, own) as kernel:
        kernel.say(f"import atexit, pathlib; atexit.register(pathlib.Path({str(tmp_path / 'bye')!r}).touch); None")
        pid = kernel.pid
        kernel.end(now=False)
    assert gone(pid)
    assert (tmp_path / "bye").exists()
    assert not list(folder.glob("kernel-*.json")), "the connection file was left behind"


def test_a_killed_kernel_is_seen_takes_its_children_along_and_can_be_started_again(kernel):
    child = int(kernel.say("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"))
    os.kill(kernel.pid, 9)
    until(lambda: not kernel.manager.is_alive(), 20, 0.02)
    until(lambda: gone(child), 20, 0.02)
    kernel.client.stop_channels()
    kernel.manager.restart_kernel()
    kernel.listen()
    assert kernel.say("print(1)") == "1"


def test_a_request_to_end_that_came_too_late_does_not_end_the_successor(kernel):
    os.kill(kernel.pid, 9)
    until(lambda: not kernel.manager.is_alive(), 20, 0.02)
    kernel.client.stop_channels()
    kernel.manager.request_shutdown(restart=True)
    kernel.manager.finish_shutdown(restart=True)
    kernel.manager.start_kernel(env=dict(kernel.manager._launch_args["env"]), cwd=kernel.manager._launch_args["cwd"])
    kernel.listen()
    time.sleep(0.3)  # the time it takes to knock again at an address
    assert kernel.say("print(1)") == "1"


def test_a_kernel_outlives_the_warm_process_and_still_ends_when_it_is_told_to(folder, caplog):
    own = OwnProcess(folder)
    with warm_kernels.kernel(folder, own) as kernel:
        pid = kernel.pid
        own.end()
        assert kernel.say("print(1)") == "1"
        kernel.client.stop_channels()
        kernel.manager.restart_kernel()
        kernel.listen()
        assert gone(pid)
        assert psutil.Process(kernel.pid).ppid() == os.getpid(), "this one started cold"
        pid = kernel.pid
    assert gone(pid)
    assert "starts cold: " in caplog.text


@pytest.mark.parametrize("warm_process_first", [False, True])
def test_a_killed_asker_leaves_no_kernel_and_none_of_its_children(folder, warm_process_first):
    own = OwnProcess(folder)
    command = [sys.executable, "-c", ASKER, str(warm_kernels.__file__.rpartition("/")[0]), str(folder), str(own.socket)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asker:
        pids = [int(word) for word in asker.stdout.readline().split()]
        assert len(pids) == 2
        assert psutil.Process(pids[0]).ppid() == own.fork.pid
        if warm_process_first:
            own.end()
        asker.kill()
    until(lambda: all(gone(pid) for pid in pids), 20, 0.02)
    if not warm_process_first:
        own.end()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_persons_kernel_runs_under_their_account_with_the_models_of_all(folder):
    person = forking.Person(23456, 23456, ())
    own = OwnProcess(folder, person)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import warm_kernels\n"
        "with warm_kernels.kernel(Path(sys.argv[2]), HOME=sys.argv[2], IMAGINE_ZYGOTE=sys.argv[3], "
        "JUPYTER_PATH=sys.argv[4]) as kernel:\n"
        "    print(kernel.say('''\n"
        "import os, numpy as np\nfrom imagine_kernels import predict, use_case\n"
        'scores = predict.load(use_case.get("phytoplankton")).scores([np.full((64, 64, 1), 99, np.uint8)])\n'
        'closed = [l.split()[1] for l in open("/proc/self/status") if l.startswith("NoNewPrivs")]\n'
        "print(os.getresuid(), os.getgroups(), closed, scores.shape, os.getppid())'''))"
    )
    (own.folder / "share").symlink_to(folder / "share")
    tests = str(warm_kernels.__file__.rpartition("/")[0])
    done = subprocess.run(
        [sys.executable, "-c", code, tests, str(own.folder), str(own.socket), str(folder / "share/jupyter")],
        user=person.uid,
        group=person.gid,
        extra_groups=[],
        cwd=own.folder,
        env={**os.environ, "HOME": str(own.folder), "JUPYTER_RUNTIME_DIR": str(own.folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    own.end()
    assert done.stdout.strip() == f"(23456, 23456, 23456) [] ['1'] (1, 6) {own.fork.pid}", done.stderr


def test_another_account_is_not_served_by_a_persons_warm_process(folder, own):
    job = forking.Job("kernel", ("x",), {}, "/")
    with pytest.raises(ChildProcessError, match="forks kernel of "):
        forking.ask(own.socket, job)
    assert own.socket.stat().st_mode & 0o077 == 0


def test_the_command_and_the_environment_of_a_stale_warm_process_are_not_used(folder, caplog):
    """The last one here: the warm process of all begins again because of it."""
    own = OwnProcess(folder)
    os.utime(folder / "installed", ns=(1, 1))
    with warm_kernels.kernel(folder, own) as kernel:
        assert kernel.say("print(1)") == "1"
        assert psutil.Process(kernel.pid).ppid() == os.getpid()
    assert "installed has changed since the warm process of kernels began" in caplog.text
    own.end()
