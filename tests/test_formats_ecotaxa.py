"""EcoTaxa's projects as labels: tables of the field, what people and models said, and what EcoTaxa would refuse."""

import csv
import zipfile

import pytest
from ecotaxa_tables import picture, project, rows

from imagine_kernels.records import Annotation, Effort, Opinion, Prediction, Quantity, Region, Sample
from imagine_kernels.shapes import Box
from imagine_kernels.sources import ecotaxa as source
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels, Term

VALIDATED = {
    "object_annotation_status": "validated", "object_annotation_category": "Copepoda",
    "object_annotation_person_name": "Ada", "object_annotation_date": "20200102", "object_annotation_time": "030405",
}  # fmt: skip
DUBIOUS = {**VALIDATED, "object_annotation_status": "dubious"}
PREDICTED = {"object_annotation_status": "predicted", "object_annotation_category": "egg<other"}
WHOLE = ("samples", "annotations", "predictions", "terms")


def cells(path):
    """The rows of a table below its types, by object."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["object_id"]: row for row in list(csv.DictReader(file, delimiter="\t"))[1:]}


@pytest.mark.parametrize(
    ("name", "objects"),
    [("doi", 11), ("just_annotations", 15), ("just_annotations/ref.tsv", 15), ("tsv_by_taxon", 12)],
)
def test_exports_of_the_field_are_read_and_written_without_a_loss(real_data, tmp_path, name, objects):
    path = real_data / "exports" / "ecotaxa_export" / name
    assert formats.detect(path).name == "ecotaxa"
    found = formats.read(path)
    assert len(found.samples) == len(found.annotations) + len(found.predictions) == objects
    assert formats.write(found, tmp_path / "ecotaxa_again.tsv", "ecotaxa", strict=True) == ()
    again = formats.read(tmp_path / "ecotaxa_again.tsv")
    for part in ("annotations", "predictions", "terms"):
        assert getattr(again, part) == getattr(found, part)
    assert [(s.group, s.taken_at, s.effort, s.measures, s.width) for s in again.samples] == [
        (s.group, s.taken_at, s.effort, s.measures, s.width) for s in found.samples
    ]


def test_a_zip_with_its_pictures_goes_there_and_back(real_data, tmp_path):
    path = real_data / "02_zooplankton_ecotaxa" / "ecotaxa_import" / "import_test.zip"
    found = formats.read(path)
    assert formats.write(found, tmp_path / "again.zip", "ecotaxa", strict=True) == ()
    again = formats.read(tmp_path / "again.zip")
    assert [(s.id, s.width, s.height) for s in again.samples] == [(s.id, s.width, s.height) for s in found.samples]
    assert again.predictions == found.predictions
    opened = source.read(tmp_path / "again.zip")
    assert [sample.id for sample in opened.collection.samples] == [sample.id for sample in found.samples]
    assert opened.collection.skipped == ()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ecotaxa_bad_imports/tsv_issues", "object_lat is '100', which lies outside"),
        ("ecotaxa_bad_imports/empty_tsv", "no object is listed below the header"),
        ("ecotaxa_export/abundances_by_sample", "holds counts of taxa .* and no objects"),
        ("ecotaxa_export/abundances_by_sample/ref.tsv", "there are no labels in it"),
    ],
)
def test_what_has_no_labels_or_breaks_the_rules_is_refused(real_data, name, told):
    path = real_data / "exports" / name
    assert formats.detect(path).name == "ecotaxa"
    with pytest.raises(ValueError, match=told):
        formats.read(path)


def test_people_doubts_and_models_are_told_apart(tmp_path):
    found = formats.read(project(tmp_path, rows(VALIDATED, DUBIOUS, PREDICTED, {})))
    assert [(a.sample_id, a.author, a.at, a.regions[0].state) for a in found.annotations] == [
        ("o1", "Ada", "2020-01-02T03:04:05+00:00", ""),
        ("o2", "Ada", "2020-01-02T03:04:05+00:00", "uncertain"),
    ]
    assert [(p.sample_id, p.regions[0].label, p.model) for p in found.predictions] == [("o3", "egg<other", "import")]
    first = found.samples[0]
    assert (first.group, first.pixel_size, first.width) == ("cast 1", Quantity(10.6, "micrometer"), 12)
    assert first.effort == Effort(Quantity(24.5 / 4, "meter ** 3"))
    assert [one.why[:30] for one in found.skipped] == ["1 object(s) have no label, and"]


def labelled(*regions, model=None, author="Zoë"):
    samples = (Sample("o1", "o1.png", 12, 9), Sample("o2", "o2.png", 12, 9))
    annotations = (Annotation("o1", regions, author, "2026-01-02T03:04:05.678+00:00"),) if regions else ()
    guesses = () if model is None else (Prediction("o1", (model,), "net 3", "abc"),)
    return Labels(samples, annotations, guesses)


def test_states_scores_ids_and_moments_come_back_to_the_last_digit(tmp_path):
    for number, state in enumerate(("", "predicted", "accepted", "corrected", "rejected", "uncertain")):
        region, guess = Region("Näkki", 0.25, id="r", state=state), Region("egg", 0.1 + 0.2, id="g", state=state)
        path = tmp_path / f"ecotaxa_{number}.tsv"
        formats.write(labelled(region, model=guess), path, "ecotaxa", strict=True)
        found = formats.read(path)
        assert [(a.regions, a.author, a.at) for a in found.annotations] == [
            ((region,), "Zoë", "2026-01-02T03:04:05.678+00:00")
        ]
        assert found.predictions == (Prediction("o1", (guess,), "net 3", "abc"),)
        assert cells(path)["o1"]["object_annotation_status"] == (
            "dubious" if state in {"rejected", "uncertain"} else "validated"
        )


def test_one_label_counts_and_the_others_are_told(tmp_path):
    early = Annotation("o1", (Region("egg"),), "Bob", "2025-01-01T00:00:00")
    late = Annotation("o1", (Region("Cod", shape=Box(1, 2, 3, 4)), Region("Copepoda"), Region("larva")), "Ada")
    samples = (
        Sample("o1", "o1.png", 12, 9, measures={"secchi": Quantity(3, "meter"), "area": Quantity(9, "pixel ** 2")}),
    )
    region = Region("Copepoda", opinions=(Opinion("x"),))
    labels = Labels(
        samples, (late, early), (Prediction("o1", (region, Region("egg", 0.9)), "net", ""),), (Term("eel"),)
    )
    told = {loss.what: loss.count for loss in formats.losses(labels, "ecotaxa")}
    assert told == {
        "Box regions, left out": 1, "further labels of a region": 1, "measures of samples": 1,
        "labels beside the one of a person that a sample can have": 2,
        "labels beside the one of a model that a sample can have": 1, "classes without a label": 1,
    }  # fmt: skip
    formats.write(labels, tmp_path / "ecotaxa_x.tsv", "ecotaxa")
    found = formats.read(tmp_path / "ecotaxa_x.tsv")
    assert [(a.author, [r.label for r in a.regions]) for a in found.annotations] == [("Ada", ["Copepoda"])]
    assert [(r.label, r.score) for p in found.predictions for r in p.regions] == [("egg", 0.9)]
    assert dict(found.samples[0].measures) == {"area": Quantity(9, "pixel ** 2")}


def test_columns_of_another_label_go_with_it_and_all_others_stay(tmp_path):
    found = formats.read(project(tmp_path, rows({**VALIDATED, "object_annotation_category_id": "25828"}, {}), columns={
        **dict.fromkeys(rows(VALIDATED)[0], "[t]"), "object_annotation_category_id": "[t]",
    }))  # fmt: skip
    (said,) = found.annotations
    renamed = Annotation("o1", (Region("egg", id=said.regions[0].id, raw=said.regions[0].raw),), "Bob", said.at)
    for name, one in (("same", said), ("other", renamed)):
        formats.write(Labels(found.samples, (one,)), tmp_path / f"ecotaxa_{name}.tsv", "ecotaxa")
    same, other = (cells(tmp_path / f"ecotaxa_{name}.tsv")["o1"] for name in ("same", "other"))
    assert (same["object_annotation_category"], same["object_annotation_category_id"]) == ("Copepoda", "25828")
    assert (other["object_annotation_category"], other.get("object_annotation_category_id", "")) == ("egg", "")
    assert same["object_note"] == other["object_note"] == "näkki"
    assert same["acq_sub_part"] == "4"
    assert not same.get("acq_volume_searched_m3")


@pytest.mark.parametrize(
    ("labels", "name", "told"),
    [
        (labelled(Region("Cope\tpoda")), "ecotaxa_x.tsv", "no place for 'Cope.*Rename it"),
        (labelled(Region("egg"), author=" Ada"), "ecotaxa_x.tsv", "no place for ' Ada'"),
        (labelled(Region("egg")), "labels.tsv", "call it ecotaxa_labels.tsv"),
        (labelled(Region("egg")), "labels.zip", "o1.png cannot be read"),
        (Labels(()), "ecotaxa_x.tsv", "at least one object"),
        (Labels((Sample("o1", "a", 1, 1, measures={"lat": Quantity(95, "degree")}),)), "ecotaxa_x.tsv", "object_lat"),
    ],
)
def test_what_ecotaxa_would_spoil_is_refused_and_nothing_is_left(tmp_path, labels, name, told):
    with pytest.raises((ValueError, OSError), match=told):
        formats.write(labels, tmp_path / name, "ecotaxa")
    assert list(tmp_path.iterdir()) == []


def test_pictures_elsewhere_are_found_and_a_zip_that_leads_out_is_not_followed(tmp_path):
    project(tmp_path / "in", rows(VALIDATED), pictures=False)
    picture(tmp_path / "pictures" / "o1.png", 30, 20)
    table = tmp_path / "in" / "ecotaxa_cast.tsv"
    (sample,) = formats.read(table, images=tmp_path / "pictures").samples
    assert (sample.width, sample.height, sample.uri) == (30, 20, str(tmp_path / "pictures" / "o1.png"))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(table, "ecotaxa_cast.tsv")
        archive.write(tmp_path / "pictures" / "o1.png", "../o1.png")
    found = formats.read(tmp_path / "x.zip")
    assert (found.samples[0].width, len(found.skipped)) == (1, 1)
