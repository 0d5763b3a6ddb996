"""Several at once on one project: two pulls and a person at a widget, two people with stores of their own."""

import threading

import pytest
from bridge_world import box, renamed
from label_studio_server import PEOPLE

from imagine_widgets.label_studio import pull, push
from imagine_widgets.store import Store

pytestmark = pytest.mark.live


def test_two_pulls_and_a_person_at_once_bring_everything_once(pair, tmp_path):
    for number in range(6):
        pair.annotate(number, "skeletonema", who="bob")
    twin = Store(pair.store.path)
    threads = [
        threading.Thread(target=work)
        for work in (pair.pull, lambda: pair.pull(store=twin), lambda: pair.draw(0, box("chaetoceros", id=pair.one.id)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pair.pull()
    rows = [row for sample in pair.samples for row in pair.store.regions(sample.id)]
    assert [row.author for row in rows].count("bob") == 6
    assert len(rows) == 8
    assert pair.row(0, pair.one.id).region.label == "chaetoceros"


def test_a_word_that_comes_between_reading_and_writing_is_merged_not_overwritten(pair, monkeypatch):
    """A widget writes the very region while a pull is about to write it: the pull looks again, and asks."""
    there = pair.annotation(0)
    pair.update(there, renamed(there, pair.one.id, "chaetoceros"))
    whole, between = Store.together, []

    def together(store):
        if not between:
            between.append(pair.draw(0, box("skeletonema", 9, id=pair.one.id)))
        return whole(store)

    monkeypatch.setattr(Store, "together", together)
    (conflict,) = pair.pull().conflicts
    assert (conflict.theirs.label, pair.row(0, pair.one.id).region.shape.x) == ("chaetoceros", 9)


def test_two_people_with_stores_of_their_own_share_one_project(pair, tmp_path):
    other = Store(tmp_path / "bob.labels")
    bob = {"url": pair.server.url, "token": PEOPLE["bob"]}
    pull(pair.title, store=other, **bob)
    assert {row.id for row in other.current(pair.samples[0].id)} == {pair.one.id, pair.two.id}
    pair.draw(0, box("chaetoceros", 5, id=pair.one.id))
    pair.push()
    pull(pair.title, store=other, **bob)
    assert next(row for row in other.regions(pair.samples[0].id) if row.id == pair.one.id).region.shape.x == 5
    assert push(pair.title, pair.labels, pair.samples, store=other, **bob).labels == 0
    assert pair.pull().new == ()
