"""Three-way merge of one region: our word, what lies there, and what both sides agreed on last → what is to be done."""

from enum import Enum

from imagine_widgets.label_studio.regions import Lying, Mark, joined
from imagine_widgets.store import Held
from imagine_widgets.store.agreed import Agreement


class Verdict(Enum):
    """What is to be done about a region."""

    NOTHING = "nothing"
    SEND = "send"
    TAKE = "take"
    AGREE = "agree"
    DISPUTE = "dispute"


ELSEWHERE = "~"
"""Begins the mark of a word that lies in somebody else's annotation, where its author changed it."""


def judge(mine: Held | None, there: Lying | None, agreed: Agreement | None, turn: int | None) -> Verdict:
    """Of one region in an annotation that is there. `turn` is the latest round that the annotation knows of.

    An annotation from an old browser tab knows of no later round: what it lacks or says of later words is no news.
    """
    changed = agreed is not None and _rev(mine) != agreed.rev
    if agreed is not None and agreed.seen.startswith(ELSEWHERE):
        if there is None:
            return Verdict.SEND if changed else Verdict.NOTHING
        agreed = None
    if agreed is None:
        return _first(mine, there)
    known = Mark.read(agreed.seen)
    if there is None:
        return _absent(mine, known, turn, changed=changed)
    if is_same(mine, there):
        return Verdict.AGREE if changed or there.mark.now != known.now else Verdict.NOTHING
    stale = turn is not None and turn < known.round
    if there.mark.now == known.now or (stale and there.mark.now == there.mark.sent):
        return Verdict.SEND if changed or there.mark.now != known.now else Verdict.NOTHING
    return Verdict.DISPUTE if changed or stale else Verdict.TAKE


def alone(mine: Held | None, agreed: Agreement | None) -> Verdict:
    """Of a region whose author has no annotation there: what was there once and was deleted as a whole stays ours."""
    changed = _rev(mine) != (agreed.rev if agreed is not None else 0)
    if not changed:
        return Verdict.NOTHING
    return (Verdict.AGREE if agreed is not None else Verdict.NOTHING) if is_gone(mine) else Verdict.SEND


def _first(mine: Held | None, there: Lying | None) -> Verdict:
    """Of a region about which nothing is agreed yet."""
    if there is None:
        return Verdict.NOTHING if is_gone(mine) else Verdict.SEND
    if mine is None:
        return Verdict.TAKE
    return Verdict.AGREE if is_same(mine, there) else Verdict.DISPUTE


def _absent(mine: Held | None, known: Mark, turn: int | None, *, changed: bool) -> Verdict:
    if is_gone(mine):
        return Verdict.AGREE if changed or known.now else Verdict.NOTHING
    if not known.now:  # it was deleted on both sides, and said anew here
        return Verdict.SEND if changed else Verdict.NOTHING
    if turn is None and known.round > 1:  # nothing is left there that tells what the person saw
        return Verdict.DISPUTE
    if turn is not None and turn < known.round:
        return Verdict.SEND
    return Verdict.DISPUTE if changed else Verdict.TAKE


def is_gone(mine: Held | None) -> bool:
    """Whether we have no word of it, or a tombstone."""
    return mine is None or mine.deleted or mine.region is None


def is_same(mine: Held | None, there: Lying) -> bool:
    """Whether there lies what we say, with all that travels beside it."""
    if mine is None or is_gone(mine) or joined(there, mine.region) != mine.region:
        return False
    packed = there.packed.get("region")
    return not packed or there.mark.now != there.mark.sent or there.region == mine.region


def _rev(mine: Held | None) -> int:
    return mine.rev if mine is not None else 0
