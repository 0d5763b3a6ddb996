"""iFDO's own examples and schemas, files of ours in the eyes of its schema, YAML, and files that are broken."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import (
    Box,
    Ellipse,
    Key,
    Line,
    Mask,
    Point,
    Polygon,
    RotatedBox,
    TimeFrequency,
    Track,
)  # fmt: skip
from imagine_widgets import formats
from imagine_widgets.formats.labels import Labels, Term

PICTURE = Sample("a.png", "a.png", 640, 480, taken_at="2026-01-02T03:04:05.000Z")
DRAWN = (
    Point(1, 2), Line(((1, 2), (3, 4))), Box(1, 2, 3, 4), RotatedBox(50, 50, 20, 10, 30), Ellipse(5, 6, 7, 7),
    Ellipse(50, 60, 20, 10, 15), Polygon(((0, 0), (9, 0), (9, 9)), (((6, 1), (8, 1), (8, 3)),)),
    Mask(10, 5, 4, 3, (1, 2, 2, 2, 2, 2, 1)), None, TimeFrequency(1, 2.5),
    Track((Key(0.5, Point(1, 2)), Key(1.5, Point(3, 4)), Key(2.0))),
)  # fmt: skip
LABELS = Labels(
    (PICTURE,),
    (Annotation("a.png", tuple(Region("Cod", shape=one) for one in DRAWN), "ada", "2026-02-03T04:05:06+00:00"),),
    (Prediction("a.png", (Region("Cod", 0.0, Box(1, 2, 3, 4)),), "net", "abc"),),
    (Term("Cod", "Gadidae", codes={"aphia": "126436"}),),
)


@pytest.fixture
def schema(real_data):
    folder = real_data / "exports" / "ifdo"
    parts = [json.loads((folder / f"{name}-v2.0.0.json").read_text()) for name in ("ifdo", "annotation")]
    known = [(part["$id"], Resource.from_contents(part)) for part in parts]
    return Draft202012Validator(parts[0], registry=Registry().with_resources(known))


def test_a_file_of_ours_lacks_only_what_no_record_holds_in_the_eyes_of_the_schema(schema, tmp_path):
    assert formats.write(LABELS, tmp_path / "a.json", "ifdo", strict=True) == ()
    told = json.loads((tmp_path / "a.json").read_text())
    wrong = [leaf for leaf in leaves(schema.iter_errors(told)) if leaf.validator != "type"]  # of a list for a video
    assert {tuple(leaf.absolute_path) for leaf in wrong} == {("image-set-header",), ("image-set-items", "a.png")}
    assert {leaf.validator for leaf in wrong} == {"required"}
    assert any("image-latitude" in leaf.message for leaf in wrong)
    told["image-set-items"]["a.png"]["image-annotations"][0]["shape"] = "blob"
    assert any(leaf.validator == "enum" for leaf in leaves(schema.iter_errors(told)))


def leaves(errors):
    for error in errors:
        if error.context:
            yield from leaves(error.context)
        else:
            yield error


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_everything_comes_back_from_json_and_from_yaml(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    formats.write(LABELS, path, "ifdo", strict=True)
    assert formats.detect(path).name == "ifdo"
    back = formats.read(path)
    assert not back.skipped
    assert back.annotations[0].regions == LABELS.annotations[0].regions
    assert (back.samples, back.predictions, back.terms) == (LABELS.samples, LABELS.predictions, LABELS.terms)
    data = yaml.safe_load(path.read_text())
    assert data["image-set-header"]["image-annotation-labels"][0]["id"] == "urn:lsid:marinespecies.org:taxname:126436"
    outline = next(a for a in data["image-set-items"]["a.png"]["image-annotations"] if a["shape"] == "polygon")
    assert outline["coordinates"][0][:2] == outline["coordinates"][0][-2:]


def test_the_example_of_the_field_is_read_whole(real_data):
    found = formats.read(real_data / "exports" / "ifdo" / "image-example-1.json")
    assert [region.label for region in found.annotations[0].regions[:4]] == [
        "Laser Point",
        "Animal",
        "Habitat",
        "Trash",
    ]
    kinds = [type(region.shape).__name__ for region in found.annotations[0].regions]
    assert kinds == ["Point", "Point", "Point", "RotatedBox", "Ellipse", "Line", "Polygon"]
    assert found.annotations[0].at == "2023-11-22T14:00:14.000000Z"
    assert [one.why[:12] for one in found.skipped] == ["the sizes of"]


def test_a_set_without_annotations_gives_its_pictures_with_scale_and_time(real_data):
    found = formats.read(real_data / "exports" / "ifdo" / "ifdo-test-v2.0.0.json")
    assert (len(found.samples), found.annotations) == (2, ())
    assert found.samples[0].pixel_size.value == pytest.approx(0.848985, rel=1e-5)
    assert found.samples[0].pixel_size.unit == "millimeter"
    assert found.samples[0].taken_at == "2019-03-04 08:37:24.000000"


@pytest.mark.parametrize("name", ["annotation-v2.0.0", "ifdo-v2.0.0"])
def test_the_schema_itself_is_refused_as_such(real_data, name):
    with pytest.raises(ValueError, match="it is their schema"):
        formats.read(real_data / "exports" / "ifdo" / f"{name}.json")


def test_broken_annotations_are_told_and_the_others_are_read(tmp_path):
    label = {"label": "7", "annotator": "ada", "created-at": "2026-01-02T03:04:05Z", "confidence": 0.25}
    good = {"shape": "single-pixel", "coordinates": [[1, 2]], "labels": [label]}
    rows = [
        good,
        good | {"coordinates": [[1]]},
        good | {"shape": "blob"},
        good | {"labels": []},
        good | {"labels": [label | {"confidence": 7}]},
        good | {"labels": [label | {"created-at": "noon"}]},
        good | {"frames": [1, 2]},
        "eight",
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"image-set-header": {}, "image-set-items": {"a.png": [{"image-annotations": rows}]}}))
    found = formats.read(path)
    assert [(r.label, r.score) for one in found.annotations for r in one.regions] == [("7", 0.25)]
    assert [one.where[-1] for one in found.skipped[:-1]] == ["2", "3", "4", "5", "6", "7", "8"]
    path.write_text('{"image-set-header": {"image-set-na')
    with pytest.raises(ValueError, match="not whole"):
        formats.read(path)


def fields(item):
    return [{k: v for k, v in part.items() if k not in OURS} for part in (item if isinstance(item, list) else [item])]


OURS = ("image-annotations", "image-annotation-labels", "image-annotation-creators", "imagine")
SET = {
    "image-set-header": {
        "image-set-ifdo-version": "v2.0.0", "image-set-name": "Dive 7", "image-set-uuid": "f8", "image-latitude": 0.0,
        "image-set-handle": "https://hdl.handle.net/1", "image-license": {"name": "CC-BY", "uri": "https://x"},
        "image-creators": [{"name": "Ada Ö"}], "image-datetime": "2019-04-06 04:29:27.000000", "no-field-of-ifdo": [1],
        "image-annotation-labels": [{"id": "7", "name": "Cod", "info": "all sizes"}],
        "image-annotation-creators": [
            {"id": "https://orcid.org/0", "name": "Ada", "type": "expert"}, {"id": "net@1", "name": "net"},
        ],
    },
    "image-set-items": {
        "a.png": {
            "image-uuid": "c6", "image-handle": "https://x/c6", "image-camera-yaw-degrees": 20, "image-annotations": [{
                "shape": "single-pixel", "coordinates": [[1, 2]],
                "labels": [{"label": "7", "annotator": "https://orcid.org/0", "created-at": "2020-01-01T00:00:00"}],
            }],
        },
        "b.mp4": [{"image-uuid": "c7", "image-datetime": "2019-04-06 05:00:00.000000"}, {
            "image-datetime": "2019-04-06 05:00:01.000000", "image-depth": 7,
        }],
    },
}  # fmt: skip


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_header_places_and_licences_of_an_image_set_come_back_as_they_came(ending, tmp_path):
    (tmp_path / "in.yaml").write_text(
        yaml.safe_dump(SET).replace("'2019-04-06 05:00:01.000000'", "2019-04-06 05:00:01")
    )
    found = formats.read(tmp_path / "in.yaml")
    assert formats.write(found, tmp_path / f"once.{ending}", "ifdo", strict=True) == ()
    formats.write(formats.read(tmp_path / f"once.{ending}"), tmp_path / "twice.yaml", "ifdo", strict=True)
    told = yaml.safe_load((tmp_path / "twice.yaml").read_text())
    (head,), (given,) = fields(told["image-set-header"]), fields(SET["image-set-header"])
    assert head == given
    items = {name: fields(item) for name, item in told["image-set-items"].items()}
    kept = {name: fields(item) for name, item in SET["image-set-items"].items()}
    kept["b.mp4"][1]["image-datetime"] = "2019-04-06 05:00:01"
    assert items == kept
    (label,) = told["image-set-header"]["image-annotation-labels"]
    assert (label["info"], told["image-set-header"]["image-annotation-creators"]) == (
        "all sizes", SET["image-set-header"]["image-annotation-creators"],
    )  # fmt: skip
    (said,) = told["image-set-items"]["a.png"]["image-annotations"]
    assert said["labels"][0]["annotator"] == "https://orcid.org/0"


def test_the_fields_of_the_real_image_sets_come_back_and_are_told_as_lost_elsewhere(real_data, tmp_path):
    for name in ("image-example-1", "ifdo-test-v2.0.0"):
        source = real_data / "exports" / "ifdo" / f"{name}.json"
        found = formats.read(source)
        formats.write(found, tmp_path / source.name, "ifdo")
        told, given = (json.loads(file.read_text()) for file in (tmp_path / source.name, source))
        assert fields(told["image-set-header"]) == fields(given["image-set-header"])
        for picture, item in given["image-set-items"].items():
            assert fields(told["image-set-items"][picture]) == fields(item)
        lost = {loss.what: loss.count for loss in formats.losses(found, "coco")}
        (header,) = fields(given["image-set-header"])
        assert lost["fields of ifdo about the whole data set"] >= len(header)
        assert lost["samples with fields of ifdo that no record holds"] == len(given["image-set-items"])
    formats.write(LABELS, tmp_path / "ours.json", "ifdo")
    assert formats.read(tmp_path / "ours.json").beside == {}, "what we made up is nobody's word"


def test_aliases_that_unfold_without_end_are_refused_and_those_that_save_writing_are_read(tmp_path):
    header = "image-set-header: {image-project: &p {name: x}, image-event: *p}\n"
    items = "image-set-items: {a.png: {image-uuid: c6, image-context: *p}}\n"
    (tmp_path / "good.yaml").write_text(header + items)
    found = formats.read(tmp_path / "good.yaml")
    assert found.beside["ifdo"].samples == {"a.png": {"image-uuid": "c6", "image-context": {"name": "x"}}}
    layers = "".join(f"  f{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    (tmp_path / "bomb.yaml").write_text(f"image-set-header:\n  f0: &a0 x\n{layers}{items.replace('*p', '*a0')}")
    (tmp_path / "endless.yaml").write_text(f"image-set-header: &h {{image-project: *h}}\n{items.replace('*p', '*h')}")
    for name in ("bomb", "endless"):
        with pytest.raises(ValueError, match="repeats itself by aliases"):
            formats.read(tmp_path / f"{name}.yaml")
