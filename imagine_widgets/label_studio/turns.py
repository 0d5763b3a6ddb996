"""One push or pull of a project at a time: two notebooks of one person, or two cells, wait for each other."""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from imagine_kernels import environment
from imagine_widgets.label_studio.connection import LabelStudioError

PATIENCE = 300.0
"""Seconds to wait for another push before giving up with a sentence."""


@contextmanager
def turn(url: str, title: str) -> Iterator[None]:
    """Wait until nobody else pushes this project, and keep others waiting. Ends with the process, however it ends.

    Raises LabelStudioError after PATIENCE, OSError where the person's folder cannot be written.
    """
    folder = environment.work_folder() / "label_studio"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = folder / f"{hashlib.sha256(f'{url} {title}'.encode()).hexdigest()[:16]}.lock"
    give_up = time.monotonic() + PATIENCE
    with lock.open("a") as held:
        while not _taken(held.fileno()):
            if time.monotonic() > give_up:
                raise LabelStudioError(f"Another notebook has been pushing {title!r} for {PATIENCE / 60:.0f} minutes")
            time.sleep(0.1)
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
