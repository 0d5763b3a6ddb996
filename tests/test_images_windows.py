"""Windows into pictures of any size: the same numbers as the whole picture, whatever the file; and what is refused."""

import io
import itertools

import numpy as np
import pytest
import tifffile
from hostile import bomb_png
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imagine_kernels import images
from imagine_kernels.images import Window, Windows, decoding, segments, tiles, whole
from imagine_kernels.records import Box, Sample

HEIGHT, WIDTH = 150, 210
WHOLE = Window(0, 0, WIDTH, HEIGHT)
PARTS = [
    WHOLE,
    Window(0, 0, 1, 1),
    Window(60, 40, 70, 65),
    Window(WIDTH - 3, HEIGHT - 5, 3, 5),
    Window(0, 63, WIDTH, 2),
]


def grey(bits=8, seed=0):
    kind = np.uint8 if bits == 8 else np.uint16
    return np.random.default_rng(seed).integers(0, 2**bits, (HEIGHT, WIDTH)).astype(kind)


def colours(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)


LAYOUTS = {
    "tiles": {"tile": (64, 48)},
    "strips": {"rowsperstrip": 7},
    "one strip": {"rowsperstrip": HEIGHT},
    "big": {"bigtiff": True, "tile": (32, 32)},
    "motorola": {"byteorder": ">", "rowsperstrip": 20},
}
PACKINGS = {"plain": {}, "zstd": {"compression": "zstd"}, "deflate": {"compression": "zlib", "predictor": True}}
PACKINGS |= {"lzw": {"compression": "lzw"}}


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_window_of_a_grey_tiff_is_that_part_of_the_picture(tmp_path, layout, packing, bits):
    picture = grey(bits)
    tifffile.imwrite(tmp_path / "a.tif", picture, **LAYOUTS[layout], **PACKINGS[packing])
    with Windows(tmp_path / "a.tif") as windows:
        assert (windows.width, windows.height, windows.white) == (WIDTH, HEIGHT, 2**bits - 1)
        for x, y, width, height in PARTS:
            part = windows.grey(Window(x, y, width, height))
            assert part.dtype == picture.dtype
            assert (part == picture[y : y + height, x : x + width]).all()


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_window_of_a_coloured_tiff_has_its_colours(tmp_path, layout, planes):
    picture = colours()
    stored = picture if planes == "contig" else np.moveaxis(picture, 2, 0)
    options = {"photometric": "rgb", "planarconfig": planes, "compression": "zlib"}
    tifffile.imwrite(tmp_path / "a.tif", stored, **LAYOUTS[layout], **options)
    with Windows(tmp_path / "a.tif") as windows:
        for x, y, width, height in PARTS:
            part = picture[y : y + height, x : x + width]
            assert (windows.rgb(Window(x, y, width, height)) == part).all()
            assert (windows.grey(Window(x, y, width, height)) == np.asarray(Image.fromarray(part).convert("L"))).all()


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("name", ["a.tif", "a.jpg"])
def test_window_of_a_turned_picture_is_upright(tmp_path, name, turn):
    picture = Image.fromarray(grey() // 8 + 90)
    exif = picture.getexif()
    exif[0x0112] = turn
    if name == "a.tif":
        tifffile.imwrite(tmp_path / name, np.asarray(picture), tile=(32, 48), extratags=[(274, 3, 1, turn, True)])
    else:
        picture.save(tmp_path / name, exif=exif, quality=100)
    upright = images.read(Sample("a", str(tmp_path / name), 1, 1))
    with Windows(tmp_path / name) as windows:
        assert (windows.height, windows.width) == upright.shape[:2]
        found = windows.rgb(Window(20, 31, 50, 40))
        assert np.abs(found.astype(int) - upright[31:71, 20:70]).max() <= (0 if name == "a.tif" else 1)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.png", "L"), ("a.png", "RGB"), ("a.png", "P"), ("a.png", "RGBA"), ("a.png", "1"), ("a.bmp", "RGB")],
)
def test_window_of_png_and_bmp_equals_the_whole_picture(tmp_path, name, mode):
    picture = Image.fromarray(colours())
    if mode == "RGBA":
        picture.putalpha(Image.fromarray(grey(seed=3)))
    picture.convert(mode).save(tmp_path / name)
    expected = images.read(Sample("a", str(tmp_path / name), 1, 1))
    with Windows(tmp_path / name) as windows:
        for x, y, width, height in PARTS:
            assert (windows.rgb(Window(x, y, width, height)) == expected[y : y + height, x : x + width]).all()


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize(("bits", "white"), [(16, 65535), (12, 4095), (10, 1023)])
def test_picture_of_16_bits_keeps_its_levels_and_knows_its_white(tmp_path, name, bits, white):
    picture = grey(16) >> (16 - bits)
    Image.fromarray(picture).save(tmp_path / name)
    expected = images.read(Sample("a", str(tmp_path / name), 1, 1))
    with Windows(tmp_path / name) as windows:
        part = Window(30, 20, 90, 80)
        assert windows.white == white
        assert (windows.grey(part) == picture[20:100, 30:120]).all()
        assert np.abs(windows.rgb(part).astype(int) - expected[20:100, 30:120]).max() <= 1


def test_palette_and_negative_give_true_greys(tmp_path):
    indexed = (grey() % 5).astype(np.uint8)
    palette = np.zeros((3, 256), np.uint16)
    palette[:, :5] = np.array([10, 60, 110, 160, 210]) * 257
    tifffile.imwrite(tmp_path / "p.tif", indexed, photometric="palette", colormap=palette, tile=(32, 32))
    with Windows(tmp_path / "p.tif") as windows:
        assert (windows.grey(WHOLE) == 10 + 50 * indexed).all()
    for bits in (8, 16):
        tifffile.imwrite(tmp_path / "n.tif", grey(bits), photometric="miniswhite")
        with Windows(tmp_path / "n.tif") as windows:
            assert (windows.grey(WHOLE) == windows.white - grey(bits)).all()


def test_grey_of_a_coloured_jpeg_is_its_own(tmp_path):
    smooth = Image.fromarray(colours()).resize((40, 30)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    smooth.save(tmp_path / "a.jpg", quality=95)
    with Windows(tmp_path / "a.jpg", colours=False) as windows:
        found = windows.grey(WHOLE).astype(int)
    assert np.abs(found - np.asarray(smooth.convert("L"))).mean() < 2


def test_scan_in_an_archive_is_read_too(tmp_path):
    import zipfile

    data = io.BytesIO()
    tifffile.imwrite(data, grey(), tile=(32, 32))
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as archive:
        archive.writestr("deep/a.tif", data.getvalue())
    with Windows(f"{tmp_path / 'scan.zip'}!/deep/a.tif") as windows:
        assert (windows.grey(WHOLE) == grey()).all()


def test_only_the_touched_tiles_are_read_and_few_are_kept(tmp_path):
    picture = np.zeros((6000, 9000), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", picture, tile=(512, 512), compression="zlib")
    unpacked = []
    with Windows(tmp_path / "a.tif") as windows:
        plain = windows._stored._unpacked
        windows._stored._unpacked = lambda index, *place: (unpacked.append(index), plain(index, *place))[1]
        for band in images.bands(9000, 6000, 9000 * 100):
            windows.grey(band)
        assert sorted(unpacked) == list(range(12 * 18))
        assert windows._stored._kept.currsize <= segments._KEPT
        windows.grey(Window(600, 600, 10, 10))
        assert len(unpacked) <= 12 * 18 + 1


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (np.float32, "holds numbers of the kind float32, not grey levels of 8 or 16 bits. Save it with these."),
        (np.uint32, "holds numbers of the kind uint32, not grey levels of 8 or 16 bits. Save it with these."),
        (np.int16, "holds numbers of the kind int16, not grey levels of 8 or 16 bits. Save it with these."),
    ],
)
def test_numbers_that_are_no_grey_levels_are_refused_in_one_sentence(tmp_path, kind, expected):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((50, 60), kind))
    with pytest.raises(ValueError, match=rf"^a\.tif {expected}$"):
        Windows(tmp_path / "a.tif")


def test_packed_pieces_too_large_for_memory_are_refused_before_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(segments, "LARGEST", 20_000)
    tifffile.imwrite(tmp_path / "plain.tif", grey(), rowsperstrip=HEIGHT)
    with Windows(tmp_path / "plain.tif") as windows:
        assert (windows.grey(WHOLE) == grey()).all()
    tifffile.imwrite(tmp_path / "packed.tif", grey(), rowsperstrip=HEIGHT, compression="zlib")
    with pytest.raises(
        ValueError, match=r"^packed\.tif is packed in pieces of 210 × 150 pixels .* Save it as a TIFF of"
    ):
        Windows(tmp_path / "packed.tif")


def test_png_that_would_fill_the_memory_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    bomb_png(tmp_path / "bomb.png", side=2000)
    monkeypatch.setattr(whole, "LARGEST", 2**20)
    with pytest.raises(ValueError, match=r"^bomb\.png has 2000 × 2000 pixels and would need 4 MB of memory, as this"):
        Windows(tmp_path / "bomb.png")


@pytest.mark.parametrize("name", ["cut.tif", "packed.tif", "cut.png", "cut.jpg"])
def test_truncated_file_is_told_in_one_sentence(tmp_path, name):
    path = tmp_path / name
    if name.endswith("tif"):
        tifffile.imwrite(path, grey(), compression="zlib" if name == "packed.tif" else None, rowsperstrip=10)
    else:
        Image.fromarray(grey()).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(ValueError, match=rf"^{name} is broken and cannot be decoded") as told, Windows(path) as windows:
        windows.grey(WHOLE)
    assert "\n" not in str(told.value)


def test_window_outside_and_missing_file_name_the_file(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", grey())
    with Windows(tmp_path / "a.tif") as windows, pytest.raises(ValueError, match=r"^a\.tif has 210 × 150 pixels, and"):
        windows.grey(Window(200, 0, 11, 5))
    with pytest.raises(FileNotFoundError, match=r"^b\.tif cannot be read: No such file"):
        Windows(tmp_path / "b.tif")


def test_crop_out_of_a_scan_too_large_to_be_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_PIXELS", 20_000)
    tifffile.imwrite(tmp_path / "scan.tif", grey(), tile=(32, 32), compression="zlib")
    crop = images.read(Sample("a", str(tmp_path / "scan.tif"), 20, 10, Box(30.5, 40, 19, 10)))
    assert (crop == grey()[40:50, 30:50, None]).all()
    with pytest.raises(ValueError, match=r"^scan\.tif has 210 × 150 pixels, more than the limit"):
        images.read(Sample("a", str(tmp_path / "scan.tif"), WIDTH, HEIGHT))
    with pytest.raises(ValueError, match=r"^scan\.tif has 210 × 150 pixels, and the crop at x 300"):
        images.read(Sample("a", str(tmp_path / "scan.tif"), 5, 5, Box(300, 0, 5, 5)))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 900), st.integers(1, 900), st.integers(40, 300), st.data())
def test_tiles_cover_every_pixel_and_overlap_enough(width, height, side, data):
    overlap = data.draw(st.integers(0, side - 1).filter(lambda o: side - o > side // 8))
    found = list(tiles(width, height, side, overlap))
    xs, ys = sorted({t.x for t in found}), sorted({t.y for t in found})
    assert len(found) == len(xs) * len(ys)
    for starts, length in ((xs, width), (ys, height)):
        assert (starts[0], starts[-1] + min(side, length)) == (0, length)
        assert all(b - a <= side - overlap for a, b in itertools.pairwise(starts))
    assert {(t.width, t.height) for t in found} == {(min(side, width), min(side, height))}


def test_overlap_as_large_as_the_tile_is_refused():
    with pytest.raises(ValueError, match="Tiles of 64 pixels cannot overlap by 64"):
        list(tiles(100, 100, 64, 64))
