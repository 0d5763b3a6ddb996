"""What the store holds and what it is told: a region as one author left it, and the edits that change it."""

from dataclasses import dataclass

from imagine_kernels.records import Region


@dataclass(frozen=True, slots=True)
class Held:
    """One author's last word on one region of a sample.

    `rev` is the number of the change that made it so. `region` is None where it is a tombstone of a region that the
    author never had (somebody else's, deleted by her) or took back by an undo (then `at` is ""), and where she saw the
    sample and found nothing (then `id` is "").
    """

    sample_id: str
    id: str
    author: str
    at: str
    tool: str
    rev: int
    region: Region | None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Put:
    """Say a region: new, or in place of what this author said of it before.

    `at` is when it was said; "" is the moment of writing, and later than every word there is about the sample, so that
    it holds whatever the clocks of others show. `expect` is the revision of her row that the edit was made on (0: there
    was none); None takes any.
    """

    sample_id: str
    region: Region
    author: str
    tool: str = "notebook"
    at: str = ""
    expect: int | None = None

    @property
    def id(self) -> str:
        """The region's."""
        return self.region.id


@dataclass(frozen=True, slots=True)
class Drop:
    """Delete a region: a tombstone stays, by which others hear of it. `at` and `expect` as for `Put`."""

    sample_id: str
    id: str
    author: str
    tool: str = "notebook"
    at: str = ""
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Say that the sample was looked at: an author who has no region of it has found nothing there."""

    sample_id: str
    author: str
    tool: str = "notebook"
    at: str = ""
    expect: int | None = None

    @property
    def id(self) -> str:
        """No region's."""
        return ""


Edit = Put | Drop | Seen


@dataclass(frozen=True, slots=True)
class Step:
    """One batch of edits, as a person made it at once: what one undo takes back. `samples` are those it touched.

    `rev` is the last change of it. `seconds` and `keys` are what it cost her, where somebody measured it.
    """

    id: str
    rev: int
    samples: frozenset[str]
    author: str = ""
    tool: str = ""
    at: str = ""
    seconds: float | None = None
    keys: int | None = None


class Stale(LookupError):  # noqa: N818 - a state of the world, not a fault
    """An edit was made on a revision that is no longer the newest; nothing of its batch was written."""

    def __init__(self, edit: Edit, rev: int) -> None:
        super().__init__(
            f"The region {edit.id} of {edit.sample_id} was changed meanwhile (revision {rev}, not {edit.expect}): "
            "look at it again."
        )
        self.edit, self.rev = edit, rev
