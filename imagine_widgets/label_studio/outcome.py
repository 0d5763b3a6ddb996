"""What a push or a pull did, as a notebook shows it: one sentence, a link, and what was left out."""

import html
import re
from dataclasses import dataclass, field
from pathlib import Path

from imagine_kernels.records import Annotation, Skipped

SHOWN = 5
"""Left-out things that are named; the rest is counted."""


@dataclass(frozen=True)
class Link:
    """Where a project lies in Label Studio; opened in the browser it needs no second log-in."""

    title: str
    address: str = ""
    problem: str | None = None

    def __str__(self) -> str:
        return self.problem or self.address

    def _repr_markdown_(self) -> str:
        return _plain(self.problem) if self.problem else _link(self.address, "Open in Label Studio")


@dataclass(frozen=True)
class Push:
    """What one push did. `problem` is a sentence where it could not do all of it; the next push goes on from there.

    `images`, `predictions` and `labels` are new there; `total` images are there now; `refused` names what Label Studio
    cannot hold and why; `waiting` labels in the journal are not there yet.
    """

    title: str
    address: str = ""
    images: int = 0
    predictions: int = 0
    labels: int = 0
    total: int = 0
    waiting: int = 0
    refused: tuple[Skipped, ...] = field(default=(), repr=False)
    problem: str | None = None
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.problem:
            return self.problem
        new = [_count(self.images, "image"), _count(self.predictions, "prediction"), _count(self.labels, "label")]
        done = ", ".join(part for part in new if not part.startswith("0 "))
        there = f"{_count(self.total, 'image')} there now"
        return f"Pushed {done} to Label Studio; {there}." if done else f"Label Studio has it all already; {there}."

    def _repr_markdown_(self) -> str:
        link = _link(self.address, "Open in Label Studio") if self.address else ""
        waiting = (
            f"{_count(self.waiting, 'label')} of the journal not there: the images are not." if self._is_waiting else ""
        )
        return "\n\n".join(part for part in (_plain(str(self)), link, waiting, _list(self.refused)) if part)

    @property
    def _is_waiting(self) -> bool:
        return self.waiting > 0 and self.problem is None


@dataclass(frozen=True)
class Pull:
    """What people made or changed in Label Studio: all of it in `annotations`, what the journal lacked in `new`."""

    title: str
    address: str = ""
    annotations: tuple[Annotation, ...] = field(default=(), repr=False)
    new: tuple[Annotation, ...] = field(default=(), repr=False)
    left_out: tuple[Skipped, ...] = field(default=(), repr=False)
    problem: str | None = None
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.problem:
            return self.problem
        authors = sorted({annotation.author for annotation in self.annotations})
        if not authors:
            return "Nobody has labelled anything in Label Studio yet."
        named = ", ".join(authors[:SHOWN]) + (f" and {len(authors) - SHOWN} more" if len(authors) > SHOWN else "")
        return (
            f"{_count(len(self.annotations), 'label')} made in Label Studio by {named}; {len(self.new):,} of them new."
        )

    def _repr_markdown_(self) -> str:
        link = _link(self.address, "Open in Label Studio") if self.address else ""
        return "\n\n".join(part for part in (_plain(str(self)), link, _list(self.left_out)) if part)


def kept(problem: str, unsent: int, journal: Path | None) -> str:
    """The sentence for a push that did not get through."""
    if journal is None or not unsent:
        return f"{problem}. Nothing is lost: push again."
    labels = f"your {_count(unsent, 'label')} {'is' if unsent == 1 else 'are'} safe in {_short(journal)}"
    return f"{problem}; {labels} and {'goes' if unsent == 1 else 'go'} out with the next push."


def _short(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home())}"
    except ValueError:
        return str(path)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _list(skipped: tuple[Skipped, ...]) -> str:
    if not skipped:
        return ""
    lines = [f"- {_plain(s.where)}: {_plain(s.why)}" for s in skipped[:SHOWN]]
    more = [f"- and {_count(len(skipped) - SHOWN, 'other')}"] if len(skipped) > SHOWN else []
    return "\n".join([f"{len(skipped):,} left out:", "", *lines, *more])


def _link(address: str, text: str) -> str:
    return f"[{text}](<{address}>)"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is: labels and titles are other people's words."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", html.escape(" ".join(text.split()), quote=False))
