"""Crops that are turned: a box along a leaning valve comes upright, from small pictures and from whole scans alike."""

import json
import math

import numpy as np
import pytest
import tifffile
from PIL import Image

from imagine_kernels import images
from imagine_kernels.images import decoding
from imagine_kernels.records import Sample, from_json, to_json
from imagine_kernels.shapes import RotatedBox


def leaning(angle, size=(300, 200), middle=(140.0, 90.0), half=(60, 15)):
    """A dark bar with a bright first end on grey, around `middle`, turned by `angle` degrees."""
    y, x = np.mgrid[: size[1], : size[0]] + 0.5
    turn = math.radians(angle)
    along = math.cos(turn) * (x - middle[0]) + math.sin(turn) * (y - middle[1])
    across = math.cos(turn) * (y - middle[1]) - math.sin(turn) * (x - middle[0])
    picture = np.full(x.shape, 128, np.uint8)
    picture[(abs(along) < half[0]) & (abs(across) < half[1])] = 20
    picture[(along > half[0] - 30) & (along < half[0]) & (abs(across) < half[1])] = 240
    return picture


def sample(path, box):
    return Sample("one", str(path), round(box.width), round(box.height), box)


@pytest.mark.parametrize("angle", [0, 30, 90, 117.5, -45, 180, 271])
def test_leaning_bar_comes_upright_whatever_its_angle(tmp_path, angle):
    Image.fromarray(leaning(angle)).save(tmp_path / "bar.png")
    found = images.read(sample(tmp_path / "bar.png", RotatedBox(140, 90, 140, 50, angle)))
    assert found.shape == (50, 140, 3)
    straight = leaning(0, (140, 50), (70.0, 25.0))
    wrong = np.abs(found[..., 0].astype(int) - straight) > 60
    assert wrong.mean() < 0.04  # the rim of the bar, where a turned pixel covers both sides
    assert (found[20:30, 115:125] > 200).all()


def test_straight_box_of_whole_pixels_is_the_very_picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (60, 80), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "grain.png")
    found = images.read(sample(tmp_path / "grain.png", RotatedBox(30, 20, 20, 10, 0)))
    assert (found[..., 0] == pixels[15:25, 20:40]).all()


def test_box_over_the_edge_goes_on_with_background(tmp_path):
    Image.fromarray(leaning(0, middle=(10.0, 90.0))).save(tmp_path / "cut.png")
    found = images.read(sample(tmp_path / "cut.png", RotatedBox(10, 90, 140, 50, 0)))
    assert found.shape == (50, 140, 3)
    assert (found[:, :59] == 128).all()
    assert (found[20:30, 62:90] == 20).all()


def test_box_beside_the_picture_is_refused_in_a_sentence(tmp_path):
    Image.fromarray(leaning(0)).save(tmp_path / "bar.png")
    with pytest.raises(ValueError, match=r"bar\.png has 300 × 200 pixels, and the crop .* lies outside it"):
        images.read(sample(tmp_path / "bar.png", RotatedBox(900, 90, 40, 20, 10)))


def test_long_thin_crop_across_a_scan_fills_no_memory(tmp_path):
    Image.fromarray(leaning(0)).save(tmp_path / "bar.png")
    with pytest.raises(ValueError, match="more than is read"):
        images.read(sample(tmp_path / "bar.png", RotatedBox(140, 90, 60000, 2, 45)))


def test_whole_scan_gives_the_same_turned_crop_as_a_small_picture(tmp_path, monkeypatch):
    Image.fromarray(leaning(30)).save(tmp_path / "small.png")
    tifffile.imwrite(tmp_path / "scan.tif", leaning(30), tile=(64, 64))
    box = RotatedBox(140, 90, 140, 50, 30)
    small = images.read(sample(tmp_path / "small.png", box))
    monkeypatch.setattr(decoding, "MAX_PIXELS", 1000)
    assert (images.read(sample(tmp_path / "scan.tif", box)) == small).all()


def test_turned_crop_travels_as_json():
    one = sample("field.png", RotatedBox(10.5, 20.25, 30, 8, 33.5))
    assert from_json(json.loads(json.dumps(to_json(one)))) == one
