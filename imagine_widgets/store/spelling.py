"""Text as SQLite can hold it, and times as they can be compared: what people and file systems write is not always so.

A file name that is no UTF-8 reaches Python as half signs (surrogates), which SQLite refuses: it is kept escaped.
"""

from datetime import UTC, datetime

_ESCAPE = "\0"
_BEGINNING = datetime.min.replace(tzinfo=UTC)


def kept(text: str) -> str:
    """A name as it is kept; `told` gives it back exactly."""
    if text.isascii() and not text.startswith(_ESCAPE):
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _ESCAPE + text.encode("unicode_escape").decode()
    return _ESCAPE + text.encode("unicode_escape").decode() if text.startswith(_ESCAPE) else text


def told(text: str) -> str:
    """A name as it was given to `kept`."""
    return text[1:].encode().decode("unicode_escape") if text.startswith(_ESCAPE) else text


def moment(at: str) -> datetime:
    """The instant of an ISO 8601 time, in UTC where it names no zone; "" lies before all. Raises ValueError."""
    if not at:
        return _BEGINNING
    try:
        found = datetime.fromisoformat(at)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{at!r} is no time; write it as 2026-11-23T09:30:00+00:00.") from error
