"""A picture that a kernel shows → an id by which the person's own server knows it: no address ever holds a path.

What the id stands for lies in the person's private folder, and the id is its signature: nobody makes one up, and nobody
changes what it stands for. A server elsewhere has no such folder, and the kernel goes on sending tiles itself.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imagine_kernels.records import Sample, from_json, to_json
from imagine_widgets.tile_server import private

SESSION = "JPY_SESSION_NAME"
"""Jupyter's servers set it for the kernels of notebooks; no one else would ask for what is signed."""
HOUR = 3600
HOURS = 12
"""How long an id is good for, at least; afterwards tiles come from the kernel until the picture is opened again."""
_SIGNED = 64
"""Pictures of one widget that are signed at a time; the oldest one is forgotten."""
Stamp = tuple[int, int]
"""When a file was written, in nanoseconds since 1970, and how many bytes it has."""


@dataclass(frozen=True, slots=True)
class Source:
    """A signed picture: the sample, its file and that file's stamp when it was opened, and who can read it."""

    sample: Any
    file: str
    stamp: Stamp
    until: int
    python: str
    salt: str
    """Of the widget that signed it: closing one takes nothing from another."""

    def picture(self) -> Sample:
        """The sample itself."""
        return from_json(self.sample)  # type: ignore[no-any-return]


def stamp(file: str | Path) -> Stamp:
    """What tells a file from another one, or from itself before it was written again. Raises OSError."""
    facts = os.stat(file)  # noqa: PTH116 - archives and pictures alike, by name
    return facts.st_mtime_ns, facts.st_size


class Signer:
    """The signatures of one widget. Threads may share it."""

    def __init__(self) -> None:
        self._salt = secrets.token_hex(8)
        self._signed: OrderedDict[str, None] = OrderedDict()
        self._gate = threading.Lock()

    def sign(self, sample: Sample, file: str, at: Stamp) -> str | None:
        """The id of a sample in `file`, whose stamp was `at`; None where no server or no private folder is."""
        if SESSION not in os.environ:
            return None
        content = json.dumps(asdict(self._source(sample, file, at)), sort_keys=True).encode()
        try:
            with self._gate:
                return self._written(content)
        except OSError:
            return None

    def withdraw(self) -> None:
        """None of the ids is good any more."""
        with self._gate:
            for name in self._signed:
                private.remove(name)
            self._signed.clear()

    def _source(self, sample: Sample, file: str, at: Stamp) -> Source:
        whole = str(Path(file).absolute())
        plain = Sample(sample.id, whole + sample.uri.removeprefix(file), sample.width, sample.height, sample.crop)
        until = (int(time.time()) // HOUR + HOURS + 1) * HOUR  # the same for an hour, so that the id is
        return Source(to_json(plain), whole, at, until, sys.executable, self._salt)

    def _written(self, content: bytes) -> str:
        private.make()
        name = _signature(content, private.secret(new=True))
        if name not in self._signed:
            if not self._signed:
                private.sweep(time.time() - (HOURS + 2) * HOUR)  # those of kernels that were killed
            private.write(name, content)
        self._signed[name] = None
        self._signed.move_to_end(name)
        while len(self._signed) > _SIGNED:
            private.remove(self._signed.popitem(last=False)[0])
        return name


def find(name: str) -> Source:
    """What an id stands for. Raises PermissionError or another OSError with a sentence where it is not to be shown."""
    if not re.fullmatch("[0-9a-f]{64}", name):
        raise PermissionError("No kernel of yours signed this picture.")
    try:
        secret, content = private.secret(new=False), private.read(name)
    except FileNotFoundError:
        raise FileNotFoundError("No kernel of yours shows this picture.") from None
    if not hmac.compare_digest(_signature(content, secret), name):
        raise PermissionError("No kernel of yours signed this picture.")
    told = json.loads(content)
    source = Source(**{**told, "stamp": tuple(told["stamp"])})
    if source.until < time.time():
        raise PermissionError("This picture was opened too long ago: open it again.")
    return source


def _signature(content: bytes, secret: bytes) -> str:
    return hmac.new(secret, content, hashlib.sha256).hexdigest()
