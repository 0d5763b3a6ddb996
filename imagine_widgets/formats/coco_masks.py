"""COCO's masks: run lengths down the columns of the whole picture, as numbers or packed into text, and back.

Only the columns that a mask reaches are unpacked. pycocotools is not given text from files: with text that is no mask
it writes beyond its memory.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imagine_kernels.images import masks
from imagine_kernels.records import Sample
from imagine_kernels.shapes import Mask

_MOST_PIXELS = 10**9
"""Of the columns that are unpacked: a scan of the largest scanners has a third of them."""
_LONGEST = 12
"""Letters of one number: five bits each."""
Runs = npt.NDArray[np.int64]


def read(drawn: Mapping[str, Any]) -> tuple[Mask, tuple[int, int]]:
    """The mask, and the width and height of its picture. Raises ValueError with a sentence."""
    try:
        height, width = map(int, drawn["size"])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"the size {drawn['size']!r:.40} of its mask is not a height and a width.") from error
    given = drawn["counts"]
    runs = _unpacked(given) if isinstance(given, str) else _numbers(given)
    if height < 1 or width < 1 or runs.min(initial=0) < 0 or sum(runs.tolist()) != height * width:
        raise ValueError(f"the runs of its mask do not fill {width} x {height} pixels.")
    found = _laid(runs, height)
    if found is None:
        raise ValueError("its mask is empty.")
    return found, (width, height)


def _numbers(given: object) -> Runs:
    try:
        runs = np.array(given, np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("the runs of its mask are no whole numbers.") from error
    if runs.ndim != 1:
        raise ValueError("the runs of its mask are no list of numbers.")
    return runs


def _unpacked(text: str) -> Runs:
    """Five bits of a number in each letter, the lowest first; from the fourth on, the excess over the one but last."""
    letters = np.frombuffer(text.encode("ascii", "replace"), np.uint8).astype(np.int64) - 48
    ends = np.flatnonzero((letters & 32) == 0)
    first = np.concatenate([[0], ends[:-1] + 1])
    if letters.min(initial=0) < 0 or letters.max(initial=0) > 63 or len(ends) == 0 or ends[-1] + 1 != len(letters):
        raise ValueError("the packed runs of its mask are cut off, or no such text.")
    if (ends - first).max() >= _LONGEST:
        raise ValueError("the packed runs of its mask are longer than any picture.")
    place = np.arange(len(letters)) - np.repeat(first, ends - first + 1)
    runs = np.add.reduceat((letters & 31) << (5 * place), first)
    runs -= np.where(letters[ends] & 16, np.int64(1) << (5 * (ends - first + 1)), 0)
    runs[1::2], runs[2::2] = np.cumsum(runs[1::2]), np.cumsum(runs[2::2])
    return runs


def _laid(runs: Runs, height: int) -> Mask | None:
    edges = np.cumsum(runs)
    starts, stops = edges[: len(edges) // 2 * 2 : 2], edges[1::2]
    there = stops > starts
    if not there.any():
        return None
    starts, stops = starts[there], stops[there]
    left, right = int(starts[0]) // height, -(-int(stops[-1]) // height)
    if (right - left) * height > _MOST_PIXELS:
        raise ValueError(f"its mask reaches over {(right - left) * height:,} pixels, too many to be unpacked.")
    turns = np.stack([starts, stops], axis=1).ravel()
    long = np.diff(turns, prepend=left * height, append=right * height)
    inside = np.repeat(np.arange(len(long)) % 2 == 1, long).reshape(right - left, height).T
    return masks.encode(inside, left)


def told(mask: Mask, sample: Sample) -> Sequence[int]:
    """The mask as run lengths down the columns of the whole picture; no array of its size is made."""
    down = masks.runs(masks.decode(mask).T)
    first = (down[:, 0] + mask.x) * sample.height + mask.y
    turns = np.stack([first + down[:, 1], first + down[:, 2]], axis=1).ravel()
    counts: list[int] = np.diff(turns, prepend=0, append=sample.height * sample.width).tolist()
    return counts
