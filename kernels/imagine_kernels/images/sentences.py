"""What goes wrong with a file → one sentence that names it: the words around every error of `images`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


def named(path: str | Path) -> str:
    """The last part of a path or uri as it may stand in a sentence: newlines and the like are written out."""
    name = str(path).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


@contextlib.contextmanager
def naming(uri: str) -> Iterator[None]:
    """Puts the file's name before what is said of it inside: ValueError and OSError only, of the same kind."""
    try:
        yield
    except OSError as error:
        raise type(error)(f"{named(uri)} {_of_system(error)}") from error
    except ValueError as error:
        raise ValueError(f"{named(uri)} {error}") from error


def _of_system(error: OSError) -> str:
    return str(error) if error.strerror is None else f"cannot be read: {error.strerror}."
