"""A use case's notebook goes into a person's home at the start of their server, and never over their own edits."""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

RECORD = ".imagine-delivered.json"
"""In the home: the fingerprint of each notebook as it was delivered."""

LARGEST = 64 * 1024 * 1024
"""Bytes; a copy that has grown beyond them was worked in."""


def deliver(notebook: Path, home: Path) -> Path | None:
    """Puts `notebook` into `home` when it is absent there or still as it was delivered; None where there is none.

    Returns the person's copy, edited or not.
    """
    if not notebook.is_file():
        return None
    mine, record = home / notebook.name, _record(home)
    new, found = _fingerprint(notebook), _fingerprint(mine)
    if found not in (None, new, record.get(notebook.name)):
        return mine
    if found != new:
        _write(mine, notebook.read_bytes())
    if record.get(notebook.name) != new:
        _write(home / RECORD, json.dumps({**record, notebook.name: new}, indent=2).encode())
    return mine


def _fingerprint(path: Path) -> str | None:
    """Of what a person can have written or computed; None where nothing is there.

    JupyterLab adds metadata and cell ids to a notebook that was only opened, and that is no edit. A link, a folder
    or something huge is the person's own, whatever it holds.
    """
    if not os.path.lexists(path):
        return None
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
        return "own"
    content = path.read_bytes()
    with contextlib.suppress(ValueError, TypeError, LookupError, RecursionError):  # no notebook: every byte counts
        content = json.dumps([_written(cell) for cell in json.loads(content)["cells"]]).encode()
    return hashlib.sha256(content).hexdigest()


def _written(cell: dict[str, Any]) -> list[object]:
    source = cell["source"]
    return [cell["cell_type"], source if isinstance(source, str) else "".join(source), cell.get("outputs") or []]


def _record(home: Path) -> dict[str, str]:
    try:
        kept = json.loads((home / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in kept.items()} if isinstance(kept, dict) else {}


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
