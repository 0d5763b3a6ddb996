"""What a push or a pull did, as a notebook shows it: one sentence, a link, and what was left out."""

import html
import re
from dataclasses import dataclass, field
from pathlib import Path

from imagine_kernels.records import Annotation, Skipped
from imagine_widgets.store.agreed import Conflict

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
    cannot hold and why; `waiting` labels of the store are not there yet.
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
        more = f" {len(self.refused):,} refused: see refused." if self.refused and not self.problem else ""
        return self._done() + more

    def _done(self) -> str:
        if self.problem:
            return self.problem
        new = [_count(self.images, "image"), _count(self.predictions, "prediction"), _count(self.labels, "label")]
        done = ", ".join(part for part in new if not part.startswith("0 "))
        there = f"{_count(self.total, 'image')} there now"
        return f"Pushed {done} to Label Studio; {there}." if done else f"Label Studio has it all already; {there}."

    def _repr_markdown_(self) -> str:
        link = _link(self.address, "Open in Label Studio") if self.address else ""
        waiting = (
            f"{_count(self.waiting, 'label')} of yours not there: their images are not, or they cannot be shown."
            if self._is_waiting
            else ""
        )
        return "\n\n".join(part for part in (_plain(self._done()), link, waiting, _list(self.refused)) if part)

    @property
    def _is_waiting(self) -> bool:
        return self.waiting > 0 and self.problem is None


@dataclass(frozen=True)
class Pull:
    """What people made or changed in Label Studio since the last pull: `new` by sample and author.

    `removed` labels were deleted there and so here; `conflicts` were changed on both sides and wait for `settle`.
    """

    title: str
    address: str = ""
    new: tuple[Annotation, ...] = field(default=(), repr=False)
    removed: int = 0
    conflicts: tuple[Conflict, ...] = field(default=(), repr=False)
    left_out: tuple[Skipped, ...] = field(default=(), repr=False)
    problem: str | None = None
    seconds: float = 0.0

    def __str__(self) -> str:
        more = f" {len(self.left_out):,} left out: see left_out." if self.left_out and not self.problem else ""
        return self._done() + more

    def _done(self) -> str:
        if self.problem:
            return self.problem
        authors = sorted({annotation.author for annotation in self.new})
        named = ", ".join(authors[:SHOWN]) + (f" and {len(authors) - SHOWN} more" if len(authors) > SHOWN else "")
        labels = sum(len(annotation.regions) for annotation in self.new)
        said = [f"{_count(labels, 'new label')} made in Label Studio by {named}"] if labels else []
        said += [f"{_count(self.removed, 'label')} deleted there"] if self.removed else []
        told = "; ".join(said) or "Nothing new was made in Label Studio"
        waits = "waits" if len(self.conflicts) == 1 else "wait"
        return f"{told}." + (f" {_count(len(self.conflicts), 'conflict')} {waits} for you." if self.conflicts else "")

    def _repr_markdown_(self) -> str:
        link = _link(self.address, "Open in Label Studio") if self.address else ""
        waiting = "" if not self.conflicts else "\n".join(map(_clash, self.conflicts[:SHOWN]))
        return "\n\n".join(part for part in (_plain(self._done()), link, waiting, _list(self.left_out)) if part)


def _clash(one: Conflict) -> str:
    theirs = f"calls it {one.theirs.label!r}" if one.theirs is not None else "deleted it"
    return f"- {_plain(one.sample_id)}: {_plain(one.by or one.author)} {_plain(theirs)} there, and it changed here too."


def kept(problem: str, unsent: int, file: Path | None) -> str:
    """The sentence for a push that did not get through."""
    if file is None or not unsent:
        return f"{problem}. Nothing is lost: push again."
    labels = f"your {_count(unsent, 'label')} {'is' if unsent == 1 else 'are'} safe in {_short(file)}"
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
