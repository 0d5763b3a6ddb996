"""Films whose frames carry their number, and sounds of known sines, made for tests."""

from fractions import Fraction

import av
import numpy as np
import soundfile

WIDTH, HEIGHT, BITS = 320, 240, 10
RATE, HEARD = 32_000, 48_000


def film(path, times, codec="libx264", base=Fraction(1, 1000), beeps=(), sounds="aac"):
    """A film whose frames carry their number as light and dark bars, seen from these seconds on, and beep at others."""
    with av.open(str(path), "w") as out:
        heard = out.add_stream(sounds, rate=HEARD, layout="mono") if beeps else None
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = stream.time_base = base
        stream.codec_context.gop_size = 12
        for number, time in enumerate(times):
            bars = np.repeat([235 if number >> bit & 1 else 20 for bit in range(BITS)], WIDTH // BITS)
            picture = np.broadcast_to(bars[None, :, None], (HEIGHT, WIDTH, 3)).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = round(time / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if heard:
            _beep(out, heard, times[-1], beeps)


def _beep(out, stream, seconds, beeps):
    """A tenth of a second of 1000 Hz at each of these times."""
    time = np.arange(round(seconds * HEARD)) / HEARD
    on = np.any([(time >= beep) & (time < beep + 0.1) for beep in beeps], axis=0)
    wave = np.round(16_000 * np.sin(2 * np.pi * 1000 * time) * on).astype(np.int16)
    for first in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, first : first + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = HEARD, first, Fraction(1, HEARD)
        out.mux(stream.encode(frame))
    out.mux(stream.encode())


def number_of(picture):
    """The number that a frame carries."""
    light = np.asarray(picture, float).mean(axis=2).mean(axis=0).reshape(BITS, -1).mean(axis=1)
    return sum(int(one > 128) << bit for bit, one in enumerate(light))


def uneven(count, seed=3):
    """Times of frames at a rate that changes."""
    steps = np.random.default_rng(seed).integers(15, 120, size=count - 1)
    return [0.0, *(np.cumsum(steps) / 1000)]


def sound(path, seconds=20, channels=1, rate=RATE):
    """A sine of 1000 Hz at half the full scale, over a little noise; the second channel has 5000 Hz."""
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(1).normal(0, 1e-3, len(time))
    waves = [0.5 * np.sin(2 * np.pi * hertz * time) + noise for hertz in (1000, 5000)[:channels]]
    soundfile.write(path, np.stack(waves, axis=1), rate, "PCM_16")
