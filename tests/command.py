"""The command `imagine` in this process, as a person types it: what it says, and its exit status."""

import contextlib
import io
import sys
from dataclasses import dataclass

from imagine_kernels import cli


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def sentence(self):
        """The last line of the error stream: progress stands before it."""
        return self.err.strip().splitlines()[-1] if self.err.strip() else ""


def imagine(*words):
    """Runs the command with these words."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["imagine", *map(str, words)]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.argv = before
    return Said(code, out.getvalue(), err.getvalue())


def refusal(*words):
    """The sentence of a command that refuses: exit status 1, one line, nothing on the output, no stack trace."""
    said = imagine(*words)
    assert said.code == 1, said
    assert said.out == ""
    assert "Traceback" not in said.err
    lines = [line for line in said.err.splitlines() if line.startswith("imagine: ")]
    assert len(lines) == 1, said.err
    assert said.sentence == lines[0]
    return lines[0].removeprefix("imagine: ")
