"""A stretch of sound → a WAV that a browser plays, whole or only a band of it, slower or faster."""

import io
from typing import Protocol

import numpy as np

from imagine_widgets.sound.source import Wave

LONGEST = 20.0
"""Seconds in one answer."""
SLOWEST, FASTEST = 0.01, 20.0
"""How much slower and faster than it was a sound is played."""
_ORDER = 4
_LEAST, _MOST = 8000, 192_000
"""Numbers a second that every browser takes."""
_MARGIN = 1.0
"""Seconds before and after that are worked on too, so that a stretch begins and ends without a click."""


class Heard(Protocol):
    """What can be played: a sound file, or the sound of a film."""

    rate: int
    moments: int
    is_coarse: bool

    @property
    def seconds(self) -> float:
        """How long it lasts."""

    def wave(self, start: int, stop: int, channel: int = 0) -> Wave:
        """The numbers from moment `start` up to `stop`."""


def wav(
    heard: Heard,
    start: float,
    end: float,
    band: tuple[float, float] | None = None,
    channel: int = 0,
    speed: float = 1.0,
) -> bytes:
    """The seconds from `start` to `end` as a WAV file; of `band`, only those hertz.

    At another `speed` every frequency becomes that many times higher: at a tenth of the speed what sounds at 100 kHz is
    heard at 10, and nothing that was recorded gets lost. Raises ValueError with a sentence for what cannot be played.
    """
    import soundfile

    if not 0 <= start < end <= start + LONGEST or start >= heard.seconds:
        raise ValueError(f"From {start:g} to {end:g} s there is nothing to play, or too much at once.")
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"A sound is played {SLOWEST:g} to {FASTEST:g} times as fast as it was, not {speed:g} times.")
    first, last = round(start * heard.rate), min(round(end * heard.rate), heard.moments)
    rate = round(heard.rate * speed)
    up, down = max(1, -(-_LEAST // rate)), max(1, -(-rate // _MOST))
    margin = down * round(_MARGIN * heard.rate / down) if band or up != down else 0
    wave = heard.wave(first - margin, last + margin, channel)
    if band:
        wave = only(wave, heard.rate, *band)
    told = io.BytesIO()
    kind = "PCM_16" if heard.is_coarse else "FLOAT"
    found = _at_rate(wave, up, down)[margin * up // down :][: -(-(last - first) * up // down)]
    soundfile.write(told, np.clip(found, -1, 1), round(rate * up / down), kind, format="WAV")
    return told.getvalue()


def _at_rate(wave: Wave, up: int, down: int) -> Wave:
    from scipy.signal import resample_poly

    return wave if up == down else np.asarray(resample_poly(wave, up, down), np.float32)


def only(wave: Wave, rate: int, low: float, high: float) -> Wave:
    """The part of a wave between two frequencies (Butterworth, run both ways: nothing is shifted in time)."""
    from scipy.signal import butter, sosfiltfilt

    top = rate / 2
    low, high = max(0.0, low), min(high, top)
    if low >= high:
        raise ValueError(f"There is no band from {low:g} to {high:g} Hz in a sound of {rate} numbers a second.")
    if low < 1e-4 * top and high > 0.999 * top:
        return wave
    if low < 1e-4 * top:
        filtered = sosfiltfilt(butter(_ORDER, high / top, "lowpass", output="sos"), wave)
    elif high > 0.999 * top:
        filtered = sosfiltfilt(butter(_ORDER, low / top, "highpass", output="sos"), wave)
    else:
        filtered = sosfiltfilt(butter(_ORDER, (low / top, high / top), "bandpass", output="sos"), wave)
    return np.asarray(filtered, np.float32)
