"""A sound file of any length → its numbers, a stretch at a time; what cannot be read is a sentence."""

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Wave = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
"""Numbers of one channel; 1.0 is the full scale of the file."""

COARSE = frozenset({"PCM_16", "PCM_U8", "PCM_S8", "ULAW", "ALAW"})
"""Kinds of numbers that 16 bits hold."""


class Source:
    """The sound in a file: WAV, FLAC and what else libsndfile reads. Threads may share it.

    `told` hears a sentence once where the file is not what it says it is: silence stands for what is missing.
    Raises OSError or ValueError with a sentence that names the file.
    """

    def __init__(self, path: Path, told: Callable[[str], None] = lambda _: None) -> None:
        self.path = path
        self._told, self._said = told, set[str]()
        self._gate = threading.Lock()
        self._file = self._opened()
        self.rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.moments = int(self._file.frames)
        self.is_coarse = self._file.subtype in COARSE
        if self.moments <= 0:
            raise ValueError(f"{path} holds no sound: it lasts 0 seconds.")
        claimed = re.search(r"^ *data *: (\d+) \(should be (\d+)\)", self._file.extra_info, re.MULTILINE)
        if claimed and int(claimed[1]) > int(claimed[2]):
            whole = self.seconds * int(claimed[1]) / max(1, int(claimed[2]))
            told(f"{path} is cut short: it says that it lasts {whole:,.1f} s, and {self.seconds:,.1f} s are there.")

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
            if self._file.closed:
                self._file = self._opened()  # nobody looked for a while
            try:
                self._file.seek(first)
                read = self._file.read(last - first, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:
                self._file.close()
                self._file = self._opened()  # one that failed once finds nothing any more
                self._tell("is damaged or cut short", first)
                return wave
        if len(read) < last - first:
            self._tell("is damaged or cut short", first + len(read))
        heard = read[:, channel]
        if not np.isfinite(heard).all():
            self._tell("holds numbers that are none (NaN or infinite)", first + int(np.argmin(np.isfinite(heard))))
            heard = np.nan_to_num(heard, posinf=1.0, neginf=-1.0)
        wave[first - start : first - start + len(read)] = heard
        return wave

    def _opened(self) -> Any:  # noqa: ANN401 - the library tells no types
        import soundfile

        if not self.path.is_file():
            raise FileNotFoundError(f"There is no file {self.path} any more.")
        try:
            return soundfile.SoundFile(self.path)
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{self.path} is no sound that can be read: {error.error_string.strip(' .')}.") from error

    def _tell(self, what: str, moment: int) -> None:
        if what not in self._said:
            self._said.add(what)
            self._told(f"{self.path} {what}, first seen at {moment / self.rate:.1f} s: silence stands for it.")

    def close(self) -> None:
        """Let go of the file."""
        with self._gate:
            self._file.close()
