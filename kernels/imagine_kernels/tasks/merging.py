"""What was found in overlapping tiles → each thing once: two finds are one where both tiles saw them at the same place.

Finds are compared in the part of the picture that both tiles show, by their boxes or, where there are any, their masks.
So a thing that a tile cuts matches its other half, and two neighbours that one tile shows apart stay two.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagine_kernels.images import Window
from imagine_kernels.records import Box, Region

Mask = npt.NDArray[np.bool_]

_NEAR = 3.0
"""Pixels: as near to a border a box touches it; models draw boxes no closer."""


@dataclass(frozen=True, slots=True)
class Find:
    """One region found in one tile: its box is in the picture's pixels, as `tile` is.

    `mask` (h, w) covers the whole pixels that the box touches, where the model gives one.
    """

    region: Region
    tile: Window
    mask: Mask | None = None

    @property
    def box(self) -> Box:
        """The region's box. Raises ValueError where it has none: only what has a place can be merged."""
        if not isinstance(self.region.shape, Box):
            raise ValueError(  # noqa: TRY004 - its place is missing, not of another type
                f"The region {self.region.label!r} has no box, so it cannot be merged across tiles."
            )
        return self.region.shape


def placed(region: Region, tile: Window, mask: Mask | None = None) -> Find:
    """A region in pixels of its tile as a find in pixels of the picture."""
    box = Find(region, tile).box
    moved = Box(box.x + tile.x, box.y + tile.y, box.width, box.height)
    return Find(dataclasses.replace(region, shape=moved), tile, mask)


def merge(finds: Iterable[Find], *, same: float = 0.5) -> tuple[Find, ...]:
    """Every thing once, from left to right: finds of one label in different tiles are one where `same` or more of what
    both tiles show of them is shared (intersection over union).

    The box of a thing that some tile shows whole is that of its surest whole find; else all its boxes together.
    """
    every = sorted(finds, key=lambda find: find.box.x)
    homes = list(range(len(every)))
    for first, second in _near(every):
        if _shared(every[first], every[second]) >= same:
            low, high = sorted((_home(homes, first), _home(homes, second)))
            homes[high] = low
    groups: dict[int, list[Find]] = {}
    for number, find in enumerate(every):
        groups.setdefault(_home(homes, number), []).append(find)
    return tuple(_one(group) for group in groups.values())


def _home(homes: list[int], number: int) -> int:
    while homes[number] != number:
        homes[number] = homes[homes[number]]
        number = homes[number]
    return number


def _near(every: Sequence[Find]) -> Iterator[tuple[int, int]]:
    """Pairs of one label and different tiles whose boxes touch; `every` is sorted from left to right."""
    open_ones: list[int] = []
    for number, find in enumerate(every):
        box = find.box
        open_ones = [n for n in open_ones if every[n].box.x + every[n].box.width >= box.x - _NEAR]
        for other in open_ones:
            there = every[other]
            if there.region.label != find.region.label or there.tile == find.tile:
                continue
            if _along(there.box.y, there.box.height, box.y, box.height) >= -_NEAR:
                yield other, number
        open_ones.append(number)


def _along(a: float, long_a: float, b: float, long_b: float) -> float:
    """How long two stretches run beside one another; below 0 the gap between them."""
    return min(a + long_a, b + long_b) - max(a, b)


def _shared(one: Find, other: Find) -> float:
    """Intersection over union of two finds in the part of the picture that both their tiles show."""
    left, top = max(one.tile.x, other.tile.x), max(one.tile.y, other.tile.y)
    right = min(one.tile.x + one.tile.width, other.tile.x + other.tile.width)
    bottom = min(one.tile.y + one.tile.height, other.tile.y + other.tile.height)
    if right <= left or bottom <= top:
        return _across_border(one.box, other.box, left - right, top - bottom, (left, top))
    zone = Window(left, top, right - left, bottom - top)
    if one.mask is not None and other.mask is not None:
        first, second = _seen(one, zone), _seen(other, zone)
        union = np.count_nonzero(first | second)
        return 0.0 if union == 0 else float(np.count_nonzero(first & second) / union)
    first_box, second_box = _clipped(one.box, zone), _clipped(other.box, zone)
    both = _area(_clipped(one.box, other.box), zone)
    union_area = _area(first_box, zone) + _area(second_box, zone) - both
    return 0.0 if union_area <= 0 else both / union_area


_Sides = tuple[float, float, float, float]


def _clipped(box: Box | Window, to: Box | Window) -> _Sides:
    """Left, top, right and bottom of what two boxes share; empty where right or bottom lies before left or top."""
    return (
        max(box.x, to.x), max(box.y, to.y), min(box.x + box.width, to.x + to.width),
        min(box.y + box.height, to.y + to.height),
    )  # fmt: skip


def _area(sides: _Sides, zone: Window) -> float:
    left, top = max(sides[0], zone.x), max(sides[1], zone.y)
    right, bottom = min(sides[2], zone.x + zone.width), min(sides[3], zone.y + zone.height)
    return max(0.0, right - left) * max(0.0, bottom - top)


def _across_border(one: Box, other: Box, gap_x: float, gap_y: float, corner: tuple[float, float]) -> float:
    """Tiles that only meet: how much of their common border both finds touch, of what either touches."""
    if gap_x > 0 or gap_y > 0 or gap_x == gap_y:
        return 0.0
    across = [(box.x, box.width, box.y, box.height) if gap_x == 0 else (box.y, box.height, box.x, box.width)
              for box in (one, other)]  # fmt: skip
    border = corner[0] if gap_x == 0 else corner[1]
    if any(min(abs(start - border), abs(start + long - border)) > _NEAR for start, long, _a, _b in across):
        return 0.0
    (_s, _l, a, long_a), (_t, _m, b, long_b) = across
    both = max(0.0, _along(a, long_a, b, long_b))
    return both / (long_a + long_b - both)


def _seen(find: Find, zone: Window) -> Mask:
    """The find's mask in the zone (h, w)."""
    x, y = int(find.box.x), int(find.box.y)
    seen = np.zeros((zone.height, zone.width), np.bool_)
    if find.mask is not None:
        height, width = find.mask.shape
        rows = slice(max(y, zone.y), min(y + height, zone.y + zone.height))
        columns = slice(max(x, zone.x), min(x + width, zone.x + zone.width))
        if rows.start < rows.stop and columns.start < columns.stop:
            part = find.mask[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
            seen[rows.start - zone.y : rows.stop - zone.y, columns.start - zone.x : columns.stop - zone.x] = part
    return seen


def _one(group: Sequence[Find]) -> Find:
    """One find for all that see the same thing."""
    best = max(group, key=lambda find: (not _is_cut(find, group), _score(find)))
    if len(group) == 1 or not _is_cut(best, group):
        return dataclasses.replace(best, region=dataclasses.replace(best.region, score=_surest(group)))
    left, top = min(f.box.x for f in group), min(f.box.y for f in group)
    right, bottom = max(f.box.x + f.box.width for f in group), max(f.box.y + f.box.height for f in group)
    box = Box(left, top, right - left, bottom - top)
    mask = None
    if all(find.mask is not None for find in group):
        zone = Window(int(left), int(top), int(np.ceil(right)) - int(left), int(np.ceil(bottom)) - int(top))
        mask = np.logical_or.reduce([_seen(find, zone) for find in group])
    return Find(dataclasses.replace(best.region, shape=box, score=_surest(group)), best.tile, mask)


def _is_cut(find: Find, group: Sequence[Find]) -> bool:
    """Whether the find touches a border of its tile beyond which another find of the group goes on."""
    cut = [abs(side - border) <= _NEAR for side, border in zip(_sides(find.box), _sides(find.tile), strict=True)]
    own = _sides(find.box)
    return any(
        touches and (side < mine if number < 2 else side > mine)
        for other in group
        for number, (touches, side, mine) in enumerate(zip(cut, _sides(other.box), own, strict=True))
    )


def _sides(box: Box | Window) -> _Sides:
    """Left, top, right and bottom."""
    return box.x, box.y, box.x + box.width, box.y + box.height


def _score(find: Find) -> float:
    return -1.0 if find.region.score is None else find.region.score


def _surest(group: Sequence[Find]) -> float | None:
    return max((find.region.score for find in group if find.region.score is not None), default=None)
