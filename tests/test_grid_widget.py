"""The review grid as the kernel sees it: what it tells the browser, what it gives back to Python, what it refuses."""

import json
import re
import stat
import subprocess
import sys
import time
from functools import partial

import pytest
from grids import DOT, LABELS, HeardGrid, Label, labels, prediction, sample, say, six_samples

from imagine_kernels.records import Box, Sample
from imagine_widgets import Grid, Store
from imagine_widgets.classes import Classes
from imagine_widgets.grid.truth import Progress
from imagine_widgets.store import store_of


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "labels" / "run.labels")


@pytest.fixture
def grid(store):
    grid = six_samples(store)
    yield grid
    grid.close()


def test_an_unknown_option_is_refused_with_the_nearest_good_name():
    with pytest.raises(TypeError, match=r"no option 'autor'\. Did you mean 'author'"):
        Grid([sample("a")], [], LABELS, autor="ada")
    with pytest.raises(TypeError, match="There are: store, author, page, thumbnail, features"):
        Grid([sample("a")], [], LABELS, colour="red")
    with pytest.raises(ValueError, match="1 to 500 pictures, not 0"):
        Grid([sample("a")], [], LABELS, page=0)


def test_a_file_name_with_signs_of_control_is_spelt_for_the_browser(store):
    names = ["a\nb.jpg", "caf\udce9.jpg", "gpj.\u202eexe", "عوالق 🦠.jpg"]
    grid = HeardGrid([Sample(str(i), f"/data/{name}", 9, 9) for i, name in enumerate(names)], [], LABELS, store=store)
    told, _ = grid.hear(type="thumbs", rows=[0, 1, 2, 3])
    assert told["names"] == ["a\\nb.jpg", "caf\\udce9.jpg", "gpj.\\u202eexe", "عوالق 🦠.jpg"]
    json.dumps(told, ensure_ascii=False).encode()
    grid.close()


def test_labels_come_back_to_python_as_decided_else_as_predicted(grid):
    grid.hear(type="edits", edits=[{"batch": "one", "kind": "label", "rows": [0, 2], "label": 2}])
    assert grid.labels_by_sample == {"a": "debris", "b": "Tripos", "c": "debris"}
    assert [annotation.sample_id for annotation in grid.annotations] == ["a", "c"]
    assert grid.progress == Progress(6, 0, 2)


def test_saved_is_said_only_when_the_store_has_it_and_a_refusal_keeps_later_edits_waiting(grid, store):
    edits = [{"batch": name, "kind": "label", "rows": [row], "label": 2} for row, name in enumerate(["one", "two"])]
    store.path.parent.write_text("in the way")
    news, _ = grid.hear(type="edits", edits=edits)
    assert news["batches"] == []
    assert news["failed"]["batch"] == "one"
    assert "could not be read: Not a directory" in news["failed"]["why"]
    store.path.parent.unlink()
    news, _ = grid.hear(type="edits", edits=edits)
    assert news["batches"] == ["one", "two"]
    assert news["failed"] is None
    assert set(labels(store)) == {"a", "b"}


def test_a_wrong_edit_is_shown_below_the_widget_and_holds_up_no_other(grid, store):
    edits = [
        {"batch": "one", "kind": "label", "rows": [99], "label": 0},
        {"batch": "two", "kind": "label", "rows": [0], "label": 0},
    ]
    news, _ = grid.hear(type="edits", edits=edits)
    assert news["batches"] == ["one", "two"]
    failure = grid.sent[-2][0]
    assert failure["type"] == "failure"
    assert "There is no row 99" in failure["sentence"]
    assert "Traceback" in failure["detail"]
    assert set(labels(store)) == {"a"}


def test_a_message_nobody_knows_is_a_sentence_below_the_widget(grid):
    failure, _ = grid.hear(type="dance")
    assert failure["sentence"].startswith("The grid could not answer 'dance'. KeyError")


def test_labels_pulled_by_a_cell_reach_the_browser_when_python_looks(grid, store):
    say(Store(store.path), "Copepoda", "a")
    assert grid.progress.corrected == 1
    news, _ = grid.sent[-1]
    assert news["rows"] == [0]
    assert news["classes"][news["labels"][0]]["title"] == "Copepoda"


def test_thumbnails_travel_as_bytes_and_one_that_fails_says_why(store):
    def make(one, _side):
        if one.id == "b":
            raise ValueError("b.jpg is cut off after 12 bytes.")
        return DOT

    grid = HeardGrid([sample("a"), sample("b")], [], LABELS, store=store, author="ada", thumbnail=make)
    message, buffers = grid.hear(type="thumbs", rows=[1, 0])
    assert message["why"] == ["b.jpg is cut off after 12 bytes.", ""]
    assert buffers == [b"", DOT]
    closer, buffers = grid.hear(type="closer", row=0)
    assert closer["facts"] == "40 × 30 pixels"
    assert buffers == [DOT]
    grid.close()


def test_ten_thousand_samples_make_no_picture_and_cost_about_as_much_as_their_records(store):
    asked = []

    def records():
        return [prediction(str(n), LABELS[n % 3].name, 0.5, Actino=0.5, Tripos=0.3, debris=0.2) for n in range(10_000)]

    def picture(*_):
        asked.append(1)
        return DOT

    def seconds(work):
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    samples, predictions = [sample(str(n)) for n in range(10_000)], records()
    make = partial(HeardGrid, samples, predictions, LABELS, store=store, author="ada", thumbnail=picture)
    assert min(seconds(make) for _ in range(3)) < 4 * min(seconds(records) for _ in range(3))
    assert asked == []


def test_each_place_of_samples_has_its_own_store_whatever_the_ids(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path))
    here, there = Sample("one.jpg", "/a/run/one.jpg", 9, 9), Sample("one.jpg", "/b/run/one.jpg", 9, 9)
    again = Sample("deep/two.jpg", "/a/run/deep/two.jpg", 9, 9)
    packed = Sample("in/one.jpg", "/a/run.zip!/in/one.jpg", 9, 9)
    cut = Sample("run/7", "/a/run/collage_1.tif", 9, 9, Box(0, 0, 9, 9))
    assert store_of([here]).path == store_of([again, here]).path == store_of([cut]).path
    assert store_of([here]).path.name.startswith("run-")
    assert len({store_of([one]).path for one in (here, there, packed)}) == 3
    assert store_of([here, there]).path not in {store_of([here]).path, store_of([there]).path}
    assert store_of([]).path.parent == tmp_path / "labels"


def test_labels_go_to_the_work_folder_by_default_and_nothing_is_made_before_the_first(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("JUPYTERHUB_USER", "grace")
    grid = HeardGrid([sample("a")], [], LABELS, thumbnail=lambda *_: DOT)
    grid.still()
    assert not (tmp_path / "work").exists()
    grid.hear(type="edits", edits=[{"batch": "one", "kind": "label", "rows": [0], "label": 0}])
    (file,) = (tmp_path / "work" / "labels").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [a.author for a in grid.annotations] == ["grace"]
    grid.close()


def test_keys_asked_for_are_given_others_get_the_next_free_one_and_none_is_the_grid_s_own():
    asked = [
        Label("one"),
        Label("two", key="2"),
        Label("three", key="A"),
        Label("four", key="2"),
        Label("five", key="q"),
    ]
    classes = Classes(asked)
    assert [one.key for one in (classes[i] for i in range(5))] == ["1", "2", "3", "4", "q"]
    many = Classes([Label(str(n)) for n in range(60)])
    keys = [many[i].key for i in range(60)]
    assert len({key for key in keys if key}) == len([key for key in keys if key]) > 25
    assert not {"a", "u", "z"} & set(keys)


def test_eight_classes_have_plain_colours_and_forty_eight_are_all_different():
    classes = Classes([Label(str(n)) for n in range(48)])
    looks = [classes[i].background for i in range(48)]
    assert len(set(looks)) == 48
    assert all(re.fullmatch("#[0-9a-f]{6}", look) for look in looks[:8])


def test_scores_are_told_when_they_are_asked_for_and_shown_from_the_start_where_that_is_wanted(grid, store):
    assert grid.scores is False
    told, [scores] = grid.hear(type="scores")
    assert told == {"type": "scores", "to": "browser"}
    assert list(scores) == [90, 50, 255, 255, 255, 255]
    wanted = HeardGrid([], [], LABELS, store=store, author="ada", scores=True)
    assert wanted.get_state()["scores"] is True


def test_importing_the_widgets_loads_no_widget_library_until_one_is_used():
    program = (
        "import sys, imagine_widgets; "
        "heavy = {'anywidget', 'ipywidgets', 'PIL', 'numpy'}; assert not heavy & sys.modules.keys(), sys.modules; "
        "imagine_widgets.Store; assert not heavy & sys.modules.keys(); "
        "imagine_widgets.Grid; assert 'anywidget' in sys.modules; assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
