"""Rows → what holds: of each region the last word, of one author's words her annotation."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from imagine_kernels.records import Annotation, Region, from_json
from imagine_kernels.shapes import KINDS
from imagine_widgets.store.held import Held
from imagine_widgets.store.spelling import moment, told

COLUMNS = "s.id, w.id, a.name, w.at, w.tool, w.rev, w.record, w.deleted"
"""What `held` reads, of words w, samples s and authors a."""


def held(row: Iterable[Any]) -> Held:
    """A row as it was written. Raises ValueError with a sentence where somebody else wrote something else."""
    sample, id_, author, at, tool, rev, record, deleted = row
    if not all(isinstance(text, str) for text in (sample, id_, author, at, tool)):
        raise ValueError("It is no text where text should be.")
    moment(at)
    return Held(told(sample), told(id_), told(author), at, told(tool), rev, region(record), bool(deleted))


def region(record: object) -> Region | None:
    """A region from its line of JSON. Raises ValueError with a sentence."""
    if record is None:
        return None
    try:
        found = from_json(json.loads(record)) if isinstance(record, str) else None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"It is no region: {error}") from error
    if not (isinstance(found, Region) and isinstance(found.label, str) and _is_shape(found.shape)):
        raise ValueError("It is no region.")
    return found


def _is_shape(shape: object) -> bool:
    return shape is None or isinstance(shape, KINDS)


def holding(said: Iterable[Held]) -> tuple[Held, ...]:
    """Of each region the last word that is no deletion; of labels of the whole sample those of the last author."""
    last: dict[str, Held] = {}
    for one in sorted(said, key=_when):
        last[one.id] = one
    live = [one for one in last.values() if not one.deleted and one.region is not None]
    whole = [one for one in live if one.region is not None and one.region.shape is None]
    latest = whole[-1].author if len(whole) < 2 and whole else max(whole, key=_when).author if whole else None
    return tuple(
        one for one in live if one.region is not None and (one.region.shape is not None or one.author == latest)
    )


def annotations(said: Iterable[Held]) -> Iterator[Annotation]:
    """Each author's regions of one sample as her annotation; nothing of an author who deleted all."""
    by_author: dict[str, list[Held]] = {}
    for one in said:
        if not one.deleted:
            by_author.setdefault(one.author, []).append(one)
    for author, live in by_author.items():
        last, order = max(live, key=_when), sorted(live, key=lambda one: one.rev)
        regions = tuple(one.region for one in order if one.region is not None)
        yield Annotation(last.sample_id, regions, author, last.at, last.tool, f"{order[-1].rev:x}")


def _when(one: Held) -> tuple[datetime, str]:
    return moment(one.at), one.author
