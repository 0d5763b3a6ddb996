"""Every format before strange names, strange shapes, files cut short, files of wrong types and hostile zips."""

import copy
import json
import math
import random
import shutil
import zipfile

import pytest

from imagine_kernels.records import Annotation, Prediction, Region, Sample, from_json, to_json
from imagine_kernels.shapes import Box, Point, Polygon
from imagine_widgets import formats
from imagine_widgets.formats.exchange import named
from imagine_widgets.formats.labels import Labels, Term, keep

EVERY = sorted(formats.formats())
JSON = ("coco", "geojson", "ifdo", "label_studio_json", "labelbox", "labelme")
NAMES = (
    '<script>alert("x")</script>', "&lt;b&gt; &amp;", "a/b\\c", "../../etc/passwd", "'; DROP TABLE labels; --",
    "שלום עולם",
    "قنديل البحر", "🦐 näkki 👩‍🔬",
    "“quoted”, 'twice'", "yes", "null", "1e5", "=2+3", "a, b; c|d", "%s {0} $HOME",
)  # fmt: skip
CELLS = ("", "x", "-1", "nan", "inf", "9" * 400, '"', "[[1,2]]")
WRONG = (None, True, -1, 10**400, math.nan, "x", [], [[]], {}, {"x": "y"})


def one_box(name, shape=Box(10, 10, 20, 10)):  # noqa: B008 - it does not change
    samples = (Sample("a.png", "a.png", 64, 48), Sample("b.png", "b.png", 64, 48))
    said = tuple(Annotation(s.id, (Region(name, shape=shape), Region(name)), "ada") for s in samples)
    return Labels(samples, said, (Prediction("a.png", (Region(name, 0.5, shape),), "net", "abc"),), (Term(name),))


def one_author(name):
    sample = Sample("a.png", "a.png", 64, 48)
    return Labels((sample,), (Annotation("a.png", (Region("cod", shape=Box(1, 1, 5, 5)),), name),), (), (Term("cod"),))


def written(folder, name, labels):
    """What `write` made, in a folder of its own, and every file of it."""
    folder.mkdir()
    path = folder / f"ecotaxa{named(name).ending}"
    formats.write(labels, path, name)
    return path, [file for file in ([path] if path.is_file() else sorted(path.rglob("*"))) if file.is_file()]


def sound(labels):
    """Everything of what was read is what its field should be, and travels."""
    for record in (*labels.samples, *labels.annotations, *labels.predictions, *labels.skipped):
        assert to_json(from_json(json.loads(json.dumps(to_json(record))))) == to_json(record)
    for sample in labels.samples:
        assert isinstance(sample.id, str)
        assert isinstance(sample.width, int) and isinstance(sample.height, int)  # noqa: PT018
    for one in (*labels.annotations, *labels.predictions):
        texts = [text for region in one.regions for text in (region.label, region.id)]
        assert [text for text in (one.sample_id, *texts) if not isinstance(text, str)] == []
    assert all(isinstance(term.name, str) for term in labels.terms)
    for name in ("yolo_segmentation", "coco", "biigle_volume"):  # all that is done with shapes
        formats.losses(labels, name)


def read_or_refused(path, name, images=None):
    """Labels that are sound, or one sentence; what the sentence is."""
    try:
        found = formats.read(path, name, images=images)
    except (ValueError, OSError) as error:
        told = str(error)
        assert told.endswith((".", ")")), told
        assert "\n" not in told.strip()
        return told
    sound(found)
    return ""


@pytest.mark.parametrize("name", EVERY)
def test_names_of_any_text_come_back_letter_by_letter(name, tmp_path):
    for number, text in enumerate(NAMES):
        labels = one_box(text)
        path, _ = written(tmp_path / str(number), name, labels)
        found, kept = formats.read(path), keep(labels, named(name).holds)
        assert not found.skipped
        assert found.annotations == kept.annotations
        assert {region.label for one in found.annotations for region in one.regions} <= {text}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    "shape",
    [
        Box(3, 4, 1, 1), Box(63, 47, 1, 1), Box(-10, -10, 30, 30), Box(60, 40, 100, 100), Box(100, 100, 5, 5),
        Polygon(((0, 0), (20, 20), (20, 0), (0, 20))), Polygon(((5, 5), (5, 5), (5, 5))), Point(0, 0), Point(1e9, -1e9),
    ],
    ids=["one pixel", "last pixel", "over the corner", "over the end", "outside", "crossing", "flat", "corner", "far"],
)  # fmt: skip
def test_shapes_at_and_beyond_the_edge_come_back_or_their_loss_is_told(name, shape, tmp_path):
    labels = one_box("cod", shape)
    path, _ = written(tmp_path / "out", name, labels)
    found, kept = formats.read(path), keep(labels, named(name).holds)
    assert not found.skipped
    assert found.annotations == kept.annotations
    lost = any("regions" in loss.what for loss in formats.losses(labels, name))
    assert lost or [r.shape for r in found.annotations[0].regions] == [shape, None]


@pytest.mark.parametrize("name", EVERY)
def test_half_a_character_in_a_name_or_an_author_is_told_in_a_sentence_and_nothing_is_written(name, tmp_path):
    path = tmp_path / f"ecotaxa{named(name).ending}"
    for labels in (one_box("fi\ud83dsh"), one_author("a\ud83d")):
        held = "author" in named(name).holds.facts or labels.terms[0].name != "cod"
        if held and any(one.regions for one in keep(labels, named(name).holds).annotations):
            with pytest.raises(ValueError, match=r"ud83d.* holds half a character, as spoilt texts do: correct it"):
                formats.write(labels, path, name)
            assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", EVERY)
def test_a_file_cut_anywhere_is_read_as_far_as_it_is_whole_or_refused(name, tmp_path):
    path, files = written(tmp_path / "whole", name, one_box("cod"))
    for file in files:
        data = file.read_bytes()
        for share in (0, 0.3, 0.5, 0.9, 0.99):
            file.write_bytes(data[: int(len(data) * share)])
            read_or_refused(path, name)
        file.write_bytes(data)


@pytest.mark.parametrize("name", EVERY)
def test_a_file_with_flipped_bytes_is_read_or_refused(name, tmp_path):
    path, files = written(tmp_path / "whole", name, one_box("cod"))
    chance = random.Random(5)
    for file in files:
        data = file.read_bytes()
        for _ in range(20):
            spoilt = bytearray(data)
            for _ in range(chance.randint(1, 4)):
                spoilt[chance.randrange(len(spoilt))] = chance.choice(b"\x00\xff\"'<>{}[],;:-.9eN\n\t")
            file.write_bytes(spoilt)
            read_or_refused(path, name)
        file.write_bytes(data)


def places(value, before=()):
    """The way to every value in a JSON value."""
    yield before
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*before, key))


def with_other(value, place, other):
    if not place:
        return other
    spoilt = copy.deepcopy(value)
    inner = spoilt
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = other
    return spoilt


@pytest.mark.parametrize("name", JSON)
def test_a_value_of_the_wrong_type_anywhere_is_told_of_and_no_record_is_made_of_it(name, tmp_path):
    labels = one_box("cod")
    path, files = written(
        tmp_path / "whole", name, Labels(labels.samples[:1], labels.annotations[:1], labels.predictions)
    )
    for file in (file for file in files if file.suffix in {".json", ".ndjson"}):
        text = file.read_text(encoding="utf-8")
        lines = text.splitlines() if file.suffix == ".ndjson" else [text]
        data = json.loads(lines[0])
        for number, place in enumerate(places(data)):
            for other in WRONG[number % 3 :: 3] if len(place) > 2 else WRONG:
                file.write_text("\n".join([json.dumps(with_other(data, place, other)), *lines[1:]]), encoding="utf-8")
                read_or_refused(path, name)
        file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", ["voc", "cvat"])
def test_an_attribute_or_text_of_the_wrong_kind_is_told_of(name, tmp_path):
    path, files = written(tmp_path / "whole", name, one_box("cod", Polygon(((1, 1), (9, 1), (9, 9)))))
    (file, *_) = (file for file in files if file.suffix == ".xml")
    text = file.read_text(encoding="utf-8")
    pieces = [piece for piece in text.replace(">", '"').replace("<", '"').split('"') if piece.strip()]
    for piece in dict.fromkeys(pieces):
        for other in ("", "-1", "nan", "9" * 400):
            file.write_text(text.replace(piece, other), encoding="utf-8")
            read_or_refused(path, name)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", ["biigle", "biigle_labels", "biigle_video", "ecotaxa"])
def test_a_cell_of_the_wrong_kind_is_told_of(name, tmp_path):
    path, _ = written(tmp_path / "whole", name, one_box("cod"))
    text = path.read_text(encoding="utf-8-sig")
    mark = "\t" if name == "ecotaxa" else ","
    rows = [line.split(mark) for line in text.splitlines()]
    for row, cells in enumerate(rows):
        for column in range(len(cells)):
            for other in CELLS[(row + column) % 2 :: 2]:
                spoilt = [list(each) for each in rows]
                spoilt[row][column] = other
                path.write_text("\n".join(mark.join(each) for each in spoilt), encoding="utf-8")
                read_or_refused(path, name)


@pytest.mark.parametrize("name", ["yolo", "voc", "cvat", "labelme", "biigle_volume", "ecotaxa"])
def test_a_zip_that_leads_out_or_unpacks_to_gigabytes_does_no_harm(name, tmp_path):
    path, files = written(tmp_path / "whole", name, one_box("cod"))
    packed = tmp_path / "packed.zip"
    if zipfile.is_zipfile(path):
        shutil.copy(path, packed)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        for file in () if zipfile.is_zipfile(path) else files:
            archive.write(file, file.relative_to(path if path.is_dir() else path.parent))
        for ending in (".txt", ".xml", ".json", ".csv", ".tsv", ".png"):
            archive.writestr(f"../../out{ending}", "0 0.5 0.5 0.1 0.1")
            with archive.open(f"labels/bomb{ending}", "w") as member:
                for _ in range(40):
                    member.write(bytes(2**20))
    before = sorted(tmp_path.rglob("*"))
    read_or_refused(packed, name)
    assert sorted(tmp_path.rglob("*")) == before
