"""Small pictures for a widget: made when somebody looks, kept while there is room, with a reason where one fails."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imagine_kernels.records import Sample
from imagine_widgets.failures import sentence

Make = Callable[[Sample, int], bytes]
"""A sample and the longest side in pixels → the bytes of a JPEG, PNG or WebP."""

SIDE = 208
"""Pixels: twice the usual size on the page, for screens with fine pixels."""
_ROOM = 3000
_SIGNS = {"nanometer": "nm", "micrometer": "µm", "millimeter": "mm", "centimeter": "cm", "meter": "m"}


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """The bytes of a small picture; empty where it could not be made, then `why` says it."""

    data: bytes
    why: str = ""

    @property
    def media_type(self) -> str:
        """What the bytes are, by their first ones."""
        if self.data.startswith(b"\x89PNG"):
            return "image/png"
        return "image/webp" if self.data[8:12] == b"WEBP" else "image/jpeg"


class Thumbnails:
    """The small pictures of `samples`, by row."""

    def __init__(self, samples: Sequence[Sample], make: Make | None) -> None:
        self._samples, self._make = samples, make
        self._kept: OrderedDict[int, Thumbnail] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, row: int) -> Thumbnail:
        """The thumbnail of one row, made now if it is not at hand."""
        with self._lock:
            kept = self._kept.get(row)
            if kept is not None:
                self._kept.move_to_end(row)
                return kept
        made = self.make(row, SIDE)
        with self._lock:
            self._kept[row] = made
            while len(self._kept) > _ROOM:
                self._kept.popitem(last=False)
        return made

    def forget(self) -> None:
        """Nobody looks any more: they are made again for whoever comes."""
        with self._lock:
            self._kept.clear()

    def make(self, row: int, side: int) -> Thumbnail:
        """A picture of one row with its longest side at most `side` pixels. Not kept."""
        make = self._make or _default()
        try:
            return Thumbnail(bytes(make(self._samples[row], side)))
        except Exception as error:  # noqa: BLE001  # any function may be given: its error stands in the picture's place
            return Thumbnail(b"", sentence(error))


def readable(sample: Sample) -> str:
    """What a person reads of a sample: its file, or its id where it was cut out of a file; no signs of control."""
    name = sample.uri.rpartition("/")[2] if sample.crop is None else sample.id
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in name)


def unit(name: str) -> str:
    """A unit of length as people write it: "µm" for micrometer."""
    return _SIGNS.get(name, name)


def _default() -> Make:
    from imagine_kernels.images import MAX_PIXELS, thumbnail

    def make(sample: Sample, side: int) -> bytes:
        if sample.crop is not None or sample.width * sample.height <= MAX_PIXELS:
            return thumbnail(sample, side)
        return _rough(sample, side)

    return make


def _rough(sample: Sample, side: int) -> bytes:
    """Of a picture too large to be decoded whole: what the labeler shows of it first."""
    from imagine_widgets.tiles import SIDE as LARGEST
    from imagine_widgets.tiles import Tiles

    tiles = Tiles(sample)
    tiles.ended = True  # nobody waits for its better overview
    return tiles.tile(min(tiles.deepest, math.ceil(math.log2(min(side, LARGEST)))), 0, 0)
