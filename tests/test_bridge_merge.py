"""What two sides say of one region since they agreed: taken, sent, agreed on, or put before a person."""

import pytest
from bridge_world import box, renamed

from imagine_kernels.records import Region
from imagine_widgets.label_studio import conflicts, settle

pytestmark = pytest.mark.live


def without(there, name):
    return [one for one in there["result"] if one["id"] != name]


def said(world, number=0, which=0):
    """What lies there: the class by region."""
    return {one["id"]: one["value"]["rectanglelabels"][0] for one in world.annotation(number, which)["result"]}


def test_changes_of_different_regions_on_both_sides_meet(pair):
    pair.draw(0, box("chaetoceros", 3, id=pair.one.id))
    there = pair.annotation(0)
    pair.update(there, renamed(there, pair.two.id, "skeletonema"))
    (found,) = pair.pull().new
    assert [region.id for region in found.regions] == [pair.two.id]
    assert pair.push().labels == 1
    assert said(pair) == {pair.one.id: "chaetoceros", pair.two.id: "skeletonema"}
    assert (pair.pull().new, pair.waiting, conflicts(pair.store)) == ((), 0, ())


def test_a_push_alone_takes_what_lies_in_the_annotation_that_it_changes(pair):
    there = pair.annotation(0)
    pair.update(there, renamed(there, pair.two.id, "skeletonema"), "bob")
    pair.draw(0, box("chaetoceros", id=pair.one.id))
    assert pair.push().labels == 1
    assert pair.row(0, pair.two.id, "bob").region.label == "skeletonema", "it was bob, not who pushed after him"
    assert pair.row(0, pair.two.id, "ada").region == pair.two


@pytest.mark.parametrize("keep", ["mine", "theirs"])
def test_both_sides_changed_one_region_waits_for_a_person(pair, keep):
    mine = pair.draw(0, box("chaetoceros", 5, id=pair.one.id))
    there = pair.annotation(0)
    pair.update(there, [{**one, "value": {**one["value"], "width": 60}} for one in there["result"]])
    for _ in range(2):
        found, done = pair.pull(), pair.push()
        (conflict,) = found.conflicts
        assert (done.labels, done.waiting, "1 conflict waits for you" in str(found)) == (0, 0, True)
    assert (conflict.id, conflict.by, conflict.theirs.shape.width) == (pair.one.id, "ada", 24.0)
    assert pair.row(0, pair.one.id) == mine
    assert said(pair)[pair.one.id] == "skeletonema", "neither side is overwritten"
    settle(pair.store, conflict, keep)
    assert conflicts(pair.store) == ()
    assert pair.push().labels == (keep == "mine")
    assert pair.pull().new == ()
    assert (pair.row(0, pair.one.id).region == mine.region) == (keep == "mine")
    assert said(pair)[pair.one.id] == ("chaetoceros" if keep == "mine" else "skeletonema")
    assert pair.waiting == 0


def test_both_sides_say_the_same_is_agreed_on(pair):
    pair.draw(0, box("chaetoceros", id=pair.one.id))
    there = pair.annotation(0)
    pair.update(there, renamed(there, pair.one.id, "chaetoceros"))
    assert (pair.pull().new, pair.waiting, pair.push().labels, conflicts(pair.store)) == ((), 0, 0, ())


def test_a_region_deleted_there_is_a_tombstone_here_and_the_other_way(pair):
    there = pair.annotation(0)
    pair.update(there, without(there, pair.one.id))
    found = pair.pull()
    assert (found.removed, pair.row(0, pair.one.id).deleted) == (1, True)
    pair.drop(0, pair.two)
    pair.push()
    assert pair.tasks()[pair.samples[0].id]["annotations"] == [], "an annotation of ours that holds nothing goes"
    assert (pair.pull().removed, pair.waiting) == (0, 0)


@pytest.mark.parametrize("keep", ["mine", "theirs"])
def test_deleted_on_one_side_and_changed_on_the_other_waits_for_a_person(pair, keep):
    pair.drop(0, pair.one)
    pair.draw(0, box("skeletonema", 7, id=pair.two.id))
    there = pair.annotation(0)
    pair.update(there, without({"result": renamed(there, pair.one.id, "chaetoceros")}, pair.two.id))
    found = {conflict.id: conflict for conflict in pair.pull().conflicts}
    assert (found[pair.one.id].theirs.label, found[pair.two.id].theirs) == ("chaetoceros", None)
    for conflict in found.values():
        settle(pair.store, conflict, keep)
    pair.push()
    left = {pair.two.id: "skeletonema"} if keep == "mine" else {pair.one.id: "chaetoceros"}
    assert said(pair) == left
    assert {row.id: row.region.label for row in pair.store.current(pair.samples[0].id)} == left
    assert (pair.pull().conflicts, pair.waiting) == ((), 0)


def test_a_browser_tab_that_was_opened_before_a_push_takes_nothing_back(pair):
    old = pair.annotation(0)
    three = box(x=30)
    pair.draw(0, three)
    pair.draw(0, box("chaetoceros", id=pair.one.id))
    pair.push()
    pair.update(old, renamed(old, pair.two.id, "skeletonema"))
    found = pair.pull()
    assert [region.id for a in found.new for region in a.regions] == [pair.two.id]
    assert (found.removed, found.conflicts) == (0, ())
    assert not pair.row(0, three.id).deleted, "what the old page never showed was not deleted by it"
    pair.draw(0, box("chaetoceros", 31, id=three.id))
    pair.push()
    assert said(pair) == {pair.one.id: "chaetoceros", pair.two.id: "skeletonema", three.id: "chaetoceros"}


def test_the_same_region_changed_in_an_old_tab_and_here_waits_for_a_person(pair):
    old = pair.annotation(0)
    pair.draw(0, box("chaetoceros", id=pair.one.id))
    pair.push()
    pair.update(old, [{**one, "value": {**one["value"], "x": 50}} for one in old["result"]])
    assert {conflict.id for conflict in pair.pull().conflicts} == {pair.one.id}


def test_an_annotation_deleted_there_is_told_and_its_labels_stay_unless_asked(pair):
    pair.api("DELETE", f"/api/annotations/{pair.annotation(0)['id']}/")
    found = pair.pull()
    assert (found.removed, len(found.left_out)) == (0, 1)
    assert "The annotation with labels of ada was deleted there; they stay here (2)" in found.left_out[0].why
    assert pair.pull().left_out == ()
    assert pair.push().labels == 0, "what was deleted on purpose does not come back by itself"
    pair.draw(0, box("chaetoceros", id=pair.one.id))
    assert pair.push().labels == 1
    assert said(pair) == {pair.one.id: "chaetoceros"}


def test_deletions_of_whole_annotations_and_images_are_taken_when_asked(pair):
    pair.draw(1, box(id="on another image"))
    pair.push()
    pair.pull()
    pair.api("DELETE", f"/api/annotations/{pair.annotation(0)['id']}/")
    pair.api("DELETE", f"/api/tasks/{pair.tasks()[pair.samples[1].id]['id']}/")
    found = pair.pull(deletions=True)
    assert (found.removed, found.left_out) == (3, ())
    assert [*pair.store.annotations()] == []


def test_an_image_deleted_there_is_told_and_the_next_push_brings_it_again(pair):
    pair.pull()
    pair.api("DELETE", f"/api/tasks/{pair.tasks()[pair.samples[0].id]['id']}/")
    found = pair.pull()
    assert "The image with labels of ada was deleted there" in found.left_out[0].why
    assert pair.push().images == 1
    assert said(pair) == {pair.one.id: "skeletonema", pair.two.id: "chaetoceros"}


def test_each_author_has_one_annotation_and_what_bob_does_in_adas_is_his_word(pair):
    pair.draw(0, box("chaetoceros", id=pair.one.id), "grace")
    pair.push()
    assert len(pair.tasks()[pair.samples[0].id]["annotations"]) == 2
    which = next(n for n in range(2) if len(pair.annotation(0, n)["result"]) == 2)
    there = pair.annotation(0, which)
    new = {**there["result"][0], "id": "bobs", "meta": {}}
    pair.update(there, [*without(there, pair.two.id), new], "bob")
    found = pair.pull()
    assert ([(a.author, [r.id for r in a.regions]) for a in found.new], found.removed) == ([("bob", ["bobs"])], 1)
    assert not pair.row(0, pair.two.id, "ada").deleted, "hers stays hers"
    assert pair.two.id not in {row.id for row in pair.store.current(pair.samples[0].id)}, "but his is the last word"
    for _ in range(2):
        assert (pair.push().labels, pair.pull().new, pair.waiting) == (0, (), 0)
    pair.draw(0, box("skeletonema", 9, id="bobs"), "bob")
    assert pair.push().labels == 1
    assert (pair.pull().new, conflicts(pair.store)) == ((), ())


def test_a_second_class_of_the_whole_takes_the_place_of_the_first_there_and_both_stay_here(world):
    first = world.draw(0, Region("skeletonema"))
    world.push()
    second = world.draw(0, Region("chaetoceros"))
    for _ in range(2):
        world.push()
        assert [one["id"] for one in world.annotation(0)["result"]] == [second.id]
        found = world.pull()
        assert (found.new, found.removed, found.conflicts, world.waiting) == ((), 0, (), 0)
    assert world.row(0, first.id) == first


def test_an_annotation_that_a_person_copied_there_and_changed_is_a_word_of_hers_too(pair):
    there = pair.annotation(0)
    pair.submit(0, there["result"], "bob")
    mine = pair.submit(0, renamed(there, pair.one.id, "chaetoceros"), "bob")
    pair.pull()
    his = {row.id: row.region.label for row in pair.store.regions(pair.samples[0].id) if row.author == "bob"}
    copy = f"{pair.one.id}-{mine['id']}"
    assert his == {pair.one.id: "skeletonema", pair.two.id: "chaetoceros", copy: "chaetoceros"}
    pair.draw(0, box("skeletonema", 4, id=copy), "bob")
    assert (pair.push().labels, pair.pull().new, pair.waiting) == (1, (), 0)
    assert len({row.id for row in pair.store.current(pair.samples[0].id)}) == 3
