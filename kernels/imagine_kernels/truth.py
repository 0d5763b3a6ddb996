"""What people said → what is taken for true: the last word on each sample, without what they refused or doubt."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from imagine_kernels.records import Annotation, Region

_OPEN = ("predicted", "uncertain")
"""States of a label that nobody stands by."""


def settled(annotations: Iterable[Annotation]) -> Iterator[Annotation]:
    """The annotations with what their authors stand by; an annotation that leaves everything open is left out.

    One that only rejects stays, without regions: somebody looked, and nothing of it is there.
    """
    for annotation in annotations:
        kept = tuple(region for region in annotation.regions if region.state not in {*_OPEN, "rejected"})
        if kept or not any(region.state in _OPEN for region in annotation.regions):
            yield annotation if len(kept) == len(annotation.regions) else replace(annotation, regions=kept)


def latest(annotations: Iterable[Annotation]) -> dict[str, tuple[Region, ...]]:
    """The regions of each sample's latest annotation; none where a person saw nothing."""
    newest: dict[str, Annotation] = {}
    for annotation in settled(annotations):
        before = newest.get(annotation.sample_id)
        if before is None or annotation.at >= before.at:
            newest[annotation.sample_id] = annotation
    return {name: annotation.regions for name, annotation in newest.items()}


def named(annotations: Iterable[Annotation]) -> dict[str, str]:
    """The label of each sample: the first region of its latest annotation that has one."""
    told = latest(annotation for annotation in settled(annotations) if annotation.regions)
    return {name: regions[0].label for name, regions in told.items()}
