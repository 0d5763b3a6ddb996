"""Counts → their 95 % intervals: of a share, of a count, of a sum of weights, and of any of these when it is unsure."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

_TAIL = 0.025
"""What lies outside a 95 % interval on each side."""
_STEPS = 199
"""So many quantiles stand for thousands of draws; equal draws stay what they are."""

Numbers = npt.NDArray[np.integer] | npt.NDArray[np.floating]


def wilson(count: int, total: int) -> tuple[float, float]:
    """95 % interval of a share, by Wilson (1927), J. Am. Stat. Assoc. 22:209-212; honest for few and rare ones too."""
    from scipy.special import ndtri

    z = float(-ndtri(_TAIL))
    share, room = count / total, z * z / total
    middle = (share + room / 2) / (1 + room)
    reach = z / (1 + room) * math.sqrt(share * (1 - share) / total + room / (4 * total))
    low = 0.0 if count == 0 else max(0.0, middle - reach)
    return low, 1.0 if count == total else min(1.0, middle + reach)


def poisson(count: int) -> tuple[float, float]:
    """Exact 95 % interval of a count, by Garwood (1936), Biometrika 28:437-442: gamma quantiles of n and n + 1."""
    from scipy.special import gammaincinv

    low = 0.0 if count == 0 else float(gammaincinv(count, _TAIL))
    return low, float(gammaincinv(count + 1, 1 - _TAIL))


def weighted_poisson(weights: Sequence[float]) -> tuple[float, float, float | None]:
    """The sum of what counted things weigh (volumes, parts of a sample), and its 95 % interval, by gamma quantiles.

    Fay and Feuer (1997), Stat. Med. 16:791-801; of equal weights it is the interval of `poisson`. Where nothing was
    counted the upper end is None: what was missed has no known weight.
    """
    from scipy.special import gammaincinv

    total, squares, most = sum(weights), sum(w * w for w in weights), max(weights, default=0.0)
    if total == 0:
        return 0.0, 0.0, None
    low = squares / total * float(gammaincinv(total**2 / squares, _TAIL))
    wide = (squares + most**2) / (total + most)
    return total, low, wide * float(gammaincinv((total + most) / wide, 1 - _TAIL))


def unsure_poisson(counts: Numbers) -> tuple[float, float]:
    """95 % interval of a count of which only draws (N,) are known: as `poisson`, over all draws together."""
    drawn = np.asarray(counts, float)[_spread(counts)]
    return _mixed_gamma(drawn, np.ones(len(drawn)), _TAIL), _mixed_gamma(drawn + 1, np.ones(len(drawn)), 1 - _TAIL)


def unsure_share(counts: Numbers, totals: Numbers) -> tuple[float, float]:
    """95 % interval of a share of which only draws (N,) of the count and of the total are known, over all of them.

    Of a sure count it is that of Clopper and Pearson (1934), Biometrika 26:404-413: a little wider than Wilson's.
    """
    from scipy.special import betainc

    shares = np.divide(counts, totals, out=np.zeros(len(counts)), where=np.asarray(totals) > 0)
    order = _spread(shares)
    drawn, total = np.asarray(counts, float)[order], np.asarray(totals, float)[order]
    left = np.maximum(total - drawn, 1e-9)
    low = _solved(lambda x: np.where(drawn > 0, betainc(np.maximum(drawn, 1e-9), left + 1, x), 1), _TAIL, 1.0)
    high = _solved(lambda x: np.where(drawn < total, betainc(drawn + 1, left, x), 0), 1 - _TAIL, 1.0)
    return low, high


def unsure_weights(totals: Numbers, squares: Numbers, most: float) -> tuple[float, float, float | None]:
    """As `weighted_poisson`, of draws (N,) of the sum of weights and of their squares; `most` is the largest weight."""
    sums, powers = np.asarray(totals, float), np.asarray(squares, float)
    if not sums.any():
        return 0.0, 0.0, None
    order = _spread(sums)
    sums, powers = sums[order], powers[order]
    scale = powers / np.where(sums > 0, sums, 1)
    low = _mixed_gamma(np.where(sums > 0, sums / np.where(scale > 0, scale, 1), 0), scale, _TAIL)
    wide = (powers + most**2) / (sums + most)
    return float(np.mean(totals)), low, _mixed_gamma((sums + most) / wide, wide, 1 - _TAIL)


def _spread(values: Numbers) -> npt.NDArray[np.intp]:
    """Places of draws that stand for all, from the lowest value to the highest."""
    found: npt.NDArray[np.intp] = np.argsort(values)[((np.arange(_STEPS) + 0.5) / _STEPS * len(values)).astype(int)]
    return found


def _mixed_gamma(shapes: Numbers, scales: Numbers, level: float) -> float:
    """The quantile of gamma distributions mixed in equal parts; one of shape 0 is all at 0."""
    from scipy.special import gammainc

    shape, scale = np.maximum(shapes, 1e-9), np.where(scales > 0, scales, 1)
    highest = float((scale * (shape + 12 * np.sqrt(shape) + 40)).max())
    return _solved(lambda x: np.where(shapes > 0, gammainc(shape, x / scale), 1), level, highest)


def _solved(chances: Callable[[float], npt.NDArray[np.float64]], level: float, highest: float) -> float:
    """Where the mean of the distributions' chances reaches `level`, between 0 and `highest`."""
    from scipy.optimize import brentq

    if chances(0.0).mean() >= level:
        return 0.0
    if chances(highest).mean() <= level:
        return highest
    return float(brentq(lambda x: float(chances(x).mean()) - level, 0.0, highest, xtol=1e-6 * highest))
