"""Fields of a drawn slide through the whole chain, beside their truth: valves found, named, counted, and the index."""

import csv
import math
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from imagine_kernels import chain, use_case
from imagine_kernels.records import Annotation, Prediction, Quantity, Region, Sample
from imagine_kernels.shapes import Box, RotatedBox
from imagine_kernels.use_cases.diatoms import chain as diatoms
from imagine_kernels.use_cases.diatoms import finding
from imagine_kernels.use_cases.diatoms import samples as maker
from imagine_kernels.use_cases.diatoms.index import index
from imagine_kernels.use_cases.diatoms.table import read_table
from imagine_kernels.use_cases.diatoms.taxa import TAXA

SHARES = {"Navicula tripunctata": 0.4, "Achnanthidium minutissimum": 0.35, "Surirella brebissonii": 0.25}
FIELDS = 4


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides") / "stone_7"
    return maker.make_fields(folder, FIELDS, seed=6, size=(1200, 1000), valves=12, touching=0.1, shares=SHARES)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return maker.make_table(tmp_path_factory.mktemp("table") / "made_up_values.csv")


@pytest.fixture(scope="module")
def work(slide, table):
    return chain.run(use_case.get("diatoms"), slide, chain.Options(table=table, progress=False))


@pytest.fixture(scope="module")
def truth(slide):
    with (slide / "truth.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def match(work, truth):
    """Which sample lies on which valve of the truth: the nearest middle, within half the valve's breadth."""
    found = {}
    for row in truth:
        middle = float(row["x"]), float(row["y"])
        near = [
            (math.dist(middle, (s.crop.x, s.crop.y)), s.id)
            for s in work.samples
            if s.uri.endswith(f"{row['field']}.png")
        ]
        away, name = min(near, default=(math.inf, ""))
        if away < max(15.0, float(row["height"]) / 2):
            found[name] = row
    return found


def test_most_whole_valves_are_found_once_in_boxes_along_them(work, truth):
    whole = [row for row in truth if row["edge"] == "0"]
    found = {name: row for name, row in match(work, truth).items() if row["edge"] == "0"}
    assert len(found) / len(whole) >= 0.85
    assert len(work.samples) <= 1.3 * len(truth)
    known = {s.id: s for s in work.samples}
    angles, lengths = [], []
    for name, row in found.items():
        turned = abs((known[name].crop.angle - float(row["angle"]) + 90) % 180 - 90)
        angles.append(turned)
        lengths.append((known[name].crop.width - 2 * maker.MARGIN) / float(row["width"]))
    assert np.median(angles) < 3
    assert 0.93 < np.median(lengths) < 1.07


def test_found_valves_are_listed_with_their_size(work, truth):
    rows = {row["valve"]: row for row in work.tables["valves"]}
    assert set(rows) == {sample.id for sample in work.samples}
    whole = {name: row for name, row in match(work, truth).items() if row["edge"] == "0"}
    ratios = [10 * rows[name]["length, µm"] / float(row["width"]) for name, row in whole.items()]
    assert 0.93 < np.median(ratios) < 1.07
    assert all(rows[name]["taxon"] == work.labels[name] for name in rows)


def test_most_valves_get_their_own_name_or_that_of_a_taxon_above(work, truth):
    labels, right, answered = work.labels, 0, 0
    for name, row in match(work, truth).items():
        if row["edge"] == "0" and labels[name] != use_case.NONE:
            answered += 1
            right += labels[name] in {row["label"], *TAXA[row["label"]].parents}
    assert answered >= 20
    assert right / answered >= 0.85


def test_abundance_is_told_with_codes_and_its_intervals_hold_the_truth(work, truth):
    rows = {row["taxon"]: row for row in work.tables["abundance"]}
    assert sum(row["relative abundance, %"] for row in rows.values()) == pytest.approx(100, abs=0.2)
    counted = Counter(row["label"] for row in truth if row["edge"] == "0")
    held = 0
    for name in SHARES:
        row, real = rows[name], 100 * counted[name] / counted.total()
        assert row["OMNIDIA code"] == TAXA[name].code
        assert row["slide"] == "stone_7"
        held += row["corrected, %, 95 % from"] <= real <= row["corrected, %, 95 % to"]
    assert held >= 2


def test_index_of_the_found_valves_is_near_that_of_the_true_ones(work, truth, table):
    (row,) = work.tables["index"]
    real = index(Counter(TAXA[one["label"]].code for one in truth), read_table(table))
    assert row["index"] == "IPS"
    assert row["value, 1 to 20, 95 % from"] <= real.as_named <= row["value, 1 to 20, 95 % to"]
    assert abs(row["value, 1 to 20"] - real.as_named) < 2.5


def test_what_must_be_read_beside_the_numbers_is_told(work):
    said = " ".join(work.remarks)
    assert "a count needs 400 (EN 14407)" in said
    assert "fields more would do" in said
    assert "Gundersen" in said
    assert "The limits of the classes are 16, 13.5, 11, 7 (Prygiel" in said
    assert "set by each country for each type of water body" in said
    parts = sum(int(remark.split()[0]) for remark in work.remarks if "could not be named to species" in remark)
    assert sum(row["taken"] for row in work.tables["fields"]) == len(work.samples) + parts
    species = {label.name for label in work.model.labels}
    assert all(work.labels[s.id] in species for s in work.samples if finding.CUT in s.measures)
    assert any(finding.CUT in sample.measures for sample in work.samples)


def test_words_of_people_count_and_change_the_index(work):
    said = [Annotation(s.id, (Region("Nitzschia palea"),), "pat") for s in work.samples]
    again = diatoms.again(work, said)
    (row,) = again.tables["abundance"]
    assert (row["taxon"], row["valves"], row["relative abundance, %"]) == ("Nitzschia palea", len(work.samples), 100)
    assert again.tables["index"] != work.tables["index"]
    assert len(work.annotations) == 0


def test_pictures_of_single_valves_and_slides_by_folder_need_no_finding(tmp_path, table):
    for slide, seed in (("upstream", 1), ("downstream", 2)):
        for number, name in enumerate(SHARES):
            path = tmp_path / slide / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(maker.alone(name, seed, number)).save(path)
    options = chain.Options(pixel_size=Quantity(0.1, "micrometer"), limits=(18, 15, 10, 5), table=table, progress=False)
    done = chain.run(use_case.get("diatoms"), tmp_path, options)
    assert {row["slide"] for row in done.tables["abundance"]} == {"upstream", "downstream"}
    assert "fields" not in done.tables
    assert "Nobody told how large a pixel is" not in " ".join(done.remarks)
    assert "18, 15, 10, 5 (as given)" in " ".join(done.remarks)


def test_folders_named_by_species_are_what_people_said(tmp_path, table):
    done = chain.run(use_case.get("diatoms"), maker.make_images(tmp_path, 28, seed=4), chain.Options(table=table))
    assert {row["taxon"]: row["valves"] for row in done.tables["abundance"]} == dict.fromkeys(TAXA, 2)
    assert any("2 debris" in remark for remark in done.remarks)


def test_without_a_table_there_is_abundance_and_a_sentence(tmp_path):
    Image.fromarray(maker.alone("Nitzschia palea", 1, 1)).save(tmp_path / "one.png")
    done = chain.run(use_case.get("diatoms"), tmp_path, chain.Options(progress=False))
    assert "index" not in done.tables
    assert any("it needs a table" in remark for remark in done.remarks)


def test_table_that_knows_other_taxa_gives_a_sentence_and_no_index(tmp_path):
    Image.fromarray(maker.alone("Nitzschia palea", 1, 1)).save(tmp_path / "one.png")
    (tmp_path / "t.csv").write_text("code,s,v\nXXXX,1,1\nYYYY,9,1\n")
    done = chain.run(use_case.get("diatoms"), tmp_path / "one.png", chain.Options(table=tmp_path / "t.csv"))
    assert "index" not in done.tables
    assert any("too few for an index" in remark or "No valve has a name" in remark for remark in done.remarks)
    assert [one.where for one in done.skipped] == ["t.csv, row 3"]


def test_pictures_of_another_scale_are_refused_with_both_values(tmp_path):
    Image.fromarray(maker.alone("Nitzschia palea", 1, 1)).save(tmp_path / "one.png")
    with pytest.raises(ValueError, match=r"A pixel of one\.png is 0\.25 µm.*0\.1 µm"):
        chain.run(use_case.get("diatoms"), tmp_path, chain.Options(pixel_size=Quantity(0.25, "micrometer")))


def test_model_that_only_finds_valves_cannot_name_them(tmp_path):
    Image.fromarray(maker.alone("Nitzschia palea", 1, 1)).save(tmp_path / "one.png")
    with pytest.raises(ValueError, match="finds valves and names none"):
        chain.run(use_case.get("diatoms"), tmp_path, chain.Options(model=diatoms.FINDER))


def test_of_the_four_edges_of_a_field_two_count_and_two_do_not():
    field = Sample("f", "f.png", 1000, 800, pixel_size=Quantity(0.1, "micrometer"))
    places = {"left": (0, 300), "top": (300, 0), "right": (960, 300), "bottom": (300, 760), "middle": (400, 400)}
    places["corner"] = (0, 760)  # left, which counts, and bottom, which does not
    found = Prediction("f", tuple(Region(n, 1.0, Box(x, y, 40, 40)) for n, (x, y) in places.items()), "valves", "")
    counted = [sample.crop for sample in finding.valves(field, found)]
    assert [(box.x - 20, box.y - 20) for box in counted] == [(300, 0), (0, 300), (400, 400)]


def test_box_lies_along_the_valve_with_a_margin_in_the_fields_own_pixels():
    tall = Region("valve", 1.0, RotatedBox(400, 400, 40, 200, 20))
    for size, margin in ((0.1, 12), (0.05, 24)):
        field = Sample("f", "f.png", 1000, 800, pixel_size=Quantity(size, "micrometer"), group="s")
        (one,) = finding.valves(field, Prediction("f", (tall,), "valves", ""))
        assert one.crop == RotatedBox(400, 400, 200 + 2 * margin, 40 + 2 * margin, 110)
        assert (one.width, one.height, one.group) == (200 + 2 * margin, 40 + 2 * margin, "s")


def test_valves_are_cut_as_people_left_the_boxes(slide):
    searched = diatoms.read(chain.Work(use_case.get("diatoms"), slide, chain.Options(progress=False)))
    field = searched.samples[0]
    kept, drawn = (Region("valve", shape=RotatedBox(x, 500, 200, 80, 30)) for x in (300, 700))
    work = diatoms.cut(searched, [Prediction(field.id, (kept, drawn), "valves", "")])
    assert [sample.id for sample in work.samples] == [f"{field.id}#001", f"{field.id}#002"]
    assert work.tables["fields"][0]["taken"] == 2
