"""A person's labels on disk: every widget appends here first, the bridge to Label Studio reads what is not sent yet.

One JSON record a line, never rewritten. Annotations are records as they are; an undo is a line that withdraws
annotations by id, a delivery a line that names the ids that were sent. The latest annotation of a sample that was not
withdrawn is the one that holds, by the order of the lines.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from imagine_kernels.environment import work_folder
from imagine_kernels.records import Annotation, Sample, Skipped, from_json, now, to_json
from imagine_widgets.lines import Lines

LABEL_STUDIO = "label-studio"
"""The usual target of `unsent` and `mark_sent`."""

Line = dict[str, Any]


class Journal:
    """The labels in the file at `path`; file and folder are made by the first append, readable by nobody else.

    Several notebooks, tabs and threads may hold the same file: each append is locked, on disk before it returns, and
    seen by the others at their next look. Lines that cannot be read stay in the file and are named by `skipped`.
    """

    def __init__(self, path: str | Path) -> None:
        self._lines = Lines(Path(path).expanduser().absolute())
        self._lock = threading.RLock()
        self._changes: list[str] = []  # ids of samples, in the order in which something about them was read
        self._forget()

    def _forget(self) -> None:
        self._found: dict[str, Line | Annotation] = {}  # by id; a line becomes a record when somebody asks for it
        self._history: dict[str, list[str]] = {}  # ids by sample, in the order of the lines
        self._withdrawn: set[str] = set()
        self._sent: dict[str, dict[str, str]] = {}  # by target and sample: the id that lies there
        self._skipped: list[Skipped] = []

    @property
    def path(self) -> Path:
        """The file."""
        return self._lines.path

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Lines that are no records: cut off by a crash, or written by something else."""
        self.refresh()
        return tuple(self._skipped)

    def __repr__(self) -> str:
        return f"Journal({str(self.path)!r})"

    def append(self, *annotations: Annotation) -> None:
        """Put annotations at the end; they are on disk when this returns. One that is there already stays as it is.

        Raises OSError with a sentence where they could not be written; then none of them is in the journal.
        """
        self._write(lambda: [to_json(a) for a in annotations if a.id not in self._found])

    def withdraw(self, ids: Iterable[str], author: str) -> None:
        """Take annotations back (an undo): their samples are then as they were before them."""
        taken = [*ids]
        self._write(lambda: _note("Withdrawn", [i for i in taken if i not in self._withdrawn], author=author))

    def annotations(self) -> dict[str, Annotation]:
        """The annotation that holds for each sample, in the order in which the samples were first labelled."""
        with self._lock:
            self.refresh()
            found = ((sample, self.current(sample)) for sample in list(self._history))
            return {sample: annotation for sample, annotation in found if annotation is not None}

    def current(self, sample_id: str) -> Annotation | None:
        """The annotation that holds for one sample, as of the last look at the file."""
        with self._lock:
            ids = reversed([*self._history.get(sample_id, ())])
            return next((a for a in map(self._record, ids) if a is not None and a.id not in self._withdrawn), None)

    def unsent(self, target: str = LABEL_STUDIO) -> tuple[Annotation, ...]:
        """What holds here and does not lie at `target` yet."""
        with self._lock:
            current, sent = self.annotations(), self._sent.get(target, {})
            return tuple(a for sample, a in current.items() if sent.get(sample) != a.id)

    def recalled(self, target: str = LABEL_STUDIO) -> tuple[Annotation, ...]:
        """What lies at `target` and was withdrawn here since, with no other label in its place."""
        with self._lock:
            current, sent = self.annotations(), self._sent.get(target, {})
            found = (self._record(i) for sample, i in sent.items() if sample not in current)
            return tuple(a for a in found if a is not None)

    def mark_sent(self, ids: Iterable[str], target: str = LABEL_STUDIO) -> None:
        """Note that these annotations lie at `target` now. Raises LookupError for an id that is not in the journal."""
        self._mark("Sent", [*ids], target)

    def mark_recalled(self, ids: Iterable[str], target: str = LABEL_STUDIO) -> None:
        """Note that these annotations were taken away from `target`. Raises LookupError for an unknown id."""
        self._mark("Recalled", [*ids], target)

    def _mark(self, kind: str, ids: list[str], target: str) -> None:
        self.refresh()
        unknown = [i for i in ids if i not in self._found]
        if unknown:
            raise LookupError(f"{self.path} holds no annotation {', '.join(unknown)}: append it first.")
        self._write(lambda: _note(kind, ids, target=target))

    def changed(self, since: int = 0) -> tuple[int, frozenset[str]]:
        """The samples whose labels changed after the mark `since`, and the mark to ask with next time."""
        with self._lock:
            self.refresh()
            return len(self._changes), frozenset(self._changes[since:])

    def refresh(self) -> None:
        """Read what other notebooks appended since the last look. Raises OSError with a sentence."""
        with self._lock:
            try:
                self._take(*self._lines.unread())
            except OSError as error:
                raise type(error)(f"The labels in {self.path} cannot be read: {_reason(error)}.") from error

    def _write(self, make: Callable[[], list[Line]]) -> None:
        with self._lock:
            try:
                with self._lines.growing() as (descriptor, anew, lines):
                    self._take(anew, lines)
                    new = [json.dumps(line, separators=(",", ":"), allow_nan=False).encode() for line in make()]
                    if new:
                        self._take(anew=False, lines=self._lines.add(descriptor, new))
            except OSError as error:
                sentence = f"The labels could not be written to {self.path}: {_reason(error)}."
                raise type(error)(f"{sentence} Nothing that was there is lost.") from error

    def _take(self, anew: bool, lines: list[bytes]) -> None:  # noqa: FBT001
        if anew:
            self._changes += self._history
            self._forget()
        for number, line in enumerate(lines, self._lines.count - len(lines) + 1):
            try:
                self._changes += self._enter(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError):
                self._skip(f"line {number}", "It is no record; it was cut off by a crash or written by something else.")

    def _enter(self, line: Line) -> set[str]:
        kind = line["kind"]
        if kind == "Annotation":
            return self._enter_annotation(line)
        ids: list[str] = [i for i in line["ids"] if i in self._found]
        samples = {self._sample(i) for i in ids}
        if kind == "Withdrawn":
            self._withdrawn.update(ids)
        elif kind == "Sent":
            self._sent.setdefault(line["target"], {}).update((self._sample(i), i) for i in ids)
        elif kind == "Recalled":
            for sample in samples:
                self._sent.get(line["target"], {}).pop(sample, None)
        else:
            raise ValueError(kind)
        return samples

    def _enter_annotation(self, line: Line) -> set[str]:
        sample, identity = line["sample_id"], line["id"]
        if not (isinstance(sample, str) and isinstance(identity, str)):
            raise TypeError(line)
        if identity in self._found:
            return set()
        self._found[identity] = line
        self._history.setdefault(sample, []).append(identity)
        return {sample}

    def _sample(self, identity: str) -> str:
        found = self._found[identity]
        return found.sample_id if isinstance(found, Annotation) else str(found["sample_id"])

    def _record(self, identity: str) -> Annotation | None:
        """The annotation of a line, made at the first question: a hundred thousand lines open fast."""
        found = self._found[identity]
        if isinstance(found, Annotation):
            return found
        try:
            made = from_json({"regions": [], **found})
        except (ValueError, TypeError) as error:
            self._skip(f"annotation {identity}", str(error))
            self._history[self._sample(identity)].remove(identity)
            return None
        self._found[identity] = made
        return made if isinstance(made, Annotation) else None

    def _skip(self, where: str, why: str) -> None:
        self._skipped.append(Skipped(f"{self.path}, {where}", why))


def _note(kind: str, ids: list[str], **more: str) -> list[Line]:
    return [{"kind": kind, "ids": ids, "at": now(), **more}] if ids else []


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def journal_of(samples: Iterable[Sample]) -> Journal:
    """The journal of the folder, zip or run that `samples` come from: the same place, the same file of labels.

    It lies in the person's work folder; two folders of one name have two journals, for their samples have equal ids.
    """
    places = sorted({_place(sample) for sample in samples}) or [""]
    name = re.sub(r"[^\w.-]+", "-", places[0].rpartition("/")[2])[:60] or "samples"
    mark = hashlib.sha256("\0".join(places).encode(errors="surrogateescape")).hexdigest()[:8]
    return Journal(work_folder() / "labels" / f"{name}-{mark}.jsonl")


def _place(sample: Sample) -> str:
    inside = sample.uri.endswith(f"/{sample.id}")
    place = sample.uri[: -len(sample.id)].rstrip("/!") if inside else sample.uri.partition("!/")[0].rpartition("/")[0]
    return place if "://" in place else os.path.abspath(place)  # noqa: PTH100  # a link is another place
