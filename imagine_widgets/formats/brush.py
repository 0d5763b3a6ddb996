"""Label Studio's run lengths of a painted region: four values a pixel (RGBA) along the rows, packed to the bit.

A head says how many values there are, how wide one is, and how wide the four kinds of lengths are; then come runs, each
a bit (one value again and again, or values each their own), the kind of its length, the length less one, and values.
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from imagine_kernels.images import masks
from imagine_kernels.shapes import Mask

MOST_PIXELS = 2**28
_CHANNELS = 4
_ALPHA = 3
_WIDTHS = (3, 4, 8, 16)
_LONGEST = 2**16


def encode(mask: Mask, width: int, height: int) -> list[int] | None:
    """What of the mask lies within the picture; None where nothing does. No array of the picture's size is made."""
    rows = masks.runs(masks.decode(mask)) + np.array([mask.y, mask.x, mask.x])
    rows = rows[(rows[:, 0] >= 0) & (rows[:, 0] < height)].clip(0, (height, width, width))
    starts, stops = rows[:, 0] * width + rows[:, 1], rows[:, 0] * width + rows[:, 2]
    within = starts < stops
    if not within.any() or width * height > MOST_PIXELS:
        return None
    turns = np.stack([starts[within], stops[within]], axis=1).ravel()
    lengths = np.diff(turns, prepend=0, append=width * height) * _CHANNELS
    head = f"{width * height * _CHANNELS:032b}{8 - 1:05b}" + "".join(f"{size - 1:04b}" for size in _WIDTHS)
    values = itertools.cycle(("00000000", "11111111"))
    runs = (run for length, value in zip(lengths.tolist(), values, strict=False) for run in _runs(length, value))
    bits = head + "".join(runs)
    bits += "0" * (-len(bits) % 8)
    return list(int(bits, 2).to_bytes(len(bits) // 8, "big"))


def _runs(length: int, value: str) -> Iterator[str]:
    while length > 0:
        part = min(length, _LONGEST)
        kind = next(number for number, size in enumerate(_WIDTHS) if part <= 2**size)
        yield f"1{kind:02b}{part - 1:0{_WIDTHS[kind]}b}{value}"
        length -= part


def decode(rle: Sequence[int], width: int, height: int) -> Mask | None:
    """The pixels that are painted at all; None where none are. Raises ValueError with a sentence."""
    if width * height > MOST_PIXELS:
        raise ValueError(f"a painted region of {width} x {height} pixels is too large to be read.")
    bits = _Bits(bytes(rle))
    total, size = bits.number(32), bits.number(5) + 1
    if total != width * height * _CHANNELS or size != 8:
        raise ValueError(f"its painted pixels do not fill {width} x {height}.")
    widths = [bits.number(4) + 1 for _ in range(4)]
    inside = np.zeros(width * height, np.bool_)
    at = 0
    while at < total:
        same = bits.number(1)
        stop = min(at + 1 + bits.number(widths[bits.number(2)]), total)
        first, last = at // _CHANNELS, stop // _CHANNELS  # the pixels whose fourth value is among these
        if same:
            inside[first:last] |= bits.number(8) > 0
        else:
            values = bits.octets(stop - at)
            inside[first:last] |= values[(_ALPHA - at) % _CHANNELS :: _CHANNELS] > 0
        at = stop
    return masks.encode(inside.reshape(height, width))


class _Bits:
    """Bits from the highest of each byte on."""

    def __init__(self, data: bytes) -> None:
        self.bits = np.unpackbits(np.frombuffer(data, np.uint8))
        self.text = self.bits.tobytes().translate(bytes.maketrans(b"\0\1", b"01"))
        self.at = 0

    def number(self, size: int) -> int:
        found = self.text[self.at : self.at + size]
        if len(found) < size:
            raise ValueError("its painted pixels break off.")
        self.at += size
        return int(found, 2)

    def octets(self, count: int) -> npt.NDArray[np.uint8]:
        found = self.bits[self.at : self.at + 8 * count]
        if len(found) < 8 * count:
            raise ValueError("its painted pixels break off.")
        self.at += 8 * count
        return np.packbits(found)
