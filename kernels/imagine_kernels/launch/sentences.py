"""An IPython extension, loaded by our kernelspecs: an error of ours that speaks to the person is shown as its sentence.

The cell fails all the same, so papermill and nbclient see it, and `%tb` shows where it came from. A person's own
errors, and errors of ours that are no sentence, keep the usual traceback.
"""

import sys
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

OURS = ("imagine_kernels", "imagine_widgets")
SPEAKING = (ValueError, LookupError, OSError)
HINT = "\x1b[2mWhere it happened: run %tb in a cell.\x1b[0m"


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Called by IPython when a kernel of ours starts."""
    shell.set_custom_exc(SPEAKING, _show)  # type: ignore[no-untyped-call]


def _show(
    shell: "InteractiveShell",
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    said = sentence(error)
    if said is None or not _is_ours(trace, shell.user_ns):
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=True)
        return
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace  # what %tb shows
    shell._showtraceback(kind, error, [said, HINT])  # noqa: SLF001 - the one place that sends an error to the page


def sentence(error: BaseException) -> str | None:
    """What `error` says to a person; None where its message is a bare name or number."""
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{where}."
    said = str(error.args[0]) if len(error.args) == 1 else str(error)
    return said if len(said.split()) >= 3 else None


def _is_ours(trace: TracebackType | None, notebook: dict[str, object]) -> bool:
    """Whether the deepest code that is either the notebook's or ours is ours."""
    deepest = False
    while trace is not None:
        if trace.tb_frame.f_globals is notebook:
            deepest = False
        elif _package(trace.tb_frame) in OURS:
            deepest = True
        trace = trace.tb_next
    return deepest


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
