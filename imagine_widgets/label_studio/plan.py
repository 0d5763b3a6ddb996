"""What one sample needs so that both sides have the same: edits here, things to send there, questions for a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from imagine_kernels.records import Region
from imagine_widgets.label_studio.merge import ELSEWHERE, Verdict, alone, is_gone, judge
from imagine_widgets.label_studio.regions import Lying, Mark, joined
from imagine_widgets.label_studio.slots import Slot, number
from imagine_widgets.store import Drop, Held, Put, Store
from imagine_widgets.store.agreed import Agreement

TOOL = "label studio"
"""What words say that were made there."""
Name = tuple[str, str]
"""An author and a region."""


@dataclass(frozen=True, slots=True)
class Taking:
    """A change there that becomes a word here: by whom, in whose slot."""

    edit: Put | Drop
    slot: str
    seen: Mark
    there: Region | None


@dataclass(slots=True)
class Plan:
    """For one sample. `sending` are our words that do not lie there, by author.

    `reopened` are notes that make the next push look at those of them that it would not: an older word of ours lies
    there, whose note was cut off or which the server was late to carry out.
    """

    sample_id: str
    slots: Mapping[str, Slot]
    rows: dict[Name, Held] = field(default_factory=dict)
    takings: list[Taking] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    disputes: list[tuple[Agreement, Region | None, str]] = field(default_factory=list)
    sending: dict[str, list[Held]] = field(default_factory=dict)
    reopened: list[Agreement] = field(default_factory=list)

    @property
    def edits(self) -> list[Put | Drop]:
        """What is to be written into the store."""
        return [taking.edit for taking in self.takings]


def plan(store: Store, target: str, sample_id: str, slots: Mapping[str, Slot]) -> Plan:
    """Hold the store's rows of a sample against its slots there."""
    rows = {(held.author, held.id): held for held in store.regions(sample_id) if held.id}
    agreed = store.agreed.of(target, sample_id)
    made = Plan(sample_id, slots, rows)
    for author in dict.fromkeys([*slots, *(name for name, _ in rows), *(name for name, _ in agreed)]):
        slot = slots.get(author, Slot(author))
        ids = dict.fromkeys([*slot.lying, *(i for a, i in (*rows, *agreed) if a == author)])
        for one in ids:
            if one not in slot.unread:
                _settle(made, slot, one, agreed.get((author, one)), agreed)
    made.disputes = [one for one in made.disputes if not _is_ours(store, made, one[0])]
    return made


def _is_ours(store: Store, made: Plan, noted: Agreement) -> bool:
    """Whether an older word of ours lies there, untouched, whose note was cut off: then the newer one is just sent."""
    there, mine = made.slots[noted.author].lying.get(noted.id), made.rows.get((noted.author, noted.id))
    if there is None or mine is None or there.mark.now != there.mark.sent:
        return False
    ours = there.region in store.agreed.said(noted.sample_id, noted.author, noted.id)
    if ours:
        made.sending.setdefault(noted.author, []).append(mine)
        made.reopened.append(replace(noted, rev=0))
    return ours


def _settle(made: Plan, slot: Slot, one: str, agreed: Agreement | None, known: Mapping[Name, Agreement]) -> None:
    mine, there = made.rows.get((slot.author, one)), slot.lying.get(one)
    verdict = judge(mine, there, agreed, _turn(slot, there)) if slot.is_read else alone(mine, agreed)
    if verdict is Verdict.AGREE and there is not None and _returned(made, slot, one, there, agreed):
        verdict = Verdict.TAKE
    if verdict is Verdict.TAKE and not _may_take(made, slot, one, there, known):
        verdict = Verdict.DISPUTE
    match verdict:
        case Verdict.SEND if mine is not None:
            made.sending.setdefault(slot.author, []).append(mine)
            if agreed is not None and agreed.rev == mine.rev:
                made.reopened.append(replace(agreed, rev=0))
        case Verdict.TAKE:
            made.takings.append(_taking(made, slot, one, there, agreed))
        case Verdict.AGREE:
            made.agreements.append(_agreement(made.sample_id, slot.author, one, mine, _mark(slot, there)))
        case Verdict.DISPUTE:
            theirs = _theirs(there, mine, one) if there is not None else None
            noted = _agreement(made.sample_id, slot.author, one, mine, _mark(slot, there))
            made.disputes.append((noted, theirs, _editor(slot, there, agreed)))


def _turn(slot: Slot, there: Lying | None) -> int | None:
    if there is not None:
        return slot.sheet(there.made).turn
    turns = [turn for sheet in slot.sheets if (turn := sheet.turn) is not None]
    return max(turns, default=None)


def _returned(made: Plan, slot: Slot, one: str, there: Lying, agreed: Agreement | None) -> bool:
    """Whether somebody put back what the slot's author had said, after another had changed it: that is a word too."""
    if agreed is None or agreed.seen.startswith(ELSEWHERE) or Mark.read(agreed.seen).now == there.mark.now:
        return False
    mine = made.rows[slot.author, one]
    return any(i == one and row.region != mine.region for (_, i), row in made.rows.items())


def _may_take(made: Plan, slot: Slot, one: str, there: Lying | None, known: Mapping[Name, Agreement]) -> bool:
    """Who changed somebody else's annotation there, and has said something of it here since, is asked."""
    editor = _editor(slot, there, known.get((slot.author, one)))
    own = made.rows.get((editor, one))
    if editor == slot.author or own is None:
        return True
    agreed = known.get((editor, one))
    if agreed is not None and agreed.rev == own.rev:
        return True
    mine = made.rows.get((slot.author, one))
    return there is not None and own.region == joined(there, mine.region if mine is not None else None)


def _taking(made: Plan, slot: Slot, one: str, there: Lying | None, agreed: Agreement | None) -> Taking:
    editor, mine = _editor(slot, there, agreed), made.rows.get((slot.author, one))
    own = made.rows.get((editor, one))
    expect = own.rev if own is not None else 0
    at = _time(there.made.at if there is not None else max(sheet.made.at for sheet in slot.sheets), mine)
    if there is None:
        return Taking(Drop(made.sample_id, one, editor, TOOL, at, expect), slot.author, _mark(slot, None), None)
    region = _theirs(there, mine, one)
    edit = Put(made.sample_id, region, editor, TOOL, at, expect)
    return Taking(edit, slot.author, _mark(slot, there), region)


def _editor(slot: Slot, there: Lying | None, agreed: Agreement | None) -> str:
    """Whose word it is: who had the annotation in hand last; of what was sent from another store, its author.

    Of a deleted region it is who had the annotation in hand that changed last.
    """
    if there is None:
        return max(slot.sheets, key=lambda sheet: sheet.made.at).made.editor if slot.sheets else slot.author
    known = Mark.read(agreed.seen.lstrip(ELSEWHERE)).round if agreed is not None else 0
    author = there.packed.get("author")
    is_ours = there.made.import_id == number(there.view.shown.id, slot.author)  # not a copy that somebody made there
    is_sent = is_ours and there.mark.now == there.mark.sent and there.mark.round > known
    return author if is_sent and isinstance(author, str) and author else there.made.editor


def _time(at: str, mine: Held | None) -> str:
    """When it was changed there; never before the word of ours that it took the place of."""
    there = moment(at)
    return (max(there, moment(mine.at)) if mine is not None and mine.at else there).isoformat()


def moment(said: str) -> datetime:
    """A time as records or Label Studio say it; without a zone it is UTC."""
    found = datetime.fromisoformat(said)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _mark(slot: Slot, there: Lying | None) -> Mark:
    """What is seen now, in the round that the annotation knows of."""
    turn = _turn(slot, there) or 0
    return replace(there.mark, round=turn) if there is not None else Mark("", "", turn)


def _theirs(there: Lying, mine: Held | None, one: str) -> Region:
    """What lies there, with what we know of it."""
    region = joined(there, mine.region if mine is not None else None)
    return region if region.id == one else replace(region, id=one)


def _agreement(sample_id: str, author: str, one: str, mine: Held | None, mark: Mark) -> Agreement:
    return Agreement(sample_id, author, one, mine.rev if mine is not None else 0, str(mark))


def taken(made: Plan, rows: Mapping[Name, Held]) -> list[Agreement]:
    """What both sides have once the takings are written and `rows` are the store's; less what changed meanwhile."""
    found: list[Agreement] = []
    for taking in made.takings:
        edit, now = taking.edit, rows.get((taking.edit.author, taking.edit.id))
        if now is None or (is_gone(now) if taking.there is not None else not is_gone(now)):
            continue
        if taking.there is not None and now.region != taking.there:
            continue
        if edit.author != taking.slot:
            found.append(Agreement(made.sample_id, edit.author, edit.id, now.rev, f"{ELSEWHERE}{taking.seen}"))
        slot = rows.get((taking.slot, edit.id))
        found.append(_agreement(made.sample_id, taking.slot, edit.id, slot, taking.seen))
    return found
