"""Raw FlowCam runs: drawn ones in every state of damage, and a real one against what its instrument reported."""

import csv
import json
import shutil
from dataclasses import replace

import pytest
from PIL import Image

from imagine_kernels import images, measure
from imagine_kernels.records import Quantity, from_json, to_json
from imagine_kernels.sources import open_samples
from imagine_kernels.use_cases.phytoplankton import samples as maker


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return maker.make_run(tmp_path_factory.mktemp("flowcam") / "run", count=40, seed=5)


@pytest.fixture
def run(drawn, tmp_path):
    """A copy of a drawn run to damage."""
    return shutil.copytree(drawn, tmp_path / "run")


def edit(path, change):
    path.write_text(change(path.read_text()))


def only(folder, pattern):
    (path,) = folder.glob(pattern)
    return path


def reasons(collection):
    return {skipped.where: skipped.why for skipped in collection.skipped}


def test_run_gives_every_particle_with_its_picture_measures_scale_and_volume(drawn):
    found = open_samples(drawn)
    assert found.skipped == ()
    assert [s.id for s in found.samples] == [f"drawn-run-5/{i}" for i in range(1, 41)]
    for number, sample in enumerate(found.samples):
        assert sample.group == "drawn-run-5"
        assert sample.pixel_size == Quantity(1.386, "micrometer")
        assert sample.effort.volume == Quantity(round(40 / 240, 5), "milliliter")
        assert sample.measures["diameter_esd"].unit == "micrometer"
        assert sample.measures["volume_abd"].unit == "micrometer ** 3"
        assert sample.taken_at.startswith("2024-06-12T09:30:")
        assert images.read(sample).shape == (sample.height, sample.width, 3)
        assert from_json(json.loads(json.dumps(to_json(sample)))) == sample
        names = [row["label"] for row in csv.DictReader((drawn / "truth.csv").read_text().splitlines())]
        assert (images.read(sample)[..., 0] == maker.draw(names[number], 5, number).grey).all()


def test_list_file_folder_and_parent_folder_open_the_same_run(drawn):
    ids = [s.id for s in open_samples(drawn).samples]
    assert [s.id for s in open_samples(only(drawn, "*.lst")).samples] == ids
    assert [s.id for s in open_samples(drawn.parent).samples] == ids
    assert [s.id for s in open_samples(drawn, limit=3).samples] == ids[:3]


def test_table_alone_is_enough(run):
    whole = open_samples(run).samples
    only(run, "*.lst").unlink()
    found = open_samples(run)
    assert found.samples == whole
    assert "volume_abd" in found.samples[0].measures


def test_list_alone_is_enough_but_holds_fewer_measures(run):
    whole = open_samples(run).samples
    (run / "drawn-run-5.csv").unlink()
    found = open_samples(run).samples
    assert [(s.id, s.crop, s.effort) for s in found] == [(s.id, s.crop, s.effort) for s in whole]
    assert "area_abd" in found[0].measures
    assert "volume_abd" not in found[0].measures


def test_other_versions_of_the_list_are_read_by_the_names_of_their_fields(run):
    """Columns in another order, unknown ones among them, and another number of version."""
    whole = open_samples(run).samples
    path = only(run, "*.lst")
    lines = path.read_text().splitlines()
    count = int(lines[1].split("|")[1])
    fields, rows = lines[2 : 2 + count], [line.split("|") for line in lines[2 + count :]]
    new = ["999", f"num-fields|{count + 1}", "new_thing|double", *fields[::-1]]
    path.write_text("\n".join([*new, *("|".join(["7.5", *row[::-1]]) for row in rows)]) + "\n")
    assert open_samples(run).samples == whole


def test_windows_line_ends_umlauts_and_paths_of_the_lab_computer_do_no_harm(run):
    whole = [replace(s, uri=str(run / "Müll_000001.tif")) for s in open_samples(run).samples]
    (run / "drawn-run-5_000001.tif").rename(run / "Müll_000001.tif")
    path = only(run, "*.lst")
    text = path.read_text().replace("drawn-run-5_000001", "C:\\Users\\Flöwcam\\run\\Müll_000001")
    path.write_bytes(text.replace("\n", "\r\n").encode("cp1252"))
    assert list(open_samples(run).samples) == whole


def test_masks_and_calibration_pictures_are_no_samples(run):
    Image.new("L", (1292, 964), 180).save(run / "cal_image_000001.tif")
    found = open_samples(run)
    assert len(found.samples) == 40
    assert {s.uri.rsplit("_", 1)[1] for s in found.samples} == {"000001.tif"}


def test_lost_collage_is_one_sentence_and_the_rest_goes_on(tmp_path):
    run = maker.make_run(tmp_path / "run", count=120, seed=1)
    lost = run / "drawn-run-1_000001.tif"
    lost.unlink()
    found = open_samples(run)
    assert 0 < len(found.samples) < 120
    (told,) = found.skipped
    assert told.where == lost.name
    assert told.why.startswith(f"The collage {lost.name} is missing. Copy the whole folder of the run. Left out: ")
    assert f"{120 - len(found.samples)} particle(s), the first is particle 1." in told.why


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda p: p.write_bytes(b""), "is empty (0 bytes)"),
        (lambda p: p.write_bytes(b"%PDF-1.7"), "looks like a PDF"),
        (lambda p: Image.new("L", (30, 20)).save(p), "does not hold the particle's place"),
    ],
)
def test_broken_collage_leaves_nothing_to_use_and_says_why(run, spoil, expected):
    spoil(run / "drawn-run-5_000001.tif")
    with pytest.raises(ValueError, match="Nothing in run can be used") as told:
        open_samples(run)
    assert expected in str(told.value)


def test_lines_that_are_torn_no_numbers_twice_or_outside_are_told_by_kind(run):
    path = only(run, "*.lst")
    lines = path.read_text().splitlines()
    start = 2 + int(lines[1].split("|")[1])
    lines[start] = lines[start][:25]
    lines[start + 1] = lines[start + 1].replace("2|", "2|not a place", 1)
    lines[start + 2] = "3|1280|" + lines[start + 2].split("|", 2)[2]
    lines[start + 3] = "4|-5|" + lines[start + 3].split("|", 2)[2]
    lines.append(lines[start + 5])
    path.write_text("\n".join(lines))
    found = open_samples(run)
    assert [s.id for s in found.samples] == [f"drawn-run-5/{i}" for i in range(5, 41)]
    told = " ".join(s.why for s in found.skipped)
    assert "has lines that are not whole. Left out: 1 particle(s), the first is line" in told
    assert "has places that are no whole numbers" in told
    assert "does not hold the particle's place. Left out: 2 particle(s), the first is particle 3." in told
    assert "lists a particle twice" in told
    assert "lists 41 particles, the run's summary counts 40" in told


def test_list_without_collages_or_places_is_refused_naming_what_lacks(run):
    edit(only(run, "*.lst"), lambda text: text.replace("collage_file|string", "something|string"))
    (run / "drawn-run-5.csv").unlink()
    with pytest.raises(ValueError, match="has no column for image_file"):
        open_samples(run / "drawn-run-5.lst")


def test_collage_named_outside_the_run_or_linked_away_is_not_opened(run, tmp_path):
    outside = tmp_path / "outside.tif"
    shutil.move(run / "drawn-run-5_000001.tif", outside)
    edit(only(run, "*.lst"), lambda text: text.replace("drawn-run-5_000001.tif", "../outside.tif"))
    with pytest.raises(ValueError, match=r"collage outside\.tif is missing"):
        open_samples(run)
    (run / "outside.tif").symlink_to(outside)
    with pytest.raises(ValueError, match="leads out of the folder"):
        open_samples(run)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sample Volume Imaged ml,0.01737", Quantity(0.01737, "milliliter")),
        ("Sample Volume Imaged (ml),0.5", Quantity(0.5, "milliliter")),
        ("Sample Volume Imaged ml;0,01737", Quantity(0.01737, "milliliter")),
        ("\tFluid Volume Imaged: 0.0174 ml", Quantity(0.0174, "milliliter")),
        ("\tFluid Volume Imaged: 17.4 ul", Quantity(17.4, "microliter")),
        ("Fluid Volume Imaged ml,0.2\nSample Volume Imaged ml,0.1", Quantity(0.1, "milliliter")),
        ("Sample Volume Processed ml,0.07846", None),
        ("Sample Volume Imaged ml,0.00000", None),
        ("Sample Volume Imaged ml,", None),
        ("", None),
    ],
)
def test_volume_is_what_the_camera_saw_or_unknown(run, text, expected):
    (run / "drawn-run-5_summary.csv").write_text(text)
    assert open_samples(run).samples[0].effort.volume == expected


def test_account_of_the_run_stands_in_for_a_missing_summary(run):
    (run / "drawn-run-5_summary.csv").unlink()
    assert open_samples(run).samples[0].effort.volume is None
    account = (
        "Run:\n\tFluid Volume Imaged: 0.0174 ml\n\tParticle Count: 40\nDate/Time:\n\tStart:  2024-04-08 10:14:01\n"
    )
    (run / "drawn-run-5_run_summary.txt").write_text(account)
    assert open_samples(run).samples[0].effort.volume == Quantity(0.0174, "milliliter")


def test_missing_volume_is_no_reason_to_stop_until_a_concentration_is_asked_for(run):
    (run / "drawn-run-5_summary.csv").unlink()
    samples = open_samples(run).samples
    assert len(measure.composition(samples, {})) == 1
    with pytest.raises(ValueError, match="The volume imaged of drawn-run-5 is unknown, so there is no concentration"):
        measure.concentrations(samples, {})


def test_dilution_of_the_context_is_told_and_only_the_persons_own_is_applied(run):
    edit(run / "drawn-run-5.ctx", lambda text: text.replace("SampleDilution=1", "SampleDilution=10"))
    found = open_samples(run)
    assert "gives a dilution of 10, which is not applied" in reasons(found)["drawn-run-5.ctx"]
    assert found.samples[0].effort.dilution == 1.0
    given = open_samples(run, dilution=2.0)
    assert given.skipped == ()
    assert given.samples[0].effort.dilution == 2.0


def test_folder_of_runs_keeps_them_apart_even_with_one_name(drawn, tmp_path):
    for place in ("monday", "tuesday"):
        shutil.copytree(drawn, tmp_path / place)
    maker.make_run(tmp_path / "wednesday", count=7, seed=6)
    Image.new("L", (40, 40), 200).save(tmp_path / "loose.png")
    found = open_samples(tmp_path)
    groups = {s.group for s in found.samples}
    assert groups == {"drawn-run-5", "tuesday/drawn-run-5", "drawn-run-6", None}
    assert len({s.id for s in found.samples}) == len(found.samples) == 88
    assert len(open_samples(tmp_path, limit=43).samples) == 43


def test_one_broken_run_among_others_is_a_sentence(drawn, tmp_path):
    shutil.copytree(drawn, tmp_path / "good")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad.lst").write_text("017\nnum-fields|many\n")
    found = open_samples(tmp_path)
    assert len(found.samples) == 40
    assert "bad.lst is no particle list" in reasons(found)["bad.lst"]
