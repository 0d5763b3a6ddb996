"""A conflict that a person has looked at → one word on both sides: hers here, or the one from there."""

from typing import Literal

from imagine_widgets.label_studio.merge import ELSEWHERE
from imagine_widgets.label_studio.plan import TOOL
from imagine_widgets.store import Drop, Put, Store
from imagine_widgets.store.agreed import Agreement, Conflict

_NEVER = -1
"""A revision that no word has: what is agreed at it is sent with the next push."""


def conflicts(store: Store) -> tuple[Conflict, ...]:
    """What was changed here and in Label Studio since both sides agreed, oldest first: each waits for `settle`."""
    return store.agreed.conflicts()


def settle(store: Store, conflict: Conflict, keep: Literal["mine", "theirs"]) -> None:
    """End a conflict: "mine" goes there with the next push, "theirs" holds here from now on.

    Raises LookupError with a sentence where the region was changed here since the conflict was found.
    """
    if keep not in ("mine", "theirs"):
        raise ValueError(f'Keep "mine" or "theirs", not {keep!r}.')
    place = (conflict.sample_id, conflict.author, conflict.id)
    if keep == "mine":
        store.agreed.agree(conflict.target, [Agreement(*place, _NEVER, conflict.seen)])
        return
    author = conflict.by or conflict.author
    expect = conflict.rev if author == conflict.author else None
    taken = (
        Drop(conflict.sample_id, conflict.id, author, TOOL, expect=expect)
        if conflict.theirs is None
        else Put(conflict.sample_id, conflict.theirs, author, TOOL, expect=expect)
    )
    with store.together():
        store.write([taken])
        revs = {row.author: row.rev for row in store.regions(conflict.sample_id) if row.id == conflict.id}
        agreed = [Agreement(*place, revs.get(conflict.author, 0), conflict.seen)]
        if author != conflict.author:
            seen = f"{ELSEWHERE}{conflict.seen}"
            agreed.append(Agreement(conflict.sample_id, author, conflict.id, revs[author], seen))
        store.agreed.agree(conflict.target, agreed)
