"""Bad input through the command, as a person gives it: one sentence with file, row and remedy, nothing half there."""

import numpy as np
import pytest
from command import imagine, refusal
from ecotaxa_tables import project, rows, zipped
from PIL import Image

from imagine_kernels.use_cases.phytoplankton import samples

SOUND = {"object_annotation_status": "validated", "object_annotation_category": "Tripos"}


@pytest.fixture
def out(tmp_path):
    """Where results would be, in a folder that must stay as it was."""
    (tmp_path / "results").mkdir()
    yield tmp_path / "results" / "deep" / "out"
    assert list((tmp_path / "results").iterdir()) == [], "something half-written was left"


@pytest.fixture
def run(tmp_path):
    return samples.make_run(tmp_path / "run", count=12, seed=3)


def noise(path, side=60, top=255, kind=np.uint8, mode=None):
    """A picture of grey noise, in a mode of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Image.fromarray(np.random.default_rng(0).integers(0, top, (side, side)).astype(kind))
    (made if mode is None else made.convert(mode)).save(path)
    return path


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            {"object_lat": "95"},
            "row 4: object_lat is '95', which lies outside −90 to 90 degrees: write decimal degrees",
        ),
        ({"object_area": "big"}, "row 4: object_area is 'big', which is no number: write digits"),
        ({"object_date": "20141340"}, "row 4: object_date is '20141340', which is no date: write it as YYYYMMDD"),
        ({"object_id": "o1", "img_file_name": "o1.png"}, "row 4: the object 'o1' with the picture 'o1.png' was listed"),
        ({"object_annotation_status": "sure"}, "row 4: object_annotation_status is 'sure', which is no state: write"),
    ],
    ids=["latitude of 95", "wrong type", "no date", "duplicate id", "no state"],
)
@pytest.mark.parametrize("command", ["predict", "evaluate", "train"])
def test_an_ecotaxa_table_with_a_wrong_cell_is_refused_by_every_command(tmp_path, out, command, cells, told):
    place = project(tmp_path / "project", rows(SOUND, {**SOUND, **cells}))
    sentence = refusal(command, "phytoplankton", place, "-o", out)
    assert f"ecotaxa_cast.tsv, {told}" in sentence
    assert sentence == refusal(command, "phytoplankton", zipped(place, tmp_path / "all.zip"), "-o", out)


def test_real_broken_imports_of_ecotaxa_are_refused(real_data, out):
    bad = real_data / "exports" / "ecotaxa_bad_imports"
    for name, told in (
        ("tsv_issues", "ecotaxa_m106_mn01_n3_sml.tsv, row 3: object_lat is '100'"),
        ("empty_tsv", "ecotaxa_m106_mn01_n365_sml.tsv, row 3: no object is listed below the header: export the table"),
        ("breaking_hierarchy", "m106_mn01_n1_sml_409.jpg (row 3)"),
    ):
        assert told in refusal("predict", "zooplankton", bad / name, "-o", out)


def test_missing_pictures_are_told_with_their_row(tmp_path, out):
    place = project(tmp_path / "project", rows(SOUND, SOUND), pictures=False)
    sentence = refusal("predict", "phytoplankton", place, "-o", out)
    assert "ecotaxa_cast.tsv names pictures that are not there. Copy them beside the table." in sentence
    assert "Left out: 2, the first is o1.png (row 3)." in sentence


def test_one_missing_picture_leaves_the_rest_and_is_told(tmp_path):
    place = project(tmp_path / "project", rows(SOUND, SOUND))
    (place / "o2.png").unlink()
    said = imagine("predict", "phytoplankton", place, "-o", tmp_path / "out", "-q")
    assert said.code == 0
    assert "the first is o2.png (row 4)." in said.out
    assert "o2.png (row 4)" in (tmp_path / "out" / "skipped.csv").read_text(encoding="utf-8")


def test_a_class_the_model_does_not_know_is_refused_until_a_person_decides(tmp_path, out):
    place = project(tmp_path / "project", rows(SOUND, {**SOUND, "object_annotation_category": "Krill"}))
    sentence = refusal("evaluate", "phytoplankton", place, "-o", out)
    assert "'Krill' (1, first ecotaxa_cast.tsv, row 4)" in sentence
    assert "--unknown leave-out" in sentence


def test_a_flowcam_run_without_its_volume_has_counts_and_a_sentence_instead_of_concentrations(run, tmp_path):
    for summary in run.glob("*summary*"):
        summary.unlink()
    said = imagine("predict", "phytoplankton", run, "-o", tmp_path / "out", "-q")
    assert said.code == 0
    assert "The volume imaged of drawn-run-3 is unknown, so there is no concentration." in said.out
    assert "_summary.csv beside the list" in said.out
    assert '--volume "2.4 m3"' in said.out
    head = (tmp_path / "out" / "counts.csv").read_text(encoding="utf-8").splitlines()[0]
    assert "count" in head
    assert " per " not in head
    given = imagine("predict", "phytoplankton", run, "-o", tmp_path / "given", "-q", "--volume", "0.05 mL")
    assert "no concentration" not in given.out
    assert "per mL" in (tmp_path / "given" / "counts.csv").read_text(encoding="utf-8").splitlines()[0]


def test_a_flowcam_run_whose_pictures_are_missing_is_refused(run, out):
    for page in run.glob("*.tif"):
        page.unlink()
    sentence = refusal("predict", "phytoplankton", run, "-o", out)
    assert "The collage drawn-run-3_000001.tif is missing. Copy the whole folder of the run." in sentence
    assert "the first is particle 1." in sentence


def test_a_particle_listed_twice_counts_once_and_is_told_with_its_line(run):
    (listed,) = run.glob("*.lst")
    text = listed.read_text()
    listed.write_text(text + text.splitlines()[-1] + "\n")
    said = imagine("predict", "phytoplankton", run, "-q")
    line = len(text.splitlines()) + 1
    assert f"drawn-run-3.lst lists a particle twice. Left out: 1 particle(s), the first is line {line}." in said.out
    assert "12 of 12 samples" in said.out


@pytest.mark.parametrize(
    ("level", "told"),
    [(None, "shows no background: only"), (30, "has a dark background (level 30 of 255)")],
    ids=["noise", "dark"],
)
def test_a_scan_without_a_background_is_refused(tmp_path, out, level, told):
    scan = noise(tmp_path / "scan.tif", side=3600)
    if level is not None:
        Image.fromarray(np.full((3600, 3600), level, np.uint8)).save(scan)
    sentence = refusal("predict", "zooplankton", scan, "-o", out, "--pixel-size", "10.58 um")
    assert f"scan.tif {told}" in sentence
    assert "tray lit from behind" in sentence or "Give a scan of animals in water" in sentence


def test_a_scan_without_a_pixel_size_says_which_option_gives_it(tmp_path, out):
    sentence = refusal("predict", "zooplankton", noise(tmp_path / "scan.tif", side=3600), "-o", out)
    assert "The size of a pixel of scan.tif is unknown" in sentence
    assert '--pixel-size "10.58 um"' in sentence


def test_16_bit_palette_and_bilevel_pictures_are_read_and_broken_ones_named(tmp_path):
    noise(tmp_path / "pictures" / "sixteen.png", top=65535, kind=np.uint16)
    noise(tmp_path / "pictures" / "palette.png", mode="P")
    noise(tmp_path / "pictures" / "bilevel.png", mode="1")
    (tmp_path / "pictures" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    said = imagine("predict", "phytoplankton", tmp_path / "pictures", "-q")
    assert said.code == 0
    assert "3 of 3 samples have a prediction." in said.out
    assert "left out: broken.jpg: broken.jpg is broken and cannot be decoded" in said.out


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("text.jpg", b"hello", "text.jpg is not a picture. Give it as JPEG, PNG, TIFF or BMP."),
        ("bad.zip", b"PK\3\4 nothing", "bad.zip is not a whole zip archive"),
        ("counts.tsv", b"sampleid\ttaxonid\tcount\n1\t2\t3\n", "is a table of counts and names no pictures"),
        ("none", None, "There is no "),
        ("empty/", None, "empty holds no picture (JPEG, PNG, TIFF or BMP) and no run or project"),
    ],
)
@pytest.mark.parametrize("command", ["predict", "evaluate", "train"])
def test_what_is_no_data_is_a_sentence(tmp_path, out, command, name, content, told):
    place = tmp_path / name
    if name.endswith("/"):
        place.mkdir()
    elif content is not None:
        place.write_bytes(content)
    assert told in refusal(command, "phytoplankton", place, "-o", out)


def test_weights_that_are_not_what_they_claim_are_refused(tmp_path, out, run):
    weights = tmp_path / "mine.safetensors"
    weights.write_bytes(b"\x80\x04 a pickle, once")
    sentence = refusal("predict", "phytoplankton", run, "-o", out, "--weights", weights)
    assert "is not the file the model north_sea was measured with" in sentence
    weights.with_suffix(".json").write_text('{"name": 3}')
    assert "mine.json does not hold the facts of a model" in refusal(
        "predict", "phytoplankton", run, "-o", out, "--weights", weights
    )
