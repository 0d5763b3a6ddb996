"""What a model said of the samples of a grid: which region counts, how sure it is, in which order a person looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imagine_kernels.records import Region

NONE = -1
"""The place of a class where there is none: not predicted, not decided."""
_UNKNOWN = -1.0


@dataclass(frozen=True, slots=True)
class Group:
    """The rows that were predicted as one class, in the order in which a person looks."""

    label: int
    rows: tuple[int, ...]


def groups(
    predicted: Sequence[int], sure: Sequence[float | None], places: Mapping[int, int] | None = None
) -> list[Group]:
    """The rows by predicted class; those without a prediction come last.

    In each, first the rows that have `places`, in their order; then the least sure, unknown before all.
    """
    given = places or {}
    members: dict[int, list[int]] = {}
    for row, label in enumerate(predicted):
        members.setdefault(label, []).append(row)
    order = sorted(members, key=lambda label: (label == NONE, label))
    doubt = [(given.get(row, len(sure)), _UNKNOWN if one is None else one) for row, one in enumerate(sure)]
    return [Group(label, tuple(sorted(members[label], key=doubt.__getitem__))) for label in order]


def whole(regions: Sequence[Region]) -> Region | None:
    """The region that stands for the whole sample: of several, the one with the best score."""
    found = [region for region in regions if region.shape is None]
    return max(found, key=lambda region: -1.0 if region.score is None else region.score, default=None)


def runner_up(region: Region) -> str | None:
    """The model's second guess, None where it gave none."""
    others = {name: score for name, score in region.scores.items() if name != region.label}
    return max(others, key=others.__getitem__, default=None)


def margin(region: Region) -> float | None:
    """How sure the model was, 0..1: the best score less the second best, else the score; None where it gave none."""
    best = sorted(region.scores.values(), reverse=True)[:2]
    return best[0] - best[1] if len(best) == 2 else region.score
