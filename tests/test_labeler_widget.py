"""The labeler as the kernel sees it: what it tells the browser, keeps, refuses; and what is left without a kernel."""

import io
import json

import numpy as np
import pytest
from grids import LABELS
from heard import Heard
from house import until
from PIL import Image

from imagine_kernels.records import Opinion, Prediction, Quantity, Region, Sample, to_json
from imagine_kernels.shapes import Box, Ellipse, Point, TimeFrequency
from imagine_widgets import Labeler, Store
from imagine_widgets.store import Put

BOX = {"kind": "Box", "x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0}


class HeardLabeler(Heard, Labeler):
    """A labeler without a browser."""

    def edit(self, batch, row=0, put=(), drop=()):
        one = {
            "kind": "edit",
            "batch": batch,
            "row": row,
            "put": list(put),
            "drop": list(drop),
            "seconds": 2,
            "keys": 3,
        }
        self.hear(type="edits", edits=[one])

    def said(self, kind):
        return [content for content, _ in self.sent if content["type"] == kind]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "labels" / "run.labels")


@pytest.fixture
def labeler(store, tmp_path):
    for name in "ab":
        Image.new("L", (600, 400), 50).save(tmp_path / f"{name}.png")
    samples = [Sample(name, str(tmp_path / f"{name}.png"), 600, 400, pixel_size=Quantity(5, "µm")) for name in "abc"]
    model = (Region("Actino", 0.75, Box(10, 20, 30, 40), id="guess", scores={"Actino": 0.75, "Tripos": 0.25}),)
    labeler = HeardLabeler(samples, LABELS, [Prediction("a", model, "model", "sha")], store=store, author="ada")
    yield labeler
    labeler.close()


def new(id_="new", label=1, shape=None, state=""):
    return {"id": id_, "label": label, "shape": shape or BOX, "state": state}


def test_an_unknown_option_is_refused_with_the_nearest_good_name():
    with pytest.raises(TypeError, match=r"Labeler has no option 'autor'\. Did you mean 'author'"):
        Labeler([], LABELS, autor="ada")
    with pytest.raises(ValueError, match="given twice"):
        Labeler([Sample("a", "a.png", 9, 9)] * 2, LABELS)


def test_opening_tells_size_scale_and_regions_those_of_the_model_as_open(labeler):
    opened, _ = labeler.hear(type="open", row=0)
    assert (opened["width"], opened["height"], opened["deepest"], opened["why"]) == (600, 400, 10, "")
    assert opened["scale"] == {"value": 5, "unit": "µm"}
    shape = to_json(Box(10, 20, 30, 40))
    assert opened["regions"] == [{"id": "guess", "label": 0, "shape": shape, "state": "predicted", "score": 0.75}]


def test_the_answer_to_the_first_question_brings_the_picture_in_sight_and_its_tiles(labeler):
    opened, tiles = labeler.hear(type="hello", row=1, page=[700, 500])
    assert [one["row"] for one in labeler.said("state")] == [1]
    assert (opened["type"], opened["row"], opened["to"]) == ("opened", 1, "browser")
    assert opened["tiles"] == [(9, 0, 0), (10, 0, 0), (10, 1, 0)]
    assert [Image.open(io.BytesIO(one)).size for one in tiles] == [(300, 200), (512, 400), (88, 400)]
    labeler.sent.clear()
    state, _ = labeler.hear(type="hello", row=3, page=[700, 500])
    assert (state["type"], state["row"]) == ("state", None), "there is no such sample"


def test_a_file_that_is_gone_is_a_sentence_and_its_regions_are_still_told(labeler, store):
    store.write([Put("c", Region("Actino", shape=Point(1, 1)), "ada")])
    opened, _ = labeler.hear(type="open", row=2)
    assert "c.png" in opened["why"]
    assert len(opened["regions"]) == 1


def test_tiles_come_as_pictures_in_the_look_that_was_asked_for(labeler):
    labeler.hear(type="tiles", row=0, look=[0, 100, 1], places=[[10, 0, 0], [10, 1, 0], [10, 7, 7]])
    until(lambda: len(labeler.said("tile")) == 3)
    tiles = {tuple(content["place"]): (content["why"], buffers) for content, buffers in labeler.sent}
    found = np.asarray(Image.open(io.BytesIO(tiles[0, 10, 1, 0, 0, 100, 1][1][0])))
    assert found.shape == (400, 88)
    assert abs(float(found.mean()) - 127) < 3
    assert "no tile 7, 7" in tiles[0, 10, 7, 7, 0, 100, 1][0]


def test_an_edit_is_in_the_store_when_it_is_answered_with_what_it_cost(labeler, store):
    labeler.edit("one", put=[new()])
    [news] = labeler.said("changes")
    assert news["batches"] == ["one"]
    assert news["done"] == [{"id": "one", "row": 0}]
    [held] = store.current("a")
    assert (held.author, held.tool, held.region.label, held.region.shape) == (
        "ada",
        "labeler",
        "Tripos",
        Box(1, 2, 3, 4),
    )
    assert labeler.speed == store.speed("ada")
    assert labeler.speed.keys_per_label == 3
    labeler.edit("two", drop=["new"])
    assert [one.region for one in store.current("a") if one.region] == []


def test_what_a_region_holds_beside_its_shape_survives_an_edit(labeler, store):
    full = Region("Actino", 0.5, Box(5, 5, 5, 5), "old", raw={"coco": "7"}, opinions=(Opinion("debris"),))
    store.write([Put("b", full, "bob")])
    labeler.edit("one", row=1, put=[new("old", 1, state="corrected")])
    [held] = [one for one in store.current("b") if one.author == "ada"]
    assert (held.region.raw, held.region.opinions, held.region.score) == (full.raw, full.opinions, None)
    labeler.edit("two", put=[new("guess", 1, state="corrected")])
    assert next(one.region.score for one in store.current("a") if one.id == "guess") == 0.25


def test_further_labels_are_opinions_of_who_gave_them_and_those_of_others_stay(labeler, store):
    theirs = (Opinion("Tripos", 0.5, "bob"), Opinion("Actino", state="rejected"))
    store.write([Put("b", Region("debris", shape=Box(5, 5, 5, 5), id="old", opinions=theirs), "bob")])
    opened, _ = labeler.hear(type="open", row=1)
    assert opened["regions"][0]["also"] == [1], "a label that was refused is none"
    shape = to_json(Box(5, 5, 5, 5))
    labeler.edit("one", row=1, put=[{**new("old", 2, shape=shape), "also": [1, 0]}])
    [held] = [one for one in store.current("b") if one.author == "ada"]
    assert held.region.opinions[:2] == theirs
    assert [(one.label, one.author, one.state) for one in held.region.opinions[2:]] == [("Actino", "ada", "")]
    assert labeler.said("changes")[-1]["changed"][0]["put"][0]["also"] == [1, 0]
    labeler.edit("two", row=1, put=[{**new("old", 2, shape=shape), "also": []}])
    assert [one.region.opinions for one in store.current("b") if one.author == "ada"] == [theirs[1:]]


def test_a_label_lies_on_the_key_it_was_laid_on_and_is_taken_off_again(labeler, monkeypatch, tmp_path):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / "work"))
    labeler.hear(type="favourite", key="4", label=2)
    assert labeler.said("favourites")[-1]["favourites"] == {"4": 2}
    labeler.hear(type="hello")
    assert labeler.said("state")[-1]["favourites"] == {"4": 2}
    labeler.hear(type="favourite", key="4", label=-1)
    assert labeler.said("favourites")[-1]["favourites"] == {}
    labeler.hear(type="favourite", key="x", label=1)
    assert "not on 'x'" in labeler.said("failure")[-1]["sentence"]


def test_a_wrong_edit_is_shown_below_the_widget_and_holds_up_no_other(labeler, store):
    bad = [
        new("x", shape={"kind": "Box", "x": 0, "y": 0, "width": -1, "height": 1}),
        new("x", shape=to_json(TimeFrequency(0, 1))),
        new("x", label=99),
        new("x", state="sure"),
    ]
    for number, one in enumerate(bad):
        labeler.edit(f"bad{number}", put=[one])
    labeler.edit("good", put=[new()])
    assert len(labeler.said("failure")) == 4
    assert [news["batches"] for news in labeler.said("changes")] == [["bad0"], ["bad1"], ["bad2"], ["bad3"], ["good"]]
    assert [one["row"] for one in labeler.said("regions")] == [0] * 4, "the browser is told how it is"
    assert [held.id for held in store.current("a")] == ["new"]


def test_a_disk_that_refuses_keeps_later_edits_waiting(labeler, store):
    store.path.parent.mkdir(exist_ok=True)
    store.close()
    for file in store.path.parent.glob("*"):
        file.unlink()
    store.path.parent.rmdir()
    store.path.parent.write_text("in the way")
    edits = [{"kind": "undo", "batch": "b1", "row": 0, "of": "?"}, {"kind": "undo", "batch": "b2", "row": 0, "of": "?"}]
    labeler.hear(type="edits", edits=edits)
    [news] = labeler.said("changes")
    assert news["batches"] == []
    assert news["failed"]["batch"] == "b1"


def test_undo_tells_the_sample_as_it_is_again(labeler, store):
    labeler.edit("one", put=[new("guess", 0, state="accepted")])
    labeler.hear(type="edits", edits=[{"kind": "undo", "batch": "two", "row": 0, "of": "one"}])
    assert labeler.said("changes")[-1]["undone"] == ["one"]
    assert [one["state"] for one in labeler.said("regions")[-1]["regions"]] == ["predicted"]
    assert labeler.hear(type="hello")[0]["steps"] == []


def test_steps_outlive_the_labeler(labeler, store):
    labeler.edit("one", row=1, put=[new()])
    again = HeardLabeler(labeler._scenes.samples, LABELS, store=Store(store.path), author="ada")
    assert again.hear(type="hello")[0]["steps"] == [{"id": "one", "row": 1}]
    other = HeardLabeler(labeler._scenes.samples, LABELS, store=Store(store.path), author="bob")
    assert other.hear(type="hello")[0]["steps"] == []
    for one in (again, other):
        one.close()


def test_what_others_wrote_is_told_when_somebody_looks(labeler, store):
    labeler.hear(type="refresh")
    assert labeler.said("regions") == []
    Store(store.path).write([Put("b", Region("debris", shape=Ellipse(9, 9, 3, 2)), "bob")])
    labeler.hear(type="refresh")
    assert [(one["row"], len(one["regions"])) for one in labeler.said("regions")] == [(1, 1)]


def test_labels_of_the_whole_sample_are_regions_without_a_shape_and_what_lies_in_time_is_a_word(labeler, store):
    whole, heard = Region("debris", id="all"), Region("Actino", shape=TimeFrequency(0, 1))
    store.write([Put("b", whole, "ada", "grid"), Put("b", heard, "ada")])
    opened, _ = labeler.hear(type="open", row=1)
    told = {"id": "all", "label": 2, "shape": None, "state": "", "score": None}
    assert (opened["regions"], opened["whole"], opened["others"]) == ([], [told], ["Actinoptychus"])


def test_the_number_under_the_pointer_is_the_stored_one(labeler):
    value, _ = labeler.hear(type="value", row=0, x=3, y=4)
    assert value["value"] == [50]
    labeler.hear(type="value", row=0, x=3000, y=4)
    assert labeler.sent[-1][0]["type"] == "failure"


def test_the_still_picture_tells_regions_and_runs_nothing(labeler, store):
    labeler.edit("one", row=1, put=[{**new(label=2), "also": [1]}])
    store.write([Put("b", Region("<script>alert(1)</script>", shape=Point(5, 5)), "ada")])
    told = labeler.still()
    assert "3 regions in 3 samples" in told
    assert "<script" not in told
    assert "&lt;script" in told
    assert told.count("<svg") == 2
    assert "http" not in told.replace("http://www.w3.org", "")
    assert "1 by the model, open" in told
    assert ": 1 Debris, 1 Tripos, 1 &lt;script" in told


def test_the_picture_is_told_before_ten_thousand_regions_and_one_edit_tells_only_itself(labeler, store):
    many = [Put("b", Region("debris", shape=Box(i % 500, i // 50, 5, 5)), "ada") for i in range(10_000)]
    store.write(many)
    labeler.hear(type="open", row=1)
    opened, regions = [content for content, _ in labeler.sent]
    assert (opened["type"], opened["width"], opened["regions"]) == ("opened", 600, [])
    assert (regions["type"], regions["row"], len(regions["regions"])) == ("regions", 1, 10_000)
    assert opened["classes"][regions["regions"][0]["label"]]["title"] == "Debris"
    labeler.sent.clear()
    labeler.edit("one", row=1, put=[new()])
    assert len(json.dumps(labeler.said("changes")[-1])) < 600
    assert labeler.said("regions") == []


def test_annotations_are_what_people_said_and_predictions_what_they_left_of_the_models(store, tmp_path):
    sample, other = (Sample(name, str(tmp_path / "x.png"), 60, 40) for name in "ab")
    good, bad, open_ = (Region(LABELS[0].name, 0.5, Box(i, 0, 5, 5), id=f"r{i}") for i in range(3))
    guess = Prediction("a", (good, bad, open_), "model", "")
    labeler = HeardLabeler([sample, other], LABELS, [guess], store=store, author="pat")
    told = {"label": 1, "shape": BOX}
    labeler.edit("1", put=[{"id": "r0", **told, "state": "corrected"}, {"id": "r1", **told, "state": "rejected"}])
    labeler.edit("2", row=1, put=[{"id": "new", **told, "state": ""}])
    assert {(one.sample_id, r.id, r.label) for one in labeler.annotations for r in one.regions} == {
        ("a", "r0", LABELS[1].name),
        ("a", "r1", LABELS[1].name),
        ("b", "new", LABELS[1].name),
    }
    store.write([Put("b", Region(LABELS[0].name, shape=Box(0, 0, 2, 2), id="bobs"), "bob")])
    holding = labeler.annotations[-1]
    assert (holding.author, {region.id for region in holding.regions}) == ("bob", {"new", "bobs"})
    (left,) = labeler.predictions
    assert {region.id: region.label for region in left.regions} == {"r0": LABELS[1].name, "r2": LABELS[0].name}
    assert left.model == "model"
    labeler.close()
