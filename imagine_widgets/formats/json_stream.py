"""Large JSON files an entry at a time: only a window of the text and the entry that is read lie in memory."""

import json
import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, TextIO

_WINDOW = 2**20
_LONGEST = 2**28
"""No entry may be longer, in characters: it would lie in memory whole."""
_NEAR = 16
"""An error so close to the end of the window may only be that the rest isn't read yet."""
_BLANKS = " \t\r\n"
_SLICE = 2**16
"""Characters of a list that are decoded at once."""
_SEAM = re.compile(r'\}\s*,\s*\{\s*"[^"\\]{1,40}"')
"""Where an entry of a list ends and the next begins, up to its first name."""
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


Entry = tuple[str, int | str | None, Any]
"""The part of the file that a value is in ("" where the whole file is one list or value), its number (from 0) or name
there, and the value. One without number or name opens a part, or is a value by itself."""


def entries(path: Path, inside: Container[str] = ()) -> Iterator[Entry]:
    """The entries of a list, or the members of an object; those named in `inside` entry by entry.

    Raises OSError, or ValueError with a sentence that says where the file breaks off or is wrong.
    """
    with path.open("rb") as file:
        encoding = _MARKS.get(file.read(2), "utf-8-sig")
    with path.open(encoding=encoding) as text:
        reader = _Reader(path, text)
        try:
            yield from reader.whole(inside)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not in UTF-8 ({reader.where()}). Save it again as UTF-8.") from error
        except RecursionError as error:
            raise ValueError(f"{path} is nested too deeply to be read ({reader.where()}).") from error


class _Reader:
    """A window of the text that moves on; `at` is the place in it."""

    def __init__(self, path: Path, text: TextIO) -> None:
        self.path, self.text = path, text
        self.window, self.at, self.before = "", 0, 0
        self.ended = False
        self.member, self.number = "", 0
        self.decode = json.JSONDecoder().raw_decode

    def whole(self, inside: Container[str]) -> Iterator[Entry]:
        start = self._next()
        if start == "[":
            yield ("", None, [])
            yield from self._list()
        elif start == "{":
            yield ("", None, {})
            for name in self._names():
                yield from self._member(name, inside)
        else:
            yield ("", None, self._value())
        if self._next():
            raise self._wrong("something follows its end")

    def _member(self, name: str, inside: Container[str]) -> Iterator[Entry]:
        self.member, self.number = name, 0
        start = self._next()
        if name not in inside or start not in ("[", "{"):
            yield (name, None, self._value())
        elif start == "[":
            yield (name, None, [])
            yield from self._list()
        else:
            yield (name, None, {})
            for key in self._names():
                self.number += 1
                yield (name, key, self._value())
        self.member = ""

    def _list(self) -> Iterator[Entry]:
        self.at += 1
        if self._next() == "]":
            self.at += 1
            return
        member, number, seam = self.member, 0, ""
        while True:
            self.number = number + 1
            end = self.window.rfind(seam, self.at, self.at + _SLICE) + 1 if seam else 0
            some = self._slice(end) if end else []
            if not some:
                some = [self._value()]
                seam = self._seam() if number == 0 else "" if end else seam
            for value in some:
                yield member, number, value
                number += 1
            mark = self._next()
            if mark not in (",", "]"):
                raise self._wrong("a comma is missing")
            self.at += 1
            if mark == "]":
                return

    def _seam(self) -> str:
        """What stands between the entry before the place and the one after it, as it may between all."""
        found = _SEAM.match(self.window, self.at - 1)
        return found[0] if found else ""

    def _slice(self, end: int) -> list[Any]:
        """The entries up to `end`; none where no entry of this list ends there.

        What reads as a list with brackets around it is as many whole entries.
        """
        try:
            some: list[Any] = json.loads(f"[{self.window[self.at : end]}]")
        except (ValueError, RecursionError):  # a fault is told when they are read one by one
            return []
        self.at = end if some else self.at
        return some

    def _names(self) -> Iterator[str]:
        """The names of an object's members, each with the place at its value."""
        self.at += 1
        if self._next() == "}":
            self.at += 1
            return
        while True:
            if self._next() != '"':
                raise self._wrong("a name in quotes is missing")
            name = self._value()
            if self._next() != ":":
                raise self._wrong("a colon is missing")
            self.at += 1
            self._next()
            yield name
            mark = self._next()
            if mark not in (",", "}"):
                raise self._wrong("a comma is missing")
            self.at += 1
            if mark == "}":
                return

    def _next(self) -> str:
        """The next character that is no blank, "" at the end."""
        while True:
            while self.at < len(self.window):
                if self.window[self.at] not in _BLANKS:
                    return self.window[self.at]
                self.at += 1
            if not self._more():
                return ""

    def _value(self) -> Any:  # noqa: ANN401
        """The value at the place; the window grows until it holds it whole."""
        if not self._next():
            raise self._wrong("it ends too soon")
        while True:
            try:
                value, end = self.decode(self.window, self.at)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self.window) - _NEAR or error.msg.startswith("Unterminated")
                if not cut or not self._more():
                    raise self._wrong(error.msg) from error
            except ValueError as error:  # a number of thousands of digits
                raise self._wrong(str(error)) from error
            else:
                if end < len(self.window) or not self._more():
                    self.at = end
                    return value

    def _more(self) -> bool:
        """Reads on, twice as far for an entry that is still not whole; whether there was anything."""
        if self.ended:
            return False
        left = self.window[self.at :]
        if len(left) > _LONGEST:
            raise self._wrong(f"one entry has more than {_LONGEST:,} characters")
        more = self.text.read(max(_WINDOW, len(left)))
        self.before += self.at
        self.window, self.at = left + more, 0
        self.ended = not more
        return bool(more)

    def where(self) -> str:
        """The place, as a person finds it."""
        part = f"{self.member}, entry {self.number:,}" if self.member else f"entry {self.number:,}"
        return f"{part}, character {self.before + self.at + 1:,}" if self.number else f"character {self.before + 1:,}"

    def _wrong(self, why: str) -> ValueError:
        return ValueError(f"{self.path} is not whole: its JSON breaks off or is wrong at {self.where()} ({why}).")
