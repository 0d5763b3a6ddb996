"""A film → the frame that stands at a number, exactly: found by presentation times, decoded from a key frame on."""

import contextlib
import itertools
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from imagine_widgets.video.survey import Survey

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""Red, green and blue, upright."""

_KEPT = 200_000_000
"""Bytes of decoded frames that are kept: stepping back must not decode all from the key frame each time."""
_BACK = (0, 1, 2, 4, 8, 16)
"""Key frames to go back to where decoding from one does not give the frame: some files are found too late in."""
DAMAGED = 1000
"""Errors one after another after which nothing more is looked for."""
_EARLY = 10
"""Seconds before the first frame to which a file is sent to begin anew."""
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv,ogg,mxf,h264,hevc,dv,gif"
_ONLY = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
"""Playlists name other files and addresses: they are no films here."""


class Film:
    """The frames of a video file by their number, the first is 0. Threads may share it.

    Raises OSError or ValueError with a sentence that names the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._gate = threading.RLock()
        self.ended = False
        self.times: list[float] = []
        """Seconds of each frame after the first one; it grows while `survey` finds them."""
        self.is_surveyed = False
        self._kept: OrderedDict[int, Any] = OrderedDict()
        self._open()
        self.has_sound = any(one.type == "audio" for one in self._container.streams)
        self.seconds = _said_seconds(self._container, self._stream)
        """How long the film says it is: true or not, it is known before all frames are."""
        self._base = Fraction(self._stream.time_base)
        self._survey = Survey(self._container, self._stream)
        first = self._next()
        if first is None:
            raise ValueError(f"{path} holds no frame that can be shown.")
        self._turns = round(float(first.rotation) / 90) % 4
        self.width, self.height = (first.width, first.height)[:: -1 if self._turns % 2 else 1]

    @property
    def begin(self) -> float:
        """The time of the first frame as the file has it: what else is in the file counts from there."""
        return float(self._survey.stamps[0] * self._base) if self._survey.stamps else 0.0

    def survey(self, told: Callable[[float], None] = lambda _: None) -> None:
        """Find the time of each frame without decoding; `told` hears which share is done, and `times` are known so far.

        Raises ValueError where the file tells no times.
        """
        import av

        container, stream = opened(self.path)
        size = max(1, self.path.stat().st_size)

        def settled(byte: int) -> None:
            self._time()
            told(min(1.0, byte / size))

        with container, contextlib.suppress(av.error.FFmpegError):  # what is found before a damage stays
            self._survey.read(itertools.takewhile(lambda _: not self.ended, container.demux(stream)), settled)
        self._time()
        self.is_surveyed = True
        if not self.times:
            raise ValueError(f"{self.path} tells no times of its frames: put it, as it is, into an MP4 or MKV first.")

    def _time(self) -> None:
        """Seconds of the frames that were found since the last time."""
        stamps = self._survey.stamps
        self.times += [float((stamp - stamps[0]) * self._base) for stamp in stamps[len(self.times) :]]

    def picture(self, number: int, longest: int = 0) -> Picture:
        """One frame; of `longest` pixels at most along its longer side, unless that is 0.

        Raises ValueError where there is no such frame or it is damaged.
        """
        from av.video.reformatter import VideoReformatter

        with self._gate:
            count = len(self._survey.stamps)
            if not 0 <= number < count:
                raise ValueError(f"{self.path.name} has {count:,} frames, and none with the number {number}.")
            if not self._is_open:
                self._open()
            frame = self._frame(number)
        scale = min(1.0, longest / max(frame.width, frame.height)) if longest else 1.0
        wide, high = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        made: Picture = np.asarray(
            VideoReformatter().reformat(frame, wide, high, format="rgb24").to_ndarray(), np.uint8
        )
        return np.ascontiguousarray(np.rot90(made, self._turns)) if self._turns else made

    def jpeg(self, number: int, longest: int = 0) -> bytes:
        """One frame as a JPEG."""
        import simplejpeg

        return bytes(simplejpeg.encode_jpeg(self.picture(number, longest), 88, "RGB", "420"))

    def rest(self) -> None:
        """Let go of the file and of the frames that are kept, until somebody looks again."""
        with self._gate:
            self._kept.clear()
            self._container.close()
            self._is_open = False

    def close(self) -> None:
        """Let go of the file."""
        self.ended = True
        with self._gate:
            self._kept.clear()
            self._container.close()

    def _open(self) -> None:
        self._container, self._stream = opened(self.path)
        self._decoding = self._container.decode(self._stream)
        self._at: int | None = None
        self._turn = 0
        self._is_open = True

    def _frame(self, number: int) -> Any:  # noqa: ANN401 - the library tells no types
        keys, wanted = self._survey.keys, self._survey.stamps[number]
        if wanted in self._kept:
            return self._kept[wanted]
        last = bisect_right(keys, wanted) - 1
        if self._at is not None and self._at < wanted and bisect_right(keys, self._at) - 1 == last:
            found = self._decoded_to(wanted)
            if found is not None:
                return found
        for key in [keys[last - back] for back in _BACK if back <= last]:
            found = self._decoded_from(key, wanted)
            if found is not None:
                return found
        if last < _BACK[-1]:  # a seek to what lies before all frames begins at the first, whatever the file
            found = self._decoded_from(self._survey.stamps[0], wanted, round(_EARLY / self._base))
            if found is not None:
                return found
        raise ValueError(f"Frame {number} of {self.path.name} is damaged: it cannot be decoded.")

    def _decoded_from(self, key: int, wanted: int, early: int = 0) -> Any:  # noqa: ANN401 - the library tells no types
        self._container.seek(key - early, stream=self._stream, backward=True, any_frame=False)
        self._decoding, self._at = self._container.decode(self._stream), None
        self._turn = bisect_right(self._survey.stamps, key) - 1
        return self._decoded_to(wanted)

    def _decoded_to(self, wanted: int) -> Any:  # noqa: ANN401 - the library tells no types
        """The frame of that time, or None where decoding went past it."""
        while (frame := self._next()) is not None and self._at is not None:
            if self._at == wanted:
                return frame
            if self._at > wanted:
                return None
        return None

    def _next(self) -> Any:  # noqa: ANN401 - the library tells no types
        """The next frame in the order of time, over damaged ones; None at the end."""
        import av

        for _ in range(DAMAGED):
            try:
                frame = next(self._decoding)
            except (StopIteration, av.error.EOFError):
                break
            except av.error.FFmpegError:
                self._decoding = self._container.decode(self._stream)
                continue
            self._at = self._stamp(frame)
            if self._at is not None:
                self._keep(self._at, frame)
            return frame
        self._at = None
        return None

    def _stamp(self, frame: Any) -> int | None:  # noqa: ANN401 - the library tells no types
        if not self._survey.are_counted:
            found: int | None = frame.pts if frame.pts is not None else frame.dts
            return found
        stamps, turn = self._survey.stamps, self._turn
        self._turn += 1
        return stamps[turn] if turn < len(stamps) else None

    def _keep(self, stamp: int, frame: Any) -> None:  # noqa: ANN401 - the library tells no types
        self._kept[stamp] = frame
        while len(self._kept) > max(4, _KEPT // (frame.width * frame.height * 2)):
            self._kept.popitem(last=False)


def _said_seconds(container: Any, stream: Any) -> float:  # noqa: ANN401 - the library tells no types
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return 0.0 if container.duration is None else container.duration / 1_000_000


def opened(path: Path, kind: str = "video") -> tuple[Any, Any]:
    """The container and its first stream of pictures, or of `kind`. Raises OSError or ValueError with a sentence."""
    import av

    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path} any more.")
    try:
        container = av.open(str(path), options=_ONLY)
    except (av.error.FFmpegError, ValueError) as error:
        why = str(getattr(error, "strerror", None) or error)
        raise ValueError(f"{path} is no video that can be read: {why.strip(' .')}.") from error
    found = [one for one in container.streams if one.type == kind and not _is_cover(one)]
    if not found:
        held = ", ".join(sorted({one.type for one in container.streams if not _is_cover(one)})) or "nothing"
        container.close()
        raise ValueError(f"{path} holds no {kind}, only {held}.")
    stream: Any = found[0]
    if stream.codec_context is None:
        container.close()
        raise ValueError(
            f"The {kind} in {path} is encoded in a way that is not known here: convert it to H.264 and AAC."
        )
    stream.thread_type = "AUTO"
    return container, stream


def _is_cover(stream: Any) -> bool:  # noqa: ANN401 - the library tells no types
    """Whether it is the picture on the cover of a sound."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)
