"""The annotations of one sample there, by whose words they hold: one slot for each author."""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from imagine_kernels.records import Json, Skipped
from imagine_widgets.formats.label_studio_results import OURS
from imagine_widgets.label_studio.regions import Lying, lying, marked
from imagine_widgets.label_studio.views import View
from imagine_widgets.label_studio.wire import Item, Made, Project, Task


@dataclass(frozen=True)
class Sheet:
    """One annotation, on the picture it is of."""

    made: Made
    task: int
    view: View

    @cached_property
    def turn(self) -> int | None:
        """The latest round of ours that it knows of; None where nothing of ours is left in it."""
        rounds = [turn for one in self.made.result if isinstance(turn := ours(one).get("round"), int)]
        return max(rounds, default=None)


@dataclass(slots=True)
class Slot:
    """What lies there of one author's words on one sample: of a large sample, one annotation for each of its tiles."""

    author: str
    sheets: list[Sheet] = field(default_factory=list)
    lying: dict[str, Lying] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    @property
    def is_read(self) -> bool:
        """Whether there is an annotation that nobody skipped."""
        return any(not sheet.made.is_skip for sheet in self.sheets)

    def sheet(self, made: Made) -> Sheet:
        """The annotation's."""
        return next(sheet for sheet in self.sheets if sheet.made.id == made.id)


def number(key: str, author: str) -> int:
    """What marks the annotation of an author on a task as ours; it fits into the 53 bits that a browser counts to."""
    told = f"{author}\0{key}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(told).digest()[:7], "big") >> 3


def unique(project: Project, task: int, author: str) -> str:
    """An id that the server takes once: a post that was heard and lost on its way back is not done twice."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{project.target}/{task}/{author}"))


def slots(tasks: Iterable[Task], authors: Collection[str], skipped: list[Skipped]) -> dict[str, Slot]:
    """The slots of the tasks of one sample. `authors` may have words there though nothing of them is left to tell."""
    found: dict[str, Slot] = {}
    for task in tasks:
        for made in task.made:
            if task.view is not None:
                author = whose(task.key, made, authors)
                _enter(found.setdefault(author, Slot(author)), Sheet(made, task.id, task.view), skipped)
    return found


def whose(key: str, made: Made, authors: Collection[str]) -> str:
    """Whose words an annotation holds: those of the author we sent it for, else its maker's."""
    said = {name: None for one in made.result if isinstance(name := ours(one).get("author"), str)}
    names = [*said, *authors]
    return next((name for name in names if number(key, name) == made.import_id), made.creator)


def is_untouched(key: str, made: Made) -> bool:
    """Whether this is what we sent, as we sent it."""
    names = {name for one in made.result if isinstance(name := ours(one).get("author"), str)}
    known = any(number(key, name) == made.import_id for name in names)
    return known and all(_as_sent(made, one) for one in made.result)


def _as_sent(made: Made, one: Item) -> bool:
    group = [other for other in made.result if other.get("id") == one.get("id")]
    return ours(one).get("mark") == marked(group)


def _enter(slot: Slot, sheet: Sheet, skipped: list[Skipped]) -> None:
    slot.sheets.append(sheet)
    if sheet.made.is_skip:
        return
    found, unread = lying(sheet.made, sheet.view, skipped)
    slot.unread |= unread
    for name, one in found.items():
        before = slot.lying.get(name)
        if before is None:
            slot.lying[name] = one
        elif before.mark.now != one.mark.now:  # a copy that was changed is another thing
            slot.lying[copied(name, sheet.made)] = one


def copied(name: str, made: Made) -> str:
    """What a region is called whose id another annotation of the same author has, too."""
    return f"{name}-{made.id}"


def ours(one: Mapping[str, object]) -> Json:
    """What we sent along with an entry."""
    meta = one.get("meta")
    found = meta.get(OURS) if isinstance(meta, dict) else None
    return found if isinstance(found, dict) else {}
