"""A small share of the 500 random interruptions of `make bench-bridge`: nothing is lost, nothing is there twice."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from house import until

pytestmark = pytest.mark.live
PROGRAM = str(Path(__file__).with_name("interrupted.py"))


def marked(mark):
    """The command lines of processes that were started with this text in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes())
        except OSError:
            continue
    return [command for command in found if command]


def test_interruptions_that_are_killed_themselves_leave_no_server_running():
    mark = uuid.uuid4().hex
    env = {**os.environ, "MARK": mark}
    with subprocess.Popen([sys.executable, PROGRAM, "1000", "3"], env=env, stderr=subprocess.DEVNULL) as program:
        until(lambda: any(b"application()" in one for one in marked(mark.encode())))
        program.kill()
    until(lambda: not marked(mark.encode()), 20)


def test_exchanges_that_are_cut_off_anywhere_lose_and_double_nothing(label_studio):
    done = subprocess.run(
        [sys.executable, PROGRAM, "6", "3", str(label_studio.port)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["lost"], found["doubled"]) == (0, 0), found
    assert found["cut off"] > 0, "no exchange was cut off"
    assert found["waiting for a person"] == 0, "nobody changed one thing on both sides"
