"""A folder such as a person might really drop on the platform: good pictures among broken and hostile files."""

import struct
import zlib

import numpy as np
from PIL import Image

from imagine_kernels import images

STRANGE_NAMES = (
    "with space.png",
    'it\'s "quoted".png',
    "line\nbreak.png",
    "عوالق.png",
    "plankton 🦠.png",
    "<b>bold<br>.png",
)


def picture(seed=0, width=64, height=48):
    """A drawn blob on a light ground, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    blob = ((x - width / 2) / (width / 4)) ** 2 + ((y - height / 2) / (height / 4)) ** 2 < 1
    grey = np.where(blob, 90, 205) + random.normal(0, 6, (height, width))
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def bomb_png(path, side=20_000):
    """A valid PNG of side x side grey pixels: a few hundred kilobytes that decode to 400 MB."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(side + 1)) for _ in range(side)) + packer.flush()
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def make_hostile_folder(folder):
    """Good pictures with strange names, and every kind of file that must be skipped with a sentence."""
    folder.mkdir(parents=True)
    for seed, name in enumerate(STRANGE_NAMES):
        Image.fromarray(picture(seed)).save(folder / name)
    Image.fromarray(picture(9)).save(folder / "whole.jpg", quality=90)
    (folder / "truncated.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:700])
    (folder / "empty.png").touch()
    (folder / "really_a.pdf.jpg").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n")
    Image.fromarray(picture(1, 1, 1)).save(folder / "one_pixel.png")
    bomb_png(folder / "huge.png")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def put(path, seed=0, **size):
    """A picture written as `path`, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(seed, **size)).save(path)
    return path


def reasons(collection):
    """What was left out and why."""
    return {skipped.where: skipped.why for skipped in collection.skipped}


def check_hostile(collection):
    """The good pictures of `make_hostile_folder` are read, and every bad one has its sentence; returns these."""
    assert {s.id for s in collection.samples} >= {*STRANGE_NAMES, "whole.jpg"}
    told = reasons(collection)
    readable = {}
    for sample in collection.samples:
        try:
            readable[sample.id] = images.read(sample).shape
        except ValueError as error:
            told[sample.id] = str(error)
    assert set(readable) == {*STRANGE_NAMES, "whole.jpg"}
    for name in ("truncated.jpg", "empty.png", "really_a.pdf.jpg", "one_pixel.png", "huge.png"):
        where = next(where for where in told if where.endswith(name))
        assert told[where].startswith(name), told
        assert "\n" not in told[where]
    assert "notes.txt" not in " ".join(told)
    return told
