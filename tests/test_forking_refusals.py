"""What a warm process refuses, in a sentence, without being held up: strangers' words, stale sources, threads."""

import socket
import tempfile
from pathlib import Path

import pytest
from house import until
from small_forks import warm_in

from imagine_kernels.launch import forking


@pytest.fixture(scope="module")
def warm():
    with tempfile.TemporaryDirectory() as folder, warm_in(folder) as warm:
        yield warm


@pytest.fixture
def own():
    with tempfile.TemporaryDirectory() as folder, warm_in(folder) as warm:
        yield warm


def test_a_stale_process_refuses_says_why_and_begins_again(own):
    (own.folder / "stale").touch()
    with pytest.raises(ChildProcessError, match="has changed"):
        own.ask()
    (own.folder / "stale").unlink()
    until(lambda: _asks(own), 30, 0.05)


def _asks(warm):
    try:
        return warm.say("print('warm again')") == ("warm again", 0)
    except OSError:
        return False


def test_a_process_with_two_threads_refuses():
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "two threads").touch()
        with warm_in(folder) as warm, pytest.raises(ChildProcessError, match="2 threads"):
            warm.ask()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"task": "other"}, "forks run; not 'other'"), ({"cwd": "/nowhere"}, "could not begin.*nowhere")],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_the_next_is_served(warm, change, said):
    values = {"task": "run", "argv": ("x", "pass"), "env": {}, "cwd": "/", **change}
    with pytest.raises(ChildProcessError, match=said):
        forking.ask(warm.socket, forking.Job(**values))
    assert warm.say("print('next')") == ("next", 0)


@pytest.mark.parametrize("packet", [b"no", b"3", b"{}", b'{"task": "run", "person": 3}', b"\xff"])
def test_a_packet_that_is_no_job_is_refused_and_the_next_is_served(warm, packet):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as one:
        one.settimeout(20)
        one.connect(str(warm.socket))
        one.send(packet)
        assert b"not a job" in one.recv(1000)
        assert one.recv(1000) == b""
    assert warm.say("print('next')") == ("next", 0)


def test_an_asker_that_says_nothing_holds_up_nobody(warm):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as silent:
        silent.connect(str(warm.socket))
        assert warm.say("print('next')") == ("next", 0)
