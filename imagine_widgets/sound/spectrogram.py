"""Sound → levels by time and frequency, in tiles: each level of tiles shows twice the time of the one below.

A level is in decibels re a sine of full scale: 0 dB is the loudest sine that the file can hold. A window is weighted as
Hann has it. Where a column stands for more windows than `_WINDOWS`, so many of them, spread evenly, tell their mean.
"""

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from imagine_widgets.sound.source import Source

Levels = np.ndarray[tuple[int, int], np.dtype[np.float32]]
"""Decibels by frequency, lowest first, and time."""

COLUMNS = 256
"""Of a tile."""
LOWEST, HIGHEST = -150.0, 0.0
"""What the darkest and the brightest grey of a tile stand for."""
_WINDOWS = 8
_LONG = 1 << 16
"""Moments that the windows of a column have together at most: longer windows take longer."""
OVERLAPS = (0.5, 0.75, 0.875)
"""Shares of a window that the next one may have in common with it."""
_AT_ONCE = 1 << 19
"""Numbers whose spectra are made at a time."""


@dataclass(frozen=True)
class Spectrogram:
    """The spectrogram of a sound; a `window` has so many moments, a power of two, and shares `overlap` of them."""

    source: Source
    window: int = 1024
    overlap: float = 0.75

    def __post_init__(self) -> None:
        if self.window not in {1 << power for power in range(6, 16)}:
            raise ValueError(f"A window has 64 to 32768 moments, a power of two, not {self.window!r}.")
        if self.overlap not in OVERLAPS:
            raise ValueError(f"Windows overlap by one of {OVERLAPS}, not {self.overlap!r}.")

    @property
    def hop(self) -> int:
        """Moments from a window to the next."""
        return round(self.window * (1 - self.overlap))

    @property
    def bins(self) -> int:
        """How many frequencies there are, from 0 to half the rate."""
        return self.window // 2 + 1

    @property
    def top(self) -> int:
        """The level at which one tile shows everything."""
        return max(0, math.ceil(math.log2(self.source.moments / (self.hop * COLUMNS))))

    def frequency(self, row: float) -> float:
        """The hertz of a row."""
        return row * self.source.rate / self.window

    def tile(self, level: int, index: int, channel: int = 0) -> Levels:
        """The decibels of one tile. Raises ValueError where there is none."""
        stretch = self.hop << max(level, 0)
        first = index * COLUMNS * stretch
        if not (0 <= level <= self.top and 0 <= channel < self.source.channels and 0 <= first < self.source.moments):
            raise ValueError(f"There is no tile {index} at level {level} of channel {channel}.")
        columns = min(COLUMNS, -(-(self.source.moments - first) // stretch))
        each = min(1 << level, _WINDOWS, max(2, _LONG // self.window))
        centres = first + ((np.arange(columns * each) + 0.5) * (stretch / each)).astype(np.int64)
        step = max(1, _AT_ONCE // (each * self.window))
        some = [self._powers(centres[at * each : (at + step) * each], channel) for at in range(0, columns, step)]
        power = np.concatenate([one.reshape(-1, each, self.bins).mean(axis=1) for one in some])
        levels: Levels = 10 * np.log10(np.maximum(power, 1e-20)).T
        return levels

    def grey(self, level: int, index: int, channel: int = 0) -> bytes:
        """One tile as a JPEG, the lowest frequency first: black is `LOWEST`, white `HIGHEST`."""
        import simplejpeg

        share = np.clip((self.tile(level, index, channel) - LOWEST) / (HIGHEST - LOWEST), 0, 1)
        bytes_ = np.ascontiguousarray(np.round(255 * share).astype(np.uint8)[:, :, None])
        return bytes(simplejpeg.encode_jpeg(bytes_, 92, "GRAY"))

    def contrast(self, channel: int = 0) -> tuple[float, float]:
        """The decibels that are drawn darkest and brightest at first."""
        levels = self.tile(self.top, 0, channel)
        heard = levels[levels > LOWEST]  # silence that stands for what a file lacks tells nothing
        low, high = np.percentile(heard, (40, 99.9)) if len(heard) else (LOWEST, HIGHEST)
        low = float(np.clip(low, LOWEST, HIGHEST - 10))
        return round(low), round(float(np.clip(high, low + 10, HIGHEST)))

    def _powers(self, centres: "np.ndarray[Any, np.dtype[np.int64]]", channel: int) -> "np.ndarray[Any, Any]":
        """The power at each frequency in the windows around these moments, which rise."""
        from scipy import fft

        half, shape = self.window // 2, _hann(self.window)
        found = np.abs(fft.rfft(self._waves(centres - half, channel) * shape, axis=1)) * (2 / shape.sum())
        found[:, [0, -1]] /= 2
        return np.asarray(np.square(found))

    def _waves(self, starts: "np.ndarray[Any, np.dtype[np.int64]]", channel: int) -> "np.ndarray[Any, Any]":
        """Windows from these moments on: read at once where they touch, else one by one."""
        first, last = int(starts[0]), int(starts[-1]) + self.window
        if last - first <= len(starts) * self.window:
            wave = self.source.wave(first, last, channel)
            return np.asarray(wave[(starts - first)[:, None] + np.arange(self.window)])
        return np.stack([self.source.wave(int(one), int(one) + self.window, channel) for one in starts])


@functools.cache
def _hann(window: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
    from scipy.signal import get_window

    return np.asarray(get_window("hann", window), np.float32)
