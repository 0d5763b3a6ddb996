"""Valves laid on a slide: who lies where in one field of the microscope, who touches whom, and the picture of it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_erosion

from imagine_kernels.use_cases.diatoms.optics import Grey, Microscope, defocus, expose, seen
from imagine_kernels.use_cases.diatoms.organisms import BROKEN, GIRDLE, VALVE, Body, Drawn, draw
from imagine_kernels.use_cases.diatoms.taxa import DEBRIS, TAXA
from imagine_kernels.use_cases.drawing import Density, Random

OUTLINE = 4
"""Pixels. How wide the outline of a valve is in a field's mask."""
INSIDE, BORDER = 1, 2
"""Values of a field's mask beside 0, nothing."""
_GAP = 8
_LEAST = 50
"""Pixels. Of less nobody could tell that it is a valve."""
_GRASP = (1, 80)
"""Pixels that bodies which touch share."""
_LYING: Mapping[str, float] = {VALVE: 0.86, GIRDLE: 0.07, BROKEN: 0.07}


@dataclass(frozen=True, slots=True)
class Lying:
    """One valve or piece of debris in a field: its corner in pixels and its angle in degrees, clockwise."""

    label: str
    drawn: Drawn
    x: int
    y: int
    angle: float

    def window(self, size: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Where it lies in a field of `size` (width, height), and which part of it that is; both may be empty."""
        tall, wide = self.drawn.body.shape
        rows, columns = (max(self.y, 0), min(self.y + tall, size[1])), (max(self.x, 0), min(self.x + wide, size[0]))
        rows, columns = (rows[0], max(rows)), (columns[0], max(columns))
        return (slice(*rows), slice(*columns)), (
            slice(rows[0] - self.y, rows[1] - self.y),
            slice(columns[0] - self.x, columns[1] - self.x),
        )


def community(rng: Random) -> Mapping[str, float]:
    """Shares of the species on one slide: few are common, most are rare, as on a stone."""
    shares = rng.dirichlet([0.7] * len(TAXA)) * 0.97 + 0.03 / len(TAXA)
    return dict(zip(TAXA, shares.tolist(), strict=True))


def one(label: str, angle: float, rng: Random) -> Drawn:
    """A valve of a species, as a rule seen from above; `angle` in degrees."""
    view = str(rng.choice(list(_LYING), p=list(_LYING.values())))
    return draw(label, math.radians(angle), rng, view)


def scatter(
    size: tuple[int, int], valves: int, debris: int, shares: Mapping[str, float], rng: Random, touching: float
) -> list[Lying]:
    """About so many valves and pieces of debris in a field (width, height); the share `touching` touches another."""
    names, weights = list(shares), np.array(list(shares.values()))
    labels = [*map(str, rng.choice(names, valves, p=weights / weights.sum())), *[DEBRIS] * debris]
    taken: Body = np.zeros((size[1], size[0]), np.bool_)
    lying: list[Lying] = []
    for label in labels:
        angle = float(rng.uniform(0, 180))
        drawn = one(label, angle, rng)
        close = label != DEBRIS and bool(lying) and rng.random() < touching
        place = against(taken, drawn, rng) if close else _free(taken, drawn, rng)
        if place is not None:
            lying.append(Lying(label, drawn, *place, angle))
            there, part = lying[-1].window(size)
            taken[there] |= drawn.body[part]
    return lying


def _free(taken: Body, drawn: Drawn, rng: Random, tries: int = 40) -> tuple[int, int] | None:
    """A corner where nothing lies near; the field's edge may cut it."""
    tall, wide = drawn.body.shape
    for _ in range(tries):
        x, y = (
            int(rng.integers(-n // 2, room - n // 2)) for n, room in ((wide, taken.shape[1]), (tall, taken.shape[0]))
        )
        near = taken[max(y - _GAP, 0) : max(y + tall + _GAP, 0), max(x - _GAP, 0) : max(x + wide + _GAP, 0)]
        if not near.any() or _shared(taken, drawn.body, x, y, _GAP) == 0:
            return x, y
    return None


def against(taken: Body, drawn: Drawn, rng: Random) -> tuple[int, int] | None:
    """A corner where the valve touches one that lies there: it is pushed towards it until they share a few pixels."""
    there, own = np.argwhere(taken), np.argwhere(drawn.body)
    wanted = int(rng.integers(*_GRASP))
    aim, mine, angle = rng.choice(there), rng.choice(own), rng.uniform(0, 2 * np.pi)
    for away in range(700, -1, -2):
        y, x = (int(v) for v in np.rint(aim - mine + away * np.array([np.sin(angle), np.cos(angle)])))
        shared = _shared(taken, drawn.body, x, y)
        if shared:
            return (x, y) if shared <= 4 * _GRASP[1] + wanted else None
    return None


def _shared(taken: Body, body: Body, x: int, y: int, gap: int = 0) -> int:
    """Pixels that are taken already under a body at x, y; with `gap`, also by what lies so near, four ways."""
    moves = [(0, 0)] if not gap else [(0, 0), (gap, 0), (-gap, 0), (0, gap), (0, -gap)]
    total = 0
    for dx, dy in moves:
        top, left = max(y + dy, 0), max(x + dx, 0)
        bottom, right = min(y + dy + body.shape[0], taken.shape[0]), min(x + dx + body.shape[1], taken.shape[1])
        if top < bottom and left < right:
            under = body[top - y - dy : bottom - y - dy, left - x - dx : right - x - dx]
            total += int(np.count_nonzero(taken[top:bottom, left:right] & under))
    return total


def picture(lying: Sequence[Lying], size: tuple[int, int], scope: Microscope, rng: Random) -> Grey:
    """What the camera sees of a field (width, height); every valve at its own height in the mountant."""
    added: Density = np.zeros((size[1], size[0]), np.float32)
    for thing in lying:
        there, part = thing.window(size)
        added[there] += seen(thing.drawn.delay, scope, defocus(rng))[part]
    return expose(added, scope, rng)


def mask(lying: Sequence[Lying], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Which pixels are valves: 0 nothing or debris, 1 inside of a valve, 2 its outline, so that they are told apart."""
    found = np.zeros((size[1], size[0]), np.uint8)
    for thing in lying:
        if thing.label != DEBRIS:
            there, part = thing.window(size)
            body = thing.drawn.body
            found[there][body[part]] = BORDER
            found[there][binary_erosion(body, iterations=OUTLINE)[part]] = INSIDE
    return found


def boxes(
    lying: Sequence[Lying], size: tuple[int, int]
) -> Iterator[tuple[Lying, tuple[float, float, float, float], bool]]:
    """Every valve that is seen, the box along its own axis (x, y of the centre, width, height), and if it is cut."""
    for thing in lying:
        seen_of_it = int(np.count_nonzero(thing.drawn.body[thing.window(size)[1]]))
        if thing.label != DEBRIS and seen_of_it >= _LEAST:
            yield thing, box(thing, size), seen_of_it < np.count_nonzero(thing.drawn.body)


def box(thing: Lying, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The box of what is seen of a valve along its own axis: x, y of the centre, width, height."""
    there, part = thing.window(size)
    rows, columns = np.nonzero(thing.drawn.body[part])
    x, y = columns + there[1].start + 0.5, rows + there[0].start + 0.5
    turn = math.radians(thing.angle)
    along, across = math.cos(turn) * x + math.sin(turn) * y, math.cos(turn) * y - math.sin(turn) * x
    (west, east), (north, south) = ((v.min() - 0.5, v.max() + 0.5) for v in (along, across))
    a, b = (west + east) / 2, (north + south) / 2
    centre = math.cos(turn) * a - math.sin(turn) * b, math.sin(turn) * a + math.cos(turn) * b
    return (*centre, east - west, south - north)
