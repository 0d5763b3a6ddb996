"""Picture → what an object's texture is like at every scale, however it is turned: wavelet scattering."""

import functools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from imagine_kernels.features.contrast import Floats, contrast, middle
from imagine_kernels.features.particle import Grey

SIDE = 64
"""Pixels of the square around the object's middle; what lies beyond is not looked at."""
SCALES = 4
ANGLES = 6
_SLANT = 0.5
_NEAR = (4.0, 10.0, 24.0)
"""Pixels: how far the windows reach in which a wavelet's answers are averaged, beside the whole square."""
_NOISE = 0.09
_FAINTEST = 1e-4
COUNT = (len(_NEAR) + 1) * (2 * SCALES + SCALES * (SCALES - 1) // 2 * (ANGLES // 2 + 1))
_Spectrum = npt.NDArray[np.complex64]


class Bank(NamedTuple):
    """Of each scale: the spectra of its wavelets (angles, n, n), and the windows (4, n, n) that average answers."""

    wavelets: tuple[_Spectrum, ...]
    windows: tuple[npt.NDArray[np.float32], ...]


def texture(picture: Grey) -> npt.NDArray[np.float32]:
    """The `COUNT` features of the object's brightness in a grey (H, W) or colour (H, W, 3) picture.

    Colours stay out: they tell one lamp from another.
    """
    seen = contrast(picture)
    y, x, _ = middle(seen.amount, _NOISE)
    return np.array(scattering(seen.signed.mean(axis=2), y, x), np.float32)


def scattering(signed: Floats, y: float, x: float) -> list[float]:
    """Logarithms of the mean strength of wavelets around (y, x), and of wavelets of these strengths (Mallat 2012).

    Answers of the first order are told by scale, mean and spread over the angles; of the second by two scales and the
    angle between them: turning or mirroring the object changes nothing. Bruna and Mallat 2013, arXiv:1203.1513.
    """
    bank, found = _bank(), []
    whole = fft.fft2(_cut(signed, y, x))
    for scale in range(SCALES):
        first = np.abs(fft.ifft2(_low(whole, _side(scale)) * bank.wavelets[scale]))
        strength = _averaged(first, bank.windows[scale])
        found += [strength.mean(axis=0), strength.std(axis=0)]
        again = fft.fft2(first)
        for coarser in range(scale + 1, SCALES):
            answers = _low(again, _side(coarser))[:, None] * bank.wavelets[coarser]
            second = _averaged(np.abs(fft.ifft2(answers)), bank.windows[coarser])
            found += list(_between(second))
    told: list[float] = np.log(np.concatenate(found) + _FAINTEST).tolist()
    return told


def _between(strength: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The mean strength (angles, angles, windows) by the angle between both wavelets, none to a right one."""
    turned = np.stack([np.roll(row, -number, axis=0) for number, row in enumerate(strength)]).mean(axis=0)
    half = ANGLES // 2
    folded: npt.NDArray[np.float32] = (turned[: half + 1] + turned[-np.arange(half + 1)]) / 2
    return folded


def _averaged(strength: npt.NDArray[np.float32], windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(..., n, n) → (..., windows)."""
    found: npt.NDArray[np.float32] = strength.reshape(*strength.shape[:-2], -1) @ windows.reshape(len(windows), -1).T
    return found


def _cut(signed: Floats, y: float, x: float) -> npt.NDArray[np.float32]:
    """The square around (y, x), beyond the picture no contrast."""
    canvas = np.zeros((SIDE, SIDE), np.float32)
    height, width = signed.shape
    top, left = round(SIDE / 2 - y - 0.5), round(SIDE / 2 - x - 0.5)
    rows = slice(max(0, top), max(0, min(SIDE, top + height)))
    columns = slice(max(0, left), max(0, min(SIDE, left + width)))
    canvas[rows, columns] = signed[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return canvas


def _side(scale: int) -> int:
    """Pixels that suffice for the answers of a scale: they vary the more slowly the coarser it is."""
    return SIDE >> max(0, scale - 1)


def _low(spectrum: _Spectrum, side: int) -> _Spectrum:
    """The spectrum (..., n, n) of the same picture at `side` pixels."""
    size = spectrum.shape[-1]
    if side == size:
        return spectrum
    kept = np.r_[: side // 2, size - side // 2 : size]
    found: _Spectrum = spectrum[..., kept[:, None], kept] * (side / size) ** 2
    return found


@functools.cache
def _bank() -> Bank:
    wavelets = [
        np.stack([_low(_wavelet(scale, math.pi * angle / ANGLES), _side(scale)) for angle in range(ANGLES)])
        * (SIDE / _side(scale)) ** 2
        for scale in range(SCALES)
    ]
    return Bank(tuple(wavelets), tuple(_windows(_side(scale)) for scale in range(SCALES)))


def _wavelet(scale: int, angle: float) -> _Spectrum:
    """The spectrum of a Morlet wavelet: a wave under a Gaussian, its mean taken away."""
    sigma, wave = 0.8 * 2**scale, 0.75 * math.pi / 2**scale
    y, x = np.meshgrid(*[fft.fftfreq(SIDE, 1 / SIDE)] * 2, indexing="ij")
    along, across = math.cos(angle) * x + math.sin(angle) * y, math.cos(angle) * y - math.sin(angle) * x
    hill = np.exp(-(along**2 + (across * _SLANT) ** 2) / (2 * sigma**2))
    carried = hill * np.exp(1j * wave * along)
    carried -= hill * (carried.sum() / hill.sum())
    spectrum: _Spectrum = fft.fft2(carried * (_SLANT / (2 * math.pi * sigma**2))).astype(np.complex64)
    return spectrum


def _windows(side: int) -> npt.NDArray[np.float32]:
    """Gaussians around the middle, each of sum 1, and the whole square, where the object is a sixteenth of it."""
    far = (np.arange(side) * SIDE / side - (SIDE - 1) / 2) ** 2
    hills = [np.exp(-(far[:, None] + far) / (2 * reach**2)) for reach in _NEAR]
    near = [hill / hill.sum() for hill in hills]
    return np.stack([*near, np.full((side, side), 16 / side**2)]).astype(np.float32)
