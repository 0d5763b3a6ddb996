"""EcoTaxa projects in every form that people have them, and real ones of its own test suite."""

import csv
import json

import pytest
from ecotaxa_tables import COLUMNS, picture, project, rows, table, zipped

from imagine_kernels import images, measure
from imagine_kernels.records import Effort, Quantity, from_json, to_json
from imagine_kernels.sources import ecotaxa, ecotaxa_counts, open_samples

CUBIC_METRES = "meter ** 3"
VALIDATED = {
    "object_annotation_status": "validated", "object_annotation_category": "Copepoda",
    "object_annotation_person_name": "Ada", "object_annotation_date": "20200102", "object_annotation_time": "030405",
}  # fmt: skip
DUBIOUS = {**VALIDATED, "object_annotation_status": "dubious"}
PREDICTED = {"object_annotation_status": "predicted", "object_annotation_category": "egg<other"}


@pytest.fixture(scope="module")
def real(real_data):
    folder = real_data / "02_zooplankton_ecotaxa"
    if not (folder / "ecotaxa_import").is_dir() or not (real_data / "exports" / "ecotaxa_export").is_dir():
        pytest.skip(f"the real EcoTaxa files are not at hand ({folder})")
    return real_data


def facts(collection):
    return [(s.id, s.group, s.taken_at, s.pixel_size, s.effort, s.measures) for s in collection.samples]


def test_a_row_becomes_a_sample_with_scale_place_time_and_the_water_searched(tmp_path):
    (sample,) = open_samples(project(tmp_path, rows({}))).samples
    assert sample.id == "o1"
    assert sample.group == "cast 1"
    assert sample.taken_at == "2014-04-20T04:20:00+00:00"
    assert sample.pixel_size == Quantity(10.6, "micrometer")
    assert sample.effort == Effort(Quantity(24.5 / 4, CUBIC_METRES))
    assert sample.measures["lat"] == Quantity(43.685, "degree")
    assert sample.measures["depth_max"] == Quantity(75.0, "meter")
    assert sample.measures["area"] == Quantity(516.5, "pixel ** 2")
    assert images.read(sample).shape == (9, 12, 3)
    assert from_json(json.loads(json.dumps(to_json(sample)))) == sample


def test_individuals_per_cubic_metre_count_every_part_of_the_sample(tmp_path):
    found = open_samples(project(tmp_path, rows({}, {}, {})))
    (row,) = measure.concentrations(found.samples, {s.id: "Copepoda" for s in found.samples})
    per_m3 = measure.convert(row.concentration, "1 / meter ** 3").value
    assert per_m3 == pytest.approx(3 * 4 / 24.5)


def test_validated_dubious_and_predicted_are_kept_apart_and_no_column_is_lost(tmp_path):
    listed = rows(VALIDATED, DUBIOUS, PREDICTED, {})
    listed[0]["object_note"] = "tail missing"
    found = ecotaxa.read(project(tmp_path, listed))
    (annotation,) = found.collection.annotations
    assert (annotation.sample_id, annotation.regions[0].label, annotation.author) == ("o1", "Copepoda", "Ada")
    assert annotation.at == "2020-01-02T03:04:05+00:00"
    assert [a.sample_id for a in found.dubious] == ["o2"]
    assert [(p.sample_id, p.regions[0].label, p.model) for p in found.predictions] == [("o3", "egg<other", "EcoTaxa")]
    assert found.states == {"o1": "validated", "o2": "dubious", "o3": "predicted", "o4": ""}
    assert found.columns()["o1"] == listed[0] | {c: listed[0].get(c, "") for c in COLUMNS}
    assert ecotaxa.read(tmp_path).collection.annotations == found.collection.annotations


@pytest.mark.parametrize(
    "how",
    [
        {"encoding": "latin-1"},
        {"encoding": "utf-8-sig"},
        {"encoding": "utf-16"},
        {"types": False},
        {"quoting": csv.QUOTE_ALL},
        {"separator": ";"},
        {"columns": {name.upper(): kind for name, kind in COLUMNS.items()}},
    ],
    ids=["latin-1", "byte order mark", "utf-16", "no types", "all quoted", "semicolons", "capitals"],
)
def test_a_table_saved_another_way_reads_the_same(tmp_path, how):
    listed = rows(VALIDATED, PREDICTED)
    plain = open_samples(project(tmp_path / "plain", listed))
    if "columns" in how:
        listed = [{name.upper(): text for name, text in row.items()} for row in listed]
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "ecotaxa_cast.tsv").write_text(table(listed, **how))
        for row in listed:
            picture(tmp_path / "other" / row["IMG_FILE_NAME"])
    else:
        project(tmp_path / "other", listed, **how)
    found = open_samples(tmp_path / "other")
    assert facts(found) == facts(plain)
    assert found.skipped == ()
    notes = {
        row.get("object_note", row.get("OBJECT_NOTE")) for row in ecotaxa.read(tmp_path / "other").columns().values()
    }
    assert notes == {"näkki"}


@pytest.mark.parametrize(
    ("cells", "time"),
    [
        ({"object_time": "420"}, "2014-04-20T04:20:00+00:00"),
        ({"object_time": "42007"}, "2014-04-20T04:20:07+00:00"),
        ({"object_time": "4:20"}, "2014-04-20T04:20:00+00:00"),
        ({"object_time": "04:20:05.000"}, "2014-04-20T04:20:05+00:00"),
        ({"object_time": "0"}, "2014-04-20T00:00:00+00:00"),
        ({"object_time": "", "object_date": "2014-04-20"}, "2014-04-20T00:00:00+00:00"),
        ({"object_time": "42000.0", "object_date": "20140420.0"}, "2014-04-20T04:20:00+00:00"),
        ({"object_date": "", "object_time": ""}, None),
    ],
)
def test_dates_and_times_are_read_as_spreadsheets_leave_them(tmp_path, cells, time):
    assert open_samples(project(tmp_path, rows(cells))).samples[0].taken_at == time


def test_decimal_commas_and_degrees_with_minutes_are_numbers(tmp_path):
    cells = {"object_lat": "-43,5", "object_lon": "7°30.6", "object_area": "1,25", "sample_tot_vol": "24,5"}
    (sample,) = open_samples(project(tmp_path, rows(cells))).samples
    assert sample.measures["lat"].value == -43.5
    assert sample.measures["lon"].value == pytest.approx(7.51)
    assert sample.measures["area"].value == 1.25
    assert sample.effort.volume.value == pytest.approx(24.5 / 4)


@pytest.mark.parametrize(
    ("given", "lies"),
    [
        (r"images\Copepoda\o1.PNG", "images/Copepoda/o1.png"),
        (r"C:\scans\o1.png", "o1.png"),
        ("../../o1.png", "elsewhere/o1.png"),
        ("O1.png", "o1.png"),
    ],
)
def test_pictures_are_found_whatever_computer_named_them(tmp_path, given, lies):
    project(tmp_path, rows({"img_file_name": given}), pictures=False)
    place = picture(tmp_path / lies)
    found = open_samples(tmp_path)
    assert [s.uri for s in found.samples] == [str(place)]


def test_a_name_that_leads_out_of_the_project_is_not_followed(tmp_path):
    picture(tmp_path / "secret.png")
    project(tmp_path / "in", rows({"img_file_name": "../secret.png"}), pictures=False)
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(ValueError, match=r"names pictures that are not there.*secret.png \(row 3\)"):
        open_samples(tmp_path / "in" / "ecotaxa_cast.tsv")


def test_zip_with_several_tables_in_folders_reads_as_the_folder_does(tmp_path):
    root = tmp_path / "root"
    other = [
        {**row, "object_id": f"b{row['object_id']}", "sample_id": "cast 2", "acq_id": "c2"} for row in rows({}, {})
    ]
    project(root / "a", rows(VALIDATED, {}))
    project(root / "b", other, name="ecotaxa_b.txt")
    (root / "a" / ".~lock.ecotaxa_cast.tsv#").write_text("someone")
    found, inside = open_samples(root), open_samples(zipped(root, tmp_path / "all.zip"))
    assert facts(found) == facts(inside)
    assert [a.regions[0].label for a in inside.annotations] == ["Copepoda"]
    assert {s.group for s in inside.samples} == {"cast 1", "cast 2"}
    assert images.read(inside.samples[3]).shape == (9, 12, 3)


def test_zips_of_a_folder_are_one_project_each_and_none_is_read_twice(tmp_path):
    first, second = project(tmp_path / "1", rows({})), project(tmp_path / "2", rows({"object_id": "x"}))
    folder = tmp_path / "all"
    folder.mkdir()
    zipped(first, folder / "a.zip")
    zipped(second, folder / "b.zip")
    zipped(first, folder / "copy.zip")
    found = open_samples(folder)
    assert [s.id for s in found.samples] == ["o1", "x"]
    assert [skipped.why for skipped in found.skipped] == [
        "copy.zip holds objects that were read from elsewhere, such as o1. Open it by itself."
    ]


def test_an_export_with_internal_ids_may_have_more_columns_than_an_import(tmp_path):
    more = {f"acq_own{n}": "[t]" for n in range(30)} | {"acq_internal_id": "[t]", "objid": "[f]"}
    assert len(open_samples(project(tmp_path, rows({"objid": "7"}), columns=COLUMNS | more)).samples) == 1


def test_missing_and_broken_pictures_are_told_and_the_rest_is_read(tmp_path):
    project(tmp_path, rows({}, {}, {}))
    (tmp_path / "o2.png").unlink()
    (tmp_path / "o3.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    found = open_samples(tmp_path)
    assert [s.id for s in found.samples] == ["o1"]
    missing, broken = found.skipped
    assert "not there. Copy them" in missing.why
    assert "o2.png (row 4)" in missing.why
    assert "o3.png is broken" in broken.why


def test_an_object_with_two_pictures_counts_once(tmp_path):
    second = {"object_id": "o1", "img_file_name": "o1b.png", "img_rank": "1"}
    found = open_samples(project(tmp_path, rows({"img_rank": "2"}, second)))
    assert [(s.id, s.uri.rpartition("/")[2]) for s in found.samples] == [("o1", "o1b.png")]
    assert "several pictures of one object" in found.skipped[0].why


def test_fractions_of_one_sample_are_groups_of_their_own(tmp_path):
    coarse = {"acq_id": "cast 1 d2", "acq_sub_part": "1"}
    found = open_samples(project(tmp_path, rows({}, coarse)))
    assert {s.group: s.effort.volume.value for s in found.samples} == {
        "cast 1/cast 1 d1": 24.5 / 4,
        "cast 1/cast 1 d2": 24.5,
    }


def test_limit_is_kept_and_a_picture_of_no_row_is_told_and_one_elsewhere_read(tmp_path):
    project(tmp_path, rows({}, {}, {}))
    picture(tmp_path / "mask.png")
    picture(tmp_path / "sub" / "free.png")
    assert len(open_samples(tmp_path, limit=2).samples) == 2
    found = open_samples(tmp_path)
    assert {s.id for s in found.samples} == {"o1", "o2", "o3", "sub/free.png"}
    assert "named by no table; the first is mask.png" in found.skipped[0].why


def test_folders_of_classes_with_numbers_are_named_without_them(tmp_path):
    for name in ("Copepoda__25828", "egg_other__92012"):
        picture(tmp_path / name / "1.png")
    assert {a.regions[0].label for a in open_samples(tmp_path).annotations} == {"Copepoda", "egg_other"}
    picture(tmp_path / "Copepoda__7" / "2.png")
    labels = {a.regions[0].label for a in open_samples(tmp_path).annotations}
    assert labels == {"Copepoda__25828", "egg_other__92012", "Copepoda__7"}


def test_table_of_annotations_alone_is_read_for_what_it_says(tmp_path):
    columns = {c: k for c, k in COLUMNS.items() if c == "object_id" or c.startswith("object_annotation")}
    (tmp_path / "ecotaxa_update.tsv").write_text(table(rows(VALIDATED, DUBIOUS), columns))
    found = ecotaxa.read(tmp_path / "ecotaxa_update.tsv")
    assert [(a.sample_id, a.regions[0].label) for a in found.collection.annotations] == [("o1", "Copepoda")]
    with pytest.raises(ValueError, match="names no pictures"):
        open_samples(tmp_path)


def test_real_import_and_its_zip(real):
    found = open_samples(real / "02_zooplankton_ecotaxa/ecotaxa_import/import_test")
    inside = open_samples(real / "02_zooplankton_ecotaxa/ecotaxa_import/import_test.zip")
    assert (len(found.samples), len(inside.samples)) == (11, 8)
    for sample in (*found.samples, *inside.samples):
        assert images.read(sample).shape == (sample.height, sample.width, 3)
        assert sample.pixel_size == Quantity(10.6, "micrometer")
        assert sample.taken_at == "2014-04-20T04:20:00+00:00"
        assert sample.effort is None


def test_real_exports(real):
    exports = real / "exports/ecotaxa_export"
    learned = ecotaxa.read(exports / "doi")
    by_taxon = ecotaxa.read(exports / "tsv_by_taxon")
    assert (len(learned.collection.samples), len(by_taxon.collection.samples)) == (11, 12)
    same = {p.sample_id: p.regions[0].label for p in learned.predictions}
    for prediction in by_taxon.predictions:
        if prediction.sample_id in same and prediction.sample_id != "m106_mn01_n3_sml_1111":
            assert prediction.regions[0].label == same[prediction.sample_id]
    said = ecotaxa.read(exports / "just_annotations/ref.tsv").collection.annotations
    assert len(said) == 15
    assert {a.author for a in said} == {"Application Administrator"}
    counts = ecotaxa_counts.read(exports / "abundances_by_sample/ref.tsv")
    taken = {c.group: c.value.value for c in counts if c.taxon == "detritus"}
    assert taken == {"m106_mn01_n1_sml": 0, "m106_mn01_n2_sml": 2, "m106_mn01_n3_sml": 2}
    with pytest.raises(ValueError, match="is a table of counts and names no pictures"):
        open_samples(exports / "abundances_by_sample")
    with pytest.raises(ecotaxa.RefusedTablesError, match="open the two by themselves"):
        open_samples(exports)


def test_real_vignettes_of_the_uvp_are_labelled_by_their_folders(real):
    labels = {a.regions[0].label for a in open_samples(real / "02_zooplankton_ecotaxa/uvp6_vignettes").annotations}
    assert {"Copepoda", "Acantharea", "detritus"} <= labels
    assert len(labels) == 10
