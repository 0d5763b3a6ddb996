"""What goes wrong behind a widget is shown below it, as a sentence with the trace folded away, not lost in a log."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Send = Callable[[dict[str, object]], None]


def sentence(error: BaseException) -> str:
    """What a person reads of an error: our own errors are sentences, others get the name of their kind in front."""
    said = str(error).strip()
    is_ours = isinstance(error, OSError | ValueError | LookupError) and said.endswith((".", "!", "?"))
    return said if is_ours else f"{type(error).__name__}: {said or 'no more is known.'}"


def show(send: Send, doing: str, error: BaseException) -> None:
    """Show an error below the widget; `doing` names what failed: "A label was refused"."""
    detail = "".join(traceback.format_exception(error))
    send({"type": "failure", "sentence": f"{doing}. {sentence(error)}", "detail": detail})


@contextmanager
def shown_below(send: Send, doing: str) -> Iterator[None]:
    """Show what fails inside the block below the widget."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # the edge of the widget: an unseen error would be a frozen page
        show(send, doing, error)
