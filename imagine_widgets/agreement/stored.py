"""A project's store → what each author says of each sample as a whole, though only what she touched is in it."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

from imagine_kernels.records import Annotation
from imagine_widgets.agreement.looks import ADJUDICATION
from imagine_widgets.store import Held, Store


def views(store: Store) -> Iterator[Annotation]:
    """One annotation per sample and author, streamed; a judge's words stand apart from her own labels.

    Who changed or deleted a region of somebody else has looked at all of that author's, and lets the others stand.
    """
    for _, rows in store.all_regions(sorted(store.changed()[1])):
        owners: dict[str, str] = {}
        for held in rows:  # the oldest first
            owners.setdefault(held.id, held.author)
        judged = [held for held in rows if held.tool == ADJUDICATION]
        own = [held for held in rows if held.tool != ADJUDICATION]
        for author in dict.fromkeys(held.author for held in own):
            yield from _view(author, own, owners)
        for author in dict.fromkeys(held.author for held in judged):
            yield from _annotation([held for held in judged if held.author == author])


def shared(store: Store) -> Iterator[Annotation]:
    """`views` of those samples that several authors looked at."""
    for _, some in itertools.groupby(views(store), key=lambda one: one.sample_id):
        several = [*some]
        if len(several) > 1:
            yield from several


def _view(author: str, rows: Sequence[Held], owners: dict[str, str]) -> Iterator[Annotation]:
    said = [held for held in rows if held.author == author]
    looked_at = {owners[held.id] for held in said} - {author}
    touched = {held.id for held in said}
    named = any(held.region is not None and held.region.shape is None and not held.deleted for held in said)
    others = (
        held for held in rows if held.author in looked_at and owners[held.id] == held.author and held.id not in touched
    )
    stand = [held for held in others if held.region is not None and not (named and held.region.shape is None)]
    yield from _annotation(said, stand)


def _annotation(said: Sequence[Held], stand: Iterable[Held] = ()) -> Iterator[Annotation]:
    """Nothing where an author deleted all her own and nothing of others stands: nobody knows whether she looked."""
    live = [held for held in (*stand, *said) if held.region is not None and not held.deleted]
    if live:
        last = max(said, key=lambda held: held.rev)
        regions = tuple(held.region for held in live if held.region is not None)
        yield Annotation(last.sample_id, regions, last.author, last.at, last.tool, f"{last.rev:x}")
