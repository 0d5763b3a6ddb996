"""A film → the time of each of its frames and which of them are key frames, read without decoding, known bit by bit."""

from collections.abc import Callable, Iterable
from typing import Any

_FIRST, _STEP = 100, 2500
"""Packets after which what is known is told for the first time, and each time again."""
_COUNTED = {"h264", "hevc"}
"""Codecs whose frames are not seen in the order in which they are kept: an AVI has no times that would tell it."""


class Survey:
    """The stamps of a film's frames in the order in which they are seen; what is known stays as it is.

    Where frames `are_counted`, the file tells no times that can be trusted: the first frame that is decoded from a key
    frame on is that key frame, and so on.
    """

    def __init__(self, container: Any, stream: Any) -> None:  # noqa: ANN401 - the library tells no types
        self.stamps: list[int] = []
        self.keys: list[int] = []
        self.are_counted = container.format.name == "avi" and stream.codec_context.name in _COUNTED
        self._late: list[int] = []
        self._late_keys: list[int] = []

    def read(self, packets: Iterable[Any], told: Callable[[int], None]) -> None:
        """Go through all packets of the film; `told` hears now and then at which byte of the file it is."""
        for number, packet in enumerate(packets):
            stamp = packet.dts if self.are_counted or packet.pts is None else packet.pts
            if stamp is None or packet.is_discard:
                continue
            self._late.append(stamp)
            if packet.is_keyframe:
                self._late_keys.append(stamp)
            if number % _STEP == _FIRST and packet.dts is not None:
                self._settle(packet.dts)
                told(packet.pos or 0)
        self._settle(None)

    def _settle(self, decoded: int | None) -> None:
        """No frame that comes later is seen before the moment at which the last one is decoded."""
        for known, late in ((self.stamps, self._late), (self.keys, self._late_keys)):
            last = known[-1] if known else None
            new = {one for one in late if last is None or one > last}
            known.extend(sorted(one for one in new if decoded is None or one < decoded))
            late[:] = [one for one in new if decoded is not None and one >= decoded]
