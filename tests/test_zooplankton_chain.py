"""Zooplankton from a person's files to numbers per m³: drawn scans against their truth, real projects, refusals."""

import csv
import shutil

import numpy as np
import pytest
import tifffile
from command import imagine
from ecotaxa_tables import project, rows

from imagine_kernels import chain, ecotaxa, images, use_case
from imagine_kernels.records import Annotation, Quantity, Region, Sample
from imagine_kernels.sources import ecotaxa as projects
from imagine_kernels.use_cases.zooplankton import samples as maker
from imagine_kernels.use_cases.zooplankton import scans, touching
from imagine_kernels.use_cases.zooplankton.chain import PER_M3

CASE = use_case.get("zooplankton")
QUIET = chain.Options(progress=False)
WATER = 40 / 64
"""m³ in which the animals of the drawn part of a catch were."""
COUNTED = {label.name for label in CASE.model().labels if label.counted}


def run(path, **said):
    return chain.run(CASE, path, chain.Options(progress=False, **said))


def organisms(work):
    """The rows of what counts."""
    return [row for row in work.tables["counts"] if row["class"] in COUNTED]


def only(tables, name, **wanted):
    (row,) = (row for row in tables[name] if wanted.items() <= row.items())
    return row


@pytest.fixture(scope="module")
def cast(tmp_path_factory):
    folder = maker.make_cast(tmp_path_factory.mktemp("cast"), (2700, 3000), 70, seed=4, volume=40, parts=64)
    with next(folder.glob("*_truth.csv")).open(newline="") as file:
        return folder, [row for row in csv.DictReader(file) if row["edge"] == "0"]


@pytest.fixture(scope="module")
def done(cast):
    return run(cast[0])


@pytest.fixture
def small(monkeypatch):
    """Small pictures are taken for scans: what is refused need not be drawn large."""
    monkeypatch.setattr(scans, "PIXELS", 500_000)
    monkeypatch.setattr(scans, "NAMED_ALONE", 500_000)
    monkeypatch.setattr(scans, "_BYTES", 1)


def test_counts_of_a_drawn_scan_hold_the_truth_in_their_intervals(cast, done):
    truth = [row["label"] for row in cast[1]]
    assert abs(len(done.samples) - len(truth)) <= 0.06 * len(truth)
    for label in CASE.model().label_names:
        row = only(done.tables, "counts", **{"class": label})
        assert abs(row["count"] - truth.count(label)) <= max(2, 0.15 * truth.count(label))
        if label in COUNTED:
            assert row[f"{PER_M3}, 95 % from"] <= truth.count(label) / WATER <= row[f"{PER_M3}, 95 % to"]
            assert row["AphiaID"] is not None
        else:
            assert row["share, %"] is None


def test_the_part_that_was_scanned_is_divided_by_once(done):
    for row in organisms(done):
        assert row[PER_M3] == pytest.approx(row["estimated count"] / WATER)
    volumes = done.tables["biovolume"]
    for row in volumes:  # what the model confuses is corrected for
        assert row["mm³/m³, 95 % from"] <= row["volume, mm³"] / WATER <= row["mm³/m³, 95 % to"]
    whole = sum(row["volume, mm³"] for row in volumes) / WATER
    assert sum(row["mm³/m³"] for row in volumes) == pytest.approx(whole, rel=0.15)


def test_volumes_and_spectrum_are_of_what_is_alive(cast, done):
    assert {row["class"] for row in done.tables["biovolume"]} <= COUNTED
    alive = sum(row["count"] for row in done.tables["biovolume"])
    assert alive == sum(label in COUNTED for label in done.labels.values())
    assert alive == len(done.tables["sizes"]) == sum(row["count"] for row in done.tables["size spectrum"])
    normalised = sum(
        row["mm³/m³ per mm³"] * (row["to, mm³"] - row["from, mm³"]) for row in done.tables["size spectrum"]
    )
    assert normalised == pytest.approx(sum(row["volume, mm³"] for row in done.tables["biovolume"]) / WATER)
    (slope,) = done.tables["slope"]
    assert slope["slope, 95 % from"] < slope["slope"] < slope["slope, 95 % to"]
    true = sum(int(row["area"]) for row in cast[1] if row["label"] in COUNTED)
    found = sum(s.measures["area"].value for s in done.samples if done.labels[s.id] in COUNTED)
    assert found == pytest.approx(true, rel=0.15)


def test_touching_organisms_are_counted_each_and_can_be_looked_at_whole(cast, done):
    whole = touching.outlines(done.samples)
    listed = {row["object"]: row["counted as"] for row in done.tables["touching"]}
    assert {one.id for one in whole} == set(listed)
    assert len(done.samples) == len(touching.singles(done.samples)) + sum(listed.values())
    clusters = [row["cluster"] for row in cast[1]]
    assert 0.4 <= len(listed) / len({name for name in clusters if clusters.count(name) > 1}) <= 1.4
    picture = touching.drawn(whole[0])
    assert picture.shape == (whole[0].height, whole[0].width, 3)
    assert ((picture[..., 0] > 150) & (picture[..., 1] < 60)).any()


def test_what_a_scan_held_is_told(done):
    (scan,) = done.tables["scans"]
    assert scan["cut by the edge"] >= 1
    assert scan["threshold, of 255"] == 243
    assert any("whole scan" in remark for remark in done.remarks)
    assert any("edge" in remark for remark in done.remarks)


def test_found_organisms_go_to_ecotaxa_and_come_back_the_same(done, tmp_path):
    person = Annotation(done.samples[0].id, (Region("Hydrozoa"),), "pat")
    (place,) = ecotaxa.from_work(done, tmp_path / "cast.zip", annotations=[person])
    back = projects.read(place)
    assert [s.id for s in back.collection.samples] == [s.id for s in done.samples]
    for ours, theirs in zip(done.samples, back.collection.samples, strict=True):
        assert theirs.measures.keys() >= {"area", "major", "minor", "circ.", "mean", "skew"}
        assert theirs.measures["area"].value == pytest.approx(ours.measures["area"].value)
        assert theirs.effort.volume.value == pytest.approx(WATER)
        assert theirs.taken_at == f"{ours.taken_at}+00:00" == "2024-06-12T09:30:00+00:00"
    assert [a.regions[0].label for a in back.collection.annotations] == ["Hydrozoa"]
    said = {p.sample_id: (p.model, p.weights, p.regions[0].label, p.regions[0].score) for p in back.predictions}
    for p in done.predictions:
        assert said[p.sample_id] == (p.model, p.weights, p.regions[0].label, pytest.approx(p.regions[0].score))
    again = run(place)
    assert only(again.tables, "counts", **{"class": "Copepoda"})[PER_M3] == pytest.approx(
        only(done.tables, "counts", **{"class": "Copepoda"})[PER_M3], abs=2.01 / WATER
    )  # a PNG is what was seen in the scan; one organism now has a person's name


def test_a_project_keeps_its_columns_and_its_people_on_the_way_through(tmp_path):
    said = {"object_annotation_category": "Copepoda", "object_annotation_status": "validated"}
    said |= {"object_annotation_person_name": "Ada", "object_annotation_date": "20240102"}
    source = project(tmp_path / "in", rows(said, {}))
    (place,) = ecotaxa.from_work(run(source), tmp_path / "out.zip")
    columns = projects.read(place).columns()
    assert [columns[name]["object_note"] for name in ("o1", "o2")] == ["näkki", "näkki"]
    assert columns["o1"]["object_annotation_status"] == "validated"
    assert columns["o1"]["object_annotation_person_name"] == "Ada"
    assert columns["o2"]["object_annotation_status"] == "predicted"
    assert columns["o2"]["sample_tot_vol"] == "24.5"


def test_further_pictures_of_an_object_go_through_by_their_rank(tmp_path):
    second = {"object_id": "o1", "img_rank": "1", "img_file_name": "other.png"}
    source = project(tmp_path / "in", rows({}, second, {}))
    done = run(source)
    assert [sample.id for sample in done.samples] == ["o1", "o3"]
    (place,) = ecotaxa.from_work(done, tmp_path / "out.zip")
    (table,) = projects.read(place).tables
    listed = {(row["object_id"], row["img_rank"]): row["img_file_name"] for _, row in table.rows()}
    assert set(listed) == {("o1", "0"), ("o1", "1"), ("o3", "0")}
    pixels = images.read(Sample("x", f"{place}!/{listed['o1', '1']}", 12, 9))
    assert (pixels == images.read(Sample("x", str(source / "other.png"), 12, 9))).all()


def test_vignettes_without_measures_are_measured(tmp_path):
    maker.make_images(tmp_path / "in", count=21, seed=6)
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in (tmp_path / "in").rglob("*.png"):
        shutil.copy(path, flat / path.name)
    found = run(flat, pixel_size=Quantity(maker.PIXEL_SIZE_UM, "micrometer"), volume=Quantity(500, "liter"))
    assert "biovolume" in found.tables
    for row in found.tables["biovolume"]:
        assert 0.3 < row["median ESD, mm"] < 4
        assert row["mm³/m³, 95 % from"] <= row["volume, mm³"] / 0.5 <= row["mm³/m³, 95 % to"]
    assert np.mean([found.labels[s.id] == s.id.split("_")[0] for s in found.samples]) >= 0.8


def test_the_command_leaves_a_zip_for_ecotaxa_beside_its_tables(tmp_path):
    maker.make_images(tmp_path / "in", count=7, seed=1)
    place = tmp_path / "mine.zip"
    how = ("--pixel-size", "10.58 um", "--volume", "2.5 m3", "--ecotaxa", place)
    said = imagine("predict", "zooplankton", tmp_path / "in", "-o", tmp_path / "out", *how)
    assert said.code == 0, said.err
    assert str(place) in said.err
    assert len(projects.read(place).collection.samples) == 7
    assert {"counts.csv", "biovolume.csv", "sizes.csv"} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_litres_and_cubic_metres_are_the_same_water(cast, tmp_path, small):
    scan = tmp_path / "scan.tif"
    maker.make_scan(scan, (1000, 900), count=6, seed=2)
    first, second = (run(scan, volume=Quantity(*water)) for water in ((2500.0, "liter"), (2.5, "meter ** 3")))
    for one, other in zip(organisms(first), organisms(second), strict=True):
        assert one[PER_M3] == pytest.approx(other[PER_M3])
        assert one[PER_M3] == pytest.approx(one["estimated count"] / 2.5)


def test_a_volume_that_may_be_litres_or_cubic_metres_is_not_used(tmp_path):
    found = run(project(tmp_path, rows({"acq_instrument": "another"}, {"acq_instrument": "another"})))
    assert any("litres or cubic metres" in skipped.why for skipped in found.skipped)
    assert any("no concentration" in remark for remark in found.remarks)
    assert not any(PER_M3 in row for row in found.tables["counts"])
    assert not any("mm³/m³" in row for row in found.tables.get("biovolume", ()))


def test_a_scan_of_unknown_water_gives_shares_and_sizes_and_a_sentence(tmp_path, small):
    scan = tmp_path / "scan.tif"
    maker.make_scan(scan, (1000, 900), count=6, seed=2)
    found = run(scan)
    assert sum("volume" in remark and "unknown" in remark for remark in found.remarks) == 1
    assert any("2400 dots per inch" in remark for remark in found.remarks)
    assert all(row["share, %"] is not None and PER_M3 not in row for row in organisms(found))
    assert all("volume, mm³" in row and "mm³/m³" not in row for row in found.tables["biovolume"])
    assert "slope" not in found.tables


def test_a_scan_without_a_scale_is_refused(tmp_path, small):
    maker.make_scan(tmp_path / "scan.tif", (1000, 900), count=4, seed=2)
    bare = tmp_path / "bare.tif"
    tifffile.imwrite(bare, tifffile.imread(tmp_path / "scan.tif"))
    with pytest.raises(ValueError, match=r"size of a pixel of bare\.tif is unknown"):
        run(bare)
    assert run(bare, pixel_size=Quantity(10.58, "micrometer")).samples


def test_a_scan_without_background_is_refused_alone_and_left_out_among_others(tmp_path, small):
    folder = tmp_path / "scans"
    folder.mkdir()
    grain = np.random.default_rng(0).integers(0, 255, (800, 900), np.uint8)
    tifffile.imwrite(folder / "grain.tif", grain, resolution=(2400, 2400), resolutionunit="INCH")
    with pytest.raises(ValueError, match=r"grain\.tif shows no background"):
        run(folder / "grain.tif")
    maker.make_scan(folder / "good.tif", (1000, 900), count=4, seed=2)
    found = run(folder)
    assert {sample.group for sample in found.samples} == {"good"}
    assert any("no background" in skipped.why for skipped in found.skipped)


def test_a_raw_scan_and_what_zooprocess_made_of_it_count_once(tmp_path, small):
    folder = maker.make_cast(tmp_path, (1000, 900), 4, seed=1)
    shutil.copy(folder / "drawn_net1_d1_1.tif", folder / "drawn_net1_d1_raw_1.tif")
    shutil.copy(folder / "drawn_net1_d1_1.tif", folder / "drawn_net1_d1_1_msk.tif")
    assert [path.name for path in scans.pictures(folder)] == ["drawn_net1_d1_1.tif"]


def test_large_pictures_in_class_folders_are_vignettes(tmp_path, small):
    for name in ("Copepoda", "detritus"):
        (tmp_path / name).mkdir()
        maker.make_scan(tmp_path / name / "a.tif", (1000, 900), count=2, seed=2)
        (tmp_path / name / "a_truth.csv").unlink()
    found = run(tmp_path)
    assert len(found.samples) == len(found.annotations) == 2
    assert "scans" not in found.tables


def test_real_zooprocess_objects_are_counted_per_cubic_metre(real_data):
    found = run(real_data / "02_zooplankton_ecotaxa" / "zooprocess_project")
    assert len(found.samples) == len(found.predictions) == 2
    for row in organisms(found):
        assert row[PER_M3] == pytest.approx(row["estimated count"] / found.samples[0].effort.volume.value)
    assert 1 < found.samples[0].effort.volume.value < 1000


def test_pictures_of_a_uvp_are_told_to_be_beyond_the_model(real_data, tmp_path):
    for path in sorted((real_data / "02_zooplankton_ecotaxa" / "uvp6_vignettes" / "Copepoda__6666").glob("*.png"))[:5]:
        shutil.copy(path, tmp_path / path.name)
    assert any("5 pictures are light on dark" in remark for remark in run(tmp_path).remarks)


def test_a_real_ecotaxa_import_goes_through_with_every_column(real_data, tmp_path):
    source = real_data / "02_zooplankton_ecotaxa" / "ecotaxa_import" / "import_test.zip"
    found = run(source)
    assert len(found.predictions) == len(found.samples)
    (place,) = ecotaxa.from_work(found, tmp_path / "out.zip")
    before, after = projects.read(source).columns(), projects.read(place).columns()
    for name, row in after.items():
        kept = {c for c in before[name] if c.startswith(("acq_", "sample_", "process_")) and before[name][c]}
        assert kept <= set(row)
        assert row["object_model_label"] == found.labels[name] or row["object_annotation_status"] == "validated"
