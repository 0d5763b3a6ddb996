"""What the store holds and what it is told: a region as one author left it, and the edits that change it."""

from dataclasses import dataclass, field

from imagine_kernels.records import Region, now


@dataclass(frozen=True, slots=True)
class Held:
    """One author's last word on one region of a sample.

    `region` is None where it is a tombstone of a region that the author never had (somebody else's, deleted by her);
    `rev` is the number of the change that made it so.
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

    `expect` is the revision of her row that the edit was made on (0: there was none); None takes any.
    """

    sample_id: str
    region: Region
    author: str
    tool: str = "notebook"
    at: str = field(default_factory=now)
    expect: int | None = None

    @property
    def id(self) -> str:
        """The region's."""
        return self.region.id


@dataclass(frozen=True, slots=True)
class Drop:
    """Delete a region: a tombstone stays, by which others hear of it. `expect` as for `Put`."""

    sample_id: str
    id: str
    author: str
    tool: str = "notebook"
    at: str = field(default_factory=now)
    expect: int | None = None


Edit = Put | Drop


@dataclass(frozen=True, slots=True)
class Step:
    """One batch of edits, as a person made it at once: what one undo takes back. `samples` are those it touched."""

    id: str
    rev: int
    samples: frozenset[str]


class Stale(LookupError):  # noqa: N818 - a state of the world, not a fault
    """An edit was made on a revision that is no longer the newest; nothing of its batch was written."""

    def __init__(self, edit: Edit, rev: int) -> None:
        super().__init__(
            f"The region {edit.id} of {edit.sample_id} was changed meanwhile (revision {rev}, not {edit.expect}): "
            "look at it again."
        )
        self.edit, self.rev = edit, rev
