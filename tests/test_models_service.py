"""The service of models by its parts: what a labelling page holds, which pictures are read, the process of models."""

import math
import shutil
import signal
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from house import until
from PIL import Image

from imagine_kernels import images, predict, use_case
from imagine_kernels.records import Prediction, Quantity, Region, Sample, to_json
from imagine_kernels.serve import catalogue, page, pictures, results, work, worker
from imagine_kernels.shapes import Box, RotatedBox
from imagine_widgets.formats import label_studio_shapes
from imagine_widgets.label_studio import tasks

CASE = use_case.get("phytoplankton")
SAMPLE = Sample("1", "x.png", 40, 30)
PREFIX = "/services/label-studio/"


def view(part, *names):
    choices = "".join(f'<Label value="Title of {name}" alias="{name}"/>' for name in names)
    return page.read(
        f'<View><Image name="img" value="$scan"/><{part} name="mine" toName="img">{choices}</{part}></View>'
    )


def on(shown, *regions):
    missed = Counter()
    made = results.prediction(Prediction("1", regions, "net", "a" * 64), SAMPLE, shown, missed)
    return made, results.left_out(missed)


@pytest.mark.parametrize("case", use_case.names())
def test_a_model_goes_by_the_name_that_the_bridge_gives_its_predictions(case):
    for model in use_case.get(case).models:
        asked = catalogue.find(f"/{case}/{model.name}/")
        assert asked.version == tasks.version(Prediction("1", (), model.name, model.sha256))
    assert catalogue.find(case).model == use_case.get(case).models[0]


@pytest.mark.parametrize("path", ["nothing", "phytoplankton/nothing", "../phytoplankton", ""])
def test_an_address_without_a_model_is_a_sentence(path):
    with pytest.raises(LookupError, match=r"is not a"):
        catalogue.find(path)


def test_a_result_belongs_to_the_part_of_the_page_that_offers_its_class():
    made, left = on(view("Choices", "Tripos"), Region("Tripos", 0.0), Region("Copepoda", 0.5))
    assert [(one["from_name"], one["to_name"], one["value"]) for one in made["result"]] == [
        ("mine", "img", {"choices": ["Tripos"]})
    ]
    assert made["result"][0]["score"] == 0.0
    assert made["model_version"] == "net@aaaaaaaa"
    assert left == ["1 × Copepoda: the labelling page has no place for it."]


@pytest.mark.parametrize(("part", "kind"), [("RectangleLabels", "rectanglelabels"), ("PolygonLabels", "polygonlabels")])
def test_a_turned_box_is_drawn_as_what_the_page_has(part, kind):
    box = RotatedBox(20, 15, 10, 4, 30)
    made, left = on(view(part, "valve"), Region("valve", 0.5, box))
    (entry,) = made["result"]
    assert (entry["type"], entry["value"][kind], left) == (kind, ["valve"], [])
    drawn = label_studio_shapes.drawn(kind, entry["value"], (40, 30))
    corners = drawn.corners() if isinstance(drawn, RotatedBox) else drawn.points
    assert np.allclose(sorted(corners), sorted(box.corners()))


def test_a_shape_on_a_page_for_names_alone_is_left_out_and_told():
    made, left = on(view("Choices", "valve"), *[Region("valve", 0.5, Box(1, 1, 5, 5))] * 2)
    assert made["result"] == []
    assert left == ["2 × valve as a Box: the labelling page has no place for it."]


@pytest.mark.parametrize("written", ["", "<View>", "<View><Text name='t' value='$t'/></View>"])
def test_a_page_without_a_picture_is_a_sentence(written):
    with pytest.raises(ValueError, match=r"^The labelling page .*\.$"):
        page.read(written)


HOSTILE = [
    "http://127.0.0.1:1/x.png",
    "http://evil.example/services/label-studio/data/upload/1/x.png",
    "file:///etc/passwd",
    "/etc/passwd",
    f"{PREFIX}api/projects/",
    f"{PREFIX}data/upload/1/../../../credentials.json",
    f"{PREFIX}data/upload/1/%2e%2e/x.png",
    f"{PREFIX}data/upload/1/..%2f..%2fx.png",
    f"{PREFIX}data/upload/1/..",
    f"{PREFIX}data/upload/1/x.png?next=/",
    f"{PREFIX}data/local-files/?d=etc/passwd",
    f"{PREFIX}data/upload/1/a%0d%0aX: y",
    "",
]


@pytest.fixture
def uploads(tmp_path):
    """Label Studio's folder with one upload, and a link in it that leads out."""
    (tmp_path / "upload" / "1").mkdir(parents=True)
    (tmp_path / "upload" / "1" / "x.png").write_bytes(b"x")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "upload" / "1" / "link.png").symlink_to(tmp_path / "secret")
    return pictures.LabelStudio(tmp_path, "http://127.0.0.1:8000", PREFIX, "http://127.0.0.1:1")


@pytest.mark.parametrize("address", HOSTILE)
def test_no_address_but_of_an_upload_is_read(uploads, tmp_path, address):
    out = tmp_path / "out"
    out.mkdir()
    for find in (uploads.handed({address: "upload/1/x.png"}), uploads.asked({})):
        with pytest.raises((ValueError, OSError), match=r"\.$"):
            find(address, out)
    assert not list(out.iterdir())


def test_of_uploads_only_those_are_read_that_label_studio_says_the_person_sees(uploads, tmp_path):
    mine, link = f"{PREFIX}data/upload/1/x.png", f"{PREFIX}data/upload/1/link.png"
    find = uploads.handed({mine: "upload/1/x.png", link: "upload/1/link.png"})
    out = tmp_path / "out"
    out.mkdir()
    assert find(mine, out).read_bytes() == b"x"
    for other, files in ((link, {link: "upload/1/link.png"}), (mine, {}), (mine, {mine: "upload/1/link.png"})):
        with pytest.raises(FileNotFoundError, match="or it is somebody else's"):
            uploads.handed(files)(other, out)


@pytest.fixture(scope="module")
def drawn(pictures, tmp_path_factory):
    """Six drawn particles as PNG files, as Label Studio keeps them; and one that broke off."""
    folder = tmp_path_factory.mktemp("uploaded")
    found = []
    for number, sample in enumerate(pictures(24).samples[:6]):
        file = folder / f"{number}.png"
        Image.fromarray(images.read(sample)).save(file)
        found.append(work.sample(str(number), file, to_json(sample)))
    (folder / "broken.png").write_bytes((folder / "0.png").read_bytes()[:60])
    return [*found, Sample("6", str(folder / "broken.png"), 40, 30)]


def ask(asked, samples, patience=60):
    """What the process says of samples, whose pictures are handed over in a folder that it can read."""
    with asked.folder() as folder:
        files = [Path(shutil.copy(sample.uri, folder)) for sample in samples]
        for file in files:
            asked.give(file)
        sent = [{"file": str(file), "facts": to_json(sample)} for file, sample in zip(files, samples, strict=True)]
        return asked.ask({"case": CASE.name, "model": CASE.model().name, "page": "", "tasks": sent}, patience)


def test_the_scale_that_was_pushed_with_a_picture_counts_and_nothing_else_of_it(tmp_path):
    Image.new("L", (8, 6)).save(tmp_path / "x.png")
    told = Sample("a", "/etc/passwd", 4000, 3000, pixel_size=Quantity(2.0, "micrometer"))
    found = work.sample("0", tmp_path / "x.png", to_json(told))
    assert (found.uri, found.width, found.height) == (str(tmp_path / "x.png"), 8, 6)
    assert found.pixel_size == told.pixel_size
    for nonsense in (None, "x", {"kind": "Sample"}, {"kind": "Quantity", "value": 1, "unit": "m"}):
        assert work.sample("0", tmp_path / "x.png", nonsense).pixel_size is None


def test_the_process_of_models_says_what_a_notebook_says_and_ends_when_nobody_asks(drawn):
    asked = worker.Worker(idle=2.0)
    try:
        answer, process = ask(asked, drawn), asked._process
        assert ask(asked, drawn[:1])["results"][0]["result"]
        assert asked._process is process, "the model was loaded twice"
        *told, broken = answer["results"]
        ours = predict.predict(CASE, drawn[:6], progress=False).predictions
        for one, own in zip(told, ours, strict=True):
            (entry,) = one["result"]
            assert entry["value"]["choices"] == [own.regions[0].label]
            assert math.isclose(one["score"], own.regions[0].score, abs_tol=1e-4)
            assert one["model_version"] == tasks.version(own)
        assert broken["result"] == []
        assert broken["error"].startswith("broken.png ")
        assert broken["error"].endswith(".")
        until(lambda: process.returncode is not None, 10)
        ask(asked, drawn[:1])
        asked._process.send_signal(signal.SIGSTOP)
        with pytest.raises(ChildProcessError, match="took more than 0 s: ask again"):
            ask(asked, drawn[:1], 0.4)
    finally:
        asked.stop()
    assert asked._process is None
