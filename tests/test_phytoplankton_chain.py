"""From a person's files to cells per litre and biovolume: a drawn run against its truth, real and drawn IFCB bins."""

import csv
import math
import shutil
import zipfile
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from imagine_kernels import biovolume, chain, sources, use_case
from imagine_kernels.records import Annotation, Quantity, Region
from imagine_kernels.use_cases.phytoplankton import chain as ours
from imagine_kernels.use_cases.phytoplankton import samples, sizing

COUNT, SEED = 24, 3
CASE = use_case.get("phytoplankton")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return samples.make_run(tmp_path_factory.mktemp("run"), COUNT, SEED)


@pytest.fixture(scope="module")
def truth(run_folder):
    with (run_folder / "truth.csv").open() as file:
        return {f"drawn-run-{SEED}/{row['particle_id']}": row["label"] for row in csv.DictReader(file)}


def people_say(truth):
    """A step in the classifier's place: what is examined is what follows from the names."""

    def step(work):
        said = tuple(Annotation(name, (Region(label),), "alice") for name, label in truth.items())
        return replace(work, annotations=said)

    return step


def counted(path, truth, **options):
    steps = [people_say(truth) if step is chain.classify else step for step in chain.steps(CASE)]
    return chain.run(CASE, path, chain.Options(progress=False, **options), steps)


def by_class(work, table):
    return {row["class"]: row for row in work.tables[table]}


@pytest.mark.parametrize("dilution", [None, 2.0, 0.01])
def test_counts_per_millilitre_and_litre_are_those_of_the_truth_in_the_original_water(run_folder, truth, dilution):
    work = counted(run_folder, truth, dilution=dilution)
    volume = round(COUNT / 240.0, 5)
    rows = by_class(work, "counts")
    assert {name: row["count"] for name, row in rows.items() if row["count"]} == Counter(truth.values())
    for row in rows.values():
        per_ml = row["count"] / volume * (dilution or 1.0)
        assert row["1 / milliliter"] == pytest.approx(per_ml)
        assert row["1 / liter"] == pytest.approx(1000 * per_ml)
        assert row["1 / liter, 95 % from"] <= row["1 / liter"] <= row["1 / liter, 95 % to"]
        assert row["1 / liter, 95 % to"] == pytest.approx(1000 * row["1 / milliliter, 95 % to"])
    assert rows["Tripos"]["AphiaID"] == 494057
    assert not work.remarks


def test_sizes_and_biovolumes_are_those_of_the_instruments_list(run_folder, truth):
    work = counted(run_folder, truth, dilution=2.0)
    listed = {sample.id: sample.measures for sample in sources.open_samples(run_folder).samples}
    sizes = {row["particle"]: row for row in work.tables["sizes"]}
    assert sizes.keys() == listed.keys()
    for name, row in sizes.items():
        of = listed[name]
        assert row["ABD, µm"] == of["diameter_abd"].value
        assert row["ESD, µm"] == of["diameter_esd"].value
        assert row["volume of the sphere (ABD), µm³"] == pytest.approx(of["volume_abd"].value, rel=1e-3)
        spheroid = math.pi / 6 * of["length"].value * of["width"].value ** 2
        assert row["volume of the spheroid, µm³"] == pytest.approx(spheroid)
        assert row["class"] == truth[name]
        assert row["measured by"] == "instrument"
    searched = round(COUNT / 240.0, 5) / 2.0
    for name, row in by_class(work, "biovolume").items():
        volumes = [listed[each]["volume_abd"].value for each, label in truth.items() if label == name]
        assert row["measured"] == len(volumes)
        assert row["µm³/mL"] == pytest.approx(sum(volumes) / searched, rel=1e-3)
        assert row["mm³/L"] == pytest.approx(row["µm³/mL"] * 1e-6)
        assert row["µm³/mL, 95 % from"] <= row["µm³/mL"]
        assert row["µm³/mL, 95 % to"] is None if not volumes else row["µm³/mL, 95 % to"] > row["µm³/mL"]


def test_particles_without_measures_are_measured_as_the_instrument_would(run_folder, truth):
    known = sources.open_samples(run_folder).samples
    bare = tuple(replace(sample, measures={}) for sample in known)
    work = sizing.measured(chain.Work(CASE, run_folder, chain.Options(progress=False), samples=bare))
    ratios = {name: [] for name in ("diameter_abd", "diameter_esd", "length")}
    for before, after in zip(known, work.samples, strict=True):
        for name, found in ratios.items():
            found.append(after.measures[name].value / before.measures[name].value)
        assert sizing.origin(after) == "picture"
    for name, found in ratios.items():
        assert np.median(found) == pytest.approx(1.0, abs=0.05), name
    assert sum(0.9 < ratio < 1.1 for ratio in ratios["diameter_abd"]) >= 0.9 * len(known)
    assert not work.remarks


def test_run_without_volume_is_counted_and_measured_but_nothing_is_told_per_water(run_folder, truth, tmp_path):
    folder = shutil.copytree(run_folder, tmp_path / "run")
    next(folder.glob("*_summary.csv")).unlink()
    work = counted(folder, truth)
    assert not any("/ liter" in name for row in work.tables["counts"] for name in row)
    assert {"counts", "sizes"} == work.tables.keys()
    assert ["volume imaged" in remark for remark in work.remarks] == [True]
    given = counted(folder, truth, volume=Quantity(100.0, "microliter"))
    assert by_class(given, "counts")["Tripos"]["1 / milliliter"] == Counter(truth.values())["Tripos"] / 0.1
    assert by_class(given, "biovolume")["Tripos"]["µm³/mL"] > 0


def test_pictures_without_scale_have_counts_and_a_sentence_instead_of_sizes(tmp_path):
    folder = samples.make_images(tmp_path / "images", count=6, seed=1)
    truth = {sample.id: "Tripos" for sample in sources.open_samples(folder).samples}
    work = counted(folder, truth)
    assert work.tables.keys() == {"counts"}
    assert any("Give a pixel size" in remark for remark in work.remarks)
    scaled = counted(folder, truth, pixel_size=Quantity(1.386, "micrometer"))
    assert len(scaled.tables["sizes"]) == 6
    assert all(10 < row["ABD, µm"] < 400 for row in scaled.tables["sizes"])


def test_what_is_no_organism_has_a_count_and_a_size_but_no_biovolume(run_folder, truth):
    model = CASE.model("culture")
    names = ["Junk", "Protist"] * len(truth)
    said = dict(zip(truth, names, strict=False))
    work = counted(run_folder, said, model=model.name)
    assert by_class(work, "counts")["Junk"]["count"] == Counter(said.values())["Junk"]
    assert {"Missed", "Protist"} == by_class(work, "biovolume").keys()
    assert len(work.tables["sizes"]) == COUNT


@pytest.fixture(scope="module")
def bin_folder(real_data):
    folder = real_data / "05_flowcam_phytoplankton" / "ifcb_raw_bin"
    if not folder.is_dir():
        pytest.skip(f"the real IFCB bin is not at hand ({folder})")
    return folder


def test_real_ifcb_bin_has_plausible_sizes_and_is_told_per_litre(bin_folder, tmp_path):
    packed = tmp_path / "bin.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in bin_folder.iterdir():
            archive.write(path, path.name)
    work = chain.run(CASE, packed, chain.Options(progress=False, dilution=2.0))
    searched = 0.25 * (1003.4138888888889 - 1.4629383680555557) / 60 / 2.0
    counts = work.tables["counts"]
    assert sum(row["count"] for row in counts) == 17
    for row in counts:
        assert row["1 / liter"] == pytest.approx(1000 * row["estimated count"] / searched)
        assert row["1 / liter, 95 % from"] <= row["1 / liter"] <= row["1 / liter, 95 % to"]
    assert sum(row["estimated count"] for row in counts) == pytest.approx(17)
    sizes = [row["ABD, µm"] for row in work.tables["sizes"]]
    assert len(sizes) == 17
    assert min(sizes) == pytest.approx(7, abs=2)  # the one small bead of the bin
    assert 25 < float(np.median(sizes)) < 40  # ciliates and dinoflagellates of some 30 µm
    cut = [row["particle"][-2:] for row in work.tables["sizes"] if row["measured by"] == "picture, cut by its edge"]
    assert cut == ["07", "08", "12"]
    told = " ".join(work.remarks)
    for word in ("2.77 pixels", "FlowCams alone", "cuts 3 of 17"):
        assert word in told
    total = sum(row["µm³/mL"] for row in work.tables["biovolume"])
    alone = sum(row["volume of the sphere (ABD), µm³"] for row in work.tables["sizes"])
    assert total == pytest.approx(alone / searched)


def test_scale_that_the_person_measured_goes_before_the_usual_one_of_an_ifcb(bin_folder):
    work = chain.Work(CASE, bin_folder, chain.Options(progress=False, pixel_size=Quantity(1 / 3.4, "micrometer")))
    given = ours.scaled(chain.read(work))
    assert {sample.pixel_size for sample in given.samples} == {Quantity(1 / 3.4, "micrometer")}
    assert not any("2.77" in remark for remark in given.remarks)


def test_biovolume_goes_with_the_classes_that_may_be_behind_a_name(run_folder, truth):
    """A model that calls half of all Tripos Dinoflagellata: what it calls Dinoflagellata holds some of their volume."""
    samples_ = sources.open_samples(run_folder).samples
    said = {name: "Dinoflagellata" if label == "Tripos" else label for name, label in truth.items()}
    model = CASE.model("north_sea")
    names = model.label_names
    tripos, dino = names.index("Tripos"), names.index("Dinoflagellata")
    sure = 200 * np.eye(len(names), dtype=int)
    unsure = sure.copy()
    unsure[tripos, dino] = unsure[tripos, tripos] = 100
    told = {}
    for what, counts in (("sure", sure), ("unsure", unsure)):
        knowing = replace(model, confusion=tuple(map(tuple, counts.tolist())))
        rows = biovolume.biovolumes(samples_, said, names, shape="sphere", model=knowing)
        told[what] = {row.label: row for row in rows}
    named = {row.label: row for row in biovolume.biovolumes(samples_, said, names, shape="sphere")}
    for some in told.values():
        assert sum(row.biovolume.value for row in some.values()) == pytest.approx(
            sum(row.biovolume.value for row in named.values())
        )
    before, after = told["sure"]["Dinoflagellata"], told["unsure"]["Dinoflagellata"]
    assert before.biovolume.value == pytest.approx(named["Dinoflagellata"].biovolume.value, rel=0.05)
    assert after.biovolume.value < before.biovolume.value
    assert after.high.value - after.low.value > before.high.value - before.low.value
    assert told["unsure"]["Tripos"].biovolume.value > told["sure"]["Tripos"].biovolume.value
    exact = biovolume.biovolumes(samples_, said, names, shape="sphere", model=knowing, people=said.keys())
    assert {row.label: row for row in exact} == {name: row for name, row in named.items() if name in names}


def test_dilution_of_the_instruments_context_is_told_until_the_person_says_which_way(run_folder, truth, tmp_path):
    folder = shutil.copytree(run_folder, tmp_path / "run")
    context = next(folder.glob("*.ctx"))
    context.write_text(context.read_text().replace("SampleDilution=1", "SampleDilution=10"))
    silent, told = counted(folder, truth), counted(folder, truth, dilution=10.0)
    assert any("not applied" in skipped.why for skipped in silent.skipped)
    assert told.skipped == ()
    before, after = (by_class(work, "counts")["Tripos"]["1 / liter"] for work in (silent, told))
    assert after == pytest.approx(10 * before)
