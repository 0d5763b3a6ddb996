"""Every format: what is written comes back the same, but for what was told to be lost, whatever the shapes."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from some_records import FLAT, OPINIONS, SCORE, SHAPES, STATE, TEXT

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_widgets import formats
from imagine_widgets.formats.exchange import named
from imagine_widgets.formats.labels import Beside, Labels, Term, keep

EVERY = sorted(formats.formats())
NAMES = some.lists(some.from_regex(r"[a-z]{1,8}\.png", fullmatch=True), min_size=1, max_size=3, unique=True)
REGION = some.builds(
    Region,
    some.sampled_from(["Cod", "Seagrass; dense", 'say "é" <b>', "🐟"]),
    some.none() | SCORE,
    some.none() | FLAT | SHAPES,
    state=STATE,
    opinions=some.lists(OPINIONS, max_size=1).map(tuple),
)
REGIONS = some.lists(REGION, max_size=4, unique_by=lambda region: region.id).map(tuple)


@some.composite
def labelled(draw):
    """A small data set of any labels."""
    samples = tuple(Sample(name, name, 640, 480) for name in draw(NAMES))
    annotations, predictions = [], []
    for sample in samples:
        authors = draw(some.lists(some.sampled_from(["ada", "bob"]), max_size=2, unique=True))
        annotations += [Annotation(sample.id, draw(REGIONS), author) for author in authors]
        if draw(some.booleans()):
            predictions.append(Prediction(sample.id, draw(REGIONS), "yolo", "abc"))
    terms = draw(some.lists(some.builds(Term, TEXT, some.none() | TEXT), max_size=2, unique_by=lambda t: t.name))
    beside = {tool: draw(one) for tool, one in besides(samples).items() if draw(some.booleans())}
    return Labels(samples, tuple(annotations), tuple(predictions), tuple(terms), beside=beside)


def besides(samples):
    """What tools say of the set and of some of its samples."""
    names = [sample.id for sample in samples]
    header = some.dictionaries(some.sampled_from(["image-abstract", "image-set-name"]), TEXT, min_size=1)
    item = some.fixed_dictionaries({"image-depth": some.floats(0, 9)})
    rows = {name: {"metadata": [{"filename": name, "lng": "1.5", "note": 'a,"b" 🐟'}]} for name in names}
    return {
        "ifdo": some.builds(Beside, header, some.dictionaries(some.sampled_from(names), item)),
        "biigle": some.just(Beside(samples=rows)),
    }


@pytest.mark.parametrize("name", EVERY)
@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(labels=labelled())
def test_what_is_written_comes_back_but_for_what_was_told(name, labels, tmp_path_factory):
    path = tmp_path_factory.mktemp("out") / f"ecotaxa{named(name).ending}"  # whose tables have no other names
    formats.write(labels, path, name)
    kept, back = keep(labels, named(name).holds), formats.read(path)
    assert not back.skipped
    assert back.beside == {tool: said for tool, said in kept.beside.items() if said != Beside()}
    for part in ("samples", "terms", "annotations", "predictions"):
        assert ordered(getattr(back, part)) == ordered(getattr(kept, part)), part
    assert [dataclasses.replace(loss, example="") for loss in formats.losses(back, name)] == []


def ordered(records):
    return sorted(records, key=repr)
