"""Pictures with a folder of masks, as people really have them and as somebody hostile makes them."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from imagine_kernels.images import Window, masks
from imagine_kernels.shapes import Box, Ellipse, Mask, Polygon, RotatedBox
from imagine_kernels.sources import open_samples
from imagine_kernels.sources.masks import UNJUDGED

SIZE = (60, 40)
"""Height and width."""


def kinds(seed=0, values=(0, 1, 2)):
    """A map of numbers in blocks and single pixels."""
    rng = np.random.default_rng(seed)
    blocks = rng.choice(values, (6, 4)).repeat(10, 0).repeat(10, 1)
    return np.where(rng.random(SIZE) < 0.05, rng.choice(values, SIZE), blocks).astype(np.uint8)


def pair(root, name, mask, suffix=".png", **how):
    """A picture and its mask."""
    (root / "images").mkdir(parents=True, exist_ok=True)
    (root / "masks").mkdir(exist_ok=True)
    Image.fromarray(np.random.default_rng(1).integers(0, 255, SIZE, dtype=np.uint8)).save(
        root / "images" / f"{name}.png"
    )
    picture = mask if isinstance(mask, Image.Image) else Image.fromarray(mask)
    picture.save(root / "masks" / f"{name}{suffix}", **how)


def painted(collection, name):
    """The map of labels of one sample."""
    found = np.full(SIZE, "", object)
    annotation = next(a for a in collection.annotations if a.sample_id.endswith(name))
    for region in annotation.regions:
        found[masks.inside(region.shape, Window(0, 0, SIZE[1], SIZE[0]))] = region.label
    return found


def test_masks_become_regions_without_losing_a_pixel(tmp_path):
    truth = kinds()
    pair(tmp_path, "a", truth)
    pair(tmp_path, "b", np.zeros(SIZE, np.uint8))
    (tmp_path / "classes.txt").write_text("dense wrack\nwater\n")
    found = open_samples(tmp_path)
    assert [sample.id for sample in found.samples] == ["images/a.png", "images/b.png"]
    assert not found.skipped
    assert (painted(found, "a.png") == np.array(["", "dense wrack", "water"], object)[truth]).all()
    assert found.annotations[1].regions == ()  # somebody looked, and there was nothing
    assert open_samples(tmp_path) == found


@pytest.mark.parametrize("how", ["palette", "sixteen bits", "one bit", "tiff", "equal colours"])
def test_numbers_are_read_however_they_are_stored(tmp_path, how):
    truth = kinds(values=(0, 1)) if how == "one bit" else kinds()
    if how == "palette":
        picture = Image.fromarray(truth, "L").copy()
        picture.putpalette([0, 0, 0, 200, 30, 30, 30, 30, 200])
        assert picture.mode == "P"
    elif how == "one bit":
        picture = Image.fromarray(truth.astype(bool))
    else:
        picture = truth.astype(np.uint16) if how == "sixteen bits" else truth
        picture = np.dstack([truth] * 3) if how == "equal colours" else picture
    pair(tmp_path, "a", picture, ".tif" if how == "tiff" else ".png")
    found = painted(open_samples(tmp_path), "a.png")
    assert (found == np.array(["", "class_1", "class_2"], object)[truth]).all()


def test_black_and_white_is_one_class_and_its_mask_may_be_called_so(tmp_path):
    pair(tmp_path, "oil", kinds(values=(0, 255)))
    (tmp_path / "masks/oil.png").rename(tmp_path / "masks/oil_mask.png")
    pair(tmp_path, "sea", np.zeros(SIZE, np.uint8))
    (tmp_path / "classes.txt").write_text("background\nslick\n")
    found = open_samples(tmp_path)
    assert {region.label for a in found.annotations for region in a.regions} == {"slick"}
    assert not found.skipped


def test_255_beside_classes_is_what_nobody_judged(tmp_path):
    truth = kinds(values=(0, 3, 255))
    pair(tmp_path, "a", truth)
    (tmp_path / "data.yaml").write_text("names: {0: land, 3: water}\npixel_size_um: 250000\n")
    found = open_samples(tmp_path)
    names = {0: "land", 3: "water", 255: UNJUDGED}
    assert (painted(found, "a.png") == np.vectorize(names.get, otypes=[object])(truth)).all()
    assert found.samples[0].pixel_size.value == 250000


def test_zip_of_several_sets_reads_as_the_folder_does(tmp_path):
    for home in ("one", "two"):
        pair(tmp_path / "sets" / home, "a", kinds(3))
    with zipfile.ZipFile(tmp_path / "sets.zip", "w") as archive:
        for file in sorted((tmp_path / "sets").rglob("*.png")):
            archive.write(file, file.relative_to(tmp_path / "sets").as_posix())
    inside, outside = open_samples(tmp_path / "sets.zip"), open_samples(tmp_path / "sets")
    assert [s.id for s in inside.samples] == [s.id for s in outside.samples] == ["one/images/a.png", "two/images/a.png"]
    shapes = [[[region.shape for region in a.regions] for a in found.annotations] for found in (inside, outside)]
    assert shapes[0] == shapes[1]
    assert len(open_samples(tmp_path / "sets", limit=1).samples) == 1


def test_whatever_is_wrong_with_one_is_a_sentence_and_the_others_are_read(tmp_path):
    pair(tmp_path, "good", kinds())
    pair(tmp_path, "small", kinds()[:30])
    pair(tmp_path, "colour", np.dstack([kinds(n) * 90 for n in range(3)]))
    pair(tmp_path, "photo", np.random.default_rng(0).integers(0, 255, SIZE, dtype=np.uint8))
    pair(tmp_path, "blurred", kinds(), ".jpg")
    pair(tmp_path, "strange", kinds(values=(0, 7)))
    pair(tmp_path, "unmasked", kinds())
    (tmp_path / "masks/unmasked.png").unlink()
    pair(tmp_path, "broken", kinds())
    (tmp_path / "masks/broken.png").write_bytes((tmp_path / "masks/good.png").read_bytes()[:60])
    Image.fromarray(kinds()).save(tmp_path / "masks/alone.png")
    (tmp_path / "classes.txt").write_text("1 wrack\n2 water\n")
    found = open_samples(tmp_path)
    assert [a.sample_id for a in found.annotations] == ["images/good.png"]
    assert len(found.samples) == 8
    told = {skipped.where: skipped.why for skipped in found.skipped}
    expected = {
        "masks/small.png": "has 40 × 30 pixels, and its picture 40 × 60",
        "masks/colour.png": "colour picture",
        "masks/photo.png": "different numbers",
        "masks/blurred.jpg": "JPEG",
        "images/strange.png": "holds 7, which classes.txt gives no name",
        "images/unmasked.png": "no mask",
        "masks/broken.png": "broken",
        "masks": "alone.png",
    }
    assert told.keys() == expected.keys()
    assert all(words in told[where] and told[where].endswith(".") for where, words in expected.items())


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("data.yaml", "names: [a, b", "broken YAML"),
        ("data.yaml", "[" * 1500, "broken YAML"),
        ("data.yaml", "nc: 3\n", "does not hold `names`"),
        ("data.yaml", "names: [a]\npixel_size_um: -3\n", "give micrometres"),
        ("classes.txt", "wrack\nwrack\n", "a name of its own"),
        ("classes.txt", "x\n" * 2**20, "too large"),
    ],
)
def test_broken_names_are_a_sentence_and_classes_keep_their_numbers(tmp_path, name, text, words):
    pair(tmp_path, "a", kinds())
    (tmp_path / name).write_text(text)
    found = open_samples(tmp_path)
    assert {region.label for region in found.annotations[0].regions} == {"class_1", "class_2"}
    assert [words in skipped.why for skipped in found.skipped] == [True]


def test_other_pictures_beside_are_left_and_told(tmp_path):
    pair(tmp_path / "set", "a", kinds())
    (tmp_path / "set/shown").mkdir()
    Image.fromarray(kinds()).save(tmp_path / "set/shown/a.png")
    (tmp_path / "cruise").mkdir()
    Image.fromarray(kinds() * 80).save(tmp_path / "cruise/far.png")
    found = open_samples(tmp_path)
    assert [sample.id for sample in found.samples] == ["set/images/a.png", "cruise/far.png"]
    assert [a.sample_id for a in found.annotations] == ["set/images/a.png"]
    assert "set/shown/a.png" in found.skipped[0].why


def test_real_slicks_and_waters_come_whole(real_data):
    for name, least in (("04_oil_spill_sar/mcan_pairs", 5), ("07_beach_monitoring/coast_water_masks", 10)):
        found = open_samples(real_data / name)
        assert len(found.annotations) == len(found.samples) >= least
        for annotation in found.annotations:
            file = (real_data / name / annotation.sample_id.replace("images", "masks")).with_suffix(".png")
            truth = np.asarray(Image.open(file)) == 255
            seen = np.zeros(truth.shape, bool)
            for region in annotation.regions:
                seen |= masks.inside(region.shape, Window(0, 0, *truth.shape[::-1]))
            assert (seen == truth).all()


def test_runs_and_pixels_are_the_same_in_every_window():
    rng = np.random.default_rng(0)
    for _ in range(100):
        high, wide = rng.integers(1, 9, 2)
        inside = rng.random((high, wide)) < rng.random()
        mask = masks.encode(inside, 3, 5)
        whole = np.zeros((30, 30), bool)
        whole[5 : 5 + high, 3 : 3 + wide] = inside
        window = Window(*map(int, (*rng.integers(0, 12, 2), *rng.integers(1, 12, 2))))
        cut = whole[window.y : window.y + window.height, window.x : window.x + window.width]
        assert (mask is None) == (not inside.any())
        if mask is not None:
            assert (masks.inside(mask, window) == cut).all()
            assert masks.area(mask) == inside.sum()
            assert Mask(mask.x, mask.y, mask.width, mask.height, mask.counts) == mask


def test_every_shape_has_the_area_that_geometry_says():
    window = Window(0, 0, 100, 100)
    for shape, area in (
        (Box(10, 20, 30, 40), 1200),
        (RotatedBox(50, 50, 60, 20, 30), 1200),
        (Ellipse(50, 50, 30, 20, 40), 1885),
        (Polygon(((10, 10), (90, 10), (90, 90), (10, 90)), (((30, 30), (50, 30), (50, 50), (30, 50)),)), 6000),
    ):
        assert masks.inside(shape, window).sum() == pytest.approx(area, rel=0.02)
