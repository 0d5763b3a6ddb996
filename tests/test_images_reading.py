"""Pictures of every kind that comes out of a microscope, a camera or a table of contents become 8-bit RGB."""

import io
import warnings

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagine_kernels import images
from imagine_kernels.records import Box, Sample

RAMP = np.add.outer(np.arange(40) * 3, np.arange(60) * 2).astype(np.uint8)
COLOURS = np.stack([RAMP, 255 - RAMP, RAMP // 2], axis=-1)


def sample_of(path, **fields):
    return Sample("one", str(path), *images.size(path), **fields)


def save(path, array, mode=None, **options):
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


WRITERS = {
    "colour.jpg": lambda p: save(p, COLOURS, quality=97, subsampling=0),
    "colour.png": lambda p: save(p, COLOURS),
    "colour.bmp": lambda p: save(p, COLOURS),
    "lzw.tif": lambda p: save(p, COLOURS, compression="tiff_lzw"),
    "cmyk.jpg": lambda p: save(p, COLOURS, "CMYK", quality=97, subsampling=0),
    "cmyk.tif": lambda p: save(p, COLOURS, "CMYK"),
    "sixteen bits.tif": lambda p: tifffile.imwrite(p, COLOURS.astype(np.uint16) * 257, photometric="rgb"),
    "planes apart.tif": lambda p: tifffile.imwrite(
        p, np.moveaxis(COLOURS, -1, 0), photometric="rgb", planarconfig="separate", compression="lzw"
    ),
}
GREY_WRITERS = {
    "grey.jpg": lambda p: save(p, RAMP, quality=97),
    "grey.png": lambda p: save(p, RAMP),
    "sixteen bits.png": lambda p: save(p, RAMP.astype(np.uint16) * 257),
    "twelve bits.tif": lambda p: tifffile.imwrite(p, (RAMP.astype(np.uint32) * 4095 // 255).astype(np.uint16)),
    "floats.tif": lambda p: tifffile.imwrite(p, (RAMP / 255).astype(np.float32)),
    "white is zero.tif": lambda p: tifffile.imwrite(p, 255 - RAMP, photometric="miniswhite"),
    "pages.tif": lambda p: tifffile.imwrite(p, np.stack([RAMP, RAMP * 0]), photometric="minisblack"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_colour_of_every_kind_comes_out_as_it_went_in(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path)
    found = images.read(sample_of(path))
    assert found.dtype == np.uint8
    assert images.size(path) == (60, 40)
    assert np.abs(found.astype(int) - COLOURS).max() <= (12 if name.endswith("jpg") else 1)


@pytest.mark.parametrize("name", GREY_WRITERS)
def test_grey_of_every_depth_keeps_its_black_and_comes_as_three_equal_channels(tmp_path, name):
    path = tmp_path / name
    GREY_WRITERS[name](path)
    found = images.read(sample_of(path))
    expected = RAMP * (255 / 4095 * 4095 / 255)
    if name == "twelve bits.tif":
        assert RAMP.max() > 127, "the test picture must use the twelfth bit"
    assert np.abs(found[..., 0] - expected).max() <= (6 if name.endswith("jpg") else 1)
    assert (found == found[..., :1]).all()


def test_palette_picture_shows_its_colours(tmp_path):
    image = Image.fromarray(COLOURS).quantize(16)
    for name in ("palette.png", "palette.tif"):
        image.save(tmp_path / name)
        assert np.abs(images.read(sample_of(tmp_path / name)).astype(int) - np.array(image.convert("RGB"))).max() <= 1


def test_what_is_see_through_lies_on_white(tmp_path):
    layered = np.dstack([COLOURS, np.zeros_like(RAMP)])
    layered[:20, :, 3] = 255
    found = images.read(sample_of(save(tmp_path / "layer.png", layered)))
    assert (found[:20] == COLOURS[:20]).all()
    assert (found[20:] == 255).all()


@pytest.mark.parametrize("name", ["turned.jpg", "turned.png", "turned.tif"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_picture_of_a_turned_camera_stands_upright(tmp_path, name, turn):
    image = Image.fromarray(COLOURS)
    exif = image.getexif()
    exif[0x0112] = turn
    path = tmp_path / name
    image.save(path, exif=exif, **({"quality": 97, "subsampling": 0} if name.endswith("jpg") else {}))
    steps = {2: [0], 3: [3], 4: [1], 5: [5], 6: [4], 7: [6], 8: [2]}.get(turn, [])  # what undoes each orientation
    expected = image
    for step in steps:
        expected = expected.transpose(Image.Transpose(step))
    found = images.read(sample_of(path))
    assert images.size(path) == expected.size
    assert np.abs(found.astype(int) - np.array(expected)).max() <= 12


def test_pixels_are_the_callers_own(tmp_path):
    path = save(tmp_path / "a.png", COLOURS)
    for box in (None, Box(0, 0, 60, 40)):
        first = images.read(sample_of(path, crop=box))
        first[:] = 0
        assert images.read(sample_of(path, crop=box)).any()


def test_crops_are_cut_where_they_say(tmp_path):
    path = save(tmp_path / "collage.tif", COLOURS)
    assert (images.read(sample_of(path, crop=Box(7, 5, 20, 30))) == COLOURS[5:35, 7:27]).all()


@given(st.floats(-80, 80), st.floats(-80, 80), st.floats(0.01, 200), st.floats(0.01, 200))
def test_any_crop_is_inside_the_picture_or_refused_with_a_sentence(tmp_path_factory, x, y, width, height):
    path = tmp_path_factory.getbasetemp() / "any crop.png"
    if not path.exists():
        save(path, COLOURS)
    sample = Sample("one", str(path), 60, 40, Box(x, y, width, height))
    if x + width <= 0 or y + height <= 0 or x >= 60 or y >= 40:
        with pytest.raises(ValueError, match=r"any crop\.png has 60 × 40 pixels, and the crop at"):
            images.read(sample)
    else:
        found = images.read(sample)
        assert 0 < found.shape[0] <= 40
        assert 0 < found.shape[1] <= 60
        assert found.shape[1] <= width + 2


def test_changed_collage_is_read_anew(tmp_path):
    path = save(tmp_path / "collage.png", COLOURS)
    sample = sample_of(path, crop=Box(0, 0, 8, 8))
    before = images.read(sample)
    save(path, np.full_like(COLOURS, 77))
    assert not (images.read(sample) == before).all()
    assert (images.read(sample) == 77).all()


def test_large_jpeg_may_come_smaller_for_a_model_but_never_too_small(tmp_path):
    large = np.kron(COLOURS, np.ones((20, 20, 1), dtype=np.uint8))
    path = save(tmp_path / "large.jpg", large)
    small = images.read(sample_of(path), side=100)
    assert 100 <= min(small.shape[:2]) < 800
    whole = Image.fromarray(images.read(sample_of(path))).resize(small.shape[1::-1], Image.Resampling.BOX)
    assert np.abs(np.array(whole).astype(int) - small).mean() < 3


def test_thumbnail_is_a_jpeg_no_larger_than_asked_and_small_samples_keep_their_size(tmp_path):
    path = save(tmp_path / "a.png", COLOURS)
    thumb = Image.open(io.BytesIO(images.thumbnail(sample_of(path), 30)))
    assert (thumb.format, thumb.size) == ("JPEG", (30, 20))
    assert Image.open(io.BytesIO(images.thumbnail(sample_of(path), 500))).size == (60, 40)
    assert np.abs(np.array(thumb).astype(int) - np.array(Image.fromarray(COLOURS).resize((30, 20)))).mean() < 12


def test_png_of_a_crop_is_exact(tmp_path):
    path = save(tmp_path / "a.png", COLOURS)
    found = Image.open(io.BytesIO(images.png(sample_of(path, crop=Box(3, 4, 10, 11)))))
    assert found.format == "PNG"
    assert (np.array(found) == COLOURS[4:15, 3:13]).all()


@pytest.mark.parametrize("name", [*WRITERS, *GREY_WRITERS])
def test_for_the_web_a_plain_file_goes_as_it_is_and_any_other_as_a_png_of_the_same_pixels(tmp_path, name):
    path = tmp_path / name
    {**WRITERS, **GREY_WRITERS}[name](path)
    found = images.web(sample_of(path))
    assert (found == path.read_bytes()) == (name in {"colour.jpg", "colour.png", "grey.jpg", "grey.png"})
    assert (np.array(Image.open(io.BytesIO(found)).convert("RGB")) == images.read(sample_of(path))).all()


def test_for_the_web_what_a_browser_would_turn_or_see_through_becomes_a_png(tmp_path):
    turned, clear = tmp_path / "turned.jpg", tmp_path / "clear.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    save(turned, COLOURS, exif=exif)
    save(clear, np.dstack([COLOURS, RAMP]))
    for sample in (
        sample_of(turned),
        sample_of(clear),
        sample_of(save(tmp_path / "a.png", COLOURS), crop=Box(1, 1, 9, 9)),
    ):
        found = Image.open(io.BytesIO(images.web(sample)))
        assert (found.format, found.mode) == ("PNG", "RGB")
        assert (np.array(found) == images.read(sample)).all()


def test_for_the_web_half_a_file_is_refused_as_it_is_for_reading(tmp_path):
    path = save(tmp_path / "half.jpg", COLOURS)
    sample = sample_of(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"half\.jpg"):
        images.web(sample)


def test_real_aerial_radar_and_plankton_pictures_are_read_without_a_warning(real_data):
    kinds = [f"**/*{suffix}" for suffix in (".jpg", ".png", ".tif")]
    found = [path for kind in kinds for path in sorted(real_data.glob(kind))[::40]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in found:
            pixels = images.read(sample_of(path))
            assert pixels.shape == (*images.size(path)[::-1], 3)
    assert len(found) > 100
