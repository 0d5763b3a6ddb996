"""The review as the kernel sees it: the queue it tells, decisions by one key each, and going on where she stopped."""

import pytest
from grids import LABELS
from heard import Heard
from PIL import Image

from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import Box
from imagine_widgets import Grid, Review, Store
from imagine_widgets.store import Put


class HeardReview(Heard, Review):
    """A review without a browser."""

    def hear(self, **message):
        self.sent.clear()
        super().hear(**message)
        return {content["type"]: (content, buffers) for content, buffers in self.sent}

    def decide(self, batch, id_, state="accepted", *, row=0, label=0, shape=None):
        put = {"id": id_, "label": label, "shape": shape, "state": state}
        one = {"kind": "edit", "batch": batch, "row": row, "put": [put], "drop": [], "seconds": 2, "keys": 1}
        return self.hear(type="edits", edits=[one])


@pytest.fixture(autouse=True)
def work_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / "work"))


@pytest.fixture
def samples(tmp_path):
    for name in "ab":
        Image.new("L", (600, 400), 50).save(tmp_path / f"{name}.png")
    return [Sample(name, str(tmp_path / f"{name}.png"), 600, 400) for name in "ab"]


MODEL = [
    Prediction(
        "a",
        (
            Region("Actino", 0.9, Box(10, 20, 30, 40), id="sure", scores={"Actino": 0.9, "Tripos": 0.1}),
            Region("Tripos", 0.5, Box(200, 20, 30, 40), id="unsure", scores={"Tripos": 0.5, "Actino": 0.4}),
        ),
        "model",
        "sha",
    ),
    Prediction("b", (Region("debris", 0.6, id="whole", scores={"debris": 0.6, "Tripos": 0.4}),), "model", "sha"),
]
SURE = {"kind": "Box", "x": 10, "y": 20, "width": 30, "height": 40}
UNSURE = {"kind": "Box", "x": 200, "y": 20, "width": 30, "height": 40}


@pytest.fixture
def make(samples, tmp_path):
    made = []

    def review(author="ada", predictions=MODEL, **options):
        made.append(
            HeardReview(samples, LABELS, predictions, store=Store(tmp_path / "labels"), author=author, **options)
        )
        return made[-1]

    yield review
    for one in made:
        one.close()


def test_an_unknown_option_order_or_label_is_refused_with_the_nearest_good_name(make):
    with pytest.raises(TypeError, match=r"Review has no option 'ordr'\. Did you mean 'order'"):
        Review([], LABELS, ordr="by class")
    with pytest.raises(ValueError, match=r"There is no order 'by classes'\. Did you mean 'by class'"):
        make(order="by classes")
    with pytest.raises(ValueError, match=r"'acepted' is no label and no state of a region\. Did you mean 'accepted'"):
        make(only=["acepted"])
    with pytest.raises(ValueError, match="given twice"):
        Review([Sample("a", "a.png", 9, 9)] * 2, LABELS)


def test_the_queue_comes_before_the_samples_with_the_guesses_on_the_first_keys(make):
    told = make().hear(type="hello")
    assert list(told)[:3] == ["line", "queue", "state"]
    line, [codes] = told["line"]
    assert (line["total"], line["at"], codes) == (3, 0, b"\0\0\0")
    assert line["guesses"] == 3
    queue, _ = told["queue"]
    assert [one["id"] for one in queue["items"]] == ["unsure", "whole", "sure"]
    assert queue["items"][0] == {"row": 0, "id": "unsure", "label": 1, "bounds": [200, 20, 30, 40], "guesses": [1, 0]}


def test_without_scores_no_key_is_a_guess(make):
    plain = [Prediction("a", (Region("Actino", 0.9, Box(1, 1, 9, 9)),), "m", "0")]
    line, _ = make(predictions=plain).hear(type="hello")["line"]
    assert line["guesses"] == 0


def test_a_decision_is_in_the_store_with_its_cost_and_told_to_every_browser(make):
    review = make()
    told = review.decide("one", "unsure", "corrected", label=0, shape=UNSURE)
    assert told["codes"][0]["changed"] == [(0, 2)]
    [held] = review.store.current("a")
    assert (held.author, held.tool, held.region.label, held.region.state) == ("ada", "review", "Actino", "corrected")
    assert held.region.score == 0.4
    assert held.region.scores["Tripos"] == 0.5
    assert (review.speed.labels, review.speed.keys_per_label) == (1, 1)
    assert review.progress.looked_at == 1


def test_a_guess_of_the_whole_sample_is_decided_like_a_region(make):
    review = make()
    told = review.decide("one", "whole", "accepted", row=1, label=2)
    assert told["codes"][0]["changed"] == [(1, 1)]
    [held] = review.store.current("b")
    assert (held.region.label, held.region.shape, held.region.state) == ("debris", None, "accepted")


def test_a_guess_that_is_rejected_is_not_decided_in_the_grid(make, samples):
    review = make()
    grid = Grid(samples, MODEL, LABELS, store=review.store, author="ada")
    review.decide("one", "whole", "rejected", row=1, label=2)
    assert grid.progress.decided == 0
    assert [one.regions for one in grid.annotations] == []
    review.decide("two", "whole", "corrected", row=1, label=1)
    assert grid.labels_by_sample == {"b": "Tripos"}
    grid.close()


def test_an_undo_opens_the_region_again_and_is_known_by_its_place_after_the_kernel_ended(make):
    review = make()
    review.decide("one", "whole", "rejected", row=1, label=2)
    review.decide("two", "sure", "uncertain", shape=SURE)
    again = make()
    line, [codes] = again.hear(type="hello")["line"]
    assert (line["at"], codes, line["steps"]) == (0, b"\0\3\4", {"one": 1, "two": 2})
    assert line["speed"] == [2, 4]
    told = again.hear(type="edits", edits=[{"kind": "undo", "batch": "three", "row": 0, "of": "two"}])
    assert told["codes"][0]["changed"] == [(2, 0)]
    assert again.progress.uncertain == 0
    assert (again.progress.rejected, again.progress.total) == (1, 3)


def test_it_goes_on_at_the_first_open_region(make):
    make().decide("one", "unsure", label=1, shape=UNSURE)
    line, _ = make().hear(type="hello")["line"]
    assert line["at"] == 1
    line, [codes] = make("bob").hear(type="hello")["line"]
    assert (line["at"], codes, line["steps"]) == (1, b"\1\0\0", {}), "what somebody decided is decided"


def test_what_others_decide_elsewhere_is_heard_when_somebody_looks(make):
    review = make()
    review.store.write([Put("b", Region("Tripos"), "bob", "review grid")])
    assert review.hear(type="refresh")["codes"][0]["changed"] == [(1, 2)]


def test_later_stretches_of_the_queue_are_told_when_they_are_asked_for(make):
    many = tuple(Region("debris", 0.5, Box(i % 500, i // 500, 5, 5), id=str(i)) for i in range(1200))
    review = make(predictions=[Prediction("a", many, "m", "0")])
    first, _ = review.hear(type="hello")["queue"]
    assert len(first["items"]) == 500
    later, _ = review.hear(type="queue", **{"from": 1000})["queue"]
    assert (later["from"], len(later["items"])) == (1000, 200)


def test_the_still_picture_tells_what_became_of_the_regions_and_shows_the_next(make):
    review = make()
    review.decide("one", "unsure", "corrected", label=0, shape=UNSURE)
    told = review.still()
    assert "1 of 3 looked at: 1 corrected." in told
    assert repr(review) == "<Review. 1 of 3 looked at: 1 corrected.>"
    assert told.count("<svg") == 2
    assert "<script" not in told
    assert "http" not in told.replace("http://www.w3.org", "")
    assert review._repr_mimebundle_()[0]["text/html"] == told


def test_a_review_of_nothing_says_so(make):
    empty = make(predictions=[])
    assert "There is no region of a model to look at." in empty.still()
    line, [codes] = empty.hear(type="hello")["line"]
    assert (line["total"], line["at"], codes) == (0, 0, b"")


def test_regions_drawn_while_reviewing_are_kept_and_do_not_come_into_the_queue(make):
    review = make()
    told = review.decide("one", "new", "", shape=SURE)
    assert "codes" not in told
    assert make().progress.total == 3
