"""Tables and zips for EcoTaxa: they keep its rules, hold the model with its score, and read back as they were."""

import csv
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from ecotaxa_tables import COLUMNS, picture, project, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imagine_kernels import ecotaxa as writer
from imagine_kernels import images
from imagine_kernels.records import Annotation, Box, Effort, Prediction, Quantity, Region, Sample
from imagine_kernels.sources import ecotaxa, open_samples
from imagine_kernels.sources.ecotaxa import RefusedTablesError

SHA = "5f" * 32
CUBIC_METRES = "meter ** 3"
EFFORT = Effort(Quantity(6.125, CUBIC_METRES), 2.0)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A picture file that all made samples share, and a scan that some are cut from."""
    folder = tmp_path_factory.mktemp("drawn")
    return picture(folder / "one.png"), picture(folder / "scan.png", 60, 40)


def sample(drawn, name="a", **fields):
    return Sample(name, str(drawn[0]), 12, 9, **fields)


def said(place):
    """The cells of a written table, by object."""
    with zipfile.ZipFile(place) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".tsv")]
        text = archive.read(name).decode("utf-8-sig")
    header, types, *listed = csv.reader(io.StringIO(text), delimiter="\t")
    assert set(types) <= {"[t]", "[f]"}
    assert all(len(row) == len(header) for row in listed)
    return {row["object_id"]: row for row in (dict(zip(header, row, strict=True)) for row in listed)}


def without_place(one):
    return replace(one, uri="x", crop=None)


def opinion(prediction):
    region = prediction.regions[0]
    return prediction.sample_id, region.label, region.score, prediction.model, prediction.weights


def test_a_prediction_names_its_model_score_and_weights(drawn, tmp_path):
    prediction = Prediction("a", (Region("Copepoda", 0.0, scores={"Copepoda": 0.0}),), "plankton net", SHA)
    (place,) = writer.write(tmp_path / "cast.zip", [sample(drawn, group="cast 1")], predictions=[prediction])
    row = said(place)["a"]
    assert row["object_annotation_status"] == "predicted"
    assert row["object_annotation_category"] == row["object_model_label"] == "Copepoda"
    assert (row["object_model_name"], float(row["object_model_score"])) == ("plankton net", 0.0)
    assert row["object_model_sha256"] == SHA
    assert (row["sample_id"], row["acq_id"], row["process_id"]) == ("cast 1", "cast 1", "cast 1")
    assert [opinion(p) for p in ecotaxa.read(place).predictions] == [("a", "Copepoda", 0.0, "plankton net", SHA)]


def test_what_a_person_said_last_is_validated_beside_the_models_word(drawn, tmp_path):
    first = Annotation("a", (Region("egg"),), "Ada", "2024-05-01T10:00:00+02:00")
    last = Annotation("a", (Region("Copepoda"),), "Ben", "2024-05-01T09:00:00+00:00")
    prediction = Prediction("a", (Region("detritus", 0.75),), "net", SHA)
    (place,) = writer.write(tmp_path / "x.zip", [sample(drawn)], predictions=[prediction], annotations=[last, first])
    found = ecotaxa.read(place)
    assert found.states == {"a": "validated"}
    (annotation,) = found.collection.annotations
    assert (annotation.regions[0].label, annotation.author) == ("Copepoda", "Ben")
    assert annotation.at == "2024-05-01T09:00:00+00:00"
    assert [opinion(p) for p in found.predictions] == [("a", "detritus", 0.75, "net", SHA)]


def test_features_stand_by_their_ecotaxa_names(drawn, tmp_path):
    features = {"a": {"area": 516, "perim.": 20.25, "%area": 0.5, "object_esd": 25.6}}
    (place,) = writer.write(tmp_path / "x.zip", [sample(drawn), sample(drawn, "b")], features=features)
    measures = ecotaxa.read(place).collection.samples[0].measures
    assert measures["area"] == Quantity(516.0, "pixel ** 2")
    assert measures["perim."] == Quantity(20.25, "pixel")
    assert measures["%area"] == Quantity(0.5, "percent")
    assert measures["esd"] == Quantity(25.6, "pixel")
    assert said(place)["b"]["object_area"] == ""
    with pytest.raises(ValueError, match="feature 'area' of a is nan"):
        writer.write(tmp_path / "y.zip", [sample(drawn)], features={"a": {"area": float("nan")}})


def test_crops_and_pictures_of_other_kinds_become_png_and_others_stay_byte_for_byte(drawn, tmp_path):
    Image.fromarray(np.full((9, 12), 77, np.uint8)).save(tmp_path / "grey.tif")
    Image.fromarray(np.full((9, 12), 66, np.uint8)).save(tmp_path / "grey.jpg")
    made = [
        Sample("cut", str(drawn[1]), 12, 9, Box(5, 6, 12, 9)),
        Sample("tiff", str(tmp_path / "grey.tif"), 12, 9),
        Sample("jpeg", str(tmp_path / "grey.jpg"), 12, 9),
    ]
    (place,) = writer.write(tmp_path / "x.zip", made)
    found = {s.id: s for s in open_samples(place).samples}
    for one in made:
        assert (images.read(found[one.id]) == images.read(one)).all()
    with zipfile.ZipFile(place) as archive:
        (jpeg,) = [name for name in archive.namelist() if name.endswith(".jpg")]
        assert archive.read(jpeg) == (tmp_path / "grey.jpg").read_bytes()


def test_a_zip_that_would_be_too_large_becomes_several_and_none_is_larger(drawn, tmp_path):
    made = [sample(drawn, f"o{n}") for n in range(12)]
    places = writer.write(tmp_path / "x.zip", made, max_bytes=6000)
    assert [place.name for place in places] == [f"x_{n}.zip" for n in range(1, len(places) + 1)]
    assert len(places) > 1
    assert all(place.stat().st_size <= 6000 for place in places)
    assert [s.id for place in places for s in open_samples(place).samples] == [s.id for s in made]
    with pytest.raises(ValueError, match="o0 alone is larger than 700 bytes"):
        writer.write(tmp_path / "y.zip", made, max_bytes=700)
    assert not list(tmp_path.glob("*y*"))


def test_a_table_alone_is_written_and_read_with_the_pictures_beside_it(tmp_path):
    place = project(tmp_path, rows({}, {}))
    read = ecotaxa.read(place)
    (table,) = writer.write(tmp_path / "ecotaxa_again.tsv", read.collection.samples, columns=read.columns())
    assert [without_place(s) for s in ecotaxa.read(table).collection.samples] == [
        without_place(s) for s in read.collection.samples
    ]


@pytest.mark.parametrize(
    ("target", "names", "told"),
    [
        ("cast.tsv", ["a"], "call it ecotaxa_cast.tsv"),
        ("cast.csv", ["a"], "should end with .tsv"),
        ("cast.zip", [], "no samples to write"),
        ("cast.zip", ["a", "a"], "The sample a is there twice"),
    ],
)
def test_what_ecotaxa_would_not_take_is_refused_and_nothing_is_written(drawn, tmp_path, target, names, told):
    with pytest.raises(ValueError, match=told):
        writer.write(tmp_path / target, [sample(drawn, name) for name in names])
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_read_stops_before_anything_is_written(drawn, tmp_path):
    gone = replace(sample(drawn, "b"), uri=str(tmp_path / "gone.png"))
    with pytest.raises(OSError, match=r"gone\.png cannot be read"):
        writer.write(tmp_path / "x.zip", [sample(drawn), gone])
    assert list(tmp_path.iterdir()) == []


def test_a_latitude_of_95_is_not_written(drawn, tmp_path):
    lost = sample(drawn, measures={"lat": Quantity(95.0, "degree")})
    with pytest.raises(RefusedTablesError, match=r"object_lat is '95\.0', which lies outside"):
        writer.write(tmp_path / "x.zip", [lost])


def test_a_project_keeps_every_column_through_writing_in_the_form_ecotaxa_asks_for(tmp_path):
    strange = {
        "object_date": "2014-04-20", "object_time": "420", "object_lat": "-43,5", "object_area": "1,5",
        "object_note": 'a "note"\twith, marks', "object_annotation_status": "validated",
        "object_annotation_category": "Copepoda",
    }  # fmt: skip
    read = ecotaxa.read(project(tmp_path / "in", rows(strange, {})))
    (place,) = writer.write(tmp_path / "x.zip", read.collection.samples, columns=read.columns())
    row = said(place)["o1"]
    assert (row["object_date"], row["object_time"], row["object_lat"]) == ("20140420", "042000", "-43.5")
    assert row["object_area"] == "1.5"
    assert row["object_note"] == 'a "note" with, marks'
    assert row.keys() >= set(COLUMNS)
    again = ecotaxa.read(place)
    assert [without_place(s) for s in again.collection.samples] == [without_place(s) for s in read.collection.samples]
    assert again.states == read.states
    assert [a.regions[0].label for a in again.collection.annotations] == ["Copepoda"]


@pytest.mark.parametrize(
    ("state", "status"), [("accepted", "validated"), ("uncertain", "dubious"), ("rejected", "predicted")]
)
def test_what_a_person_doubts_is_dubious_and_what_she_rejects_stays_predicted(drawn, tmp_path, state, status):
    person = Annotation("a", (Region("Copepoda", state=state),), "Ada", "2024-05-01T10:00:00+02:00")
    guess = Prediction("a", (Region("Copepoda", 0.75),), "net", SHA)
    (place,) = writer.write(tmp_path / "x.zip", [sample(drawn)], predictions=[guess], annotations=[person])
    assert ecotaxa.read(place).states == {"a": status}


def test_a_prediction_does_not_lower_what_a_person_validated_before(tmp_path):
    validated = {
        "object_annotation_status": "validated", "object_annotation_category": "Copepoda",
        "object_annotation_person_name": "Ada", "object_annotation_date": "20200102",
    }  # fmt: skip
    read = ecotaxa.read(project(tmp_path / "in", rows(validated, {})))
    guesses = [Prediction(s.id, (Region("egg", 0.9),), "net", SHA) for s in read.collection.samples]
    (place,) = writer.write(
        tmp_path / "x.zip", read.collection.samples, predictions=guesses, columns=read.columns()
    )  # fmt: skip
    again = ecotaxa.read(place)
    assert again.states == {"o1": "validated", "o2": "predicted"}
    assert [a.author for a in again.collection.annotations] == ["Ada"]
    assert [opinion(p) for p in again.predictions] == [opinion(g) for g in guesses]


TEXT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)
NUMBER = st.floats(-1e9, 1e9, allow_nan=False)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(TEXT, TEXT, TEXT, st.none() | st.floats(0, 1), NUMBER, st.floats(0.01, 900), st.booleans()),
        min_size=1, max_size=3, unique_by=lambda item: item[0],
    )
)  # fmt: skip
def test_whatever_is_written_reads_back_as_it_was(drawn, tmp_path_factory, made):
    samples, predictions, annotations, features = [], [], [], {}
    for name, group, label, score, area, micrometres, person in made:
        samples.append(
            sample(drawn, name, group=f"{group}-{name}", pixel_size=Quantity(micrometres, "micrometer"), effort=EFFORT)
        )
        features[name] = {"area": area, "feret": area / 3}
        if person:
            annotations.append(Annotation(name, (Region(label),), group, "2020-02-29T23:59:58+00:00"))
        else:
            predictions.append(Prediction(name, (Region(label, score),), group, SHA))
    target = tmp_path_factory.mktemp("round") / "x.zip"
    (place,) = writer.write(target, samples, predictions=predictions, annotations=annotations, features=features)
    found = ecotaxa.read(place)
    back = {s.id: s for s in found.collection.samples}
    for one in samples:
        two = back[one.id]
        assert (two.group, two.effort, two.width, two.height) == (one.group, one.effort, one.width, one.height)
        assert two.pixel_size.value == pytest.approx(one.pixel_size.value, rel=1e-12)
        assert {name: two.measures[name].value for name in ("area", "feret")} == features[one.id]
    assert sorted(map(opinion, found.predictions)) == sorted(map(opinion, predictions))
    assert {(a.sample_id, a.regions[0].label, a.author, a.at) for a in found.collection.annotations} == {
        (a.sample_id, a.regions[0].label, a.author, a.at) for a in annotations
    }


@pytest.mark.parametrize(
    "name",
    [
        "02_zooplankton_ecotaxa/ecotaxa_import/import_test",
        "exports/ecotaxa_export/doi",
        "exports/ecotaxa_export/tsv_by_taxon",
        "02_zooplankton_ecotaxa/zooprocess_project",
    ],
)
@pytest.mark.parametrize("keep", [True, False], ids=["columns kept", "records alone"])
def test_real_projects_read_written_and_read_again_are_the_same(real_data, tmp_path, name, keep):
    if not (real_data / name).is_dir():
        pytest.skip(f"a real project is not at hand ({real_data / name})")
    read = ecotaxa.read(real_data / name)
    collection, columns = read.collection, read.columns() if keep else None
    (place,) = writer.write(
        tmp_path / "x.zip", collection.samples, predictions=read.predictions, columns=columns
    )  # fmt: skip
    again = ecotaxa.read(place)
    assert {s.id: without_place(s) for s in again.collection.samples} == {
        s.id: without_place(s) for s in collection.samples
    }
    assert sorted(map(opinion, again.predictions)) == sorted(map(opinion, read.predictions))
    assert again.states == read.states
    assert again.collection.skipped == ()
