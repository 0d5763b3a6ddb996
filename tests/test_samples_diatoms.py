"""Drawn diatoms: the same for a seed, of the sizes of their species, and fields that are true about every valve."""

import csv
import hashlib

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from imagine_kernels.images import masks
from imagine_kernels.images.tiles import Window
from imagine_kernels.shapes import RotatedBox
from imagine_kernels.sources import open_samples
from imagine_kernels.use_cases.diatoms import samples as maker
from imagine_kernels.use_cases.diatoms.organisms import GIRDLE, draw
from imagine_kernels.use_cases.diatoms.table import read_table
from imagine_kernels.use_cases.diatoms.taxa import DEBRIS, GENERA, TAXA

SIZE = (900, 700)


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    return maker.make_fields(tmp_path_factory.mktemp("slide"), 3, seed=2, size=SIZE, valves=9, touching=0.4)


def truth(folder):
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def box(row):
    return RotatedBox(*(float(row[name]) for name in ("x", "y", "width", "height", "angle")))


def digests(folder):
    return {p.relative_to(folder): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}


def test_pictures_lie_in_class_folders_alike_often_and_follow_from_the_seed(tmp_path):
    found = open_samples(maker.make_images(tmp_path / "one", count=28, seed=3))
    labels = [a.regions[0].label for a in found.annotations]
    assert {name: labels.count(name) for name in maker.NAMES} == dict.fromkeys(maker.NAMES, 2)
    assert found.skipped == ()
    again, other = maker.make_images(tmp_path / "two", 28, seed=3), maker.make_images(tmp_path / "other", 14, seed=4)
    assert digests(again) == digests(tmp_path / "one")
    assert not set(digests(other).values()) & set(digests(again).values())


def test_codes_are_four_letters_of_their_own_and_every_species_has_its_lineage():
    codes = [taxon.code for taxon in TAXA.values()] + list(GENERA.values())
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 4 and code.isupper() for code in codes)
    for name, taxon in TAXA.items():
        genus, family, order, top = taxon.parents
        assert name.startswith(f"{genus} ")
        assert (family[-5:], order[-4:], top) == ("aceae", "ales", "Bacillariophyceae")
    shared = [t.parents[0] for t in TAXA.values()]
    assert {genus for genus in shared if shared.count(genus) > 1} == set(GENERA)


@pytest.mark.parametrize("name", TAXA)
def test_valve_has_the_length_and_breadth_of_its_species_whatever_its_angle(name):
    taxon = TAXA[name]
    for seed, angle in enumerate((0.0, 0.7, 1.57, 2.6)):
        body = draw(name, angle, np.random.default_rng(seed)).body
        y, x = np.nonzero(body)
        along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
        assert taxon.length[0] * 10 * 0.97 <= np.ptp(along) <= taxon.length[1] * 10 + 3
        most = taxon.breadth[1] * 10 * (1.1 + 0.75 * taxon.bend)
        assert taxon.breadth[0] * 10 * 0.8 <= np.ptp(across) <= most
        _, pieces = ndimage.label(body)
        assert pieces == 1


def test_striae_stand_as_densely_as_the_flora_says():
    taxon = TAXA["Navicula tripunctata"]
    drawn = draw("Navicula tripunctata", 0.0, np.random.default_rng(1))
    middle = drawn.delay.shape[0] // 2
    line = drawn.delay[middle - 18, drawn.body[middle - 18]][60:-60]
    power = np.abs(np.fft.rfft(line - line.mean())) * (np.fft.rfftfreq(len(line)) > 0.04)
    per_ten = np.fft.rfftfreq(len(line))[power.argmax()] * 100
    assert taxon.striae[0] * 0.9 <= per_ten <= taxon.striae[1] * 1.1


def test_valve_on_its_side_is_a_box():
    body = draw("Navicula gregaria", 0.0, np.random.default_rng(1), GIRDLE).body
    rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
    assert body[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean() > 0.97


def test_valves_are_seen_but_light_is_neither_burnt_nor_black():
    for number, name in enumerate(maker.NAMES):
        grey = maker.alone(name, 5, number)
        assert 60 < np.median(grey) < 230
        assert grey.std() > 1.5
        assert (grey > 0).all()


def test_field_lists_every_valve_with_a_box_that_holds_it(fields):
    rows = truth(fields)
    assert {row["field"] for row in rows} == {p.stem for p in (fields / "images").iterdir()}
    for row in rows:
        assert row["code"] == TAXA[row["label"]].code
        assert row["view"] in {"valve", "girdle", "broken"}
        mask = np.asarray(Image.open(fields / "masks" / f"{row['field']}.png"))
        inside = masks.inside(box(row), Window(0, 0, *SIZE))
        assert (mask[inside] > 0).mean() > 0.35
    for name in {row["field"] for row in rows}:
        mask = np.asarray(Image.open(fields / "masks" / f"{name}.png"))
        held = np.logical_or.reduce([masks.inside(box(r), Window(0, 0, *SIZE)) for r in rows if r["field"] == name])
        assert (held[mask > 0]).mean() > 0.995


def test_outlines_part_valves_that_touch(fields):
    rows = truth(fields)
    for name in {row["field"] for row in rows}:
        mask = np.asarray(Image.open(fields / "masks" / f"{name}.png"))
        assert set(np.unique(mask)) == {0, 1, 2}
        _, apart = ndimage.label(mask == 1)
        whole = [row for row in rows if row["field"] == name and row["edge"] == "0"]
        assert len(whole) <= apart <= len([row for row in rows if row["field"] == name]) + 1
    _, together = ndimage.label(np.asarray(Image.open(fields / "masks" / "field_2_000.png")) > 0)
    assert together < sum(row["field"] == "field_2_000" for row in rows)  # some do touch


def test_valves_cut_by_the_edge_are_marked(fields):
    for row in truth(fields):
        corners = np.array(box(row).corners())
        near = corners.min() < 1.5 or (corners > np.array(SIZE) - 1.5).any()
        assert near or row["edge"] == "0"


def test_fields_are_read_with_their_masks_and_pixel_size(fields):
    found = open_samples(fields)
    assert len(found.samples) == 3
    assert {region.label for a in found.annotations for region in a.regions} >= {"valve"}
    assert all(s.pixel_size is not None and s.pixel_size.value == pytest.approx(0.1) for s in found.samples)


def test_shares_of_a_slide_can_be_ordered(tmp_path):
    only = {"Nitzschia palea": 1.0}
    rows = truth(maker.make_fields(tmp_path, 1, seed=1, size=(700, 700), valves=5, shares=only))
    assert {row["label"] for row in rows} == {"Nitzschia palea"}
    assert DEBRIS not in {row["label"] for row in rows}


def test_practice_table_is_a_table_and_says_that_it_is_made_up(tmp_path):
    path = maker.make_table(tmp_path / "made_up_values.csv")
    table = read_table(path)
    assert set(table.values) == {taxon.code for taxon in TAXA.values()}
    assert table.skipped == ()
    assert path.read_text().count("made up") == len(TAXA)


def test_card_picture_in_the_repository_is_the_one_that_is_painted(tmp_path):
    from imagine_kernels import use_case

    case = use_case.get("diatoms")
    stored = case.folder / case.picture
    assert stored.stat().st_size < 300_000
    with Image.open(maker.make_picture(tmp_path / "picture.png")) as new, Image.open(stored) as old:
        assert new.size == old.size == (960, 540)
        difference = np.abs(np.asarray(new.convert("RGB")).astype(int) - np.asarray(old.convert("RGB")))
    assert difference.mean() < 1  # not to the bit: another numpy may round otherwise
