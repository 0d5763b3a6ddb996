"""A film → the frame that stands at a number, exactly: found by presentation times, decoded from a key frame on."""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""Red, green and blue, upright."""

_KEPT = 200_000_000
"""Bytes of decoded frames that are kept: stepping back must not decode all from the key frame each time."""
_TRIES = 3
"""Key frames to go back to where decoding from one does not give the frame."""
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
        """Seconds of each frame after the first one; known after `survey`."""
        self._stamps: list[int] = []
        self._keys: list[int] = []
        self._kept: OrderedDict[int, Any] = OrderedDict()
        self._container, self._stream = _opened(path)
        self._decoding = self._container.decode(self._stream)
        self._at: int | None = None
        first = self._next()
        if first is None:
            raise ValueError(f"{path} holds no frame that can be shown.")
        self._turns = round(float(first.rotation) / 90) % 4
        self.width, self.height = (first.width, first.height)[:: -1 if self._turns % 2 else 1]

    def survey(self, told: Callable[[float], None] = lambda _: None) -> None:
        """Find the time of each frame without decoding; `told` hears which share is done."""
        container, stream = _opened(self.path)
        base = Fraction(stream.time_base)
        stamps, keys, size = set(), set(), max(1, self.path.stat().st_size)
        with container:
            for number, packet in enumerate(container.demux(stream)):
                stamp = packet.pts if packet.pts is not None else packet.dts
                if stamp is None or packet.is_discard or self.ended:
                    continue
                stamps.add(stamp)
                if packet.is_keyframe:
                    keys.add(stamp)
                if number % 5000 == 4999:
                    told(min(1.0, (packet.pos or 0) / size))
        if not stamps:
            raise ValueError(f"{self.path} holds no frame that can be shown.")
        self._stamps, self._keys = sorted(stamps), sorted(keys)
        self.times = [float((stamp - self._stamps[0]) * base) for stamp in self._stamps]

    def picture(self, number: int, longest: int = 0) -> Picture:
        """One frame; of `longest` pixels at most along its longer side, unless that is 0.

        Raises ValueError where there is no such frame or it is damaged.
        """
        with self._gate:
            if not 0 <= number < len(self._stamps):
                raise ValueError(
                    f"{self.path.name} has {len(self._stamps):,} frames, and none with the number {number}."
                )
            frame = self._frame(number)
            scale = min(1.0, longest / max(frame.width, frame.height)) if longest else 1.0
            wide, high = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
            made: Picture = frame.reformat(wide, high, format="rgb24").to_ndarray()
        return np.ascontiguousarray(np.rot90(made, self._turns)) if self._turns else made

    def jpeg(self, number: int, longest: int = 0) -> bytes:
        """One frame as a JPEG."""
        import simplejpeg

        return bytes(simplejpeg.encode_jpeg(self.picture(number, longest), 88, "RGB", "420"))

    def close(self) -> None:
        """Let go of the file."""
        self.ended = True
        with self._gate:
            self._kept.clear()
            self._container.close()

    def _frame(self, number: int) -> Any:  # noqa: ANN401 - the library tells no types
        wanted = self._stamps[number]
        if wanted in self._kept:
            return self._kept[wanted]
        last = bisect_right(self._keys, wanted) - 1
        if self._at is not None and self._at < wanted and bisect_right(self._keys, self._at) - 1 == last:
            found = self._decoded_to(wanted)
            if found is not None:
                return found
        for key in range(last, max(last - _TRIES, -1), -1):
            found = self._decoded_from(self._keys[key], wanted)
            if found is not None:
                return found
        found = self._decoded_from(self._stamps[0], wanted)
        if found is None:
            raise ValueError(f"Frame {number} of {self.path.name} is damaged: it cannot be decoded.")
        return found

    def _decoded_from(self, key: int, wanted: int) -> Any:  # noqa: ANN401 - the library tells no types
        self._container.seek(key, stream=self._stream, backward=True, any_frame=False)
        self._decoding, self._at = self._container.decode(self._stream), None
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

        while True:
            try:
                frame = next(self._decoding)
            except StopIteration:
                self._at = None
                return None
            except av.error.EOFError:
                self._at = None
                return None
            except av.error.FFmpegError:
                self._decoding = self._container.decode(self._stream)
                continue
            self._at = frame.pts if frame.pts is not None else frame.dts
            if self._at is not None:
                self._keep(self._at, frame)
            return frame

    def _keep(self, stamp: int, frame: Any) -> None:  # noqa: ANN401 - the library tells no types
        self._kept[stamp] = frame
        while len(self._kept) > max(4, _KEPT // (frame.width * frame.height * 2)):
            self._kept.popitem(last=False)


def _opened(path: Path) -> tuple[Any, Any]:
    """The container and its first stream of pictures."""
    import av

    with path.open("rb"):
        pass  # a missing file is told by the system's own words
    try:
        container = av.open(str(path), options=_ONLY)
    except (av.error.FFmpegError, ValueError) as error:
        why = str(getattr(error, "strerror", None) or error)
        raise ValueError(f"{path} is no video that can be read: {why.strip(' .')}.") from error
    if not container.streams.video:
        container.close()
        raise ValueError(f"{path} holds no video, only {', '.join(s.type for s in container.streams) or 'nothing'}.")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    return container, stream
