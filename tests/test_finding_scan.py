"""Whole scans to objects: every organism of a drawn scan with its size, in any kind of file; and what is refused."""

import numpy as np
import pytest
import tifffile
from hostile import picture
from PIL import Image
from scipy import ndimage

from imagine_kernels import biovolume, ecotaxa, images, measure
from imagine_kernels.images import Window, Windows
from imagine_kernels.records import Effort, Quantity
from imagine_kernels.sources import open_samples
from imagine_kernels.tasks import finding
from imagine_kernels.tasks.finding import background, bodies, keeping
from imagine_kernels.use_cases.zooplankton import samples as maker

PIXEL = Quantity(maker.PIXEL_SIZE_UM, "micrometer")
SIZE = (1600, 1300)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    path = tmp_path_factory.mktemp("scan") / "scan.tif"
    return path, maker.make_scan(path, SIZE, count=16, seed=11, together=0, cut=2)


@pytest.fixture(scope="module")
def found(drawn):
    return finding.find(drawn[0], pixel_size=PIXEL, effort=Effort(Quantity(12.5, "meter ** 3")))


def tray(path, shape=(700, 900), light=215.0, seed=0, **objects):
    """An empty tray, lit unevenly, with what `objects` says: grey as a share of the light, and where (a mask)."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    levels = light * (1 - 0.05 * (2 * x / shape[1] - 1) ** 2) * (1 - 0.02 * y / shape[0])
    for share, where in objects.values():
        levels = np.where(where(x, y), levels * share, levels)
    levels += np.random.default_rng(seed).normal(0, 1.2, shape)
    tifffile.imwrite(path, levels.clip(0, 255).astype(np.uint8), tile=(256, 256), compression="zlib")
    return path


def disc(x0, y0, radius):
    return lambda x, y: np.hypot(x - x0, y - y0) < radius


def boxes(some):
    return [tuple(int(s.measures[name].value) for name in ("bx", "by", "width", "height")) for s in some]


def test_every_organism_is_found_once_with_its_area_and_place(drawn, found):
    whole = [t for t in drawn[1] if not t.edge]
    assert len(found.samples) == len(whole)
    for one, (x, y, width, height) in zip(found.samples, boxes(found.samples), strict=True):
        (true,) = (t for t in whole if abs(t.x - x) < 25 and abs(t.y - y) < 25)
        assert np.abs(np.array([true.width - width, true.height - height])).max() < 25
        assert one.measures["area"].value == pytest.approx(true.area, rel=0.12)
    errors = [s.measures["area"].value for s in found.samples], [t.area for t in whole]
    assert sum(errors[0]) == pytest.approx(sum(errors[1]), rel=0.02)


def test_what_the_edge_cuts_is_told_apart(drawn, found):
    assert len(found.cut) == 2
    assert all(box[0] == 0 for box in boxes(found.cut))
    assert not {s.id for s in found.cut} & {s.id for s in found.samples}


def test_vignette_is_a_crop_of_the_scan_with_water_around(drawn, found):
    for one in found.samples:
        crop = images.read(one)
        assert crop.shape[:2] == (one.height, one.width)
        assert np.median(np.concatenate([crop[0], crop[-1], crop[:, 0], crop[:, -1]])) > 180
        assert (one.group, one.pixel_size, one.effort.volume.unit) == ("scan", PIXEL, "meter ** 3")
    assert len({s.id for s in found.samples}) == len(found.samples)


@pytest.mark.parametrize("name", ["scan.png", "colour.tif", "palette.tif", "sixteen.tif", "twelve.tif", "strip.tif"])
def test_any_kind_of_file_gives_the_same_objects(drawn, found, tmp_path, name):
    levels, path = tifffile.imread(drawn[0]), tmp_path / name
    palette = np.repeat(np.arange(256, dtype=np.uint16)[None] * 257, 3, axis=0)
    if name == "scan.png":
        Image.fromarray(levels).save(path, compress_level=1)
    elif name == "colour.tif":
        tifffile.imwrite(path, np.repeat(levels[:, :, None], 3, axis=2), photometric="rgb", compression="zlib")
    elif name == "palette.tif":
        tifffile.imwrite(path, levels, photometric="palette", colormap=palette)
    elif name == "strip.tif":
        tifffile.imwrite(path, levels, rowsperstrip=SIZE[1], compression="lzw")
    else:
        white = 65535 if name == "sixteen.tif" else 4095
        tifffile.imwrite(path, np.round(levels / 255.0 * white).astype(np.uint16))
    again = finding.find(path, pixel_size=PIXEL)
    same = len(again.samples) == len(found.samples) and len(again.cut) == len(found.cut)
    assert same
    for one, other in zip(again.samples, found.samples, strict=True):
        assert one.measures["area"].value == pytest.approx(other.measures["area"].value, rel=0.02)


def test_bands_of_any_height_give_the_same_objects(drawn, found, monkeypatch):
    monkeypatch.setattr(finding, "bands", lambda width, height: images.bands(width, height, width * 37))
    again = finding.find(drawn[0], pixel_size=PIXEL, effort=found.samples[0].effort)
    assert (again.samples, again.cut) == (found.samples, found.cut)


def test_what_was_found_goes_to_ecotaxa_and_back_with_its_water_and_sizes(found, tmp_path):
    ecotaxa.write(tmp_path / "scan.zip", found.samples)
    again = open_samples(tmp_path / "scan.zip")
    assert again.skipped == ()
    assert biovolume.biovolumes(again.samples, {}) == biovolume.biovolumes(found.samples, {})
    told = [measure.concentrations(some, {}, per="meter ** 3") for some in (again.samples, found.samples)]
    assert told[0] == told[1]
    assert told[0][0].concentration.value == pytest.approx(len(found.samples) / 12.5)


def test_all_features_are_there_when_asked_for(tmp_path):
    path = tray(tmp_path / "a.tif", animal=(0.5, disc(300, 300, 40)))
    (few,) = finding.find(path, pixel_size=PIXEL).samples
    (all_of_them,) = finding.find(path, pixel_size=PIXEL, every_feature=True).samples
    assert all_of_them.measures.keys() > few.measures.keys()
    for name, value in few.measures.items():
        assert all_of_them.measures[name].value == pytest.approx(value.value, rel=1e-6)


@pytest.mark.parametrize("share", [0.35, 0.9])
def test_animal_that_fills_many_cells_is_no_background(tmp_path, share):
    path = tray(tmp_path / "a.tif", (1500, 1700), animal=(share, disc(800, 700, 330)))
    (animal,) = finding.find(path, pixel_size=PIXEL).samples
    assert animal.measures["area"].value == pytest.approx(np.pi * 330**2, rel=0.02)


def test_sizes_are_kept_in_millimetres(tmp_path):
    path = tray(tmp_path / "a.tif", small=(0.5, disc(200, 200, 13)), large=(0.5, disc(500, 300, 60)))
    for limits, expected in (((0.3, 100), [60]), ((0.2, 100), [13, 60]), ((0.2, 1), [13]), ((1.3, 9), [])):
        kept = finding.find(path, pixel_size=PIXEL, sizes=tuple(Quantity(v, "millimeter") for v in limits)).samples
        assert [round(s.measures["esd"].value / 2) for s in kept] == expected
    pixels = (Quantity(20, "pixel"), Quantity(30, "pixel"))
    (one,) = finding.find(path, pixel_size=None, sizes=pixels).samples
    assert round(one.measures["esd"].value / 2) == 13


def test_threshold_counts_from_an_even_white_background(tmp_path):
    pale, dark = (0.93, disc(200, 200, 40)), (0.4, disc(500, 300, 40))
    path = tray(tmp_path / "a.tif", pale=pale, dark=dark)
    assert len(finding.find(path, pixel_size=PIXEL).samples) == 2
    assert len(finding.find(path, pixel_size=PIXEL, threshold=225).samples) == 1
    chosen = finding.find(path, pixel_size=PIXEL, threshold="otsu")
    assert len(chosen.samples) == 1
    assert 255 * 0.4 < chosen.threshold < 255 * 0.93


def test_frame_of_the_scan_is_no_organism(tmp_path, monkeypatch):
    path = tray(tmp_path / "a.tif", frame=(0.1, lambda x, y: (x < 30) | (y > 670)), animal=(0.5, disc(400, 300, 40)))
    one = finding.find(path, pixel_size=PIXEL)
    assert (len(one.samples), len(one.cut)) == (1, 1)
    monkeypatch.setattr(keeping, "MOST_PIXELS", 200_000)
    one = finding.find(path, pixel_size=PIXEL)
    assert (len(one.samples), len(one.cut)) == (1, 0)
    assert one.skipped[0].why.startswith("At x 0, y 0 lies something of 900 × 700 pixels: the frame of the scan, or")


def test_unknown_pixel_size_is_refused_in_one_sentence(tmp_path):
    path = tray(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"^The size of a pixel of a\.tif is unknown, .* Give pixel_size=") as told:
        finding.find(path, pixel_size=None)
    assert "\n" not in str(told.value)


def test_empty_tray_holds_nothing(tmp_path):
    one = finding.find(tray(tmp_path / "a.tif"), pixel_size=PIXEL)
    assert (one.samples, one.cut, one.skipped) == ((), (), ())
    assert one.share > 0.95


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("noise.png", "shows no background: only"),
        ("close.png", "shows no background: only"),
        ("dark.png", "has a dark background"),
    ],
)
def test_scan_without_background_is_refused_in_one_sentence(tmp_path, name, expected):
    rng = np.random.default_rng(1)
    if name == "noise.png":
        levels = rng.integers(0, 256, (600, 800))
    elif name == "close.png":  # a photograph: texture of every size, no even ground
        levels = sum(ndimage.gaussian_filter(rng.normal(0, 60 * s, (600, 800)), s) for s in (1, 4, 16, 64)) + 128
    else:
        levels = 12 + 200 * (np.hypot(*np.mgrid[-300:300, -400:400]) < 60)
    Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).save(tmp_path / name)
    with pytest.raises(ValueError, match=rf"^{name} {expected}") as told:
        finding.find(tmp_path / name, pixel_size=PIXEL)
    assert "\n" not in str(told.value)


def test_picture_of_one_animal_is_a_scan_too_when_it_has_water_around(tmp_path):
    Image.fromarray(picture(3, 400, 300)).save(tmp_path / "a.png")
    (animal,) = finding.find(
        tmp_path / "a.png", pixel_size=PIXEL, sizes=(Quantity(0.3, "mm"), Quantity(9, "mm"))
    ).samples
    assert animal.measures["area"].value == pytest.approx(np.pi * 100 * 75, rel=0.05)


@pytest.mark.parametrize("threshold", [0, 255, -3, float("nan")])
def test_threshold_that_is_none_is_refused(tmp_path, threshold):
    with pytest.raises(ValueError, match="A threshold lies between 0 and 255"):
        finding.find(tray(tmp_path / "a.tif"), pixel_size=PIXEL, threshold=threshold)


def test_background_of_a_pixel_is_the_same_in_every_window(drawn):
    with Windows(drawn[0]) as scan:
        light = background.estimate(scan)
        whole = light.levels(Window(0, 0, *SIZE))
        assert (light.levels(Window(333, 207, 400, 301)) == whole[207:508, 333:733]).all()
        everything = bodies.Tray(scan, light, 243.0)
        assert (everything.mask(Window(5, 9, 70, 80)) == everything.mask(Window(0, 0, *SIZE))[9:89, 5:75]).all()
