"""Annotations → what each author says of each sample now, ready to be compared."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from imagine_kernels.records import Annotation, Region

ADJUDICATION = "adjudication"
"""The tool of annotations that settle a dispute: they are no opinion beside others."""

_NOT_SAID = ("rejected", "predicted")

Looks = Mapping[str, Mapping[str, tuple[Region, ...]]]
"""By sample and author, the regions that the author sees there; an empty tuple: looked, and found nothing."""


def looks(annotations: Iterable[Annotation], authors: Collection[str] | None = None) -> Looks:
    """The latest word of every author on every sample; `authors` picks some of them.

    Annotations of the same moment are one. What an author rejected is not there; what settled a dispute, and what a
    model said and nobody looked at yet ("predicted"), is left out.
    """
    latest: dict[str, dict[str, tuple[datetime, list[Region]]]] = {}
    for one in annotations:
        if one.tool == ADJUDICATION or _is_unseen(one) or (authors is not None and one.author not in authors):
            continue
        said, time = latest.setdefault(one.sample_id, {}), _moment(one.at)
        before = said.get(one.author)
        if before is None or time > before[0]:
            said[one.author] = (time, list(one.regions))
        elif time == before[0]:
            before[1].extend(one.regions)
    return {
        sample: {author: tuple(r for r in regions if r.state not in _NOT_SAID) for author, (_, regions) in said.items()}
        for sample, said in latest.items()
    }


def _is_unseen(one: Annotation) -> bool:
    return bool(one.regions) and all(region.state == "predicted" for region in one.regions)


def _moment(at: str) -> datetime:
    time = datetime.fromisoformat(at)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def called(regions: Iterable[Region]) -> tuple[str, ...] | None:
    """What the whole sample is called, by all its labels together; None where nothing is said of the whole."""
    return tuple(sorted({region.label for region in regions if region.shape is None})) or None


def drawn(regions: Iterable[Region]) -> tuple[Region, ...]:
    """The regions with a shape."""
    return tuple(region for region in regions if region.shape is not None)
