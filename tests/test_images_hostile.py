"""Files that are broken, lie about themselves or want to fill the memory: one sentence each, naming the file."""

import random
import threading
import time
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from hostile import STRANGE_NAMES, bomb_png, picture
from PIL import Image

from imagine_kernels import images
from imagine_kernels.images import decoding
from imagine_kernels.records import Box, Sample


def saying(path, read=None):
    """What a person is told about a file, by looking at it or by reading it."""
    with pytest.raises((ValueError, OSError)) as told:
        images.size(path) if read is None else images.read(Sample("a", str(path), 10, 10, read or None))
    return str(told.value)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.jpg", b"", "is empty (0 bytes)"),
        ("paper.jpg", b"%PDF-1.7\n%\xe2\xe3", "is not a picture: it looks like a PDF"),
        ("page.png", b"  <html><body>404", "is not a picture: it looks like a web page"),
        ("film.tif", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "is not a picture: it looks like a WebP"),
        ("noise.png", bytes(range(200)), "is not a picture."),
        ("start.png", b"\x89PNG\r\n\x1a\n", "is broken"),
        ("start.tif", b"II*\0\x08\0\0\0", "is broken"),
        ("start.jpg", b"\xff\xd8\xff\xe0", "is broken"),
    ],
)
def test_what_is_no_picture_gets_one_sentence_naming_the_file(tmp_path, name, content, expected):
    path = tmp_path / name
    path.write_bytes(content)
    for told in (saying(path), saying(path, read=False), saying(path, read=Box(0, 0, 5, 5))):
        assert told.startswith(f"{name} {expected}")
        assert "\n" not in told
        assert "object at 0x" not in told


@pytest.mark.parametrize("name", ["cut.jpg", "cut.png", "cut.bmp", "cut.tif"])
def test_truncated_picture_is_told_and_never_shown_half_grey(tmp_path, name):
    whole = tmp_path / f"whole{name[3:]}"
    Image.fromarray(picture(1, 300, 200)).save(whole)
    (tmp_path / name).write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    told = saying(tmp_path / name, read=False)
    assert told.startswith(f"{name} is broken and cannot be decoded")
    assert told.endswith("Get a fresh copy from its source.")


def test_image_bomb_is_refused_before_it_fills_the_memory(tmp_path):
    bomb_png(tmp_path / "bomb.png")
    tracemalloc.start()
    try:
        for told in (saying(tmp_path / "bomb.png"), saying(tmp_path / "bomb.png", read=False)):
            assert told.startswith("bomb.png has 20000 × 20000 pixels")
            assert "Cut it into tiles" in told
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()


def test_largest_pictures_that_are_read_do_not_make_pillow_warn(tmp_path):
    width = height = int(decoding.MAX_PIXELS**0.5)
    Image.new("1", (width, height)).save(tmp_path / "large.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert images.size(tmp_path / "large.png") == (width, height)
    assert decoding.MAX_PIXELS < Image.MAX_IMAGE_PIXELS


def test_tiff_that_declares_thousands_of_bands_is_refused(tmp_path):
    import tifffile

    tifffile.imwrite(tmp_path / "bands.tif", np.zeros((500, 500, 5), np.uint8), photometric="rgb", compression="lzw")
    with tifffile.TiffFile(tmp_path / "bands.tif", mode="r+b") as file:
        file.pages[0].tags["SamplesPerPixel"].overwrite(65535)
    told = saying(tmp_path / "bands.tif", read=False)
    assert told.startswith("bands.tif ")
    assert told.endswith(("Cut it into tiles, or save it in 8 bits.", "Get a fresh copy from its source."))


def test_one_pixel_is_too_small_to_show_anything(tmp_path):
    Image.fromarray(picture(1, 1, 1)).save(tmp_path / "dot.png")
    assert saying(tmp_path / "dot.png") == "dot.png has 1 × 1 pixels: too small to show anything."


def test_missing_and_unreadable_files_keep_the_kind_of_their_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone.png cannot be read: No such file"):
        images.size(tmp_path / "gone.png")
    with pytest.raises(IsADirectoryError, match="cannot be read"):
        images.read(Sample("a", str(tmp_path), 5, 5))


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_strange_names_are_read_and_fit_into_one_line_of_a_sentence(tmp_path, name):
    path = tmp_path / name
    Image.fromarray(picture()).save(path)
    assert (images.read(Sample("a", str(path), 64, 48)) == picture()).all()
    path.write_bytes(b"")
    told = saying(path)
    assert "\n" not in told
    assert told.startswith(images.named(name))
    assert images.named(name) == name.replace("\n", "\\n")


def test_bytes_changed_at_random_are_read_or_refused_but_never_crash(tmp_path):
    rng = random.Random(4)
    good = []
    for name in ("a.jpg", "a.png", "a.tif", "a.bmp"):
        Image.fromarray(picture(2, 80, 60)).save(tmp_path / name)
        good.append((tmp_path / name).read_bytes())
    outcomes = {"read": 0, "refused": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on broken EXIF are not about memory or pixels
        for _ in range(3000):
            data = bytearray(rng.choice(good))
            for _ in range(rng.choice([1, 4, 12])):
                data[rng.randrange(min(len(data), rng.choice([64, 500, 10**6])))] = rng.randrange(256)
            try:
                found = decoding.pixels(bytes(data[: rng.choice([len(data), rng.randrange(1, len(data))])]))
                assert found.dtype == np.uint8
                assert found.shape[2] == 3
                outcomes["read"] += 1
            except ValueError as told:
                assert str(told).startswith(("is ", "has ", "would ", "holds ")), told  # noqa: PT017
                outcomes["refused"] += 1
    assert min(outcomes.values()) > 100, outcomes


def test_one_collage_is_decoded_once_for_many_crops_in_many_threads(tmp_path, monkeypatch):
    path = tmp_path / "collage.tif"
    Image.fromarray(picture(3, 640, 480)).save(path)
    decoded = []
    real = decoding.pixels

    def slowly(*given):
        decoded.append(1)
        time.sleep(0.05)  # long enough for all the others to ask for the same
        return real(*given)

    monkeypatch.setattr(decoding, "pixels", slowly)
    start = threading.Barrier(8)
    sums = []

    def look():
        start.wait()
        sums.append(sum(int(images.read(Sample("a", str(path), 9, 9, Box(x, x, 9, 9))).sum()) for x in range(200)))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(sums)) == 1
    assert len(sums) == 8
    assert len(decoded) == 1


def test_compressed_text_chunk_of_a_png_does_not_unfold(tmp_path):
    """A PNG may carry megabytes of text that shrink to nothing; looking at its size must not unpack them."""

    def chunk(name, data):
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    Image.fromarray(picture()).save(tmp_path / "a.png")
    plain = (tmp_path / "a.png").read_bytes()
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 * 2**20), 9))
    (tmp_path / "text.png").write_bytes(plain[:33] + text + plain[33:])
    tracemalloc.start()
    try:
        told = saying(tmp_path / "text.png")
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()
    assert told.startswith("text.png is broken")
