"""Words and numbers as they stand on the page: escaped, readable, in the direction of their own script."""

from collections import Counter
from html import escape

ROWS = 500
"""Rows of one table, at most."""
_LONG = 160


def text(said: str) -> str:
    """Anybody's words, harmless in HTML; what cannot be seen is spelled out."""
    short = said if len(said) <= _LONG else f"{said[:_LONG]}…"
    seen = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in short)
    return escape(seen)


def called(name: str) -> str:
    """A name that may be in any script."""
    return f'<bdi title="{escape(name[:500])}">{text(name)}</bdi>' if len(name) > _LONG else f"<bdi>{text(name)}</bdi>"


def number(count: int) -> str:
    """A count; none is a dash."""
    return f"{count:,}" if count else "–"


def rows_of(counts: Counter[str]) -> str:
    """The rows of a table of counts, the most frequent first."""
    return "".join(f"<tr><th>{called(name)}</th><td>{count:,}</td></tr>" for name, count in counts.most_common(ROWS))
