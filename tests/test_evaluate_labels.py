"""`imagine evaluate` on what people label: class folders, EcoTaxa projects, boxes, masks; words the model lacks."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from command import imagine, refusal
from ecotaxa_tables import project, rows, zipped
from PIL import Image

from imagine_kernels import naming, use_case
from imagine_kernels.evaluate import evaluate_folder
from imagine_kernels.examination import examine
from imagine_kernels.labelled import kind_of
from imagine_kernels.records import Annotation, Region, Sample
from imagine_kernels.sources import ecotaxa_categories
from imagine_kernels.tasks import detection, facts, segmentation, weights
from imagine_kernels.use_case import Label, Model, Profile, Source
from imagine_kernels.use_cases.phytoplankton import samples as drawn

CASE = use_case.get("phytoplankton")
MODEL = CASE.model()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Drawn particles, a folder for each class."""
    return drawn.make_images(tmp_path_factory.mktemp("drawn") / "classes", count=24, seed=1)


def told(category, state="validated", **more):
    return {"object_annotation_category": category, "object_annotation_status": state, **more}


def words(*said, categories=None, model=MODEL, **how):
    """What each word is read as; None for what the model does not know."""
    samples = [Sample(f"{n}", f"/data/{n}.png", 9, 9) for n in range(len(said))]
    given = [Annotation(f"{n}", (Region(word),), "ana") for n, word in enumerate(said)]
    found = naming.translate(given, model, samples, categories, **how)
    strange = {one.word for one in found.unknown}
    return [None if w in strange else a.regions[0].label for w, a in zip(said, found.annotations, strict=True)]


def test_class_folders_give_accuracy_macro_f1_recalls_calibration_and_the_confusion_matrix(folder, tmp_path):
    said = imagine("evaluate", "phytoplankton", folder, "-o", tmp_path / "out", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    labels, counts = found["confusion"]["labels"], np.array(found["confusion"]["counts"])
    assert (found["pictures"], counts.sum()) == (24, 24)
    assert found["accuracy"]["value"] == pytest.approx(np.trace(counts) / 24)
    for name, recall in found["recall"].items():
        row = counts[labels.index(name)]
        assert recall["value"] == pytest.approx(row[labels.index(name)] / row.sum())
        assert recall["low"] <= recall["value"] <= recall["high"]
    assert 0 <= found["calibration_error"] <= 1
    assert found["weights_sha256"] == MODEL.sha256
    with (tmp_path / "out" / "confusion.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.reader(file))
    assert listed[0] == ["people say", *labels]
    assert [[int(cell) for cell in row[1:]] for row in listed[1:]] == counts.tolist()
    with Image.open(tmp_path / "out" / "confusion.png") as picture:
        assert min(picture.size) > 300
    assert evaluate_folder("phytoplankton", folder, progress=False).accuracy.value == found["accuracy"]["value"]


def test_the_same_figures_are_printed_for_a_person(folder):
    said = imagine("evaluate", "phytoplankton", folder, "-q")
    assert "macro-F1" in said.out
    assert "calibration error" in said.out
    for label in MODEL.label_names:
        assert label in said.out
    assert said.err == ""


@pytest.mark.parametrize("packed", [False, True])
def test_of_an_ecotaxa_project_the_validated_objects_count_and_names_are_matched(tmp_path, packed):
    place = project(
        tmp_path / "project",
        rows(
            told("Tripos<Ceratiaceae"),
            told("AphiaID 11"),
            told("Ciliates (Ciliophora)"),
            told("Tripos", "predicted"),
            told("Tripos", "dubious"),
        ),
    )
    said = imagine("evaluate", "phytoplankton", zipped(place, tmp_path / "all.zip") if packed else place, "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["pictures"] == 3
    assert {name: row["pictures"] for name, row in found["recall"].items()} == {"Tripos": 1, "Ciliophora": 2}
    assert "Only validated objects count; 1 predicted, 1 dubious are left out." in found["remarks"]
    assert any("Tripos<Ceratiaceae → Tripos" in remark for remark in found["remarks"])


def test_a_project_without_validated_objects_is_a_sentence(tmp_path):
    place = project(tmp_path, rows(told("Tripos", "predicted"), told("Tripos", "dubious"), {}))
    sentence = refusal("evaluate", "phytoplankton", place)
    assert "is validated (1 predicted, 1 dubious, 1 unclassified): validate some in EcoTaxa first." in sentence


def test_a_class_the_model_does_not_know_is_told_with_file_row_and_remedy(tmp_path):
    place = project(tmp_path / "p", rows(told("Tripos"), told("Krill"), told("Krill"), told("leg<Tripos")))
    sentence = refusal("evaluate", "phytoplankton", place, "-o", tmp_path / "out")
    assert "p holds 2 classes that the model north_sea does not know" in sentence
    assert "'Krill' (2, first ecotaxa_cast.tsv, row 4), 'leg<Tripos' (1, first ecotaxa_cast.tsv, row 6)" in sentence
    assert "It knows Actinoptychus, " in sentence
    assert "--unknown leave-out" in sentence
    assert not (tmp_path / "out").exists()
    counted = json.loads(imagine("evaluate", "phytoplankton", place, "--unknown", "wrong", "--json").out)
    assert (counted["pictures"], counted["recall"]["Krill"]["value"]) == (4, 0.0)
    left = json.loads(imagine("evaluate", "phytoplankton", place, "--unknown", "leave-out", "--json").out)
    assert left["pictures"] == 1
    assert any("Krill (2)" in remark and "left out" in remark for remark in left["remarks"])
    assert "'wrong' or 'leave-out', not 'maybe'" in refusal("evaluate", "phytoplankton", place, "--unknown", "maybe")


def test_the_first_model_that_knows_every_label_is_examined(tmp_path):
    place = project(tmp_path, rows(told("Protist"), told("Junk"), told("Junk")))
    found = json.loads(imagine("evaluate", "phytoplankton", place, "--json").out)
    assert (found["model"], found["pictures"]) == ("culture", 3)
    named = refusal("evaluate", "phytoplankton", place, "--model", "north_sea")
    assert "2 classes that the model north_sea does not know" in named


def test_names_titles_codes_and_letters_of_either_size_are_the_same_class():
    assert words("tripos", "TRIPOS", "Ciliates", "Ciliophora", "11", "urn:lsid:marinespecies.org:taxname:11") == [
        *("Tripos", "Tripos", "Ciliophora", "Ciliophora", "Ciliophora", "Ciliophora")
    ]
    assert words("Diatoms_(Bacillariophyceae)", "class_6", "class_7") == ["Bacillariophyceae", "Tripos", None]


def test_a_taxon_the_model_lacks_is_the_nearest_class_above_it_and_parts_are_none(tmp_path):
    above = "living>Chromista>Myzozoa>Dinoflagellata>Dinophyceae>Tripos"
    project(
        tmp_path,
        rows(
            told("Tripos muelleri", object_annotation_hierarchy=f"{above}>Tripos muelleri"),
            told("Dinophyceae", object_annotation_hierarchy=above.removesuffix(">Tripos")),
            told("part", object_annotation_hierarchy=f"{above}>part"),
        ),
        columns=_with("hierarchy"),
    )
    known = ecotaxa_categories.read(tmp_path).known
    assert words(*known, categories=known) == ["Tripos", "Dinoflagellata", None]
    assert words(*known, categories=known, taxonomy=False) == [None, None, None]
    assert words("Protoperidinium<Dinoflagellata", "Protoperidinium<Peridiniaceae") == ["Dinoflagellata", None]


def test_numbers_of_ecotaxa_are_no_aphia_ids(tmp_path):
    model = replace(MODEL, labels=(Label("A", "A", aphia_id=25828), Label("B", "B", codes=(("ecotaxa", "25828"),))))
    project(tmp_path, rows(told("", object_annotation_category_id="25828")), columns=_with("category_id"))
    known = ecotaxa_categories.read(tmp_path).known
    assert words(*known, categories=known, model=model) == ["B"]
    assert words("25828", model=model) == ["A"]


def _with(column):
    from ecotaxa_tables import COLUMNS

    return {**COLUMNS, f"object_annotation_{column}": "[t]"}


def test_boxes_and_masks_ask_for_a_model_that_finds_things(tmp_path):
    for place, kind, text in (("yolo", "labels", "0 0.5 0.5 0.4 0.4\n"), ("masks", "masks", None)):
        home = tmp_path / place
        (home / "images").mkdir(parents=True)
        (home / kind).mkdir()
        Image.fromarray(np.full((40, 50), 200, np.uint8)).save(home / "images" / "one.png")
        if text is None:
            Image.fromarray(np.pad(np.ones((9, 9), np.uint8), ((5, 26), (5, 36)))).save(home / kind / "one.png")
        else:
            (home / kind / "one.txt").write_text(text)
        sentence = refusal("evaluate", "phytoplankton", home)
        assert "phytoplankton has no model that gives such labels" in sentence
        assert ("painted masks" if text is None else "boxes or outlines") in sentence
        assert "phytoplankton has no model" in refusal("train", "phytoplankton", home, "-o", tmp_path / "weights")
    assert not (tmp_path / "weights").exists()


def untaught(folder, model, task):
    """Weights that nobody taught, with their facts beside them, as a training leaves them."""
    data, digest = weights.packed(task.begin(model, 0))
    weights.write(data, folder / "untaught.safetensors")
    facts.write(replace(model, sha256=digest, weights="untaught.safetensors"), folder / "untaught.json")
    return folder / "untaught.safetensors"


SOURCE = Source("drawn", "CC0-1.0", "nobody", "https://example.org")


def test_masks_are_compared_pixel_by_pixel_by_a_model_of_pixels(tmp_path):
    model = Model(
        *("shore", "Shore", "mobilenetv4_conv_small_035", (Label("water", "Water"),), Profile(64, "grey")),
        *("w", "0" * 64, SOURCE, (), ""),
        options={"decoder_channels": (32, 24, 16, 8, 8)},
        task="segmentation",
    )
    for kind in ("images", "masks"):
        (tmp_path / "data" / kind).mkdir(parents=True)
    painted = np.zeros((64, 64), np.uint8)
    painted[:, 20:], painted[:10] = 255, 0
    Image.fromarray(np.full((64, 64), 200, np.uint8)).save(tmp_path / "data/images/one.png")
    Image.fromarray(painted).save(tmp_path / "data/masks/one.png")
    file = untaught(tmp_path, model, segmentation)
    said = imagine("evaluate", "phytoplankton", tmp_path / "data", "--weights", file, "-o", tmp_path / "out", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["confusion"]["labels"] == ["nothing", "water"]
    assert sum(found["confusion"]["counts"][1]) == (painted == 255).sum()
    assert "Read as: class_1 → water." in found["remarks"]
    assert (tmp_path / "out" / "confusion.png").is_file()
    assert "mean IoU" in imagine("evaluate", "phytoplankton", tmp_path / "data", "--weights", file, "-q").out


def test_boxes_are_compared_with_what_a_detector_finds_at_any_score(tmp_path):
    model = Model(
        *("discs", "Discs", "test_resnet", (Label("disc", "Disc"),), Profile(64), "w", "0" * 64, SOURCE, (), ""),
        options={"width": 32, "layers": 2, "queries": 20, "window": 96},
        task="detection",
    )
    for kind in ("images", "labels"):
        (tmp_path / "data" / kind).mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "data/images/one.png")
    (tmp_path / "data/labels/one.txt").write_text("0 0.5 0.5 0.2 0.2\n0 0.2 0.2 0.1 0.1\n")
    (tmp_path / "data/data.yaml").write_text("names: [Disc]\n")
    said = imagine("evaluate", "phytoplankton", tmp_path / "data", "--weights", untaught(tmp_path, model, detection))
    assert said.code == 0, said.err
    assert "average precision" in said.out
    assert "2 drawn" in said.out
    assert "Read as: Disc → disc." in said.out


def test_no_labels_is_a_sentence_that_says_where_to_put_them(folder):
    sentence = refusal("evaluate", "phytoplankton", folder / "Tripos")
    assert "has no labels: put the pictures into one folder per class" in sentence


def test_what_labels_are_decides_what_is_compared(folder):
    found = examine("phytoplankton", folder, progress=False)
    assert kind_of([Annotation("s", (Region("Tripos"),), "ana")]) == "classification"
    assert set(found.truth.values()) == set(MODEL.label_names)
    assert len(found.answers) == 24
