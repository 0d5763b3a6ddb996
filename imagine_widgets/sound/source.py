"""A sound file of any length → its numbers, a stretch at a time; what cannot be read is a sentence."""

import threading
from pathlib import Path
from typing import Any

import numpy as np

Wave = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
"""Numbers of one channel; 1.0 is the full scale of the file."""

COARSE = frozenset({"PCM_16", "PCM_U8", "PCM_S8", "ULAW", "ALAW"})
"""Kinds of numbers that 16 bits hold."""


class Source:
    """The sound in a file: WAV, FLAC and what else libsndfile reads. Threads may share it.

    Raises OSError or ValueError with a sentence that names the file.
    """

    def __init__(self, path: Path) -> None:
        import soundfile

        self.path = path
        self._gate = threading.Lock()
        with path.open("rb"):
            pass  # a missing file is told by the system's own words
        try:
            self._file: Any = soundfile.SoundFile(path)
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{path} is no sound that can be read: {error.error_string.strip(' .')}.") from error
        self.rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.moments = int(self._file.frames)
        self.is_coarse = self._file.subtype in COARSE
        if self.moments <= 0:
            raise ValueError(f"{path} holds no sound: it lasts 0 seconds.")

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.moments / self.rate

    def wave(self, start: int, stop: int, channel: int = 0) -> Wave:
        """The numbers from moment `start` up to `stop`, silence where the file has none."""
        import soundfile

        wave: Wave = np.zeros(max(0, stop - start), np.float32)
        first, last = max(0, start), min(stop, self.moments)
        if first >= last:
            return wave
        with self._gate:
            try:
                self._file.seek(first)
                read = self._file.read(last - first, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise ValueError(
                    f"{self.path} is damaged at {first / self.rate:.1f} s: {error.error_string}"
                ) from error
        wave[first - start : first - start + len(read)] = np.nan_to_num(read[:, channel])
        return wave

    def close(self) -> None:
        """Let go of the file."""
        with self._gate:
            self._file.close()
