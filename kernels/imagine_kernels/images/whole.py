"""A large JPEG, PNG or BMP → any part of it: these can only be decoded whole, which is done once and in one copy."""

from typing import IO

import numpy as np

from imagine_kernels.images import decoding
from imagine_kernels.images.tiff import Array, RefusedError

LARGEST = 640 * 2**20
"""Bytes. A picture that needs more, decoded, is not read: a scan of 14000 × 22000 pixels in 16 bits needs 590 MB."""
_BYTES = {"1": 1, "L": 1, "P": 1, "LA": 4, "PA": 4, "I;16": 2, "I;16B": 2, "I;16L": 2}
"""What Pillow needs for a pixel of each mode; 4 for all others."""


class Whole:
    """An open picture, decoded when first read. `read` gives stored numbers, as `segments` does."""

    negative = False

    def __init__(self, file: IO[bytes], *, colours: bool) -> None:
        self.image = decoding.open_image(file)
        self.turn = decoding.turn(self.image)
        self.width, self.height = self.image.size
        if not colours:
            self.image.draft("L", self.image.size)  # a JPEG holds its grey apart
        if self.image.mode in {"I", "F"}:
            raise RefusedError("holds numbers of 32 bits, not grey levels of 8 or 16 bits. Save it with these.")
        needed = self.width * self.height * _BYTES.get(self.image.mode, 4)
        if needed > LARGEST:
            what = f"has {self.width} × {self.height} pixels and would need {needed / 2**20:,.0f} MB of memory"
            raise RefusedError(f"{what}, as this kind of file is decoded whole. Save it as a TIFF of tiles.")

    def read(self, x: int, y: int, width: int, height: int) -> Array:
        """The part as (height, width) or (height, width, 3), palettes looked up; it must lie inside."""
        self.image.load()
        part = self.image.crop((x, y, x + width, y + height))
        if part.mode not in {"1", "L"} and not part.mode.startswith("I;16"):
            part = decoding.on_white(part)
        shown: Array = np.asarray(part.convert("L") if part.mode == "1" else part)
        return shown
