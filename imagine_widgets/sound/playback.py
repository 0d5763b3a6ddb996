"""A stretch of sound → a WAV that a browser plays, whole or only a band of it."""

import io

import numpy as np

from imagine_widgets.sound.source import Source, Wave

LONGEST = 20.0
"""Seconds in one answer."""
_ORDER = 4
_SLOWEST, _FASTEST = 8000, 192_000
_MARGIN = 1.0
"""Seconds before and after that are filtered too, so that the band begins and ends without a click."""


def wav(source: Source, start: float, end: float, band: tuple[float, float] | None = None, channel: int = 0) -> bytes:
    """The seconds from `start` to `end` as a WAV file; of `band`, only those hertz.

    Raises ValueError with a sentence for what cannot be played.
    """
    import soundfile

    if not 0 <= start < end <= start + LONGEST or start >= source.seconds:
        raise ValueError(f"From {start:g} to {end:g} s there is nothing to play, or too much at once.")
    first, last = round(start * source.rate), min(round(end * source.rate), source.moments)
    margin = round(_MARGIN * source.rate) if band else 0
    wave = source.wave(first - margin, last + margin, channel)
    if band:
        wave = only(wave, source.rate, *band)[margin : len(wave) - margin]
    told = io.BytesIO()
    kind = "PCM_16" if source.is_coarse else "FLOAT"
    soundfile.write(told, *_playable(np.clip(wave, -1, 1), source.rate), kind, format="WAV")
    return told.getvalue()


def _playable(wave: Wave, rate: int) -> tuple[Wave, int]:
    """The wave at a rate that every browser takes."""
    from scipy.signal import resample_poly

    up, down = max(1, -(-_SLOWEST // rate)), max(1, -(-rate // _FASTEST))
    if up == down:
        return wave, rate
    return np.asarray(resample_poly(wave, up, down), np.float32), round(rate * up / down)


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
