"""A small share of the 500 random interruptions of `make bench-bridge`: nothing is lost, nothing is there twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.live


def test_exchanges_that_are_cut_off_anywhere_lose_and_double_nothing(label_studio):
    program = Path(__file__).with_name("interrupted.py")
    done = subprocess.run(
        [sys.executable, str(program), "6", "3", str(label_studio.port)],
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
