"""Drawn ZooScan scans: the same for a seed, of the size that was asked for, and true about every organism."""

import csv
import hashlib

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy import ndimage

from imagine_kernels import images, use_case
from imagine_kernels.sources import open_samples, zooprocess
from imagine_kernels.use_cases.zooplankton import samples as maker
from imagine_kernels.use_cases.zooplankton.optics import VISIBLE
from imagine_kernels.use_cases.zooplankton.organisms import ORGANISMS
from imagine_kernels.use_cases.zooplankton.tray import SHARES, diameter, touching

SIZE = (1500, 1200)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    path = tmp_path_factory.mktemp("scan") / "scan.tif"
    return path, maker.make_scan(path, SIZE, count=14, seed=4, together=0.3, cut=1)


def test_scan_is_a_tiled_tiff_of_the_resolution_of_a_zooscan(drawn):
    with tifffile.TiffFile(drawn[0]) as file:
        (page,) = file.pages
        assert (page.imagewidth, page.imagelength) == SIZE
        assert page.is_tiled
        assert page.tags["XResolution"].value == (2400, 1)
        assert page.asarray().dtype == np.uint8


def test_truth_lies_beside_the_scan_and_is_seen_in_it(drawn):
    path, truth = drawn
    with path.with_name("scan_truth.csv").open(newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == [t.label for t in truth]
    levels = tifffile.imread(path).astype(float)
    water = np.median(levels, axis=0) * np.median(levels / np.median(levels, axis=0), axis=1)[:, None]
    dark = ndimage.gaussian_filter(levels / water, 0.6) < VISIBLE
    for one in truth:
        box = dark[one.y : one.y + one.height, one.x : one.x + one.width]
        assert np.count_nonzero(ndimage.binary_fill_holes(box)) > 0.8 * one.area
        assert one.edge == (one.x == 0)
    assert sum(t.edge for t in truth) == 1


def test_same_seed_gives_the_same_scan_and_another_seed_another(tmp_path):
    def content(seed, bits=8):
        maker.make_scan(tmp_path / "a.tif", (700, 600), count=3, seed=seed, bits=bits)
        return hashlib.sha256(tifffile.imread(tmp_path / "a.tif").tobytes()).hexdigest()

    assert content(1) == content(1) != content(2)
    assert content(1, bits=16) != content(1)


def test_organisms_that_touch_share_few_pixels_and_are_one_object():
    rng = np.random.default_rng(3)
    for _ in range(6):
        patch = touching(["Copepoda", "detritus"], [60.0, 50.0], rng)
        bodies = np.zeros((2, *patch.through.shape), bool)
        for body, one in zip(bodies, patch.organisms, strict=True):
            body[one.y : one.y + one.body.shape[0], one.x : one.x + one.body.shape[1]] = one.body
        assert 0 < np.count_nonzero(bodies.all(axis=0)) < 0.2 * bodies.sum(axis=(1, 2)).min()
        objects = ndimage.label(bodies.any(axis=0), np.ones((3, 3)))[0]
        assert set(np.unique(objects[bodies[0]])) & set(np.unique(objects[bodies[1]]))


def test_sizes_follow_a_normalised_biovolume_spectrum_of_slope_minus_one():
    rng = np.random.default_rng(0)
    volumes = np.array([diameter(rng) for _ in range(20_000)]) ** 3
    counts, edges = np.histogram(volumes, bins=volumes.min() * 2.0 ** np.arange(8))
    slope = np.polyfit(np.log(edges[:-1]), np.log(counts * edges[:-1] / np.diff(edges)), 1)[0]
    assert slope == pytest.approx(-1, abs=0.05)


def test_vignettes_lie_in_class_folders_alike_often(tmp_path):
    found = open_samples(maker.make_images(tmp_path / "images", count=14, seed=2))
    labels = [a.regions[0].label for a in found.annotations]
    assert found.skipped == ()
    assert {name: labels.count(name) for name in ORGANISMS} == dict.fromkeys(SHARES, 2)


def test_some_vignettes_end_with_a_scale_bar_as_those_of_zooprocess(tmp_path):
    found = open_samples(maker.make_images(tmp_path / "images", count=21, seed=3))
    strips = [images.read(sample)[-31:, :, 0] for sample in found.samples]
    with_bar = [strip for strip in strips if (strip[23:26, 12:106] == 0).all()]
    assert 2 <= len(with_bar) <= 14
    assert all((strip[:6] > 240).mean() > 0.99 for strip in with_bar)


def test_a_cast_tells_its_scale_its_water_and_the_part_that_was_scanned(tmp_path):
    folder = maker.make_cast(tmp_path, (900, 800), 4, seed=2, volume=40, parts=8)
    said = zooprocess.scan_of(folder / "drawn_net2_d1_1.tif")
    assert said.pixel_size.value == pytest.approx(maker.PIXEL_SIZE_UM)
    assert said.effort.volume.value == pytest.approx(5)
    assert (said.threshold, said.parts) == (243, 8)


def test_card_picture_in_the_repository_is_the_one_that_is_painted(tmp_path):
    case = use_case.get("zooplankton")
    stored = case.folder / case.picture
    assert stored.stat().st_size < 300_000
    with Image.open(maker.make_picture(tmp_path / "picture.png")) as new, Image.open(stored) as old:
        assert new.size == old.size == (960, 540)
        difference = np.abs(np.asarray(new).astype(int) - np.asarray(old))
    assert difference.mean() < 1  # not to the bit: another numpy may round otherwise
