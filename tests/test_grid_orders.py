"""In which order a person looks, and what lies on her keys: outliers, likeness, second guesses, favourites."""

import time

import numpy as np
import pytest
from grids import LABELS, HeardGrid, labels, prediction, sample
from PIL import Image

from imagine_kernels.records import Sample
from imagine_widgets import Store
from imagine_widgets.active_learning import Batch, Choice
from imagine_widgets.classes import Classes
from imagine_widgets.grid.favourites import favourites, lay
from imagine_widgets.grid.orders import LIKENESS, OUTLIERS, Orders

NAMES = "abcdefgh"
SAMPLES = [sample(name) for name in NAMES]
PREDICTED = [0, 0, 0, 0, 1, 1, 1, -1]
FEATURES = np.array([[1, 1], [1, 2], [2, 1], [90, 80], [5, 5], [5, 6], [60, 5], [1, 1]], float)


def names(order):
    return "".join(NAMES[row] for row in order)


def test_what_lies_far_from_its_class_comes_first_class_by_class():
    order = names(Orders(SAMPLES, PREDICTED, FEATURES).order(OUTLIERS))
    assert (order[0], order[4], order[7]) == ("d", "g", "h")
    assert set(order[:4]) == set("abcd")


def test_the_pinned_one_comes_first_then_those_like_it():
    orders = Orders(SAMPLES, PREDICTED, FEATURES)
    assert names(orders.order(LIKENESS, 3))[0] == "d"
    order = names(orders.order(LIKENESS, 1))
    assert order[0] == "b"
    assert order[3] == "d"
    assert order[6] == "g", "and in every other class, too"


def test_features_come_as_an_array_by_sample_or_from_a_function_that_is_asked_once():
    by_id = dict(zip(NAMES, FEATURES, strict=True))
    asked = []

    def network(samples):
        asked.append(len(samples))
        return ((one.id, by_id[one.id]) for one in samples)

    orders = [Orders(SAMPLES, PREDICTED, given) for given in (FEATURES, FEATURES.tolist(), by_id, network)]
    assert asked == []
    assert len({tuple(one.order(OUTLIERS)) for one in orders}) == 1
    orders[-1].order(LIKENESS, 2)
    assert asked == [8]


def test_samples_without_features_come_last_and_units_do_not_count():
    some = {name: vector for name, vector in zip(NAMES, FEATURES, strict=True) if name != "b"}
    assert names(Orders(SAMPLES, PREDICTED, some).order(OUTLIERS))[3] == "b"
    same = Orders(SAMPLES, PREDICTED, FEATURES * [1, 2**20])
    assert np.array_equal(same.order(OUTLIERS), Orders(SAMPLES, PREDICTED, FEATURES).order(OUTLIERS))


def test_without_features_pictures_are_compared_by_what_they_look_like_however_they_are_turned(tmp_path):
    y, x = np.mgrid[0:60, 0:90]
    needle = abs(y - 30) < 3
    drawn = {
        "disc": np.hypot(x - 45, y - 30) < 20,
        "needle": needle,
        "upright": needle.T,
        "ball": np.hypot(x - 45, y - 30) < 18,
    }
    samples = [Sample("gone", str(tmp_path / "gone.png"), 9, 9)]
    for name, shape in drawn.items():
        file = tmp_path / f"{name}.png"
        Image.fromarray(np.where(shape, 40, 220).astype(np.uint8)).save(file)
        samples.append(Sample(name, str(file), shape.shape[1], shape.shape[0]))
    orders = Orders(samples, [0] * 5, None)
    assert not orders, "none were given"
    alike = lambda row: [samples[one].id for one in orders.order(LIKENESS, row)]  # noqa: E731
    assert alike(1)[:2] == ["disc", "ball"]
    assert alike(2)[:2] == ["needle", "upright"]
    assert alike(1)[-1] == "gone", "what cannot be read comes last"


@pytest.mark.parametrize("given", [[[1.0]] * 3, [1.0] * 8, {"elsewhere": [1.0]}])
def test_features_that_do_not_fit_are_a_sentence(given):
    with pytest.raises(ValueError, match=r"[Ff]eatures .*sample.*\.$"):
        Orders(SAMPLES, PREDICTED, given).order(OUTLIERS)


@pytest.fixture
def grid(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path))
    told = [prediction("a", "Actino", 0.6, Actino=0.6, Tripos=0.3, debris=0.1), prediction("b", "Tripos", 0.9)]
    grid = HeardGrid(
        SAMPLES[:2], told, LABELS, store=Store(tmp_path / "run.labels"), author="ada", features=FEATURES[:2]
    )
    yield grid
    grid.close()


def test_the_state_carries_numbers_as_bytes_with_second_guesses(grid):
    state, buffers = grid.hear(type="hello")
    order, predicted, decided, second = (np.frombuffer(one, np.int32).tolist() for one in buffers)
    assert (order, predicted, decided, second) == ([0, 1], [0, 1], [-1, -1], [1, -1])
    assert (state["hasFeatures"], state["isOrdered"]) == (True, False)
    assert state["groups"] == [{"label": 0, "size": 1}, {"label": 1, "size": 1}]


def test_a_batch_to_label_next_stands_in_its_order_within_each_class_and_the_rest_follows_least_sure_first(tmp_path):
    told = [
        prediction(name, "Tripos" if name in "ab" else "Actino", 0.9 - at / 10) for at, name in enumerate("abcdefgh")
    ]
    batch = Batch(tuple(Choice(name, random=False, uncertainty=0.5) for name in ("g", "a", "c", "elsewhere")), 8)
    grid = HeardGrid(SAMPLES, told, LABELS, store=Store(tmp_path / "run.labels"), order=batch.ids())
    state, buffers = grid.hear(type="hello")
    assert state["isOrdered"]
    assert names(np.frombuffer(buffers[0], np.int32)) == "gchfed" + "ab"
    assert [one.id for one in batch.of(SAMPLES)] == ["g", "a", "c"]
    grid.close()


def test_each_row_can_get_its_own_label_and_one_without_stays(grid):
    edit = {"batch": "one", "kind": "each", "rows": [0, 1], "labels": [1, -1]}
    grid.hear(type="edits", edits=[edit])
    assert labels(grid.store) == {"a": "Tripos"}
    grid.hear(type="edits", edits=[{**edit, "batch": "two", "labels": [7, 0]}])
    assert "3 classes" in grid.sent[-2][0]["sentence"]
    assert labels(grid.store) == {"a": "Tripos"}


def test_an_order_is_told_when_it_is_ready_and_features_that_fail_are_a_sentence(grid):
    for given, kind in ((FEATURES[:2], "order"), (FEATURES[:1], "failure")):
        grid._orders = Orders(SAMPLES[:2], [0, 1], given)
        before = len(grid.sent)
        grid._receive(grid, {"type": "order", "to": "browser", "by": "outliers"}, [])
        while len(grid.sent) == before:
            time.sleep(0.01)
        assert grid.sent[-1][0]["type"] == kind
    assert grid.sent[-1][0]["sentence"].startswith("The pictures could not be compared. Features are")


def test_a_favourite_is_kept_for_the_next_grid_that_has_the_class(grid, tmp_path):
    news, _ = grid.hear(type="favourite", key="4", label=2)
    assert news["favourites"] == {"4": 2}
    assert favourites(Classes(LABELS[1:])) == {"4": 1}
    assert favourites(Classes(LABELS[:2])) == {}
    lay("4", "Tripos")
    assert favourites(Classes(LABELS)) == {"4": 1}
    assert favourites(Classes(LABELS[2:])) == {"4": 0}, "what lay there before is remembered for classes without Tripos"
    with pytest.raises(ValueError, match="keys 1 to 9, not on '0'"):
        lay("0", "Tripos")
    (tmp_path / "favourite-classes.json").write_text('{"4": [')
    assert favourites(Classes(LABELS)) == {}
