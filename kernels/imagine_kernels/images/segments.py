"""A TIFF of any size → any part of it: only the tiles or strips that the part touches are read, some are kept."""

import math
import threading
from collections.abc import Iterator
from typing import IO

import numpy as np
from cachetools import LRUCache

from imagine_kernels.images import tiff
from imagine_kernels.images.tiff import Array, RefusedError

LARGEST = 512 * 2**20
"""Bytes. A tile or strip that unpacks to more is not read: a scan packed as one strip needs all its memory."""
_KEPT = 64 * 2**20
"""Bytes of unpacked segments that stay in memory; more where one row of tiles needs more."""
_JPEG_TABLES = 347


class Segments:
    """The first page of an open TIFF. `read` gives stored numbers: `width`, `height` are not turned upright yet."""

    def __init__(self, file: IO[bytes], *, any_kind: bool = False) -> None:
        self.page, self.turn = tiff.first_page(file)
        self.file, self.negative = file, tiff.is_negative(self.page)
        self.width, self.height = int(self.page.imagewidth), int(self.page.imagelength)
        kind = self.page.dtype
        if kind is None or (kind not in (np.uint8, np.uint16, np.bool_) and not any_kind):
            raise RefusedError(
                f"holds numbers of the kind {kind}, not grey levels of 8 or 16 bits. Save it with these."
            )
        self.kind = np.dtype(kind)
        tiled = self.page.is_tiled
        self.tall = int(self.page.tilelength if tiled else min(self.page.rowsperstrip, self.height))
        self.wide = int(self.page.tilewidth if tiled else self.width)
        self.planes = int(self.page.samplesperpixel) if self.page.planarconfig == tiff.PLANES_APART else 1
        self.samples = int(self.page.samplesperpixel) // self.planes
        self.across, self.down = math.ceil(self.width / self.wide), math.ceil(self.height / self.tall)
        self._plain = not tiled and self.page.compression == self.page.predictor == self.page.fillorder == 1
        self._plain = self._plain and self.page.bitspersample == 8 * self.kind.itemsize
        segment = self.wide * self.tall * self.samples * self.kind.itemsize
        if segment > LARGEST and not self._plain:
            what = f"{self.wide} × {self.tall} pixels that unpack to {segment / 2**20:,.0f} MB"
            raise RefusedError(f"is packed in pieces of {what}. Save it as a TIFF of tiles (512 × 512 or so).")
        room = max(_KEPT, min(segment * self.across * self.planes, LARGEST))
        self._kept: LRUCache[int, Array] = LRUCache(room, getsizeof=lambda array: array.nbytes)
        self._gate = threading.Lock()

    def read(self, x: int, y: int, width: int, height: int) -> Array:
        """The part as (height, width) or (height, width, samples), palettes looked up; it must lie inside."""
        found = np.zeros((height, width, self.planes * self.samples), self.kind)
        for plane in range(self.planes):
            bands = found[:, :, plane * self.samples : (plane + 1) * self.samples]
            for index, left, top in self._touched(plane, x, y, width, height):
                rows = slice(max(y, top), min(y + height, top + self.tall, self.height))
                columns = slice(max(x, left), min(x + width, left + self.wide))
                part = self._rows(index, rows.start - top, rows.stop - top)
                bands[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x] = part[
                    :, columns.start - left : columns.stop - left
                ]
        shown = tiff.plain(self.page, found if found.shape[2] > 1 else found[:, :, 0])
        return shown.view(np.uint8) * np.uint8(255) if shown.dtype == np.bool_ else shown

    def _touched(self, plane: int, x: int, y: int, width: int, height: int) -> Iterator[tuple[int, int, int]]:
        """Number and corner of every segment that a part touches."""
        for row in range(y // self.tall, (y + height - 1) // self.tall + 1):
            for column in range(x // self.wide, (x + width - 1) // self.wide + 1):
                number = (plane * self.down + row) * self.across + column
                yield number, column * self.wide, row * self.tall

    def _rows(self, index: int, top: int, bottom: int) -> Array:
        with self._gate:
            start, length = self.page.dataoffsets[index], self.page.databytecounts[index]
            if self._plain and length > 0:
                return self._plain_rows(start, top, bottom)
            if index not in self._kept:
                self._kept[index] = self._unpacked(index, start, length)
            return self._kept[index][top:bottom]

    def _plain_rows(self, start: int, top: int, bottom: int) -> Array:
        """Rows of a strip that is not packed, without the rest of it: some programs write a scan as one strip."""
        row = self.wide * self.samples * self.kind.itemsize
        kind = self.kind.newbyteorder(self.page.parent.byteorder)
        self.file.seek(start + top * row)
        numbers = np.frombuffer(self.file.read((bottom - top) * row), kind)
        return numbers.reshape(bottom - top, self.wide, self.samples)

    def _unpacked(self, index: int, start: int, length: int) -> Array:
        if length == 0:  # a tile left out: nothing was stored there
            return np.zeros((self.tall, self.wide, self.samples), self.kind)
        self.file.seek(start)
        tables = self.page.tags.valueof(_JPEG_TABLES)
        told = {"jpegtables": tables} if tables is not None else {}
        segment, _place, _shape = self.page.decode(self.file.read(length), index, **told)
        if segment is None or segment.shape[-1] != self.samples:
            raise ValueError("a tile holds other colours than the page declares")
        whole: Array = segment[0]
        return whole
