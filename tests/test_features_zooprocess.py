"""Our features of real ZooScan objects beside what ZooProcess wrote about the very same pixels."""

import csv

import numpy as np
import pytest
from PIL import Image

from imagine_kernels import features

THRESHOLD = 243
OBJECTS = ("2855_223", "13892_13563")
EXACT = (
    *("area", "area_exc", "mean", "stddev", "mode", "min", "max", "median", "skew", "kurt", "intden", "%area"),
    *("x", "y", "xm", "ym", "width", "height", "major", "minor", "angle", "perim.", "circ.", "feret", "convperim"),
    *("slope", "histcum1", "histcum2", "histcum3", "nb1", "nb2", "fcons"),
)
"""Equal to the last digit that ZooProcess writes."""
NEAR = {"skelarea": 0.005, "convarea": 0.005, "fractal": 0.01, "symetrieh": 0.015, "symetriev": 0.015}
NEAR |= {"symetriehc": 0.03, "symetrievc": 0.03, "thickr": 0.25}
"""Largest difference as a share: these hang on how pixels are interpolated, thinned or drawn."""
DERIVED = ("elongation", "perimareaexc", "feretareaexc", "perimferet", "perimmajor", "circex", "cv", "sr")
"""ZooProcess rounds what goes into these to whole numbers."""


@pytest.fixture(scope="module")
def project(real_data):
    folder = real_data / "02_zooplankton_ecotaxa" / "zooprocess_project"
    if not folder.is_dir():
        pytest.skip(f"the real ZooProcess project is not at hand ({folder})")
    return folder


def rows(path):
    with path.open(encoding="latin-1", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def ours(project, name):
    picture = np.asarray(Image.open(project / "images" / "measures" / f"crop_{name}.png"))
    return features.find(picture, background=255, threshold=THRESHOLD, dark=True)


@pytest.mark.parametrize("name", OBJECTS)
def test_measures_are_those_of_zooprocess(project, name):
    theirs = {key.lower(): value for key, value in rows(project / "features" / f"meas_{name}.csv")[0].items()}
    found = features.measure(ours(project, name))
    for key in EXACT:
        assert found[key] == pytest.approx(float(theirs[key]), abs=0.00051, rel=1e-9), key
    for key, share in NEAR.items():
        assert found[key] == pytest.approx(float(theirs[key]), rel=share), key


@pytest.mark.parametrize("name", OBJECTS)
def test_derived_features_are_those_of_the_ecotaxa_table(project, name):
    theirs = rows(project / "features" / f"ecotaxa_{name}.tsv")[1]
    found = features.measure(ours(project, name))
    for key in ("esd", "meanpos", "range"):
        assert found[key] == pytest.approx(float(theirs[f"object_{key}"]), rel=0.001), key
    for key in DERIVED:
        assert found[key] == pytest.approx(float(theirs[f"object_{key}"]), rel=0.11 if key == "cv" else 0.1), key


def test_mask_of_zooprocess_is_the_object_that_we_find(project):
    mask = np.asarray(Image.open(project / "images" / "measures" / "mask_holes_2855_223.png")) == 0
    assert np.array_equal(ours(project, "2855_223").body, mask)


def test_every_feature_has_a_column_in_the_ecotaxa_table(project):
    columns = rows(project / "features" / f"ecotaxa_{OBJECTS[0]}.tsv")[0].keys()
    found = features.measure(ours(project, OBJECTS[0]))
    assert {f"object_{name}" for name in found} <= columns
