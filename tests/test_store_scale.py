"""A store of many regions: what is asked for costs what it touches, whatever else lies in the file."""

import tracemalloc

import pytest
from store_made import PER_SAMPLE, filled

from imagine_kernels.records import Region, Sample, to_json
from imagine_kernels.shapes import Box
from imagine_kernels.use_case import Label
from imagine_widgets.scenes import Scenes
from imagine_widgets.store import Put, Store

SMALL, LARGE = 3_000, 300_000


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scale")
    paths = [folder / f"{regions}.labels" for regions in (SMALL, LARGE)]
    for path, regions in zip(paths, (SMALL, LARGE), strict=True):
        filled(path, regions)
    yield paths
    for path in paths:
        path.unlink()


def work(path, task):
    """How many steps SQLite's machine takes for a task in a store opened for it, and the task's answer."""
    store, steps = Store(path), [0]

    def count():
        steps[0] += 1

    store.write([Put("warm", Region("x", id="warm"), "warm")])
    store._database._connect().set_progress_handler(count, 1)
    answer = task(store)
    store.close()
    return steps[0], answer


TASKS = {
    "one sample": lambda store: len(store.current("sample 7")),
    "a few samples": lambda store: len([*store.all_regions(["sample 7", "sample 9", "nowhere"])]),
    "what changed since": lambda store: len(store.changed(store.changed(10**9)[0] - 1)[1]),
    "rows since": lambda store: len([*store.since(store.changed(10**9)[0] - 1)]),
    "an edit": lambda store: store.write([Put("sample 7", Region("y", id="region 3"), "ada")]).samples,
    "an edit and its undo": lambda store: (
        store.undo(store.write([Put("n", Region("y"), "bo")]).id, author="bo").samples
    ),
    "the first annotation": lambda store: len(next(store.annotations()).regions),
    "the last steps": lambda store: len(store.steps("ada", limit=2)),
}


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_work_for_a_question_does_not_grow_with_the_file(stores, task):
    (small, here), (large, there) = (work(path, task) for path in stores)
    assert here == there
    assert 0 < large < 1.5 * small + 100


def test_an_edit_reads_the_regions_that_it_changes_and_no_other_of_their_sample(tmp_path):
    def edited(store):
        scenes = Scenes([Sample("a", "a.png", 600, 400)], [Label("x", "X")], [], store, "ada")
        put = {"id": "3", "label": 0, "shape": to_json(Box(5, 6, 7, 8)), "state": "", "also": []}
        return scenes.edit({"row": 0, "put": [put], "drop": ["4"], "batch": "now"})[1][0]["id"]

    costs = []
    for others in (10, 2_000):
        path = tmp_path / f"{others}.labels"
        Store(path).write([Put("a", Region("x", shape=Box(i, 2, 3, 4), id=str(i)), "ada") for i in range(others)])
        costs.append(work(path, edited))
        assert {one.id for one in Store(path).current("a")} == {str(i) for i in range(others)} - {"4"}
    (few, _), (many, _) = costs
    assert 0 < many < 1.5 * few + 100
    assert [one.id for one in Store(path).regions("a", {"7", "5", "nowhere"})] == ["5", "7"]
    assert len(Store(path).regions("a", {str(i) for i in range(1_000)})) == 1_000
    assert Store(path).regions("a", ()) == ()


def test_a_grid_that_opens_asks_by_sample_not_by_region(stores):
    (small, here), (large, there) = (work(path, lambda store: store.changed()) for path in stores)
    assert len(there[1]) > LARGE // PER_SAMPLE
    assert large - small < 12 * (len(there[1]) - len(here[1]))


def test_reading_everything_needs_memory_for_a_page_only(stores):
    def peak(read):
        tracemalloc.start()
        count = sum(1 for _ in read)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found, count

    def some_of(read, count):
        return (one for one, _ in zip(read, range(count), strict=False))

    store = Store(stores[1])
    for read in (lambda: store.since(0), lambda: (region for one in store.annotations() for region in one.regions)):
        (few, fewer), (several, more) = peak(some_of(read(), 1_500)), peak(some_of(read(), 9_000))
        assert (fewer, more) == (1_500, 9_000)
        assert several < 1.5 * few
