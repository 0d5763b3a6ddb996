"""The sound of a film → its numbers, a stretch at a time, counted from the film's first frame on."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from imagine_widgets.sound.source import Wave
from imagine_widgets.video.film import DAMAGED, opened

_BACK = (0.5, 5.0, 60.0)
"""Seconds before what is wanted at which decoding begins; some files are found too late in."""
_JUMP = 0.1
"""Seconds: times that differ less are rounded ones, and the sound goes on without a gap."""


class Soundtrack:
    """What is heard of a film of so many `seconds`, all channels as one. Threads may share it.

    `begin` is the time of the film's first frame as the file has it. Raises OSError or ValueError with a sentence, also
    where the film has no sound.
    """

    is_coarse = True

    def __init__(self, path: Path, begin: float, seconds: float) -> None:
        self._gate = threading.Lock()
        self._container, self._stream = opened(path, "audio")
        self._begin = begin
        self.rate = int(self._stream.rate)
        self.seconds = seconds
        self.moments = round(seconds * self.rate)
        self._coming: Iterator[tuple[int, Wave]] = iter(())
        self._held: Wave = np.zeros(0, np.float32)
        self._from = -(1 << 62)  # nowhere yet

    def wave(self, start: int, stop: int, channel: int = 0) -> Wave:  # noqa: ARG002 - all channels are heard as one
        """The numbers from moment `start` up to `stop`, silence where the film has no sound."""
        wave: Wave = np.zeros(max(0, stop - start), np.float32)
        with self._gate:
            if not self._from <= start <= self._from + len(self._held):
                self._seek(start)
            self._read_to(stop)
            first, last = max(start, self._from), min(stop, self._from + len(self._held))
            if first < last:
                wave[first - start : last - start] = self._held[first - self._from : last - self._from]
            self._held, self._from = self._held[max(0, last - self._from) :], max(last, self._from)
        return wave

    def close(self) -> None:
        """Let go of the file."""
        with self._gate:
            self._container.close()

    def _seek(self, start: int) -> None:
        self._held = np.zeros(0, np.float32)
        for back in _BACK:
            time = start / self.rate + self._begin - back
            self._container.seek(round(time / self._stream.time_base), stream=self._stream, backward=True)
            self._coming = self._stretches()
            self._from, self._held = next(self._coming, (start, self._held))
            if self._from <= start:
                return

    def _read_to(self, stop: int) -> None:
        """Have the numbers up to a moment."""
        parts, end = [self._held], self._from + len(self._held)
        while end < stop:
            at, wave = next(self._coming, (stop, None))
            silence = at - end if abs(at - end) > _JUMP * self.rate else 0
            if wave is None or silence < 0:
                break
            parts += [np.zeros(silence, np.float32), wave]
            end += silence + len(wave)
        self._held = np.concatenate(parts)

    def _stretches(self) -> Iterator[tuple[int, Wave]]:
        """What is decoded from here on, each with the moment at which it begins; what is damaged is left out."""
        import av

        plain = av.AudioResampler(format="fltp")
        decoding = self._container.decode(self._stream)
        errors = 0
        while errors < DAMAGED:
            try:
                frame = next(decoding)
            except (StopIteration, av.error.EOFError):
                return
            except av.error.FFmpegError:
                errors += 1
                decoding = self._container.decode(self._stream)
                continue
            errors = 0
            if frame.pts is not None:
                at = round((float(frame.pts * frame.time_base) - self._begin) * self.rate)
                yield at, _mixed(plain.resample(frame))


def _mixed(frames: list[Any]) -> Wave:
    waves = [np.asarray(frame.to_ndarray(), np.float32).mean(axis=0) for frame in frames]
    return np.nan_to_num(np.concatenate(waves)) if waves else np.zeros(0, np.float32)
